# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Measure the closed loop: words, a drawing prompt, a drawn clip, and what a judge and the model itself see in it.

    python embedded/evaluate_loop.py
    python embedded/evaluate_loop.py --limit 24 --report outputs/loop.json

Requests use the wordings of the test split and ask for held-out compositions of the objects that the drawing model
knows. The language model answers; its prompt goes to the drawing model as it is; the clip is written as mp4 and read
back by a probe that was trained on rendered clips alone, and by GPT4Video, which is asked about it in words.
`reports/closed_loop.json` gets fractions with counts and 95 % intervals (`object`, `motion`, `background` by the
probe, `self.*` by GPT4Video), the same on right prompts alone, and the probe's ceilings on rendered and on
reconstructed clips; `closed_loop_confusion.png` shows the probe's confusions, `closed_loop_clips.png` drawn clips.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import diffusers
import matplotlib
import numpy as np
import torch
import transformers
from PIL import Image, ImageDraw
from tqdm import tqdm
from transformers import AutoModelForImageTextToText, AutoProcessor


REPO_ROOT = Path(__file__).resolve().parent.parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.embedded.clips import BACKGROUNDS, MOTIONS, Scene, read_mp4, write_mp4  # noqa: E402
from gpt4video.embedded.dialogues import ask  # noqa: E402
from gpt4video.embedded.draw_turns import request_to_draw  # noqa: E402
from gpt4video.embedded.drawing_autoencoder import decode_all, encode_all  # noqa: E402
from gpt4video.embedded.drawing_probe import PROPERTIES, name_all, open_probe  # noqa: E402
from gpt4video.embedded.drawn_world import DRAWN_OBJECTS, FPS, label_of, render_one, scenes_of  # noqa: E402
from gpt4video.embedded.evaluate import answer_all, interval  # noqa: E402
from gpt4video.embedded.grading import Prompt, find_prompts, grade, parse_prompt  # noqa: E402
from gpt4video.embedded.wording import Wording  # noqa: E402
from gpt4video.lines_gpt4video import write_lines, write_text  # noqa: E402
from gpt4video.tables_gpt4video import request_of  # noqa: E402
from gpt4video.text_to_video_gpt4video import TextToVideo  # noqa: E402


matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402


TARGETS = {"object": 0.75, "motion": 0.90, "background": 0.95}
TARGETS |= {f"self.{name}": bound for name, bound in TARGETS.items()}
QUALITY = 18  # of the mp4 files, x264's scale
SHEET_CLIPS, SHEET_SCALE, CAPTION_HEIGHT = 24, 2, 30


@dataclass
class Loop:
    """One request on its way round.

    Args:
        scene (`Scene`): What is asked for.
        request (`str`): The user's words.
        answer (`str`): The language model's answer.
        prompt (`str`, *optional*): The first prompt of the answer, `None` if there is none.
        path (`Path`, *optional*): The drawn clip.
        seconds (`float`): What drawing it took.
        named (`tuple[int, int, int]`, *optional*): What the probe names, in the order of `PROPERTIES`.
        said (`dict[str, str]`): What GPT4Video says about it, by property.
        seen (`dict[str, bool]`): Whether that is right.
    """

    scene: Scene
    request: str
    answer: str = ""
    prompt: str | None = None
    path: Path | None = None
    seconds: float = 0.0
    named: tuple[int, int, int] | None = None
    said: dict[str, str] | None = None
    seen: dict[str, bool] | None = None

    @property
    def right_prompt(self) -> bool:
        """Whether the prompt asks for what the user asked for."""
        wanted = Prompt(self.scene.objects[0], self.scene.motions[0], self.scene.background)
        return self.prompt is not None and parse_prompt(self.prompt) == wanted

    def marks(self) -> dict[str, bool]:
        """What is right by the probe and by GPT4Video; without a clip, nothing is."""
        wanted = label_of(self.scene)
        marks = {name: self.named is not None and self.named[i] == wanted[i] for i, name in enumerate(PROPERTIES)}
        marks["all_three"] = all(marks.values())
        return marks | {f"self.{name}": bool(self.seen and self.seen[name]) for name in PROPERTIES}


def write_requests(count: int, seed: int) -> list[Loop]:
    """Requests for held-out compositions, each composition as often as the others, in wordings of the test split."""
    scenes, loops = scenes_of("test"), []
    order = np.random.default_rng([seed, 0]).permutation(len(scenes))
    for index in range(count):
        scene = scenes[order[index % len(scenes)]]
        w = Wording(np.random.default_rng([seed, 1, index]), "test")
        prompt = Prompt(scene.objects[0], scene.motions[0], scene.background)
        loops.append(Loop(scene, w.polish(request_to_draw(w, prompt))))
    return loops


def draw_clips(loops: list[Loop], draw: TextToVideo, folder: Path, seed: int) -> None:
    """Draw the clip of each prompt, one at a time, and write it."""
    for index, loop in enumerate(tqdm(loops, desc="drawings", unit="clip")):
        if loop.prompt is None:
            continue
        start = time.perf_counter()
        clip = draw(loop.prompt, seed=seed + index)
        loop.path = folder / f"{index:06d}.mp4"
        write_mp4(clip.frames, loop.path, int(clip.fps), crf=QUALITY)
        loop.seconds = time.perf_counter() - start


def judge(paths: list[Path], probe) -> np.ndarray:
    """What the probe names of mp4 files, `(num_clips, 3)`."""
    return name_all(probe, np.stack([read_mp4(path) for path in paths]))


def ask_about(scenes: list[Scene], paths: list[Path], model, processor, seed: int) -> list[tuple[dict, dict]]:
    """Ask GPT4Video for object, motion and background of each clip: its answers, and whether they are right."""
    turns = [
        [ask(name, scene, np.random.default_rng([seed, 2, index, i]), "test") for i, name in enumerate(PROPERTIES)]
        for index, scene in enumerate(scenes)
    ]
    pairs = zip(paths, turns, strict=True)
    conversations = [[request_of(turn.user, str(path))] for path, asked in pairs for turn in asked]
    answers = iter(answer_all(model, processor, conversations, batch_size=32, max_new_tokens=60))
    found = []
    for asked in turns:
        said = {name: next(answers) for name in PROPERTIES}
        right = [grade(turn.kind, turn.expected, said[name]) for name, turn in zip(PROPERTIES, asked, strict=True)]
        found.append((said, dict(zip(PROPERTIES, right, strict=True))))
    return found


def ceilings(scenes: list[Scene], vae, probe, model, processor, folder: Path, seed: int) -> dict[str, dict]:
    """The same figures where nothing is drawn: on rendered clips of the scenes, and on their reconstructions."""
    rendered = np.stack([render_one(scene, [seed, 3, index])[0] for index, scene in enumerate(scenes)])
    rebuilt = decode_all(vae, encode_all(vae, rendered))
    labels, found = np.array([label_of(scene) for scene in scenes]), {}
    for kind, clips in (("rendered", rendered), ("reconstructed", rebuilt)):
        paths = [folder / f"{kind}_{index:06d}.mp4" for index in range(len(clips))]
        for path, frames in zip(paths, clips, strict=True):
            write_mp4(frames, path, FPS, crf=QUALITY)
        right = judge(paths, probe) == labels
        seen = [right for _, right in ask_about(scenes, paths, model, processor, seed + 1)]
        marks = {name: right[:, i] for i, name in enumerate(PROPERTIES)}
        marks |= {f"self.{name}": [one[name] for one in seen] for name in PROPERTIES}
        found[kind] = {"clips": len(paths)} | {name: round(float(np.mean(mark)), 4) for name, mark in marks.items()}
    return found


def summarise(loops: list[Loop]) -> dict:
    """Fractions, counts `[right, total]` and 95 % intervals."""
    marks = [loop.marks() for loop in loops]
    counts = {name: [sum(mark[name] for mark in marks), len(marks)] for name in marks[0]} if marks else {}
    return {
        **{name: round(right / total, 4) for name, (right, total) in counts.items()},
        "counts": counts,
        "intervals": {name: interval(right, total) for name, (right, total) in counts.items()},
    }


def plot(path: Path, loops: list[Loop]) -> None:
    """Draw what the probe names of what was asked for: objects, motions, backgrounds; the last column is no clip."""
    figure, axes = plt.subplots(1, 3, figsize=(24, 9), layout="constrained", width_ratios=(2.2, 1, 1))
    for i, names in enumerate((DRAWN_OBJECTS, MOTIONS, BACKGROUNDS)):
        matrix = np.zeros((len(names), len(names) + 1), int)
        for loop in loops:
            matrix[label_of(loop.scene)[i], len(names) if loop.named is None else loop.named[i]] += 1
        axes[i].imshow(matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
        axes[i].set_xticks(range(len(names) + 1), [*names, "no clip"], rotation=60, ha="right")
        axes[i].set_yticks(range(len(names)), names)
        for (row, column), count in np.ndenumerate(matrix):
            if count:
                axes[i].text(column, row, str(count), ha="center", va="center", fontsize=7)
        axes[i].set(title=PROPERTIES[i], xlabel="named by the probe", ylabel="asked for")
    figure.savefig(path, dpi=80)
    plt.close(figure)


def write_sheet(path: Path, loops: list[Loop]) -> None:
    """Write the first drawn clips into one picture, each with its prompt and what the probe names."""
    names, shown = (DRAWN_OBJECTS, MOTIONS, BACKGROUNDS), [loop for loop in loops if loop.path][:SHEET_CLIPS]
    strips = [np.concatenate(list(read_mp4(loop.path)), axis=1) for loop in shown]
    width, height = strips[0].shape[1] * SHEET_SCALE, strips[0].shape[0] * SHEET_SCALE
    sheet = Image.new("RGB", (2 * width + 12, -(-len(strips) // 2) * (height + CAPTION_HEIGHT)), "white")
    pen = ImageDraw.Draw(sheet)
    for index, (loop, strip) in enumerate(zip(shown, strips, strict=True)):
        left, top = index % 2 * (width + 12), index // 2 * (height + CAPTION_HEIGHT)
        seen = ", ".join(options[at] for options, at in zip(names, loop.named, strict=True))
        pen.text((left + 2, top + 2), loop.prompt, fill="black")
        pen.text((left + 2, top + 15), f"probe: {seen}", fill="green" if loop.marks()["all_three"] else "firebrick")
        picture = Image.fromarray(strip).resize((width, height), Image.Resampling.BICUBIC)
        sheet.paste(picture, (left, top + CAPTION_HEIGHT))
    sheet.save(path)


def measure(arguments: argparse.Namespace, folder: Path) -> tuple[list[Loop], dict]:
    """Go round the loop with every request."""
    start = time.perf_counter()
    processor = AutoProcessor.from_pretrained(arguments.model, trust_remote_code=True)
    model = AutoModelForImageTextToText.from_pretrained(arguments.model, trust_remote_code=True).eval()
    draw, probe = TextToVideo.from_pretrained(arguments.drawer), open_probe(arguments.probe)
    loops = write_requests(arguments.limit, arguments.seed)
    answers = answer_all(model, processor, [[request_of(loop.request)] for loop in loops], 32, max_new_tokens=80)
    for loop, answer in zip(loops, answers, strict=True):
        loop.answer, loop.prompt = answer, next(iter(find_prompts(answer)), None)
    draw_clips(loops, draw, folder, arguments.seed)
    drawn = [loop for loop in loops if loop.path]
    for loop, named in zip(drawn, judge([loop.path for loop in drawn], probe), strict=True):
        loop.named = tuple(int(index) for index in named)
    paths = [loop.path for loop in drawn]
    seen = ask_about([loop.scene for loop in drawn], paths, model, processor, arguments.seed)
    for loop, (said, right) in zip(drawn, seen, strict=True):
        loop.said, loop.seen = said, right
    summary = summarise(loops)
    summary["right_prompt"] = round(sum(loop.right_prompt for loop in loops) / len(loops), 4)
    summary["on_right_prompts"] = summarise([loop for loop in loops if loop.right_prompt])
    scenes = [loop.scene for loop in loops]
    summary["ceilings"] = ceilings(scenes, draw.pipe.vae, probe, model, processor, folder, arguments.seed)
    summary["seconds_per_clip"] = round(float(np.mean([loop.seconds for loop in drawn])), 3)
    summary |= {"requests": len(loops), "seed": arguments.seed, "threads": torch.get_num_threads()}
    summary["objects"], summary["draw_defaults"] = DRAWN_OBJECTS, draw.defaults
    modules = (torch, transformers, diffusers)
    summary["versions"] = {module.__name__: module.__version__ for module in modules}
    summary["seconds"] = round(time.perf_counter() - start, 1)
    summary["command"] = "python " + " ".join(["embedded/evaluate_loop.py", *sys.argv[1:]])
    return loops, summary


def parse_args(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--model", default=str(REPO_ROOT), help="folder or Hub id; the repository root by default")
    add("--drawer", default=str(REPO_ROOT / "text_to_video"), help="folder of the drawing model")
    add("--probe", type=Path, default=REPO_ROOT / "embedded" / "drawing_probe.safetensors", help="the judge's weights")
    add("--limit", type=int, default=320, help="number of requests")
    add("--seed", type=int, default=20231127, help="seed of requests, drawings and questions")
    add("--report", type=Path, default=REPO_ROOT / "reports" / "closed_loop.json", help="file of the report")
    add("--answers", type=Path, help="also write every request with what came of it to this JSONL file")
    arguments = parser.parse_args(given)
    if arguments.limit < 1:
        parser.error(f"--limit is {arguments.limit}; use at least 1 request")
    return arguments


def main(given: list[str] | None = None) -> None:
    """Measure, write the report and the pictures, and print the figures."""
    arguments = parse_args(given)
    with tempfile.TemporaryDirectory() as folder:
        loops, summary = measure(arguments, Path(folder))
        write_sheet(arguments.report.with_name(arguments.report.stem + "_clips.png"), loops)
    plot(arguments.report.with_name(arguments.report.stem + "_confusion.png"), loops)
    write_text(arguments.report, json.dumps(summary, indent=2) + "\n")
    if arguments.answers:
        rows = [{"request": one.request, "answer": one.answer, "said": one.said, **one.marks()} for one in loops]
        write_lines(arguments.answers, rows)
    for name, bound in TARGETS.items():
        (right, total), (low, high) = summary["counts"][name], summary["intervals"][name]
        verdict = "reached" if summary[name] >= bound else "MISSED"
        share = f"{summary[name]:7.2%}  [{low:.3f}, {high:.3f}]  {right}/{total}"
        print(f"{name:16} {share}   target >= {bound:.2f}: {verdict}")


if __name__ == "__main__":
    main()
