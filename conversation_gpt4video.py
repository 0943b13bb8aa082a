# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""A conversation: what a user passes, what the chat template reads of it, what a reply is.

1. `to_messages` turns a question, a question with a clip, or messages into messages.
2. `media_blocks` lists the clips and images in them, `get_source` what each is read from.
3. `get_fingerprint` tells sources apart, `fetch` reads once what could be another thing when read again.
4. `to_turns` is what the chat template renders: clips that the assistant drew open the user's next turn.
5. `EventStreamer` tells of a reply while it is written, `to_reply` puts it together.
"""

import hashlib
import json
import os
import pickle
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from transformers.generation import TextStreamer

from .processing_gpt4video import ReplyParser, ReplyPart
from .reading_gpt4video import ClipError, flatten_clips, is_address, naming_clip, open_clip
from .safety_gpt4video import Decision


SOURCE_KEYS = {"video": ("video", "url", "path"), "image": ("image", "url", "path", "base64")}


@dataclass
class Conversation:
    """A conversation on its way to a reply.

    Args:
        messages (`list[dict]`): What was said, as the user gave it.
        media (`list[dict]`): Its clips and images in order, as `GPT4VideoPipeline.load_media` gives them.
        decisions (`list[Decision]`): What the guards said of it.
    """

    messages: list[dict]
    media: list[dict] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    @property
    def stopped(self) -> Decision | None:
        """The decision that ends the conversation before the model reads it, if there is one."""
        return next((decision for decision in self.decisions if not decision.allowed), None)


def to_messages(inputs: Any) -> list[dict]:
    """Turn what a user may pass into messages: a question, `{"prompt", "video", "image"}`, or a conversation."""
    messages = {"prompt": inputs} if isinstance(inputs, str) else getattr(inputs, "messages", inputs)
    if isinstance(messages, dict):
        if "prompt" not in messages or messages.keys() - {"prompt", *SOURCE_KEYS}:
            raise ValueError(f"Expected the keys prompt and, if wanted, video and image, got {sorted(messages)}.")
        media = [{"type": name, name: messages[name]} for name in SOURCE_KEYS if messages.get(name) is not None]
        messages = [{"role": "user", "content": [*media, {"type": "text", "text": messages["prompt"]}]}]
    if not isinstance(messages, list | tuple) or not messages or messages[-1].get("role") != "user":
        raise ValueError("A conversation is a list of messages, the last of which is the user's.")
    return list(messages)


def is_medium(block: Any) -> bool:
    """Say whether a block of a message shows a clip or an image."""
    return isinstance(block, dict) and block["type"] in SOURCE_KEYS


def media_blocks(messages: list[dict]) -> list[dict]:
    """List the clips and images of messages, in order."""
    return [block for message in messages for block in message["content"] if is_medium(block)]


def user_texts(messages: list[dict]) -> list[str]:
    """List the words of the user's turns, one text a turn."""
    contents = [message["content"] for message in messages if message["role"] == "user"]
    return [
        content if isinstance(content, str) else "\n".join(part["text"] for part in content if part["type"] == "text")
        for content in contents
    ]


def get_source(block: dict) -> Any:
    """Return what the clip or image of a block is read from.

    Raises:
        ValueError: If the block names none or several sources.
    """
    sources = [block[name] for name in SOURCE_KEYS[block["type"]] if block.get(name) is not None]
    if len(sources) != 1:
        keys = SOURCE_KEYS[block["type"]]
        raise ValueError(f"A {block['type']} block needs one of the keys {keys}, got {sorted(block)}.")
    return sources[0]


def get_fingerprint(source: Any) -> tuple:
    """Return a key that two sources share only if they hold the same clip or image.

    Files go by path, size and time of change, file objects by identity, addresses, bytes, arrays, images by content.
    """
    if isinstance(source, str | os.PathLike) and os.path.isfile(source):
        status = os.stat(source)
        return "file", os.path.realpath(source), status.st_mtime_ns, status.st_size
    if hasattr(source, "read"):
        return "object", id(source)
    return "content", hashlib.blake2b(pickle.dumps(source)).hexdigest()


def fetch(kind: str, source: Any, limits: Mapping[str, Any]) -> Any:
    """Return what a source holds: of an address or a file object its bytes, anything else as it is.

    So the guard and the model see the same, and nothing is downloaded twice.

    Raises:
        ClipError: If it cannot be read, is over a limit or holds several clips.
    """
    if kind == "video":
        clips = flatten_clips(source)
        if len(clips) != 1:
            raise ClipError(f"A video block shows one clip, but its source holds {len(clips)}.")
        source = clips[0]
    if not (is_address(source) or hasattr(source, "read")):
        return source
    with naming_clip(source), open_clip(source, limits) as file:
        return file.read()


def to_turns(messages: list[dict]) -> list[dict]:
    """Copy messages for the chat template, in which only the user shows clips.

    What the assistant drew becomes the beginning of the user's next turn, which keeps the order of all clips. U+FFFD
    replaces lone surrogates, by which Python shows bytes that are no UTF-8; sources are not rendered.
    """
    turns, drawn = [], []
    for message in messages:
        content = message["content"]
        if message["role"] == "assistant" and not isinstance(content, str):
            drawn += [block for block in content if is_medium(block)]
            content = [block for block in content if not is_medium(block)]
        elif message["role"] == "user" and drawn:
            content = [*drawn, *([{"type": "text", "text": content}] if isinstance(content, str) else content)]
            drawn = []
        turns.append({**message, "content": content})
    text = json.dumps(turns, ensure_ascii=False, default=lambda source: None).encode("utf-16", "surrogatepass")
    return json.loads(text.decode("utf-16", "replace"))


def part_to_dict(part: ReplyPart) -> dict:
    """Return a part of a reply as users get it."""
    return {"type": part.kind, "text": part.text} | ({} if part.kind == "text" else {"index": part.index})


class EventStreamer(TextStreamer):
    """Tells of words, and of prompts once they are complete, while a reply is written."""

    def __init__(self, tokenizer: Any, on_event: Callable[[dict], Any]):
        super().__init__(tokenizer, skip_prompt=True, skip_special_tokens=True)
        self.parser, self.on_event = ReplyParser(), on_event

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        """Take the next words."""
        fresh = self.parser.feed(text if self.parser.parts else text.lstrip())
        for part in fresh + (self.parser.close() if stream_end else []):
            self.on_event(part_to_dict(part))


def to_reply(text: str, parts: list[dict], decisions: Iterable[Decision]) -> dict:
    """Put a reply together: what the model wrote, its parts, and the turn in which the drawn clips are shown."""
    blocks = [{"type": "text", "text": text}]
    for part in parts:
        if part["type"] == "video" and part["path"]:
            blocks.append({"type": "video", "path": part["path"]})
        elif part["type"] == "video":
            blocks.append({"type": "video", "video": part["frames"], "frame_rate": part["fps"]})
        elif part["type"] == "refusal" and part["text"] != text:
            blocks.append({"type": "text", "text": part["text"]})
    return {
        "generated_text": text,
        "message": {"role": "assistant", "content": text if len(blocks) == 1 else blocks},
        "parts": parts,
        "prompts": [part["text"] for part in parts if part["type"] == "video_prompt"],
        "decisions": [decision.to_dict() for decision in decisions],
    }
