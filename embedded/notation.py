# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The notation of wordings.

One template a line. `[a|b|]` stands for one of its alternatives, `{name}` for a slot. A line that begins with `!` is a
wording of the user that occurs in the test split only.
"""

import functools
import itertools
import re


_CHOICE = re.compile(r"\[([^\[\]]*)\]")


def lines(text: str) -> tuple[str, ...]:
    """Split a block of templates into its lines."""
    return tuple(line.strip() for line in text.strip().splitlines())


@functools.cache
def expand(template: str) -> tuple[str, ...]:
    """Spell out all alternatives of a template, in a fixed order, without the mark of the test split."""
    pieces = _CHOICE.split(template.removeprefix("!").strip())
    options = [piece.split("|") if index % 2 else [piece] for index, piece in enumerate(pieces)]
    return tuple(" ".join("".join(choice).split()) for choice in itertools.product(*options))


def spell(text: str) -> tuple[str, ...]:
    """Spell out a block of templates into all their wordings, each once."""
    return tuple(dict.fromkeys(wording for line in lines(text) for wording in expand(line)))
