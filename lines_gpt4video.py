# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Files of JSON lines that survive a kill: written in one stroke, or grown line by line and read as far as whole.

Also the mode of files of weights.
"""

import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tqdm import tqdm


STOPPING = threading.Event()  # set while `call_all` ends early: what waits to be tried again is given up


def write_text(path: Path, text: str) -> None:
    """Write a file in one stroke; its folder is made if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)


def open_weights(*paths: Path) -> None:
    """Give weights the mode that the umask gives to other new files: safetensors writes them for the owner alone."""
    umask = os.umask(0o077)
    os.umask(umask)
    for path in paths:
        path.chmod(0o666 & ~umask)


def write_lines(path: Path, lines: list[dict]) -> None:
    """Write JSON lines, in one stroke."""
    write_text(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def read_lines(path: Path) -> list[dict]:
    """Read the whole lines of a file of JSON lines, none if there is no file; a kill may have cut the last one."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    # `splitlines` would also cut at U+2028 and its like, which stand in the texts as they are.
    return [json.loads(line) for line in text.split("\n")[:-1]]


def call_all(call: Callable[[Any], dict], jobs: list, workers: int, path: Path) -> list[dict]:
    """Make calls in threads; what each returns is added to a file of JSON lines as it comes.

    On an error or Ctrl-C `STOPPING` is set and no call is begun any more; those under way still come into the file,
    for they are paid for.

    Returns:
        `list[dict]`: The lines, in the order in which they came.
    """
    writing = threading.Lock()
    with path.open("a", encoding="utf-8") as file, ThreadPoolExecutor(workers) as pool:

        def call_and_keep(job: Any) -> dict:
            line = call(job)
            with writing:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                file.flush()
            return line

        try:
            calls = [pool.submit(call_and_keep, job) for job in jobs]
            return [done.result() for done in tqdm(as_completed(calls), total=len(calls))]
        finally:
            STOPPING.set()
            pool.shutdown(cancel_futures=True)
            STOPPING.clear()
