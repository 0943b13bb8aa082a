# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""GPT4Video for lmms-eval, which finds it by the entry point of `pyproject.toml` once the package is installed.

    pip install lmms-eval
    pip install -e .
    lmms-eval --model gpt4video --model_args pretrained=. --batch_size 4 --include_path examples/lmms_eval \\
        --tasks gpt4video_questions

Answers are those of the model, without the guards and the drawing of the pipeline.
"""

from typing import Any

import torch
from accelerate import Accelerator
from lmms_eval.api.instance import GenerationResult, Instance, TokenCounts
from lmms_eval.api.model import lmms
from lmms_eval.models.registry_v2 import ModelManifest
from lmms_eval.protocol import ChatMessages
from lmms_eval.utils import Collator
from tqdm import tqdm
from transformers import AutoModelForImageTextToText, AutoProcessor


# Of what tasks write as settings of generation; the rest is for particular models.
LENGTHS, SAMPLING = ("max_new_tokens", "num_beams"), ("temperature", "top_p", "top_k")


def list_models() -> ModelManifest:
    """Tell lmms-eval the name and the class."""
    return ModelManifest(model_id="gpt4video", chat_class_path=f"{__name__}.GPT4VideoForLmmsEval")


def to_blocks(messages: list[dict]) -> list[dict]:
    """Turn the messages of a task into those of the chat template.

    Raises:
        ValueError: If a task asks for sound, or for a part of a clip.
    """
    conversation = ChatMessages(messages=messages)
    for message in conversation.messages:
        for block in message.content:
            if block.type == "audio" or block.type == "video" and (block.start_time, block.end_time) != (None, None):
                raise ValueError(f"GPT4Video reads whole clips, images and text; the task has {block!r:.200}.")
    return conversation.to_hf_messages()


class GPT4VideoForLmmsEval(lmms):
    """A GPT4Video model folder or Hub repository, answering in batches.

    Args:
        pretrained (`str`): Folder or Hub id, whose code is run.
        revision (`str`, *optional*): Branch, tag or commit on the Hub.
        device (`str`, *optional*): Where it runs; by default where accelerate puts this process.
        dtype (`str`, *optional*, defaults to `"auto"`): Type of the weights.
        batch_size (`int`, *optional*, defaults to 1): Questions that are answered at once.
        num_frames (`int`, *optional*): Frames of each clip; by default the processor's number.
        fps (`float`, *optional*): Frames of each second of a clip instead.
        max_new_tokens (`int`, *optional*, defaults to 128): Length of an answer where a task gives none.
    """

    is_simple = False

    def __init__(
        self,
        pretrained: str,
        revision: str = "main",
        device: str | None = None,
        dtype: str = "auto",
        batch_size: int | str = 1,
        num_frames: int | None = None,
        fps: float | None = None,
        max_new_tokens: int = 128,
    ):
        super().__init__()
        if not str(batch_size).isdecimal():
            raise ValueError(f"batch_size is a number of questions, got {batch_size!r}.")
        self.accelerator = Accelerator()
        self._rank, self._world_size = self.accelerator.process_index, self.accelerator.num_processes
        source = {"pretrained_model_name_or_path": pretrained, "revision": revision, "trust_remote_code": True}
        self.processor = AutoProcessor.from_pretrained(**source)
        self.model = AutoModelForImageTextToText.from_pretrained(**source, dtype=dtype)
        self.device = torch.device(device or self.accelerator.device)
        self.model.eval().to(self.device)
        self.batch_size, self.max_new_tokens = int(batch_size), max_new_tokens
        frames = {"num_frames": num_frames, "fps": fps}
        self.processor_kwargs = {name: value for name, value in frames.items() if value is not None}

    @torch.inference_mode()
    def reply(self, conversations: list[list[dict]], settings: dict[str, Any]) -> list[GenerationResult]:
        """Answer a batch of conversations with the generation settings of a task."""
        inputs = self.processor.apply_chat_template(
            conversations,
            tokenize=True,
            add_generation_prompt=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True, **self.processor_kwargs},
        ).to(self.device)
        is_sampled = bool(settings.get("temperature"))
        names = LENGTHS + SAMPLING if is_sampled else LENGTHS
        chosen = {name: settings[name] for name in names if settings.get(name) is not None}
        chosen = {"max_new_tokens": self.max_new_tokens, "do_sample": is_sampled, **chosen}
        ids = self.model.generate(**inputs, **chosen)
        stops = settings.get("until") or []
        results = []
        for row in ids[:, inputs["input_ids"].shape[1] :]:
            text = self.processor.decode(row, skip_special_tokens=True).strip()
            for stop in [stops] if isinstance(stops, str) else stops:
                text = text.partition(stop)[0]
            length = int((row != self.processor.tokenizer.pad_token_id).sum())
            results.append(GenerationResult(text=text, token_counts=TokenCounts(output_tokens=length)))
        return results

    def generate_until(self, requests: list[Instance]) -> list[GenerationResult]:
        """Answer all requests, those with the same settings together."""
        order = Collator(
            [request.args for request in requests],
            sort_fn=lambda args: (args[4], args[3]),
            group_fn=lambda args: args[2],
            grouping=True,
        )
        results = []
        with tqdm(total=len(requests), disable=self.rank != 0, desc="Model Responding") as bar:
            for batch in order.get_batched(n=self.batch_size):
                documents = [self.task_dict[task][split][number] for _, _, _, number, task, split in batch]
                messages = [arguments[1](document) for arguments, document in zip(batch, documents, strict=True)]
                answers = self.reply([to_blocks(conversation) for conversation in messages], batch[0][2])
                for arguments, answer in zip(batch, answers, strict=True):
                    self.cache_hook.add_partial("generate_until", (arguments[0], arguments[2]), answer.text)
                results += answers
                bar.update(len(batch))
        return order.get_original(results)

    def generate_until_multi_round(self, requests: list[Instance]) -> list[str]:
        """Refuse: the rounds of such tasks depend on each other's answers in ways of their own."""
        raise NotImplementedError("GPT4Video answers tasks of output_type generate_until.")

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """Refuse: choices are compared by what the model writes."""
        raise NotImplementedError("GPT4Video answers tasks of output_type generate_until.")
