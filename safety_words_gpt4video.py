# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The guards of words: what a user asks for, and what would be drawn, is judged by a model of its own.

`PromptGuard` is a text classifier, by default the small one in `prompt_guard/`. `GenerativePromptGuard` is a language
model that answers with a verdict, as Llama Guard and ShieldGemma do. `open_prompt_guard` opens either by folder or id.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)


DEFAULT_PROMPT_GUARD = Path(__file__).resolve().parent / "prompt_guard"
HARMLESS_LABELS = frozenset(("safe", "benign", "harmless", "neutral", "ok", "non-toxic", "label_0"))
HARMLESS_LABELS |= {"normal", "sfw", "drawings"}  # of image classifiers
# (tokens, of them shared with the next): what is longer is judged in pieces of both sizes, for a sentence counts for
# little among many others, and a long thought is none without its parts.
WINDOWS = ((128, 32), (32, 16))
BATCH_SIZE = 64  # pieces that are judged at a time
MAX_CHARACTERS = 20_000  # of a text, which take seconds; a longer one is stopped unread
PIECE, PIECE_OVERLAP = 2000, 200  # characters that a language model judges at a time

# Letters of other scripts that are drawn like Latin ones; wide and mathematical letters fall to NFKC.
_LOOK_ALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХавеѕіјкмнорстухԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧαονρτυχɑɡıłØø",
    "ABESIJKMHOPCTYXabesijkmhopctyxdqwhABEZHIKMNOPTYXaovptuxagilOo",
)
_LEET = str.maketrans("013457@$!|", "oieastasil")
_LEET_WORD = re.compile(r"[\w@$|](?:[\w@$!|]*[\w@$|])?")
# Three letters or more, after an article or a person perhaps; and two or more, where all letters of a text are spread.
_SPREAD = (re.compile(r"\b([aAI] )?(\w(?:[ .*_-]\w\b){2,})"), re.compile(r"(?<!['’])\b()(\w(?:[ .*_-]\w\b)+)"))
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{12,}={0,2}(?![A-Za-z0-9+/=])")
_TAG = re.compile(r"</?\|?\w{1,20}\|?/?>")  # of placeholders, prompts and web pages
_QUOTED = re.compile(r"[\"“«‘](\w[^\"“”«»‘]{10,}?)[\"”»’]")
_ANSWER = re.compile(r"\W*(unsafe|safe|yes|no)\b\W*([\w, ]*)", re.IGNORECASE)


class GuardError(ValueError):
    """A model cannot serve as a guard. The message says why."""


class GuardUnavailable(GuardError):  # noqa: N818
    """A guard cannot be opened. The message says what to install or to name; without a guard nothing is judged."""


@dataclass(frozen=True)
class Verdict:
    """What a guard says.

    Args:
        allowed (`bool`): Whether it may pass.
        score (`float`): Probability that it is harmful, 0 to 1.
        label (`str`): The class that the guard finds most likely, or why it could not judge.
    """

    allowed: bool
    score: float
    label: str


def harmful_classes(config: PreTrainedConfig) -> list[int]:
    """List the classes of a classifier that stand for harm.

    Raises:
        GuardError: If the labels do not tell harm from the rest.
    """
    labels = [config.id2label[at] for at in range(config.num_labels)]
    harmful = [at for at, label in enumerate(labels) if label.lower() not in HARMLESS_LABELS]
    is_multi_label = config.problem_type == "multi_label_classification"
    if not harmful or (not is_multi_label and len(harmful) == len(labels)):
        names = ", ".join(sorted(HARMLESS_LABELS))
        raise GuardError(f"None of the labels {labels} says what is harmless, such as {names}.")
    return harmful


def harm_of(logits: torch.Tensor, config: PreTrainedConfig) -> tuple[torch.Tensor, list[str]]:
    """Turn logits `(num_rows, num_labels)` into probabilities of harm `(num_rows,)` and the likeliest classes."""
    harmful = harmful_classes(config)
    if config.problem_type == "multi_label_classification":
        shares = logits.sigmoid()
        harm = shares[:, harmful].amax(-1)
    else:
        shares = logits.softmax(-1)
        harm = shares[:, harmful].sum(-1)
    return harm, [config.id2label[at] for at in shares.argmax(-1).tolist()]


@contextmanager
def opening(name: str | Path, subfolder: str) -> Iterator[str]:
    """Name a guard by where it comes from, and turn what goes wrong in opening it into `GuardUnavailable`."""
    place = f"{name}/{subfolder}".rstrip("/")
    try:
        yield place
    except OSError as error:
        raise GuardUnavailable(f"The guard {place} cannot be opened: {error}") from error


def check_threshold(threshold: float) -> float:
    """Return the threshold of a guard, or raise a `GuardError` if it is out of range."""
    if not 0 < threshold < 1:
        raise GuardError(f"threshold is {threshold}; it must lie between 0 and 1.")
    return threshold


def bare_letters(text: str) -> str:
    """Spell a text with the letters that one sees: no hidden characters, look-alikes or marks above letters."""
    text = unicodedata.normalize("NFKC", text).translate(_LOOK_ALIKES)
    # Nothing is seen of the kinds C (line ends and tabs are spaces, though), and Mn are the marks.
    kinds = ((letter, unicodedata.category(letter)) for letter in text)
    text = "".join(letter for letter, kind in kinds if letter.isspace() or not (kind[0] == "C" or kind == "Mn"))
    return unicodedata.normalize("NFKC", text)


def visible(text: str) -> str:
    """Spell a text with the letters that one sees, and single spaces."""
    return " ".join(bare_letters(text).split())


def gather(found: re.Match) -> str:
    """Write letters together that are spread."""
    return (found[1] or "") + re.sub(r"[ .*_-]", "", found[2])


def unmask(found: re.Match) -> str:
    """Put letters for the digits and signs of a word that also has letters."""
    word = found[0]
    return word.translate(_LEET) if any(letter.isalpha() for letter in word) else word


def readings(text: str) -> list[str]:
    """List what a text may be read as: itself; without tags, spread letters, leetspeak, accents; quotes; base64."""
    seen, untagged = visible(text), _TAG.sub("", bare_letters(text))
    # Wider gaps part words whose letters are spread, so they are closed last.
    gathered = [" ".join(spread.sub(gather, untagged).split()) for spread in _SPREAD]
    plain = [_LEET_WORD.sub(unmask, reading) for reading in gathered]
    decomposed = [unicodedata.normalize("NFKD", reading) for reading in plain]
    bare = ["".join(letter for letter in word if unicodedata.category(letter) != "Mn") for word in decomposed]
    hidden = []
    for found in _BASE64.finditer(seen):
        try:
            data = base64.b64decode(found[0] + "=" * (-len(found[0]) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        if data.isprintable():
            hidden.append(visible(data))
    return list(dict.fromkeys((seen, visible(untagged), *gathered, *plain, *bare, *_QUOTED.findall(seen), *hidden)))


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict that counts of those on parts of one thing."""
    return max(verdicts, key=lambda verdict: (not verdict.allowed, verdict.score))


TOO_LONG = Verdict(False, 1.0, f"over {MAX_CHARACTERS} characters")


class PromptGuard:
    """Judges words with a text classifier: a user's, or a prompt that would be drawn.

    Args:
        model (`PreTrainedModel`): The classifier.
        tokenizer (`PreTrainedTokenizerBase`): Its tokenizer.
        threshold (`float`, *optional*): Probability of harm from which a text is stopped, 0 to 1; by default what the
            configuration of the model has as `guard_threshold`, or one half.

    Raises:
        GuardError: If the threshold is out of range or the labels do not tell harm from the rest.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, threshold: float | None = None):
        if threshold is None:
            threshold = getattr(model.config, "guard_threshold", 0.5)
        self.model, self.tokenizer, self.threshold = model.eval(), tokenizer, check_threshold(threshold)
        self.name = type(model).__name__
        harmful_classes(model.config)

    @classmethod
    def from_pretrained(
        cls,
        name: str | Path = DEFAULT_PROMPT_GUARD,
        threshold: float | None = None,
        subfolder: str = "",
        revision: str | None = None,
    ) -> "PromptGuard":
        """Open a text classifier by folder or Hub id, in float32.

        Raises:
            GuardUnavailable: If it cannot be opened.
        """
        options = {"subfolder": subfolder, "revision": revision}
        with opening(name, subfolder) as place:
            model = AutoModelForSequenceClassification.from_pretrained(name, dtype=torch.float32, **options)
            guard = cls(model, AutoTokenizer.from_pretrained(name, **options), threshold)
        guard.name = place
        return guard

    @torch.no_grad()
    def __call__(self, texts: list[str]) -> list[Verdict]:
        """Judge texts; of a long one, or one that can be read in several ways, the worst piece counts."""
        found: list[list[Verdict]] = [[TOO_LONG] if len(text) > MAX_CHARACTERS else [] for text in texts]
        pieces: dict[tuple[int, ...], set[int]] = {}  # token ids of each, and numbers of the texts that have it
        for number, text in enumerate(texts):
            for piece in [] if found[number] else self._cut(readings(text)):
                pieces.setdefault(piece, set()).add(number)
        in_order = sorted(pieces, key=len)
        for start in range(0, len(in_order), BATCH_SIZE):
            batch = in_order[start : start + BATCH_SIZE]
            tokens = self.tokenizer.pad({"input_ids": [list(piece) for piece in batch]}, return_tensors="pt")
            logits = self.model(**tokens.to(self.model.device)).logits.float().cpu()
            harm, labels = harm_of(logits, self.model.config)
            for piece, score, label in zip(batch, harm.tolist(), labels, strict=True):
                for number in pieces[piece]:
                    found[number].append(Verdict(score < self.threshold, score, label))
        return [worst(verdicts) for verdicts in found]

    def _cut(self, texts: list[str]) -> Iterator[tuple[int, ...]]:
        """Yield the token ids of texts in pieces of all sizes."""
        for size, overlap in WINDOWS:
            limit = min(size, self.tokenizer.model_max_length)
            rows = self.tokenizer(
                texts,
                truncation=True,
                max_length=limit,
                stride=min(overlap, limit // 2 - 2),
                return_overflowing_tokens=True,
                split_special_tokens=True,  # nobody writes the separators of the classifier
            )
            yield from map(tuple, rows["input_ids"])


class GenerativePromptGuard:
    """Judges words with a language model that answers `safe` or `unsafe`, or `Yes` or `No` to *is it harmful*.

    The score is what the model gives to the word that decides, or one less it. An answer of neither kind stops a text.

    Args:
        model (`PreTrainedModel`): A language model, such as Llama Guard or ShieldGemma.
        tokenizer (`PreTrainedTokenizerBase`): Its tokenizer, whose chat template asks the question.
        threshold (`float`): Probability of harm from which a text is stopped, 0 to 1.
        template_kwargs: What the template takes besides the text, such as the `guideline` of ShieldGemma.

    Raises:
        GuardError: If the threshold is out of range or there is no chat template.
    """

    max_new_tokens = 16

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, threshold: float = 0.5, **template_kwargs
    ):
        self.model, self.tokenizer, self.threshold = model.eval(), tokenizer, check_threshold(threshold)
        self.name = type(model).__name__
        self.template_kwargs = template_kwargs
        if not tokenizer.chat_template:
            raise GuardError(f"{self.name} has no chat template, which a guard that answers needs to be asked with.")

    @classmethod
    def from_pretrained(
        cls,
        name: str | Path,
        threshold: float = 0.5,
        subfolder: str = "",
        revision: str | None = None,
        **template_kwargs,
    ) -> "GenerativePromptGuard":
        """Open a language model by folder or Hub id, in the type it was saved in.

        Raises:
            GuardUnavailable: If it cannot be opened.
        """
        options = {"subfolder": subfolder, "revision": revision}
        with opening(name, subfolder) as place:
            model = AutoModelForCausalLM.from_pretrained(name, dtype="auto", **options)
            tokenizer = AutoTokenizer.from_pretrained(name, **options)
            guard = cls(model, tokenizer, threshold, **template_kwargs)
        guard.name = place
        return guard

    def __call__(self, texts: list[str]) -> list[Verdict]:
        """Judge texts; of a long one, or one that can be read in several ways, the worst piece counts."""
        return [
            TOO_LONG if len(text) > MAX_CHARACTERS else worst(map(self._judge, self._pieces(text))) for text in texts
        ]

    @staticmethod
    def _pieces(text: str) -> list[str]:
        step = PIECE - PIECE_OVERLAP
        return [
            reading[at : at + PIECE]
            for reading in readings(text)
            for at in range(0, max(1, len(reading) - PIECE_OVERLAP), step)
        ]

    @torch.no_grad()
    def _judge(self, text: str) -> Verdict:
        # Without `sanitize_control_tokens` a text could end its turn and write the verdict itself.
        inputs = self.tokenizer.apply_chat_template(
            [{"role": "user", "content": text}],
            add_generation_prompt=True,
            sanitize_control_tokens=True,
            return_dict=True,
            return_tensors="pt",
            **self.template_kwargs,
        ).to(self.model.device)
        reply = self.model.generate(
            **inputs,
            max_new_tokens=self.max_new_tokens,
            do_sample=False,
            output_logits=True,
            return_dict_in_generate=True,
        )
        ids = reply.sequences[0, inputs["input_ids"].shape[1] :].tolist()
        said = _ANSWER.match(self.tokenizer.decode(ids, skip_special_tokens=True))
        if not said:
            return Verdict(False, 1.0, "no verdict")
        # Line ends may come before the word.
        starts = (at for at in range(len(ids)) if re.search(r"\w", self.tokenizer.decode(ids[: at + 1], True)))
        at = next(starts)
        share = float(reply.logits[at][0].float().softmax(-1)[ids[at]])
        is_harmful = said[1].lower() in ("unsafe", "yes")
        score = share if is_harmful else 1 - share
        label = " ".join((said[1].lower(), *said[2].split()))
        return Verdict(not is_harmful and score < self.threshold, score, label)


def open_prompt_guard(
    name: str | Path = DEFAULT_PROMPT_GUARD,
    threshold: float | None = None,
    subfolder: str = "",
    revision: str | None = None,
    **template_kwargs,
) -> PromptGuard | GenerativePromptGuard:
    """Open a guard of words by folder or Hub id: a classifier, or a language model that answers with a verdict.

    Raises:
        GuardUnavailable: If it cannot be opened.
        GuardError: If it is neither, or its labels do not tell harm from the rest.
    """
    with opening(name, subfolder):
        settings, _ = PreTrainedConfig.get_config_dict(name, subfolder=subfolder, revision=revision)
    kind = " ".join(settings.get("architectures") or ())
    if kind.endswith("ForSequenceClassification"):
        return PromptGuard.from_pretrained(name, threshold, subfolder, revision)
    if kind.endswith("ForCausalLM"):
        threshold = 0.5 if threshold is None else threshold
        return GenerativePromptGuard.from_pretrained(name, threshold, subfolder, revision, **template_kwargs)
    raise GuardError(f"{name} is a {kind or 'model of unknown kind'}; a prompt guard classifies texts or answers.")
