# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The guards on both sides, and the order in which they decide.

A conversation passes the stages of `STAGES`, and the first that stops it ends it:

    words ──► clip_in ──► model ──► prompt ──► clip_out ──► shown
    PromptGuard FrameGuard itself   PromptGuard FrameGuard

`Guards` asks at each stage and turns the answer into a `Decision`; `outcome` says which decision counts; `AuditLog`
keeps them. The guards themselves are in `safety_words_gpt4video.py` and `safety_frames_gpt4video.py`.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

from transformers.utils import logging

from .reading_gpt4video import is_address, read_images
from .safety_frames_gpt4video import (
    DEFAULT_FRAME_GUARD,
    PAPER_RULE,
    ClipVerdict,
    FrameGuard,
    ImageClassifier,
    OpenNSFW,
    SafetyChecker,
    open_frame_guard,
)
from .safety_words_gpt4video import (
    DEFAULT_PROMPT_GUARD,
    MAX_CHARACTERS,
    GenerativePromptGuard,
    GuardError,
    GuardUnavailable,
    PromptGuard,
    Verdict,
    open_prompt_guard,
    readings,
    visible,
    worst,
)


Stage = Literal["words", "clip_in", "model", "prompt", "clip_out"]
STAGES: tuple[Stage, ...] = ("words", "clip_in", "model", "prompt", "clip_out")
Reason = Literal["passed", "stopped", "guard switched off", "guard unavailable"]
TALK = "I'd be glad to talk about something else"
OFFER = f"{TALK}, or to draw another clip for you."
REFUSALS: dict[Stage, str] = {
    "words": f"Sorry, I can't help with these words: what they ask for could hurt someone. {OFFER}",
    "clip_in": f"Sorry, I can't help with this clip: it seems to show what I shouldn't see. {OFFER}",
    "prompt": f"Sorry, I can't draw this: the prompt describes what I shouldn't show. {OFFER}",
    "clip_out": f"Sorry, I can't share the clip that was drawn: it did not come out safe. {OFFER}",
}
UNAVAILABLE: dict[Stage, str] = {
    "words": f"Sorry, I can't help with these words: the guard that reads them first is not available. {TALK} later.",
    "prompt": f"Sorry, I can't draw this: the guard that reads the prompt first is not available. {TALK}.",
    "clip_out": f"Sorry, I can't draw this: the guard that sees each drawn clip first is not available. {TALK}.",
}
MISSING = Verdict(False, 1.0, "")  # of a guard that cannot be opened

logger = logging.get_logger(__name__)


@dataclass(frozen=True)
class Decision:
    """What became of one thing at one stage.

    Args:
        stage (`str`): One of `STAGES`.
        allowed (`bool`): Whether the conversation goes on to the next stage.
        guard (`str`, *optional*): Name of the guard that was asked; `None` where it is switched off.
        score (`float`, *optional*): Probability of harm, 0 to 1, by the guard.
        label (`str`, *optional*): What the guard took it for.
        reason (`str`): `passed`, `stopped`, `guard switched off`, which lets all pass, or `guard unavailable`, which
            lets nothing pass but clips that users show.
        frames (`dict`, *optional*): Of a clip, how many frames were looked at, judged and flagged.
    """

    stage: Stage
    allowed: bool
    guard: str | None
    score: float | None
    label: str | None
    reason: Reason
    frames: dict[str, int] | None = None

    @property
    def refusal(self) -> str | None:
        """What to answer: words that name the kind of reason and offer another topic; a model refuses in its own."""
        texts = UNAVAILABLE if self.reason == "guard unavailable" else REFUSALS
        return None if self.allowed else texts.get(self.stage)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, for the metadata of a reply."""
        return asdict(self)


def outcome(decisions: Iterable[Decision]) -> Decision | None:
    """Return the decision that counts: that of the earliest stage which stopped, else the last one, `None` of none."""
    in_order = sorted(decisions, key=lambda decision: STAGES.index(decision.stage))
    return next((decision for decision in in_order if not decision.allowed), in_order[-1] if in_order else None)


class AuditLog:
    """A file of JSON lines, one a decision, to which many threads and processes may append.

    It never holds a clip, nor its name, nor where it lies. Short texts can be guessed from their hashes.

    Args:
        path (`str`): The file; only its owner may read it if it is new. Its folder is made.
        texts (`str`, *optional*, defaults to `"hash"`): Whether lines hold the SHA-256 of texts or, with `"text"`,
            the texts.

    Raises:
        GuardError: If the file cannot be written.
    """

    def __init__(self, path: str | Path, texts: Literal["hash", "text"] = "hash"):
        if texts not in ("hash", "text"):
            raise GuardError(f"texts is {texts!r}; an audit log holds the 'hash' or the 'text' of texts.")
        self.path, self.texts = Path(path), texts
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GuardError(f"The audit log {path} has no folder: {error.strerror}.") from error
        self._append(b"")

    def _append(self, line: bytes) -> None:
        try:
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                # One call, so that lines of several writers never mix.
                written = os.write(file, line)
            finally:
                os.close(file)
        except OSError as error:
            raise GuardError(f"The audit log {self.path} cannot be written: {error.strerror}.") from error
        if written < len(line):
            raise GuardError(f"The audit log {self.path} took {written} of {len(line)} bytes; its disk may be full.")

    def write(self, decision: Decision, texts: Sequence[str] = ()) -> None:
        """Append a decision and the texts that it was about."""
        if self.texts == "hash":
            texts = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts]
        line = {"time": datetime.now(UTC).isoformat(), **decision.to_dict(), self.texts: list(texts)}
        self._append(json.dumps(line).encode() + b"\n")


class LateGuard:
    """A guard that is opened when it is asked first, once. One that cannot be opened raises `GuardUnavailable`."""

    def __init__(self, name: str, open_guard: Callable):
        self.name, self._open = name, open_guard

    @cached_property
    def _opened(self) -> Any:
        try:
            return self._open()
        except GuardUnavailable as error:
            logger.warning(f"{error} Without it nothing is drawn, and clips that users show pass unjudged.")
            return error

    def ready(self) -> Callable:
        """Open the guard, unless it is open.

        Raises:
            GuardUnavailable: If it cannot be opened.
        """
        if isinstance(self._opened, GuardUnavailable):
            raise GuardUnavailable(*self._opened.args)
        return self._opened

    def __call__(self, *args) -> Any:
        """Ask the guard."""
        return self.ready()(*args)


class Guards:
    """Asks the guards, stage by stage.

    Args:
        prompt_guard (`PromptGuard` or `GenerativePromptGuard`): Judges words and prompts. `None` switches it off.
        frame_guard (`FrameGuard`): Judges clips, both ways. `None` switches it off.
        audit (`AuditLog`, *optional*): Where every decision is written.
    """

    def __init__(
        self,
        *,
        prompt_guard: PromptGuard | GenerativePromptGuard | LateGuard | None,
        frame_guard: FrameGuard | LateGuard | None,
        audit: AuditLog | None = None,
    ):
        self.prompt_guard, self.frame_guard, self.audit = prompt_guard, frame_guard, audit

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path = "",
        revision: str | None = None,
        *,
        prompt_guard: Any = DEFAULT_PROMPT_GUARD,
        frame_guard: Any = DEFAULT_FRAME_GUARD,
        audit: AuditLog | str | Path | None = None,
    ) -> "Guards":
        """Name the guards, which are opened when they are asked first.

        Args:
            model (`str`, *optional*): Folder or Hub id, at `revision`, in whose `prompt_guard` the default one lies
                if it does not lie beside this file.
            prompt_guard: Folder or Hub id, or a guard, or `None`, which switches it off.
            frame_guard: Name, folder or Hub id, or a guard, or `None`, which switches it off.
            audit (`AuditLog` or `str`, *optional*): Where every decision is written.
        """
        if isinstance(prompt_guard, str | Path):
            place, options, name = prompt_guard, {}, str(prompt_guard)
            if prompt_guard == DEFAULT_PROMPT_GUARD:
                name = DEFAULT_PROMPT_GUARD.name  # where it lies on this machine is nobody's business
                if model and not DEFAULT_PROMPT_GUARD.is_dir():
                    place, options = model, {"subfolder": name, "revision": revision}
            prompt_guard = LateGuard(name, partial(open_prompt_guard, place, **options))
        if isinstance(frame_guard, str | Path):
            frame_guard = LateGuard(str(frame_guard), partial(open_frame_guard, frame_guard))
        audit = AuditLog(audit) if isinstance(audit, str | Path) else audit
        return cls(prompt_guard=prompt_guard, frame_guard=frame_guard, audit=audit)

    def _decide(self, stage: Stage, guard: Any, verdict: Verdict | None, texts: Sequence[str] = ()) -> Decision:
        """Make a decision of a verdict, or of the lack of a guard, and write it down."""
        if verdict is None:
            decision = Decision(stage, True, None, None, None, "guard switched off")
        elif verdict is MISSING:
            # Who has not installed the guard could ask about no clip of their own otherwise; nothing goes out unseen.
            decision = Decision(stage, stage == "clip_in", guard.name, None, None, "guard unavailable")
        else:
            reason = "passed" if verdict.allowed else "stopped"
            counts = None
            if isinstance(verdict, ClipVerdict):
                counts = {name: getattr(verdict, f"num_{name}") for name in ("frames", "judged", "flagged")}
            decision = Decision(stage, verdict.allowed, guard.name, verdict.score, verdict.label, reason, counts)
        return self.note(decision, texts)

    def note(self, decision: Decision, texts: Sequence[str] = ()) -> Decision:
        """Write a decision down, one that was made before and counts again too, and return it."""
        if self.audit:
            self.audit.write(decision, texts)
        return decision

    def _judge(self, texts: Sequence[str]) -> tuple[list[Verdict | None], Verdict | None]:
        """Judge texts one by one, and (the end of) what they say together: words may be cut between them."""
        if not (self.prompt_guard and texts):
            return [None] * len(texts), None
        together = [gap.join(texts)[-MAX_CHARACTERS:] for gap in (" ", "")] if len(texts) > 1 else texts
        known = dict.fromkeys([*texts, *together])
        try:
            verdicts = dict(zip(known, self.prompt_guard([*known]), strict=True))
        except GuardUnavailable:
            return [MISSING] * len(texts), MISSING
        return [verdicts[text] for text in texts], worst(verdicts[text] for text in together)

    def check_words(self, texts: Sequence[str]) -> Decision:
        """Judge the user's words, given as the texts of the turns that count, one by one and together."""
        alone, together = self._judge(texts)
        verdict = worst([*alone, together]) if together else None
        return self._decide("words", self.prompt_guard, verdict, texts)

    def check_clip_in(self, clip: Any, limits: Mapping[str, Any] | None = None, is_image: bool = False) -> Decision:
        """Judge a clip, or an image, that the user shows.

        Args:
            clip: An array, a list of images, or a file, as `read_frames` and `read_images` take it. Of a file behind
                an address the model may get another than the guard: download it first, with `open_clip`.
            limits (`Mapping`): Limits on files, such as `vars(processor.video_processor)`; arrays need none.
            is_image (`bool`): Whether it is an image.

        Raises:
            GuardError: If the clip is an address, or a file comes without limits.
            ClipError: If it cannot be read.
        """
        if is_address(clip):
            raise GuardError("What an address gives may change between two visits: download the clip, then give it.")
        if is_image and self.frame_guard:
            clip = [read_images(clip, limits or {})]
        return self._decide("clip_in", self.frame_guard, self._look(clip, limits))

    def _look(self, *clip: Any) -> Verdict | None:
        try:
            return self.frame_guard(*clip) if self.frame_guard else None
        except GuardUnavailable:
            return MISSING

    def note_reply(self, prompts: Sequence[str], is_refusal: bool = False) -> Decision:
        """Write down what the model did: wrote prompts, words alone, or a refusal, which it is only without prompts.

        Whether words refuse is told by `refusals_gpt4video.words_refuse`.
        """
        is_refused = is_refusal and not prompts
        label = "refusal" if is_refused else "prompts" if prompts else "words"
        reason = "stopped" if is_refused else "passed"
        return self.note(Decision("model", not is_refused, "model", None, label, reason), prompts)

    def check_prompts(self, prompts: Sequence[str]) -> list[Decision]:
        """Judge all prompts of a reply before any is drawn. If they are harmful together, none may be drawn."""
        alone, together = self._judge(prompts)
        verdicts = [verdict and worst([verdict, together]) for verdict in alone]
        return [
            self._decide("prompt", self.prompt_guard, verdict, [prompt])
            for prompt, verdict in zip(prompts, verdicts, strict=True)
        ]

    def check_prompt(self, prompt: str, before: Sequence[str] = ()) -> Decision:
        """Judge a prompt of a reply that is still being written, alone and together with those `before` it."""
        alone, together = self._judge([*before, prompt])
        verdict = together and worst([alone[-1], together])
        return self._decide("prompt", self.prompt_guard, verdict, [prompt])

    def check_clip_out(self, frames: Any) -> Decision:
        """Judge what was drawn: an array `(num_frames, height, width, 3)` or a list of images."""
        return self._decide("clip_out", self.frame_guard, self._look(frames))

    def check_can_draw(self) -> Decision | None:
        """Decide on clips before they are drawn: `None`, or that none may be seen for want of the guard of frames."""
        try:
            if isinstance(self.frame_guard, LateGuard):
                self.frame_guard.ready()
        except GuardUnavailable:
            return self._decide("clip_out", self.frame_guard, MISSING)
        return None


__all__ = [
    "DEFAULT_FRAME_GUARD",
    "DEFAULT_PROMPT_GUARD",
    "PAPER_RULE",
    "REFUSALS",
    "STAGES",
    "AuditLog",
    "ClipVerdict",
    "Decision",
    "FrameGuard",
    "GenerativePromptGuard",
    "GuardError",
    "GuardUnavailable",
    "Guards",
    "ImageClassifier",
    "LateGuard",
    "OpenNSFW",
    "PromptGuard",
    "SafetyChecker",
    "Verdict",
    "open_frame_guard",
    "open_prompt_guard",
    "outcome",
    "readings",
    "visible",
]
