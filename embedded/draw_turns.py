# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Requests to draw and their answers: free ones, ones relative to a drawing or a clip, several in one reply."""

from .clips import BACKGROUNDS, MOTIONS, OBJECTS, Scene
from .grading import Prompt
from .wording import CATEGORIES, OPPOSITES, Turn, Wording, article, capital, write_prompt


def _drawn(w: Wording, kind: str, user: str, bank: str, prompt: Prompt, wanted: Prompt) -> tuple[Turn, Prompt]:
    video = f"<video>{write_prompt(prompt)}</video>"
    a_object = article(prompt.object)
    answer = w.answer(bank, video=video, object=prompt.object, a_object=a_object)
    return Turn(kind, user, answer, {"draw": [vars(wanted)]}), prompt


def what_to_draw(w: Wording, prompt: Prompt) -> str:
    """The object of a request in the user's words, with those of motion and background that are not `None`."""
    a_object = article(w.said(prompt.object))
    motion = w.asked_motion(prompt.motion) if prompt.motion else ""
    on_background = w.question("on_background", color=prompt.background) if prompt.background else ""
    on_background = on_background[:1].lower() + on_background[1:]
    if not (motion and on_background):
        return f"{a_object} {motion}{on_background}".strip()
    slots = {"a_object": a_object, "motion": motion, "on_background": on_background, **w.asked_forms(prompt.motion)}
    text = w.question("what_to_draw", **slots)
    return text[:1].lower() + text[1:]


def draw_turn(w: Wording) -> tuple[Turn, Prompt]:
    """A request for one object, with all properties or some of them left open."""
    prompt, open_parts = w.random_prompt(), w.rng.random()
    if open_parts < 0.6:
        wanted = prompt
    else:
        keep_motion, keep_background = open_parts < 0.72, 0.72 <= open_parts < 0.84
        motion, color = prompt.motion if keep_motion else None, prompt.background if keep_background else None
        prompt = w.complete(prompt.object, motion, color) or prompt
        wanted = Prompt(prompt.object, motion, color)
    bank = "draw" if wanted == prompt else "draw_missing"
    if wanted == prompt and w.chance(0.2):
        user = _scene_request(w, prompt)
    elif wanted == prompt and w.chance(0.12):
        user = w.question("draw_one", **_what(w, Prompt(prompt.object, prompt.motion, None)))
        user += " " + w.question("draw_background_too", color=prompt.background)
    else:
        user = request_to_draw(w, wanted)
    return _drawn(w, "draw", user, bank, prompt, wanted)


def _scene_request(w: Wording, prompt: Prompt) -> str:
    """A request that puts the motion into a clause of its own, or lists all three in keywords."""
    name, on_background = w.said(prompt.object), w.question("on_background", color=prompt.background)
    slots = {"object": name, "a_object": article(name), "motion": w.asked_motion(prompt.motion)}
    slots |= {"color": prompt.background, "on_background": on_background[:1].lower() + on_background[1:]}
    return w.question("draw_scene", **slots, **w.asked_forms(prompt.motion))


def _what(w: Wording, wanted: Prompt) -> dict[str, str]:
    what = what_to_draw(w, wanted)
    return {"what": what, "what_capital": capital(what)}


def request_to_draw(w: Wording, prompt: Prompt) -> str:
    """Ask for a drawing with all its properties."""
    return w.question("draw_one", **_what(w, prompt))


def draw_lookalike_turn(w: Wording) -> tuple[Turn, Prompt]:
    """A request that sounds dangerous and is not."""
    prompt = w.random_prompt()
    user = w.question("draw_lookalike", **_what(w, prompt))
    return _drawn(w, "draw_lookalike", user, "draw", prompt, prompt)


def draw_anything_turn(w: Wording) -> tuple[Turn, Prompt]:
    """A request that leaves everything to the model."""
    prompt = w.complete(w.one_of(OBJECTS))
    return _drawn(w, "draw_anything", w.question("draw_anything"), "draw_anything", prompt, Prompt(None, None, None))


def draw_category_turn(w: Wording) -> tuple[Turn, Prompt]:
    """A request for some animal, vehicle and the like."""
    word, plural, members = w.one_of(CATEGORIES)
    prompt = w.complete(w.one_of(sorted(members)))
    user = w.question("draw_category", category=word)
    user = user.replace(f"some {word}.", f"some {plural}.") if "or other" not in user else user
    return _drawn(w, "draw_category", user, "draw_anything", prompt, Prompt(None, None, None))


def draw_two_turn(w: Wording) -> tuple[Turn, Prompt]:
    """Two clips in one reply."""
    one, two = w.random_prompt(), w.random_prompt()
    while two.object == one.object:
        two = w.random_prompt()
    if w.chance(0.5):
        user, bank = w.question("draw_two", what=what_to_draw(w, one), other=what_to_draw(w, two)), "draw_two"
        wanted = [one, two]
    else:
        color = w.one_of(BACKGROUNDS) if w.chance(0.5) else None
        names = w.objects(2)
        found = [w.complete(name, background=color) for name in names]
        one, two = (prompt or w.complete(name) for prompt, name in zip(found, names, strict=True))
        on = w.question("on_background", color=color) if color and None not in found else ""
        slots = {"a_object": article(w.said(names[0])), "a_other": article(w.said(names[1]))}
        on = f" {on[:1].lower()}{on[1:]}" if on else ""
        user, bank = w.question("draw_pair", on_background=on, **slots), "draw_pair"
        wanted = [Prompt(prompt.object, None, color if on else None) for prompt in (one, two)]
    first, second = (write_prompt(prompt) for prompt in (one, two))
    video = f"<video1>{first}</video1> <video2>{second}</video2>"
    return Turn("draw_two", user, w.answer(bank, video=video), {"draw": [vars(part) for part in wanted]}), two


def redraw_turn(w: Wording, last: Prompt, seen: bool) -> tuple[Turn, Prompt] | None:
    """A request relative to a drawing or, if `seen`, to a clip. `None` if the choice does not fit."""
    change = w.weighted({"reverse": 1.2, "background": 1.2, "motion": 1, "object": 1.2, "same": 0.8 if seen else 0.2})
    slots = {"old": w.said(last.object)}
    prompt = last
    if change == "reverse":
        if last.motion == "still":
            return None
        prompt = Prompt(last.object, OPPOSITES[last.motion], last.background)
    elif change == "background":
        color = w.other(BACKGROUNDS, last.background)
        on_background = w.question("on_background", color=color)
        slots |= {"color": color, "on_background": on_background[:1].lower() + on_background[1:]}
        prompt = Prompt(last.object, last.motion, color)
    elif change == "motion":
        motion = w.other(MOTIONS, last.motion)
        slots |= {"motion": w.asked_motion(motion), **w.asked_forms(motion)}
        prompt = Prompt(last.object, motion, last.background)
    elif change == "object":
        name = w.other(OBJECTS, last.object)
        slots["a_object"] = article(w.said(name))
        prompt = Prompt(name, last.motion, last.background)
    if not w.allowed(prompt):
        return None
    bank = {True: "draw_seen", False: "redraw_again" if change == "same" else "redraw"}[seen]
    bank = bank if change == "same" else f"{bank}_{change}"
    return _drawn(w, bank, w.question(bank, **slots), "redraw", prompt, prompt)


def draw_part_turn(w: Wording, scene: Scene) -> tuple[Turn, Prompt]:
    """A request to draw one of the two objects of a clip."""
    index = int(w.rng.integers(2))
    which = ("first one", "second one")[index] if scene.kind == "sequence" else ("left one", "right one")[index]
    prompt = Prompt(scene.objects[index], scene.motions[index], scene.background)
    user = w.question("draw_part", which=which, name=w.said(prompt.object))
    return _drawn(w, "draw_part", user, "redraw", prompt, prompt)


def recall_drawing_turn(w: Wording, last: Prompt) -> Turn:
    """A question about what was drawn last."""
    prompt = write_prompt(last)
    expected = {"objects": (last.object,), "motions": (last.motion,), "backgrounds": (last.background,)}
    return Turn("recall_drawing", w.question("recall_drawing"), w.answer("recall_drawing", prompt=prompt), expected)


def accepted_turn(w: Wording, names: list[str], motion: str | None) -> tuple[Turn, Prompt]:
    """The user takes up an offer to draw one of some things."""
    prompt = w.complete(w.one_of(names), motion)
    if prompt is None:
        motion, prompt = None, w.complete(w.one_of(names))
    if len(names) == 1 and w.chance(0.7):
        user = w.question("accept_offer")
    else:
        user = w.question("choose_offer", object=w.said(prompt.object))
    return _drawn(w, "accept_offer", user, "draw", prompt, Prompt(prompt.object, motion, None))
