# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The text encoder of the drawing model: it learns to know object, motion and background in any wording, alone."""

from collections.abc import Iterator

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from torch import nn
from torch.nn import functional
from transformers import PreTrainedTokenizerFast, T5Config, T5EncoderModel

from .clips import BACKGROUNDS, MOTIONS, Scene, Split
from .draw_turns import what_to_draw
from .drawing_probe import PROPERTIES
from .drawn_world import DRAWN_OBJECTS, label_of
from .grading import Prompt
from .resumable import Training
from .wording import Wording, article, write_prompt


VOCABULARY, VOCABULARY_TEXTS = 700, 20000
WIDTH, BATCH, LEARNING_RATE, WARM_UP_STEPS = 128, 96, 2e-3, 50
LONGEST = 40
PLAIN_SHARE, SCENE_SHARE = 0.2, 0.25
LEADS = ("a video of ", "a clip of ", "draw ", "please draw ", "an animation of ", "show me ", "a short clip with ")
TAILS = (".", "!", ", please", ", please.", " in a clip", " as an animation", " for me")


def reword(scene: Scene, rng: np.random.Generator, split: Split) -> str:
    """Write a prompt for a scene in any of the wordings of a split, with the irregularities of typed text."""
    w = Wording(rng, split)
    prompt = Prompt(scene.objects[0], scene.motions[0], scene.background)
    kind = w.rng.random()
    if kind < PLAIN_SHARE:
        text = write_prompt(prompt)
    elif kind < PLAIN_SHARE + SCENE_SHARE:
        slots = {"object": w.said(prompt.object), "color": prompt.background, "motion": w.asked_motion(prompt.motion)}
        slots |= {"a_object": article(slots["object"]), "on_background": f"on {prompt.background}"}
        text = w.question("draw_scene", **slots, **w.asked_forms(prompt.motion))
    else:
        text = what_to_draw(w, prompt)
    if w.chance(0.2):
        text = w.one_of(LEADS) + text
    if w.chance(0.3):
        text += w.one_of(TAILS)
    return w.polish(text[:1].upper() + text[1:] if w.chance(0.4) else text)


def texts(scenes: list[Scene], count: int, seed: int, split: Split) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Write prompts for scenes drawn at random, with their labels."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        scene = scenes[int(rng.integers(len(scenes)))]
        yield reword(scene, rng, split), label_of(scene)


def train_tokenizer(scenes: list[Scene], seed: int) -> PreTrainedTokenizerFast:
    """Learn word pieces of lower-case letters; all else counts as a space. Every text ends with `</s>`."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex("[^a-z]+"), " "), normalizers.Strip()]
    )
    # Endings stand apart, so that an unseen form of a verb shares its stem with a seen one.
    endings = pre_tokenizers.Split(Regex("(ing|ed|s)$"), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), endings])
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=2,
        special_tokens=["<pad>", "</s>", "<unk>"],
        initial_alphabet=list("abcdefghijklmnopqrstuvwxyz"),
        show_progress=False,
    )
    written = (text for text, _ in texts(scenes, VOCABULARY_TEXTS, seed, "train"))
    tokenizer.train_from_iterator(written, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=120,
        padding_side="right",
        clean_up_tokenization_spaces=False,
    )


def build_encoder(tokenizer: PreTrainedTokenizerFast) -> T5EncoderModel:
    """Build the encoder with fresh weights."""
    return T5EncoderModel(
        T5Config(
            vocab_size=len(tokenizer),
            d_model=WIDTH,
            d_kv=WIDTH // 4,
            d_ff=2 * WIDTH,
            num_heads=4,
            num_layers=2,
            dropout_rate=0.1,
            feed_forward_proj="relu",
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            is_encoder_decoder=False,
        )
    )


class Heads(nn.ModuleDict):
    """Throw-away linear heads that read each property from any token."""

    def __init__(self) -> None:
        counts = (len(DRAWN_OBJECTS), len(MOTIONS), len(BACKGROUNDS))
        super().__init__({name: nn.Linear(WIDTH, count) for name, count in zip(PROPERTIES, counts, strict=True)})


def tokenize(tokenizer: PreTrainedTokenizerFast, written: list[str]) -> dict[str, torch.Tensor]:
    """Turn prompts into padded ids and a mask, `(num_texts, longest)` each."""
    return dict(tokenizer(written, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"))


def train(encoder, heads: Heads, tokenizer, training: Training, optimizer, scenes: list[Scene], steps: int) -> None:
    """Train so that every token knows all of the prompt: the drawing model may then look at any of them."""
    for step, generator in training.steps(steps):
        rate = min(1.0, (step + 1) / WARM_UP_STEPS) * (1 - 0.98 * step / steps)
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * rate
        seed = int(torch.randint(2**31, (1,), generator=generator))
        written, labels = zip(*texts(scenes, BATCH, seed, "train"), strict=True)
        torch.manual_seed(seed)
        inputs = tokenize(tokenizer, list(written))
        mask = inputs["attention_mask"].bool()
        states = encoder(**inputs).last_hidden_state[mask]
        wanted = torch.tensor(labels)[:, None].expand(-1, mask.shape[1], -1)[mask]
        loss = sum(functional.cross_entropy(heads[name](states), wanted[:, i]) for i, name in enumerate(PROPERTIES))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if (step + 1) % 100 == 0:
            training.log(loss=round(loss.item(), 4))


@torch.inference_mode()
def figures(encoder, heads: Heads, tokenizer, scenes: list[Scene], seed: int, count: int = 1500) -> dict[str, float]:
    """Share of prompts in wordings of the test split of which the end of the text knows each property."""
    encoder.eval()
    right = []
    for start in range(0, count, BATCH):
        written, labels = zip(*texts(scenes, BATCH, seed + start, "test"), strict=True)
        inputs = tokenize(tokenizer, list(written))
        states = encoder(**inputs).last_hidden_state
        last = states[torch.arange(len(written)), inputs["attention_mask"].sum(1) - 1]
        named = torch.stack([heads[name](last).argmax(1) for name in PROPERTIES], dim=1)
        right.append(named == torch.tensor(labels))
    encoder.train()
    share = torch.cat(right).float().mean(0)
    return {name: round(float(share[i]), 4) for i, name in enumerate(PROPERTIES)}
