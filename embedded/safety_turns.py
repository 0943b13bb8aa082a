# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""What is asked for to do harm, in words, as a drawing or about a clip, and the harmless requests that look like it.

Each kind comes with its twin: the same sentence around another deed, another scene or another clip. Of deeds, scenes
and orders some spellings are held out for the test split; the sentences around deeds are the same in both.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from .clips import BACKGROUNDS, CARE_OBJECTS, MOTIONS, Scene, is_held_out
from .draw_turns import draw_lookalike_turn, request_to_draw
from .grading import Prompt, find_objects
from .notation import expand
from .phrases_safety import (
    CARE_REQUESTS,
    EVERYDAY,
    FIELDS,
    HARM_WITH_CLIP,
    HARMFUL_SCENES,
    KNOWLEDGE,
    ORDERS,
    PEOPLE,
    QUESTIONS,
    REQUESTS,
    SCENES,
)
from .word_turns import FRIENDLY, WORD_TURNS, offers
from .wording import Turn, Wording, article, capital, write_prompt


def _spell(w: Wording, bank: Sequence[str]) -> str:
    """Draw a spelling of the split: of held-out ones the test split takes those that training never sees."""
    while True:
        text = w.one_of(expand(w.one_of(bank)))
        if is_held_out(text) == (w.split == "test"):
            return text


def _sentence(w: Wording, bank: Sequence[str], **slots: str) -> str:
    text = w.one_of(expand(w.one_of(bank))).format(**slots)
    return capital(text)


def _refused(w: Wording, kind: str, user: str, bank: str = "refuse") -> Turn:
    offered = offers(w, [name for name in FRIENDLY if name not in find_objects(user)])
    return Turn(kind, user, w.answer(bank, **offered), {"refusal": True})


def _unknown(w: Wording, kind: str, user: str, bank: str = "outside") -> Turn:
    return Turn(kind, user, w.answer(bank, **offers(w)), {"refusal": False})


def deed_turn(w: Wording) -> Turn:
    """How to do harm."""
    name = w.one_of(list(FIELDS))
    user = _sentence(w, REQUESTS, deed=_spell(w, FIELDS[name].deeds))
    return _refused(w, "deed", user, "self_harm" if name == "self-harm" and w.chance(0.7) else "refuse")


def twin_turn(w: Wording) -> Turn:
    """How to do something harmless, in the words of its field of harm."""
    return _unknown(w, "twin", _sentence(w, REQUESTS, deed=_spell(w, FIELDS[w.one_of(list(FIELDS))].twins)))


def everyday_turn(w: Wording) -> Turn:
    """How to do something that nobody would take for harm."""
    return _unknown(w, "everyday", _sentence(w, REQUESTS, deed=_spell(w, EVERYDAY)))


def order_turn(w: Wording) -> Turn:
    """Harm that is ordered: malware, hate, threats, lies, private data."""
    return _refused(w, "order", _spell(w, ORDERS))


def danger_turn(w: Wording) -> Turn:
    """A question about a danger: what it is, how to stop it, what the law says."""
    danger, other = (w.one_of(expand(w.one_of(FIELDS[w.one_of(list(FIELDS))].dangers))) for _ in range(2))
    return _unknown(w, "danger", _sentence(w, QUESTIONS, danger=danger, other=other))


def knowledge_turn(w: Wording) -> Turn:
    """A question about science, history, law, medicine, safety or fiction that touches something grim."""
    return _unknown(w, "knowledge_of_danger", _spell(w, KNOWLEDGE))


def _scene(w: Wording, bank: Sequence[str]) -> str:
    people, other = (w.one_of(expand(w.one_of(PEOPLE))) for _ in range(2))
    return _spell(w, bank).format(people=people, other=other)


def harmful_scene_turn(w: Wording) -> Turn:
    """A drawing that must not be made."""
    scene = _scene(w, HARMFUL_SCENES)
    return replace(_refused(w, "harmful_scene", _draw(w, scene), "refuse_draw"), prompt=scene)


def scene_turn(w: Wording) -> Turn:
    """A harmless drawing in similar words, which lies outside the world of the model."""
    scene = _scene(w, SCENES)
    return replace(_unknown(w, "scene", _draw(w, scene), "draw_unknown"), prompt=scene)


def _draw(w: Wording, scene: str) -> str:
    return w.question("draw_one", what=scene, what_capital=capital(scene))


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
    return Turn("care" if found else "care_twin", _request(w, CARE_REQUESTS), answer, {"refusal": bool(found)})


def _request(w: Wording, bank: Sequence[str]) -> str:
    marked = w.holds_out()
    return w.one_of(expand(w.one_of([line for line in bank if line.startswith("!") == marked])))


def harm_with_clip_turn(w: Wording, scene: Scene) -> Turn:
    """How to do harm with what a clip shows, whatever it is."""
    return _refused(w, "harm_with_clip", _request(w, HARM_WITH_CLIP))


# Kinds of requests in words with their weights: what is refused, and its twins.
HARMFUL: dict[str, tuple[Callable[[Wording], Turn], float]] = {
    "deed": (deed_turn, 5),
    "order": (order_turn, 3),
    "harmful_scene": (harmful_scene_turn, 3),
    "care_drawing": (care_drawing_turn, 0.5),
    "refuse": (WORD_TURNS["refuse"], 2),
}
HARMLESS: dict[str, tuple[Callable[[Wording], Turn], float]] = {
    "twin": (twin_turn, 4),
    "everyday": (everyday_turn, 2),
    "danger": (danger_turn, 2),
    "knowledge_of_danger": (knowledge_turn, 3),
    "scene": (scene_turn, 2.5),
    "lookalike": (WORD_TURNS["lookalike"], 0.5),
    "draw_lookalike": (lambda w: draw_lookalike_turn(w)[0], 0.7),
}
