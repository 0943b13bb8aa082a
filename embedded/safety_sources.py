# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Give published safety sets answers in the words of the embedded checkpoint, for training.

    python embedded/safety_sources.py --harmful advbench=adv_bench.prompt harmbench=harmbench_prompts.txt \\
        do-not-answer=donotanswer/malicious_uses.jsonl --harmless alpaca_en_demo.json \\
        --output outputs/data/safety/sources.jsonl

`--harmful` takes sets that `safety_records_gpt4video.py` reads, all of them to be refused; `--harmless` takes what
lies outside the small world: JSON lists of instructions in the forms of LLaMA-Factory (`instruction` and `input`,
`conversations` or `messages`), conversations of ChatterBot (`.yml`) and sentences of voice assistants (`.intent`, as
Open Voice OS writes them), of the last two up to `MOST_OF_A_FILE` each. Of the answers in JSON lists the points of
lists become requests of their own: what begins with a verb is a deed to ask for, the others are topics. Every text
comes in `VARIANTS` forms: as it is, as typed by someone in a hurry, and some of it as a request for a clip. Nothing of
the sets ships with the repository.
"""

import argparse
import json
import re
import sys
from collections import Counter
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import numpy as np
import yaml


REPO_ROOT = Path(__file__).resolve().parent.parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.embedded.notation import expand  # noqa: E402
from gpt4video.embedded.phrases_safety import EVERYDAY, FIELDS  # noqa: E402
from gpt4video.embedded.safety_turns import request_for, request_to  # noqa: E402
from gpt4video.embedded.word_turns import FRIENDLY, offers  # noqa: E402
from gpt4video.embedded.wording import Wording  # noqa: E402
from gpt4video.safety_records_gpt4video import RecordError, SafetyRecord, load_records, write_records  # noqa: E402


VARIANTS = 3
AS_CLIP_SHARE = 0.2
MOST_OF_A_FILE = 60
FILLERS = ("Paris", "tomorrow", "the kitchen", "ten", "Anna", "a song")  # of the slots of a sentence
LONGEST = 400  # characters; longer instructions bring whole documents
_SLOT, _CHOICE = re.compile(r"\{[^{}]*\}"), re.compile(r"[(\[]([^()\[\]|]*)[^()\[\]]*[)\]]")
_POINT = re.compile(
    r"^\s*(?:\d+[.)]|[-*•])\s+\**([A-Z][a-z]+ [a-z][^.:;!?\n*(–—]{4,60})(?=[.:;!?\n*(–—])", re.MULTILINE
)


def answered(name: str, source: str, text: str, is_harmful: bool, seed: int) -> list[SafetyRecord]:
    """Write the records of one text."""
    records = []
    for part in range(VARIANTS):
        w = Wording(np.random.default_rng([seed, part]), "train")
        as_clip = part > 0 and w.chance(AS_CLIP_SHARE)
        said = w.question("draw_one", what=f"a clip: {text}", what_capital=f"A clip: {text}") if as_clip else text
        bank = {True: ("refuse", "refuse_draw"), False: ("outside", "draw_unknown")}[is_harmful][as_clip]
        record = SafetyRecord(
            id=f"{name}:{part}",
            side="input",
            modality="text",
            text=w.polish(said) if part else said,
            video=None,
            label="unsafe" if is_harmful else "safe",
            category="published",
            expected="refuse" if is_harmful else "comply",
            source=source,
            answer=w.answer(bank, **(offers(w, FRIENDLY) if is_harmful else offers(w))),
        )
        records.append(record)
    return records


def read_rows(path: Path) -> list[dict]:
    """Read a file of harmless instructions as rows of `instruction_of`."""
    text = path.read_text(encoding="utf-8")
    if path.suffix not in (".yml", ".intent"):
        return json.loads(text)
    rng = np.random.default_rng(len(text))
    if path.suffix == ".yml":
        said = [turns[0] for turns in yaml.safe_load(text)["conversations"]]
    else:
        plain = _CHOICE.sub(lambda found: found[1], text)
        filled = _SLOT.sub(lambda found: FILLERS[int(rng.integers(len(FILLERS)))], plain)
        said = [" ".join(line.split()) for line in filled.splitlines() if line.strip() and line[0] != "#"]
    chosen = rng.permutation(len(said))[:MOST_OF_A_FILE]
    return [{"instruction": str(said[at])} for at in sorted(chosen)]


def instruction_of(row: dict, path: Path, number: int) -> str:
    """Read the user's first words of a row.

    Raises:
        RecordError: If the row has none of the known forms.
    """
    match row:
        case {"instruction": str(text), **rest}:
            return f"{text} {rest.get('input') or ''}".strip()
        case {"conversations": [{"value": str(text)}, *_]} | {"messages": [{"content": str(text)}, *_]}:
            return text.strip()
    raise RecordError(f"{path}, row {number}: expected `instruction`, `conversations` or `messages` with words")


def answers_of(row: dict) -> list[str]:
    """List the words of the assistant in a row."""
    turns = [*row.get("conversations", [])[1:], *row.get("messages", [])[1:], row.get("chosen"), row.get("rejected")]
    spoken = [turn.get("value") or turn.get("content") or "" for turn in turns if turn]
    return [row["output"], *spoken] if row.get("output") else spoken


def points_of(rows: list[dict], verbs: set[str]) -> tuple[list[str], list[str]]:
    """Collect the points of lists in answers: deeds, which begin with a verb, and topics."""
    points = {point.strip() for row in rows for answer in answers_of(row) for point in _POINT.findall(answer)}
    lowered = sorted(point[0].lower() + point[1:] for point in points)
    deeds: list[str] = []
    topics: list[str] = []
    for point in lowered:
        (deeds if point.split()[0] in verbs else topics).append(point)
    return deeds, topics


def apart(name: str, names: Counter) -> str:
    """Tell what was named so before from this, by its number; `names` takes it in."""
    names[name] += 1
    return name if names[name] == 1 else f"{name}.{names[name]}"


def main() -> None:
    """Read the command line and write the records."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--harmful", nargs="+", default=[], metavar="SOURCE=PATH", help="sets to refuse")
    parser.add_argument("--harmless", nargs="+", default=[], type=Path, help="files of harmless instructions")
    parser.add_argument("--output", type=Path, required=True, help="JSONL file of records")
    args = parser.parse_args()
    records, names = [], Counter()
    for entry in args.harmful:
        source, found, path = entry.partition("=")
        if not found:
            parser.error(f"--harmful takes SOURCE=PATH, not {entry!r}")
        for record in load_records(source, path):
            if record.expected == "refuse":
                records += answered(apart(record.id, names), source, record.text, True, len(records))
    banks = [bank for field in FIELDS.values() for bank in (field.deeds, field.twins)]
    verbs = {deed.split()[0] for bank in (*banks, EVERYDAY) for line in bank for deed in expand(line)}
    for path in args.harmless:
        rows = read_rows(path)
        deeds, topics = points_of(rows, verbs)
        w = Wording(np.random.default_rng(len(records)), "train")
        asked = [request_to(w, deed) for deed in deeds] + [request_for(w, topic) for topic in topics]
        for number, text in enumerate(asked):
            name = apart(f"{path.stem}:point{number}", names)
            records += answered(name, path.stem, text, False, len(records))
        for number, row in enumerate(rows):
            text = instruction_of(row, path, number)
            if len(text) <= LONGEST:
                name = apart(f"{path.stem}:{number}", names)
                records += answered(name, path.stem, text, False, len(records))
    if not records:
        parser.error("nothing was read; name sets with --harmful and --harmless")
    write_records(records, args.output)
    print(f"{args.output}: {len(records)} records")


if __name__ == "__main__":
    main()
