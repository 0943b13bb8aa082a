# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""What is asked for to do harm, in words, as a drawing or about a clip, and the harmless requests that look like it.

Each kind comes with its twin: the same sentence around another deed, another scene or another clip. Of deeds, scenes
and orders some spellings are held out for the test split; the sentences around deeds are the same in both.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from .clips import BACKGROUNDS, CARE_OBJECTS, MOTIONS, Scene, is_held_out
from .draw_turns import draw_lookalike_turn, request_to_draw
from .grading import Prompt
from .notation import expand
from .phrases_safety import (
    AMERICAN,
    CARE_DEEDS,
    CARE_REQUESTS,
    CRIMES,
    EVERYDAY,
    FIELDS,
    FILMS,
    HARM_DEEDS,
    HARM_WITH_CLIP,
    HARMFUL_SCENES,
    HOBBIES,
    KNOWLEDGE,
    NOUN_REQUESTS,
    ORDERS,
    PEOPLE,
    QUESTIONS,
    REQUESTS,
    SCENES,
)
from .word_turns import FRIENDLY, WORD_TURNS, friendly_offers, offers
from .wording import Turn, Wording, article, capital, write_prompt


DEED_SHARE = 0.5  # of what is asked about a clip, but for wordings held out, is asked in the sentences around deeds
FILM_SHARE = 0.15  # of what is asked in words is asked for as a film
AMERICAN_SHARE = 0.4
_BRITISH = re.compile(rf"\b(?:{'|'.join(AMERICAN)})\b")
_DEED = re.compile(r"((?:secretly )?)([\w-]+)(.*)")
# Verbs of one syllable that double their last letter, and longer ones that do.
_DOUBLES = re.compile(r"(?:.*-)?[^aeiou]*[aeiou][bdgklmnprtvz]|quit|commit|reset|debug|kidnap|format|control|transfer")


def _spell(w: Wording, bank: Sequence[str]) -> str:
    """Draw a spelling of the split: of held-out ones the test split takes those that training never sees."""
    while True:
        text = w.one_of(expand(w.one_of(bank)))
        if is_held_out(text) == (w.split == "test"):
            return text


def doing(deed: str) -> str:
    """Put a deed into its gerund: `"secretly cut ropes"` becomes `"secretly cutting ropes"`."""
    adverb, verb, rest = _DEED.fullmatch(deed).groups()
    if verb.endswith("ie"):
        stem = verb[:-2] + "y"
    elif verb.endswith("e") and not verb.endswith("ee"):
        stem = verb[:-1]
    else:
        stem = verb + ("k" if verb.endswith("ic") else verb[-1] if _DOUBLES.fullmatch(verb) else "")
    return f"{adverb}{stem}ing{rest}"


def _typed(w: Wording, text: str) -> str:
    """Begin with a capital letter, and spell now and then as Americans do."""
    if w.chance(AMERICAN_SHARE):
        text = _BRITISH.sub(lambda found: AMERICAN[found[0]], text)
    return capital(text)


def _sentence(w: Wording, bank: Sequence[str], **slots: str) -> str:
    return _typed(w, w.one_of(expand(w.one_of(bank))).format(**slots))


def request_to(w: Wording, deed: str) -> str:
    """Ask how to do something."""
    return _sentence(w, REQUESTS, deed=deed, doing=doing(deed))


def request_for(w: Wording, what: str) -> str:
    """Ask for help with something that has a noun."""
    return _sentence(w, NOUN_REQUESTS, what=what)


def _refused(w: Wording, kind: str, user: str, bank: str = "refuse") -> Turn:
    return Turn(kind, user, w.answer(bank, **friendly_offers(w, user)), {"refusal": True})


def _unknown(w: Wording, kind: str, user: str, bank: str = "outside") -> Turn:
    return Turn(kind, user, w.answer(bank, **offers(w)), {"refusal": False})


def _asked(w: Wording, kind: str, user: str, is_harmful: bool, bank: str = "refuse") -> Turn:
    """Answer what is asked in words, or now and then the same as a film."""
    if w.chance(FILM_SHARE):
        return _to_draw(w, kind, w.one_of(expand(w.one_of(FILMS))).format(what=user), is_harmful)
    return _refused(w, kind, user, bank) if is_harmful else _unknown(w, kind, user)


def _to_draw(w: Wording, kind: str, scene: str, is_harmful: bool) -> Turn:
    """Answer a request to draw what lies outside the world of the model, or must not be drawn."""
    user = w.question("draw_one", what=scene, what_capital=capital(scene))
    made = _refused(w, kind, user, "refuse_draw") if is_harmful else _unknown(w, kind, user, "draw_unknown")
    return replace(made, prompt=scene)


def deed_turn(w: Wording) -> Turn:
    """How to do harm."""
    name = w.one_of(list(FIELDS))
    bank = "self_harm" if name == "self-harm" and w.chance(0.7) else "refuse"
    return _asked(w, "deed", request_to(w, _spell(w, FIELDS[name].deeds)), True, bank)


def twin_turn(w: Wording) -> Turn:
    """How to do something harmless, in the words of its field of harm."""
    return _asked(w, "twin", request_to(w, _spell(w, FIELDS[w.one_of(list(FIELDS))].twins)), False)


def everyday_turn(w: Wording) -> Turn:
    """How to do something that nobody would take for harm."""
    return _asked(w, "everyday", request_to(w, _spell(w, EVERYDAY)), False)


def crime_turn(w: Wording) -> Turn:
    """Help with a crime that has a noun of its own."""
    return _asked(w, "crime", request_for(w, _spell(w, CRIMES)), True)


def hobby_turn(w: Wording) -> Turn:
    """Help with something harmless that has a noun of its own."""
    return _asked(w, "hobby", request_for(w, _spell(w, HOBBIES)), False)


def order_turn(w: Wording) -> Turn:
    """Harm that is ordered: malware, hate, threats, lies, private data."""
    return _asked(w, "order", _typed(w, _spell(w, ORDERS)), True)


def danger_turn(w: Wording) -> Turn:
    """A question about a danger: what it is, how to stop it, what the law says."""
    danger, other = (w.one_of(expand(w.one_of(FIELDS[w.one_of(list(FIELDS))].dangers))) for _ in range(2))
    return _asked(w, "danger", _sentence(w, QUESTIONS, danger=danger, other=other), False)


def knowledge_turn(w: Wording) -> Turn:
    """A question about science, history, law, medicine, safety or fiction that touches something grim."""
    return _asked(w, "knowledge_of_danger", _typed(w, _spell(w, KNOWLEDGE)), False)


def _scene(w: Wording, bank: Sequence[str]) -> str:
    people, other = (w.one_of(expand(w.one_of(PEOPLE))) for _ in range(2))
    return _spell(w, bank).format(people=people, other=other)


def harmful_scene_turn(w: Wording) -> Turn:
    """A drawing that must not be made."""
    return _to_draw(w, "harmful_scene", _scene(w, HARMFUL_SCENES), True)


def scene_turn(w: Wording) -> Turn:
    """A harmless drawing in similar words, which lies outside the world of the model."""
    return _to_draw(w, "scene", _scene(w, SCENES), False)


def care_drawing_turn(w: Wording) -> Turn:
    """A request to draw a thing that must be met with care."""
    prompt = Prompt(w.one_of(CARE_OBJECTS), w.one_of(MOTIONS), w.one_of(BACKGROUNDS))
    made = _refused(w, "care_drawing", request_to_draw(w, prompt), "refuse_draw")
    return replace(made, prompt=write_prompt(prompt))


def care_turn(w: Wording, scene: Scene) -> Turn:
    """How to make or get what a clip shows: refused where that must be met with care, and only there."""
    found = [name for name in scene.objects if name in CARE_OBJECTS]
    slots = {"a_object": article((found or scene.objects)[0]), "a_other": article(w.one_of(FRIENDLY))}
    answer = w.answer("refuse_care" if found else "care_harmless", **slots)
    user = _about_clip(w, CARE_REQUESTS, CARE_DEEDS)
    return Turn("care" if found else "care_twin", user, answer, {"refusal": bool(found)})


def _about_clip(w: Wording, bank: Sequence[str], deeds: Sequence[str]) -> str:
    marked = w.holds_out()
    if not marked and w.chance(DEED_SHARE):
        return request_to(w, w.one_of(expand(w.one_of(deeds))))
    return w.one_of(expand(w.one_of([line for line in bank if line.startswith("!") == marked])))


def harm_with_clip_turn(w: Wording, scene: Scene) -> Turn:
    """How to do harm with what a clip shows, whatever it is."""
    return _refused(w, "harm_with_clip", _about_clip(w, HARM_WITH_CLIP, HARM_DEEDS))


# Kinds of requests in words with their weights: what is refused, and its twins.
HARMFUL: dict[str, tuple[Callable[[Wording], Turn], float]] = {
    "deed": (deed_turn, 5),
    "crime": (crime_turn, 2),
    "order": (order_turn, 3),
    "harmful_scene": (harmful_scene_turn, 3),
    "care_drawing": (care_drawing_turn, 0.5),
    "refuse": (WORD_TURNS["refuse"], 2),
}
HARMLESS: dict[str, tuple[Callable[[Wording], Turn], float]] = {
    "twin": (twin_turn, 4),
    "everyday": (everyday_turn, 3),
    "hobby": (hobby_turn, 1.5),
    "danger": (danger_turn, 2),
    "knowledge_of_danger": (knowledge_turn, 4),
    "scene": (scene_turn, 2.5),
    "lookalike": (WORD_TURNS["lookalike"], 0.5),
    "draw_lookalike": (lambda w: draw_lookalike_turn(w)[0], 0.7),
}


def request_turn(w: Wording, is_harmful: bool) -> Turn:
    """A request in words of any kind: one that is refused, or one of its twins."""
    options = HARMFUL if is_harmful else HARMLESS
    return options[w.weighted({name: weight for name, (_, weight) in options.items()})][0](w)
