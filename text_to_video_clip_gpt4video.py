# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""What a text-to-video model gives: frames as bytes, and a record from which they can be drawn again."""

import json
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers.image_utils import to_numpy_array
from transformers.utils import is_numpy_array


LARGEST_SEED = 2**63 - 1
RANDOM_SEEDS = 2**32  # a fresh seed is below, so that it survives JSON readers that count in floats
OVERSHOOT = 1e-3  # by which rounding may carry a value out of 0 to 1


class DrawingError(ValueError):
    """A clip cannot be drawn. The message says what was asked, what is possible and what to do."""


@dataclass(frozen=True)
class DrawnClip:
    """A clip that was drawn.

    Args:
        frames (`numpy.ndarray`): uint8 RGB of shape `(num_frames, height, width, 3)`.
        fps (`float`): Frames a second.
        record (`dict`): JSON values, from which `draw_again` of the same generator draws the clip again: `prompt`,
            `negative_prompt`, `seed`, `arguments` as passed, `prompt_truncated`, `generator`, `scheduler`, `fps`,
            `num_frames`, `height`, `width`.
    """

    frames: Any
    fps: float
    record: dict[str, Any]


def check_prompt(prompt: Any, what: str = "prompt") -> str:
    """Return a prompt, or raise a `DrawingError` if it is not a text that says something."""
    if not isinstance(prompt, str) or not prompt.strip():
        raise DrawingError(f"The {what} is {prompt!r}; it must be a text that is not empty.")
    return prompt


def pick_seed(seed: int | None) -> int:
    """Return the seed, or a fresh random one for `None`.

    Raises:
        DrawingError: If it is not a whole number from 0 to `LARGEST_SEED`.
    """
    if seed is None:
        return secrets.randbelow(RANDOM_SEEDS)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
        raise DrawingError(f"The seed is {seed!r}; it must be a whole number from 0 to {LARGEST_SEED}.")
    return seed


def check_count(name: str, value: Any) -> int:
    """Return a number of frames, pixels or steps, or raise a `DrawingError` if it is not whole and at least 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise DrawingError(f"{name} is {value!r}; it must be a whole number of at least 1.")
    return value


def check_fps(fps: Any) -> float:
    """Return frames a second as a float, or raise a `DrawingError` if they are not above 0 and at most 240."""
    if isinstance(fps, bool) or not isinstance(fps, int | float) or not 0 < fps <= 240:
        raise DrawingError(f"fps is {fps!r}; it must be a number above 0 and at most 240.")
    return float(fps)


def check_json(values: Mapping[str, Any], problem: str) -> None:
    """Raise a `DrawingError` that begins with `problem` if arguments are not JSON values."""
    try:
        json.dumps(values, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DrawingError(f"{problem}: {error}. Give JSON values.") from error


def plain(value: Any) -> Any:
    """Turn a configuration into JSON values, without what is private in it."""
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items() if not name.startswith("_")}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def to_frames(drawn: Any, generator: str) -> Any:
    """Turn what a generator returns for one prompt into uint8 RGB frames.

    Args:
        drawn: Arrays `(num_frames, height, width, channels)`, tensors `(num_frames, channels, height, width)`, or a
            list of images or arrays of one frame each; all of them also as a batch of one. Floats are 0 to 1.
        generator (`str`): What drew them, for messages.

    Returns:
        `numpy.ndarray`: uint8 of shape `(num_frames, height, width, 3)`.

    Raises:
        DrawingError: If they are no frames, of several clips, or hold what is not a number or out of range.
    """
    while len(drawn) == 1 and (_rank(drawn) == 5 or isinstance(drawn[0], Sequence) or _rank(drawn[0]) == 4):
        drawn = drawn[0]
    if not isinstance(drawn, Sequence) and _rank(drawn) != 4:
        raise DrawingError(f"{generator} gave an array of shape {tuple(drawn.shape)}; one clip was expected.")
    if any(isinstance(frame, Sequence) for frame in drawn):
        raise DrawingError(f"{generator} gave {len(drawn)} clips; one was expected.")
    frames = [_to_bytes(_pixels(frame), number, generator) for number, frame in enumerate(drawn)]
    shapes = {tuple(frame.shape) for frame in frames}
    if len(shapes) != 1 or next(iter(shapes))[-1] not in (1, 3):
        raise DrawingError(f"{generator} gave frames of the shapes {sorted(shapes)}; one clip in color was expected.")
    return torch.stack(frames).expand(-1, -1, -1, 3).contiguous().numpy()


def _rank(value: Any) -> int:
    return getattr(value, "ndim", 0)


def _pixels(frame: Any) -> torch.Tensor:
    """Give an array, a tensor or an image as a tensor on the CPU with its channels last."""
    if isinstance(frame, torch.Tensor):
        return frame.detach().cpu().movedim(0, -1)
    return torch.from_numpy((frame if is_numpy_array(frame) else to_numpy_array(frame)).copy())


def _to_bytes(pixels: torch.Tensor, number: int, generator: str) -> torch.Tensor:
    """Turn the values of a frame into bytes."""
    if pixels.dtype == torch.uint8:
        return pixels
    pixels = pixels.float()
    wrong = int((~pixels.isfinite()).sum())
    if wrong:
        raise DrawingError(
            f"{generator} drew frame {number} with {wrong} of {pixels.numel()} values that are not numbers, as happens"
            " where its weights do not bear the dtype: try dtype='float32' or 'bfloat16'."
        )
    low, high = pixels.aminmax()
    if low < -OVERSHOOT or high > 1 + OVERSHOOT:
        raise DrawingError(f"{generator} drew values from {low:.3g} to {high:.3g}; 0 to 1 were expected.")
    return (pixels.clamp(0, 1) * 255).round().to(torch.uint8)


__all__ = ["DrawingError", "DrawnClip", "check_count", "check_fps", "check_prompt", "pick_seed", "plain", "to_frames"]
