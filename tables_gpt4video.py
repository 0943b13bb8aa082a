# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Rows of the tables that people have: files in, rows out that say where they stand; and the request a row makes."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import yaml


# Keys under which published files keep their rows.
ROW_KEYS = ("data", "rows", "annotations", "questions", "seeds", "prompts")
SEPARATORS = {".csv": ",", ".tsv": "\t"}
YAML = (".yaml", ".yml", ".prompt")
KINDS = (*SEPARATORS, ".json", ".jsonl", ".parquet", *YAML, ".txt")


class TableError(ValueError):
    """A file does not hold the rows that are needed. The message names the file, the row and what is missing."""


class Row(dict):
    """Values by columns, and their `place`. A column that it lacks is a `TableError` that lists those it has."""

    def __init__(self, values: Any, place: str) -> None:
        if not isinstance(values, dict):
            raise TableError(f"{place}: a row is values by columns, got {values!r}.")
        super().__init__(values)
        self.place = place

    def __missing__(self, column: str) -> Any:
        raise TableError(f"{self.place}: there is no column {column!r}; it has {', '.join(map(str, self)) or 'none'}.")

    def text(self, column: str) -> str:
        """Take a text; numbers are texts too. Raises `TableError` if there is none."""
        value = self[column]
        if isinstance(value, bool) or not isinstance(value, str | int | float) or not str(value).strip():
            raise TableError(f"{self.place}: the column {column!r} holds {value!r}; a text is needed.")
        return str(value)

    def texts(self, column: str) -> list[str]:
        """Take a list of texts; in a table of words alone it is written in JSON. Raises `TableError` if it is none."""
        value = self[column]
        try:
            texts = json.loads(value) if isinstance(value, str) else value
        except json.JSONDecodeError:
            texts = None
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise TableError(f"{self.place}: the column {column!r} holds {value!r}; a list of texts is needed.")
        return texts


def rows_of(path: Path) -> list[Row]:
    """Read the rows of a CSV, TSV, JSON, JSONL, parquet or YAML file, gzipped or not.

    The rows of a JSON or YAML file are a list, or lie under a key of `ROW_KEYS`. Cells of CSV and TSV files are words,
    and empty ones nothing. Lines of a text file become `{"text": line}`.

    Raises:
        TableError: If the file cannot be read, or its rows are not values by columns.
    """
    is_packed = path.suffix == ".gz"
    kind = path.with_suffix("").suffix if is_packed else path.suffix
    if kind not in KINDS:
        raise TableError(f"{path}: tables end in {', '.join(KINDS)}, or these and .gz.")
    try:
        with (gzip.open if is_packed else open)(path, "rb") as file:
            return [Row(values, place) for place, values in values_of(file, kind, path)]
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error, yaml.YAMLError) as error:
        raise TableError(f"{path} cannot be read: {type(error).__name__}: {error}.") from error


def values_of(file: BinaryIO, kind: str, path: Path) -> Iterator[tuple[str, Any]]:
    """Read what stands in the place of rows, each with its place."""
    if kind == ".parquet":
        yield from number_rows(parquet_rows(file, path), path)
        return
    text = file.read().decode("utf-8-sig")
    if kind in SEPARATORS:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=SEPARATORS[kind])
        for row in reader:
            place = f"{path}, line {reader.line_num}"
            if None in row:
                raise TableError(f"{place}: there are more cells than the {len(reader.fieldnames)} columns.")
            yield place, {column: cell or None for column, cell in row.items()}
    elif kind in (".jsonl", ".txt"):
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                place = f"{path}, line {number}"
                yield place, parse_json(line, place) if kind == ".jsonl" else {"text": line.strip()}
    else:
        content = yaml.safe_load(text) if kind in YAML else parse_json(text, str(path))
        yield from number_rows(rows_in(content, path), path)


def number_rows(rows: list, path: Path) -> Iterator[tuple[str, Any]]:
    """Give rows that have no lines their places, counted from 0."""
    for number, row in enumerate(rows):
        yield f"{path}, row {number}", row


def parse_json(text: str, place: str) -> Any:
    """Parse JSON. Raises `TableError` with its place."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise TableError(f"{place} is not JSON: {error}.") from error


def rows_in(content: Any, path: Path) -> list:
    """Find the rows in the content of a file."""
    if isinstance(content, list):
        return content
    keys = list(content) if isinstance(content, dict) else []
    found = [key for key in keys if key in ROW_KEYS and isinstance(content[key], list)]
    if len(found) != 1:
        has = f"its keys are {', '.join(map(str, keys))}" if keys else f"it holds {type(content).__name__}"
        raise TableError(f"{path}: rows are a list, or a list under one of {', '.join(ROW_KEYS)}; {has}.")
    return content[found[0]]


def parquet_rows(file: BinaryIO, path: Path) -> list[dict]:
    """Read the rows of a parquet file. Raises `TableError` if it cannot be read, or pyarrow is missing."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise TableError(f"{path}: parquet files are read by pyarrow: pip install pyarrow.") from error
    try:
        return parquet.read_table(file).to_pylist()
    except pyarrow.ArrowException as error:
        raise TableError(f"{path} cannot be read: {error}.") from error


def blocks_of(kind: str, sources: Any) -> list[dict]:
    """Make blocks of clips (`kind="video"`) or images: of one source, a list of them, or none (`None`)."""
    sources = sources if isinstance(sources, list) else [] if sources is None else [sources]
    return [{"type": kind, "path" if isinstance(source, str) else kind: source} for source in sources]


def request_of(text: str | float | None, video: Any = None, image: Any = None) -> dict:
    """Make the user's message of what a row asks: its clips and images, then its words, if it has any.

    Args:
        text (`str` or `float`, *optional*): The words; columns of numbers are words too.
        video, image (*optional*): A path, a URL or what else the processor reads, or a list of these.
    """
    words = [] if text is None or text == "" else [{"type": "text", "text": str(text)}]
    return {"role": "user", "content": [*blocks_of("video", video), *blocks_of("image", image), *words]}
