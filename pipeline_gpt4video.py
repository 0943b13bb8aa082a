# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""A conversation with clips in, words and drawn clips out: as a `pipeline` and as a command.

`GPT4VideoPipeline` reads the clips of messages, asks the guards and makes token ids (`preprocess`), encodes each clip
once, lets `generate` write the reply (`_forward`), cuts it into words and video prompts, and has the prompts drawn
(`postprocess`). Its siblings do the parts: `conversation_gpt4video.py` what comes in, `drawing_gpt4video.py` what goes
out, `safety_gpt4video.py` the decisions, `chat_gpt4video.py` the command line, which this file is when it is run.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from queue import SimpleQueue
from typing import Any


if __name__ == "__main__":
    # Without a traceback of what is imported or loaded; the chat takes Ctrl-C back to stop an answer.
    signal.signal(signal.SIGINT, lambda *_: sys.stderr.write("interrupted\n") and os._exit(130))
    # The package door without an install: a file that is run has no siblings.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(Path(__file__).resolve().parent)]
    sys.modules["gpt4video"] = module_from_spec(spec)
    for stream in filter(None, (sys.stdin, sys.stdout)):
        stream.reconfigure(errors="surrogateescape")
    sys.exit(import_module("gpt4video.chat_gpt4video").main())

import torch
from transformers import GenerationConfig, Pipeline
from transformers.generation import StoppingCriteriaList
from transformers.modeling_outputs import BaseModelOutputWithPooling

from .chat_gpt4video import TerminalChat
from .conversation_gpt4video import (
    Conversation,
    EventStreamer,
    fetch,
    get_fingerprint,
    get_source,
    media_blocks,
    part_to_dict,
    to_messages,
    to_reply,
    to_turns,
    user_texts,
)
from .drawing_gpt4video import GENERATOR, Room, Studio, draw_prompts, find_generator
from .processing_gpt4video import parse_reply
from .reading_gpt4video import is_address
from .refusals_gpt4video import words_refuse
from .safety_gpt4video import Guards
from .text_to_video_gpt4video import DrawingError


class Stopped(Exception):  # noqa: N818
    """A stream was closed."""


class GPT4VideoPipeline(Pipeline):
    """Answers conversations with clips and images in them, and draws the clips that the answers ask for.

    Called with a question and a clip, with messages, or with a list, generator or dataset of either.

    ```python
    >>> from transformers import pipeline

    >>> pipe = pipeline(model=".", trust_remote_code=True)
    >>> reply = pipe(prompt="What happens here?", video="examples/car_right_to_left_on_white.mp4")
    >>> sorted(reply)
    ['decisions', 'generated_text', 'message', 'parts', 'prompts']
    ```

    Media blocks of messages are `{"type": "video", "path": ...}` (or `url`, or `video` for arrays, frames, bytes and
    file objects) and `{"type": "image", ...}`. The features of the last `max_cached_media` of them are kept: showing
    one again in a later turn or call costs nothing. Beside those of `generate`, the parameters are `num_frames` or
    `fps` (frames of each clip, or of each second of it), `chat_template` (a name that the processor knows, or text),
    `check_words` (whether the guard of prompts reads the user's words too), `draw` (whether prompts are drawn; by
    default where there is a generator), `draw_kwargs` (of the generator), `seed` and `output_dir` (of `draw_prompts`),
    `on_event` (gets what `stream` yields, and ends the answer if it raises) and `return_full_text` (whether
    `generated_text` is the conversation with the reply; by default the reply alone).
    An answer ends after `max_new_tokens`, or where the positions of the language model end.

    Each reply is a `dict`:
        - **generated_text** (`str` or `list[dict]`) -- The reply as the model wrote it, with its `<video>` tags, or
          the refusal where the guards stopped the conversation before.
        - **message** (`dict`) -- The assistant's turn, to be appended to the messages; it shows the drawn clips.
        - **parts** (`list[dict]`) -- In order: `{"type": "text", "text"}`; `{"type": "video_prompt", "text",
          "index"}`, the index being N for `<videoN>`; after a prompt what it led to, either `{"type": "video",
          "prompt", "index", "frames", "fps", "path", "record"}` with uint8 frames `(num_frames, height, width, 3)` and
          all that is needed to draw them again, or `{"type": "refusal", "text", "index", "stage"}`.
        - **prompts** (`list[str]`) -- What the model wants drawn, in order.
        - **decisions** (`list[dict]`) -- What the guards and the model decided, in order: see `Decision`.

    Args:
        text_to_video (*optional*): What draws: a `TextToVideo`, what `open_text_to_video` opens (a preset, a folder, a
            Hub id, an address), or a `dict` of its arguments. By default the folder `text_to_video` of the model, if
            it is on this machine; `True` downloads it; `False` leaves prompts as they are.
        guards (*optional*): A `Guards`, or a `dict` of arguments of `Guards.from_pretrained`, which opens them by
            default; `None` switches all off.
        share_memory (`bool`, *optional*, defaults to `False`): Whether the language model and the generator take turns
            on the device, which then need not hold both.
    """

    _load_tokenizer = _load_image_processor = _load_video_processor = _load_feature_extractor = False
    _load_processor = _pipeline_calls_generate = True
    _default_generation_config = GenerationConfig(max_new_tokens=256)
    max_cached_media = 64

    def __init__(
        self, *args, text_to_video: Any = None, guards: Any = "default", share_memory: bool = False, **kwargs
    ):
        super().__init__(*args, **kwargs)
        self.tokenizer.padding_side = "left"  # rows of a batch are continued at their right end
        self._media: dict[tuple, dict] = {}
        self.context_length = getattr(self.model.config.text_config, "max_position_embeddings", None) or float("inf")
        origin = {"model": self.model.name_or_path, "revision": getattr(self.model.config, "_commit_hash", None)}
        if isinstance(guards, str) and guards != "default":
            raise ValueError(f"guards is {guards!r}; it can be 'default', a Guards, its arguments, or None: all off.")
        if isinstance(guards, Mapping | str):
            guards = Guards.from_pretrained(**origin | ({} if isinstance(guards, str) else guards))
        self.guards = guards or Guards(prompt_guard=None, frame_guard=None)
        self.studio = None
        generator = find_generator(**origin) if text_to_video is None else text_to_video
        if generator is True or isinstance(generator, str | Path):
            generator = origin | {"subfolder": GENERATOR} if generator is True else {"model": generator}
        if isinstance(generator, Mapping) and not (is_address(generator.get("model")) or "provider" in generator):
            generator = {"device": self.device, **generator}
        if generator:
            self.studio = Studio(generator, Room(self.model, self.device) if share_memory else None)
        if generator and text_to_video is not None:
            with self.studio():  # what was asked for is opened now, so that a wrong name is told at once
                pass

    def _sanitize_parameters(self, generate_kwargs=None, **kwargs):
        def take(*names: str) -> dict:
            return {name: value for name in names if (value := kwargs.pop(name, None)) is not None}

        both = take("on_event")
        preprocess_params = take("num_frames", "fps", "chat_template", "check_words")
        postprocess_params = take("return_full_text", "draw", "draw_kwargs", "seed", "output_dir") | both
        return preprocess_params, {**(generate_kwargs or {}), **kwargs, **both}, postprocess_params

    def __call__(self, inputs: Any = None, *, prompt: str | None = None, video=None, image=None, **kwargs) -> Any:
        """Answer; see the class for inputs, parameters and replies.

        Raises:
            ValueError: If a clip cannot be read (the processor's `ClipError`), the conversation is too long or none,
                or drawing fails (`DrawingError`, `ClipFileError`).
        """
        if (inputs is None) == (prompt is None):
            raise ValueError("Pass either a conversation, or prompt= with video= or image= if wanted.")
        if kwargs.get("draw") and not self.studio:
            raise DrawingError("There is nothing to draw with: open the pipeline with text_to_video=.")
        asked = {"prompt": prompt, "video": video, "image": image}
        return super().__call__(asked if inputs is None else inputs, **kwargs)

    def stream(self, inputs: Any = None, **kwargs) -> Iterator[dict]:
        """Answer one conversation piece by piece; arguments as for a call.

        Yields:
            `dict`: `{"type": "text", "text": ...}` with the next words, `{"type": "video_prompt", "text", "index"}`
            once a prompt is complete, `{"type": "progress", "index", "step", "num_steps"}` at each step of a drawing,
            the parts of the types `video` and `refusal`, at last `{"type": "reply", ...}` with the keys of a reply.
            Closing the generator stops the answer after the current token, the drawing after the current step.
        """
        events, stop = SimpleQueue(), threading.Event()

        def check(*_, **__) -> None:
            if stop.is_set():
                raise Stopped

        def keep_on(ids: torch.Tensor, scores: torch.Tensor, **_) -> torch.Tensor:
            check()
            return torch.zeros(ids.shape[:1], dtype=torch.bool, device=ids.device)

        def tell(event: dict) -> None:
            check()
            events.put(event)

        criteria = StoppingCriteriaList([*kwargs.pop("stopping_criteria", ()), keep_on])
        with ThreadPoolExecutor(max_workers=1) as executor:
            future = executor.submit(self, inputs, on_event=tell, stopping_criteria=criteria, **kwargs)
            # Ends the stream also when the call raises before its first token; result() then raises here.
            future.add_done_callback(lambda _: events.put(None))
            try:
                yield from iter(events.get, None)
                yield {"type": "reply", **future.result()}
            finally:
                stop.set()

    def chat(self, **kwargs) -> None:
        """Chat in the terminal; arguments as for a call."""
        TerminalChat(self, **kwargs).run()

    def _keep(self, media: dict) -> dict:
        self._media.pop(media["key"], None)
        self._media[media["key"]] = media
        while len(self._media) > self.max_cached_media:
            del self._media[next(iter(self._media))]
        return media

    def load_media(self, block: dict, **media_kwargs) -> dict:
        """Read a `{"type": "video" or "image", ...}` block, taking `num_frames` or `fps`, unless it is known already.

        Returns:
            `dict`: `type`, `key`, `source`, the `decision` of the guard of frames, and, if it lets the clip pass,
            `pixels` as the processor made them or, once encoded, `features`.
        """
        kind, source = block["type"], get_source(block)
        media_kwargs = {name: value for name, value in media_kwargs.items() if value is not None and kind == "video"}
        # Another guard decides anew.
        key = (kind, get_fingerprint(source), self.guards.frame_guard, *sorted(media_kwargs.items()))
        # Adapters of what encodes clips may have been switched since features were kept.
        adapted = (name for name, part in self.model.named_modules() if hasattr(part, "_active_adapter"))
        if key in self._media and all("language_model" in name for name in adapted):
            media = self._keep(self._media[key])
            self.guards.note(media["decision"])
            return media
        limits = vars(self.processor.video_processor)
        content = fetch(kind, source, limits)
        media = {"type": kind, "key": key, "source": source}
        media["decision"] = self.guards.check_clip_in(content, limits, is_image=kind == "image")
        if media["decision"].allowed:
            if "frame_rate" in block:
                media_kwargs["video_metadata"] = [{"fps": block["frame_rate"]}]
            arguments = {f"{kind}s": [content], f"{kind}s_kwargs": {**media_kwargs, "return_tensors": "pt"}}
            inputs = self.processor(text=getattr(self.processor, f"{kind}_token"), **arguments)
            media["pixels"] = inputs["pixel_values" if kind == "image" else "pixel_values_videos"]
        # The source stays so that the identity of a file object is not given to another one.
        return self._keep(media)

    @torch.no_grad()
    def encode_media(self, media: dict) -> torch.Tensor:
        """Return the features `(num_video_tokens, hidden_size)` of what `load_media` read, encoded at most once."""
        media = self._media.get(media["key"], media)
        if "features" not in media:
            encode = self.model.get_image_features if media["type"] == "image" else self.model.get_video_features
            features = encode(media["pixels"].to(self.device), return_dict=True).pooler_output[0].cpu()
            kept = {name: value for name, value in media.items() if name != "pixels"}
            media = self._keep(kept | {"features": features})
        return media["features"]

    def preprocess(
        self, inputs: Any, chat_template: str | None = None, check_words: bool = False, **media_kwargs
    ) -> dict:
        """Turn a conversation into `input_ids` and `attention_mask` `(1, sequence_length)`, judged and with its media.

        The guards are asked in order, until one of them stops the conversation.
        """
        row = Conversation(to_messages(inputs))
        if check_words:
            row.decisions.append(self.guards.check_words(user_texts(row.messages)))
        for block in media_blocks(row.messages):
            if row.stopped:
                break
            row.media.append(self.load_media(block, **media_kwargs))
            row.decisions.append(row.media[-1]["decision"])
        input_ids = self.tokenize(to_turns(row.messages), chat_template)
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

    def _forward(self, model_inputs: dict, on_event: Callable | None = None, **generate_kwargs) -> dict:
        conversations = model_inputs.pop("conversation")
        rows = conversations if isinstance(conversations, list) else [conversations]
        going_on = [number for number, row in enumerate(rows) if not row.stopped]
        generated_ids = torch.zeros(len(rows), 1, 0, dtype=torch.long)
        if going_on:
            if on_event:
                generate_kwargs["streamer"] = EventStreamer(self.tokenizer, on_event)
            model_inputs = {name: tensor[going_on] for name, tensor in model_inputs.items()}
            media = [media for number in going_on for media in rows[number].media]
            sequences = self._generate(model_inputs, media, generate_kwargs).unflatten(0, (len(going_on), -1))
            generated_ids = sequences.new_full((len(rows), *sequences.shape[1:]), self.tokenizer.pad_token_id)
            generated_ids[going_on] = sequences
        return {"generated_ids": generated_ids, "conversation": conversations}

    def _generate(self, model_inputs: dict, shown: list[dict], generate_kwargs: dict) -> torch.LongTensor:
        """Generate from prompts and the media in them; returns the new ids of each row and reply."""
        encoded = {}
        for kind in {media["type"] for media in shown}:
            features = torch.stack([self.encode_media(media) for media in shown if media["type"] == kind])
            encoded[kind] = BaseModelOutputWithPooling(pooler_output=features.to(self.device))
        num_prompt_tokens = model_inputs["input_ids"].shape[1]
        limits = {"max_new_tokens": self.context_length - num_prompt_tokens, "max_length": self.context_length}
        asked = self._get_set_generation_params(self._prepare_generate_kwargs(generate_kwargs))
        limits = {name: min(limit, asked[name]) for name, limit in limits.items() if asked.get(name) is not None}
        generate_kwargs = self._prepare_generate_kwargs(generate_kwargs, return_dict_in_generate=False, **limits)
        sequences = self.model.generate(**model_inputs, mm_encoder_outputs=encoded, **generate_kwargs)
        return sequences[:, num_prompt_tokens:]

    def postprocess(self, model_outputs: dict, return_full_text: bool = False, **drawing) -> dict | list[dict]:
        """Turn generated ids `(1, num_replies, length)` into a reply, or several with `num_return_sequences`."""
        row, replies = model_outputs["conversation"], []
        for text in self.tokenizer.batch_decode(model_outputs["generated_ids"][0], skip_special_tokens=True):
            reply = self._answer(row, text.strip(), **drawing)
            if return_full_text:
                reply["generated_text"] = [*row.messages, reply["message"]]
            replies.append(reply)
        return replies[0] if len(replies) == 1 else replies

    def _answer(
        self,
        row: Conversation,
        text: str,
        on_event: Callable[[dict], Any] = lambda event: None,
        draw: bool = True,
        draw_kwargs: dict | None = None,
        **drawing,
    ) -> dict:
        """Make a reply of what the model wrote, and have its prompts drawn."""
        if row.stopped:
            refusal = {"type": "refusal", "text": row.stopped.refusal, "index": None, "stage": row.stopped.stage}
            on_event(refusal)
            return to_reply(refusal["text"], [refusal], row.decisions)
        parts = [part_to_dict(part) for part in parse_reply(text)]
        prompts = [part for part in parts if part["type"] == "video_prompt"]
        words = " ".join(part["text"] for part in parts if part["type"] == "text")
        decisions = [*row.decisions, self.guards.note_reply([part["text"] for part in prompts], words_refuse(words))]
        if prompts and draw and self.studio:
            drawing |= draw_kwargs or {}
            drawn, said = draw_prompts(prompts, self.studio, self.guards, on_event, **drawing)
            drawn, decisions = iter(drawn), decisions + said
            pairs = ([part, next(drawn)] if part["type"] == "video_prompt" else [part] for part in parts)
            parts = [part for pair in pairs for part in pair]
        return to_reply(text, parts, decisions)


__all__ = ["GPT4VideoPipeline"]
