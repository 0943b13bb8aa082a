# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Turn captions into dialogues in which the assistant shows clips, as the paper made its instruction data (section 3).

    python dialogues_gpt4video.py --captions webvid.csv --column name --output outputs/dialogues.jsonl \\
        --model MODEL --url http://127.0.0.1:8000/v1

A caption stands for its clip: `<video>caption</video>` in a turn of the assistant. A language model behind any
OpenAI-compatible endpoint writes `--per_caption` dialogues for each caption, and for a share of them (`--multi`)
dialogues over several related captions, found by the words they share: `<video0>...</video0>`, `<video1>...</video1>`.
What it writes is checked: order of turns, tags, captions kept word for word. What fails is asked for again, at most
`--retries` times, then written down with its fault. A command given again goes on where it ended. What was asked for
lies in `<output>.raw.jsonl` with what it cost; the figures at the end are of all runs together.
"""

import argparse
import json
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import numpy as np


REPO_ROOT = Path(__file__).resolve().parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.endpoint_gpt4video import Endpoint, EndpointError  # noqa: E402
from gpt4video.lines_gpt4video import STOPPING, call_all, read_lines, write_lines  # noqa: E402
from gpt4video.runs_gpt4video import number_from  # noqa: E402
from gpt4video.tables_gpt4video import rows_of  # noqa: E402


SPEAKERS = {"Human": "user", "Assistant": "assistant"}
SEPARATOR = "---"
SYSTEM = (
    "You write dialogues between two people, Human and Assistant. Assistant can send short video clips. A clip is "
    "given to you as its caption between tags, such as <video>a dog runs</video>. Assistant sends each clip once, at "
    "a fitting moment, by writing its caption between its tags, word for word. Human never writes tags."
)
REQUEST = (
    "Write {count} different dialogues around {clips}\n\nEach has 2 to 5 turns of each speaker and begins with Human. "
    "Begin each turn on a new line with 'Human:' or 'Assistant:'. Let the topic grow out of everyday talk; do not say "
    "that there is a caption. Separate the dialogues by a line of {separator} and write nothing else."
)
TAG = re.compile(r"</?video\d*>")
USAGE = {"calls": 0, "prompt_tokens": 0, "completion_tokens": 0}
CANDIDATES = 1000  # captions that are compared with one to find those related to it


class DialogueError(ValueError):
    """A dialogue is not what was asked for. The message says what is wrong with it."""


@dataclass(frozen=True)
class Job:
    """What one call asks for.

    Args:
        id (`str`): The numbers of its captions, such as `"17"` or `"17+4"`.
        captions (`tuple[str]`): Their texts; one is tagged `<video>`, several `<video0>`, `<video1>`, ...
        count (`int`): Dialogues to write.
    """

    id: str
    captions: tuple[str, ...]
    count: int

    def clips(self) -> list[str]:
        """The captions between their tags."""
        names = ["video"] if len(self.captions) == 1 else [f"video{number}" for number in range(len(self.captions))]
        return [f"<{name}>{text}</{name}>" for name, text in zip(names, self.captions, strict=True)]

    def messages(self) -> list[dict]:
        """The request to the writer."""
        kind = "this clip: " if len(self.captions) == 1 else "these clips, all of them in each dialogue: "
        request = REQUEST.format(count=self.count, clips=kind + " ".join(self.clips()), separator=SEPARATOR)
        return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": request}]


def read_dialogue(text: str, job: Job) -> list[dict]:
    """Read a dialogue and check it.

    Args:
        text (`str`): Lines of `Human:` and `Assistant:`; other lines go on with the turn before.
        job (`Job`): What was asked for.

    Returns:
        `list[dict]`: Messages, beginning with the user's, ending with the assistant's.

    Raises:
        DialogueError: If turns are out of order or empty, a caption is missing, changed, repeated or said by Human, or
            there are other tags.
    """
    messages: list[dict] = []
    for line in text.strip().split("\n"):  # `splitlines` would cut captions at U+2028 and its like
        speaker, colon, words = line.strip().partition(":")
        speaker = speaker.strip("*# ")
        if colon and speaker in SPEAKERS:
            messages.append({"role": SPEAKERS[speaker], "content": words.strip("* ")})
        elif messages:
            messages[-1]["content"] = f"{messages[-1]['content']}\n{line.strip()}".strip()
        elif line.strip():
            raise DialogueError("does not begin with a turn of Human")
    roles = [message["role"] for message in messages]
    if len(roles) < 2 or roles != ["user", "assistant"] * (len(roles) // 2):
        raise DialogueError("turns are out of order")
    if not all(message["content"] for message in messages):
        raise DialogueError("a turn is empty")
    said = {role: "\n".join(message["content"] for message in messages if message["role"] == role) for role in roles}
    if TAG.search(said["user"]):
        raise DialogueError("Human writes tags")
    rest = said["assistant"]
    for clip in job.clips():
        if rest.count(clip) != 1:
            raise DialogueError("a caption is missing, changed or repeated")
        rest = rest.replace(clip, "")
    if TAG.search(rest):
        raise DialogueError("other tags than those of the captions")
    return messages


def read_reply(reply: str, job: Job) -> Iterator[list[dict] | DialogueError]:
    """Cut a reply into dialogues; in the place of one that is not what was asked for stands the error."""
    for text in re.split(rf"^\s*{SEPARATOR}+\s*$", reply, flags=re.MULTILINE):
        if text.strip():
            try:
                yield read_dialogue(text, job)
            except DialogueError as error:
                yield error


def sharing(at: int, words: set[str], holders: dict[str, np.ndarray]) -> np.ndarray:
    """Gather texts that share words with a text, rare words first; of a frequent one the nearest in the file."""
    found: set[int] = set()
    for word in sorted(words, key=lambda word: (len(holders[word]), word)):
        rows = holders[word]
        start = min(int(np.searchsorted(rows, at)) - CANDIDATES // 2, len(rows) - CANDIDATES)
        found.update(rows[max(0, start) :][:CANDIDATES].tolist())
        if len(found) > CANDIDATES:
            break
    return np.array(sorted(found - {at}), dtype=np.int64)


def related(captions: list[str], number: int, chosen: Iterable[int] | None = None) -> list[list[int]]:
    """Find for captions up to `number` others that share the most telling words with them (inverse frequency, cosine).

    Of equal captions only the first is ever found. Others are found for `chosen` ones, in that order, or for all.
    """
    first: dict[str, int] = {}
    for at, caption in enumerate(captions):
        first.setdefault(caption, at)
    texts, place = list(first), {text: at for at, text in enumerate(first)}
    bags = [set(re.findall(r"\w+", text.lower())) for text in texts]
    rows = defaultdict(list)
    for at, bag in enumerate(bags):
        for word in bag:
            rows[word].append(at)
    holders = {word: np.array(found) for word, found in rows.items()}
    weights = {word: math.log(len(texts) / len(found) + 1) ** 2 for word, found in rows.items()}
    norms = np.array([math.sqrt(math.fsum(weights[word] for word in bag)) for bag in bags])
    neighbours = []
    for row in range(len(captions)) if chosen is None else chosen:
        at = place[captions[row]]
        near = sharing(at, bags[at], holders)
        likeness = np.zeros(len(near))
        for word in sorted(bags[at]):  # in an order that is the same in every process
            spots = np.searchsorted(holders[word], near).clip(max=len(holders[word]) - 1)
            likeness += weights[word] * (holders[word][spots] == near)
        order = np.argsort(-likeness / norms[near], kind="stable")[:number]
        neighbours.append([first[texts[found]] for found in near[order]])
    return neighbours


def make_jobs(captions: list[str], per_caption: int, multi: float, seed: int) -> list[Job]:
    """List what to ask for: dialogues about each caption, and about a share of them with one or two related ones."""
    jobs = [Job(str(at), (caption,), per_caption) for at, caption in enumerate(captions)]
    rng = np.random.default_rng(seed)
    chosen = np.flatnonzero(rng.random(len(captions)) < multi)
    for at, found in zip(chosen, related(captions, 2, chosen) if len(chosen) else [], strict=True):
        others = found[: int(rng.integers(1, 3))]
        if others:
            numbers = [int(at), *others]
            jobs.append(Job("+".join(map(str, numbers)), tuple(captions[number] for number in numbers), 1))
    return jobs


def write_dialogues(endpoint: Endpoint, job: Job, retries: int) -> dict:
    """Ask for the dialogues of a job until they are all there, at most `retries` times more.

    Returns:
        `dict`: The job, `model`, `dialogues` (messages each), `usage`, `rejected`, the `raw` replies with something
        that was rejected and, if some dialogues are missing, `faults`.

    Raises:
        AccessError: If the endpoint refuses the key, knows no such model or is down.
    """
    usage, rejected = Counter(USAGE), Counter()
    dialogues, faults, raw = [], [], []
    for _ in range(1 + retries):
        if len(dialogues) == job.count or STOPPING.is_set():
            break
        left = Job(job.id, job.captions, job.count - len(dialogues))
        try:
            answer = endpoint.ask(left.messages(), max_tokens=400 * left.count, temperature=1.0)
        except EndpointError as error:
            faults.append(str(error))
            break
        usage.update(calls=1, prompt_tokens=answer.prompt_tokens, completion_tokens=answer.completion_tokens)
        found = list(read_reply(answer.text, left))
        wrong = [str(part) for part in found if isinstance(part, DialogueError)]
        dialogues += [part for part in found if not isinstance(part, DialogueError)][: left.count]
        rejected.update(wrong)
        faults += wrong
        raw += [answer.text] if wrong or not found else []
    line = {"id": job.id, "captions": job.captions, "count": job.count, "model": endpoint.model}
    line |= {"dialogues": dialogues, "usage": usage, "rejected": rejected, "raw": raw}
    return line | {"faults": faults} if len(dialogues) < job.count else line


def read_captions(path: Path, column: str) -> list[str]:
    """Read the captions of a table, each as one line.

    Raises:
        TableError: If a row has none. The message names it.
    """
    return [" ".join(row.text(column).split()) for row in rows_of(path)]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--captions", type=Path, required=True, help="CSV, TSV, JSON, JSONL, parquet, or text of a caption a line"
    )
    parser.add_argument("--column", default="caption", help="its column; of a text file with a caption a line: text")
    parser.add_argument("--output", type=Path, required=True, help="JSONL file of rows with `messages`")
    parser.add_argument("--model", required=True, help="model of the endpoint; pin its version")
    parser.add_argument("--url", help="base URL of the endpoint; its key is read from HF_TOKEN")
    parser.add_argument("--per_caption", type=number_from(int, 1), default=3, help="dialogues about each caption")
    parser.add_argument(
        "--multi",
        type=number_from(float, 0, 1),
        default=0.3,
        help="share of captions, 0 to 1, that also begin a multi-clip dialogue",
    )
    parser.add_argument("--retries", type=number_from(int, 0), default=3, help="further calls for what is missing")
    parser.add_argument("--workers", type=number_from(int, 1), default=8, help="calls at a time")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of multi-clip dialogues")
    args = parser.parse_args(arguments)
    captions = read_captions(args.captions, args.column)
    jobs = make_jobs(captions, args.per_caption, args.multi, args.seed)
    raw = args.output.with_suffix(".raw.jsonl")
    lines = read_lines(raw)
    write_lines(raw, lines)  # without what a kill has cut
    wanted = {job.id: [list(job.captions), job.count, args.model] for job in jobs}
    done = {
        line["id"]: line
        for line in lines
        if "faults" not in line and [line["captions"], line["count"], line["model"]] == wanted.get(line["id"])
    }
    endpoint = Endpoint(args.model, args.url)
    left = [job for job in jobs if job.id not in done]
    new = call_all(lambda job: write_dialogues(endpoint, job, args.retries), left, args.workers, raw)
    done |= {line["id"]: line for line in new}
    usage, rejected = Counter(USAGE), Counter()
    for line in [*lines, *new]:
        usage.update(line.get("usage", {}))
        rejected.update(line.get("rejected", {}))
    rows = [
        {"messages": messages, "captions": done[job.id]["captions"]}
        for job in jobs
        for messages in done[job.id]["dialogues"]
    ]
    write_lines(args.output, rows)
    failed = sum("faults" in done[job.id] for job in jobs)
    print(json.dumps({"dialogues": len(rows), "incomplete_jobs": failed, **usage, "rejected": rejected}, indent=2))


if __name__ == "__main__":
    main()
