# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Train the tokenizer of the embedded checkpoint: byte-level BPE on the dialogues of the training split.

    python embedded/tokenizer.py --output outputs/tokenizer

Bytes that no merge covers stay bytes, so that any text encodes. The result does not depend on the machine.
"""

import argparse
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast


REPO_ROOT = Path(__file__).resolve().parent.parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.embedded.clips import CATALOGUE, sample_scene  # noqa: E402
from gpt4video.embedded.dialogues import write_dialogue  # noqa: E402


SPECIAL_TOKENS = ("<pad>", "<s>", "</s>", "<|video|>", "<|image|>")
SYSTEM_PROMPT_SHARE = 20  # one dialogue in this many carries the system prompt, enough to learn its words whole


def template() -> str:
    """Read the chat template of the checkpoint at the root."""
    return (REPO_ROOT / "chat_template.jinja").read_text(encoding="utf-8")


def default_system_prompt(source: str) -> str:
    """Find the system prompt that the chat template writes when a conversation has none.

    Raises:
        ValueError: If the template holds no such line.
    """
    for line in source.splitlines():
        text = line.strip().removeprefix("{{-").removesuffix("-}}").strip().strip('"').removesuffix("\\n")
        if text.startswith("The following is a conversation"):
            return text
    raise ValueError("chat_template.jinja has no line with the default system prompt; add it or adapt this function")


def texts(num_dialogues: int, seed: int) -> Iterator[str]:
    """Write dialogues of the training split line by line, as the chat template puts them."""
    system_prompt = default_system_prompt(template())
    for index in range(num_dialogues):
        rng = np.random.default_rng([seed, index])
        scenes = [sample_scene(rng, "train") for _ in range(int(rng.choice(3, p=(0.45, 0.45, 0.1))))]
        if index % SYSTEM_PROMPT_SHARE == 0:
            yield system_prompt + "\n"
        for message in write_dialogue(scenes, rng, "train"):
            name = "Human" if message["role"] == "user" else "AI"
            for block in message["content"]:
                if block["type"] == "text":
                    yield f"{name}: {block['text']}\n"
    for entry in CATALOGUE:
        yield from (f" {name}\n" for name in (entry["name"], *entry["aliases"]))


def train_tokenizer(vocab_size: int, num_dialogues: int, seed: int) -> PreTrainedTokenizerFast:
    """Train the tokenizer.

    Args:
        vocab_size (`int`): Upper bound of the number of tokens, special ones and 256 bytes included.
        num_dialogues (`int`): Number of dialogues to learn from.
        seed (`int`): Seed of the dialogues; the same one gives the same tokenizer.

    Returns:
        `PreTrainedTokenizerFast`: A tokenizer that adds no tokens of its own; the chat template does.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=2,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(num_dialogues, seed), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        extra_special_tokens=["<|video|>", "<|image|>"],
        model_max_length=2048,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def main() -> None:
    """Train a tokenizer, save it and say how long its dialogues are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, help="folder for the tokenizer's files")
    parser.add_argument("--vocab_size", type=int, default=2560, help="upper bound of the number of tokens")
    parser.add_argument("--num_dialogues", type=int, default=12000, help="dialogues to learn from")
    parser.add_argument("--seed", type=int, default=0, help="seed of the dialogues")
    arguments = parser.parse_args()
    tokenizer = train_tokenizer(arguments.vocab_size, arguments.num_dialogues, arguments.seed)
    tokenizer.save_pretrained(arguments.output)
    system = len(tokenizer(default_system_prompt(template()) + "\n").input_ids)
    print(f"{len(tokenizer)} tokens, system prompt of {system}, saved to {arguments.output}")


if __name__ == "__main__":
    main()
