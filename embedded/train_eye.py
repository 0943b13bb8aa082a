# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Teach the vision tower and the abstractor of the embedded checkpoint to see, before any words.

    python embedded/train_eye.py --output outputs/eye

Throw-away heads read what each part should know, and each part gets a direct loss:

1. every patch of an object: which object, its box, its motion and its shift to the neighbouring frames;
2. temporal token `2 * frame + slot`: object, box and presence of one slot of one frame;
3. the first spatial tokens: both objects, both motions, background, kind of scene, one linear head for each token.

Three stages, each with a gate on held-out compositions: `frames` (single frames, a part of the patches), `clips`
(eight frames, a part of the patches, single frames beside them) and `settle` (more patches, falling learning rate).
Reading a part of the patches is only faster: figures are always taken on whole frames, and are the same. A run that is
killed continues from its last checkpoint. The result is `eye.safetensors` (keys `vision_tower.*`, `abstractor.*`) and
`eye.json` (configurations, figures, seed, versions).
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional


REPO_ROOT = Path(__file__).resolve().parent.parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.configuration_gpt4video import GPT4VideoAbstractorConfig, GPT4VideoVisionConfig  # noqa: E402
from gpt4video.embedded import clips  # noqa: E402
from gpt4video.embedded.eye_clips import (  # noqa: E402
    GRID,
    IMAGE_SIZE,
    KINDS,
    NUM_FRAMES,
    Pool,
    owners_of,
    render_batch,
    shifts_of,
)
from gpt4video.embedded.muon import Muon  # noqa: E402
from gpt4video.lines_gpt4video import open_weights  # noqa: E402
from gpt4video.modeling_gpt4video import GPT4VideoAbstractor, GPT4VideoVisionModel  # noqa: E402


CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
VISION = {
    "hidden_size": 128,
    "intermediate_size": 512,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "image_size": IMAGE_SIZE,
    "patch_size": IMAGE_SIZE // GRID,
    "temporal_hidden_size": 64,
}
ABSTRACTOR = {
    "hidden_size": 128,
    "intermediate_size": 384,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_query_tokens": 2 * NUM_FRAMES,
    "attention_dropout": 0.0,
    "frame_position_embedding": "sinusoidal",
}
EXTRA_FRAMES = 64  # single frames beside the clips of a step: many more sightings of the objects for little time
LEARNING_RATE, MATRIX_LEARNING_RATE, WEIGHT_DECAY, WARM_UP_STEPS = 1.5e-3, 0.01, 0.01, 40


@dataclass(frozen=True)
class Stage:
    """One stage of the training.

    Args:
        name (`str`): Its name in the log.
        batch (`int`): Frames (stage `frames`) or clips of one step.
        patches (`int`): Patches per frame that are kept; those of objects come first. 64 keeps all.
        rates (`tuple[float, float]`): Learning rate at the start and at the end, as fractions of the highest.
        gate (`dict[str, float]`): Lowest figures on held-out compositions with which the next stage may begin.
    """

    name: str
    batch: int
    patches: int
    rates: tuple[float, float]
    gate: dict[str, float]


STAGES = (
    Stage("frames", batch=96, patches=28, rates=(1.0, 1.0), gate={"object": 0.80, "frame_object": 0.70}),
    Stage("clips", batch=16, patches=40, rates=(1.0, 0.3), gate={"motion": 0.90, "object": 0.90}),
    Stage("settle", batch=16, patches=48, rates=(0.3, 0.01), gate={"motion": 0.95, "object": 0.95}),
)


# --------------------------------------------------------------------------------------------------------------------
# The stream of batches


class ClipStream(torch.utils.data.IterableDataset):
    """An endless stream of training batches, a function of the seed, the stage and the step at which it began."""

    def __init__(self, seed: int, stage: Stage, first_step: int):
        self.seed, self.stage, self.first_step = seed, stage, first_step

    def __iter__(self) -> Iterator[tuple[dict[str, torch.Tensor], ...]]:
        """Yield the batches of a step: single frames, and before them clips in all stages but the first."""
        rng = np.random.default_rng([self.seed, STAGES.index(self.stage), self.first_step])
        if self.stage.name == "frames":
            pools = [Pool(rng, num_frames=2, batch=self.stage.batch)]
        else:
            pools = [Pool(rng, NUM_FRAMES, self.stage.batch), Pool(rng, num_frames=2, batch=EXTRA_FRAMES)]
        while True:
            yield tuple(pool.draw() for pool in pools)


# --------------------------------------------------------------------------------------------------------------------
# The eye, its heads and losses


class Eye(nn.Module):
    """Vision tower, abstractor and the throw-away heads that teach them."""

    def __init__(self):
        super().__init__()
        self.vision_tower = GPT4VideoVisionModel._from_config(GPT4VideoVisionConfig(**VISION))
        self.abstractor = GPT4VideoAbstractor._from_config(GPT4VideoAbstractorConfig(**ABSTRACTOR))
        width, objects, motions = VISION["hidden_size"], len(clips.OBJECTS), len(clips.MOTIONS)
        for layer in self.vision_tower.layers:
            nn.init.normal_(layer.temporal_block.up_proj.weight, std=0.02)
        nn.init.normal_(self.abstractor.query_tokens)
        nn.init.normal_(self.abstractor.temporal_query_tokens)
        self.patch_head = nn.Linear(width, 1 + objects + 4 + motions + 6)
        self.frame_head = nn.Linear(width, 1 + objects + 4)
        # One head per spatial token, in this order: both objects, both motions, background, kind.
        sizes = (objects + 1, objects + 1, motions, motions + 1, len(clips.BACKGROUNDS), len(KINDS))
        self.clip_heads = nn.ModuleList(nn.Linear(width, size) for size in sizes)

    def encode(self, frames: torch.Tensor, keep: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Encode frames `(B, T, S, S, 3)` uint8: patch tokens `(B, T, P, D)` and abstractor tokens `(B, Q or 2Q, D)`.

        Args:
            frames (`torch.Tensor` of shape `(B, T, S, S, 3)`): uint8 RGB.
            keep (`torch.LongTensor` of shape `(B, P)`, *optional*): The patches to read, the same in all frames.
        """
        pixels = (frames.float() / 255 - torch.tensor(CLIP_MEAN)) / torch.tensor(CLIP_STD)
        pixels = pixels.permute(0, 1, 4, 2, 3)
        if keep is None:
            tokens = self.vision_tower(pixel_values_videos=pixels).last_hidden_state
        else:
            tower = self.vision_tower
            tokens = tower.pre_layernorm(tower.embeddings(pixels.flatten(0, 1))).unflatten(0, frames.shape[:2])
            index = torch.cat([torch.zeros_like(keep[:, :1]), keep + 1], dim=1)[:, None, :, None]
            tokens = tokens.take_along_dim(index, dim=2)
            for layer in tower.layers:
                tokens = layer(tokens)
            tokens = tower.post_layernorm(tokens)
        return tokens[:, :, 1:], self.abstractor(frame_tokens=tokens).last_hidden_state


def patch_loss(eye: Eye, patches: torch.Tensor, batch: dict[str, torch.Tensor], owner: torch.Tensor) -> dict:
    """Losses of the patch tokens `(B, T, P, D)`; `owner` `(B, T, P)` is their slot or -1."""
    objects, motions = len(clips.OBJECTS), len(clips.MOTIONS)
    logits = eye.patch_head(patches)
    losses = {"objectness": functional.binary_cross_entropy_with_logits(logits[..., 0], (owner >= 0).float())}
    mask = owner >= 0
    clip, frame, _ = mask.nonzero(as_tuple=True)
    slot = owner[mask]
    name, box, motion, shift = logits[mask][:, 1:].split([objects, 4, motions, 6], dim=-1)
    losses["patch_object"] = functional.cross_entropy(name, batch["slot_object"][clip, frame, slot])
    losses["patch_box"] = 20 * functional.smooth_l1_loss(box, batch["boxes"][clip, frame, slot], beta=0.1)
    if patches.shape[1] > 1:
        losses["patch_motion"] = functional.cross_entropy(motion, batch["slot_motion"][clip, frame, slot])
        wanted, known = shifts_of(batch["boxes"], batch["slot_object"])
        wanted, known = wanted[clip, frame, slot], known[clip, frame, slot]
        losses["patch_shift"] = functional.smooth_l1_loss(shift[known], wanted[known], beta=0.2)
    return losses


def token_loss(eye: Eye, tokens: torch.Tensor, batch: dict[str, torch.Tensor]) -> dict:
    """Losses of the abstractor's tokens `(B, Q or 2Q, D)`."""
    heads, queries = eye.clip_heads, ABSTRACTOR["num_query_tokens"]
    logits = [head(tokens[:, index]) for index, head in enumerate(heads)]
    losses = {
        "first_object": functional.cross_entropy(logits[0], batch["object"][:, 0]),
        "second_object": functional.cross_entropy(logits[1], batch["object"][:, 1]),
        "background": 0.3 * functional.cross_entropy(logits[4], batch["background"]),
    }
    if tokens.shape[1] > queries:
        losses["first_motion"] = 2 * functional.cross_entropy(logits[2], batch["motion"][:, 0])
        losses["second_motion"] = functional.cross_entropy(logits[3], batch["motion"][:, 1])
        losses["kind"] = 0.3 * functional.cross_entropy(logits[5], batch["kind"])
        states = eye.frame_head(tokens[:, queries:]).unflatten(1, (NUM_FRAMES, 2))
        visible = batch["visible"]
        losses["present"] = functional.binary_cross_entropy_with_logits(states[..., 0], visible.float())
        name, box = states[visible][:, 1:].split([len(clips.OBJECTS), 4], dim=-1)
        losses["frame_object"] = functional.cross_entropy(name, batch["slot_object"][visible])
        losses["frame_box"] = 20 * functional.smooth_l1_loss(box, batch["boxes"][visible], beta=0.1)
    return losses


def losses_of(eye: Eye, batch: dict[str, torch.Tensor], num_patches: int, generator: torch.Generator) -> dict:
    """All losses of a batch; patches of objects are kept first where only `num_patches` of them are read."""
    owner = owners_of(batch)
    keep = None
    if num_patches < GRID * GRID:
        share = (owner >= 0).float().amax(dim=1)
        score = share + torch.rand(share.shape, generator=generator)
        keep = score.topk(num_patches, dim=1).indices
        owner = owner.take_along_dim(keep[:, None], dim=2)
    patches, tokens = eye.encode(batch["frames"], keep)
    return {**patch_loss(eye, patches, batch, owner), **token_loss(eye, tokens, batch)}


# --------------------------------------------------------------------------------------------------------------------
# Figures


@torch.no_grad()
def figures_of(eye: Eye, data: dict[str, torch.Tensor], batch_size: int = 32) -> dict[str, float]:
    """Measure what linear heads read from the abstractor's tokens, as fractions of right answers.

    Args:
        eye (`Eye`): The eye.
        data (`dict[str, torch.Tensor]`): Clips as `render_batch` makes them.
        batch_size (`int`, *optional*, defaults to `32`): Clips at a time.

    Returns:
        `dict[str, float]`: `object`, `motion` of single objects; `background`, `kind` of all clips; `order` (both
        objects of a sequence), `side_by_side` (both of a pair), `sequence_motion` (both), `pair_motion`;
        `frame_object` (the first object in single frames) and `box_error`, the mean distance of centres in pixels.
    """
    eye.eval()
    answers, names, distances = [], [], []
    for start in range(0, len(data["kind"]), batch_size):
        batch = {key: value[start : start + batch_size] for key, value in data.items()}
        _, tokens = eye.encode(batch["frames"])
        answers.append(torch.stack([head(tokens[:, i]).argmax(-1) for i, head in enumerate(eye.clip_heads)], dim=1))
        states = eye.frame_head(tokens[:, ABSTRACTOR["num_query_tokens"] :]).unflatten(1, (NUM_FRAMES, 2))
        offset = states[..., -4:-2] - batch["boxes"][..., :2]
        distances.append(offset.norm(dim=-1)[batch["visible"]] * IMAGE_SIZE)
        middle = batch["frames"][:, NUM_FRAMES // 2 : NUM_FRAMES // 2 + 1]
        _, tokens = eye.encode(middle)
        names.append(eye.clip_heads[0](tokens[:, 0]).argmax(-1) == batch["slot_object"][:, NUM_FRAMES // 2, 0])
    eye.train()
    answer = torch.cat(answers)
    truth = torch.cat([data["object"], data["motion"], data["background"][:, None], data["kind"][:, None]], dim=1)
    right = answer == truth
    one, sequence, pair = (data["kind"] == index for index in range(3))
    figures = {
        "object": right[one, 0],
        "motion": right[one, 2],
        "background": right[:, 4],
        "kind": right[:, 5],
        "order": right[sequence, :2].all(dim=1),
        "side_by_side": right[pair, :2].all(dim=1),
        "sequence_motion": right[sequence, 2:4].all(dim=1),
        "pair_motion": right[pair, 2],
        "frame_object": torch.cat(names),
        "box_error": torch.cat(distances),
    }
    return {key: round(float(value.float().mean()), 4) for key, value in figures.items()}


# --------------------------------------------------------------------------------------------------------------------
# Training


def build_optimizers(eye: Eye) -> list[torch.optim.Optimizer]:
    """Muon for the weight matrices of the layers, AdamW for all else."""
    matrices, others = [], []
    for name, param in eye.named_parameters():
        (matrices if ".layers." in name and param.dim() == 2 else others).append(param)
    return [
        Muon(matrices, lr=MATRIX_LEARNING_RATE, weight_decay=WEIGHT_DECAY),
        torch.optim.AdamW(others, lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=WEIGHT_DECAY, fused=True),
    ]


def rate_at(stage: Stage, step: int, steps: int, total: int) -> float:
    """Learning rate as a fraction: a warm-up at the very start, then linear within each stage."""
    start, end = stage.rates
    return min(1.0, (total + 1) / WARM_UP_STEPS) * (start + (end - start) * step / steps)


def save_state(path: Path, eye: Eye, optimizers: list[torch.optim.Optimizer], progress: dict) -> None:
    """Write a checkpoint under a temporary name and rename it, so that a killed run leaves a complete one."""
    state = {"eye": eye.state_dict(), "optimizers": [o.state_dict() for o in optimizers], "progress": progress}
    torch.save(state, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def export(output: Path, eye: Eye, report: dict) -> None:
    """Write `eye.safetensors` without the heads, and `eye.json`."""
    tensors = {
        name: tensor.contiguous()
        for name, tensor in eye.state_dict().items()
        if name.startswith(("vision_tower.", "abstractor."))
    }
    save_file(tensors, output / "eye.tmp", metadata={"format": "pt"})
    open_weights(output / "eye.tmp")
    os.replace(output / "eye.tmp", output / "eye.safetensors")
    report = {
        "vision_config": eye.vision_tower.config.to_dict(),
        "abstractor_config": eye.abstractor.config.to_dict(),
        "parameters": sum(tensor.numel() for tensor in tensors.values()),
        "image_mean": CLIP_MEAN,
        "image_std": CLIP_STD,
        "num_frames": NUM_FRAMES,
        "objects": clips.OBJECTS,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
        **report,
    }
    (output / "eye.json").write_text(json.dumps(report, indent=1, default=str) + "\n", encoding="utf-8")


def train_stage(
    args: argparse.Namespace,
    eye: Eye,
    optimizers: list[torch.optim.Optimizer],
    progress: dict,
    held_out: dict[str, torch.Tensor],
) -> None:
    """Run the stage that `progress` names to its end and check its gate.

    Raises:
        RuntimeError: If the figures of the held-out clips are below the gate; the checkpoint stays, and a larger
            number of steps continues from it.
    """
    stage, output = STAGES[progress["stage"]], Path(args.output)
    steps = getattr(args, f"{stage.name}_steps")
    stream = ClipStream(args.seed, stage, progress["step"])
    # The renderer yields to the training threads: a preempted one would stall the other at every operation.
    loader = torch.utils.data.DataLoader(
        stream, batch_size=None, num_workers=1, prefetch_factor=8, worker_init_fn=lambda _: os.nice(5)
    )
    generator = torch.Generator().manual_seed(args.seed + 1000 * progress["stage"] + progress["step"])
    running, last, first = {}, time.monotonic(), progress["step"]
    for batches in loader:
        if progress["step"] >= steps:
            break
        rate = rate_at(stage, progress["step"], steps, progress["total"])
        for optimizer, base in zip(optimizers, (MATRIX_LEARNING_RATE, LEARNING_RATE), strict=True):
            optimizer.param_groups[0]["lr"] = rate * base
        losses = {}
        for batch in batches:
            single = batch["frames"].shape[1] == 1
            parts = losses_of(eye, batch, STAGES[0].patches if single else stage.patches, generator)
            sum(parts.values()).backward()
            losses |= {f"image_{name}" if single else name: loss for name, loss in parts.items()}
        nn.utils.clip_grad_norm_(optimizers[1].param_groups[0]["params"], 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        progress["step"] += 1
        progress["total"] += 1
        for name, loss in losses.items():
            running[name] = loss.item() if name not in running else 0.95 * running[name] + 0.05 * loss.item()
        now = time.monotonic()
        if now - last >= args.log_seconds or progress["step"] == steps:
            rate_seen = (progress["step"] - first) * stage.batch / (now - last)
            progress["seconds"] += now - last
            figures = figures_of(eye, held_out)
            progress["figures"][stage.name] = figures
            line = {"stage": stage.name, "step": progress["step"], "seconds": round(progress["seconds"])}
            line |= {"per_second": round(rate_seen, 1), "rate": round(rate, 3), **figures}
            line["losses"] = {name: round(value, 3) for name, value in running.items()}
            with open(output / "log.jsonl", "a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")
            print(json.dumps(line), flush=True)
            save_state(output / "state.pt", eye, optimizers, progress)
            export(output, eye, {"seed": args.seed, "progress": progress})
            last, first = time.monotonic(), progress["step"]
    missed = {key: low for key, low in stage.gate.items() if progress["figures"][stage.name][key] < low}
    if missed:
        raise RuntimeError(
            f"stage {stage.name!r} ended with {progress['figures'][stage.name]}, below its gate {missed}; "
            f"continue with a larger --{stage.name}_steps"
        )


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", default=str(REPO_ROOT / "outputs" / "eye"), help="folder of checkpoints and log")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights, scenes and order")
    parser.add_argument("--frames_steps", type=int, default=620, help="steps of the stage on single frames")
    parser.add_argument("--clips_steps", type=int, default=1400, help="steps of the stage on clips")
    parser.add_argument("--settle_steps", type=int, default=560, help="steps of the last stage")
    parser.add_argument("--threads", type=int, default=2, help="threads of the training process")
    parser.add_argument("--log_seconds", type=float, default=60.0, help="seconds between log lines and checkpoints")
    parser.add_argument("--held_out_clips", type=int, default=160, help="test clips behind a log line")
    parser.add_argument("--final_clips", type=int, default=1200, help="test clips behind the last figures")
    parser.add_argument("--mp4_clips", type=int, default=400, help="test clips that go through mp4 files at the end")
    return parser.parse_args()


def main() -> None:
    """Train from the last checkpoint, or from scratch, to the end, and measure."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    output = Path(args.output)
    output.mkdir(parents=True, exist_ok=True)
    eye = Eye()
    optimizers = build_optimizers(eye)
    progress = {"stage": 0, "step": 0, "total": 0, "seconds": 0.0, "figures": {}}
    if (output / "state.pt").exists():
        state = torch.load(output / "state.pt", weights_only=True)
        eye.load_state_dict(state["eye"])
        for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        progress = state["progress"]
        print(f"continuing at step {progress['step']} of stage {STAGES[progress['stage']].name!r}", flush=True)
    held_out = render_batch(np.random.default_rng(args.seed + 1), "test", args.held_out_clips)
    while progress["stage"] < len(STAGES):
        train_stage(args, eye, optimizers, progress, held_out)
        progress["stage"], progress["step"] = progress["stage"] + 1, 0
        save_state(output / "state.pt", eye, optimizers, progress)
    final = {}
    for name, count, mp4 in (("rendered", args.final_clips, False), ("mp4", args.mp4_clips, True)):
        data = render_batch(np.random.default_rng(args.seed + 2), "test", count, mp4=mp4)
        kinds = {kind: int((data["kind"] == index).sum()) for index, kind in enumerate(KINDS)}
        final[name] = {"clips": count, "kinds": kinds, **figures_of(eye, data)}
        print(json.dumps({name: final[name]}), flush=True)
    export(output, eye, {"seed": args.seed, "progress": progress, "final": final})


if __name__ == "__main__":
    main()
