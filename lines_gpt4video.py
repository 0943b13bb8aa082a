# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Files of JSON lines that survive a kill: written in one stroke, or grown line by line and read as far as whole."""

import json
import os
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write a file in one stroke; its folder is made if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)


def write_lines(path: Path, lines: list[dict]) -> None:
    """Write JSON lines, in one stroke."""
    write_text(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def read_lines(path: Path) -> list[dict]:
    """Read the whole lines of a file of JSON lines, none if there is no file; a kill may have cut the last one."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    # `splitlines` would also cut at U+2028 and its like, which stand in the texts as they are.
    return [json.loads(line) for line in text.split("\n")[:-1]]
