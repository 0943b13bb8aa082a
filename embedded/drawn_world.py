# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""What the embedded drawing model draws: a part of the embedded world, small, rendered once into pools on disk."""

import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .clips import BACKGROUNDS, MOTIONS, Scene, Split, render_sampled, split_of


# Chosen for differing in colour and outline at 20 pixels; the order is the order of the probe's classes.
DRAWN_OBJECTS: tuple[str, ...] = (
    "car",
    "airplane",
    "fish",
    "crab",
    "cat",
    "dog",
    "penguin",
    "frog",
    "panda",
    "turtle",
    "ladybug",
    "pumpkin",
    "sun",
    "tractor",
    "rocket",
    "bus",
    "elephant",
    "pig",
    "butterfly",
    "snowman",
    "alien",
    "owl",
    "umbrella",
    "hut",
)
NUM_FRAMES, SIDE, FPS = 8, 48, 4
SIZES = (0.42, 0.50)  # the upper end of the world's own range: smaller objects are a few pixels here
CHUNK = 256  # clips that one process renders at a time


@dataclass(frozen=True)
class Pool:
    """Rendered clips of one split.

    Args:
        frames (`np.ndarray` of shape `(num_clips, NUM_FRAMES, SIDE, SIDE, 3)`): uint8 RGB, mapped from disk.
        labels (`np.ndarray` of shape `(num_clips, 3)`): Indices of object, motion and background.
        boxes (`np.ndarray` of shape `(num_clips, NUM_FRAMES, 4)`): Centre x, centre y, width, height as fractions.
    """

    frames: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray


def scenes_of(split: Split, num_objects: int = len(DRAWN_OBJECTS)) -> list[Scene]:
    """List the scenes of one split with the first `num_objects` of `DRAWN_OBJECTS`."""
    scenes = [
        Scene("one", (name,), (motion,), background)
        for name in DRAWN_OBJECTS[:num_objects]
        for motion in MOTIONS
        for background in BACKGROUNDS
    ]
    return [scene for scene in scenes if split_of(scene) == split]


def label_of(scene: Scene) -> tuple[int, int, int]:
    """Return the indices of object, motion and background."""
    return (
        DRAWN_OBJECTS.index(scene.objects[0]),
        MOTIONS.index(scene.motions[0]),
        BACKGROUNDS.index(scene.background),
    )


def scene_of(label: np.ndarray) -> Scene:
    """The scene with these indices of object, motion and background."""
    name, motion, background = (int(index) for index in label)
    return Scene("one", (DRAWN_OBJECTS[name],), (MOTIONS[motion],), BACKGROUNDS[background])


def every(pool: Pool, step: int) -> Pool:
    """Every `step`-th clip of a pool."""
    return Pool(pool.frames[::step], pool.labels[::step], pool.boxes[::step])


def render_one(scene: Scene, seed: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Render one clip at the drawing model's size: frames and boxes."""
    frames, record = render_sampled(scene, np.random.default_rng(seed), NUM_FRAMES, SIDE, sizes=SIZES)
    return frames, record.boxes[:, 0]


def _render_chunk(scenes: list[Scene], seeds: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    clips = [render_one(scene, seed) for scene, seed in zip(scenes, seeds, strict=True)]
    return np.stack([frames for frames, _ in clips]), np.stack([boxes for _, boxes in clips])


def open_pool(folder: Path, split: Split, jitters: int, num_objects: int, seed: int, workers: int) -> Pool:
    """Open the pool of one split and render it first where it is not there.

    Args:
        folder (`Path`): Where pools live.
        split (`str`): `"train"` or `"test"`.
        jitters (`int`): Clips of each scene; they differ in place, size, speed, phase, colour and noise.
        num_objects (`int`): How many of `DRAWN_OBJECTS`.
        seed (`int`): Seed of the clips. The clips of the splits differ.
        workers (`int`): Processes that render.

    Returns:
        `Pool`: Clips with one jitter of every scene after the other.
    """
    scenes = scenes_of(split, num_objects) * jitters
    target = folder / f"pool_{split}_{num_objects}x{jitters}_{seed}"
    if not (target / "pool.json").exists():
        target.mkdir(parents=True, exist_ok=True)
        shape = (len(scenes), NUM_FRAMES, SIDE, SIDE, 3)
        frames = np.lib.format.open_memmap(target / "frames.npy", "w+", np.uint8, shape)
        boxes = np.zeros((len(scenes), NUM_FRAMES, 4), np.float32)
        starts = range(0, len(scenes), CHUNK)
        seeds = [[seed, split == "test", index] for index in range(len(scenes))]
        with ProcessPoolExecutor(workers) as pool:
            chunks = pool.map(
                _render_chunk, [scenes[i : i + CHUNK] for i in starts], [seeds[i : i + CHUNK] for i in starts]
            )
            for start, (drawn, places) in zip(starts, chunks, strict=True):
                frames[start : start + CHUNK], boxes[start : start + CHUNK] = drawn, places
        frames.flush()
        np.save(target / "boxes.npy", boxes)
        np.save(target / "labels.npy", np.array([label_of(scene) for scene in scenes]))
        # Written last: a pool without it is rendered anew.
        (target / "pool.tmp").write_text(json.dumps({"clips": len(scenes)}) + "\n", encoding="utf-8")
        os.replace(target / "pool.tmp", target / "pool.json")
    frames = np.load(target / "frames.npy", mmap_mode="r")
    return Pool(frames, np.load(target / "labels.npy"), np.load(target / "boxes.npy"))
