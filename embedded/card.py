# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Write the figures of `reports/` into the front matter of the model card, as a `model-index`: `make card`."""

import json
import re
from pathlib import Path

from huggingface_hub import EvalResult, metadata_load, metadata_save
from huggingface_hub.repocard_data import eval_results_to_model_index


ROOT = Path(__file__).resolve().parent.parent
MODEL_NAME = "GPT4Video, the small model of the embedded world"
TASK = "video-text-to-text"
KINDS = ("f1", "recall", "precision")
ERRORS = "false_|over_refus"  # how names begin of shares of what should not happen


def read_report(name: str) -> dict:
    """Read a report by the name of its file."""
    return json.loads((ROOT / "reports" / f"{name}.json").read_text(encoding="utf-8"))


def results_of(figures: dict[str, float], task: str = TASK, **dataset: str) -> list[EvalResult]:
    """Describe shares, or F1, that were measured on one dataset; a figure's name says what it is the share of."""
    results = []
    for name, value in figures.items():
        kind = "error_rate" if re.match(ERRORS, name) else next(filter(name.startswith, KINDS), "accuracy")
        label = name.replace("_", " ")
        results.append(EvalResult(task, metric_type=kind, metric_name=label, metric_value=round(value, 4), **dataset))
    return results


def model_index() -> list[dict]:
    """Gather what the reports say of the model and of its prompt guard."""
    embedded, safety, guard = read_report("embedded"), read_report("safety"), read_report("guards")["prompt"]
    world = {"dataset_type": "gpt4video-embedded", "dataset_name": "Embedded world, compositions unseen in training"}
    results = results_of({name: embedded[name] for name in embedded["counts"]}, **world, dataset_split="test")
    harm = {"dataset_type": "gpt4video-safety", "dataset_name": "Requests for harm and what only sounds like it"}
    for setting, part in (("the model alone", safety), ("with the prompt guard", safety["guarded"])):
        figures = {name: part[name] for name in ("f1", "recall", "precision", "over_refusal")}
        results += results_of(figures, **harm, dataset_config=setting)
    figures = {name: guard[name] for name in guard["counts"]}
    results += results_of(figures, "text-classification", **harm, dataset_config="the prompt guard alone")
    return eval_results_to_model_index(MODEL_NAME, results)


def main() -> None:
    """Write the front matter of README.md anew."""
    card = ROOT / "README.md"
    metadata_save(card, metadata_load(card) | {"model-index": model_index()})


if __name__ == "__main__":
    main()
