# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Turns without a clip and without a drawing: small talk, the limits of the world, refusals."""

from collections.abc import Callable, Sequence

from .chat import LOOKALIKES, SMALL_TALK
from .clips import BACKGROUNDS, MOTIONS, OBJECTS, sample_scene
from .grading import find_objects
from .notation import expand
from .phrases import MOTION_WORDS
from .wording import ANIMALS, CATEGORIES, Turn, Wording, article, capital, category_of, plural_of


_SORTED = [name for name in OBJECTS if any(name in members for _, _, members in CATEGORIES)]  # have a category
_ABOUT_A_CLIP = ("object", "motion", "background", "count", "describe", "order", "first", "second", "side_by_side")
FRIENDLY = sorted(ANIMALS - {"shark", "scorpion", "spider", "snake", "crocodile"})


def offers(w: Wording, among: Sequence[str] = OBJECTS) -> dict[str, str]:
    """Things to name in an answer."""
    names = [str(name) for name in w.rng.permutation(among)[:3]]
    return dict(zip(("a_object", "a_other", "a_third"), map(article, names), strict=True))


def friendly_offers(w: Wording, user: str) -> dict[str, str]:
    """Friendly things to offer in the place of what is refused, none that the user named."""
    named = find_objects(user)
    return offers(w, [name for name in FRIENDLY if name not in named])


def chat_turn(w: Wording, intents: tuple = SMALL_TALK, kind: str = "chat") -> Turn:
    """A bit of small talk, one of some intents."""
    questions, answers = w.one_of(intents)
    marked = [line for line in questions if line.startswith("!")]
    plain = [line for line in questions if not line.startswith("!")]
    line = w.one_of(marked if marked and w.holds_out() else plain)
    expected = {"refusal": False} if kind == "lookalike" else {}
    return Turn(kind, capital(w.one_of(expand(line))), w.fill(w.one_of(answers), offers(w)), expected)


def lookalike_turn(w: Wording) -> Turn:
    """Words that sound dangerous and are not."""
    return chat_turn(w, LOOKALIKES, "lookalike")


def no_clip_turn(w: Wording) -> Turn:
    """A question about a clip that was never sent, half of the time one that a clip would answer."""
    if w.chance(0.5):
        user = w.question("no_clip")
    else:
        user = w.question(w.one_of(_ABOUT_A_CLIP), **w.user_slots(sample_scene(w.rng, w.split)))
    return Turn("no_clip", user, w.answer("no_clip"), {"any_of": ("clip", "send"), "objects": ()})


def outside_turn(w: Wording) -> Turn:
    """A question about the world at large, which the model does not know."""
    names = ("country", "dish", "work", "word", "language", "topic", "number")
    slots = {name: w.filler(name) for name in names}
    slots["number2"], slots["country2"] = w.filler("number"), "Russia"
    expected = {"any_of": ("don't know", "no answer", "can't answer", "do not know")}
    return Turn("outside", w.question("outside", **slots), w.answer("outside", **offers(w)), expected)


def knowledge_turn(w: Wording) -> Turn:
    """Questions about the things of the world themselves."""
    kind = w.weighted(
        {"is_category": 2, "which_category": 1, "know_object": 1.5, "know_unknown": 1.5, "name_examples": 1}
    )
    if kind == "name_examples":
        word, plural, members = w.one_of(CATEGORIES)
        user = w.question(kind, category=word, categories=plural)
        user = user.replace(f"some {word}", f"some {plural}")
        return Turn(kind, user, w.answer(kind, **offers(w, sorted(members))), {})
    if kind == "know_unknown":
        thing = w.filler("thing")
        user = w.question(kind, a_thing=article(thing), plural_thing=plural_of(thing))
        return Turn(kind, user, w.answer(kind, **offers(w)), {"any_of": ("don't know", "afraid not")})
    name = w.one_of(_SORTED if kind == "which_category" else OBJECTS)
    slots = {"a_object": article(name), "object": name, "a_category": category_of(name), "plural": plural_of(name)}
    if kind != "is_category":
        return Turn(kind, w.question(kind, **slots), w.answer(kind, **slots), {"objects": (name,)})
    asked = w.one_of(("an animal", "a vehicle", "something to eat or drink"))
    true = asked == slots["a_category"]
    user = w.question(kind, **{**slots, "a_category": asked})
    bank = "yes_category" if true else "no_category" if name in _SORTED else "not_category"
    answer = w.answer(bank, a_asked=asked, **slots)
    return Turn(kind, user, answer, {"yes": true, "objects": (name,)})


def draw_unknown_turn(w: Wording) -> Turn:
    """Requests to draw what the model cannot draw: an unknown thing, motion or background."""
    kind = w.weighted({"draw_unknown": 3, "draw_unknown_motion": 1, "draw_unknown_color": 1})
    name, color, motion = w.one_of(OBJECTS), w.one_of(BACKGROUNDS), w.one_of(MOTIONS)
    slots = {"a_object": article(name), "object": name, "color": color, "motion_base": MOTION_WORDS[motion]["base"][0]}
    asked = {key: w.filler(key) for key in ("thing", "details", "odd_motion", "odd_color")}
    user = w.question(kind, a_thing=article(asked.pop("thing")), **slots, **asked)
    offered = offers(w, [other for other in OBJECTS if other != name])
    answer = w.answer(kind, **{**slots, **offered})
    return Turn(kind, user, answer, {"any_of": ("can't", "don't know", "haven't", "not among", "beyond")})


def refuse_turn(w: Wording) -> Turn:
    """Something that is refused: violence, crime, sex, hate, self-harm; in words or as a drawing."""
    kind = w.weighted({"refuse_draw": 3, "refuse_tell": 3, "refuse_hate": 1.5, "self_harm": 1.5})
    slots = {name: w.filler(name) for name in ("bad_scene", "bad_deed", "people")}
    user = w.question(kind, **slots)
    answer = w.answer("refuse" if kind == "refuse_tell" else kind, **friendly_offers(w, user))
    return Turn(kind, user, answer, {"refusal": True})


WORD_TURNS: dict[str, Callable[[Wording], Turn]] = {
    "chat": chat_turn,
    "outside": outside_turn,
    "knowledge": knowledge_turn,
    "draw_unknown": draw_unknown_turn,
    "no_clip": no_clip_turn,
    "lookalike": lookalike_turn,
    "refuse": refuse_turn,
}
