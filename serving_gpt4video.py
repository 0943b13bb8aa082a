# Copyright 2026 The GPT4Video contributors. All rights reserved.
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""What `transformers serve` needs of GPT4Video, and what its clients may not ask for.

1. The name of the model is put where the server looks for the models that read clips.
2. `check_request` keeps a request from opening files of the machine, loading sound and lifting limits.
3. `checks_requests` answers 400 and the cause where the server would answer 500, and has it cut the space off that
   stands between the header of an answer and its words.
Nothing of this happens in a process without that server, except for the name.
"""

import functools
import importlib
import os
import re
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

from transformers.models.auto import modeling_auto

from .reading_gpt4video import is_address


# `AutoModelForMultimodalLM.register` keeps its entries elsewhere; the server opens the processor before the model.
modeling_auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES.setdefault("gpt4video", "GPT4VideoForConditionalGeneration")

SERVER = "transformers.cli.serving.server"
FOLDERS = "GPT4VIDEO_MEDIA_FOLDERS"
MEDIA = ("video", "image")
# What the server passes itself, and what a request may add to it as `chat_template_kwargs`.
FROM_SERVER = {"tools", "return_tensors", "return_dict", "tokenize", "add_generation_prompt", "load_audio_from_video"}
FROM_SERVER |= {"sanitize_control_tokens"}
FROM_REQUEST = {"num_frames": int, "fps": (int, float), "chat_template": str}
SERVER_FRAMES = 32  # The `num_frames` that the server writes for every request with a clip that gives none.


class RequestError(ValueError):
    """A request asks for what the server does not do. The message names it and what to do."""


def find_file(source: str) -> str:
    """Resolve a path or `file:` address that lies in one of the folders of `GPT4VIDEO_MEDIA_FOLDERS`.

    Raises:
        RequestError: If it lies outside of them; whether such a file exists is not said.
    """
    path = urllib.request.url2pathname(source[5:].removeprefix("//")) if source[:5].lower() == "file:" else source
    path = os.path.realpath(path)
    folders = [os.path.realpath(name) for name in os.environ.get(FOLDERS, "").split(os.pathsep) if name]
    if not any(os.path.commonpath([folder, path]) == folder for folder in folders):
        raise RequestError(
            f"{source[:500]!r} is no http(s) or data: address, and files are read only from the folders that the "
            f"server's environment variable {FOLDERS} lists (now {len(folders)})."
        )
    return path


def check_request(processor: Any, conversation: list[dict], options: dict[str, Any]) -> tuple[list[dict], dict]:
    """Return the conversation and options of a request, with files resolved and the frames of all its clips limited.

    Raises:
        RequestError: If it is empty, holds media but clips and images, names files or lifts limits.
    """
    if unknown := sorted(options.keys() - FROM_SERVER - FROM_REQUEST.keys()):
        raise RequestError(f"chat_template_kwargs may hold {sorted(FROM_REQUEST)}, not {unknown}.")
    options = {name: value for name, value in options.items() if value is not None}
    if options.get("sanitize_control_tokens", True) is not True:
        raise RequestError("Words of a request cannot become control tokens, sanitize_control_tokens stays true.")
    for name, kind in FROM_REQUEST.items():
        if name in options and (not isinstance(options[name], kind) or isinstance(options[name], bool)):
            raise RequestError(f"{name} cannot be {str(options[name])[:100]!r}.")
    known = sorted({"default", *(processor.chat_template if isinstance(processor.chat_template, dict) else {})})
    if options.setdefault("chat_template", "default") not in known:
        raise RequestError(f"chat_template must be one of the names {known}.")
    if known == ["default"]:
        del options["chat_template"]
    # Far more frames than in training give wrong answers, and who asks for 32 cannot be told from the server.
    if options.get("num_frames") == SERVER_FRAMES:
        del options["num_frames"]
    if not conversation:
        raise RequestError("A conversation holds at least one message.")
    checked, num_clips = [], 0
    for message in conversation:
        blocks = []
        for block in [] if isinstance(message["content"], str) else message["content"]:
            if block["type"] in MEDIA:
                source = block.get("url")
                if not isinstance(source, str):
                    raise RequestError(f"The url of a {block['type']} block must be a string, got {type(source)}.")
                is_data = source[:5].lower() == "data:"
                block = block if is_data or is_address(source) else {**block, "url": find_file(source)}
            elif block["type"] != "text":
                raise RequestError(f"This model reads text, clips and images, found a block of {block['type']}.")
            num_clips += block["type"] == "video"
            blocks.append(block)
        checked.append({**message, "content": blocks or message["content"]})
    options["max_sampled_frames"] = processor.video_processor.max_sampled_frames // max(1, num_clips)
    return checked, options


def checks_requests(apply: Callable) -> Callable:
    """Wrap `apply_chat_template` of a processor so that it checks the requests of `transformers serve`."""

    @functools.wraps(apply)
    def apply_chat_template(self: Any, conversation: list, chat_template: str | None = None, **options: Any) -> Any:
        if SERVER not in sys.modules:
            return apply(self, conversation, chat_template, **options)
        special = "|".join(map(re.escape, self.tokenizer.all_special_tokens))
        content = {"open_pattern": r"\s*(?=\S)", "close_pattern": special, "content": "text"}
        self.tokenizer.response_template = {"start_anchor_pattern": r"\Z", "fields": {"content": content}}
        refusals = (ValueError, importlib.import_module("jinja2").TemplateError)
        try:
            conversation, options = check_request(self, conversation, {"chat_template": chat_template, **options})
            inputs = apply(self, conversation, **options)
            length, limit = inputs["input_ids"].shape[1], self.tokenizer.model_max_length
            if length >= limit:
                raise RequestError(f"The conversation takes {length} tokens, the model reads fewer than {limit}.")
        except refusals as error:
            # The only kind of exception for which the server sends a message.
            raise importlib.import_module("fastapi").HTTPException(status_code=400, detail=str(error)) from error
        return inputs

    return apply_chat_template
