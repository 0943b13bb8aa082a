# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Train the embedded drawing model, a stock `LattePipeline`, from scratch on rendered clips.

    python embedded/train_drawer.py --output outputs/drawer

Six stages, each with a gate on figures of compositions, or wordings, that training never sees:

1. `probe`: the judge, a classifier of object, motion and background, on rendered clips alone;
2. `autoencoder`: frames to latents and back, until the probe names what is in the reconstructions;
3. `words`: the text encoder, until it knows all three in any wording; frozen from there on;
4. `latents`: the training clips and their prompts, encoded once;
5. `denoiser`: the transformer, by flow matching; `log.jsonl` tells whether it uses the words, and scores drawings;
6. `defaults`: number of steps and guidance, chosen by drawings of training compositions.

A run that is killed continues from its last checkpoint, to the same weights. A missed gate ends the run with exit code
1; a larger number of steps continues it. The result is the folder `text_to_video` in the output folder.
"""

import argparse
import functools
import itertools
import json
import os
import shutil
import sys
import time
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, LattePipeline, LatteTransformer3DModel
from transformers import PreTrainedTokenizerFast, T5EncoderModel


REPO_ROOT = Path(__file__).resolve().parent.parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.embedded import drawing_autoencoder, drawing_denoiser, drawing_probe, drawing_words  # noqa: E402
from gpt4video.embedded.drawn_world import (  # noqa: E402
    DRAWN_OBJECTS,
    FPS,
    NUM_FRAMES,
    SIDE,
    every,
    open_pool,
    scenes_of,
)
from gpt4video.embedded.resumable import Training  # noqa: E402
from gpt4video.lines_gpt4video import open_weights  # noqa: E402


STAGES = ("probe", "autoencoder", "words", "latents", "denoiser", "defaults")
GATES: dict[str, dict[str, float]] = {
    "probe": {"object": 0.99, "motion": 0.99, "background": 0.99},
    "autoencoder": {"object": 0.95, "motion": 0.97, "background": 0.99},
    "words": {"object": 0.995, "motion": 0.995, "background": 0.995},
    "latents": {},
    "denoiser": {"object": 0.75, "motion": 0.90, "background": 0.95},
    "defaults": {},
}
TEST_JITTERS = 4
STEP_CHOICES, GUIDANCE_CHOICES = (8, 16), (1.5, 2.0, 3.0, 4.0)


class Drawer:
    """One run: its folder, its settings, its pools, and the parts that earlier stages have finished."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.output = args, args.output
        self.output.mkdir(parents=True, exist_ok=True)
        self.scenes = {split: scenes_of(split, args.objects) for split in ("train", "test")}
        self.pools = {
            split: open_pool(self.output, split, jitters, args.objects, args.seed, args.threads)
            for split, jitters in (("train", args.jitters), ("test", TEST_JITTERS))
        }
        self.held_out = every(self.pools["test"], args.held_out_every)

    def training(self, name: str, **parts) -> Training:
        """The loop of a stage, at its last checkpoint if there is one."""
        return Training(self.output, name, self.args.seed + STAGES.index(name), parts, self.args.save_seconds)

    def seeded(self, name: str) -> None:
        """Seed the fresh weights of a stage."""
        torch.manual_seed(self.args.seed + STAGES.index(name))

    def probe(self) -> drawing_probe.Probe:
        """The trained judge."""
        return drawing_probe.open_probe(self.output / "probe.safetensors")

    def autoencoder(self) -> AutoencoderKL:
        """The trained autoencoder."""
        return AutoencoderKL.from_pretrained(self.output / "vae").to(memory_format=torch.channels_last).eval()

    def words(self) -> tuple[T5EncoderModel, PreTrainedTokenizerFast]:
        """The trained text encoder and its tokenizer."""
        encoder = T5EncoderModel.from_pretrained(self.output / "text_encoder", dtype=torch.float32).eval()
        return encoder, PreTrainedTokenizerFast.from_pretrained(self.output / "tokenizer")

    def figures(self, name: str) -> dict[str, float]:
        """The figures that a finished stage ended with."""
        return json.loads((self.output / f"{name}.json").read_text(encoding="utf-8"))

    def run(self) -> None:
        """Run the stages that are not finished."""
        for name in STAGES:
            if not (self.output / f"{name}.json").exists():
                start = time.monotonic()
                figures = getattr(self, f"train_{name}")()
                print(
                    json.dumps({"finished": name, "seconds": round(time.monotonic() - start), **figures}), flush=True
                )
                check_gate(name, figures, GATES[name])
                write_json(self.output / f"{name}.json", figures)

    def train_probe(self) -> dict[str, float]:
        """Stage 1."""
        self.seeded("probe")
        probe = drawing_probe.Probe()
        optimizer = torch.optim.AdamW(probe.parameters(), lr=drawing_probe.LEARNING_RATE, weight_decay=0.02)
        training = self.training("probe", probe=probe, optimizer=optimizer)
        drawing_probe.train(probe, training, self.pools["train"], self.held_out, optimizer, self.args.probe_steps)
        drawing_probe.save_probe(probe, self.output / "probe.safetensors")
        return drawing_probe.figures_of(self.probe(), self.held_out.frames, self.held_out.labels)

    def train_autoencoder(self) -> dict[str, float]:
        """Stage 2."""
        self.seeded("autoencoder")
        vae = drawing_autoencoder.build_autoencoder(self.args.autoencoder_channels)
        optimizers = drawing_autoencoder.build_optimizers(vae)
        training = self.training("autoencoder", vae=vae, matrices=optimizers[0], others=optimizers[1])
        pool = self.pools["train"]
        drawing_autoencoder.train(vae, training, optimizers, pool, self.args.autoencoder_steps)
        vae.eval()
        drawing_autoencoder.whiten(
            vae, drawing_autoencoder.encode_all(vae, pool.frames[:: max(1, len(pool.frames) // 600)])
        )
        vae.save_pretrained(self.output / "vae")
        return drawing_autoencoder.figures(vae, self.probe(), self.held_out)

    def train_words(self) -> dict[str, float]:
        """Stage 3."""
        scenes = self.scenes["train"]
        if not (self.output / "tokenizer" / "tokenizer.json").exists():
            drawing_words.train_tokenizer(scenes, self.args.seed).save_pretrained(self.output / "tokenizer")
        tokenizer = PreTrainedTokenizerFast.from_pretrained(self.output / "tokenizer")
        self.seeded("words")
        encoder, heads = drawing_words.build_encoder(tokenizer), drawing_words.Heads()
        optimizer = torch.optim.AdamW([*encoder.parameters(), *heads.parameters()], weight_decay=0.01)
        training = self.training("words", encoder=encoder, heads=heads, optimizer=optimizer)
        drawing_words.train(encoder, heads, tokenizer, training, optimizer, scenes, self.args.words_steps)
        encoder.save_pretrained(self.output / "text_encoder")
        return drawing_words.figures(encoder, heads, tokenizer, self.scenes["test"], self.args.seed + 5)

    def train_latents(self) -> dict[str, float]:
        """Stage 4."""
        vae, frames = self.autoencoder(), self.pools["train"].frames
        count = min(len(frames), self.args.encoded_jitters * len(self.scenes["train"]))
        progress, step = self.output / "encoded.json", 256
        done = json.loads(progress.read_text(encoding="utf-8"))["clips"] if progress.exists() else 0
        shape = (count, NUM_FRAMES, drawing_autoencoder.LATENT_CHANNELS, SIDE // 8, SIDE // 8)
        mode = "r+" if done else "w+"
        latents = np.lib.format.open_memmap(self.output / "latents.npy", mode, np.float16, shape)
        for start in range(done, count, step):
            stop = min(start + step, count)
            latents[start:stop] = drawing_autoencoder.encode_all(vae, frames[start:stop])
            latents.flush()
            write_json(progress, {"clips": stop})
        sample = latents[:: max(1, count // 500)].astype(np.float32)
        return {"clips": count, "mean": round(float(sample.mean()), 3), "std": round(float(sample.std()), 3)}

    def dataset(self, encoder, tokenizer) -> drawing_denoiser.Latents:
        """The cached latents with the encoded prompts of the training scenes."""
        scenes = self.scenes["train"]
        plain = [drawing_denoiser.plain_prompt(scene) for scene in scenes]
        other = drawing_denoiser.reworded(scenes, tokenizer, self.args.seed)
        latents = np.array(np.load(self.output / "latents.npy", mmap_mode="r"))
        return drawing_denoiser.Latents(
            latents=latents,
            boxes=self.pools["train"].boxes[: len(latents)],
            plain=drawing_denoiser.encode_texts(encoder, tokenizer, plain),
            other=drawing_denoiser.encode_texts(encoder, tokenizer, other),
            nothing=drawing_denoiser.encode_nothing(encoder, tokenizer),
        )

    def train_denoiser(self) -> dict[str, float]:
        """Stage 5."""
        args = self.args
        vae, probe, (encoder, tokenizer) = self.autoencoder(), self.probe(), self.words()
        data = self.dataset(encoder, tokenizer)
        self.seeded("denoiser")
        shape = {"heads": args.denoiser_heads, "layers": args.denoiser_layers, "text": encoder.config.d_model}
        model, average = (drawing_denoiser.build_denoiser(**shape) for _ in range(2))
        average.load_state_dict(model.state_dict())
        drawing_denoiser.read_text_once(model)
        drawing_denoiser.read_text_once(average)
        optimizers = drawing_denoiser.build_optimizers(model)
        training = self.training(
            "denoiser", model=model, average=average, matrices=optimizers[0], others=optimizers[1]
        )
        watch = drawing_denoiser.Watch(
            training,
            average,
            vae,
            probe,
            encode=functools.partial(drawing_denoiser.encode_texts, encoder, tokenizer),
            nothing=data.nothing,
            scenes=self.scenes["test"],
            pool=every(self.pools["test"], 16),
            swap_seconds=args.swap_seconds,
            draw_seconds=args.draw_seconds,
        )
        drawing_denoiser.train(model, average, training, optimizers, data, args.denoiser_steps, watch)
        average.save_pretrained(self.output / "transformer")
        return watch.draw(count=args.drawings)

    def train_defaults(self) -> dict[str, float]:
        """Stage 6."""
        model = LatteTransformer3DModel.from_pretrained(self.output / "transformer").eval()
        vae, probe, (encoder, tokenizer) = self.autoencoder(), self.probe(), self.words()
        encode = functools.partial(drawing_denoiser.encode_texts, encoder, tokenizer)
        nothing, scenes = drawing_denoiser.encode_nothing(encoder, tokenizer), self.scenes["train"]
        scenes = [scenes[i * len(scenes) // self.args.choice_drawings] for i in range(self.args.choice_drawings)]
        grid = []
        for steps, guidance in itertools.product(STEP_CHOICES, GUIDANCE_CHOICES):
            found, _ = drawing_denoiser.score(model, vae, probe, scenes, encode, nothing, steps, guidance)
            grid.append({"steps": steps, "guidance": guidance, **found})
            print(json.dumps(grid[-1]), flush=True)
        best = max(grid, key=lambda row: (sum(row[name] for name in drawing_probe.PROPERTIES), -row["steps"]))
        self.assemble(model, vae, encoder, tokenizer, best)
        return {"best": best, "grid": grid}

    def assemble(self, model, vae, encoder, tokenizer, best: dict) -> None:
        """Write the folder that `DiffusionPipeline.from_pretrained` opens."""
        target, part = self.output / "text_to_video", self.output / "text_to_video.tmp"
        for folder in (target, part):
            shutil.rmtree(folder, ignore_errors=True)
        LattePipeline(
            tokenizer=tokenizer,
            text_encoder=encoder,
            vae=vae,
            transformer=model,
            scheduler=drawing_denoiser.build_scheduler(),
        ).save_pretrained(part)
        open_weights(*part.rglob("*.safetensors"))
        for path in part.glob("*/config.json"):
            config = json.loads(path.read_text(encoding="utf-8"))
            config.pop("_name_or_path", None)  # the folder of this machine
            path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        defaults = {"num_inference_steps": best["steps"], "guidance_scale": best["guidance"], "num_frames": NUM_FRAMES}
        write_json(
            part / "draw_defaults.json",
            {**defaults, "fps": FPS, "height": SIDE, "width": SIDE, "clean_caption": False},
        )
        os.replace(part, target)


def check_gate(name: str, figures: dict[str, float], gate: dict[str, float]) -> None:
    """Leave with exit code 1 if a figure of a stage is below its gate."""
    missed = {key: low for key, low in gate.items() if figures[key] < low}
    if missed:
        raise SystemExit(
            f"stage {name!r} ended with {figures}, below its gate {missed}; continue with a larger --{name}_steps"
        )


def write_json(path: Path, content: dict) -> None:
    """Write a JSON file under a temporary name and rename it."""
    path.with_suffix(".tmp").write_text(json.dumps(content) + "\n", encoding="utf-8")
    os.replace(path.with_suffix(".tmp"), path)


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--output", type=Path, default=REPO_ROOT / "outputs" / "drawer", help="folder of checkpoints, log and result")
    add("--seed", type=int, default=0, help="seed of weights, clips and order")
    add("--threads", type=int, default=2, help="threads of the training process")
    add("--objects", type=int, default=len(DRAWN_OBJECTS), help="how many of the objects are drawn")
    add("--jitters", type=int, default=16, help="rendered training clips of each scene")
    add("--encoded_jitters", type=int, default=8, help="how many of them the denoiser sees")
    add("--held_out_every", type=int, default=1, help="measure on every n-th held-out clip")
    add("--drawings", type=int, default=160, help="drawings behind the last figures of the denoiser")
    add("--choice_drawings", type=int, default=84, help="drawings behind each choice of steps and guidance")
    add("--probe_steps", type=int, default=900, help="steps of the probe")
    add("--autoencoder_steps", type=int, default=1300, help="steps of the autoencoder")
    add("--words_steps", type=int, default=1200, help="steps of the text encoder")
    add("--denoiser_steps", type=int, default=1650, help="steps of the denoiser")
    add("--autoencoder_channels", type=int, nargs="+", default=drawing_autoencoder.CHANNELS, help="its widths")
    add("--denoiser_heads", type=int, default=drawing_denoiser.HEADS, help="attention heads of the denoiser")
    add("--denoiser_layers", type=int, default=drawing_denoiser.LAYERS, help="pairs of blocks of the denoiser")
    add("--save_seconds", type=float, default=120, help="seconds between checkpoints")
    add("--swap_seconds", type=float, default=240, help="seconds between swapped-word tests of the denoiser")
    add("--draw_seconds", type=float, default=600, help="seconds between scored drawings of the denoiser")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Run the stages that are not finished yet."""
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    Drawer(args).run()


if __name__ == "__main__":
    main()
