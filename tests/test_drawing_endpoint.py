"""Endpoints that draw: an address on the loopback, and a provider of the Hub behind a stand-in of its client."""

import base64
import json
from collections.abc import Callable, Iterator

import clip_files
import httpx2
import numpy as np
import pytest
from huggingface_hub.errors import InferenceTimeoutError
from video_server import VideoServer

from gpt4video import drawing_endpoint_gpt4video as endpoint
from gpt4video.drawing_endpoint_gpt4video import EndpointTextToVideo
from gpt4video.text_to_video_clip_gpt4video import DrawingError


@pytest.fixture
def serve() -> Iterator[Callable[..., VideoServer]]:
    """Start endpoints that answer as told."""
    servers = []

    def start(body: bytes, status: int = 200, kind: str = "video/mp4", pause: float = 0.0) -> VideoServer:
        servers.append(VideoServer(status, kind, body, pause))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def frames_of(clip: bytes) -> np.ndarray:
    return np.stack([frame.numpy() for frame in clip_files.decode(clip)])


@pytest.mark.parametrize("form", ["bytes", "json", "data", "list"])
def test_an_address_draws(serve: Callable, form: str) -> None:
    video = clip_files.write_clip(count=7, rate=12)
    text = base64.b64encode(video).decode()
    answers = {
        "bytes": (video, "video/mp4"),
        "json": (json.dumps({"video": text}).encode(), "application/json"),
        "data": (json.dumps({"video": f"data:video/mp4;base64,{text}"}).encode(), "application/json; charset=utf-8"),
        "list": (json.dumps([{"video": text}]).encode(), "application/json"),
    }
    body, kind = answers[form]
    server = serve(body, kind=kind)
    draw = EndpointTextToVideo(base_url=f"http://{server.address}/draw?key=hidden", token="hf_x")
    clip = draw("a fox", seed=5, num_frames=7, negative_prompt="rain", on_step=pytest.fail)
    assert np.array_equal(clip.frames, frames_of(video)) and clip.fps == 12
    path, headers, asked = server.calls[0]
    assert path == "/draw?key=hidden" and headers["authorization"] == "Bearer hf_x"
    assert asked == {"inputs": "a fox", "parameters": {"num_frames": 7, "negative_prompt": "rain", "seed": 5}}
    record = json.loads(json.dumps(clip.record))
    assert (record["seed"], record["num_frames"], record["negative_prompt"]) == (5, 7, "rain")
    assert record["generator"]["endpoint"] == f"http://{server.address}/draw"
    assert not any(secret in json.dumps(record) for secret in ("hidden", "hf_x"))
    draw.draw_again(record)
    assert server.calls[1][2] == asked


def test_without_a_key_none_is_sent(serve: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of the Hub is not for whoever runs an address."""
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    server = serve(clip_files.write_clip(count=2))
    draw = EndpointTextToVideo(base_url=f"http://{server.address}", defaults={"fps": 3, "num_frames": 2})
    clip = draw("a fox")
    assert "authorization" not in server.calls[0][1]
    assert clip.fps == 3 and clip.record["arguments"] == {"fps": 3, "num_frames": 2}
    assert server.calls[0][2]["parameters"]["seed"] == clip.record["seed"] != draw("a fox").record["seed"]


def test_a_user_in_an_address_stays_out_of_records(serve: Callable) -> None:
    server = serve(clip_files.write_clip(count=2))
    clip = EndpointTextToVideo(base_url=f"http://user:secret@{server.address}/draw")("a fox")
    assert server.calls[0][1]["authorization"].startswith("Basic ")
    assert clip.record["generator"]["endpoint"] == f"http://{server.address}/draw"
    with pytest.raises(DrawingError, match="takes one of them"):
        EndpointTextToVideo(base_url=f"http://user:secret@{server.address}/draw", token="hf_x")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((b"busy", 503, "text/plain"), "answers with the status 503: busy"),
        ((b"", 401, "text/plain"), "status 401: nothing else"),
        ((b"moved", 307, "text/plain"), "status 307: moved"),
        ((b"<html>", 200, "text/html"), "answers with something else than a video: Cannot read clip in the answer"),
        ((b"", 200, "video/mp4"), "something else than a video: .* 0 bytes"),
        ((b'{"error": "no"}', 200, "application/json"), 'JSON that holds no video in base64: {"error": "no"}'),
        ((b'{"video": "%%%"}', 200, "application/json"), "holds no video in base64"),
        ((b'{"video": 7}', 200, "application/json"), "holds no video in base64"),
        ((b"[]", 200, "application/json"), "holds no video in base64"),
        ((b"{", 200, "application/json"), "holds no video in base64"),
    ],
)
def test_answers_that_are_no_clip(serve: Callable, answer: tuple, message: str) -> None:
    server = serve(*answer)
    with pytest.raises(DrawingError, match=f"^http://{server.address}/ .*{message}"):
        EndpointTextToVideo(base_url=f"http://{server.address}/")("a fox")
    assert len(server.calls) == 1  # neither asked again nor led elsewhere


def test_truncated_and_endless_answers(serve: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    video = clip_files.write_clip(count=9)
    with pytest.raises(DrawingError, match="something else than a video: .* truncated"):
        EndpointTextToVideo(base_url=f"http://{serve(video[:-200]).address}")("a fox")
    monkeypatch.setattr(endpoint, "MAX_ANSWER", len(video) - 1)
    with pytest.raises(DrawingError, match=f"more than {len(video) - 1} bytes"):
        EndpointTextToVideo(base_url=f"http://{serve(video).address}")("a fox")
    monkeypatch.undo()
    monkeypatch.setitem(endpoint.LIMITS, "max_clip_frames", 8)
    with pytest.raises(DrawingError, match="more frames than `max_clip_frames` = 8"):
        EndpointTextToVideo(base_url=f"http://{serve(video).address}")("a fox")


def test_slow_and_missing_endpoints(serve: Callable) -> None:
    slow = serve(b"", pause=3.0)
    with pytest.raises(DrawingError, match=f"http://{slow.address}/ did not draw: "):
        EndpointTextToVideo(base_url=f"http://{slow.address}", timeout=0.2)("a fox")
    with pytest.raises(DrawingError, match="http://127.0.0.1:9/ did not draw"):
        EndpointTextToVideo(base_url="http://127.0.0.1:9")("a fox")


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"prompt": ""}, "The prompt is ''"),
        ({"seed": -1}, "The seed is -1"),
        ({"fps": "fast"}, "fps is 'fast'"),
        ({"size": {1, 2}}, "An argument cannot be sent"),
    ],
)
def test_wrong_arguments_are_not_sent(serve: Callable, kwargs: dict, message: str) -> None:
    server = serve(b"")
    with pytest.raises(DrawingError, match=message):
        EndpointTextToVideo(base_url=f"http://{server.address}")(**{"prompt": "a fox", **kwargs})
    assert server.calls == []


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"model": "acme/tiny", "base_url": "http://127.0.0.1"},
        {"base_url": "http://127.0.0.1", "provider": "fal-ai"},
        {"base_url": "ftp://127.0.0.1"},
        {"base_url": "http://"},
        {"base_url": "http://a:b:c"},
    ],
)
def test_an_endpoint_is_named_in_one_way(kwargs: dict) -> None:
    with pytest.raises(DrawingError, match="named by base_url alone|must begin with http|is no address"):
        EndpointTextToVideo(**kwargs)


def test_a_provider_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    video, asked, answers = clip_files.write_clip(count=5, rate=8), [], []

    class Client:
        def __init__(self, **kwargs):
            asked.append(kwargs)

        def text_to_video(self, prompt: str, **kwargs) -> bytes:
            asked.append({"prompt": prompt, **kwargs})
            answer = answers.pop()
            if isinstance(answer, Exception):
                raise answer
            return answer

    monkeypatch.setattr(endpoint, "InferenceClient", Client)
    draw = EndpointTextToVideo("acme/tiny", provider="fal-ai", token="hf_x", timeout=9.0)
    answers.append(video)
    clip = draw("a fox", seed=2, guidance_scale=3.0, aspect_ratio="16:9", negative_prompt="rain")
    assert np.array_equal(clip.frames, frames_of(video)) and clip.fps == 8
    assert asked[0] == {"provider": "fal-ai", "token": "hf_x", "timeout": 9.0}
    named = {"prompt": "a fox", "model": "acme/tiny", "seed": 2, "guidance_scale": 3.0, "negative_prompt": ["rain"]}
    assert asked[1] == {**named, "extra_body": {"aspect_ratio": "16:9"}}
    assert clip.record["generator"]["id"] == "acme/tiny" and clip.record["generator"]["provider"] == "fal-ai"
    for error in (
        InferenceTimeoutError("late"),
        httpx2.ConnectError("away"),
        ValueError("no such task"),
        KeyError("x"),
    ):
        answers.append(error)
        with pytest.raises(DrawingError, match="acme/tiny at fal-ai did not draw: "):
            draw("a fox")
    for wrong in (b"", b"not a video", None):
        answers.append(wrong)
        with pytest.raises(DrawingError, match="answers with something else than a video"):
            draw("a fox")
