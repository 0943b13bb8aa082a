# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Turn captions into dialogues in which the assistant shows clips, as the paper made its instruction data (section 3).

    python dialogues_gpt4video.py --captions webvid.csv --column name --output outputs/dialogues.jsonl \\
        --model MODEL --url http://127.0.0.1:8000/v1

A caption stands for its clip: `<video>caption</video>` in a turn of the assistant. A language model behind any
OpenAI-compatible endpoint writes `--per_caption` dialogues for each caption, and for a share of them (`--multi`)
dialogues over several related captions, found by the words they share: `<video0>...</video0>`, `<video1>...</video1>`.
What it writes is checked: order of turns, tags, captions kept word for word. What fails is asked for again, at most
`--retries` times, then written down with its fault. A command given again goes on where it ended.
"""

import argparse
import json
import math
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import httpx2
import numpy as np
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError
from tqdm import tqdm


REPO_ROOT = Path(__file__).resolve().parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.lines_gpt4video import read_lines, write_lines  # noqa: E402
from gpt4video.safety_records_gpt4video import rows_of  # noqa: E402


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
COUNTING = threading.Lock()  # calls run in several threads
TAG = re.compile(r"</?video\d*>")


CALL_ERRORS = (HfHubHTTPError, InferenceTimeoutError, httpx2.HTTPError, OSError, ValueError)


class EndpointError(RuntimeError):
    """A call to an endpoint gave no text. The message says why."""


@dataclass(frozen=True)
class Reply:
    """What an endpoint answered: its text, the model that it names, and tokens as it counts them."""

    text: str
    model: str
    prompt_tokens: int
    completion_tokens: int


def ask(client: InferenceClient, model: str, messages: list[dict], **settings: float) -> Reply:
    """Call a model behind an OpenAI-compatible endpoint once.

    Raises:
        EndpointError: If the call fails, or its answer holds no text.
    """
    try:
        answer = client.chat_completion(messages, model=model, **settings)
    except CALL_ERRORS as error:
        raise EndpointError(f"{type(error).__name__}: {error}") from error
    text = answer.choices[0].message.content if answer.choices else None
    if not text:
        raise EndpointError("the answer holds no text")
    usage = answer.usage
    return Reply(text, answer.model, usage.prompt_tokens if usage else 0, usage.completion_tokens if usage else 0)


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


@dataclass
class Cost:
    """What the calls cost: their number, and tokens as the endpoint counts them."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    rejected: Counter = field(default_factory=Counter)

    def add(self, reply: Reply) -> None:
        """Count a call."""
        with COUNTING:
            self.calls += 1
            self.prompt_tokens += reply.prompt_tokens
            self.completion_tokens += reply.completion_tokens


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
    for line in text.strip().splitlines():
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


def related(captions: list[str], number: int) -> list[list[int]]:
    """Find for each caption the `number` others that share the most telling words with it (TF-IDF, cosine)."""
    words = [Counter(re.findall(r"\w+", caption.lower())) for caption in captions]
    vocabulary = {word: at for at, word in enumerate(sorted(set().union(*words)))}
    weights = np.zeros((len(captions), len(vocabulary)), dtype=np.float32)
    spread = Counter(word for bag in words for word in bag)
    for row, bag in enumerate(words):
        for word, count in bag.items():
            weights[row, vocabulary[word]] = count * math.log(len(captions) / spread[word] + 1)
    weights /= np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-9)
    found = []
    for row in range(len(captions)):
        likeness = weights @ weights[row]
        order = np.argsort(-likeness, kind="stable")
        different = [int(at) for at in order if captions[at] != captions[row]]
        found.append(different[:number])
    return found


def make_jobs(captions: list[str], per_caption: int, multi: float, seed: int) -> list[Job]:
    """List what to ask for: dialogues about each caption, and about a share of them with one or two related ones."""
    jobs = [Job(str(at), (caption,), per_caption) for at, caption in enumerate(captions)]
    rng = np.random.default_rng(seed)
    chosen = np.flatnonzero(rng.random(len(captions)) < multi)
    neighbours = related(captions, 2) if len(chosen) else []
    for at in chosen:
        others = neighbours[at][: int(rng.integers(1, 3))]
        if others:
            numbers = [int(at), *others]
            jobs.append(Job("+".join(map(str, numbers)), tuple(captions[number] for number in numbers), 1))
    return jobs


def write_dialogues(client: InferenceClient, model: str, job: Job, retries: int, cost: Cost) -> dict:
    """Ask for the dialogues of a job until they are all there, at most `retries` times more.

    Returns:
        `dict`: `id`, `captions`, `dialogues` (messages each) and, if some are missing, `faults`.
    """
    line = {"id": job.id, "captions": job.captions, "count": job.count, "model": model}
    dialogues: list[list[dict]] = []
    faults: list[str] = []
    for _ in range(1 + retries):
        left = Job(job.id, job.captions, job.count - len(dialogues))
        try:
            answer = ask(client, model, left.messages(), max_tokens=400 * left.count, temperature=1.0)
        except EndpointError as error:
            faults.append(str(error))
            continue
        cost.add(answer)
        for found in read_reply(answer.text, left):
            if isinstance(found, DialogueError):
                faults.append(str(found))
                cost.rejected[str(found)] += 1
            elif len(dialogues) < job.count:
                dialogues.append(found)
        if len(dialogues) == job.count:
            return line | {"dialogues": dialogues}
    return line | {"dialogues": dialogues, "faults": faults}


def read_captions(path: Path, column: str) -> list[str]:
    """Read the captions of a table.

    Raises:
        DialogueError: If a row has none. The message names it.
    """
    captions = []
    for number, row in enumerate(rows_of(path)):
        if not isinstance(row.get(column), str) or not row[column].strip():
            raise DialogueError(f"{path}, row {number} has no text in the column {column!r}; it has {', '.join(row)}.")
        captions.append(row[column].strip())
    return captions


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--captions", type=Path, required=True, help="CSV, JSON or JSONL file, or text of a caption a line"
    )
    parser.add_argument("--column", default="caption", help="its column; of a text file with a caption a line: text")
    parser.add_argument("--output", type=Path, required=True, help="JSONL file of rows with `messages`")
    parser.add_argument("--model", required=True, help="model of the endpoint; pin its version")
    parser.add_argument("--url", help="base URL of the endpoint; its key is read from HF_TOKEN")
    parser.add_argument("--per_caption", type=int, default=3, help="dialogues about each caption")
    parser.add_argument(
        "--multi", type=float, default=0.3, help="share of captions, 0 to 1, that also begin a multi-clip dialogue"
    )
    parser.add_argument("--retries", type=int, default=3, help="further calls for what is missing")
    parser.add_argument("--workers", type=int, default=8, help="calls at a time")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of multi-clip dialogues")
    args = parser.parse_args(arguments)
    captions = read_captions(args.captions, args.column)
    jobs = make_jobs(captions, args.per_caption, args.multi, args.seed)
    raw = args.output.with_suffix(".raw.jsonl")
    done = {line["id"]: line for line in read_lines(raw)}
    wanted = {job.id: [list(job.captions), job.count, args.model] for job in jobs}
    done = {
        name: line
        for name, line in done.items()
        if "faults" not in line and [line["captions"], line["count"], line["model"]] == wanted.get(name)
    }
    write_lines(raw, list(done.values()))

    cost, client = Cost(), InferenceClient(base_url=args.url)
    left = [job for job in jobs if job.id not in done]
    with raw.open("a", encoding="utf-8") as file, ThreadPoolExecutor(args.workers) as pool:
        calls = [pool.submit(write_dialogues, client, args.model, job, args.retries, cost) for job in left]
        for call in tqdm(as_completed(calls), total=len(left)):
            line = call.result()
            done[line["id"]] = line
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
    rows = [
        {"messages": messages, "captions": done[job.id]["captions"]}
        for job in jobs
        for messages in done[job.id]["dialogues"]
    ]
    write_lines(args.output, rows)
    failed = sum("faults" in line for line in done.values())
    print(json.dumps({"dialogues": len(rows), "incomplete_jobs": failed, **vars(cost)}, indent=2))


if __name__ == "__main__":
    main()
