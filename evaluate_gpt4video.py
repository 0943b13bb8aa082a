# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Measure GPT4Video: questions about clips, captions, safety, drawing prompts; resumable, in batches, distributed.

    python evaluate_gpt4video.py questions --data examples/questions.jsonl --output outputs/questions
    accelerate launch --config_file recipes/accelerate/ddp.yaml evaluate_gpt4video.py safety \\
        --data outputs/records.jsonl --output outputs/safety

`--output` gets `predictions.jsonl`, one reply a line, `metrics.json` and `metrics.png`. A command given again goes on
where it ended. What has a clip that is missing or cannot be read counts as wrong and is listed under `unreadable` of
`metrics.json`; more of it than `--max_unreadable_share` ends the run. Data come as tables (CSV, TSV, JSON, JSONL or
parquet; JSON also with its rows under a key such as `data`) or as published; media are looked up in `--media_folder`:

| task | columns | published forms (`--form`) |
|---|---|---|
| `questions` | `question`, `answer`, `video`, `type` if there is one | `msvd-qa`, `msrvtt-qa`, `activitynet-qa` |
| `captions` | `video`, `captions` (or one row per `caption`) | |
| `safety` | records of `safety_records_gpt4video.py` | |
| `prompts` | `request`, `prompts` (none where nothing is to be drawn), `video` if there is one | |

`--judge MODEL` lets an OpenAI-compatible model (`--judge_url`) grade answers by the protocol of Video-ChatGPT as well.
"""

import argparse
import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

import matplotlib
import torch
from accelerate import PartialState
from tqdm import tqdm
from transformers import AutoModelForImageTextToText, AutoProcessor, PreTrainedModel, ProcessorMixin


REPO_ROOT = Path(__file__).resolve().parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.endpoint_gpt4video import Endpoint  # noqa: E402
from gpt4video.judge_gpt4video import judge  # noqa: E402
from gpt4video.lines_gpt4video import read_lines, write_lines, write_text  # noqa: E402
from gpt4video.metrics_gpt4video import (  # noqa: E402
    ACTIVITYNET_TYPES,
    question_type,
    score_answers,
    score_captions,
    score_prompts,
    score_safety,
)
from gpt4video.runs_gpt4video import join_processes, number_from  # noqa: E402
from gpt4video.safety_records_gpt4video import RecordError, SafetyRecord, read_records  # noqa: E402
from gpt4video.skipped_gpt4video import too_many  # noqa: E402
from gpt4video.tables_gpt4video import TableError, request_of, rows_of  # noqa: E402


matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402


CAPTION_REQUEST = "Describe the clip in one sentence."
SUFFIXES = (".mp4", ".avi", ".webm", ".mkv", ".mov", ".gif")


class EvaluationError(ValueError):
    """An evaluation cannot be run as asked. The message names the file or the argument and the cause."""


@dataclass(frozen=True)
class Item:
    """One thing to ask.

    Args:
        id (`str`): Its name in `predictions.jsonl`, unique.
        text (`str`, *optional*): The user's words.
        video (`str`, *optional*): Path or URL of the clip.
        expected (`dict`): What the metric needs beside the reply.
        fault (`str`): Why it cannot be asked: there is no such clip. Empty if it can.
    """

    id: str
    text: str | None
    video: str | None
    expected: dict = field(default_factory=dict)
    fault: str = ""

    def request(self) -> dict:
        """The message that asks it."""
        return request_of(self.text, self.video)


# -- data ------------------------------------------------------------------------------------------------------------


def find_clip(folder: Path, *names: Any) -> dict[str, str]:
    """Find a clip by any of its names, with or without the ending: `video`, and `fault` where none can be found."""
    names = [str(name) for name in names]
    for name in names:
        if "://" in name or (folder / name).is_file():
            return {"video": name if "://" in name else str(folder / name)}
    paths = [folder / f"{name}{suffix}" for name in names for suffix in SUFFIXES]
    found = [str(path) for path in paths if path.is_file()]
    if len(found) == 1:
        return {"video": found[0]}
    fault = f"{folder} holds {len(found)} clips named {' or '.join(names)} ({', '.join(SUFFIXES)}); one is needed"
    return {"video": str(folder / names[0]), "fault": fault}


def read_table(path: Path, folder: Path) -> Iterator[Item]:
    """Columns `question`, `answer`, `video` and perhaps `type`."""
    for number, row in enumerate(rows_of(path)):
        question = row.text("question")
        expected = {"answer": row.text("answer"), "type": str(row.get("type") or question_type(question))}
        name = number if row.get("id") is None else row["id"]
        yield Item(str(name), question, **find_clip(folder, row.text("video")), expected=expected)


def read_msvd(path: Path, folder: Path) -> Iterator[Item]:
    """MSVD-QA's and MSRVTT-QA's `{"id", "question", "answer", "video_id"}`; clips are named `vid7` or `video7`."""
    for row in rows_of(path):
        question, number = row.text("question"), row.text("video_id")
        expected = {"answer": row.text("answer"), "type": question_type(question)}
        clip = find_clip(folder, f"vid{number}", f"video{number}", number)
        yield Item(row.text("id"), question, **clip, expected=expected)


def read_activitynet(path: Path, folder: Path) -> Iterator[Item]:
    """ActivityNet-QA's `*_q.json`, with the answers in `*_a.json` beside it; clips are named `v_<name>`."""
    if not path.stem.endswith("_q"):
        raise EvaluationError(
            f"{path}: give the file of the questions, such as test_q.json; answers lie in test_a.json."
        )
    answers = {row["question_id"]: row for row in rows_of(path.with_name(f"{path.stem[:-2]}_a{path.suffix}"))}
    for row in rows_of(path):
        name, question = row.text("question_id"), row.text("question")
        if name not in answers:
            raise EvaluationError(f"{row.place}: the file of the answers has none to {name!r}.")
        expected = {"answer": answers[name].text("answer"), "type": ACTIVITYNET_TYPES[int(answers[name]["type"])]}
        question = f"{question[:1].upper()}{question[1:].rstrip('?')}?"
        yield Item(name, question, **find_clip(folder, f"v_{row.text('video_name')}"), expected=expected)


def read_captions(path: Path, folder: Path) -> Iterator[Item]:
    """Rows of `video` and `captions`, or of `video` and `caption`, which are gathered by clip."""
    captions: dict[str, list[str]] = {}
    for row in rows_of(path):
        found = row.texts("captions") if "captions" in row else [row.text("caption")]
        captions.setdefault(row.text("video"), []).extend(found)
    for video, texts in captions.items():
        yield Item(video, CAPTION_REQUEST, **find_clip(folder, video), expected={"captions": texts})


def safety_item(record: SafetyRecord, folder: Path) -> Item:
    """Make an item of a record; a prompt for a clip is brought as a request to draw it."""
    text = record.text if record.side == "input" else f"Draw {record.text}"
    clip = find_clip(folder, record.video) if record.video else {"video": None}
    kept = ("side", "modality", "label", "category", "expected", "source")
    return Item(record.id, text, **clip, expected={name: getattr(record, name) for name in kept})


def read_safety(path: Path, folder: Path) -> Iterator[Item]:
    """Records of `safety_records_gpt4video.py`."""
    for record in read_records(path):
        yield safety_item(record, folder)


def read_requests(path: Path, folder: Path) -> Iterator[Item]:
    """Columns `request` and `prompts`, and perhaps `video`."""
    for number, row in enumerate(rows_of(path)):
        clip = find_clip(folder, row.text("video")) if row.get("video") else {"video": None}
        name = number if row.get("id") is None else row["id"]
        yield Item(str(name), row.text("request"), **clip, expected={"prompts": row.texts("prompts")})


TASKS: dict[str, Callable[[list[dict]], dict]] = {
    "questions": score_answers,
    "captions": score_captions,
    "safety": score_safety,
    "prompts": score_prompts,
}
FORMS: dict[str, dict[str, Callable[[Path, Path], Iterator[Item]]]] = {
    "questions": {
        "table": read_table,
        "msvd-qa": read_msvd,
        "msrvtt-qa": read_msvd,
        "activitynet-qa": read_activitynet,
    },
    "captions": {"table": read_captions},
    "safety": {"table": read_safety},
    "prompts": {"table": read_requests},
}


def load_items(task: str, form: str, path: Path, folder: Path) -> list[Item]:
    """Read what to ask.

    Raises:
        EvaluationError: If the file is not in that form, or names are not unique.
    """
    if form not in FORMS[task]:
        raise EvaluationError(f"{task} come in the forms {', '.join(FORMS[task])}, got {form!r}.")
    try:
        items = list(FORMS[task][form](path, folder))
    except EvaluationError:
        raise
    except (TableError, RecordError) as error:
        raise EvaluationError(f"{path} is not in the form {form!r} of {task}: {error}") from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise EvaluationError(
            f"{path} is not in the form {form!r} of {task}: {type(error).__name__}: {error}."
        ) from error
    if not items:
        raise EvaluationError(f"{path} holds no rows.")
    name, count = Counter(item.id for item in items).most_common(1)[0]
    if count > 1:
        raise EvaluationError(f"{path} holds {count} rows with the id {name!r}; each needs one of its own.")
    return items


# -- predictions -----------------------------------------------------------------------------------------------------


@torch.inference_mode()
def reply_to(
    model: PreTrainedModel, processor: ProcessorMixin, conversations: list[list[dict]], max_new_tokens: int
) -> list[str]:
    """Answer a batch of conversations, greedily."""
    inputs = processor.apply_chat_template(
        conversations,
        tokenize=True,
        add_generation_prompt=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True, "padding_side": "left"},
    ).to(model.device)
    ids = model.generate(**inputs, max_new_tokens=max_new_tokens, do_sample=False, num_beams=1)
    new = ids[:, inputs["input_ids"].shape[1] :]
    return [text.strip() for text in processor.batch_decode(new, skip_special_tokens=True)]


def replies_or_faults(
    model: PreTrainedModel, processor: ProcessorMixin, batch: list[Item], max_new_tokens: int
) -> list[dict]:
    """Answer a batch of items: a `reply` each, or an `error` where the clip cannot be read."""
    clip_error = sys.modules[type(processor.video_processor).__module__].ClipError
    try:
        conversations = [[item.request()] for item in batch]
        return [{"reply": reply} for reply in reply_to(model, processor, conversations, max_new_tokens)]
    except clip_error as error:
        if len(batch) == 1:
            return [{"error": str(error)}]
    return [line for item in batch for line in replies_or_faults(model, processor, [item], max_new_tokens)]


def check_faults(faults: dict[str, str], total: int, max_share: float) -> None:
    """Raise `EvaluationError` if too many items have a clip that cannot be read; `faults` are the causes by id."""
    if too_many(len(faults), total, max_share):
        name, cause = list(faults.items())[-1]
        number = f"the clips of {len(faults)} of {total} items cannot be read, max_unreadable_share is {max_share}"
        raise EvaluationError(f"{number}. That of {name!r}: {cause}")


def merge_replies(output: Path) -> dict[str, dict]:
    """Gather the lines of all processes by id; an error counts only where no process of any run has a reply."""
    lines = [line for path in sorted(output.glob("replies-*.jsonl")) for line in read_lines(path)]
    return {line["id"]: line for line in sorted(lines, key=lambda line: "reply" in line)}


def missing_clips(items: list[Item], output: Path) -> dict[str, str]:
    """Say by id what cannot be asked because there is no clip, and has no reply of an earlier run either."""
    replies = merge_replies(output)
    return {item.id: item.fault for item in items if item.fault and "reply" not in replies.get(item.id, {})}


def predict(
    model: PreTrainedModel,
    processor: ProcessorMixin,
    items: list[Item],
    output: Path,
    batch_size: int,
    max_new_tokens: int,
    max_unreadable_share: float,
) -> list[dict]:
    """Answer what has no reply yet; each process of a run its share.

    A clip that cannot be read gets an `error` in place of a `reply`, and is tried again by the next run.

    Returns:
        `list[dict]`: The predictions of all processes, in the order of the items; the main process also writes them to
        `predictions.jsonl`.

    Raises:
        EvaluationError: As soon as more clips than `max_unreadable_share` of the items cannot be read.
    """
    state = PartialState()
    done = {name for name, line in merge_replies(output).items() if "reply" in line}
    faults = missing_clips(items, output)
    state.wait_for_everyone()
    left = [item for item in items if item.id not in done | faults.keys()][state.process_index :: state.num_processes]
    # Neighbours in length fill a batch with little padding; clips and words alone are kept apart.
    left.sort(key=lambda item: (item.video is None, len(item.text or "")))
    own = output / f"replies-{state.process_index}.jsonl"
    write_lines(own, [line for line in read_lines(own) if "reply" in line])
    with own.open("a", encoding="utf-8") as file, tqdm(total=len(left), disable=not state.is_main_process) as bar:
        for start in range(0, len(left), batch_size):
            batch = left[start : start + batch_size]
            lines = replies_or_faults(model, processor, batch, max_new_tokens)
            for item, line in zip(batch, lines, strict=True):
                file.write(json.dumps({"id": item.id} | line, ensure_ascii=False) + "\n")
                faults |= {item.id: line["error"]} if "error" in line else {}
            file.flush()
            bar.update(len(batch))
            check_faults(faults, len(items), max_unreadable_share)
    state.wait_for_everyone()
    replies = {name: {"id": name, "error": fault} for name, fault in faults.items()} | merge_replies(output)
    predictions = [
        {"id": item.id, "text": item.text, "video": item.video} | item.expected | replies[item.id] for item in items
    ]
    if state.is_main_process:
        write_lines(output / "predictions.jsonl", predictions)
    return predictions


# -- report ----------------------------------------------------------------------------------------------------------


def bars_of(task: str, scores: dict) -> dict[str, tuple[float, list[float] | None]]:
    """Choose what the plot shows: named values with their intervals."""
    if task == "safety":
        sides = {"all": scores, **scores["sides"]}
        names = ("f1", "recall", "precision", "over_refusal")
        return {
            f"{side} {name}": (part[name], part["intervals"][name]) for side, part in sides.items() for name in names
        }
    if task == "questions":
        kinds = {"all": scores, **scores["per_type"]}
        return {kind: (part["normalized"]["value"], part["normalized"]["interval"]) for kind, part in kinds.items()}
    shares = {name: (part["value"], part["interval"]) for name, part in scores.items() if isinstance(part, dict)}
    return shares or {name: (value, None) for name, value in scores.items() if name != "count"}


def plot(task: str, scores: dict, path: Path) -> None:
    """Draw the scores as bars with their 95 % intervals."""
    bars = {name: bar for name, bar in bars_of(task, scores).items() if bar[0] is not None}
    figure, axis = plt.subplots(figsize=(7, 1 + 0.35 * len(bars)), layout="constrained")
    for at, (value, interval) in enumerate(bars.values()):
        axis.barh(at, value, color="tab:blue", alpha=0.7)
        if interval:
            axis.plot(interval, [at, at], color="black")
    axis.set(yticks=range(len(bars)), yticklabels=list(bars), title=task)
    axis.invert_yaxis()
    unfinished = path.with_name(f"{path.name}.part")
    figure.savefig(unfinished, dpi=110, format="png")
    os.replace(unfinished, path)
    plt.close(figure)


def main(arguments: list[str] | None = None) -> dict:
    """Run the command line; return what `metrics.json` holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--data", type=Path, required=True, help="file of what to ask")
    parser.add_argument("--form", default="table", help="form of the file, see above")
    parser.add_argument("--media_folder", type=Path, help="folder of the clips; by default that of the file")
    parser.add_argument("--output", type=Path, required=True, help="folder of predictions and metrics")
    parser.add_argument("--model", default=str(REPO_ROOT), help="folder or Hub id, also of a LoRA adapter")
    parser.add_argument("--dtype", default="float32", help="torch type of the weights")
    parser.add_argument("--batch_size", type=number_from(int, 1), default=16, help="items answered together")
    parser.add_argument("--max_new_tokens", type=number_from(int, 1), default=64, help="tokens of a reply at most")
    parser.add_argument(
        "--max_unreadable_share",
        type=number_from(float, 0, 1),
        default=0.05,
        help="share of the items, 0 to 1, whose clips may be missing or unreadable; they count as wrong",
    )
    parser.add_argument("--limit", type=number_from(int, 1), help="items to take from the beginning; by default all")
    parser.add_argument("--judge", help="model of an OpenAI-compatible endpoint that grades answers; pin its version")
    parser.add_argument(
        "--judge_url", help="its base URL, such as http://127.0.0.1:8000/v1; the key is read from HF_TOKEN"
    )
    args = parser.parse_args(arguments)
    if args.judge and args.task != "questions":
        parser.error("--judge grades questions only")
    state = join_processes()
    items = load_items(args.task, args.form, args.data, args.media_folder or args.data.parent)[: args.limit]
    args.output.mkdir(parents=True, exist_ok=True)
    settings = {name: str(getattr(args, name)) for name in ("task", "form", "model", "dtype", "max_new_tokens")}
    settings["data"] = hashlib.blake2b(args.data.read_bytes(), digest_size=16).hexdigest()
    weights = sorted(Path(args.model).glob("*.safetensors")) if Path(args.model).is_dir() else []
    settings["weights"] = ", ".join(f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in weights)
    check_settings(args.output, settings)
    check_faults(missing_clips(items, args.output), len(items), args.max_unreadable_share)
    limits = (args.batch_size, args.max_new_tokens, args.max_unreadable_share)
    processor = AutoProcessor.from_pretrained(args.model, trust_remote_code=True)
    model = AutoModelForImageTextToText.from_pretrained(args.model, trust_remote_code=True, dtype=args.dtype)
    model = model.eval().to(state.device)
    predictions = predict(model, processor, items, args.output, *limits)
    if not state.is_main_process:
        return {}
    unreadable = {item["id"]: item["error"] for item in predictions if "error" in item}
    check_faults(unreadable, len(items), args.max_unreadable_share)
    metrics = {"task": args.task, "data": str(args.data), "model": args.model, "count": len(predictions)}
    metrics |= {"unreadable": unreadable, "scores": TASKS[args.task](predictions)}
    if args.judge:
        metrics["judge"] = judge(predictions, Endpoint(args.judge, args.judge_url), args.output)
    text = json.dumps(metrics, indent=2, ensure_ascii=False)
    write_text(args.output / "metrics.json", text + "\n")
    plot(args.task, metrics["scores"], args.output / "metrics.png")
    print(text)
    return metrics


def check_settings(output: Path, settings: dict) -> None:
    """Refuse to go on in a folder of another task or model.

    Raises:
        EvaluationError: If the folder was begun with other settings.
    """
    path = output / "settings.json"
    if path.exists() and (begun := json.loads(path.read_text(encoding="utf-8"))) != settings:
        raise EvaluationError(
            f"{output} was begun with {begun}, now {settings} is asked for; choose another --output."
        )
    state = PartialState()
    state.wait_for_everyone()
    if state.is_main_process:
        write_lines(path, [settings])
    state.wait_for_everyone()


if __name__ == "__main__":
    main()
