# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""A conversation with clips in, words and drawing prompts out: as a `pipeline` and as a command.

`GPT4VideoPipeline` turns messages into token ids and reads their clips (`preprocess`), encodes each clip once, lets
`generate` write the reply (`_forward`), and cuts it into words and video prompts (`postprocess`). `TerminalChat` and
`main` are the command line. To run as a script too, it imports no sibling: what it needs of the processing file it
reaches through the processor.
"""

import argparse
import hashlib
import json
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any


if __name__ == "__main__":
    # Without a traceback of what is imported or loaded; the chat takes Ctrl-C back to stop an answer.
    signal.signal(signal.SIGINT, lambda *_: sys.stderr.write("interrupted\n") and os._exit(130))

import torch
from transformers import AutoModelForMultimodalLM, AutoProcessor, GenerationConfig, Pipeline, set_seed
from transformers.generation import StoppingCriteriaList, TextIteratorStreamer
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.utils import logging


SOURCE_KEYS = {"video": ("video", "url", "path"), "image": ("image", "url", "path", "base64")}


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


class GPT4VideoPipeline(Pipeline):
    """Answers conversations with clips and images in them.

    Called with a question and a clip, with messages, or with a list, generator or dataset of either.

    ```python
    >>> from transformers import pipeline

    >>> pipe = pipeline(model=".", trust_remote_code=True)
    >>> reply = pipe(prompt="What happens here?", video="examples/car_right_to_left_on_white.mp4")
    >>> sorted(reply)
    ['generated_text', 'parts', 'prompts']
    ```

    Media blocks of messages are `{"type": "video", "path": ...}` (or `url`, or `video` for arrays, frames, bytes and
    file objects) and `{"type": "image", ...}`. The features of the last `max_cached_media` of them are kept: showing
    one again in a later turn or call costs nothing. Beside those of `generate`, the parameters are `num_frames` or
    `fps` (frames of each clip, or of each second of it), `chat_template` (a name that the processor knows, or text)
    and `return_full_text` (whether `generated_text` is the conversation with the reply; by default the reply alone).
    An answer ends after `max_new_tokens`, or where the positions of the language model end.

    Each reply is a `dict`:
        - **generated_text** (`str` or `list[dict]`) -- The reply as the model wrote it, with its `<video>` tags.
        - **parts** (`list[dict]`) -- Words and video prompts in order: `{"type": "text", "text": ...}` and
          `{"type": "video_prompt", "text": ..., "index": ...}`, the index being N for `<videoN>`.
        - **prompts** (`list[str]`) -- What the model wants drawn, in order.
    """

    _load_tokenizer = _load_image_processor = _load_video_processor = _load_feature_extractor = False
    _load_processor = _pipeline_calls_generate = True
    _default_generation_config = GenerationConfig(max_new_tokens=256)
    max_cached_media = 64

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.tokenizer.padding_side = "left"  # rows of a batch are continued at their right end
        self._media: dict[tuple, dict] = {}
        self.context_length = getattr(self.model.config.text_config, "max_position_embeddings", None) or float("inf")

    def _sanitize_parameters(self, return_full_text=None, generate_kwargs=None, **kwargs):
        names = ("num_frames", "fps", "chat_template")
        preprocess_params = {name: value for name in names if (value := kwargs.pop(name, None)) is not None}
        postprocess_params = {} if return_full_text is None else {"return_full_text": return_full_text}
        return preprocess_params, {**(generate_kwargs or {}), **kwargs}, postprocess_params

    def __call__(self, inputs: Any = None, *, prompt: str | None = None, video=None, image=None, **kwargs) -> Any:
        """Answer; see the class for inputs, parameters and replies.

        Raises:
            ValueError: If a clip cannot be read (the processor's `ClipError`) or the conversation is too long or none.
        """
        if (inputs is None) == (prompt is None):
            raise ValueError("Pass either a conversation, or prompt= with video= or image= if wanted.")
        asked = {"prompt": prompt, "video": video, "image": image}
        return super().__call__(asked if inputs is None else inputs, **kwargs)

    def stream(self, inputs: Any = None, **kwargs) -> Iterator[dict]:
        """Answer one conversation piece by piece; arguments as for a call.

        Yields:
            `dict`: `{"type": "text", "text": ...}` with the next words, `{"type": "video_prompt", "text": ...,
            "index": ...}` once a prompt is complete, at last `{"type": "reply", ...}` with the keys of a reply.
            Closing the generator stops the answer after the current token.
        """
        streamer = TextIteratorStreamer(self.tokenizer, skip_prompt=True, skip_special_tokens=True)
        stop, parser = threading.Event(), sys.modules[type(self.processor).__module__].ReplyParser()
        criteria = StoppingCriteriaList(kwargs.pop("stopping_criteria", ()))
        criteria.append(lambda ids, scores, **_: torch.full(ids.shape[:1], stop.is_set(), device=ids.device))
        with ThreadPoolExecutor(max_workers=1) as executor:
            future = executor.submit(self, inputs, streamer=streamer, stopping_criteria=criteria, **kwargs)
            # Ends the stream also when the call raises before its first token; result() then raises here.
            future.add_done_callback(lambda _: streamer.end())
            try:
                for chunk in streamer:
                    yield from map(self._to_dict, parser.feed(chunk if parser.parts else chunk.lstrip()))
                yield from map(self._to_dict, parser.close())
                yield {"type": "reply", **future.result()}
            finally:
                stop.set()

    @staticmethod
    def _to_dict(part: Any) -> dict:
        return {"type": part.kind, "text": part.text} | ({} if part.kind == "text" else {"index": part.index})

    def _keep(self, media: dict) -> dict:
        self._media.pop(media["key"], None)
        self._media[media["key"]] = media
        while len(self._media) > self.max_cached_media:
            del self._media[next(iter(self._media))]
        return media

    def load_media(self, block: dict, **media_kwargs) -> dict:
        """Read a `{"type": "video" or "image", ...}` block, taking `num_frames` or `fps`, unless it is known already.

        Returns:
            `dict`: `type`, `key`, `source`, and `pixels` as the processor made them or, once encoded, `features`.
        """
        kind = block["type"]
        sources = [block[name] for name in SOURCE_KEYS[kind] if block.get(name) is not None]
        if len(sources) != 1:
            raise ValueError(f"A {kind} block needs one of the keys {SOURCE_KEYS[kind]}, got {sorted(block)}.")
        media_kwargs = {name: value for name, value in media_kwargs.items() if value is not None and kind == "video"}
        key = (kind, get_fingerprint(sources[0]), *sorted(media_kwargs.items()))
        if key in self._media:
            return self._keep(self._media[key])
        arguments = {f"{kind}s": sources, f"{kind}s_kwargs": {**media_kwargs, "return_tensors": "pt"}}
        inputs = self.processor(text=getattr(self.processor, f"{kind}_token"), **arguments)
        pixels = inputs["pixel_values" if kind == "image" else "pixel_values_videos"]
        # The source stays so that the identity of a file object is not given to another one.
        return self._keep({"type": kind, "key": key, "source": sources[0], "pixels": pixels})

    @torch.no_grad()
    def encode_media(self, media: dict) -> torch.Tensor:
        """Return the features `(num_video_tokens, hidden_size)` of what `load_media` read, encoded at most once."""
        media = self._media.get(media["key"], media)
        if "features" not in media:
            encode = self.model.get_image_features if media["type"] == "image" else self.model.get_video_features
            features = encode(media["pixels"].to(self.device), return_dict=True).pooler_output[0].cpu()
            media = self._keep({name: media[name] for name in ("type", "key", "source")} | {"features": features})
        return media["features"]

    def preprocess(self, inputs: Any, chat_template: str | None = None, **media_kwargs) -> dict:
        """Turn a conversation into `input_ids` and `attention_mask` `(1, sequence_length)` and the media it shows."""
        messages = to_messages(inputs)
        blocks = [block for message in messages for block in message["content"] if isinstance(block, dict)]
        shown = [self.load_media(block, **media_kwargs) for block in blocks if block["type"] in SOURCE_KEYS]
        # U+FFFD replaces lone surrogates, by which Python shows bytes that are no UTF-8; sources are not rendered.
        text = json.dumps(messages, ensure_ascii=False, default=lambda source: None).encode("utf-16", "surrogatepass")
        input_ids = self.tokenize(json.loads(text.decode("utf-16", "replace")), chat_template)
        row = {"messages": messages, "media": shown}
        return {"input_ids": input_ids, "attention_mask": torch.ones_like(input_ids), "conversation": row}

    def tokenize(self, messages: list[dict], chat_template: str | None = None) -> torch.LongTensor:
        """Render messages to ids `(1, sequence_length)`, if they are not too many; no words become control tokens."""
        templates = given if isinstance(given := self.processor.chat_template, dict) else {"default": given}
        template = templates.get(chat_template or "default", chat_template)
        if "{" not in (template or ""):
            raise ValueError(f"Give a chat template's text or one of the names {sorted(templates)}, not {template!r}.")
        options = {"add_generation_prompt": True, "sanitize_control_tokens": True, "return_tensors": "pt"}
        input_ids = self.tokenizer.apply_chat_template(messages, chat_template=template, **options)["input_ids"]
        config = self.model.config
        is_medium = (input_ids == config.video_token_id) | (input_ids == config.image_token_id)
        input_ids = input_ids.repeat_interleave(torch.where(is_medium, config.num_video_tokens, 1)[0], dim=1)
        if input_ids.shape[1] >= self.context_length:
            full = f"The conversation takes {input_ids.shape[1]} tokens; the language model reads fewer than"
            raise ValueError(f"{full} {self.context_length}. Leave out earlier turns or start a new conversation.")
        return input_ids

    def _forward(self, model_inputs: dict, **generate_kwargs) -> dict:
        conversations = model_inputs.pop("conversation")
        rows = conversations if isinstance(conversations, list) else [conversations]
        shown, encoded = [media for row in rows for media in row["media"]], {}
        for kind in {media["type"] for media in shown}:
            features = torch.stack([self.encode_media(media) for media in shown if media["type"] == kind])
            encoded[kind] = BaseModelOutputWithPooling(pooler_output=features.to(self.device))
        num_prompt_tokens = model_inputs["input_ids"].shape[1]
        limits = {"max_new_tokens": self.context_length - num_prompt_tokens, "max_length": self.context_length}
        asked = self._get_set_generation_params(self._prepare_generate_kwargs(generate_kwargs))
        limits = {name: min(limit, asked[name]) for name, limit in limits.items() if asked.get(name) is not None}
        generate_kwargs = self._prepare_generate_kwargs(generate_kwargs, return_dict_in_generate=False, **limits)
        sequences = self.model.generate(**model_inputs, mm_encoder_outputs=encoded, **generate_kwargs)
        generated_ids = sequences[:, num_prompt_tokens:].unflatten(0, (len(rows), -1))
        return {"generated_ids": generated_ids, "conversation": conversations}

    def postprocess(self, model_outputs: dict, return_full_text: bool = False) -> dict | list[dict]:
        """Turn generated ids `(1, num_replies, length)` into a reply, or several with `num_return_sequences`."""
        replies, parse_reply = [], sys.modules[type(self.processor).__module__].parse_reply
        for text in self.tokenizer.batch_decode(model_outputs["generated_ids"][0], skip_special_tokens=True):
            text = text.strip()
            parts = [self._to_dict(part) for part in parse_reply(text)]
            prompts = [part["text"] for part in parts if part["type"] == "video_prompt"]
            if return_full_text:
                text = [*model_outputs["conversation"]["messages"], {"role": "assistant", "content": text}]
            replies.append({"generated_text": text, "parts": parts, "prompts": prompts})
        return replies[0] if len(replies) == 1 else replies


class TerminalChat:
    """A chat in the terminal: lines are questions, lines that start with `/` are commands."""

    HELP = """/video PATH   show a clip (file or URL), then ask about it
/image PATH   show an image
/reset        start a new conversation
/quit         end, as /exit and Ctrl-D do; Ctrl-C stops an answer"""

    def __init__(self, pipe: GPT4VideoPipeline, **media_kwargs):
        self.pipe, self.media_kwargs, self.messages, self.shown = pipe, media_kwargs, [], []

    def run(self) -> None:
        """Carry out line after line until `/quit` or the end of the input."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("Chat with GPT4Video: ask, or show a clip with /video PATH. /help lists the commands.")
        while True:
            line = ""
            try:
                line = input("> ").strip()
                if not sys.stdin.isatty():
                    print(line)
                command, argument = [*line.split(maxsplit=1), "", ""][:2]
                if command in ("/quit", "/exit"):
                    return
                elif command in ("/video", "/image") and not argument:
                    print(f"! {command} needs a PATH")
                elif command in ("/video", "/image"):
                    self.show(command[1:], argument.strip("'\""))
                    print(f"Showing {self.shown[-1]['path']}")
                elif command == "/reset":
                    self.messages, self.shown = [], []
                elif command.startswith("/"):
                    print(self.HELP if command == "/help" else f"! unknown command {command} (try /help)")
                elif line:
                    self.ask(line)
            except EOFError:
                return
            except KeyboardInterrupt:
                print(" [stopped]" if line else " (/quit or Ctrl-D ends the chat)")
            except (ValueError, OSError) as error:
                print(f"! {error}")

    def show(self, kind: str, source: str) -> None:
        """Add a clip or image to the next question. It is encoded now, so that a bad one is told at once."""
        block = {"type": kind, "path": os.path.expanduser(source)}
        self.pipe.encode_media(self.pipe.load_media(block, **self.media_kwargs))
        self.shown.append(block)

    def ask(self, question: str) -> None:
        """Print the answer while it is written; if it is stopped, what was said so far stays in the conversation."""
        user, said = {"role": "user", "content": [*self.shown, {"type": "text", "text": question}]}, ""
        stream = self.pipe.stream([*self.messages, user], **self.media_kwargs)
        try:
            for part in stream:
                if part["type"] == "text":
                    said += part["text"]
                    print(part["text"], end="", flush=True)
                elif part["type"] == "video_prompt":
                    said += "<video{0}>{1}</video{0}>".format("" if (n := part["index"]) is None else n, part["text"])
                    print(f"\nVideo prompt: {part['text']}")
                said = part.get("generated_text", said)
            print()
        finally:
            stream.close()
            if said:
                self.messages += [user, {"role": "assistant", "content": said}]
                self.shown = []


def main(arguments: list[str] | None = None) -> None:
    """Open a model and answer or chat, as the command line (or `arguments`) says."""
    hint = "Example: python pipeline_gpt4video.py --video examples/airplane_upwards_on_blue.mp4 --prompt 'What is it?'"
    parser = argparse.ArgumentParser(description="Ask GPT4Video about clips, once or in a chat.", epilog=hint)
    root = str(Path(__file__).resolve().parent)
    parser.add_argument("--model", default=root, help="folder or Hub id, whose code is run (default: this folder)")
    parser.add_argument("--video", action="append", default=[], help="file or URL of a clip; repeat for several")
    parser.add_argument("--prompt", help="one question to answer; without it, a chat begins")
    parser.add_argument("--max_new_tokens", type=int, default=256, help="longest answer, in tokens (default: 256)")
    parser.add_argument("--num_frames", type=int, help="frames taken of each clip (default: the processor's number)")
    parser.add_argument("--chat_template", help="name or .jinja file, e.g. chat_templates/original.jinja")
    parser.add_argument("--seed", type=int, help="sample with this seed (default: as generation_config.json says)")
    parser.add_argument("--device", help="e.g. cpu or cuda:0 (default: the first accelerator, else cpu)")
    args = parser.parse_args(arguments)
    settings = {"max_new_tokens": args.max_new_tokens, "chat_template": args.chat_template}
    logging.disable_progress_bar()
    try:
        torch.zeros(1, device=args.device).item()
    except (RuntimeError, AssertionError, ImportError):
        sys.exit(f"error: torch cannot use a device {args.device!r} here")
    try:
        if args.seed is not None:
            set_seed(args.seed)
            settings["do_sample"] = True
        if str(args.chat_template).endswith(".jinja"):
            settings["chat_template"] = Path(args.chat_template).read_text(encoding="utf-8")
        model = AutoModelForMultimodalLM.from_pretrained(args.model, trust_remote_code=True)
        processor = AutoProcessor.from_pretrained(args.model, trust_remote_code=True)
        pipe = GPT4VideoPipeline(model=model, processor=processor, device=args.device, **settings)
        chat = TerminalChat(pipe, num_frames=args.num_frames)
        for source in args.video:
            chat.show("video", source)
        chat.run() if args.prompt is None else chat.ask(args.prompt)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    for stream in filter(None, (sys.stdin, sys.stdout)):
        stream.reconfigure(errors="surrogateescape")
    main()
