# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""A training loop that may be killed at any moment and goes on, bit for bit, from its last checkpoint."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import torch


class Training:
    """The steps of one training.

    All randomness of a step comes from a generator that is seeded by the training's seed and the number of the step,
    so that a run that was killed ends with the same weights as one that was not.

    Args:
        folder (`Path`): Where `<name>.pt` and `log.jsonl` go.
        name (`str`): Name of the training.
        seed (`int`): Its seed.
        parts (`dict`): What a checkpoint holds: modules, optimisers, anything with `state_dict` and `load_state_dict`.
        save_seconds (`float`): Seconds between checkpoints.
    """

    def __init__(self, folder: Path, name: str, seed: int, parts: dict, save_seconds: float) -> None:
        self.folder, self.name, self.seed, self.parts, self.save_seconds = folder, name, seed, parts, save_seconds
        self.path, self.step, self.seconds = folder / f"{name}.pt", 0, 0.0
        if self.path.exists():
            state = torch.load(self.path, weights_only=True)
            for key, part in parts.items():
                part.load_state_dict(state["parts"][key])
            self.step, self.seconds = state["step"], state["seconds"]
            print(f"{name}: continuing at step {self.step}", flush=True)
        self._started = self._saved = time.monotonic()

    def steps(self, total: int) -> Iterator[tuple[int, torch.Generator]]:
        """Yield the steps that are left of `total`, each with its generator; a checkpoint follows the last one."""
        while self.step < total:
            yield self.step, torch.Generator().manual_seed(self.seed * 1_000_003 + self.step)
            self.step += 1
            if time.monotonic() - self._saved > self.save_seconds or self.step == total:
                self.save()

    def save(self) -> None:
        """Write a checkpoint under a temporary name and rename it, so that a killed run leaves a complete one."""
        self.seconds += time.monotonic() - self._started
        state = {key: part.state_dict() for key, part in self.parts.items()}
        torch.save({"parts": state, "step": self.step, "seconds": self.seconds}, self.path.with_suffix(".tmp"))
        os.replace(self.path.with_suffix(".tmp"), self.path)
        self._started = self._saved = time.monotonic()

    def log(self, **figures) -> None:
        """Append figures to `log.jsonl` and print them."""
        seconds = round(self.seconds + time.monotonic() - self._started, 1)
        line = json.dumps({"stage": self.name, "step": self.step + 1, "seconds": seconds, **figures})
        with open(self.folder / "log.jsonl", "a", encoding="utf-8") as log:
            log.write(line + "\n")
        print(line, flush=True)
