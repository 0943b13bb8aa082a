# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Datasets for fine-tuning: rows of any common format in; token ids, labels and the places of their clips out.

1. A `DataSource` names a dataset: files, a folder or a Hub id, its format, its weight in the mixture.
2. A reader of `FORMATS` turns each of its rows into a conversation, messages as for `apply_chat_template`.
3. `Encoder` makes token ids and labels of the conversation; its clips and images stay where they are.
4. `load_mixture` joins the datasets. Clips and images are read when their batch is due, by `features_gpt4video.py`.
"""

import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from datasets import (
    ClassLabel,
    Dataset,
    Features,
    Image,
    IterableDataset,
    List,
    Value,
    Video,
    concatenate_datasets,
    interleave_datasets,
    load_dataset,
)
from jinja2 import TemplateError
from transformers import AutoProcessor, ProcessorMixin

from gpt4video.safety_records_gpt4video import check_record
from gpt4video.skipped_gpt4video import BROKEN, DataError, UsableRows, said_before, too_many
from gpt4video.tables_gpt4video import blocks_of, request_of, rows_in


IGNORED = -100
MEDIA = List({"path": Value("string"), "bytes": Value("large_binary")})
ENCODED = Features(
    {
        "input_ids": List(Value("int32")),
        "labels": List(Value("int32")),
        "length": Value("int32"),
        "videos": MEDIA,
        "images": MEDIA,
        "row": Value("string"),
        "id": Value("string"),
        "dropped": Value("string"),
        "error": Value("string"),
    }
)
BUILDERS = {".parquet": "parquet", ".csv": "csv", ".tsv": "csv", ".tar": "webdataset"}
TEMPLATE = Lock()  # the mask of answers hangs on the template, which the threads that read streams share
NOTHING = {"input_ids": [], "labels": [], "length": 0, "videos": [], "images": [], "id": "", "error": ""}
SPLIT_WORDS = {"train": ("train",), "test": ("test",), "validation": ("validation", "valid", "val", "dev")}
CLIP_TABLES = ("metadata.jsonl", "metadata.csv", "metadata.parquet")  # what makes a folder of clips a `videofolder`
NOT_ROWS = ("dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json")  # what libraries lay beside
CAPTION_REQUESTS = (
    "Describe this clip.",
    "What happens in this clip?",
    "Say in one sentence what the clip shows.",
    "Write a caption for this clip.",
)
REFUSALS = (
    "I can't help with that.",
    "I'm sorry, but I won't do that.",
    "No, I'd rather not, because it could hurt someone.",
)


# -- formats ---------------------------------------------------------------------------------------------------------


def text_block(text: str | float | None) -> dict:
    """Make a block of words; columns of numbers are words too."""
    return {"type": "text", "text": "" if text is None else str(text)}


def turn(role: str, *content: dict) -> dict:
    """Make a message."""
    return {"role": role, "content": list(content)}


def media_blocks(row: dict) -> dict[str, list[dict]]:
    """Make blocks of the columns `video` and `image` of a row."""
    return {kind: blocks_of(kind, row.get(kind)) for kind in ("video", "image")}


def read_messages(row: dict, index: int) -> list[dict]:
    """A column `messages`, as for `apply_chat_template`."""
    return row["messages"]


def read_original(row: dict, index: int) -> list[dict]:
    """The released code's `{"instruction": "Human: ...\\nAI: ...", "video": path}`, of which it read ten lines.

    The older tags `<vid0>...</vid0>` and the speaker `Assistant` are read as well.
    """
    messages, blocks = [], media_blocks(row)
    roles = {"Human": "user", "AI": "assistant", "Assistant": "assistant"}
    text = re.sub(r"<(/?)vid(\d+)>", r"<\1video\2>", row["instruction"])
    for line in text.split("\n")[:10]:
        speaker, colon, words = line.partition(":")
        if colon and speaker in roles:
            messages.append(turn(roles[speaker], text_block(words.strip())))
        elif messages:
            messages[-1]["content"][0]["text"] += f"\n{line}"
        elif line.strip():
            raise DataError(f"an instruction begins with one of {', '.join(roles)} and a colon, got {line!r}")
    first = next((message for message in messages if message["role"] == "user"), None)
    if first is None:
        raise DataError("the instruction has no turn of Human")
    first["content"] = [*blocks["video"], *blocks["image"], *first["content"]]
    return messages


def read_llava(row: dict, index: int) -> list[dict]:
    """LLaVA's, Video-ChatGPT's and Valley's `conversations` of `{"from": "human" | "gpt", "value": words}`.

    `<video>` and `<image>` in a human's words say where its media go; media without such a mark open the conversation.
    Some sets write `<image>` for clips: where a row has no images, it takes a clip.
    """
    roles = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system"}
    blocks, messages = media_blocks(row), []
    for message in row["conversations"]:
        role = roles[message["from"].lower()]
        content = []
        for piece in re.split(r"(<video>|<image>)", message["value"]) if role == "user" else [message["value"]]:
            kind = "video" if piece == "<image>" and not row.get("image") else piece.strip("<>")
            if role == "user" and piece in ("<video>", "<image>"):
                if not blocks[kind]:
                    raise DataError(f"the words name more {kind}s than the row has")
                content.append(blocks[kind].pop(0))
            elif piece.strip():
                content.append(text_block(piece.strip()))
        messages.append(turn(role, *content))
    left = [*blocks["video"], *blocks["image"]]
    if left:
        first = next((message for message in messages if message["role"] == "user"), None)
        if first is None or any(block["type"] != "text" for message in messages for block in message["content"]):
            raise DataError(f"{len(left)} clips or images of the row have no place in its words")
        first["content"] = left + first["content"]
    return messages


def read_question(row: dict, index: int) -> list[dict]:
    """Columns `question` and `answer`, and `video` or `image`."""
    request = request_of(row["question"], row.get("video"), row.get("image"))
    return [request, turn("assistant", text_block(row["answer"]))]


def read_caption(row: dict, index: int) -> list[dict]:
    """Columns `video` or `image` and `caption`; the requests of `CAPTION_REQUESTS` take turns."""
    if not any(media_blocks(row).values()):
        raise DataError("the row has a caption but neither `video` nor `image`")
    return read_question(
        {**row, "question": CAPTION_REQUESTS[index % len(CAPTION_REQUESTS)], "answer": row["caption"]}, index
    )


def read_safety(row: dict, index: int) -> list[dict]:
    """A safety record (`safety_records_gpt4video.py`): `text`, `video`, `expected`, and an `answer` where it has one.

    What has no answer is refused in the words of `REFUSALS`, which take turns, if it must be, or drawn; of other
    records there is nothing to learn, and they are dropped. A record that contradicts itself is a `RecordError`.
    """
    check_record(row)
    answer = row.get("answer")
    if not answer and row["expected"] == "refuse":
        answer = REFUSALS[index % len(REFUSALS)]
    elif not answer and row["expected"] == "draw":
        answer = f"<video>{row['text']}</video>"
    return [request_of(row.get("text"), row.get("video")), turn("assistant", text_block(answer))]


# The reader of each format, and the columns that it reads.
FORMATS: dict[str, tuple[Callable[[dict, int], list[dict]], tuple[str, ...]]] = {
    "messages": (read_messages, ("messages",)),
    "original": (read_original, ("instruction", "video", "image")),
    "llava": (read_llava, ("conversations", "video", "image")),
    "question": (read_question, ("question", "answer", "video", "image")),
    "captions": (read_caption, ("caption", "video", "image")),
    "safety": (read_safety, ("id", "side", "modality", "text", "video", "label", "expected", "answer")),
}


# -- sources ---------------------------------------------------------------------------------------------------------


@dataclass
class DataSource:
    """One dataset of a mixture.

    Args:
        path (`str`): A JSON, JSONL, parquet, CSV or TSV file, a pattern of webdataset shards (`shards/*.tar`), a
            folder of any of these or of clips with a table `metadata.jsonl`, `.csv` or `.parquet` (`videofolder`), or
            the id of a Hub dataset. The cells of CSV and TSV files are words, and empty ones nothing.
        format (`str`, *optional*, defaults to `"messages"`): A key of `FORMATS`.
        weight (`float`, *optional*): How often rows are drawn from it, relative to the other datasets.
        name (`str`, *optional*): Configuration of a dataset of the Hub.
        split (`str`, *optional*, defaults to `"train"`): Its split; of a JSON file, the key that holds the rows, if
            they do not lie under another, such as `data`.
        columns (`dict[str, str]`, *optional*): Names of the format and the columns they stand for here. A value with
            braces is filled in from the row, as `video: "clips/{video_id}.mp4"`.
        media_folder (`str`, *optional*): Where relative clips and images lie; by default beside the file.
    """

    path: str
    format: str = "messages"
    weight: float | None = None
    name: str | None = None
    split: str = "train"
    columns: dict[str, str] = field(default_factory=dict)
    media_folder: str | None = None

    @classmethod
    def parse(cls, value: "str | dict | DataSource") -> "DataSource":
        """Read an entry of `datasets`: a path, or a mapping (on the command line, as JSON) of the arguments above.

        Raises:
            DataError: If a key, a name in `columns` or the format is unknown, or the weight is not above 0.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, str) and value.lstrip().startswith("{"):
            try:
                value = json.loads(value)
            except json.JSONDecodeError as error:
                raise DataError(f"a dataset is a path or a mapping in JSON, got {value!r}: {error}.") from error
        entry = {"path": value} if isinstance(value, str) else dict(value)
        known = [item.name for item in fields(cls)]
        if "path" not in entry or not entry.keys() <= set(known):
            raise DataError(f"a dataset has a path, and any of {', '.join(known[1:])}; got {entry}.")
        source = cls(**entry)
        if source.format not in FORMATS:
            raise DataError(f"{source.path}: the format is {source.format!r}; use one of {', '.join(FORMATS)}.")
        names, columns = FORMATS[source.format][1], source.columns
        if not isinstance(columns, dict) or not all(key in names and isinstance(columns[key], str) for key in columns):
            known = f"names of {', '.join(names)} to columns of the dataset"
            raise DataError(f"{source.path}: columns is {columns!r}; for {source.format!r} it must map {known}.")
        is_number = isinstance(source.weight, int | float) and not isinstance(source.weight, bool)
        if source.weight is not None and (not is_number or source.weight <= 0):
            raise DataError(f"{source.path}: the weight is {source.weight!r}; it must be a number above 0.")
        return source

    @property
    def split_name(self) -> str:
        """The split without the slice of it that is taken, such as `train` of `train[:100]`."""
        return self.split.partition("[")[0]

    def folder(self) -> Path:
        """Where relative clips and images lie."""
        path = Path(self.path)
        return Path(self.media_folder) if self.media_folder else path if path.is_dir() else path.parent

    def open(self, streaming: bool) -> tuple[Dataset | IterableDataset, dict[str, Any]]:
        """Open the dataset; also say whether its rows are JSON in a column `text`, and the names of its `classes`."""
        path = Path(self.path)
        suffix, files = path.suffix.lower(), [self.path]
        if path.is_dir():
            suffix, files = self.files_of_folder(path)
        if suffix == ".json":
            lines = Dataset.from_dict({"text": [json.dumps(row) for file in files for row in self.rows_of_json(file)]})
            if not len(lines):
                raise DataError(f"{self.path} holds no rows.")
            return (lines.to_iterable_dataset() if streaming else lines), {"is_json": True}
        split = self.split_name
        flags = {"split": self.split, "streaming": streaming, "data_files": {split: files}}
        local = [Path(file) for file in files if Path(file).is_file()]
        if local and not any(file.stat().st_size for file in local):
            raise DataError(f"{self.path} holds no rows.")
        if suffix == ".jsonl":
            # As text: turns with and without blocks in one file break the inference of column types.
            return load_dataset("text", **flags), {"is_json": True}
        if suffix in BUILDERS:
            try:
                is_table = BUILDERS[suffix] == "csv"
                settings = words_of_cells(suffix, flags | {"split": split, "streaming": True}) if is_table else {}
                rows = load_dataset(BUILDERS[suffix], **flags | settings)
            except ValueError as error:
                raise DataError(f"{self.path} holds no rows, or not of the split {split!r}: {error}") from error
        elif path.is_dir():
            rows = load_dataset("videofolder", split=self.split, streaming=streaming, data_dir=self.path)
        else:
            rows = load_dataset(self.path, self.name, split=self.split, streaming=streaming)
        for name, kind in (rows.features or {}).items():
            if isinstance(kind, Video | Image):
                rows = rows.cast_column(name, type(kind)(decode=False))
        classes = {name: kind.names for name, kind in (rows.features or {}).items() if isinstance(kind, ClassLabel)}
        return rows, {"is_json": False, "classes": classes}

    def files_of_folder(self, folder: Path) -> tuple[str, list[str]]:
        """Choose the most frequent kind of files of a folder, or of its `data`, and those of the split."""
        for place in (folder, folder / "data"):
            if any((place / name).exists() for name in CLIP_TABLES):
                return "", []
            files = [file for file in sorted(place.glob("*")) if file.name not in NOT_ROWS]
            kinds = Counter(file.suffix.lower() for file in files)
            suffix = max((".jsonl", ".json", *BUILDERS), key=lambda kind: kinds[kind])
            if kinds[suffix]:
                return suffix, self.files_of_split([file for file in files if file.suffix.lower() == suffix])
        return "", []

    def files_of_split(self, files: list[Path]) -> list[str]:
        """Choose the files of the split, where some of them name one; else all."""
        words = {file: set(re.split(r"[\W_]+", file.stem.lower())) for file in files}
        if not set().union(*words.values()).isdisjoint(word for names in SPLIT_WORDS.values() for word in names):
            wanted = SPLIT_WORDS.get(self.split_name, (self.split_name,))
            files = [file for file in files if not words[file].isdisjoint(wanted)]
        if not files:
            raise DataError(f"{self.path} holds no file of the split {self.split!r}.")
        return [str(file) for file in files]

    def rows_of_json(self, file: str) -> list[dict]:
        """Read a list of rows, or the one that lies under the name of the split or a key of `ROW_KEYS`."""
        try:
            content = json.loads(Path(file).read_text(encoding="utf-8-sig"))
            is_split = isinstance(content, dict) and self.split in content
            return content[self.split] if is_split else rows_in(content, Path(file))
        except (OSError, ValueError) as error:
            cause = f"{type(error).__name__}: {error}"
            raise DataError(f"{file} cannot be read as rows of the split {self.split!r}: {cause}.") from error

    def renamed(self, row: dict) -> dict:
        """Give the columns of a row the names of the format."""
        taken = {
            ours: theirs.format_map(row) if "{" in theirs else row[theirs] for ours, theirs in self.columns.items()
        }
        return {**row, **taken}

    def conversation(self, row: dict, index: int) -> list[dict]:
        """Read a row, whose columns have the names of the format, as messages."""
        return FORMATS[self.format][0](row, index)


def words_of_cells(suffix: str, flags: dict) -> dict:
    """Make settings that read the cells of a table as they are: 000001 names a clip, None may be an answer.

    The columns are those of the first row of the stream that `flags` open.
    """
    settings = {"sep": "\t" if suffix == ".tsv" else ",", "keep_default_na": False, "na_values": [""]}
    first = next(iter(load_dataset("csv", **flags | settings)), {})
    return settings | {"features": Features(dict.fromkeys(first, Value("string"))) if first else None}


def take_media(messages: list[dict], folder: Path) -> tuple[list[dict], dict[str, list[dict]]]:
    """Put blank frames in the place of clips and images; return the conversation and the sources of each kind."""
    media, blank = {"video": [], "image": []}, torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    conversation = []
    for message in messages:
        content = message["content"]
        if not isinstance(content, str):
            content = list(content)
            for index, block in enumerate(content):
                if (kind := block["type"]) in media:
                    source = next((block[key] for key in (kind, "url", "path") if block.get(key)), None)
                    source = {"path": source} if isinstance(source, str) else source
                    source = {"bytes": source} if isinstance(source, bytes) else source
                    if not isinstance(source, dict) or not (source.get("path") or source.get("bytes")):
                        raise DataError(f"a {kind} block needs a path, a url or bytes, got {block}")
                    path, data = source.get("path"), source.get("bytes")
                    if path and not data and "://" not in path and not path.startswith("data:"):
                        path = str(folder / path)
                    media[kind].append({"path": path, "bytes": data})
                    content[index] = {"type": kind, kind: blank if kind == "video" else blank[0]}
        conversation.append({**message, "content": content})
    return conversation, media


def make_labels(input_ids: list[int], answer_mask: list[int], processor: ProcessorMixin, loss_on: str) -> list[int]:
    """Keep the ids that are learned, put -100 for the others."""
    if loss_on not in ("assistant", "all"):
        raise ValueError(f"loss_on is {loss_on!r}; use 'assistant' or 'all'.")
    if loss_on == "assistant":
        return [token if answer else IGNORED for token, answer in zip(input_ids, answer_mask, strict=True)]
    tokenizer = processor.tokenizer
    # The released code learned all but its prefix, which precedes BOS, the clip, and unknown tokens.
    start = input_ids.index(tokenizer.bos_token_id) if tokenizer.bos_token_id in input_ids else 0
    ignored = {processor.video_token_id, processor.image_token_id, tokenizer.unk_token_id}
    return [IGNORED if at < start or token in ignored else token for at, token in enumerate(input_ids)]


def has_answer(messages: list[dict]) -> bool:
    """Say whether the assistant says anything."""
    for message in messages:
        content = message["content"] if message["role"] == "assistant" else ""
        texts = [content] if isinstance(content, str) else [block.get("text") for block in content or ()]
        if any(text and text.strip() for text in texts):
            return True
    return False


def row_name(source: DataSource, index: int, row: dict, is_shard: bool) -> str:
    """Name a row. Each shard of a stream counts from 0: what the row holds tells the rows of one number apart."""
    name = f"{source.path}:{index}"
    return f"{name}:{hashlib.blake2b(repr(row).encode(), digest_size=4).hexdigest()}" if is_shard else name


@dataclass(frozen=True)
class Encoder:
    """Turns rows into token ids and labels.

    Args:
        processor (`ProcessorMixin`): The processor of the model.
        max_length (`int`, *optional*): Tokens to keep of each row; by default all.
        loss_on (`str`): `"assistant"` or `"all"`.
    """

    processor: ProcessorMixin
    max_length: int | None
    loss_on: str

    def __deepcopy__(self, memo: dict) -> "Encoder":
        # Streams are copied when they are joined; nothing of this changes.
        return self

    def __reduce__(self) -> tuple:
        # Classes of remote code cannot be sent to other processes; these open the processor again.
        processor = self.processor
        settings = (processor.tokenizer.name_or_path, processor.chat_template, self.max_length, self.loss_on)
        return reopen_encoder, settings

    def fingerprint(self, rows: Dataset, source: DataSource) -> str:
        """Hash all that encoded rows depend on, the code included: under this name they are kept for the next run."""
        processor = self.processor
        settings = (rows._fingerprint, source, self.max_length, self.loss_on, processor.chat_template)
        settings += (processor.num_video_tokens, processor.tokenizer.backend_tokenizer.to_str())
        settings += (processor.tokenizer.special_tokens_map,)
        total = hashlib.blake2b(repr(settings).encode(), digest_size=16)
        modules = (__name__, request_of.__module__, check_record.__module__, type(processor).__module__)
        for module in modules:
            total.update(Path(sys.modules[module].__file__).read_bytes())
        return total.hexdigest()

    def __call__(
        self,
        row: dict,
        index: int,
        source: DataSource,
        is_json: bool,
        is_shard: bool = False,
        classes: dict | None = None,
    ) -> dict:
        """Turn row `index` of a dataset or a shard into token ids and labels; its clips stay where they are.

        Numbers of `classes`, names by the column, become their names.

        Returns:
            `dict`: The columns of `ENCODED`: `input_ids`, `labels`, `length` in tokens (at most `max_length`),
            `videos`, `images`, `row` (its name), `id` of a safety record, `dropped`: why the row cannot be used, or an
            empty string, and `error`, which is empty here.

        Raises:
            DataError: If the row is not a conversation. The message names the dataset and the row.
        """
        processor, limit = self.processor, self.max_length
        if is_json and not row["text"].strip():
            return NOTHING | {"row": row_name(source, index, row, is_shard), "dropped": "a blank line"}
        try:
            values = json.loads(row["text"].removeprefix("\ufeff")) if is_json else row
            for name, names in (classes or {}).items():
                number = -1 if row[name] is None else row[name]
                values = {**values, name: names[number] if number >= 0 else None}
            values = source.renamed(values)
            messages = source.conversation(values, index)
            conversation, media = take_media(messages, source.folder())
            flags = {"tokenize": True, "return_dict": True, "return_assistant_tokens_mask": True}
            with TEMPLATE:
                encoded = processor.apply_chat_template(conversation, **flags)
        except (LookupError, TypeError, ValueError, AttributeError, TemplateError) as error:
            cause = f"{type(error).__name__}: {error}"
            raise DataError(
                f"{source.path}, row {index} is not a conversation in the format {source.format!r}: {cause}"
            ) from error
        ids, mask = (torch.as_tensor(encoded[key]).flatten().tolist() for key in ("input_ids", "assistant_masks"))
        labels = make_labels(ids, mask, processor, self.loss_on)
        dropped = ""
        if not has_answer(messages) or all(label == IGNORED for label in labels[1:]):
            dropped = "no answer"
        elif limit and {processor.video_token_id, processor.image_token_id}.intersection(ids[limit:]):
            dropped = "max_length would cut a clip"
        elif all(label == IGNORED for label in labels[1:limit]):
            dropped = "max_length would cut the whole answer"
        ids, labels = ids[:limit], labels[:limit]
        found = {"input_ids": ids, "labels": labels, "length": len(ids)}
        found |= {"videos": media["video"], "images": media["image"], "row": row_name(source, index, row, is_shard)}
        record = str(values.get("id") or "") if source.format == "safety" else ""
        return NOTHING | found | {"id": record, "dropped": dropped}

    def or_drop(self, row: dict, index: int, source: DataSource, is_shard: bool = False, **kind: Any) -> dict:
        """Turn a row into token ids and labels; drop one that is not a conversation, with its error."""
        try:
            return self(row, index, source, is_shard=is_shard, **kind)
        except DataError as error:
            name = {"row": row_name(source, index, row, is_shard)}
            return NOTHING | name | {"dropped": BROKEN, "error": str(error)}


def reopen_encoder(name: str, chat_template: str, max_length: int | None, loss_on: str) -> Encoder:
    """Open the processor of an encoder in another process; its code was trusted before."""
    torch.set_num_threads(1)  # processes of many threads each wait for one another: 60 rows/s instead of 700
    processor = AutoProcessor.from_pretrained(name, trust_remote_code=True)
    processor.chat_template = chat_template
    return Encoder(processor, max_length, loss_on)


# -- mixtures --------------------------------------------------------------------------------------------------------


def load_rows(
    source: DataSource, encode: Encoder, max_rows: int | None, num_proc: int | None, max_skipped_share: float
) -> tuple[Dataset, dict]:
    """Load and encode one dataset; return its usable rows and the counts of all and of dropped rows."""
    rows, kind = source.open(streaming=False)
    rows = rows.select(range(min(max_rows or len(rows), len(rows))))
    rows = rows.map(
        partial(encode.or_drop, source=source, **kind),
        with_indices=True,
        remove_columns=rows.column_names,
        features=ENCODED,
        num_proc=num_proc,
        new_fingerprint=encode.fingerprint(rows, source),
        desc=f"Encoding {source.path}",
    )
    ids: dict[str, str] = {}
    twice = [said_before(ids, name, row) for name, row in zip(rows["id"], rows["row"], strict=True)]
    reasons = [BROKEN if error else reason for error, reason in zip(twice, rows["dropped"], strict=True)]
    errors = [first or second for first, second in zip(rows["error"], twice, strict=True) if first or second]
    if too_many(len(errors), len(rows), max_skipped_share):
        number = f"{len(errors)} of {len(rows)} rows are broken, max_skipped_share is {max_skipped_share}"
        raise DataError(f"{number}. The first: {errors[0]}")
    counts = {"rows": len(rows), "dropped": dict(Counter(filter(None, reasons)))}
    counts |= {"error": errors[0]} if errors else {}
    usable = [at for at, reason in enumerate(reasons) if not reason]
    if not usable:
        raise DataError(f"{source.path}: no row can be used: {counts}.")
    return rows.select(usable).remove_columns(["id", "dropped", "error"]), counts


def stream_rows(
    source: DataSource, encode: Encoder, max_rows: int | None, skipped_file: Path, max_skipped_share: float
) -> IterableDataset:
    """Open one dataset as a stream; rows that cannot be used get a line in `skipped_file` as they come by."""
    rows, kind = source.open(streaming=True)
    is_shard = rows.num_shards > 1
    rows = rows.take(max_rows) if max_rows else rows
    first = next(iter(rows), None)
    if first is None:
        raise DataError(f"{source.path} holds no rows.")
    rows = rows.map(
        partial(encode.or_drop, source=source, **kind, is_shard=is_shard),
        with_indices=True,
        remove_columns=list(first),
        features=ENCODED,
    )
    rows = rows.filter(UsableRows(skipped_file, max_skipped_share))
    if next(iter(rows), None) is None:
        raise DataError(f"{source.path}: no row can be used. {skipped_file} says why.")
    return rows


def load_mixture(
    sources: list[DataSource],
    encode: Encoder,
    skipped_file: Path,
    seed: int = 0,
    streaming: bool = False,
    max_rows: int | None = None,
    num_proc: int | None = None,
    shuffle_buffer: int = 0,
    max_skipped_share: float = 0.0,
) -> tuple[Dataset | IterableDataset, dict]:
    """Join datasets: by their weights, each until it was seen whole, or without weights one after another.

    Args:
        sources (`list[DataSource]`): The datasets; all have a weight, or none.
        encode (`Encoder`): Makes token ids and labels.
        skipped_file (`Path`): Where rows of a stream that cannot be used are written down.
        seed (`int`): Of the order in which weighted datasets are drawn from.
        streaming (`bool`): Read rows as they are needed; nothing is counted ahead.
        max_rows (`int`, *optional*): Rows to take from the beginning of each dataset; by default all.
        num_proc (`int`, *optional*): Processes that encode a dataset that is not a stream.
        shuffle_buffer (`int`): Rows of a stream to choose the next one from; 0 keeps their order.
        max_skipped_share (`float`): Share of a dataset, 0 to 1, that may not be conversations and is dropped.

    Returns:
        `tuple`: The rows, and for each dataset the counts `rows`, `dropped` and a first `error` (empty for streams).

    Raises:
        DataError: If some datasets have a weight and others do not, or a dataset has no row that can be used or too
            many that are broken.
    """
    weights = [source.weight for source in sources]
    if None in weights and any(weights):
        raise DataError(
            f"Give all datasets a weight, or none: {dict(zip([s.path for s in sources], weights, strict=True))}."
        )
    counts: dict = {}
    if streaming:
        parts = [stream_rows(source, encode, max_rows, skipped_file, max_skipped_share) for source in sources]
    else:
        loaded = [load_rows(source, encode, max_rows, num_proc, max_skipped_share) for source in sources]
        parts, found = zip(*loaded, strict=True)
        paths = [source.path for source in sources]
        names = [path if paths.count(path) == 1 else f"{path} ({at})" for at, path in enumerate(paths)]
        counts = dict(zip(names, found, strict=True))
    if len(parts) == 1:
        rows = parts[0]
    elif None in weights:
        rows = concatenate_datasets(list(parts))
    else:
        probabilities = [weight / sum(weights) for weight in weights]
        rows = interleave_datasets(list(parts), probabilities, seed=seed, stopping_strategy="all_exhausted")
    if streaming and shuffle_buffer:
        rows = rows.shuffle(seed=seed, buffer_size=shuffle_buffer)
    return rows, counts
