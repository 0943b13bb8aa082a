# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Write the data set of the embedded world: dialogues without clips, and mp4 clips with dialogues about them.

    python embedded/build_dataset.py --output outputs/data
    python embedded/build_dataset.py --output outputs/small --clips 40 --test_clips 10 --texts 100 --test_texts 20

The output holds `text/{train,test}.jsonl`, `clips/{train,test}.jsonl`, the clips in `clips/{train,test}/` and safety
records with answers, `safety/{train,test}.jsonl`, as many as there are dialogues without clips. A row of a dialogue is
`{"messages": [...]}`, with blocks `{"type": "video", "path": "train/000017.mp4"}` relative to the file of the row.
Beside them lie `clips/captions.csv`, one sentence about each clip of the training split, and `clips/original.json`,
the dialogues about at most one clip in the form that the released code of GPT4Video reads. All of it is a function of
the seed. A run that was stopped goes on where it stopped; finished clips are kept.
"""

import argparse
import csv
import io
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import numpy as np
from tqdm import tqdm


REPO_ROOT = Path(__file__).resolve().parent.parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.embedded.clips import Scene, Split, render, sample_scene, write_mp4  # noqa: E402
from gpt4video.embedded.dialogues import ask, write_dialogue  # noqa: E402
from gpt4video.embedded.draw_turns import draw_lookalike_turn  # noqa: E402
from gpt4video.embedded.word_turns import WORD_TURNS  # noqa: E402
from gpt4video.embedded.wording import Wording  # noqa: E402
from gpt4video.lines_gpt4video import write_lines, write_text  # noqa: E402
from gpt4video.safety_records_gpt4video import SafetyRecord  # noqa: E402


# One stream of random numbers per purpose, so that none depends on how many rows another has.
SCENES, PIXELS, WORDS, PAIRS, TEXTS, CAPTIONS, SAFETY = range(7)
SPLITS: dict[Split, int] = {"train": 0, "test": 1}
SAFETY_KINDS = {"refuse": 4, "lookalike": 2, "draw_lookalike": 2}
TWO_CLIP_SHARE = 0.15  # dialogues about two clips for each clip


def generator(seed: int, split: Split, stream: int, index: int, part: int = 0) -> np.random.Generator:
    """The random numbers of one row of one stream."""
    return np.random.default_rng([seed, SPLITS[split], stream, index, part])


def scene_of(seed: int, split: Split, index: int) -> Scene:
    """The scene of a clip of the data set: nothing but its number decides it."""
    return sample_scene(generator(seed, split, SCENES, index), split)


def clip_name(split: Split, index: int) -> str:
    """Where a clip lies, relative to the JSONL file."""
    return f"{split}/{index:06d}.mp4"


def write_clip(folder: Path, seed: int, split: Split, index: int) -> bool:
    """Render a clip and write it, unless it is there. Returns whether it was written."""
    path = folder / clip_name(split, index)
    if path.exists():
        return False
    rng = generator(seed, split, PIXELS, index)
    frames, record = render(scene_of(seed, split, index), rng)
    unfinished = path.with_suffix(".part")
    write_mp4(frames, unfinished, record.fps, rng=rng)
    os.replace(unfinished, path)
    return True


def clip_rows(seed: int, split: Split, num_clips: int, dialogues_per_clip: int) -> list[dict]:
    """Write the dialogues about the clips of a split: some about each clip, and some about it and its neighbour."""
    rows = []
    for index in range(num_clips):
        scene = scene_of(seed, split, index)
        for part in range(dialogues_per_clip):
            rng = generator(seed, split, WORDS, index, part)
            rows.append(_row(write_dialogue(scene, rng, split), [clip_name(split, index)]))
        rng = generator(seed, split, PAIRS, index)
        if num_clips > 1 and rng.random() < TWO_CLIP_SHARE * dialogues_per_clip:
            other = (index + 1) % num_clips
            scenes = (scene, scene_of(seed, split, other))
            rows.append(_row(write_dialogue(scenes, rng, split), [clip_name(split, i) for i in (index, other)]))
    order = generator(seed, split, PAIRS, num_clips).permutation(len(rows))
    return [rows[i] for i in order]


def text_rows(seed: int, split: Split, num_texts: int) -> list[dict]:
    """Write the dialogues without clips of a split."""
    return [_row(write_dialogue((), generator(seed, split, TEXTS, index), split), []) for index in range(num_texts)]


def _row(messages: list[dict], paths: list[str]) -> dict:
    """Give the clips of a dialogue their paths, in order."""
    left = iter(paths)
    for message in messages:
        for block in message["content"]:
            if block["type"] == "video":
                block["path"] = next(left)
    return {"messages": messages}


def captions(seed: int, split: Split, num_clips: int) -> str:
    """Write the table of captions of a split, columns `video` and `caption`."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("video", "caption"))
    for index in range(num_clips):
        turn = ask("describe", scene_of(seed, split, index), generator(seed, split, CAPTIONS, index), split)
        writer.writerow((clip_name(split, index), turn.answer))
    return table.getvalue()


def original_records(rows: list[dict]) -> list[dict]:
    """Write dialogues as records of the released code, which knew one clip, at the beginning."""
    records = []
    for row in rows:
        clips = [
            (number, block["path"])
            for number, message in enumerate(row["messages"])
            for block in message["content"]
            if block["type"] == "video"
        ]
        if [number for number, _ in clips] not in ([], [0]):
            continue
        speakers = {"user": "Human", "assistant": "AI"}
        lines = [
            f"{speakers[message['role']]}: {block['text']}"
            for message in row["messages"]
            for block in message["content"]
            if block["type"] == "text"
        ]
        records.append({"instruction": "\n".join(lines), **({"video": clips[0][1]} if clips else {})})
    return records


def safety_records(seed: int, split: Split, count: int) -> list[dict]:
    """Write safety records with answers: what is refused, and harmless words and drawings that look like it."""
    records = []
    for index in range(count):
        wording = Wording(generator(seed, split, SAFETY, index), split)
        kind = wording.weighted(SAFETY_KINDS)
        made = draw_lookalike_turn(wording)[0] if kind == "draw_lookalike" else WORD_TURNS[kind](wording)
        expected = {"refuse": "refuse", "lookalike": "comply", "draw_lookalike": "draw"}[kind]
        record = SafetyRecord(
            id=f"embedded:{split}:{index}",
            side="input",
            modality="text",
            text=wording.polish(made.user),
            video=None,
            label="unsafe" if kind == "refuse" else "safe",
            category=made.kind,
            expected=expected,
            source="embedded",
            answer=made.answer,
        )
        records.append(asdict(record))
    return records


def write_clips(folder: Path, seed: int, split: Split, num_clips: int, processes: int) -> int:
    """Write all clips of a split with a progress bar. Returns how many were new."""
    (folder / split).mkdir(parents=True, exist_ok=True)
    count, written = range(num_clips), 0
    with ProcessPoolExecutor(processes) as pool:
        done = pool.map(write_clip, *zip(*((folder, seed, split, i) for i in count), strict=True), chunksize=16)
        for new in tqdm(done, total=num_clips, desc=f"{split} clips", unit="clip", mininterval=1.0):
            written += new
    return written


def build(
    output: Path, clips: dict[Split, int], texts: dict[Split, int], seed: int, per_clip: int, processes: int
) -> None:
    """Write the data set; see the module's description for what it holds.

    Raises:
        ValueError: If the folder holds a data set of another seed.
    """
    stamp = output / "seed.json"
    if stamp.exists() and json.loads(stamp.read_text(encoding="utf-8")) != {"seed": seed}:
        raise ValueError(f"{output} was built with another seed than {seed}; use another folder or delete it")
    output.mkdir(parents=True, exist_ok=True)
    stamp.write_text(json.dumps({"seed": seed}) + "\n", encoding="utf-8")
    for split in SPLITS:
        write_lines(output / "text" / f"{split}.jsonl", text_rows(seed, split, texts[split]))
        write_lines(output / "safety" / f"{split}.jsonl", safety_records(seed, split, texts[split]))
    rows = {}
    for split in SPLITS:
        if clips[split]:
            write_clips(output / "clips", seed, split, clips[split], processes)
        rows[split] = clip_rows(seed, split, clips[split], per_clip)
        write_lines(output / "clips" / f"{split}.jsonl", rows[split])
    write_text(output / "clips" / "captions.csv", captions(seed, "train", clips["train"]))
    records = {split: original_records(some) for split, some in rows.items()}
    write_text(output / "clips" / "original.json", json.dumps(records, ensure_ascii=False, indent=1) + "\n")


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--clips", type=int, default=12000, help="clips of the training split")
    parser.add_argument("--test_clips", type=int, default=1000, help="clips of the test split")
    parser.add_argument("--dialogues_per_clip", type=int, default=3, help="dialogues about each clip")
    parser.add_argument("--texts", type=int, default=40000, help="dialogues without clips of the training split")
    parser.add_argument("--test_texts", type=int, default=1000, help="dialogues without clips of the test split")
    parser.add_argument("--processes", type=int, choices=(1, 2), default=2, help="processes that render")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything")
    arguments = parser.parse_args()
    start = time.perf_counter()
    build(
        arguments.output,
        clips={"train": arguments.clips, "test": arguments.test_clips},
        texts={"train": arguments.texts, "test": arguments.test_texts},
        seed=arguments.seed,
        per_clip=arguments.dialogues_per_clip,
        processes=arguments.processes,
    )
    print(f"{arguments.output} is complete after {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
