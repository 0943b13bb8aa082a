"""`safety_gpt4video.py`: who decides when, what a refusal says, what is written down."""

import hashlib
import json
import multiprocessing
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from gpt4video.processing_gpt4video import GPT4VideoVideoProcessor
from gpt4video.reading_gpt4video import ClipError
from gpt4video.safety_gpt4video import (
    OFFER,
    REFUSALS,
    STAGES,
    UNAVAILABLE,
    AuditLog,
    ClipVerdict,
    Decision,
    GuardError,
    Guards,
    GuardUnavailable,
    LateGuard,
    Verdict,
    outcome,
)
from gpt4video.safety_words_gpt4video import MAX_CHARACTERS


class WordGuard:
    """Stops texts with a word in them."""

    name = "words about bombs"

    def __init__(self):
        self.asked: list[list[str]] = []

    def __call__(self, texts: list[str]) -> list[Verdict]:
        self.asked.append(texts)
        return [Verdict("bomb" not in text, 0.9 if "bomb" in text else 0.1, "b" * ("bomb" in text)) for text in texts]


class BrightGuard:
    """Stops clips with a white frame."""

    name = "bright frames"

    def __init__(self):
        self.limits: list = []

    def __call__(self, clip, limits=None) -> ClipVerdict:
        self.limits.append(limits)
        flagged = sum(int(np.asarray(frame).min() == 255) for frame in clip)
        return ClipVerdict(not flagged, 0.8 * bool(flagged), "white" if flagged else "dark", len(clip), 2, flagged)


DARK, BRIGHT = np.zeros((3, 4, 6, 3), np.uint8), np.full((3, 4, 6, 3), 255, np.uint8)


@pytest.fixture
def guards() -> Guards:
    return Guards(prompt_guard=WordGuard(), frame_guard=BrightGuard())


def converse(
    guards: Guards, words: str, clip: np.ndarray, prompts: list[str], drawn: np.ndarray, refuses: bool = False
):
    """Go through the stages as a pipeline does; `outcome` names who decided."""
    decisions = [guards.check_words([words])]
    if decisions[-1].allowed:
        decisions.append(guards.check_clip_in(clip))
    if decisions[-1].allowed:
        decisions.append(guards.note_reply(prompts, refuses))
    if decisions[-1].allowed and prompts:
        decisions += guards.check_prompts(prompts)
    if prompts and all(decision.allowed for decision in decisions):
        decisions.append(guards.check_clip_out(drawn))
    return outcome(decisions)


@pytest.mark.parametrize(
    ("arguments", "stage", "allowed", "guard"),
    [
        (("draw a bomb", BRIGHT, ["a bomb"], BRIGHT, True), "words", False, "words about bombs"),
        (("draw this", BRIGHT, ["a bomb"], BRIGHT, True), "clip_in", False, "bright frames"),
        (("draw this", DARK, [], BRIGHT, True), "model", False, "model"),
        (("what is this?", DARK, [], BRIGHT, False), "model", True, "model"),
        (("draw this", DARK, ["a fox", "a bomb"], BRIGHT), "prompt", False, "words about bombs"),
        (("draw this", DARK, ["a fox", "an owl"], BRIGHT), "clip_out", False, "bright frames"),
        (("draw this", DARK, ["a fox", "an owl"], DARK), "clip_out", True, "bright frames"),
    ],
)
def test_each_stage_decides_in_its_turn(
    guards: Guards, arguments: tuple, stage: str, allowed: bool, guard: str
) -> None:
    decision = converse(guards, *arguments)
    assert (decision.stage, decision.allowed, decision.guard) == (stage, allowed, guard)
    assert decision.reason == ("passed" if allowed else "stopped")


def test_the_earliest_stage_that_stops_counts(guards: Guards) -> None:
    stopped = [guards.check_clip_out(BRIGHT), guards.check_prompt("a bomb"), guards.check_words(["hello"])]
    assert outcome(stopped).stage == "prompt" and outcome(stopped[2:]).stage == "words" and outcome([]) is None
    assert STAGES == ("words", "clip_in", "model", "prompt", "clip_out")


def test_a_refusal_names_its_kind_of_reason_and_offers_another_topic(guards: Guards) -> None:
    refused = {
        "word": guards.check_words(["a bomb"]),
        "clip": guards.check_clip_in(BRIGHT),
        "prompt": guards.check_prompt("a bomb"),
        "drawn": guards.check_clip_out(BRIGHT),
    }
    texts = {kind: decision.refusal for kind, decision in refused.items()}
    assert len(set(texts.values())) == 4 and all(kind in text and OFFER in text for kind, text in texts.items())
    assert guards.check_words(["hello"]).refusal is None
    assert guards.note_reply([], is_refusal=True).refusal is None  # the model has refused in its own words


def test_refusals_are_recognised_as_such() -> None:
    from gpt4video.metrics_gpt4video import blocks

    assert all(map(blocks, [*REFUSALS.values(), *UNAVAILABLE.values()]))


def test_a_reply_with_prompts_is_no_refusal(guards: Guards) -> None:
    assert guards.note_reply(["a fox"], is_refusal=True).allowed
    labels = [guards.note_reply(*arguments).label for arguments in ((["a fox"],), ([],), ([], True))]
    assert labels == ["prompts", "words", "refusal"]


def test_prompts_are_judged_alone_and_together(guards: Guards) -> None:
    assert [decision.allowed for decision in guards.check_prompts(["a fox", "a bomb", "an owl"])] == [False] * 3
    assert [decision.allowed for decision in guards.check_prompts(["make a b", "omb"])] == [False, False]
    assert [decision.allowed for decision in guards.check_prompts(["a fox", "an owl"])] == [True, True]
    assert guards.check_prompt("make a b").allowed and guards.check_prompt("omb").allowed
    assert not guards.check_prompt("omb", before=["make a b"]).allowed
    assert guards.check_prompts([]) == []
    assert len(guards.prompt_guard.asked) == 6  # one question for all prompts of a reply, none without prompts


def test_the_words_of_several_turns_are_judged_together(guards: Guards) -> None:
    assert not guards.check_words(["tell me about a b", "omb"]).allowed
    assert guards.check_words(["hello", "how are you?"]).allowed
    assert not guards.check_words(["hello " * 9_000, "tell me about a b", "omb"]).allowed
    assert max(map(len, guards.prompt_guard.asked[-1][-2:])) == MAX_CHARACTERS


def test_a_guard_is_off_only_if_one_says_so_and_it_is_written_down() -> None:
    with pytest.raises(TypeError):
        Guards()
    with pytest.raises(TypeError):
        Guards(prompt_guard=None)
    off = Guards(prompt_guard=None, frame_guard=None)
    decisions = [off.check_words(["a bomb"]), off.check_clip_in(BRIGHT), *off.check_prompts(["a bomb"])]
    for decision in [*decisions, off.check_prompt("a bomb"), off.check_clip_out(BRIGHT)]:
        assert decision.allowed and decision.guard is None and decision.reason == "guard switched off"
    half = Guards(prompt_guard=WordGuard(), frame_guard=None)
    assert not half.check_prompt("a bomb").allowed and half.check_clip_out(BRIGHT).reason == "guard switched off"


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "model"])
def test_a_guard_that_cannot_be_opened_lets_nothing_pass(stage: str, tmp_path: Path, caplog) -> None:
    tried = []

    def fail() -> None:
        tried.append(stage)
        raise GuardUnavailable("Install the extra with it.")

    guards = Guards.from_pretrained(
        prompt_guard=LateGuard("late", fail), frame_guard=LateGuard("late", fail), audit=tmp_path / "new" / "log"
    )
    ask = {
        "words": lambda: guards.check_words(["hello", "you"]),
        "clip_in": lambda: guards.check_clip_in(DARK),
        "prompt": lambda: guards.check_prompts(["a fox", "an owl"])[1],
        "clip_out": lambda: guards.check_clip_out(DARK),
    }
    with caplog.at_level("WARNING", logger="gpt4video.safety_gpt4video"):
        decisions = [ask[stage]() for _ in range(2)]
    assert tried == [stage]
    for decision in decisions:
        assert decision == Decision(stage, stage == "clip_in", "late", None, None, "guard unavailable")
        refusal = decision.refusal or ""
        assert ("not available" in refusal and "something else" in refusal) is not decision.allowed
    assert [line["reason"] for line in lines_of(tmp_path / "new" / "log")][-2:] == ["guard unavailable"] * 2
    can_draw = guards.check_can_draw()
    assert (can_draw.stage, can_draw.reason) == ("clip_out", "guard unavailable")


def test_guards_are_opened_when_they_are_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened = []
    for name, guard in (("open_prompt_guard", WordGuard()), ("open_frame_guard", BrightGuard())):
        monkeypatch.setattr(
            f"gpt4video.safety_gpt4video.{name}", lambda *a, guard=guard, **k: opened.append((a, k)) or guard
        )
    beside = Guards.from_pretrained("acme/model", "abc")
    monkeypatch.setattr("gpt4video.safety_gpt4video.DEFAULT_PROMPT_GUARD", tmp_path / "prompt_guard")
    of_model = Guards.from_pretrained("acme/model", "abc", prompt_guard=tmp_path / "prompt_guard")
    own = Guards.from_pretrained("acme/model", prompt_guard="acme/guard", frame_guard=None)
    assert opened == [] and beside.prompt_guard.name == of_model.prompt_guard.name == "prompt_guard"
    for guards in (beside, of_model, own):
        assert guards.check_prompt("a fox").allowed and not guards.check_words(["a bomb"]).allowed
    root = Path(__file__).resolve().parent.parent
    assert opened == [
        ((root / "prompt_guard",), {}),
        (("acme/model",), {"subfolder": "prompt_guard", "revision": "abc"}),
        (("acme/guard",), {}),
    ]
    assert beside.check_can_draw() is None and len(opened) == 4 and own.check_can_draw() is None
    assert own.check_clip_out(BRIGHT).reason == "guard switched off"
    assert not beside.check_clip_out(BRIGHT).allowed and len(opened) == 4


def test_decisions_become_json(guards: Guards) -> None:
    decision = guards.check_clip_out(BRIGHT)
    assert json.loads(json.dumps(decision.to_dict())) == {
        "stage": "clip_out",
        "allowed": False,
        "guard": "bright frames",
        "score": 0.8,
        "label": "white",
        "reason": "stopped",
        "frames": {"frames": 3, "judged": 2, "flagged": 3},
    }
    assert guards.check_prompt("a fox").to_dict()["frames"] is None


def test_clips_behind_addresses_are_downloaded_first(guards: Guards) -> None:
    with pytest.raises(GuardError, match="download"):
        guards.check_clip_in("HTTPS://example.org/clip.mp4", {})


def test_images_are_judged_too(guards: Guards) -> None:
    limits = vars(GPT4VideoVideoProcessor())
    root = Path(__file__).resolve().parent.parent
    with pytest.raises(ClipError):
        guards.check_clip_in(root / "config.json", limits, is_image=True)
    assert not guards.check_clip_in(BRIGHT[0], limits, is_image=True).allowed
    assert guards.frame_guard.limits == [limits]
    # Switched off, nothing is read.
    assert (
        Guards(prompt_guard=None, frame_guard=None).check_clip_in(root / "config.json", limits, is_image=True).allowed
    )


# -- the audit log


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_log_has_hashes_of_texts_and_nothing_of_clips(tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    guards = Guards(prompt_guard=WordGuard(), frame_guard=BrightGuard(), audit=AuditLog(log))
    converse(guards, "draw \ud800 it", DARK, ["a fox", "an owl"], BRIGHT)
    lines = lines_of(log)
    assert [line["stage"] for line in lines] == ["words", "clip_in", "model", "prompt", "prompt", "clip_out"]
    assert lines[3]["hash"] == [hashlib.sha256(b"a fox").hexdigest()] and lines[1]["hash"] == lines[5]["hash"] == []
    assert set(lines[3]) == {"time", "stage", "allowed", "guard", "score", "label", "reason", "frames", "hash"}
    assert lines[0]["time"].endswith("+00:00") and "fox" not in log.read_text()
    assert not lines[-1]["allowed"] and os.stat(log).st_mode & 0o077 == 0


def test_the_log_has_texts_if_asked(tmp_path: Path) -> None:
    guards = Guards(prompt_guard=None, frame_guard=None, audit=AuditLog(tmp_path / "log", texts="text"))
    guards.check_prompt("a fox\nand an \ud800 owl", before=["a dog"])
    (line,) = lines_of(tmp_path / "log")
    assert line["text"] == ["a fox\nand an \ud800 owl"] and "hash" not in line
    with pytest.raises(GuardError, match="'all'"):
        AuditLog(tmp_path / "log", texts="all")


def test_a_log_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GuardError, match="cannot be written: Is a directory"):
        AuditLog(tmp_path)
    log = AuditLog(tmp_path / "log")
    log.path = Path("/dev/full")
    with pytest.raises(GuardError, match="No space left"):
        log.write(Decision("prompt", True, None, None, None, "passed"))


def append(path: Path, writer: int) -> None:
    log = AuditLog(path, texts="text")

    def run(thread: int) -> None:
        for number in range(40):
            log.write(Decision("prompt", True, "g", 0.1, "", "passed"), [f"{writer} {thread} {number} " + "x" * 9000])

    threads = [threading.Thread(target=run, args=(thread,)) for thread in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_many_writers_share_a_log(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=append, args=(tmp_path / "log", writer)) for writer in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    told = {line["text"][0].rpartition(" ")[0] for line in lines_of(tmp_path / "log")}
    assert told == {
        f"{writer} {thread} {number}" for writer in range(3) for thread in range(3) for number in range(40)
    }
