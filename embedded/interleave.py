# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Write dialogues in which the assistant shows clips of the embedded world around their captions, from templates.

    python embedded/interleave.py --captions outputs/small/clips/captions.csv --output outputs/small/interleaved.jsonl

The offline counterpart of `dialogues_gpt4video.py` with the same jobs and the same checks: `--per_caption` dialogues
about each caption, and dialogues over several related ones, `<video0>`, `<video1>`. A dialogue is drawn from the parts
in `phrases_talk.py`: small talk around what the caption names, the clip where it fits, reactions, questions about it.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import numpy as np


REPO_ROOT = Path(__file__).resolve().parent.parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.dialogues_gpt4video import Job, make_jobs, read_captions, read_dialogue  # noqa: E402
from gpt4video.embedded.grading import find_backgrounds, find_motions, find_objects  # noqa: E402
from gpt4video.embedded.notation import expand  # noqa: E402
from gpt4video.embedded.phrases_talk import BETWEEN, LEAD_INS, OPENERS, REACTIONS, SHOWS  # noqa: E402
from gpt4video.embedded.wording import article, capital, plural_of  # noqa: E402
from gpt4video.lines_gpt4video import write_lines  # noqa: E402


def spoken(rng: np.random.Generator, templates: Sequence[str], **slots: str) -> str:
    """Draw one spelling of a template and fill its slots."""
    options = expand(templates[int(rng.integers(len(templates)))])
    return capital(options[int(rng.integers(len(options)))].format(**slots))


def slots_of(caption: str) -> dict[str, str]:
    """What a caption names: its first thing and, where it is about one thing, motion and background."""
    names, motions, colors = find_objects(caption), find_motions(caption), find_backgrounds(caption)
    if not names:
        raise ValueError(f"no thing of the embedded world stands in the caption {caption!r}")
    slots = {"name": names[0], "a_name": article(names[0]), "names": plural_of(names[0])}
    if len(names) == 1:
        standing = {"still": "staying still", "growing": "growing", "shrinking": "shrinking"}
        motion = motions[0] if len(motions) == 1 else None
        slots |= {"motion": standing.get(motion, f"moving {motion}")} if motion else {}
        slots |= {"background": colors[0]} if len(colors) == 1 else {}
    return slots


def reactions(rng: np.random.Generator, slots: dict[str, str], most: int) -> list[tuple[str, str]]:
    """Draw pairs of turns that follow a clip; those that need what the caption does not say are left out."""
    pairs = []
    for at in rng.permutation(len(REACTIONS))[: int(rng.integers(most + 1))]:
        human, assistant = REACTIONS[at]
        asked = {name for name in ("motion", "background") if f"{{{name}}}" in assistant}
        if asked <= slots.keys() and ("name" not in assistant or "background" in slots):
            pairs.append((spoken(rng, [human], **slots), spoken(rng, [assistant], **slots)))
    return pairs


def write(rng: np.random.Generator, job: Job) -> str:
    """Write one dialogue in the form that `read_dialogue` reads."""
    turns: list[tuple[str, str]] = []
    for number, (caption, clip) in enumerate(zip(job.captions, job.clips(), strict=True)):
        slots = slots_of(caption)
        human = spoken(rng, BETWEEN if number else OPENERS, **slots)
        if not number and rng.random() < 0.45:
            question, answer = LEAD_INS[int(rng.integers(len(LEAD_INS)))]
            turns.append((human, spoken(rng, [question], **slots)))
            human = spoken(rng, [answer], **slots)
        turns.append((human, spoken(rng, SHOWS, clip="\0").replace("\0", clip)))
        turns += reactions(rng, slots, most=2 if len(job.captions) == 1 else 1)
    return "\n".join(f"Human: {human}\nAssistant: {assistant}" for human, assistant in turns)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=Path, required=True, help="CSV, JSON or JSONL file of captions")
    parser.add_argument("--column", default="caption", help="its column")
    parser.add_argument("--output", type=Path, required=True, help="JSONL file of rows with `messages`")
    parser.add_argument("--per_caption", type=int, default=3, help="dialogues about each caption")
    parser.add_argument(
        "--multi", type=float, default=0.3, help="share of captions, 0 to 1, that also begin a multi-clip dialogue"
    )
    parser.add_argument("--seed", type=int, default=0, help="of everything")
    args = parser.parse_args(arguments)
    captions, rows = read_captions(args.captions, args.column), []
    for number, job in enumerate(make_jobs(captions, args.per_caption, args.multi, args.seed)):
        for part in range(job.count):
            text = write(np.random.default_rng([args.seed, number, part]), job)
            rows.append({"messages": read_dialogue(text, job), "captions": list(job.captions)})
    write_lines(args.output, rows)
    print(f"{args.output}: {len(rows)} dialogues")


if __name__ == "__main__":
    main()
