# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The autoencoder of the drawing model: frames of 48 x 48 pixels to latents of 6 x 6 cells and back."""

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import nn

from .drawing_probe import Probe, figures_of, to_pixels
from .drawn_world import SIDE, Pool
from .muon import Muon
from .resumable import Training


CHANNELS, LATENT_CHANNELS = (16, 48, 96, 128), 12
CROP, CROP_BATCH, BATCH, CROP_SHARE = 32, 48, 32, 0.55  # the first part of the steps sees crops around the object
RATE, MATRIX_RATE, WARM_UP_STEPS = 2e-3, 0.01, 30
KL_WEIGHT, BOX_WEIGHT, EDGE_WEIGHT = 3e-4, 4.0, 1.0
SMALLEST_LOG_VARIANCE = -20.0


def build_autoencoder(channels: tuple[int, ...] = CHANNELS) -> AutoencoderKL:
    """Build it with fresh weights. Latents get variance 1 in the end, so the scaling factor is 1."""
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(channels),
        up_block_types=("UpDecoderBlock2D",) * len(channels),
        block_out_channels=channels,
        layers_per_block=1,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=8,
        sample_size=SIDE,
        scaling_factor=1.0,
        mid_block_add_attention=False,
    ).to(memory_format=torch.channels_last)


def build_optimizers(vae: AutoencoderKL) -> list[torch.optim.Optimizer]:
    """Muon for the convolutions within, AdamW for those at the ends and for all else."""
    matrices, others = [], []
    for name, param in vae.named_parameters():
        within = param.dim() == 4 and not any(end in name for end in ("conv_in", "conv_out", "quant_conv"))
        (matrices if within else others).append(param)
    return [
        Muon(matrices, lr=MATRIX_RATE, weight_decay=0.01),
        torch.optim.AdamW(others, lr=RATE, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def sample_frames(pool: Pool, count: int, side: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Take single frames, or crops of them that hold the middle of the object.

    Returns:
        `tuple[torch.Tensor, torch.Tensor]`: Pixels `(count, 3, side, side)` in [-1, 1] and weights
        `(count, 1, side, side)`: 1, and `BOX_WEIGHT` inside the object's box.
    """
    clips, steps = pool.frames.shape[:2]
    which = torch.randint(clips * steps, (count,), generator=generator).numpy()
    shifts = torch.rand((count, 2), generator=generator).numpy()
    pixels, weights = np.empty((count, side, side, 3), np.uint8), np.ones((count, 1, side, side), np.float32)
    for row, (clip, step) in enumerate(zip(which // steps, which % steps, strict=True)):
        x, y, width, height = pool.boxes[clip, step] * SIDE
        left, top = (
            int(np.clip(round(middle - shift * side), 0, SIDE - side))
            for middle, shift in zip((x, y), shifts[row], strict=True)
        )
        pixels[row] = pool.frames[clip, step, top : top + side, left : left + side]
        rows = slice(max(0, round(y - height / 2) - top), max(0, round(y + height / 2) - top))
        columns = slice(max(0, round(x - width / 2) - left), max(0, round(x + width / 2) - left))
        weights[row, :, rows, columns] = BOX_WEIGHT
    return to_pixels(pixels) * 2 - 1, torch.from_numpy(weights)


def loss_of(vae: AutoencoderKL, pixels: torch.Tensor, weights: torch.Tensor, generator: torch.Generator) -> tuple:
    """Weighted errors of pixels and of the differences between neighbours, and a tiny KL term."""
    posterior = vae.encode(pixels.contiguous(memory_format=torch.channels_last)).latent_dist
    error = vae.decode(posterior.sample(generator=generator)).sample - pixels
    edges = error.diff(dim=2).abs() * weights[:, :, 1:], error.diff(dim=3).abs() * weights[:, :, :, 1:]
    pixel_loss = (error.abs() * weights).mean()
    kl = posterior.kl().mean() / posterior.mean[0].numel()
    return pixel_loss + EDGE_WEIGHT * sum(edge.mean() for edge in edges) + KL_WEIGHT * kl, pixel_loss, kl


def train(vae: AutoencoderKL, training: Training, optimizers: list, pool: Pool, steps: int, log=None) -> None:
    """Train to `steps` steps: a warm-up, full speed, and a linear fall over the second half."""
    for step, generator in training.steps(steps):
        rate = min(1.0, (step + 1) / WARM_UP_STEPS, 2 * (steps - step) / steps)
        for optimizer, base in zip(optimizers, (MATRIX_RATE, RATE), strict=True):
            optimizer.param_groups[0]["lr"] = rate * base
        crops = step < CROP_SHARE * steps
        frames = sample_frames(pool, CROP_BATCH if crops else BATCH, CROP if crops else SIDE, generator)
        loss, pixel_loss, kl = loss_of(vae, *frames, generator)
        loss.backward()
        nn.utils.clip_grad_norm_(optimizers[1].param_groups[0]["params"], 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if log and (step + 1) % 50 == 0:
            log(pixels=round(pixel_loss.item(), 4), kl=round(kl.item(), 3), full=not crops)


@torch.inference_mode()
def encode_all(vae: AutoencoderKL, frames: np.ndarray, batch_size: int = 32) -> torch.Tensor:
    """Encode clips `(num_clips, T, S, S, 3)`, uint8, into latents `(num_clips, T, LATENT_CHANNELS, S / 8, S / 8)`."""
    latents = []
    for start in range(0, len(frames), batch_size):
        pixels = to_pixels(frames[start : start + batch_size]) * 2 - 1
        found = vae.encode(pixels.flatten(0, 1).contiguous(memory_format=torch.channels_last)).latent_dist.mean
        latents.append(found.unflatten(0, pixels.shape[:2]))
    return torch.cat(latents)


@torch.inference_mode()
def decode_all(vae: AutoencoderKL, latents: torch.Tensor, batch_size: int = 32) -> np.ndarray:
    """Decode latents of `encode_all` into uint8 clips."""
    clips = []
    for start in range(0, len(latents), batch_size):
        part = latents[start : start + batch_size]
        pixels = vae.decode(part.flatten(0, 1)).sample.unflatten(0, part.shape[:2])
        clips.append(((pixels.clamp(-1, 1) + 1) * 127.5).round().byte().movedim(2, -1).numpy())
    return np.concatenate(clips)


@torch.no_grad()
def whiten(vae: AutoencoderKL, latents: torch.Tensor) -> None:
    """Shift and scale the latents to mean 0 and variance 1 of each channel, in the weights: pixels stay the same.

    Args:
        vae (`AutoencoderKL`): The trained autoencoder; its posterior becomes a point.
        latents (`torch.FloatTensor` of shape `(num_clips, T, C, h, w)`): Latents of training clips.
    """
    mean, std = latents.mean((0, 1, 3, 4)), latents.std((0, 1, 3, 4))
    count = len(mean)
    vae.quant_conv.weight[:count] /= std[:, None, None, None]
    vae.quant_conv.bias[:count] = (vae.quant_conv.bias[:count] - mean) / std
    vae.quant_conv.weight[count:] = 0
    vae.quant_conv.bias[count:] = SMALLEST_LOG_VARIANCE
    vae.post_quant_conv.bias += (vae.post_quant_conv.weight * mean[None, :, None, None]).sum((1, 2, 3))
    vae.post_quant_conv.weight *= std[None, :, None, None]


def figures(vae: AutoencoderKL, probe: Probe, pool: Pool) -> dict[str, float]:
    """What the probe names of reconstructed clips, and their PSNR in dB."""
    drawn = decode_all(vae, encode_all(vae, pool.frames))
    error = ((drawn.astype(np.float32) - pool.frames) ** 2).mean()
    return {**figures_of(probe, drawn, pool.labels), "psnr": round(float(10 * np.log10(255**2 / error)), 2)}
