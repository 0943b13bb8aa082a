# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Measure GPT4Video: questions about clips, captions, safety, drawing prompts; resumable, in batches, distributed.

    python evaluate_gpt4video.py questions --data examples/questions.jsonl --output outputs/questions
    accelerate launch evaluate_gpt4video.py safety --data outputs/records.jsonl --output outputs/safety

`--output` gets `predictions.jsonl`, one reply a line, `metrics.json` and `metrics.png`. A command given again goes on
where it ended. Data come as tables (JSON, JSONL or CSV) or as published; media are looked up in `--media_folder`:

| task | columns | published forms (`--form`) |
|---|---|---|
| `questions` | `question`, `answer`, `video`, `type` if there is one | `msvd-qa`, `msrvtt-qa`, `activitynet-qa` |
| `captions` | `video`, `captions` (or one row per `caption`) | |
| `safety` | records of `safety_records_gpt4video.py` | |
| `prompts` | `request`, `prompts` (none where nothing is to be drawn), `video` if there is one | |

`--judge MODEL` lets an OpenAI-compatible model (`--judge_url`) grade answers by the protocol of Video-ChatGPT as well.
"""

import argparse
import ast
import csv
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

import matplotlib
import torch
from accelerate import PartialState
from huggingface_hub import InferenceClient
from tqdm import tqdm
from transformers import AutoModelForImageTextToText, AutoProcessor, PreTrainedModel, ProcessorMixin


REPO_ROOT = Path(__file__).resolve().parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.dialogues_gpt4video import EndpointError, ask  # noqa: E402
from gpt4video.lines_gpt4video import STOPPING, call_all, read_lines, write_lines  # noqa: E402
from gpt4video.metrics_gpt4video import (  # noqa: E402
    ACTIVITYNET_TYPES,
    question_type,
    score_answers,
    score_captions,
    score_prompts,
    score_safety,
    share,
)
from gpt4video.safety_records_gpt4video import SafetyRecord, read_records, rows_of  # noqa: E402


matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402


CAPTION_REQUEST = "Describe the clip in one sentence."
SUFFIXES = (".mp4", ".avi", ".webm", ".mkv", ".mov", ".gif")
JUDGE_RETRIES, JUDGE_WORKERS = 3, 4  # calls for a verdict at most, and calls at a time
JUDGE_PROTOCOL = 2  # counts the wordings of the request; verdicts on another one are asked for anew
# The wording of Video-ChatGPT (quantitative_evaluation/evaluate_activitynet_qa.py), letter by letter.
JUDGE_SYSTEM = (
    "You are an intelligent chatbot designed for evaluating the correctness of generative outputs for question-answer "
    "pairs. Your task is to compare the predicted answer with the correct answer and determine if they match "
    "meaningfully. Here's how you can accomplish the task:------##INSTRUCTIONS: - Focus on the meaningful match "
    "between the predicted answer and the correct answer.\n- Consider synonyms or paraphrases as valid matches.\n"
    "- Evaluate the correctness of the prediction compared to the answer."
)
JUDGE_REQUEST = (
    "Please evaluate the following video-based question-answer pair:\n\nQuestion: {question}\n"
    "Correct Answer: {answer}\nPredicted Answer: {pred}\n\nProvide your evaluation only as a yes/no and score where "
    "the score is an integer value between 0 and 5, with 5 indicating the highest meaningful match. Please generate "
    "the response in the form of a Python dictionary string with keys 'pred' and 'score', where value of 'pred' is  a "
    "string of 'yes' or 'no' and value of 'score' is in INTEGER, not STRING.DO NOT PROVIDE ANY OTHER OUTPUT TEXT OR "
    "EXPLANATION. Only provide the Python dictionary string. For example, your response should look like this: "
    "{{'pred': 'yes', 'score': 4.8}}."
)


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
    """

    id: str
    text: str | None
    video: str | None
    expected: dict = field(default_factory=dict)

    def messages(self) -> list[dict]:
        """The conversation that asks it."""
        content = [{"type": "video", "video": self.video}] if self.video else []
        content += [{"type": "text", "text": self.text}] if self.text else []
        return [{"role": "user", "content": content}]


# -- data ------------------------------------------------------------------------------------------------------------


def find_clip(folder: Path, name: str) -> str:
    """Find a clip by its name, with or without the ending."""
    if "://" in name or (folder / name).is_file():
        return name if "://" in name else str(folder / name)
    found = [folder / f"{name}{suffix}" for suffix in SUFFIXES if (folder / f"{name}{suffix}").is_file()]
    if len(found) != 1:
        raise EvaluationError(
            f"{folder} holds {len(found)} clips named {name} ({', '.join(SUFFIXES)}); one is needed."
        )
    return str(found[0])


def texts_of(row: dict, column: str) -> list[str]:
    """Take a list of texts from a row; in a CSV file it is written in JSON."""
    texts = json.loads(row[column]) if isinstance(row[column], str) else row[column]
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise TypeError(f"{column} must be a list of texts, got {row[column]!r}")
    return texts


def read_table(path: Path, folder: Path) -> Iterator[Item]:
    """Columns `question`, `answer`, `video` and perhaps `type`."""
    for number, row in enumerate(rows_of(path)):
        expected = {"answer": str(row["answer"]), "type": str(row.get("type") or question_type(row["question"]))}
        clip = find_clip(folder, row["video"])
        yield Item(str(row.get("id") or number), row["question"], clip, expected)


def read_msvd(path: Path, folder: Path) -> Iterator[Item]:
    """MSVD-QA's and MSRVTT-QA's `{"id", "question", "answer", "video_id"}`; clips are named `vid7` or `video7`."""
    for row in rows_of(path):
        names = (f"vid{row['video_id']}", f"video{row['video_id']}", str(row["video_id"]))
        clip = next((name for name in names if any((folder / f"{name}{end}").is_file() for end in SUFFIXES)), names[0])
        expected = {"answer": row["answer"], "type": question_type(row["question"])}
        yield Item(str(row["id"]), row["question"], find_clip(folder, clip), expected)


def read_activitynet(path: Path, folder: Path) -> Iterator[Item]:
    """ActivityNet-QA's `*_q.json`, with the answers in `*_a.json` beside it; clips are named `v_<name>`."""
    if not path.stem.endswith("_q"):
        raise EvaluationError(
            f"{path}: give the file of the questions, such as test_q.json; answers lie in test_a.json."
        )
    answers = {row["question_id"]: row for row in rows_of(path.with_name(f"{path.stem[:-2]}_a{path.suffix}"))}
    for row in rows_of(path):
        found = answers[row["question_id"]]
        expected = {"answer": found["answer"], "type": ACTIVITYNET_TYPES[int(found["type"])]}
        question = f"{row['question'][:1].upper()}{row['question'][1:].rstrip('?')}?"
        yield Item(row["question_id"], question, find_clip(folder, f"v_{row['video_name']}"), expected)


def read_captions(path: Path, folder: Path) -> Iterator[Item]:
    """Rows of `video` and `captions`, or of `video` and `caption`, which are gathered by clip."""
    captions: dict[str, list[str]] = {}
    for row in rows_of(path):
        captions.setdefault(row["video"], []).extend(
            texts_of(row, "captions") if "captions" in row else [row["caption"]]
        )
    for video, texts in captions.items():
        yield Item(video, CAPTION_REQUEST, find_clip(folder, video), {"captions": texts})


def safety_item(record: SafetyRecord, folder: Path) -> Item:
    """Make an item of a record; a prompt for a clip is brought as a request to draw it."""
    text = record.text if record.side == "input" else f"Draw {record.text}"
    video = find_clip(folder, record.video) if record.video else None
    kept = ("side", "modality", "label", "category", "expected", "source")
    return Item(record.id, text, video, {name: getattr(record, name) for name in kept})


def read_safety(path: Path, folder: Path) -> Iterator[Item]:
    """Records of `safety_records_gpt4video.py`."""
    for record in read_records(path):
        yield safety_item(record, folder)


def read_requests(path: Path, folder: Path) -> Iterator[Item]:
    """Columns `request` and `prompts`, and perhaps `video`."""
    for number, row in enumerate(rows_of(path)):
        video = find_clip(folder, row["video"]) if row.get("video") else None
        yield Item(str(row.get("id") or number), row["request"], video, {"prompts": texts_of(row, "prompts")})


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
    except (LookupError, TypeError, ValueError, AttributeError, OSError, EOFError, csv.Error) as error:
        raise EvaluationError(
            f"{path} is not in the form {form!r} of {task}: {type(error).__name__}: {error}."
        ) from error
    if len({item.id for item in items}) < len(items) or not items:
        raise EvaluationError(f"{path} holds {len(items)} rows; there must be some, each with an id of its own.")
    return items


# -- predictions -----------------------------------------------------------------------------------------------------


@torch.inference_mode()
def reply_to(model: PreTrainedModel, processor: ProcessorMixin, items: list[Item], max_new_tokens: int) -> list[str]:
    """Answer a batch of items, greedily."""
    inputs = processor.apply_chat_template(
        [item.messages() for item in items],
        tokenize=True,
        add_generation_prompt=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True},
    ).to(model.device)
    ids = model.generate(**inputs, max_new_tokens=max_new_tokens, do_sample=False)
    new = ids[:, inputs["input_ids"].shape[1] :]
    return [text.strip() for text in processor.batch_decode(new, skip_special_tokens=True)]


def merge_replies(output: Path) -> dict[str, dict]:
    """Gather the lines of all processes by id; an error counts only where no process of any run has a reply."""
    lines = [line for path in sorted(output.glob("replies-*.jsonl")) for line in read_lines(path)]
    return {line["id"]: line for line in sorted(lines, key=lambda line: "reply" in line)}


def predict(
    model: PreTrainedModel,
    processor: ProcessorMixin,
    items: list[Item],
    output: Path,
    batch_size: int,
    max_new_tokens: int,
) -> list[dict]:
    """Answer what has no reply yet; each process of a run its share.

    A clip that cannot be read gets an `error` in place of a `reply`; such items are counted, not scored.

    Returns:
        `list[dict]`: The predictions of all processes, in the order of the items; the main process also writes them to
        `predictions.jsonl`.
    """
    state = PartialState()
    clip_error = sys.modules[type(processor.video_processor).__module__].ClipError
    done = {line["id"] for path in output.glob("replies-*.jsonl") for line in read_lines(path) if "reply" in line}
    state.wait_for_everyone()
    left = [item for item in items if item.id not in done][state.process_index :: state.num_processes]
    # Neighbours in length fill a batch with little padding; clips and words alone are kept apart.
    left.sort(key=lambda item: (item.video is None, len(item.text or "")))
    own = output / f"replies-{state.process_index}.jsonl"
    write_lines(own, [line for line in read_lines(own) if "reply" in line])
    with own.open("a", encoding="utf-8") as file, tqdm(total=len(left), disable=not state.is_main_process) as bar:
        for start in range(0, len(left), batch_size):
            batch = left[start : start + batch_size]
            try:
                lines = [{"reply": reply} for reply in reply_to(model, processor, batch, max_new_tokens)]
            except clip_error:
                lines = []
                for item in batch:
                    try:
                        lines.append({"reply": reply_to(model, processor, [item], max_new_tokens)[0]})
                    except clip_error as error:
                        lines.append({"error": str(error)})
            for item, line in zip(batch, lines, strict=True):
                file.write(json.dumps({"id": item.id} | line, ensure_ascii=False) + "\n")
            file.flush()
            bar.update(len(batch))
    state.wait_for_everyone()
    replies = merge_replies(output)
    predictions = [
        {"id": item.id, "text": item.text, "video": item.video} | item.expected | replies[item.id] for item in items
    ]
    if state.is_main_process:
        write_lines(output / "predictions.jsonl", predictions)
    return predictions


# -- judge -----------------------------------------------------------------------------------------------------------


def parse_verdict(text: str) -> dict[str, Any] | None:
    """Read `{'pred': 'yes' | 'no', 'score': 0 to 5}` out of a judge's reply; `None` if it is anything else."""
    start, stop = text.find("{"), text.rfind("}")
    try:
        verdict = ast.literal_eval(text[start : stop + 1])
        found = {"pred": str(verdict["pred"]).strip().lower(), "score": float(verdict["score"])}
    except (SyntaxError, ValueError, KeyError, TypeError):
        return None
    return found if found["pred"] in ("yes", "no") and 0 <= found["score"] <= 5 else None


def ask_judge(item: dict, client: InferenceClient, model: str) -> dict:
    """Ask for the verdict on an answer until there is one, `JUDGE_RETRIES` times at most; see `raw` or `error`."""
    request = JUDGE_REQUEST.format(question=item["text"], answer=item["answer"], pred=item["reply"])
    messages = [{"role": "system", "content": JUDGE_SYSTEM}, {"role": "user", "content": request}]
    base = line = {"id": item["id"], "asked": model, "protocol": JUDGE_PROTOCOL, "reply": item["reply"]}
    wait = 0.0
    for attempt in range(JUDGE_RETRIES):
        if STOPPING.wait(wait):
            break
        try:
            answer = ask(client, model, messages, temperature=0, max_tokens=64)
            return base | {"raw": answer.text, "model": answer.model}
        except EndpointError as error:
            line, wait = base | {"error": str(error)}, error.pause(attempt)
    return line


def judge(predictions: list[dict], client: InferenceClient, model: str, output: Path) -> dict[str, Any]:
    """Let a model grade answers by the protocol of Video-ChatGPT; every raw reply is kept in `judged.jsonl`.

    A reply that cannot be read counts as such and is not asked for again; a call that fails is given up after
    `JUDGE_RETRIES` times and counted. What was judged is not judged again.

    Raises:
        AccessError: If the endpoint refuses the key.
    """
    path = output / "judged.jsonl"
    asked = {item["id"]: (model, JUDGE_PROTOCOL, item["reply"]) for item in predictions}
    known = {
        line["id"]: line
        for line in read_lines(path)
        if "raw" in line and (line["asked"], line.get("protocol"), line["reply"]) == asked.get(line["id"])
    }
    write_lines(path, list(known.values()))
    left = [item for item in predictions if item["id"] not in known]
    new = call_all(lambda item: ask_judge(item, client, model), left, JUDGE_WORKERS, path)
    known |= {line["id"]: line for line in new}
    lines = [known[item["id"]] for item in predictions]
    verdicts = [parse_verdict(line["raw"]) for line in lines if "raw" in line]
    readable = [verdict for verdict in verdicts if verdict]
    return {
        "accuracy": share(verdict["pred"] == "yes" for verdict in readable),
        "mean_score": sum(verdict["score"] for verdict in readable) / len(readable) if readable else None,
        "unreadable": len(verdicts) - len(readable),
        "failed_calls": len(lines) - len(verdicts),
        "models": sorted({line["model"] for line in lines if "raw" in line}),
    }


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
    figure.savefig(path, dpi=110)
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
    parser.add_argument("--batch_size", type=int, default=16, help="items answered together")
    parser.add_argument("--max_new_tokens", type=int, default=64, help="tokens of a reply at most")
    parser.add_argument("--limit", type=int, help="items to take from the beginning; by default all")
    parser.add_argument("--judge", help="model of an OpenAI-compatible endpoint that grades answers; pin its version")
    parser.add_argument(
        "--judge_url", help="its base URL, such as http://127.0.0.1:8000/v1; the key is read from HF_TOKEN"
    )
    args = parser.parse_args(arguments)
    if args.judge and args.task != "questions":
        parser.error("--judge grades questions only")
    state = PartialState()
    items = load_items(args.task, args.form, args.data, args.media_folder or args.data.parent)[: args.limit]
    args.output.mkdir(parents=True, exist_ok=True)
    settings = {name: str(getattr(args, name)) for name in ("task", "form", "model", "dtype", "max_new_tokens")}
    settings["data"] = hashlib.blake2b(args.data.read_bytes(), digest_size=16).hexdigest()
    weights = sorted(Path(args.model).glob("*.safetensors")) if Path(args.model).is_dir() else []
    settings["weights"] = ", ".join(f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in weights)
    check_settings(args.output, settings)
    processor = AutoProcessor.from_pretrained(args.model, trust_remote_code=True)
    processor.tokenizer.padding_side = "left"
    model = AutoModelForImageTextToText.from_pretrained(args.model, trust_remote_code=True, dtype=args.dtype)
    model = model.eval().to(state.device)
    predictions = predict(model, processor, items, args.output, args.batch_size, args.max_new_tokens)
    if not state.is_main_process:
        return {}
    answered = [item for item in predictions if "reply" in item]
    metrics = {"task": args.task, "data": str(args.data), "model": args.model, "count": len(answered)}
    metrics["unreadable"] = len(predictions) - len(answered)
    metrics["scores"] = TASKS[args.task](answered)
    if args.judge:
        metrics["judge"] = judge(answered, InferenceClient(base_url=args.judge_url), args.judge, args.output)
    text = json.dumps(metrics, indent=2, ensure_ascii=False)
    (args.output / "metrics.json").write_text(text + "\n", encoding="utf-8")
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
