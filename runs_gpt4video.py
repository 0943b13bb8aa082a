# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""How scripts run: the error that ends a run, its processes, the numbers of its command line."""

import argparse
import math
import os
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from accelerate import PartialState


PATIENCE = timedelta(days=7)  # a process that is done waits for the slowest; the launcher ends it when another dies


class RunError(RuntimeError):
    """A run cannot go on or did not do what it was asked. The message says what is wrong and where."""


def has_accelerator() -> bool:
    """Say whether this machine has an accelerator that works."""
    import torch  # here and below: scripts that only call endpoints start without it

    return torch.accelerator.current_accelerator(check_available=True) is not None


def check_together(num_processes: int) -> None:
    """Raise `RunError` if several processes were launched and did not find each other."""
    launched = int(os.environ.get("WORLD_SIZE", "1"))
    if launched > 1 and num_processes == 1:
        raise RunError(
            f"{launched} processes were launched, but this one is alone: each would do the whole work by itself. "
            "Start them with `accelerate launch`, and with use_cpu where accelerators are not to be used."
        )


def join_processes() -> "PartialState":
    """Find the other processes of this run. Raises `RunError` if they cannot be found."""
    from accelerate import PartialState
    from accelerate.utils import parse_flag_from_env

    # Without a word of it processes look for each other on accelerators alone.
    cpu = parse_flag_from_env("ACCELERATE_USE_CPU") or not has_accelerator()
    state = PartialState(cpu=cpu, timeout=PATIENCE)
    check_together(state.num_processes)
    return state


def number_from(kind: type[int] | type[float], low: float, high: float = math.inf) -> Callable[[str], float]:
    """Make a type of argparse: a number from `low` to `high`, both of them included."""

    def read(text: str) -> float:
        value = kind(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(
                f"{text} is not {f'at least {low}' if high == math.inf else f'{low} to {high}'}"
            )
        return value

    read.__name__ = kind.__name__  # argparse names it where the text is no number
    return read
