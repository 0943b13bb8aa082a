"""What the tests of the pipeline share: a model that says what it is told, a generator that paints, messages."""

import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from transformers import LogitsProcessor


REPO_ROOT = Path(__file__).resolve().parent.parent
CLIPS = [str(path) for path in sorted((REPO_ROOT / "examples").glob("*.mp4"))]


class Say(LogitsProcessor):
    """Makes a model write the given texts, one per row, whatever it would have written."""

    def __init__(self, tokenizer, *texts: str):
        self.ids = [[*tokenizer.encode(text, add_special_tokens=False), tokenizer.eos_token_id] for text in texts]
        self.start, self.calls = None, 0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        self.start = input_ids.shape[1] if self.start is None else self.start
        scores = torch.full_like(scores, -torch.inf)
        for row, ids in enumerate(self.ids):
            scores[row, ids[min(input_ids.shape[1] - self.start, len(ids) - 1)]] = 0
        return scores


def ask(*blocks: str | dict) -> dict:
    return {
        "role": "user",
        "content": [{"type": "text", "text": block} if isinstance(block, str) else block for block in blocks],
    }


def clip(index: int) -> dict:
    return {"type": "video", "path": CLIPS[index]}


def answer(text: str) -> dict:
    return {"role": "assistant", "content": text}


class Painter:
    """Draws noise by prompt and seed, as a `TextToVideo` is called, in four steps."""

    name, fps, num_steps = "painter", 6, 4

    def __init__(self):
        self.prompts: list[str] = []
        self.layer = torch.nn.Linear(7, 5, bias=False)
        self.pipe = SimpleNamespace(components={"layer": self.layer, "scheduler": None})
        self.steps = 0

    def __call__(self, prompt: str, *, seed: int | None = None, on_step=None, num_frames: int = 5, value=None):
        self.prompts.append(prompt)
        seed = random.SystemRandom().randrange(2**31) if seed is None else seed
        for step in range(self.num_steps):
            self.steps += 1
            if on_step:
                on_step(step + 1, self.num_steps)
        generator = np.random.default_rng([seed, *prompt.encode("utf-8", "replace")])
        frames = np.tile(generator.integers(0, 255, (num_frames, 4, 6, 3), dtype=np.uint8), (1, 8, 8, 1))
        if value is not None:
            frames[:] = value
        record = {"prompt": prompt, "seed": seed, "generator": self.name, "num_frames": num_frames, "value": value}
        return SimpleNamespace(frames=frames, fps=self.fps, record=record)
