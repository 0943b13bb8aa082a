# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Rendered clips with the targets that teach the eye, in batches; `train_eye.py` is the reader."""

from dataclasses import replace

import numpy as np
import torch

from . import clips


NUM_FRAMES, IMAGE_SIZE, GRID = 8, 64, 8  # GRID patches a side
KINDS = ("one", "sequence", "pair")
KIND_SHARES = (0.5, 0.25, 0.25)
COMPRESSED_SHARE = 0.6
FIRST_CLIPS, POOL_CLIPS = 384, 3000  # size of the pool of rendered clips at the start and in the end
REPEATS = 3


def targets_of(record: clips.ClipRecord) -> dict[str, np.ndarray]:
    """Turn what a clip shows into arrays of class indices and boxes.

    Args:
        record (`ClipRecord`): What the renderer says about the clip.

    Returns:
        `dict[str, np.ndarray]`: `object` and `motion` `(2,)` of the first or left and the second or right object (the
        count of names stands for none), `background`, `kind`; and by frame and slot, where the second slot is the
        right object of a pair: `boxes` `(T, 2, 4)`, `visible` `(T, 2)`, `slot_object` and `slot_motion` `(T, 2)`.
    """
    scene, count = record.scene, len(record.scene.objects)
    objects = np.full(2, len(clips.OBJECTS))
    motions = np.full(2, len(clips.MOTIONS))
    objects[:count] = [clips.OBJECTS.index(name) for name in scene.objects]
    motions[:count] = [clips.MOTIONS.index(name) for name in scene.motions]
    boxes = np.zeros((len(record.boxes), 2, 4), np.float32)
    visible = np.zeros(boxes.shape[:2], bool)
    boxes[:, :count], visible[:, :count] = record.boxes, record.visible
    slots = np.tile(np.arange(2), (len(boxes), 1))
    if scene.kind == "sequence":
        slots[visible[:, 1], 0] = 1
        rows = np.arange(len(boxes))
        boxes[:, 0], visible[:, 0], visible[:, 1] = boxes[rows, slots[:, 0]], True, False
    return {
        "object": objects,
        "motion": motions,
        "background": np.array(clips.BACKGROUNDS.index(scene.background)),
        "kind": np.array(KINDS.index(scene.kind)),
        "boxes": boxes,
        "visible": visible,
        "slot_object": objects[slots],
        "slot_motion": motions[slots],
    }


def render_batch(
    rng: np.random.Generator, split: str, count: int, num_frames: int = NUM_FRAMES, mp4: bool = False
) -> dict[str, torch.Tensor]:
    """Render clips of one split with their targets: `frames` `(count, T, S, S, 3)` uint8 and those of `targets_of`.

    Fewer frames than the model samples are drawn at random moments. With `mp4` each clip goes through a real H.264
    file, written in full, decoded and sampled.
    """
    rows = []
    for _ in range(count):
        scene = clips.sample_scene(rng, split, KINDS[rng.choice(3, p=KIND_SHARES)])
        if mp4:
            frames, record = clips.render(scene, rng)
            indices = clips.sample_indices(len(frames), num_frames)
            frames = clips.squash(clips.roundtrip_mp4(frames, record.fps, rng)[indices], IMAGE_SIZE)
            record = replace(
                record, frame_indices=indices, boxes=record.boxes[indices], visible=record.visible[indices]
            )
        elif num_frames < NUM_FRAMES:
            moments = sorted(rng.choice(16, size=num_frames, replace=False).tolist())
            frames, record = clips.render(scene, rng, fps=8, seconds=2.0, frames=moments)
            frames = clips.add_compression(frames, rng) if rng.random() < COMPRESSED_SHARE else frames
            frames = clips.squash(frames, IMAGE_SIZE)
        else:
            frames, record = clips.render_sampled(scene, rng, num_frames, IMAGE_SIZE, compression=COMPRESSED_SHARE)
        rows.append({"frames": frames, **targets_of(record)})
    return {key: torch.from_numpy(np.stack([row[key] for row in rows])) for key in rows[0]}


def select_frames(data: dict[str, torch.Tensor], rows: torch.Tensor, num_frames: int) -> dict[str, torch.Tensor]:
    """Cut single frames out of clips: rows count through clips and frames; the result has T = 1."""
    clip, frame = rows // num_frames, rows % num_frames
    names = ("frames", "boxes", "visible", "slot_object", "slot_motion")
    batch = {key: data[key][clip, frame].unsqueeze(1) for key in names}
    none = torch.full_like(batch["slot_object"][:, 0], len(clips.OBJECTS))
    return {
        **batch,
        "object": torch.where(batch["visible"][:, 0], batch["slot_object"][:, 0], none),
        "background": data["background"][clip],
    }


def owners_of(batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Say which slot each patch of each frame belongs to: `(B, T, 64)`, -1 for the background."""
    centers = (torch.arange(GRID) + 0.5) / GRID
    x, y = centers.repeat(GRID), centers.repeat_interleave(GRID)
    box = batch["boxes"].unsqueeze(-1)  # (B, T, 2, 4, 1)
    inside = (x - box[..., 0, :]).abs() <= (box[..., 2, :] / 2).clamp(min=0.07)
    inside &= (y - box[..., 1, :]).abs() <= (box[..., 3, :] / 2).clamp(min=0.07)
    inside &= batch["visible"].unsqueeze(-1)
    return torch.where(inside[:, :, 0], 0, torch.where(inside[:, :, 1], 1, -1))


def shifts_of(boxes: torch.Tensor, slot_object: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Shift and growth of each slot to the next and from the last frame, `(B, T, 2, 6)`, and where they are known."""
    size = boxes[..., 2:].clamp(min=1e-3).log()
    step = torch.cat([8 * boxes[..., :2].diff(dim=1), 4 * size.diff(dim=1)[..., :1]], dim=-1)
    same = slot_object[:, 1:] == slot_object[:, :-1]
    pad, none = torch.zeros_like(step[:, :1]), torch.zeros_like(same[:, :1])
    shift = torch.cat([torch.cat([step, pad], dim=1), torch.cat([pad, step], dim=1)], dim=-1)
    known = torch.stack([torch.cat([same, none], dim=1), torch.cat([none, same], dim=1)], dim=-1)
    return shift, known.repeat_interleave(3, dim=-1)


class Pool:
    """A rolling store of rendered training clips: rendering is slow enough to show each clip about `REPEATS` times."""

    def __init__(self, rng: np.random.Generator, num_frames: int, batch: int):
        self.rng, self.num_frames, self.batch = rng, num_frames, batch
        first = render_batch(rng, "train", FIRST_CLIPS, num_frames)
        self.data = {key: value.new_empty(POOL_CLIPS, *value.shape[1:]) for key, value in first.items()}
        for key, value in first.items():
            self.data[key][:FIRST_CLIPS] = value
        self.seen = FIRST_CLIPS

    def draw(self) -> dict[str, torch.Tensor]:
        """Replace the oldest clips by new ones and draw a batch: clips, or single frames of pairs of frames."""
        single = self.num_frames < NUM_FRAMES
        fresh = max(1, self.batch // REPEATS // (self.num_frames if single else 1))
        rows = torch.arange(self.seen, self.seen + fresh) % POOL_CLIPS
        for key, value in render_batch(self.rng, "train", fresh, self.num_frames).items():
            self.data[key][rows] = value
        self.seen += fresh
        units = min(self.seen, POOL_CLIPS) * (self.num_frames if single else 1)
        rows = torch.from_numpy(self.rng.choice(units, size=self.batch, replace=False))
        if single:
            return select_frames(self.data, rows, self.num_frames)
        return {key: value[rows] for key, value in self.data.items()}
