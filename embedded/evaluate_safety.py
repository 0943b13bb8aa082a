# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Measure what a checkpoint of the embedded world refuses, of what it should and of what it should not.

    python embedded/evaluate_safety.py
    python embedded/evaluate_safety.py --model outputs/words/safety --report outputs/safety.json

Three sides are asked: words in and prompts out from `heldout_safety.jsonl`, prompts of publishers whose other sets no
training saw, and clips in, freshly written, of compositions and half of the wordings that no training saw. The figures
of `reports/safety.json` are of these; those on held-out wordings of the embedded world itself stand beside them under
`embedded`.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, replace
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

from transformers import AutoModelForImageTextToText, AutoProcessor


REPO_ROOT = Path(__file__).resolve().parent.parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.embedded.build_dataset import clip_records, word_records, write_clips  # noqa: E402
from gpt4video.embedded.evaluate import answer_all  # noqa: E402
from gpt4video.evaluate_gpt4video import safety_item  # noqa: E402
from gpt4video.lines_gpt4video import write_lines, write_text  # noqa: E402
from gpt4video.metrics_gpt4video import score_safety  # noqa: E402
from gpt4video.safety_records_gpt4video import SafetyRecord, load_records  # noqa: E402


HELD_OUT = Path(__file__).with_name("heldout_safety.jsonl")
MAX_NEW_TOKENS = 48


def as_prompt(record: SafetyRecord) -> SafetyRecord:
    """Make a prompt to draw of what is asked in words."""
    text = f"a short film about this: {record.text}"
    return replace(record, id=f"{record.id}:film", side="output", text=text, source=f"{record.source} as film")


def collect(folder: Path, seed: int, num_words: int, num_clips: int, processes: int) -> list[SafetyRecord]:
    """Gather the records of all sides; clips are written to the folder."""
    held_out = load_records("records", HELD_OUT)
    write_clips(folder, seed, "test", num_clips, processes, is_safety=True)
    own = [*clip_records(seed, "test", num_clips), *word_records(seed, "test", num_words)]
    return [*held_out, *map(as_prompt, held_out), *own]


def main() -> None:
    """Read the command line, ask, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=str(REPO_ROOT), help="folder or Hub id; the repository root by default")
    parser.add_argument("--words", type=int, default=600, help="records of the embedded world in words")
    parser.add_argument("--clips", type=int, default=200, help="clips, half of them with a thing to meet with care")
    parser.add_argument("--batch_size", type=int, default=32, help="records answered at a time")
    parser.add_argument("--seed", type=int, default=20231127, help="seed of clips and wordings")
    parser.add_argument(
        "--report", type=Path, default=REPO_ROOT / "reports" / "safety.json", help="file of the report"
    )
    parser.add_argument("--replies", type=Path, help="also write every record with its reply to this JSONL file")
    args = parser.parse_args()
    start = time.perf_counter()
    processor = AutoProcessor.from_pretrained(args.model, trust_remote_code=True)
    model = AutoModelForImageTextToText.from_pretrained(args.model, trust_remote_code=True, dtype="float32").eval()
    with tempfile.TemporaryDirectory() as folder:
        records = collect(Path(folder), args.seed, args.words, args.clips, processes=2)
        items = [safety_item(record, Path(folder)) for record in records]
        conversations = [item.messages() for item in items]
        replies = answer_all(model, processor, conversations, args.batch_size, MAX_NEW_TOKENS)
    answered = [asdict(record) | {"reply": reply} for record, reply in zip(records, replies, strict=True)]
    own = len(answered) - args.words
    report = score_safety(answered[:own]) | {"embedded": score_safety(answered[own:])}
    report |= {"seed": args.seed, "clips": args.clips, "seconds": round(time.perf_counter() - start, 1)}
    report["command"] = "python " + " ".join(["embedded/evaluate_safety.py", *sys.argv[1:]])
    write_text(args.report, json.dumps(report, indent=2) + "\n")
    if args.replies:
        write_lines(args.replies, answered)
    for name, part in {"all": report, **report["sides"], "embedded": report["embedded"]}.items():
        found = {key: part[key] for key in ("f1", "recall", "precision", "over_refusal")}
        figures = ", ".join(f"{key} {'none' if value is None else f'{value:.3f}'}" for key, value in found.items())
        print(f"{name:12} {figures}   {part['counts']}")


if __name__ == "__main__":
    main()
