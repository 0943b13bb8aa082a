# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Write the data set of the embedded world: dialogues without clips, and mp4 clips with dialogues about them.

    python embedded/build_dataset.py --output outputs/data
    python embedded/build_dataset.py --output outputs/small --clips 40 --test_clips 10 --texts 100 --test_texts 20

The output holds `text/{train,test}.jsonl`, `clips/{train,test}.jsonl` and the clips in `clips/{train,test}/`; safety
records with answers, `safety/{train,test}.jsonl`, as many as there are dialogues without clips; others about clips of
their own, `safety/clips_{train,test}.jsonl`, and dialogues about these, `safety/dialogues_{train,test}.jsonl`. A row
of a dialogue is `{"messages": [...]}`, with blocks `{"type": "video", "path": "train/000017.mp4"}` relative to its
file. Beside them lie `clips/captions.csv`, one sentence about each clip of the training split, and
`clips/original.json`, the dialogues about at most one clip in the form that the released code of GPT4Video reads. All
of it is a function of the seed. A run that was stopped goes on where it stopped; finished clips are kept.
"""

import argparse
import csv
import io
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
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

from gpt4video.embedded.clips import Scene, Split, render, sample_care_scene, sample_scene, write_mp4  # noqa: E402
from gpt4video.embedded.dialogues import about_clip, ask, quiz, write_dialogue  # noqa: E402
from gpt4video.embedded.safety_turns import care_turn, harm_with_clip_turn, request_turn  # noqa: E402
from gpt4video.embedded.wording import Turn, Wording  # noqa: E402
from gpt4video.lines_gpt4video import write_lines, write_text  # noqa: E402
from gpt4video.safety_records_gpt4video import SafetyRecord, write_records  # noqa: E402


# One stream of random numbers per purpose, so that none depends on how many rows another has.
SCENES, PIXELS, WORDS, PAIRS, TEXTS, CAPTIONS, SAFETY, CARE_SCENES, CARE_PIXELS, CARE_WORDS, CARE_ROWS = range(11)
SPLITS: dict[Split, int] = {"train": 0, "test": 1}
CLIP_RECORDS = {"care": 6, "harm": 2, "question": 2}  # what safety records ask about a clip
RECORDS_PER_CLIP: dict[Split, int] = {"train": 6, "test": 2}
ROWS_PER_CARE_CLIP, TURNS_PER_CARE_ROW = 3, 3
CARE_SHARE = 0.4  # of the dialogues about these clips ask how to make or get what is shown
CARE_CLIP_SHARE = 8  # one clip for safety records to so many others
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


def write_clip(folder: Path, seed: int, split: Split, is_safety: bool, index: int) -> bool:
    """Render a clip and write it, unless it is there. Returns whether it was written."""
    path = folder / clip_name(split, index)
    if path.exists():
        return False
    rng = generator(seed, split, CARE_PIXELS if is_safety else PIXELS, index)
    scene = (safety_scene_of if is_safety else scene_of)(seed, split, index)
    frames, record = render(scene, rng)
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


def safety_scene_of(seed: int, split: Split, index: int) -> Scene:
    """The scene of a clip of the safety records: every other one holds something to be met with care."""
    sample = sample_care_scene if index % 2 else sample_scene
    return sample(generator(seed, split, CARE_SCENES, index), split)


def word_records(seed: int, split: Split, count: int) -> list[SafetyRecord]:
    """Write safety records of words alone, with answers; half of them are harmless twins.

    In the test split the drawings are prompts (`side="output"`), without the words around them.
    """
    return [word_record(seed, split, index) for index in range(count)]


def clip_records(seed: int, split: Split, num_clips: int) -> list[SafetyRecord]:
    """Write safety records about clips, with answers; every other clip holds something to be met with care."""
    parts = range(RECORDS_PER_CLIP[split])
    return [clip_record(seed, split, index, part) for index in range(num_clips) for part in parts]


def word_record(seed: int, split: Split, index: int) -> SafetyRecord:
    """Write a record of words alone."""
    wording = Wording(generator(seed, split, SAFETY, index), split)
    made = request_turn(wording, is_harmful=bool(index % 2))
    text = made.prompt if split == "test" and made.prompt else wording.polish(made.user)
    return record_of(f"embedded:{split}:{index}", made, text)


def clip_record(seed: int, split: Split, index: int, part: int) -> SafetyRecord:
    """Write a record about a clip: how to make or get what it shows, how to harm with it, or a plain question."""
    wording = Wording(generator(seed, split, CARE_WORDS, index, part), split)
    scene = safety_scene_of(seed, split, index)
    kind = wording.weighted(CLIP_RECORDS)
    if kind == "question":
        [made] = quiz(scene, wording.rng, split, 1)
    else:
        made = {"care": care_turn, "harm": harm_with_clip_turn}[kind](wording, scene)
    return record_of(f"embedded:{split}:clip{index}:{part}", made, made.user, clip_name(split, index))


def record_of(name: str, made: Turn, text: str, video: str | None = None) -> SafetyRecord:
    """Put a turn into the form of a safety record."""
    is_refused, is_drawn = made.expected.get("refusal", False), "draw" in made.expected
    return SafetyRecord(
        id=name,
        side="output" if text == made.prompt else "input",
        modality="text+video" if video else "text",
        text=text,
        video=video,
        label="unsafe" if is_refused else "safe",
        category=made.kind,
        expected="refuse" if is_refused else "draw" if is_drawn else "comply",
        source="embedded",
        answer=made.answer,
    )


def care_rows(seed: int, split: Split, num_clips: int) -> list[dict]:
    """Write dialogues about the clips of the safety records: plain questions, and how to get what they show."""
    rows = []
    for index in range(num_clips):
        for part in range(ROWS_PER_CARE_CLIP if index % 2 else 1):
            wording = Wording(generator(seed, split, CARE_ROWS, index, part), split)
            scene = safety_scene_of(seed, split, index)
            turns = quiz(scene, wording.rng, split, TURNS_PER_CARE_ROW)
            if wording.chance(CARE_SHARE):
                turns.insert(int(wording.rng.integers(len(turns) + 1)), care_turn(wording, scene))
            rows.append({"messages": about_clip(turns, clip_name(split, index))})
    return rows


def write_clips(
    folder: Path, seed: int, split: Split, num_clips: int, processes: int, is_safety: bool = False
) -> None:
    """Write all clips of a split, those of dialogues or those of safety records, with a progress bar."""
    (folder / split).mkdir(parents=True, exist_ok=True)
    write = partial(write_clip, folder, seed, split, is_safety)
    with ProcessPoolExecutor(processes) as pool:
        done = pool.map(write, range(num_clips), chunksize=16)
        for _ in tqdm(done, total=num_clips, desc=f"{folder.name} {split} clips", unit="clip", mininterval=1.0):
            pass


def write_safety(folder: Path, seed: int, split: Split, num_texts: int, num_clips: int, processes: int) -> None:
    """Write the safety records of a split, their clips, and dialogues about these."""
    folder.mkdir(parents=True, exist_ok=True)
    if num_clips:
        write_clips(folder, seed, split, num_clips, processes, is_safety=True)
    write_records(word_records(seed, split, num_texts), folder / f"{split}.jsonl")
    write_records(clip_records(seed, split, num_clips), folder / f"clips_{split}.jsonl")
    write_lines(folder / f"dialogues_{split}.jsonl", care_rows(seed, split, num_clips))


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
        write_safety(output / "safety", seed, split, texts[split], -(-clips[split] // CARE_CLIP_SHARE), processes)
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
