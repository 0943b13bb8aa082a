# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Reads answers and drawing prompts of the embedded world back into objects, motions and backgrounds; grades them."""

import re
from dataclasses import dataclass

from .clips import BACKGROUNDS, CARE_OBJECTS, CATALOGUE, OBJECTS
from gpt4video.metrics_gpt4video import is_refusal


_IRREGULAR_PLURALS = {"mouse": "mice", "butterfly": "butterflies", "octopus": "octopuses", "fox": "foxes"}

_GO = (
    r"(go|goes|going|went|moves?|moved|moving|drift(s|ing)?|glid(e|es|ing)|slid(e|es|ing)|fly|flies|flying|floats?"
    r"|floating|climb(s|ing)?|drop(s|ping)?|come|comes|coming|way)"
)
_MOTION_PATTERNS: tuple[tuple[str, str], ...] = (
    (
        "left to right",
        r"(from )?(the )?left to (the )?right|rightwards?|(?<!left )(to|towards) the right|(goes|going|go) right",
    ),
    (
        "right to left",
        r"(from )?(the )?right to (the )?left|leftwards?|(?<!right )(to|towards) the left|(goes|going|go) left",
    ),
    (
        "still",
        r"still|(stay(s|ed|ing)?|remain(s|ing)?|stand(s|ing)?|rest(s|ing)?) (in (one )?place|where it is|put)"
        r"|at rest|(does not|doesn't|did not|didn't|do not|don't|not) mov(e|ing)|motionless|stop moving"
        r"|without (any |a )?(motion|movement|moving)|(no|not in) (motion|movement)|at a standstill|state of rest"
        r"|taking a rest|(in one|on the) spot",
    ),
    ("upwards", rf"upwards?|{_GO} up|to (the )?top|rises?|rising|rose|climb(s|ing)?|ascend(s|ing)?|soar(s|ing)?"),
    (
        "downwards",
        rf"downwards?|{_GO} down|to (the )?bottom|drop(s|ping)?|sinks?|sinking|sank|falls?|falling|descend(s|ing)?",
    ),
    (
        "growing",
        r"(grows?|growing|grew)(?! (ever )?(smaller|tinier))|bigger|larger|expand(s|ing)?|swell(s|ing)?"
        r"|enlarg(es?|ing)|(increas|gain)(es?|s|ing)? in size",
    ),
    ("shrinking", r"shrinks?|shrinking|shrank|smaller|tinier|dwindl(es?|ing)|decreas(es?|ing)|diminish(es|ing)?"),
)
_MOTIONS = tuple((motion, re.compile(rf"\b({pattern})\b", re.IGNORECASE)) for motion, pattern in _MOTION_PATTERNS)
_COLORS = re.compile(rf"\b({'|'.join(BACKGROUNDS)})\b", re.IGNORECASE)
_VIDEO = re.compile(r"<video(\d*)>(.*?)</video\1>", re.DOTALL)
_VIDEO_TAG = re.compile(r"</?vid(eo)?\d*>")
_SIDES = re.compile(r"\b(left|right)\b", re.IGNORECASE)


def _plural(word: str) -> str:
    return _IRREGULAR_PLURALS.get(word, word + ("es" if word.endswith(("s", "sh", "ch", "x")) else "s"))


def _object_pattern() -> tuple[re.Pattern, dict[str, str]]:
    names: dict[str, str] = {}
    for entry in CATALOGUE:
        for word in (entry["name"], *entry["aliases"]):
            names[word.lower()] = entry["name"]
            names[_plural(word.lower())] = entry["name"]
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE), names


_OBJECTS, _NAMES = _object_pattern()


@dataclass(frozen=True)
class Prompt:
    """What a drawing prompt asks for; `None` where it does not say."""

    object: str | None
    motion: str | None
    background: str | None


def find_objects(text: str) -> list[str]:
    """Return the objects that a text names, in order, each once, by their names in `OBJECTS`."""
    return list(dict.fromkeys(_NAMES[match.group(1).lower()] for match in _OBJECTS.finditer(text)))


def find_motions(text: str) -> list[str]:
    """Return the motions that a text names, in the order of their first mention, each once."""
    found = []
    for motion, pattern in _MOTIONS:
        match = pattern.search(text)
        if match:
            found.append((match.start(), motion))
    return [motion for _, motion in sorted(found)]


def find_backgrounds(text: str) -> list[str]:
    """Return the background colours that a text names, in order, each once."""
    return list(dict.fromkeys(match.group(1).lower() for match in _COLORS.finditer(text)))


def find_prompts(answer: str) -> list[str]:
    """Return the drawing prompts of an answer: the texts between `<video>` or `<videoN>` tags."""
    return [match.group(2).strip() for match in _VIDEO.finditer(answer)]


def parse_prompt(prompt: str) -> Prompt:
    """Read a drawing prompt. A property that is missing or ambiguous comes back as `None`."""
    found = (find_objects(prompt), find_motions(prompt), find_backgrounds(prompt))
    return Prompt(*(values[0] if len(values) == 1 else None for values in found))


def has_prompt(answer: str) -> bool:
    """Say whether an answer contains any drawing tag, also a broken one."""
    return _VIDEO_TAG.search(answer) is not None


def _sides(answer: str) -> dict[str, str]:
    """Pair the objects of an answer with the sides it names, in reading order."""
    sides = [match.group(1).lower() for match in _SIDES.finditer(answer)]
    return dict(zip(sides, find_objects(answer), strict=False)) if len(sides) == len(set(sides)) else {}


def _matches(prompt: str, wanted: dict) -> bool:
    parsed = parse_prompt(prompt)
    given = {"object": parsed.object, "motion": parsed.motion, "background": parsed.background}
    return None not in given.values() and all(wanted.get(key) in (None, value) for key, value in given.items())


def _grade_drawing(expected: dict, answer: str) -> bool:
    prompts, wanted = find_prompts(answer), expected["draw"]
    rest = _VIDEO.sub("", answer)
    if len(prompts) != len(wanted) or _VIDEO_TAG.search(rest):
        return False
    return all(_matches(prompt, one) for prompt, one in zip(prompts, wanted, strict=True))


def _grade_words(expected: dict, answer: str) -> bool:
    objects, motions = find_objects(answer), find_motions(answer)
    if "objects" in expected and objects != list(expected["objects"]):
        return False
    if "sides" in expected and _sides(answer) != expected["sides"]:
        return False
    if "side" in expected and [m.group(1).lower() for m in _SIDES.finditer(answer)] != [expected["side"]]:
        return False
    if "motions" in expected and set(motions) != set(expected["motions"]):
        return False
    if "backgrounds" in expected and find_backgrounds(answer) != list(expected["backgrounds"]):
        return False
    if "yes" in expected:
        word = re.match(r"\W*(yes|no)\b", answer, re.IGNORECASE)
        if word is None or (word.group(1).lower() == "yes") != expected["yes"]:
            return False
    if "any_of" in expected and not any(word in answer.lower() for word in expected["any_of"]):
        return False
    return "refusal" not in expected or is_refusal(answer) == expected["refusal"]


def grade(question_kind: str, expected: dict, answer: str) -> bool:
    """Say whether an answer is right.

    Args:
        question_kind (`str`): Kind of the question as the dialogue writer names it. Kinds that begin with `"draw"` and
            expect a drawing are graded on the prompts; all others fail if the answer contains a drawing tag.
        expected (`dict`): What must be true of the answer. `objects`: exactly these, in this order. `sides`: object
            by side. `side`: this side alone. `motions`: exactly these, in any order. `backgrounds`: exactly these
            colours, in order. `yes`: begins with yes (or no). `any_of`: contains one of these lower-case strings.
            `refusal`: refuses (or must not). `draw`: a list of dictionaries with `object`, `motion`, `background`,
            where `None` leaves the choice to the model.
        answer (`str`): The model's answer.

    Returns:
        `bool`: Whether all of it holds. Synonyms count; a second, wrong object, motion or colour does not.

    Raises:
        ValueError: If `expected` has a key that is not listed here, or names an unknown object.
    """
    known = {"objects", "sides", "side", "motions", "backgrounds", "yes", "any_of", "refusal", "draw"}
    if unknown := set(expected) - known:
        raise ValueError(
            f"question of kind {question_kind!r} expects unknown keys {sorted(unknown)}; use {sorted(known)}"
        )
    if missing := [name for name in expected.get("objects", ()) if name not in OBJECTS + CARE_OBJECTS]:
        raise ValueError(f"question of kind {question_kind!r} expects unknown objects {missing}")
    if expected.get("draw"):
        return _grade_drawing(expected, answer)
    return not has_prompt(answer) and _grade_words(expected, answer)
