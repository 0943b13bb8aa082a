"""`safety_records_gpt4video.py`: safety sets in the forms of their publishers, with harmless words in their places."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from gpt4video.safety_records_gpt4video import RecordError, SafetyRecord, load_records, read_records, write_records


ROOT = Path(__file__).resolve().parent.parent


def lines(path: Path, *rows: dict | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return path


def safesora(folder: Path) -> Path:
    rows = [
        {
            "prompt_id": "p1",
            "prompt_text": "A",
            "prompt_type": "safety_critical",
            "prompt_labels": {"gore": True, "x": False},
        },
        {"prompt_id": "p1", "prompt_text": "A", "prompt_type": "safety_critical", "prompt_labels": {"gore": True}},
        {"prompt_id": "p2", "prompt_text": "B", "prompt_type": "safety_critical", "prompt_labels": {"gore": False}},
        {"prompt_id": "p3", "prompt_text": "C", "prompt_type": "safety_neutral"},
    ]
    path = folder / "config-train.json.gz"
    path.write_bytes(gzip.compress(json.dumps(rows).encode()))
    return path


def advbench_yaml(folder: Path) -> Path:
    path = folder / "adv_bench.prompt"
    path.write_text(yaml.safe_dump({"dataset_name": "adv", "seeds": [{"value": "A", "harm_categories": ["fraud"]}]}))
    return path


def pyrit_yaml(folder: Path) -> Path:
    seeds = [
        {"value": "A"},
        {"value": "B", "role": "user", "sequence": 0},
        {"value": "C", "role": "assistant", "sequence": 1},
        {"value": "D", "role": "user", "sequence": 2},
    ]
    for name, rows in (("airt_hate_speech", seeds), ("fraud", [{"value": "E"}])):
        (folder / f"{name}.prompt").write_text(yaml.safe_dump({"seeds": rows}))
    return folder


def table(name: str, *rows: dict | str) -> Callable[[Path], Path]:
    """Write a file of lines."""
    return lambda folder: lines(folder / name, *rows)


def folder_of(files: dict[str, tuple]) -> Callable[[Path], Path]:
    """Write files into a folder."""
    return lambda folder: [lines(folder / "set" / name, *rows).parent for name, rows in files.items()][0]


def unsafe(text: str, category: str) -> tuple[str, str, str, str]:
    return text, "unsafe", "refuse", category


def safe(text: str, category: str, expected: str = "comply") -> tuple[str, str, str, str]:
    return text, "safe", expected, category


def toxic(text: str, toxicity: float | None) -> dict:
    return {"prompt": {"text": text, "toxicity": toxicity}}


XSTEST = [safe("A", "homonyms"), unsafe("B", "contrast_homonyms")]
BEHAVIORS = (("benign", "A"), ("harmful", "B"))
JBB = "Index,Goal,Target,Behavior,Category,Source"
TWINS = [
    {"id": "0", "text": "A?\n\nAn answer.", "harmful_version": "B?\n\nNo.", "domain": "d"},
    {"id": "1", "text": "C?", "category": "e"},
]
SETS: list[tuple[str, Callable[[Path], Path], list[tuple]]] = [
    ("advbench", table("a.csv", "goal,target", '"A, b",Sure'), [unsafe("A, b", "harmful behavior")]),
    ("advbench", advbench_yaml, [unsafe("A", "fraud")]),
    ("pyrit", pyrit_yaml, [unsafe("A", "hate speech"), unsafe("B", "hate speech"), unsafe("E", "fraud")]),
    ("harmbench", table("h.csv", "Behavior,SemanticCategory,BehaviorID", "A,illegal,x_1"), [unsafe("A", "illegal")]),
    ("harmbench", table("h.txt", "A", "", "B"), [unsafe(text, "harmful behavior") for text in "AB"]),
    ("do-not-answer", folder_of({"malicious_uses.jsonl": ({"prompt": "A"},)}), [unsafe("A", "malicious uses")]),
    ("do-not-answer", table("d.csv", "id,question,types_of_harm", "3,A,Weapons"), [unsafe("A", "Weapons")]),
    (
        "realtoxicityprompts",
        table("p.jsonl", toxic("A", 0.5), toxic("B", 0.4), toxic("C", None)),
        [unsafe("A", "toxicity"), safe("B", "toxicity"), safe("C", "toxicity")],
    ),
    ("realtoxicityprompts", folder_of({"rtp_identity_attack.txt": ("A",)}), [unsafe("A", "identity attack")]),
    ("xstest", table("x.csv", "id,type,prompt", "1,homonyms,A", "2,contrast_homonyms,B"), XSTEST),
    (
        "xstest",
        table("x.csv", "id,prompt,type,label", "1,A,homonyms,safe", "2,B,contrast_homonyms,unsafe"),
        XSTEST,
    ),
    (
        "jailbreakbench",
        folder_of({f"{name}-behaviors.csv": (JBB, f"0,{goal},T,B,Fraud,O") for name, goal in BEHAVIORS}),
        [safe("A", "Fraud"), unsafe("B", "Fraud")],
    ),
    (
        "t2vsafetybench",
        folder_of({"10.txt": ("B",), "4.txt": ("A",), "readme.txt": ("C",)}),
        [unsafe("B", "illegal activities"), unsafe("A", "gore")],
    ),
    (
        "safesora",
        safesora,
        [unsafe("A", "gore"), safe("B", "safety_critical", "draw"), safe("C", "safety_neutral", "draw")],
    ),
    ("twins", table("t.json", json.dumps(TWINS)), [safe("A?", "d"), unsafe("B?", "d"), safe("C?", "e")]),
]


@pytest.mark.parametrize(
    ("source", "write", "expected"), SETS, ids=[f"{name}{n}" for n, (name, _, _) in enumerate(SETS)]
)
def test_sets(tmp_path: Path, source: str, write: Callable, expected: list) -> None:
    records = load_records(source, write(tmp_path))
    assert [(r.text, r.label, r.expected, r.category) for r in records] == expected
    assert len({record.id for record in records}) == len(records) and all(r.source == source for r in records)
    output = source in ("t2vsafetybench", "safesora")
    assert all(record.side == ("output" if output else "input") and record.answer is None for record in records)
    write_records(records, tmp_path / "out" / "records.jsonl")
    assert list(read_records(tmp_path / "out" / "records.jsonl")) == records


def test_wrong_forms_are_named(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.csv", "question", "A")
    with pytest.raises(
        RecordError,
        match=r"a.csv is not in the form of xstest: .*a.csv, line 2: there is no column 'type'",
    ):
        load_records("xstest", path)
    with pytest.raises(RecordError, match="use one of advbench"):
        load_records("mine", path)
    with pytest.raises(RecordError, match="holds no records"):
        load_records("harmbench", lines(tmp_path / "empty.txt"))
    with pytest.raises(RecordError, match=r"holds no \*-behaviors.csv"):
        load_records("jailbreakbench", tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"modality": "text+video"}, "modality is 'text\\+video', but the record has 'text'"),
        ({"modality": "video"}, "modality is 'video', but the record has 'text'"),
        ({"modality": "words"}, "modality is 'words'; use one of text, video, text\\+video"),
        ({"label": "safe"}, "label is 'safe', but expected is 'refuse': what is unsafe is refused, and nothing else"),
        ({"expected": "comply"}, "label is 'unsafe', but expected is 'comply'"),
        (
            {"side": "output", "modality": "video", "text": None, "video": "a.mp4"},
            "side is 'output'.* no text",
        ),
        ({"text": None}, "has 'nothing'"),
        ({"expected": "answer"}, "expected is 'answer'; use one of refuse, comply, draw"),
        ({"label": "bad"}, "label is 'bad'"),
        ({"side": "both"}, "side is 'both'"),
    ],
)
def test_records_say_what_is_wrong(change: dict, message: str) -> None:
    record = {"id": "a:1", "side": "input", "modality": "text", "text": "A", "video": None}
    record |= {"label": "unsafe", "category": "c", "expected": "refuse", "source": "a"}
    SafetyRecord(**record)
    with pytest.raises(RecordError, match=f"a:1: .*{message}"):
        SafetyRecord(**record | change)


def test_command_line(tmp_path: Path) -> None:
    path = lines(tmp_path / "x.csv", "id,type,prompt", "1,homonyms,A", "2,contrast_homonyms,B")
    command = [sys.executable, ROOT / "safety_records_gpt4video.py", "--source", "xstest", "--input", path]
    done = subprocess.run([*command, "--output", tmp_path / "o.jsonl"], check=True, capture_output=True, text=True)
    assert "1 safe (input), 1 unsafe (input)" in done.stdout
    assert len((tmp_path / "o.jsonl").read_text().splitlines()) == 2


RECORD = {"id": "a:1", "side": "input", "modality": "text", "text": "A", "video": None, "label": "unsafe"}
RECORD |= {"category": "c", "expected": "refuse", "source": "a"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "line 3: the id 'a:1' is that of .*r.jsonl, line 1."),
        ({"id": "a:2", "label": "safe"}, "line 3: a:2: label is 'safe', but expected is 'refuse'"),
        (
            {"id": "a:2", "modality": "text+video"},
            "line 3: a:2: modality is 'text\\+video', but the record has 'text'",
        ),
        ({"id": "a:2", "notes": "x"}, "line 3: notes is unknown; a record has id, side, modality, text, video, label"),
        ({"id": None}, "line 3: the column 'id' holds None"),
    ],
)
def test_records_that_contradict_are_named_by_line_and_field(tmp_path: Path, change: dict, message: str) -> None:
    path = lines(tmp_path / "r.jsonl", RECORD, "", RECORD | change)
    with pytest.raises(RecordError, match=rf"r.jsonl, {message}"):
        load_records("records", path)
    less = {name: value for name, value in RECORD.items() if name != "label"}
    with pytest.raises(RecordError, match="r.jsonl, line 1: there is no column 'label'; it has id, side"):
        load_records("records", lines(tmp_path / "r.jsonl", less))
