# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Measure a checkpoint of the embedded world on freshly written clips of the test split.

    python embedded/evaluate.py
    python embedded/evaluate.py --model outputs/words/joint --limit 100 --report outputs/joint.json

Clips are written as mp4 and read back through the processor; answers are greedy and graded by `grading.grade`. Half of
the questions use wordings that training has never seen, and all clips show compositions that it has never seen.
`reports/embedded.json` gets the fractions with counts and 95 % intervals, `reports/embedded_confusion.png` the errors.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import matplotlib
import numpy as np
from tqdm import tqdm
from transformers import AutoModelForImageTextToText, AutoProcessor


REPO_ROOT = Path(__file__).resolve().parent.parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.embedded.clips import BACKGROUNDS, MOTIONS, Scene, render, sample_scene, write_mp4  # noqa: E402
from gpt4video.embedded.dialogues import Turn, ask  # noqa: E402
from gpt4video.embedded.draw_turns import draw_lookalike_turn, draw_turn, redraw_turn  # noqa: E402
from gpt4video.embedded.grading import (  # noqa: E402
    Prompt,
    find_backgrounds,
    find_motions,
    grade,
    has_prompt,
)
from gpt4video.embedded.word_turns import WORD_TURNS  # noqa: E402
from gpt4video.embedded.wording import Wording  # noqa: E402
from gpt4video.evaluate_gpt4video import reply_to  # noqa: E402
from gpt4video.lines_gpt4video import write_lines, write_text  # noqa: E402
from gpt4video.tables_gpt4video import request_of  # noqa: E402


matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402


# The figures that the checkpoint is meant to reach, and whether more is better.
TARGETS: dict[str, tuple[float, bool]] = {
    "object": (0.92, True),
    "motion": (0.97, True),
    "background": (0.98, True),
    "order": (0.92, True),
    "side_by_side": (0.85, True),
    "draw": (0.97, True),
    "false_draw": (0.01, False),
}
KINDS = ("one", "one", "one", "sequence", "pair")  # kinds of clips, in turn
CLIP_QUESTIONS = {
    "one": ("object", "motion", "background", "describe"),
    "sequence": ("order", "describe"),
    "pair": ("side_by_side", "describe"),
}
DRAWINGS_PER_CLIP, WORDS_PER_CLIP = 0.6, 0.6


@dataclass(frozen=True)
class Question:
    """One question to the model: its group in the report, its turn and the messages before the answer."""

    group: str
    turn: Turn
    messages: list[dict]
    scene: Scene | None = None


def write_clips(folder: Path, num_clips: int, seed: int) -> list[tuple[Scene, Path]]:
    """Write clips of the test split as mp4 files, three in five with one object."""
    clips = []
    for index in tqdm(range(num_clips), desc="clips", unit="clip"):
        rng = np.random.default_rng([seed, 0, index])
        scene, path = sample_scene(rng, "test", KINDS[index % len(KINDS)]), folder / f"{index:06d}.mp4"
        frames, record = render(scene, rng)
        write_mp4(frames, path, record.fps, rng=rng)
        clips.append((scene, path))
    return clips


def clip_questions(clips: list[tuple[Scene, Path]], seed: int) -> list[Question]:
    """Questions about clips, each asked first in a conversation."""
    questions = []
    for index, (scene, path) in enumerate(clips):
        for number, kind in enumerate(CLIP_QUESTIONS[scene.kind]):
            turn = ask(kind, scene, np.random.default_rng([seed, 1, index, number]), "test")
            questions.append(Question(kind, turn, [request_of(turn.user, str(path))], scene))
    return questions


def drawing_questions(clips: list[tuple[Scene, Path]], seed: int) -> list[Question]:
    """Requests to draw: half of them free, a quarter relative to an earlier drawing, a quarter to a clip."""
    questions, ones = [], [clip for clip in clips if clip[0].kind == "one"]
    for index in range(round(len(clips) * DRAWINGS_PER_CLIP)):
        w = Wording(np.random.default_rng([seed, 2, index]), "test")
        if index % 4 < 2:
            turn, _ = draw_turn(w) if w.chance(0.9) else draw_lookalike_turn(w)
            questions.append(Question("draw", turn, [request_of(w.polish(turn.user))]))
            continue
        if index % 4 == 2:
            first, prompt = draw_turn(w)
            answer = {"role": "assistant", "content": [{"type": "text", "text": first.answer}]}
            history, shown = [request_of(w.polish(first.user)), answer], None
        else:
            scene, path = ones[index % len(ones)]
            shown, history, prompt = str(path), [], Prompt(scene.objects[0], scene.motions[0], scene.background)
        found = None
        while found is None:
            found = redraw_turn(w, prompt, seen=shown is not None)
        questions.append(Question("draw", found[0], [*history, request_of(w.polish(found[0].user), shown)]))
    return questions


def word_questions(count: int, seed: int) -> list[Question]:
    """Questions that are answered in words without a clip, one kind after the other."""
    questions, kinds = [], list(WORD_TURNS)
    for index in range(count):
        w, kind = Wording(np.random.default_rng([seed, 3, index]), "test"), kinds[index % len(kinds)]
        turn = WORD_TURNS[kind](w)
        questions.append(Question(kind, turn, [request_of(w.polish(turn.user))]))
    return questions


def answer_all(model, processor, conversations: list[list[dict]], batch_size: int, max_new_tokens: int) -> list[str]:
    """Answer all conversations greedily, in batches of similar length; the answers come in their order."""
    order = sorted(range(len(conversations)), key=lambda i: sum(len(str(m["content"])) for m in conversations[i]))
    answers = [""] * len(conversations)
    for start in tqdm(range(0, len(order), batch_size), desc="answers", unit="batch"):
        chosen = order[start : start + batch_size]
        texts = reply_to(model, processor, [conversations[i] for i in chosen], max_new_tokens)
        for i, text in zip(chosen, texts, strict=True):
            answers[i] = text
    return answers


def interval(right: int, total: int) -> list[float]:
    """The 95 % Wilson interval of a fraction."""
    if not total:
        return [0.0, 1.0]
    z, share = 1.959964, right / total
    middle = share + z * z / (2 * total)
    margin = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return [round(max(0.0, (middle - margin) / scale), 4), round(min(1.0, (middle + margin) / scale), 4)]


def summarise(questions: list[Question], answers: list[str]) -> dict:
    """Grade the answers: fractions by group, counts `[right, total]` and intervals.

    `false_draw` is the share of answers with a drawing tag where none was asked for. `over_refused` is the share of
    harmless requests and questions that were refused.
    """
    counts: dict[str, list[int]] = {}
    for question, answer in zip(questions, answers, strict=True):
        group, right = question.group, grade(question.turn.kind, question.turn.expected, answer)
        if group == "lookalike":
            group, right = "over_refused", not right
        marks = {group: right}
        if group != "draw":
            marks["false_draw"] = has_prompt(answer)
        for name, mark in marks.items():
            count = counts.setdefault(name, [0, 0])
            count[0], count[1] = count[0] + bool(mark), count[1] + 1
    ordered = [*(name for name in TARGETS if name in counts), *sorted(set(counts) - set(TARGETS))]
    return {
        **{name: round(counts[name][0] / counts[name][1], 4) for name in ordered},
        "counts": {name: counts[name] for name in ordered},
        "intervals": {name: interval(*counts[name]) for name in ordered},
    }


def _matrix(axis, questions: list[Question], answers: list[str], names: tuple[str, ...], group: str) -> None:
    """Draw one confusion matrix: rows are right answers, columns given ones; the last column is none or several."""
    find = find_motions if group == "motion" else find_backgrounds
    matrix = np.zeros((len(names), len(names) + 1), int)
    for question, answer in zip(questions, answers, strict=True):
        if question.group == group:
            right = question.scene.motions[0] if group == "motion" else question.scene.background
            given = find(answer)
            column = names.index(given[0]) if len(given) == 1 else len(names)
            matrix[names.index(right), column] += 1
    axis.imshow(matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(len(names) + 1), [*names, "unclear"], rotation=60, ha="right")
    axis.set_yticks(range(len(names)), names)
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            axis.text(column, row, str(count), ha="center", va="center", fontsize=7, color="black")
    axis.set(title=group, xlabel="answer", ylabel="clip")


def plot(path: Path, questions: list[Question], answers: list[str]) -> None:
    """Draw the confusions of motion and background, and the objects that were missed most often."""
    figure, axes = plt.subplots(1, 3, figsize=(17, 5.5), layout="constrained")
    _matrix(axes[0], questions, answers, MOTIONS, "motion")
    _matrix(axes[1], questions, answers, BACKGROUNDS, "background")
    asked, missed = Counter(), Counter()
    for question, answer in zip(questions, answers, strict=True):
        if question.group == "object":
            name = question.scene.objects[0]
            asked[name] += 1
            missed[name] += not grade("object", question.turn.expected, answer)
    worst = [(name, missed[name]) for name in sorted(missed, key=lambda n: (-missed[n], n)) if missed[name]][:20][::-1]
    axes[2].barh([f"{name} (of {asked[name]})" for name, _ in worst], [count for _, count in worst])
    axes[2].set(title="objects named wrongly most often", xlabel="wrong answers")
    figure.savefig(path, dpi=90)
    plt.close(figure)


def measure(arguments: argparse.Namespace) -> tuple[list[Question], list[str], dict]:
    """Write the clips, ask, and grade."""
    start = time.perf_counter()
    processor = AutoProcessor.from_pretrained(arguments.model, trust_remote_code=True)
    model = AutoModelForImageTextToText.from_pretrained(arguments.model, trust_remote_code=True).eval()
    with tempfile.TemporaryDirectory() as folder:
        clips = write_clips(Path(folder), arguments.limit, arguments.seed)
        questions = [
            *clip_questions(clips, arguments.seed),
            *drawing_questions(clips, arguments.seed),
            *word_questions(round(len(clips) * WORDS_PER_CLIP), arguments.seed),
        ]
        conversations = [question.messages for question in questions]
        answers = answer_all(model, processor, conversations, arguments.batch_size, arguments.max_new_tokens)
    summary = summarise(questions, answers)
    summary["clips"], summary["seed"] = len(clips), arguments.seed
    summary["parameters"] = sum(parameter.numel() for parameter in model.parameters())
    summary["seconds"] = round(time.perf_counter() - start, 1)
    summary["command"] = "python " + " ".join(["embedded/evaluate.py", *sys.argv[1:]])
    return questions, answers, summary


def main() -> None:
    """Read the command line, measure, write the report and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=str(REPO_ROOT), help="folder or Hub id; the repository root by default")
    parser.add_argument("--limit", type=int, default=1200, help="number of clips, at least 5; questions grow with it")
    parser.add_argument("--batch_size", type=int, default=32, help="questions answered at a time")
    parser.add_argument("--max_new_tokens", type=int, default=80, help="longest answer in tokens")
    parser.add_argument("--seed", type=int, default=20231127, help="seed of clips and questions")
    parser.add_argument(
        "--report", type=Path, default=REPO_ROOT / "reports" / "embedded.json", help="file of the report"
    )
    parser.add_argument("--answers", type=Path, help="also write every question and answer to this JSONL file")
    arguments = parser.parse_args()
    if arguments.limit < len(KINDS):
        parser.error(f"--limit is {arguments.limit}; use at least {len(KINDS)} clips")
    questions, answers, summary = measure(arguments)
    write_text(arguments.report, json.dumps(summary, indent=2) + "\n")
    plot(arguments.report.with_name(arguments.report.stem + "_confusion.png"), questions, answers)
    if arguments.answers:
        rows = []
        for question, answer in zip(questions, answers, strict=True):
            right = grade(question.turn.kind, question.turn.expected, answer)
            asked = [b["text"] for m in question.messages for b in m["content"] if b["type"] == "text"]
            row = {"group": question.group, "right": right, "asked": asked, "answer": answer}
            rows.append(row | {"expected": question.turn.expected})
        write_lines(arguments.answers, rows)
    for name, (right, total) in summary["counts"].items():
        low, high = summary["intervals"][name]
        target = ""
        if name in TARGETS:
            bound, more = TARGETS[name]
            reached = summary[name] >= bound if more else summary[name] <= bound
            target = f"   target {'>=' if more else '<='} {bound:.2f}: {'reached' if reached else 'MISSED'}"
        print(f"{name:14} {summary[name]:7.2%}  [{low:.3f}, {high:.3f}]  {right}/{total}{target}")


if __name__ == "__main__":
    main()
