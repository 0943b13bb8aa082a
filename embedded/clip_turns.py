# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Questions about a clip and their answers, one function per kind. See `wording.Turn` for what they return."""

import re
from collections.abc import Callable, Sequence

from .clips import BACKGROUNDS, MOTIONS, OBJECTS, Scene
from .phrases import ANSWERS
from .wording import Turn, Wording, article


# Words that ask whether something stays where it is, where the others ask whether it moves.
_REST = re.compile(r"stay|remain|stand|rest\b|resting|still|motionless")


def _simple(w: Wording, bank: str, scene: Scene, expected: dict, answer_bank: str | None = None, **slots: str) -> Turn:
    user = w.question(bank, **{**w.user_slots(scene), **slots})
    answer = w.answer(answer_bank or bank, **{**w.slots(scene), **slots})
    return Turn(bank, user, answer, expected)


def _object_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "object", scene, {"objects": scene.objects})


def _motion_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "motion", scene, {"motions": scene.motions})


def _background_turn(w: Wording, scene: Scene) -> Turn:
    user = w.question("background", **{**w.user_slots(scene), **_things(w, scene)})
    return Turn("background", user, w.answer("background", **w.slots(scene)), {"backgrounds": (scene.background,)})


def _things(w: Wording, scene: Scene) -> dict[str, str]:
    """What a question about the background calls the things before it."""
    return {} if scene.kind == "one" else {"object": w.one_of(("things", "objects"))}


def _count_turn(w: Wording, scene: Scene) -> Turn:
    bank = {"one": "count_one", "sequence": "count_sequence", "pair": "count_pair"}[scene.kind]
    return _simple(w, "count", scene, {"objects": scene.objects}, bank)


def _describe_turn(w: Wording, scene: Scene) -> Turn:
    expected = {"objects": scene.objects, "motions": scene.motions, "backgrounds": (scene.background,)}
    if scene.kind == "pair":
        expected["sides"] = {"left": scene.objects[0], "right": scene.objects[1]}
    return _simple(w, "describe", scene, expected, f"describe_{scene.kind}")


def _is_object_turn(w: Wording, scene: Scene) -> Turn:
    true = w.chance(0.5)
    asked = w.one_of(scene.objects) if true else w.other(OBJECTS, *scene.objects)
    user = w.question("is_object", a_object=article(w.said(asked)))
    slots = w.slots(scene) | ({"a_object": article(asked)} if true else {})
    answers = ANSWERS["yes_object" if true else "no_object"][0 if scene.kind == "one" else -1 :]
    expected = {"yes": true, "objects": (asked,) if true else scene.objects}
    return Turn("is_object", user, w.fill(w.one_of(answers), slots), expected)


def _is_motion_turn(w: Wording, scene: Scene) -> Turn:
    true = w.chance(0.5)
    asked = scene.motions[0] if true else w.other(MOTIONS, scene.motions[0])
    slots = w.user_slots(scene) | w.asked_forms(asked)
    answer = w.answer("yes_motion" if true else "no_motion", **w.slots(scene))
    return Turn("is_motion", w.question("is_motion", **slots), answer, {"yes": true, "motions": scene.motions})


def _is_moving_turn(w: Wording, scene: Scene) -> Turn:
    user = w.question("is_moving", **w.user_slots(scene))
    about_rest = _REST.search(user.lower()) is not None
    true = (scene.motions[0] == "still") == about_rest
    answer = w.answer("yes_motion" if true else "no_motion", **w.slots(scene))
    return Turn("is_moving", user, answer, {"yes": true, "motions": scene.motions})


def _is_background_turn(w: Wording, scene: Scene) -> Turn:
    true = w.chance(0.5)
    asked = scene.background if true else w.other(BACKGROUNDS, scene.background)
    answer = w.answer("yes_background" if true else "no_background", **w.slots(scene))
    expected = {"yes": true, "backgrounds": (scene.background,)}
    return Turn("is_background", w.question("is_background", color=asked), answer, expected)


def _unanswerable_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "unanswerable", scene, {"objects": scene.objects})


def _own_color_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "own_color", scene, {"backgrounds": (scene.background,)})


def _are_you_sure_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "are_you_sure", scene, {"objects": scene.objects}, "sure")


def _order_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "order", scene, {"objects": scene.objects})


def _first_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "first", scene, {"objects": scene.objects[:1]})


def _second_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "second", scene, {"objects": scene.objects[1:]}, a_object=article(scene.objects[1]))


def _motion_of_first_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "motion_of_first", scene, {"motions": scene.motions[:1]}, "motion")


def _motion_of_second_turn(w: Wording, scene: Scene) -> Turn:
    name, motion = scene.objects[1], scene.motions[1]
    user = w.question("motion_of_second", **w.user_slots(scene))
    answer = w.answer("motion", object=name, motion_finite=w.words(motion, "finite"))
    return Turn("motion_of_second", user, answer, {"motions": (motion,)})


def _is_order_turn(w: Wording, scene: Scene) -> Turn:
    true = w.chance(0.5)
    a, b = scene.objects if true else scene.objects[::-1]
    user = w.question("is_order", a=w.said(a), b=w.said(b))
    answer = w.answer("yes_order" if true else "no_order", **w.slots(scene))
    return Turn("is_order", user, answer, {"yes": true, "objects": scene.objects})


def _side_by_side_turn(w: Wording, scene: Scene) -> Turn:
    expected = {"objects": scene.objects, "sides": {"left": scene.objects[0], "right": scene.objects[1]}}
    return _simple(w, "side_by_side", scene, expected)


def _left_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "left", scene, {"objects": scene.objects[:1]})


def _right_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "right", scene, {"objects": scene.objects[1:]}, a_object=article(scene.objects[1]))


def _which_side_turn(w: Wording, scene: Scene) -> Turn:
    index = int(w.rng.integers(2))
    name, side = scene.objects[index], ("left", "right")[index]
    user = w.question("which_side", object=w.said(name))
    return Turn("which_side", user, w.answer("which_side", object=name, side=side), {"side": side})


def _motion_of_pair_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "motion_of_pair", scene, {"motions": scene.motions[:1]})


def _and_motion_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "and_motion", scene, {"motions": scene.motions}, "motion")


def _and_background_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "and_background", scene, {"backgrounds": (scene.background,)}, "background")


def _and_object_turn(w: Wording, scene: Scene) -> Turn:
    return _simple(w, "and_object", scene, {"objects": scene.objects}, "object")


# -- two clips --------------------------------------------------------------------------------------------------------


def _earlier_object_turn(w: Wording, scenes: Sequence[Scene]) -> Turn:
    index, nth = _nth(w)
    return _simple(w, "earlier_object", scenes[index], {"objects": scenes[index].objects}, nth=nth)


def _earlier_background_turn(w: Wording, scenes: Sequence[Scene]) -> Turn:
    index, nth = _nth(w)
    return _simple(w, "earlier_background", scenes[index], {"backgrounds": (scenes[index].background,)}, nth=nth)


def _earlier_motion_turn(w: Wording, scenes: Sequence[Scene]) -> Turn | None:
    index, nth = _nth(w)
    scene, other = scenes[index], scenes[1 - index]
    if scene.kind != "one" or scene.objects[0] in other.objects:
        return None
    return _simple(w, "earlier_motion", scene, {"motions": scene.motions}, nth=nth)


def _nth(w: Wording) -> tuple[int, str]:
    index = 0 if w.chance(0.7) else 1
    return index, ("first", "second")[index]


def _same_background_turn(w: Wording, scenes: Sequence[Scene]) -> Turn:
    one, two = (scene.background for scene in scenes)
    user, slots = w.question("same_background"), {"color": one, "other": two}
    answer = w.answer("same_background" if one == two else "other_background", **slots)
    return Turn("same_background", user, answer, {"yes": one == two, "backgrounds": tuple(dict.fromkeys((one, two)))})


def _same_object_turn(w: Wording, scenes: Sequence[Scene]) -> Turn | None:
    if any(scene.kind != "one" for scene in scenes):
        return None
    one, two = (scene.objects[0] for scene in scenes)
    slots = {"a_object": article(one), "a_other": article(two)}
    answer = w.answer("same_object" if one == two else "other_object", **slots)
    expected = {"yes": one == two, "objects": tuple(dict.fromkeys((one, two)))}
    return Turn("same_object", w.question("same_object"), answer, expected)


def _which_clip_turn(w: Wording, scenes: Sequence[Scene]) -> Turn | None:
    index = int(w.rng.integers(2))
    nth = ("first", "second")[index]
    name = w.one_of(scenes[index].objects)
    if name in scenes[1 - index].objects:
        return None
    user = w.question("which_clip", object=w.said(name))
    return Turn("which_clip", user, w.answer("which_clip", nth=nth), {"any_of": (nth,)})


def _which_background_turn(w: Wording, scenes: Sequence[Scene]) -> Turn | None:
    index = int(w.rng.integers(2))
    nth = ("first", "second")[index]
    if scenes[0].background == scenes[1].background:
        return None
    user = w.question("which_background", color=scenes[index].background)
    return Turn("which_background", user, w.answer("which_clip", nth=nth), {"any_of": (nth,)})


def _compare_turn(w: Wording, scenes: Sequence[Scene]) -> Turn:
    one, two = scenes
    slots = {"what": w.objects_phrase(one), "other": w.objects_phrase(two)}
    answer = w.answer("compare", color=one.background, color2=two.background, **slots)
    expected = {
        "objects": tuple(dict.fromkeys((*one.objects, *two.objects))),
        "backgrounds": tuple(dict.fromkeys((one.background, two.background))),
    }
    return Turn("compare", w.question("compare"), answer, expected)


ClipTurn = Callable[[Wording, Scene], Turn]

# Every kind of question by the kind of scene that it fits, with its weight as an opening question.
CLIP_TURNS: dict[str, dict[str, tuple[ClipTurn, float]]] = {
    "one": {
        "object": (_object_turn, 22),
        "motion": (_motion_turn, 18),
        "background": (_background_turn, 14),
        "describe": (_describe_turn, 20),
        "count": (_count_turn, 3),
        "is_object": (_is_object_turn, 6),
        "is_motion": (_is_motion_turn, 5),
        "is_moving": (_is_moving_turn, 2),
        "is_background": (_is_background_turn, 3),
        "unanswerable": (_unanswerable_turn, 3),
        "own_color": (_own_color_turn, 1),
    },
    "sequence": {
        "order": (_order_turn, 22),
        "first": (_first_turn, 12),
        "second": (_second_turn, 12),
        "describe": (_describe_turn, 16),
        "motion_of_first": (_motion_of_first_turn, 7),
        "motion_of_second": (_motion_of_second_turn, 7),
        "background": (_background_turn, 8),
        "count": (_count_turn, 4),
        "is_order": (_is_order_turn, 5),
        "is_object": (_is_object_turn, 3),
        "is_background": (_is_background_turn, 2),
        "unanswerable": (_unanswerable_turn, 1),
    },
    "pair": {
        "side_by_side": (_side_by_side_turn, 24),
        "left": (_left_turn, 12),
        "right": (_right_turn, 12),
        "describe": (_describe_turn, 16),
        "which_side": (_which_side_turn, 7),
        "motion_of_pair": (_motion_of_pair_turn, 7),
        "background": (_background_turn, 8),
        "count": (_count_turn, 5),
        "is_object": (_is_object_turn, 3),
        "is_background": (_is_background_turn, 2),
        "unanswerable": (_unanswerable_turn, 1),
    },
}

FOLLOW_UPS: dict[str, dict[str, ClipTurn]] = {
    "one": {
        "and_motion": _and_motion_turn,
        "and_background": _and_background_turn,
        "and_object": _and_object_turn,
        "are_you_sure": _are_you_sure_turn,
    },
    "sequence": {"and_background": _and_background_turn, "are_you_sure": _are_you_sure_turn},
    "pair": {"and_background": _and_background_turn, "are_you_sure": _are_you_sure_turn},
}

# Questions about one of two clips or both; they return `None` where they do not fit the two scenes.
TWO_CLIP_TURNS: tuple[Callable[[Wording, Sequence[Scene]], Turn | None], ...] = (
    _earlier_object_turn,
    _earlier_background_turn,
    _earlier_motion_turn,
    _same_background_turn,
    _same_object_turn,
    _which_clip_turn,
    _which_background_turn,
    _compare_turn,
)
