# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Teach the embedded checkpoint its words, through `train_sft.py`, in stages with gates.

    python embedded/train_words.py --eye outputs/eye

1. `text`: the language model alone, on conversations and on clips that are told in words;
2. `clips`: projections and language model read clips, the eye frozen;
3. `pairs`: the rows of clips are scaled to those of words, and the language model learns which object is which;
4. `more`: the language model goes on for long, with new conversations;
5. `joint`: abstractor, projections and language model, the tower frozen;
6. `lora`: LoRA on the language model alone, merged;
7. `align`: abstractor and projections learn the clips of the safety records;
8. `safety`: what to refuse and its harmless twins, beside the conversations of before;
9. `refuse`: the language model goes on with that for long.

A stage is its recipe, `recipes/embedded_<stage>.yaml`; its figures on unseen compositions and wordings go to
`<output>/<stage>/figures.json`. Figures under a gate stop the chain. What is done is not repeated, a killed stage goes
on from its last checkpoint. `--stages text` needs no eye; `--eye .` keeps that of the checkpoint at the root, and
`--start . --stages align safety refuse` goes on from it; the last two also read what `embedded/safety_sources.py` made
of sets that do not ship with the repository. Further flags go to `train_sft.py`, such as `--max_steps 30`.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

import numpy as np
import yaml


REPO_ROOT = Path(__file__).resolve().parent.parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.embedded.assemble import assemble, install  # noqa: E402
from gpt4video.embedded.build_dataset import clip_name, scene_of  # noqa: E402
from gpt4video.embedded.clips import Scene, sample_scene  # noqa: E402
from gpt4video.embedded.dialogues import about_clip, compose_dialogue, quiz  # noqa: E402
from gpt4video.lines_gpt4video import write_lines  # noqa: E402
from gpt4video.train_sft import merge_adapter  # noqa: E402


# The lowest figures with which the next stage may begin. A quarter of the drawings of `draw` is about a clip.
GATES: dict[str, dict[str, float]] = {
    "text": {"draw": 0.5},
    "clips": {"object": 0.7, "motion": 0.7, "background": 0.9, "draw": 0.8},
    "pairs": {"order": 0.8, "side_by_side": 0.7},
    "more": {},
    "joint": {},
    "lora": {},
    "align": {},
    "safety": {"object": 0.92, "motion": 0.97, "background": 0.98, "draw": 0.97},
    "refuse": {"object": 0.92, "motion": 0.97, "background": 0.98, "order": 0.97, "side_by_side": 0.95, "draw": 0.97},
}
# Gates on what `evaluate_safety.py` finds of the embedded world; what it finds of other sources decides nothing here.
REFUSING = {"safety": {"f1": 0.7}, "refuse": {"f1": 0.85}}
SOURCES = "safety/sources.jsonl"
TOLD, TOLD_ANEW = "told/train.jsonl", "told/more.jsonl"
QUIZ, PAIRS, TALKS = "clips/quiz.jsonl", "clips/pairs.jsonl", "clips/train.jsonl"
DATA = Path("outputs/data")  # where recipes look for their datasets
QUIZ_TURNS = 4
NUM_CLIPS_SHARES = (0.5, 0.42, 0.08)  # of the conversations in words, by the number of clips told in them


def in_words(scene: Scene) -> str:
    """Tell what a clip shows, in the place of the clip itself."""
    things = [f"{name}, {motion}" for name, motion in zip(scene.objects, scene.motions, strict=True)]
    return f"[{scene.kind}: {'; '.join(things)}; {scene.background}]"


def write_told_rows(path: Path, count: int, seed: int = 11) -> None:
    """Write conversations with and without clips, where clips are told in words: what to say before seeing."""
    if path.exists() and len(path.read_text(encoding="utf-8").splitlines()) == count:
        return
    rng, rows = np.random.default_rng(seed), []
    for _ in range(count):
        scenes = [sample_scene(rng, "train") for _ in range(int(rng.choice(3, p=NUM_CLIPS_SHARES)))]
        dialogue = compose_dialogue(scenes, rng, "train")
        clips = iter(scenes)
        for message in dialogue.messages:
            for block in message["content"]:
                if block["type"] == "video":
                    block.update(type="text", text=in_words(next(clips)))
        rows.append({"messages": dialogue.messages})
    write_lines(path, rows)


def write_quiz_rows(path: Path, kinds: tuple[str, ...] = ("one", "sequence", "pair"), seed: int = 12) -> None:
    """Write two rounds of short questions about each clip of the data set that is of one of these kinds."""
    if path.exists():
        return
    rows, folder = [], path.parent
    num_clips = len(list((folder / "train").glob("*.mp4")))
    data_seed = json.loads((folder.parent / "seed.json").read_text(encoding="utf-8"))["seed"]
    for index in range(2 * num_clips):
        rng, scene = np.random.default_rng([seed, index]), scene_of(data_seed, "train", index // 2)
        if scene.kind not in kinds:
            continue
        turns = quiz(scene, rng, "train", QUIZ_TURNS)
        rows.append({"messages": about_clip(turns, clip_name("train", index // 2))})
    write_lines(path, [rows[at] for at in np.random.default_rng(seed).permutation(len(rows))])


def run(script: str, *arguments: object) -> None:
    """Run a script of the repository to its end, offline."""
    command = [sys.executable, str(REPO_ROOT / script), *map(str, arguments)]
    subprocess.run(command, check=True, env=os.environ | {"HF_HUB_OFFLINE": "1"})


def prepare(folder: Path, write: Callable[[Path], Any]) -> Path:
    """Have a checkpoint to start from written, unless it is there; the folder gets its name when it is complete."""
    if not folder.exists():
        write(folder.with_suffix(".partial"))
        folder.with_suffix(".partial").replace(folder)
    return folder


def checkpoint_of(stage: str, folder: Path) -> Path:
    """Where the finished checkpoint of a stage lies."""
    return folder / "merged" if stage == "lora" else folder


def datasets_of(stage: str, data: Path) -> list[dict]:
    """The datasets of a stage, in the folder of the data set."""
    recipe = yaml.safe_load((REPO_ROOT / "recipes" / f"embedded_{stage}.yaml").read_text(encoding="utf-8"))
    return [entry | {"path": str(data / Path(entry["path"]).relative_to(DATA))} for entry in recipe["datasets"]]


def check_datasets(stages: list[str], data: Path) -> None:
    """See that everything is there before the first stage begins.

    Raises:
        SystemExit: If a dataset is missing. The message says what writes it.
    """
    missing = {entry["path"] for stage in stages for entry in datasets_of(stage, data)}
    missing = sorted(path for path in missing if not Path(path).exists())
    if missing:
        raise SystemExit(
            f"{', '.join(missing)}: not there. embedded/build_dataset.py --output {data} writes what is missing of an "
            "older data set; or choose other --stages."
        )


def train(stage: str, folder: Path, start: Path, data: Path, extra: list[str]) -> None:
    """Run one stage, unless it is done."""
    if (folder / "finished").exists():
        return
    arguments = ["--config", REPO_ROOT / "recipes" / f"embedded_{stage}.yaml", "--model_name_or_path", start]
    datasets = map(json.dumps, datasets_of(stage, data))
    run("train_sft.py", *arguments, "--output_dir", folder, "--datasets", *datasets, *extra)
    if stage == "lora":
        merge_adapter(folder, checkpoint_of(stage, folder), trust_remote_code=True)
    (folder / "finished").touch()


def measure(stage: str, folder: Path, num_clips: int) -> None:
    """Take the figures of a stage.

    Raises:
        SystemExit: If they are under the gate of the stage.
    """
    report = folder / "figures.json"
    if not report.exists():
        arguments = ["--model", checkpoint_of(stage, folder), "--limit", num_clips, "--report", report]
        run("embedded/evaluate.py", *arguments, "--answers", folder / "answers.jsonl")
    figures, gates = json.loads(report.read_text(encoding="utf-8")), GATES[stage]
    if stage in REFUSING:
        refusals, gates = folder / "safety.json", gates | REFUSING[stage]
        if not refusals.exists():
            run("embedded/evaluate_safety.py", "--model", checkpoint_of(stage, folder), "--report", refusals)
        figures |= json.loads(refusals.read_text(encoding="utf-8"))["embedded"]
    low = {name: figures[name] for name, gate in gates.items() if figures[name] < gate}
    if low:
        raise SystemExit(f"{stage}: {low} is under the gate {gates}; train longer, see {folder}.")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eye", type=Path, help="folder of train_eye.py or of a checkpoint; by default it is random")
    parser.add_argument("--start", type=Path, help="checkpoint to go on from; by default a new one")
    parser.add_argument("--output", type=Path, default=Path("outputs/words"), help="folder of stages and figures")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data set")
    parser.add_argument("--tokenizer", type=Path, default=Path("outputs/tokenizer"), help="folder of the tokenizer")
    parser.add_argument(
        "--stages",
        nargs="+",
        choices=GATES,
        default=[stage for stage in GATES if stage not in REFUSING],
        help="stages to run; by default all that need nothing but this repository",
    )
    parser.add_argument("--told_rows", type=int, default=60_000, help="conversations in words alone")
    parser.add_argument("--test_clips", type=int, default=150, help="clips of the test split for the figures")
    parser.add_argument("--no_gates", action="store_true", help="take no figures between the stages")
    args, extra = parser.parse_known_args()
    if REFUSING.keys() & set(args.stages) and not (args.data / SOURCES).exists():
        raise SystemExit(f"{args.data / SOURCES} is not there: embedded/safety_sources.py writes it; see its --help.")

    if not args.tokenizer.exists():
        run("embedded/tokenizer.py", "--output", args.tokenizer)
    if not (args.data / TALKS).exists():
        run("embedded/build_dataset.py", "--output", args.data)
    write_told_rows(args.data / TOLD, args.told_rows)
    write_told_rows(args.data / TOLD_ANEW, args.told_rows, seed=14)
    write_quiz_rows(args.data / QUIZ)
    write_quiz_rows(args.data / PAIRS, kinds=("sequence", "pair"), seed=13)
    check_datasets(args.stages, args.data)
    checkpoint = args.start or prepare(args.output / "start", partial(assemble, None, args.tokenizer, None))
    for stage in GATES:
        folder = args.output / stage
        if stage in args.stages:
            if stage == "clips":
                checkpoint = prepare(args.output / "seeing", partial(assemble, args.eye, None, checkpoint))
            if stage == "pairs":
                checkpoint = prepare(args.output / "level", partial(install, checkpoint, level=True))
            train(stage, folder, checkpoint, args.data, extra)
            if not args.no_gates:
                measure(stage, folder, args.test_clips)
        if (folder / "finished").exists() and (stage in args.stages or not args.start):
            checkpoint = checkpoint_of(stage, folder)
    print(f"the last checkpoint is {checkpoint}")


if __name__ == "__main__":
    main()
