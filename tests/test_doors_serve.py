"""`transformers serve`: what its clients may ask for, and, marked `doors`, the stock server with its OpenAI client."""

import base64
import json
import os
import re
import socket
import sys
import time
import types
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_repository import write_repository
from transformers import AutoProcessor
from transformers.models.auto.modeling_auto import MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES


REPO_ROOT = Path(__file__).resolve().parent.parent
README = (REPO_ROOT / "README.md").read_text(encoding="utf-8")
CLIP = REPO_ROOT / "examples" / "car_right_to_left_on_white.mp4"
DATA = "data:video/mp4;base64," + base64.b64encode(CLIP.read_bytes()).decode()
SERVER = "transformers.cli.serving.server"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, make_config: Callable, make_model: Callable) -> Path:
    return write_repository(tmp_path_factory.mktemp("repositories") / "tiny", make_config, make_model)


@pytest.fixture(scope="module")
def loaded(repository: Path):
    return AutoProcessor.from_pretrained(repository, trust_remote_code=True)


@pytest.fixture
def processor(loaded, monkeypatch: pytest.MonkeyPatch):
    """A processor in a process that looks like the server's."""
    monkeypatch.setitem(sys.modules, SERVER, types.ModuleType(SERVER))
    monkeypatch.setattr(loaded.tokenizer, "response_template", None, raising=False)
    return loaded


def clip(source) -> dict:
    return {"type": "video", "url": source}


def encode(processor, *blocks: dict, **settings):
    """What the server makes of a request; see `transformers.cli.serving.chat_completion`."""
    return processor.apply_chat_template(
        [{"role": "user", "content": [*blocks, {"type": "text", "text": "What is it?"}]}],
        add_generation_prompt=True,
        tools=None,
        return_tensors="pt",
        return_dict=True,
        tokenize=True,
        load_audio_from_video=True,
        **{"num_frames": 32, **settings},
    )


def refusal(processor, *blocks: dict, **settings) -> str:
    """The message of the 400 that a request gets."""
    from fastapi import HTTPException

    with pytest.raises(HTTPException) as error:
        encode(processor, *blocks, **settings)
    assert error.value.status_code == 400
    return error.value.detail


def test_the_server_finds_the_type_of_the_model(loaded) -> None:
    assert MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES["gpt4video"] == "GPT4VideoForConditionalGeneration"


def test_the_number_that_the_server_writes_is_not_taken(processor) -> None:
    for settings, frames in (({}, 5), ({"num_frames": 7}, 7), ({"num_frames": 33}, 33), ({"fps": 2}, 6)):
        assert encode(processor, clip(DATA), **settings)["pixel_values_videos"].shape[1] == frames
    assert "exclude each other" in refusal(processor, clip(DATA), num_frames=7, fps=2)


def test_files_are_read_only_from_named_folders(processor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, outside = tmp_path / "in side" / "clip.mp4", tmp_path / "in sidecar.mp4"
    inside.parent.mkdir()
    inside.write_bytes(CLIP.read_bytes())
    outside.write_bytes(CLIP.read_bytes())
    escape = inside.parent / "link.mp4"
    escape.symlink_to(outside)
    image = {"type": "image", "url": str(outside)}
    monkeypatch.delenv("GPT4VIDEO_MEDIA_FOLDERS", raising=False)
    for source in (inside, outside, "/etc/passwd", "file:///etc/passwd", "FILE:/etc/passwd", "", "ftp://a/b.mp4"):
        assert "GPT4VIDEO_MEDIA_FOLDERS lists (now 0)" in refusal(processor, clip(str(source)))
    monkeypatch.setenv("GPT4VIDEO_MEDIA_FOLDERS", os.pathsep.join([str(tmp_path / "none"), str(inside.parent)]))
    for source in (outside, escape, f"{inside.parent}/../in sidecar.mp4", "/etc/passwd", inside.parent.parent):
        assert "lists (now 2)" in refusal(processor, clip(str(source)))
    assert "lists (now 2)" in refusal(processor, image)
    expected = encode(processor, clip(DATA))["pixel_values_videos"]
    for source in (str(inside), inside.as_uri(), f"file:{inside}", os.path.relpath(inside)):
        assert encode(processor, clip(source))["pixel_values_videos"].equal(expected)


@pytest.mark.parametrize(
    ("blocks", "settings", "message"),
    [
        ([clip(5)], {}, "must be a string"),
        ([{"type": "video"}], {}, "must be a string"),
        ([clip("data:video/mp4;base64,@@")], {}, "Cannot read clip data:video/mp4;base64"),
        ([clip("http://127.0.0.1:1/x.mp4")], {}, "Cannot read clip http://127.0.0.1:1/x.mp4"),
        ([clip("a\0b.mp4")], {}, "null"),
        ([{"type": "image", "url": DATA}], {}, "Cannot read clip"),
        ([{"type": "audio", "url": "/etc/passwd"}], {}, "found a block of audio"),
        ([{"type": "text", "text": 5}], {}, "words are strings"),
        ([{"type": "text", "text": "long " * 2000}], {}, "reads fewer than 1200"),
        (
            [clip(DATA)],
            {"num_frames": 1025},
            "1025 frames were asked for, allowed are 1 to `max_sampled_frames` = 1024",
        ),
        ([clip(DATA)] * 2, {"num_frames": 513}, "`max_sampled_frames` = 512"),
        ([clip(DATA)], {"num_frames": "8"}, "num_frames cannot be '8'"),
        ([clip(DATA)], {"fps": True}, "fps cannot be 'True'"),
        ([clip(DATA)], {"max_file_bytes": 2**40}, r"not ['max_file_bytes']"),
        ([clip(DATA)], {"processor_kwargs": {"max_file_bytes": 2**40}}, r"not ['processor_kwargs']"),
        ([clip(DATA)], {"sanitize_control_tokens": False}, "stays true"),
        ([clip(DATA)], {"chat_template": "{{ 1 }}"}, "one of the names ['default']"),
    ],
)
def test_bad_requests_are_told_why(processor, blocks: list, settings: dict, message: str) -> None:
    processor.tokenizer.model_max_length = 1200
    assert message in refusal(processor, *blocks, **settings)


def test_conversations_of_other_kinds(processor) -> None:
    from fastapi import HTTPException

    for messages in ([], [{"role": "tool", "content": []}]):
        with pytest.raises(HTTPException):
            processor.apply_chat_template(messages, tokenize=True, return_dict=True, return_tensors="pt")
    words = [{"role": "user", "content": "What is it?"}]
    inputs = processor.apply_chat_template(
        words, tokenize=True, return_dict=True, return_tensors="pt", add_generation_prompt=True
    )
    assert inputs["input_ids"].equal(encode(processor)["input_ids"])


def test_other_processes_may_ask_for_all(loaded, tmp_path: Path) -> None:
    assert SERVER not in sys.modules
    inputs = encode(loaded, clip(str(CLIP)), max_sampled_frames=40)
    assert inputs["pixel_values_videos"].shape[1] == 32
    with pytest.raises(ValueError, match="Cannot read clip"):
        encode(loaded, clip(str(tmp_path)))


def test_the_space_before_an_answer_is_cut_off(processor) -> None:
    from transformers.utils.chat_parsing import ResponseParser

    encode(processor)
    for pieces in ([" A", " car.", "</s>"], ["A", " car.", "</s>"], ["  A car", "."]):
        parser = ResponseParser(processor.tokenizer.response_template, prefix="<s>Human: AI: so\nAI:")
        streamed = [event for piece in pieces for event in parser.feed(piece)]
        message, rest = parser.finalize()
        assert message["content"] == "A car."
        assert "".join(event.get("text", "") for event in [*streamed, *rest]) == "A car."


def post(address: str, path: str, body: object) -> tuple[int, dict]:
    request = urllib.request.Request(address + path, json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        text = error.read().decode()
        return error.code, json.loads(text) if text.startswith("{") else {"detail": text}


@pytest.fixture(scope="module")
def tiny_server(repository: Path) -> Iterator[str]:
    """The stock server with a tiny model, in this process."""
    from transformers.cli.serve import Serve

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Serve(
        str(repository), trust_remote_code=True, device="cpu", host="127.0.0.1", port=port, non_blocking=True
    )
    while not server.server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.kill_server()
    # Other tests of this process are no requests.
    del sys.modules[SERVER]


def test_the_stock_server_takes_the_model(tiny_server: str, repository: Path) -> None:
    def body(*blocks: dict, **settings) -> dict:
        return {"messages": [{"role": "user", "content": list(blocks)}], "max_tokens": 3, **settings}

    video, text = {"type": "video_url", "video_url": {"url": DATA}}, {"type": "text", "text": "What is it?"}
    status, answer = post(tiny_server, "/v1/chat/completions", body(video, video, text))
    assert status == 200 and answer["usage"]["completion_tokens"] == 3
    local = {"type": "video_url", "video_url": {"url": str(CLIP)}}
    picture = {"type": "input_image", "image_url": "/etc/passwd"}
    for path, wrong in (
        ("/v1/chat/completions", body(local, text)),
        ("/v1/chat/completions", body(local, text, stream=True)),
        ("/v1/chat/completions", body(video, text, chat_template_kwargs={"max_sampled_frames": 2**20})),
        ("/v1/responses", {"input": [{"role": "user", "content": [picture]}]}),
    ):
        status, answer = post(tiny_server, path, wrong)
        assert status == 400 and answer["detail"], wrong
    assert post(tiny_server, "/v1/chat/completions", body(text))[0] == 200


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("openai", reason="the extra `serve` has the client")
    from gpt4video.benchmarks.serve import serving

    with serving(tmp_path_factory.mktemp("server") / "log") as address:
        yield address


@pytest.mark.doors
def test_ten_clients_at_once(address: str) -> None:
    from gpt4video.benchmarks.serve import measure

    found = measure(address, seconds=20, clients=10)
    assert found["wrong"] == [] and found["right_answers"] > 0 and found["up_at_the_end"]


@pytest.mark.doors
def test_the_examples_of_the_readme_run(address: str, capsys: pytest.CaptureFixture, monkeypatch) -> None:
    from gpt4video.benchmarks.serve import COMMAND, PORT

    assert f"{COMMAND}\n" in README
    blocks = re.findall(r"^```py\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    (example,) = (block for block in blocks if "import OpenAI" in block)
    assert f"http://127.0.0.1:{PORT}" in example
    monkeypatch.chdir(REPO_ROOT)
    exec(compile(example.replace(f"http://127.0.0.1:{PORT}", address), "README.md", "exec"), {})
    said = capsys.readouterr().out
    assert "A car moves from right to left on a white background." in said
    assert "It moves upwards." in said


@pytest.mark.doors
def test_what_the_stock_server_does_with_other_rubbish(address: str) -> None:
    """What it answers 500, before it asks the model's code, is written in the README; it stays up."""
    for body in ({}, {"messages": "hi"}, {"messages": [{"role": "user", "content": [{"text": "x"}]}]}):
        assert post(address, "/v1/chat/completions", body)[0] == 500
    words = {"messages": [{"role": "user", "content": "Hello"}]}
    assert post(address, "/v1/chat/completions", words | {"max_tokens": -5})[0] == 500
    assert post(address, "/v1/chat/completions", words | {"model": "acme/other"})[0] == 400
    assert post(address, "/v1/chat/completions", words | {"nonsense": 1})[0] == 422
    assert post(address, "/v1/chat/completions", words)[0] == 200
