# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The judge of drawn clips: a small classifier of object, motion and background, trained on rendered clips alone."""

import math
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from .clips import BACKGROUNDS, MOTIONS, add_compression
from .drawn_world import DRAWN_OBJECTS, NUM_FRAMES, SIDE, Pool


PROPERTIES = ("object", "motion", "background")
LEARNING_RATE, WARM_UP_STEPS, BATCH = 2e-3, 50, 32


class Probe(nn.Module):
    """Convolutions on each frame, then heads on all frames together."""

    def __init__(self) -> None:
        super().__init__()
        layers, inputs = [], 3
        for outputs, kernel, stride in ((32, 5, 2), (64, 3, 2), (64, 3, 1), (96, 3, 2), (96, 3, 1)):
            conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
            layers += [conv, nn.GroupNorm(8, outputs), nn.ReLU()]
            inputs = outputs
        self.frames = nn.Sequential(*layers)
        self.place = nn.Sequential(nn.Conv2d(inputs, 12, 1), nn.Flatten(), nn.Linear(12 * (SIDE // 8) ** 2, 96))
        self.box = nn.Linear(96, 4)
        self.object = nn.Linear(2 * inputs, len(DRAWN_OBJECTS))
        self.background = nn.Linear(2 * inputs, len(BACKGROUNDS))
        self.motion = nn.Sequential(
            nn.Linear(NUM_FRAMES * 96, 192), nn.ReLU(), nn.Dropout(0.1), nn.Linear(192, len(MOTIONS))
        )

    def forward(self, frames: torch.Tensor) -> dict[str, torch.Tensor]:
        """Read clips.

        Args:
            frames (`torch.FloatTensor` of shape `(batch_size, NUM_FRAMES, 3, SIDE, SIDE)`): RGB in [0, 1].

        Returns:
            `dict[str, torch.Tensor]`: Logits `object`, `motion`, `background`, and `box` of each frame.
        """
        maps = self.frames(frames.flatten(0, 1) * 2 - 1)
        pooled = torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1).unflatten(0, frames.shape[:2])
        place = functional.relu(self.place(maps)).unflatten(0, frames.shape[:2])
        return {
            "object": self.object(pooled.mean(1)),
            "motion": self.motion(place.flatten(1)),
            "background": self.background(pooled.mean(1)),
            "box": self.box(place),
        }


def to_pixels(frames: np.ndarray) -> torch.Tensor:
    """Turn uint8 frames `(..., side, side, 3)` into floats `(..., 3, side, side)` in [0, 1]."""
    return torch.from_numpy(np.array(frames)).movedim(-1, -3).float() / 255


def augment(frames: np.ndarray, generator: torch.Generator) -> torch.Tensor:
    """Give clips `(B, T, S, S, 3)` the faults that drawn ones may have: compression, blur, noise, shifted colours."""

    def uniform(low: float, high: float, *shape: int) -> torch.Tensor:
        return low + (high - low) * torch.rand(shape or (1,), generator=generator)

    frames = np.array(frames)
    for index in range(len(frames)):
        if uniform(0, 1) < 0.3:
            seed = int(torch.randint(2**31, (1,), generator=generator))
            frames[index] = add_compression(frames[index], np.random.default_rng(seed))
    pixels = to_pixels(frames)
    for index in range(len(pixels)):
        if uniform(0, 1) < 0.5:
            side = int(uniform(18, SIDE))
            small = functional.interpolate(pixels[index], size=(side, side), mode="bilinear", antialias=True)
            pixels[index] = functional.interpolate(small, size=(SIDE, SIDE), mode="bilinear")
    count = len(pixels)
    gain, shift = uniform(0.85, 1.15, count, 1, 3, 1, 1), uniform(-0.05, 0.05, count, 1, 3, 1, 1)
    level = uniform(0, 0.06, count, 1, 1, 1, 1)
    noise = torch.randn(pixels.shape, generator=generator)
    return (pixels * gain + shift + level * noise).clamp_(0, 1)


def loss_of(probe: Probe, frames: torch.Tensor, labels: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """Cross entropies of the three properties, and the error of the boxes, which teaches motion where to look."""
    read = probe(frames)
    loss = sum(functional.cross_entropy(read[name], labels[:, i]) for i, name in enumerate(PROPERTIES))
    return loss + 20 * functional.smooth_l1_loss(read["box"], boxes, beta=0.1)


def train(probe: Probe, training, pool: Pool, held_out: Pool, optimizer, steps: int, log_steps: int = 100) -> None:
    """Train to `steps` steps with a linear warm-up and a cosine fall."""
    running = 0.0
    for step, generator in training.steps(steps):
        rate = min(1, (step + 1) / WARM_UP_STEPS) * (0.51 + 0.49 * math.cos(math.pi * step / steps))
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * rate
        chosen = torch.randint(len(pool.labels), (BATCH,), generator=generator).numpy()
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=generator)))
        frames = augment(pool.frames[chosen], generator)
        loss = loss_of(probe, frames, torch.from_numpy(pool.labels[chosen]), torch.from_numpy(pool.boxes[chosen]))
        loss.backward()
        nn.utils.clip_grad_norm_(probe.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        running = 0.95 * running + 0.05 * loss.item()
        if (step + 1) % log_steps == 0:
            training.log(loss=round(running, 4), **figures_of(probe, held_out.frames[::4], held_out.labels[::4]))


@torch.inference_mode()
def name_all(probe: Probe, frames: np.ndarray, batch_size: int = 64) -> np.ndarray:
    """Name what clips `(num_clips, T, S, S, 3)`, uint8, show: indices `(num_clips, 3)` by `PROPERTIES`."""
    probe.eval()
    found = []
    for start in range(0, len(frames), batch_size):
        read = probe(to_pixels(frames[start : start + batch_size]))
        found.append(torch.stack([read[name].argmax(1) for name in PROPERTIES], dim=1))
    probe.train()
    return torch.cat(found).numpy()


def figures_of(probe: Probe, frames: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Share of clips of which the probe names each property as labelled."""
    right = name_all(probe, frames) == labels
    return {name: round(float(right[:, i].mean()), 4) for i, name in enumerate(PROPERTIES)}


def save_probe(probe: Probe, path: Path) -> None:
    """Write the weights, in half precision: 1 MB."""
    save_file({name: tensor.half().contiguous() for name, tensor in probe.state_dict().items()}, path)


def open_probe(path: Path) -> Probe:
    """Read the probe's weights."""
    probe = Probe()
    probe.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    return probe.eval()
