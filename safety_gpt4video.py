# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The guards: what a user asks for, and what would be drawn, is judged by a model of its own.

`PromptGuard` reads words. The small one in `prompt_guard/` is the default; any text classifier can stand in for it.
"""

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)


DEFAULT_PROMPT_GUARD = Path(__file__).resolve().parent / "prompt_guard"
HARMLESS_LABELS = frozenset(("safe", "benign", "harmless", "neutral", "ok", "non-toxic", "label_0"))
WINDOW, OVERLAP = 128, 32  # tokens; longer texts are judged piece by piece
BATCH_SIZE = 64  # pieces that are judged at a time

# Letters of other scripts that are drawn like Latin ones; wide and mathematical letters fall to NFKC.
_LOOK_ALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХавеѕіјкмнорстухԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧαονρτυχɑɡıłØø",
    "ABESIJKMHOPCTYXabesijkmhopctyxdqwhABEZHIKMNOPTYXaovptuxagilOo",
)
_LEET = str.maketrans("013457@$!|", "oieastasil")
_LEET_WORD = re.compile(r"[\w@$|](?:[\w@$!|]*[\w@$|])?")
_SPACED_LETTERS = re.compile(r"\b([aAI] )?(\w(?:[ .*_-]\w\b){2,})")  # after an article, or a person
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{12,}={0,2}(?![A-Za-z0-9+/=])")


class GuardError(ValueError):
    """A model cannot serve as a guard. The message says why."""


@dataclass(frozen=True)
class Verdict:
    """What a guard says about a text.

    Args:
        allowed (`bool`): Whether it may pass.
        score (`float`): Probability that it is harmful, 0 to 1.
        label (`str`): The class that the guard finds most likely.
    """

    allowed: bool
    score: float
    label: str


def visible(text: str) -> str:
    """Spell a text with the letters that one sees: no hidden characters, look-alikes or marks above letters."""
    text = unicodedata.normalize("NFKC", text).translate(_LOOK_ALIKES)
    text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cf", "Mn", "Co", "Cn"))
    return " ".join(unicodedata.normalize("NFKC", text).split())


def unmask(found: re.Match) -> str:
    """Put letters for the digits and signs of a word that also has letters."""
    word = found[0]
    return word.translate(_LEET) if any(letter.isalpha() for letter in word) else word


def readings(text: str) -> list[str]:
    """List what a text may be read as: itself, without spread letters, leetspeak and accents, and its base64."""
    seen = visible(text)
    joined = _SPACED_LETTERS.sub(lambda found: (found[1] or "") + re.sub(r"[ .*_-]", "", found[2]), seen)
    plain = _LEET_WORD.sub(unmask, joined)
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if unicodedata.category(letter) != "Mn")
    hidden = []
    for found in _BASE64.finditer(seen):
        try:
            data = base64.b64decode(found[0] + "=" * (-len(found[0]) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        if data.isprintable():
            hidden.append(visible(data))
    return list(dict.fromkeys((seen, joined, plain, bare, *hidden)))


class PromptGuard:
    """Judges words: a user's, or a prompt that would be drawn.

    Args:
        model (`PreTrainedModel`): A text classifier.
        tokenizer (`PreTrainedTokenizerBase`): Its tokenizer.
        threshold (`float`): Probability of harm from which a text is stopped, 0 to 1.

    Raises:
        GuardError: If the threshold is out of range or the labels do not tell harm from the rest.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, threshold: float = 0.5):
        if not 0 < threshold < 1:
            raise GuardError(f"threshold is {threshold}; it must lie between 0 and 1.")
        self.model, self.tokenizer, self.threshold = model.eval(), tokenizer, threshold
        self.labels = [model.config.id2label[at] for at in range(model.config.num_labels)]
        self.harmful = [at for at, label in enumerate(self.labels) if label.lower() not in HARMLESS_LABELS]
        if not self.harmful or (not self.is_multi_label and len(self.harmful) == len(self.labels)):
            names = ", ".join(sorted(HARMLESS_LABELS))
            raise GuardError(f"None of the labels {self.labels} says what is harmless, such as {names}.")

    @classmethod
    def from_pretrained(cls, name: str | Path = DEFAULT_PROMPT_GUARD, threshold: float = 0.5) -> "PromptGuard":
        """Open a text classifier by folder or Hub id, in float32."""
        model = AutoModelForSequenceClassification.from_pretrained(name, dtype=torch.float32)
        return cls(model, AutoTokenizer.from_pretrained(name), threshold)

    @property
    def is_multi_label(self) -> bool:
        """Whether the classes of the model do not exclude each other."""
        return self.model.config.problem_type == "multi_label_classification"

    @torch.no_grad()
    def __call__(self, texts: list[str]) -> list[Verdict]:
        """Judge texts; of a long one, or one that can be read in several ways, the worst piece counts."""
        pieces = [(at, reading) for at, text in enumerate(texts) for reading in readings(text)]
        if not pieces:
            return []
        limit = min(WINDOW, self.tokenizer.model_max_length)
        tokens = self.tokenizer(
            [reading for _, reading in pieces],
            truncation=True,
            max_length=limit,
            stride=min(OVERLAP, limit // 4),
            return_overflowing_tokens=True,
            padding=True,
            return_tensors="pt",
        )
        owners = [pieces[at][0] for at in tokens.pop("overflow_to_sample_mapping").tolist()]
        batches = [
            {name: rows[at : at + BATCH_SIZE].to(self.model.device) for name, rows in tokens.items()}
            for at in range(0, len(owners), BATCH_SIZE)
        ]
        logits = torch.cat([self.model(**batch).logits.float().cpu() for batch in batches])
        shares = logits.sigmoid() if self.is_multi_label else logits.softmax(-1)
        harm = shares[:, self.harmful]
        harm = harm.amax(-1) if self.is_multi_label else harm.sum(-1)
        worst: dict[int, int] = {}
        for row, owner in enumerate(owners):
            if owner not in worst or harm[row] > harm[worst[owner]]:
                worst[owner] = row
        return [
            Verdict(bool(harm[row] < self.threshold), float(harm[row]), self.labels[int(shares[row].argmax())])
            for row in (worst[at] for at in range(len(texts)))
        ]
