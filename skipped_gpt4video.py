# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Rows that are left out of a run: why, where they are written down, and how many may be."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from gpt4video.lines_gpt4video import read_lines


BROKEN = "not a conversation"  # why a row is left out that has an error
FEW_ROWS = 1000  # a share of bad rows is not judged by fewer, while more may come


class DataError(ValueError):
    """A dataset cannot be used as the recipe says. The message names the dataset, the row and the cause."""


def too_many(bad: int, rows: int, max_share: float) -> bool:
    """Say whether more than a share of the rows is bad. One is fine, unless none may be: a kill cuts one."""
    return bad > (max(1, max_share * rows) if max_share else 0)


def note_skipped(skipped_file: Path, row: str, **why: str) -> None:
    """Write down a row that is left out: by an `error`, or `dropped` for what it is. All processes share the file."""
    with skipped_file.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"row": row, **why}) + "\n")


def skipped_rows(skipped_file: Path) -> dict[str, str]:
    """Read which rows could not be read, and why."""
    return {line["row"]: line["error"] for line in read_lines(skipped_file) if "error" in line}


def said_before(ids: dict[str, str], name: str, row: str) -> str:
    """Say that the id of a safety record is that of another row; `ids`, rows by their ids, takes it in."""
    before = ids.setdefault(name, row) if name else row
    return "" if before == row else f"{row}: the id {name!r} is that of {before}"


@dataclass
class UsableRows:
    """Says whether a row of a stream can be used; writes down why not, the first time that it comes by.

    Raises:
        DataError: If too many rows are not conversations.
    """

    skipped_file: Path
    max_skipped_share: float
    noted: set[str] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    broken: int = 0

    def __call__(self, row: dict) -> bool:
        """Judge the next row."""
        self.seen += 1
        error = row["error"] or said_before(self.ids, row["id"], row["row"])
        if not error and not row["dropped"]:
            return True
        if row["row"] not in self.noted:
            self.noted.add(row["row"])
            self.broken += bool(error)
            note_skipped(self.skipped_file, row["row"], **({"error": error} if error else {"dropped": row["dropped"]}))
            if too_many(self.broken, max(FEW_ROWS, self.seen), self.max_skipped_share):
                number = (
                    f"{self.broken} rows are broken, more than max_skipped_share, {self.max_skipped_share}, allows"
                )
                raise DataError(f"{number}. The last: {error}")
        return False
