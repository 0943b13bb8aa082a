# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The clip renderer of the embedded world: named animations that move over plain backgrounds.

Everything is seeded by one `numpy.random.Generator` per clip, so that the same scene and the same generator state give
the same pixels, whether all frames are drawn (`render`) or only those the processor would sample (`render_sampled`).
"""

import functools
import hashlib
import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import av
import numpy as np
from PIL import Image


ASSETS = Path(__file__).parent / "assets"
CATALOGUE: tuple[dict, ...] = tuple(
    json.loads(line) for line in (ASSETS / "objects.jsonl").read_text(encoding="utf-8").splitlines()
)
OBJECTS: tuple[str, ...] = tuple(entry["name"] for entry in CATALOGUE if not entry.get("care"))
# Stand-ins for what clips show that must be met with care. They are not among the things that the model draws.
CARE_OBJECTS: tuple[str, ...] = tuple(entry["name"] for entry in CATALOGUE if entry.get("care"))
MOTIONS: tuple[str, ...] = ("left to right", "right to left", "upwards", "downwards", "still", "growing", "shrinking")
PAIR_MOTIONS: tuple[str, ...] = ("still", "upwards", "downwards")
BACKGROUND_COLORS: dict[str, tuple[int, int, int]] = {
    "red": (200, 35, 45),
    "orange": (240, 128, 28),
    "yellow": (242, 218, 66),
    "green": (45, 150, 70),
    "blue": (45, 90, 210),
    "purple": (122, 52, 168),
    "white": (238, 238, 240),
    "black": (24, 24, 28),
}
BACKGROUNDS: tuple[str, ...] = tuple(BACKGROUND_COLORS)

CANVAS = 128  # side in pixels at which frames are drawn; also the side of the mp4 files
HELD_OUT = 8  # one in HELD_OUT compositions is kept for the test split
SPRITE_PADDING = 10  # transparent source pixels around a sprite, so that sub-pixel shifts stay inside the image
SIZES = (0.30, 0.50)  # the longer side of an object that neither grows nor stands beside another, of the frame's side
SPRITE_LOOP_SECONDS = 3.0  # the original animations last about three seconds

Split = Literal["train", "test"]
Kind = Literal["one", "sequence", "pair"]


@dataclass(frozen=True)
class Scene:
    """What happens in a clip.

    Args:
        kind (`str`): `"one"` object, a `"sequence"` of two (first A, then B) or a `"pair"` side by side (left, right).
        objects (`tuple[str, ...]`): Names out of `OBJECTS` or `CARE_OBJECTS`, one or two of them.
        motions (`tuple[str, ...]`): One of `MOTIONS` per object. Both objects of a pair share one of `PAIR_MOTIONS`.
        background (`str`): One of `BACKGROUNDS`.

    Raises:
        ValueError: If a name is unknown or the counts do not fit the kind.
    """

    kind: Kind
    objects: tuple[str, ...]
    motions: tuple[str, ...]
    background: str

    def __post_init__(self) -> None:
        if self.kind not in ("one", "sequence", "pair"):
            raise ValueError(f"kind is {self.kind!r}; use 'one', 'sequence' or 'pair'")
        count = 1 if self.kind == "one" else 2
        if len(self.objects) != count or len(self.motions) != count:
            raise ValueError(f"a scene of kind {self.kind!r} needs {count} object(s) and motion(s), got {self}")
        names = OBJECTS + CARE_OBJECTS
        for value, known in (*((o, names) for o in self.objects), *((m, MOTIONS) for m in self.motions)):
            if value not in known:
                raise ValueError(f"unknown object or motion {value!r}; the known ones are {', '.join(known)}")
        if self.background not in BACKGROUND_COLORS:
            raise ValueError(f"unknown background {self.background!r}; the known ones are {', '.join(BACKGROUNDS)}")
        if self.kind == "pair" and (len(set(self.motions)) > 1 or self.motions[0] not in PAIR_MOTIONS):
            raise ValueError(f"the objects of a pair share one motion of {PAIR_MOTIONS}, got {self.motions}")

    @property
    def triples(self) -> tuple[tuple[str, str, str], ...]:
        """The `(object, motion, background)` triples that occur in the clip."""
        return tuple((name, motion, self.background) for name, motion in zip(self.objects, self.motions, strict=True))


@dataclass(frozen=True)
class ClipRecord:
    """What a clip shows, frame by frame: the targets of direct training.

    Args:
        scene (`Scene`): The scene.
        fps (`int`): Frames per second of the whole clip.
        total_frames (`int`): Number of frames of the whole clip.
        frame_indices (`np.ndarray` of shape `(num_frames,)`): Which frames of the whole clip were drawn.
        boxes (`np.ndarray` of shape `(num_frames, num_objects, 4)`): Centre x, centre y, width and height as fractions
            of the side; zeros where the object is not visible. A box covers all phases of the object's own animation.
        visible (`np.ndarray` of shape `(num_frames, num_objects)`): Whether the object is in the frame, boolean.
    """

    scene: Scene
    fps: int
    total_frames: int
    frame_indices: np.ndarray
    boxes: np.ndarray
    visible: np.ndarray


@dataclass(frozen=True)
class _Plan:
    """All random choices of one clip, made before the first pixel."""

    fps: int
    boxes: np.ndarray  # (total_frames, num_objects, 4)
    visible: np.ndarray  # (total_frames, num_objects)
    sprite_frames: np.ndarray  # (total_frames, num_objects)
    background: np.ndarray  # (CANVAS, CANVAS, 3) float32
    noise_level: float
    noise_offsets: np.ndarray  # (total_frames, 3)


@dataclass(frozen=True)
class _Sprite:
    frames: tuple[Image.Image, ...]  # premultiplied, cropped to the union of all frames, padded
    width: int
    height: int


# --------------------------------------------------------------------------------------------------------------------
# Scenes and splits


def is_held_out(*parts: str) -> bool:
    """Say whether what these words name is kept for the test split: one in `HELD_OUT` is."""
    digest = hashlib.blake2s("|".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % HELD_OUT == 0


def split_of(scene: Scene) -> Split:
    """Say which split a scene belongs to: a pure function of its composition.

    One in `HELD_OUT` (object, motion, background) triples and one in `HELD_OUT` (first, second, background)
    compositions of two objects are kept for the test split. A scene with two objects is a test scene as soon as one of
    its triples is, so that training never sees a held-out triple.
    """
    held_out = any(is_held_out(*triple) for triple in scene.triples)
    if scene.kind != "one":
        held_out = held_out or is_held_out(scene.kind, *scene.objects, scene.background)
    return "test" if held_out else "train"


def sample_scene(rng: np.random.Generator, split: Split, kind: Kind | None = None) -> Scene:
    """Draw a scene of the wanted split.

    Args:
        rng (`np.random.Generator`): Source of randomness.
        split (`str`): `"train"` or `"test"`.
        kind (`str`, *optional*): The kind of scene; by default 60 % one object, 20 % sequence, 20 % pair.

    Returns:
        `Scene`: A scene with `split_of(scene) == split`. The objects of a scene differ.
    """
    if split not in ("train", "test"):
        raise ValueError(f"split is {split!r}; use 'train' or 'test'")
    chosen = kind or ("one", "sequence", "pair")[int(rng.choice(3, p=(0.6, 0.2, 0.2)))]
    count = 1 if chosen == "one" else 2
    while True:
        objects = tuple(OBJECTS[i] for i in rng.choice(len(OBJECTS), size=count, replace=False))
        if chosen == "pair":
            motions = (PAIR_MOTIONS[int(rng.choice(3, p=(0.6, 0.2, 0.2)))],) * 2
        else:
            motions = tuple(MOTIONS[i] for i in rng.integers(len(MOTIONS), size=count))
        scene = Scene(chosen, objects, motions, BACKGROUNDS[int(rng.integers(len(BACKGROUNDS)))])
        if split_of(scene) == split:
            return scene


def sample_care_scene(rng: np.random.Generator, split: Split, kind: Kind | None = None) -> Scene:
    """Draw a scene of the wanted split in which one object is one of `CARE_OBJECTS`."""
    while True:
        scene = sample_scene(rng, split, kind)
        objects = list(scene.objects)
        objects[int(rng.integers(len(objects)))] = CARE_OBJECTS[int(rng.integers(len(CARE_OBJECTS)))]
        scene = replace(scene, objects=tuple(objects))
        if split_of(scene) == split:
            return scene


# --------------------------------------------------------------------------------------------------------------------
# Sprites


@functools.cache
def _sprite(name: str) -> _Sprite:
    entry = next(entry for entry in CATALOGUE if entry["name"] == name)
    with Image.open(ASSETS / entry["file"]) as image:
        frames = []
        for index in range(image.n_frames):
            image.seek(index)
            frames.append(np.asarray(image.convert("RGBA").convert("RGBa")))
    stack = np.stack(frames)
    rows, columns = np.nonzero((stack[..., 3] > 25).any(axis=0))
    top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    pad = SPRITE_PADDING
    cropped = np.pad(stack[:, top:bottom, left:right], ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    images = tuple(Image.frombytes("RGBa", frame.shape[1::-1], frame.tobytes()) for frame in cropped)
    return _Sprite(images, width=int(right - left), height=int(bottom - top))


def aspect(name: str) -> tuple[float, float]:
    """Return width and height of an object, scaled so that the longer one is 1."""
    sprite = _sprite(name)
    longest = max(sprite.width, sprite.height)
    return sprite.width / longest, sprite.height / longest


def paste(canvas: np.ndarray, name: str, frame: int, box: np.ndarray) -> None:
    """Blend one sprite frame into a float32 canvas of shape (side, side, 3), at sub-pixel precision."""
    sprite, side = _sprite(name), canvas.shape[0]
    center_x, center_y, width, height = (float(value) * side for value in box)
    left, top = center_x - width / 2, center_y - height / 2
    x0, y0 = max(0, int(np.floor(left))), max(0, int(np.floor(top)))
    x1, y1 = min(side, int(np.ceil(left + width))), min(side, int(np.ceil(top + height)))
    step_x, step_y, pad = sprite.width / width, sprite.height / height, SPRITE_PADDING
    source = (
        pad + (x0 - left) * step_x,
        pad + (y0 - top) * step_y,
        pad + (x1 - left) * step_x,
        pad + (y1 - top) * step_y,
    )
    image = sprite.frames[frame % len(sprite.frames)].resize((x1 - x0, y1 - y0), Image.Resampling.BICUBIC, box=source)
    pixels = np.asarray(image).astype(np.float32)
    region = canvas[y0:y1, x0:x1]
    region *= (255.0 - pixels[..., 3:]) * (1.0 / 255.0)
    region += pixels[..., :3]


# --------------------------------------------------------------------------------------------------------------------
# Planning a clip


def _progress(count: int, rng: np.random.Generator) -> np.ndarray:
    """A monotone walk from 0 to 1 in `count` steps, slightly eased, never far from constant speed."""
    time = np.linspace(0.0, 1.0, count)
    ease = rng.uniform(-0.12, 0.12)
    return time + ease * np.sin(2 * np.pi * time) / 2


def _track(motion: str, name: str, count: int, lane: tuple[float, float], rng: np.random.Generator, size: float):
    """Centre and size of one object over `count` frames: `(count, 4)`, inside the horizontal `lane`."""
    progress, (aspect_x, aspect_y) = _progress(count, rng), aspect(name)
    sizes = np.full(count, size)
    if motion in ("growing", "shrinking"):
        small = rng.uniform(0.22, 0.30)
        large = min(small * rng.uniform(1.7, 2.4), 0.6)
        sizes = small * (large / small) ** progress
        sizes = sizes if motion == "growing" else sizes[::-1]
    half_x, half_y = sizes.max() * aspect_x / 2, sizes.max() * aspect_y / 2
    low_x, high_x, low_y, high_y = lane[0] + half_x, lane[1] - half_x, half_y, 1 - half_y
    x = np.full(count, rng.uniform(low_x, high_x) if high_x > low_x else (low_x + high_x) / 2)
    y = np.full(count, rng.uniform(low_y, high_y))
    if motion in ("left to right", "right to left"):
        x = _sweep(low_x, high_x, progress, rng)
        x = x if motion == "left to right" else x[::-1]
    elif motion in ("downwards", "upwards"):
        y = _sweep(low_y, high_y, progress, rng)
        y = y if motion == "downwards" else y[::-1]
    wobble = rng.uniform(0.0, 0.012, size=2)
    angle = 2 * np.pi * (rng.uniform(0.5, 2.0) * np.linspace(0, 1, count) + rng.uniform())
    x, y = x + wobble[0] * np.sin(angle), y + wobble[1] * np.cos(angle)
    return np.stack([x, y, sizes * aspect_x, sizes * aspect_y], axis=1)


def _sweep(low: float, high: float, progress: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Positions of a walk that covers at least 0.47 of the side where there is room for it."""
    travel = rng.uniform(min(0.47, high - low), high - low)
    start = rng.uniform(low, high - travel)
    return start + travel * progress


def _lanes_of_pair(objects: tuple[str, ...], sizes: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Split the width in two lanes in proportion to the widths of the objects, left first."""
    widths = [size * aspect(name)[0] for name, size in zip(objects, sizes, strict=True)]
    spare = (1.0 - sum(widths)) / 2
    border = widths[0] + spare
    return (0.0, border - 0.01), (border + 0.01, 1.0)


def _plan(
    scene: Scene,
    rng: np.random.Generator,
    fps: int | None,
    seconds: float | None,
    sizes: tuple[float, float] = SIZES,
) -> _Plan:
    fps = int(rng.integers(8, 13)) if fps is None else fps
    seconds = float(rng.uniform(2.0, 4.0)) if seconds is None else seconds
    total, count = max(1, round(fps * seconds)), len(scene.objects)
    boxes, visible = np.zeros((total, count, 4), np.float32), np.zeros((total, count), bool)
    if scene.kind == "sequence":
        cut = min(max(1, round(total * rng.uniform(0.48, 0.52))), total - 1)
        spans = (slice(0, cut), slice(cut, total))
    else:
        spans = (slice(0, total),) * count
    drawn = rng.uniform(0.28, 0.40, size=2) if scene.kind == "pair" else rng.uniform(*sizes, size=2)
    lanes = _lanes_of_pair(scene.objects, drawn) if scene.kind == "pair" else ((0.0, 1.0),) * 2
    for index, (name, motion) in enumerate(zip(scene.objects, scene.motions, strict=True)):
        span = spans[index]
        boxes[span, index] = _track(motion, name, span.stop - span.start, lanes[index], rng, drawn[index])
        visible[span, index] = True
    rate = rng.uniform(0.7, 1.4, size=count) / SPRITE_LOOP_SECONDS
    phase = rng.uniform(size=count) + np.arange(total)[:, None] / fps * rate
    return _Plan(
        fps=fps,
        boxes=boxes,
        visible=visible,
        sprite_frames=(phase * 16).astype(int),
        background=_background(scene.background, rng),
        noise_level=float(rng.uniform(0.0, 4.0)),
        noise_offsets=rng.integers(0, 64, size=(total, 3)),
    )


def _background(name: str, rng: np.random.Generator) -> np.ndarray:
    color = np.array(BACKGROUND_COLORS[name], np.float32) + rng.uniform(-9, 9, size=3).astype(np.float32)
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 14)
    axis = np.linspace(-1, 1, CANVAS, dtype=np.float32)
    gradient = strength * (np.cos(angle) * axis[None, :] + np.sin(angle) * axis[:, None])
    return (color + gradient[..., None]).astype(np.float32)


@functools.cache
def _noise_textures() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((4, CANVAS + 64, CANVAS + 64, 1), dtype=np.float32)


# --------------------------------------------------------------------------------------------------------------------
# Drawing


def _draw(scene: Scene, plan: _Plan, index: int) -> np.ndarray:
    texture, row, column = plan.noise_offsets[index]
    noise = _noise_textures()[texture % 4, row : row + CANVAS, column : column + CANVAS]
    canvas = plan.background + noise * plan.noise_level
    for position, name in enumerate(scene.objects):
        if plan.visible[index, position]:
            paste(canvas, name, int(plan.sprite_frames[index, position]), plan.boxes[index, position])
    canvas += 0.5
    return np.clip(canvas, 0, 255, out=canvas).astype(np.uint8)


def squash(frames: np.ndarray, size: int) -> np.ndarray:
    """Resize frames `(num_frames, side, side, 3)` to `size` x `size`, antialiased bicubic as the processor does."""
    if frames.shape[1] == size and frames.shape[2] == size:
        return frames
    resized = np.empty((len(frames), size, size, 3), np.uint8)
    for index, frame in enumerate(frames):
        resized[index] = Image.fromarray(frame).resize((size, size), Image.Resampling.BICUBIC)
    return resized


def _record(scene: Scene, plan: _Plan, indices: np.ndarray) -> ClipRecord:
    return ClipRecord(scene, plan.fps, len(plan.boxes), indices, plan.boxes[indices], plan.visible[indices])


def sample_indices(total_frames: int, num_frames: int) -> np.ndarray:
    """Choose frames by the original's rule: the processor's `sample_frames`, repeated here for speed.

    Args:
        total_frames (`int`): Number of frames of the clip.
        num_frames (`int`): Number of frames to take; they repeat if the clip is shorter.

    Returns:
        `np.ndarray` of shape `(num_frames,)`: Ascending indices.
    """
    segment = (total_frames - 1) / num_frames
    return np.array([int(segment / 2) + round(segment * index) for index in range(num_frames)])


def render(
    scene: Scene,
    rng: np.random.Generator,
    size: int = CANVAS,
    fps: int | None = None,
    seconds: float | None = None,
    frames: list[int] | None = None,
) -> tuple[np.ndarray, ClipRecord]:
    """Draw a clip.

    Args:
        scene (`Scene`): What to show.
        rng (`np.random.Generator`): Decides place, size, speed, phase, colour jitter and noise.
        size (`int`, *optional*, defaults to `128`): Side of the frames in pixels. Frames are drawn at 128 and resized.
        fps (`int`, *optional*): Frames per second; by default 8 to 12.
        seconds (`float`, *optional*): Length; by default 2 to 4.
        frames (`list[int]`, *optional*): Draw these frames only; the clip is the same otherwise.

    Returns:
        `tuple[np.ndarray, ClipRecord]`: Frames `(num_frames, size, size, 3)`, uint8 RGB, and what they show.
    """
    plan = _plan(scene, rng, fps, seconds)
    indices = np.arange(len(plan.boxes)) if frames is None else np.asarray(frames, dtype=int)
    drawn = np.stack([_draw(scene, plan, int(index)) for index in indices])
    return squash(drawn, size), _record(scene, plan, indices)


def render_sampled(
    scene: Scene,
    rng: np.random.Generator,
    num_frames: int = 8,
    size: int = 64,
    compression: float = 0.0,
    sizes: tuple[float, float] = SIZES,
) -> tuple[np.ndarray, ClipRecord]:
    """Draw only the frames that the processor would sample from the clip, at the size of the model's input.

    With `compression=0` the result equals `squash(render(scene, rng)[0][indices], size)` for an equal generator.

    Args:
        scene (`Scene`): What to show.
        rng (`np.random.Generator`): Decides place, size, speed, phase, colour jitter and noise.
        num_frames (`int`, *optional*, defaults to `8`): Number of sampled frames.
        size (`int`, *optional*, defaults to `64`): Side of the returned frames in pixels.
        compression (`float`, *optional*, defaults to `0.0`): Probability of compression noise on the 128-pixel frames.
        sizes (`tuple[float, float]`, *optional*, defaults to `(0.30, 0.50)`): Range of the longer side of objects that
            neither grow nor shrink nor stand side by side, as fractions of the frame's side.

    Returns:
        `tuple[np.ndarray, ClipRecord]`: Frames `(num_frames, size, size, 3)`, uint8 RGB, and what they show.
    """
    plan = _plan(scene, rng, None, None, sizes)
    indices = sample_indices(len(plan.boxes), num_frames)
    drawn = np.stack([_draw(scene, plan, int(index)) for index in indices])
    if compression and rng.random() < compression:
        drawn = add_compression(drawn, rng)
    return squash(drawn, size), _record(scene, plan, indices)


# --------------------------------------------------------------------------------------------------------------------
# Compression


def add_compression(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give frames `(num_frames, side, side, 3)` noise like a video codec's, cheaply: one JPEG round trip each."""
    quality = int(rng.integers(35, 90))
    result = np.empty_like(frames)
    for index, frame in enumerate(frames):
        buffer = io.BytesIO()
        Image.fromarray(frame).save(buffer, "JPEG", quality=quality)
        with Image.open(buffer) as image:
            result[index] = np.asarray(image)
    return result


def write_mp4(
    frames: np.ndarray,
    path: str | Path | io.BytesIO,
    fps: int,
    crf: int | None = None,
    rng: np.random.Generator | None = None,
) -> None:
    """Write frames as an H.264 mp4 file.

    Args:
        frames (`np.ndarray` of shape `(num_frames, height, width, 3)`): uint8 RGB, even sides.
        path (`str`, `Path` or `io.BytesIO`): Where to write.
        fps (`int`): Frames per second.
        crf (`int`, *optional*): Quality, 18 (good) to 30 (poor); by default drawn from `rng`, or 23 without one.
        rng (`np.random.Generator`, *optional*): Draws the quality.
    """
    if crf is None:
        crf = 23 if rng is None else int(rng.integers(18, 31))
    target = str(path) if isinstance(path, str | Path) else path
    with av.open(target, mode="w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": str(crf), "preset": "veryfast"})
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], "yuv420p"
        stream.codec_context.thread_count = 1  # one thread makes the file a function of its frames
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


def read_mp4(path: str | Path | io.BytesIO) -> np.ndarray:
    """Decode all frames of a file: `(num_frames, height, width, 3)`, uint8 RGB."""
    source = str(path) if isinstance(path, str | Path) else path
    with av.open(source) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def roundtrip_mp4(frames: np.ndarray, fps: int, rng: np.random.Generator) -> np.ndarray:
    """Give frames real H.264 noise by writing and reading an mp4 in memory; slower than `add_compression`."""
    buffer = io.BytesIO()
    write_mp4(frames, buffer, fps, rng=rng)
    buffer.seek(0)
    return read_mp4(buffer)
