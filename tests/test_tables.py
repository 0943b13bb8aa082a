"""`tables_gpt4video.py`: tables of every kind give the same rows, what is no table is named with its place."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gpt4video.tables_gpt4video import TableError, request_of, rows_of


ROWS = [{"video": "000001", "caption": "a fox, quick"}, {"video": "7", "caption": 'the "dog"'}]


def write(folder: Path, name: str, content: str) -> Path:
    (folder / name).write_bytes(content.encode())
    return folder / name


def parquet(folder: Path) -> Path:
    pyarrow = pytest.importorskip("pyarrow", reason="parquet files are read by pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist(ROWS), folder / "t.parquet")
    return folder / "t.parquet"


def packed(folder: Path) -> Path:
    (folder / "t.json.gz").write_bytes(gzip.compress(json.dumps({"annotations": ROWS, "info": {"year": 1}}).encode()))
    return folder / "t.json.gz"


TABLES: dict[str, Callable[[Path], Path]] = {
    "csv": lambda folder: write(folder, "t.csv", '\ufeffvideo,caption\r\n000001,"a fox, quick"\r\n7,"the ""dog"""'),
    "tsv": lambda folder: write(folder, "t.tsv", 'video\tcaption\n000001\ta fox, quick\n7\t"the ""dog"""\n'),
    "jsonl": lambda folder: write(folder, "t.jsonl", "\n\n".join(json.dumps(row) for row in ROWS)),
    "json": lambda folder: write(folder, "t.json", json.dumps(ROWS)),
    "data": lambda folder: write(folder, "t.json", json.dumps({"version": 1, "data": ROWS})),
    "annotations": packed,
    "yaml": lambda folder: write(folder, "t.yaml", json.dumps({"seeds": ROWS})),
    "parquet": parquet,
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables_of_every_kind_give_the_same_rows(tmp_path: Path, kind: str) -> None:
    path = TABLES[kind](tmp_path)
    rows = rows_of(path)
    assert rows == ROWS
    places = {"csv": ("line 2", "line 3"), "tsv": ("line 2", "line 3"), "jsonl": ("line 1", "line 3")}
    assert [row.place for row in rows] == [f"{path}, {place}" for place in places.get(kind, ("row 0", "row 1"))]


def test_lines_of_text_are_rows_and_empty_cells_are_nothing(tmp_path: Path) -> None:
    assert rows_of(write(tmp_path, "t.txt", "a\u2028b\r\n\n c\n")) == [{"text": "a\u2028b"}, {"text": "c"}]
    assert rows_of(write(tmp_path, "t.csv", "a,b\n1,\n2\n")) == [{"a": "1", "b": None}, {"a": "2", "b": None}]
    assert rows_of(write(tmp_path, "t.csv", "")) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.xlsx", "", r"t.xlsx: tables end in .csv, .tsv, .json, .jsonl, .parquet,"),
        ("t.json", '{"video": "a", "train": []}', r"a list under one of data, .*; its keys are video, train."),
        ("t.json", '{"data": [], "annotations": []}', r"its keys are data, annotations."),
        ("t.json", '"x"', r"it holds str."),
        ("t.json", "[1]", r"t.json, row 0: a row is values by columns, got 1."),
        ("t.json", "[{]", r"t.json is not JSON: "),
        ("t.jsonl", '{"a": 1}\n\n{"a": \n', r"t.jsonl, line 3 is not JSON: "),
        ("t.csv", "a,b\n1,2\n1,2,3\n", r"t.csv, line 3: there are more cells than the 2 columns."),
        ("t.csv", 'a\n"' + "x" * 200_000 + '"\n', r"t.csv cannot be read: Error: field larger than"),
        ("t.yaml", "a: [", r"t.yaml cannot be read: "),
        ("t.parquet", "PAR1", r"t.parquet cannot be read: "),
        ("t.json.gz", "{}", r"t.json.gz cannot be read: BadGzipFile"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(TableError, match=message):
        rows_of(write(tmp_path, name, content))


def test_files_that_cannot_be_opened_or_decoded_are_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="none.csv cannot be read: FileNotFoundError"):
        rows_of(tmp_path / "none.csv")
    (tmp_path / "t.csv").write_bytes(b"a\n\xff\xfe\n")
    with pytest.raises(TableError, match="t.csv cannot be read: UnicodeDecodeError"):
        rows_of(tmp_path / "t.csv")
    (tmp_path / "t.txt.gz").write_bytes(gzip.compress(b"abc" * 99)[:20])
    with pytest.raises(TableError, match="t.txt.gz cannot be read: EOFError"):
        rows_of(tmp_path / "t.txt.gz")


def test_columns_that_are_missing_or_hold_something_else_are_named(tmp_path: Path) -> None:
    rows = [{"a": " ", "b": True, "c": 2, "texts": '["x", "y"]', "wrong": ["x", 1], "word": "x"}]
    (row,) = rows_of(write(tmp_path, "t.json", json.dumps(rows)))
    assert row.text("c") == "2" and row.texts("texts") == ["x", "y"] and row.get("d") is None
    for take, column, message in (
        (row.text, "d", "row 0: there is no column 'd'; it has a, b, c, texts, wrong, word."),
        (row.texts, "d", "there is no column 'd'"),
        (row.text, "a", "the column 'a' holds ' '; a text is needed"),
        (row.text, "b", "the column 'b' holds True; a text is needed"),
        (row.texts, "wrong", r"the column 'wrong' holds \['x', 1\]; a list of texts is needed"),
        (row.texts, "word", "the column 'word' holds 'x'; a list of texts is needed"),
    ):
        with pytest.raises(TableError, match=message):
            take(column)


def test_a_request_shows_its_media_before_its_words() -> None:
    clip, words = {"type": "video", "path": "a.mp4"}, {"type": "text", "text": "2"}
    assert request_of(2, "a.mp4") == {"role": "user", "content": [clip, words]}
    packed, image = {"bytes": b"x", "path": None}, {"type": "image", "path": "b.png"}
    found = request_of(None, [packed, "a.mp4"], "b.png")["content"]
    assert found == [{"type": "video", "video": packed}, clip, image]
    assert request_of("", None)["content"] == []
