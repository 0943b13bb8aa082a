# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The dialogue writer of the embedded world: conversations about clips, requests to draw, small talk and refusals.

`write_dialogue` turns zero, one or two scenes into messages in the form of the chat template; `compose_dialogue` also
tells what each answer must say, in the form that `grade` checks. Single turns come from `clip_turns.py`,
`draw_turns.py` and `word_turns.py`, their wordings from `phrases.py` and `chat.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .chat import FAREWELLS, GREETINGS, REACTIONS, SMALL_TALK
from .clip_turns import CLIP_TURNS, FOLLOW_UPS, TWO_CLIP_TURNS
from .clips import Scene, Split
from .draw_turns import (
    accepted_turn,
    draw_anything_turn,
    draw_category_turn,
    draw_lookalike_turn,
    draw_part_turn,
    draw_turn,
    draw_two_turn,
    recall_drawing_turn,
    redraw_turn,
)
from .grading import Prompt, find_motions, find_objects, grade, parse_prompt
from .word_turns import WORD_TURNS, chat_turn, outside_turn, refuse_turn
from .wording import Turn, Wording, write_prompt
from gpt4video.tables_gpt4video import request_of


__all__ = ["Dialogue", "Turn", "ask", "compose_dialogue", "grade", "parse_prompt", "write_dialogue", "write_prompt"]

VIDEO_FIRST = 0.85  # share of clips that are shown before the words of their turn

# What a conversation without a clip may open with, and how often.
OPENINGS: dict[str, float] = {
    "draw": 30,
    "chat": 16,
    "refuse": 13,
    "outside": 11,
    "knowledge": 9,
    "draw_unknown": 8,
    "no_clip": 6,
    "lookalike": 5,
    "draw_two": 6,
    "draw_lookalike": 5,
    "draw_anything": 2,
    "draw_category": 2,
}
DRAWINGS = {
    "draw": draw_turn,
    "draw_two": draw_two_turn,
    "draw_lookalike": draw_lookalike_turn,
    "draw_anything": draw_anything_turn,
    "draw_category": draw_category_turn,
}
_OFFERING = (
    "Shall I",
    "How about",
    "gladly draw",
    "could draw",
    "could also draw",
    "et me draw",
    "can draw",
    "a clip of",
)


@dataclass(frozen=True)
class Dialogue:
    """A conversation: `messages` for the chat template, and the `turns` they were made of, one per answer."""

    messages: list[dict]
    turns: tuple[Turn, ...]
    scenes: tuple[Scene, ...]


class _Conversation:
    """Strings turns together and remembers what later ones may refer to."""

    def __init__(self, rng: np.random.Generator, split: Split) -> None:
        self.wording = Wording(rng, split)
        self.turns: list[Turn] = []
        self.drawing: Prompt | None = None

    def say(self, turn: Turn | tuple[Turn, Prompt], clip: int | None = None) -> None:
        """Add a turn; with a drawing, remember it."""
        if isinstance(turn, tuple):
            turn, self.drawing = turn
        self.turns.append(turn if clip is None else replace(turn, clip=clip))

    # -- without a clip ----------------------------------------------------------------------------------------------

    def open(self, length: int) -> None:
        """A conversation of `length` turns without any clip."""
        kinds = dict(OPENINGS)
        while len(self.turns) < length:
            if self.turns and self.answer_to_offer():
                continue
            if self.drawing and self.wording.chance(0.7):
                self.after_drawing()
                continue
            kind = self.wording.weighted(kinds)
            if kind == "chat":
                self.chat()
            else:
                self.say(DRAWINGS[kind](self.wording) if kind in DRAWINGS else WORD_TURNS[kind](self.wording))
            if self.drawing:
                kinds.pop("no_clip", None)

    def chat(self) -> None:
        """Small talk that fits the place: greetings first, reactions later."""
        if self.turns:
            intents = REACTIONS if self.wording.chance(0.5) else SMALL_TALK
        else:
            intents = self.wording.one_of((GREETINGS, REACTIONS, *(SMALL_TALK,) * 4))
        self.say(chat_turn(self.wording, intents))

    def answer_to_offer(self) -> bool:
        """Take up what the last answer offered, if it offered something, half of the time."""
        answer = self.turns[-1].answer
        names = find_objects(answer)
        offered = "<video" not in answer and len(names) in (1, 2) and any(word in answer for word in _OFFERING)
        if self.turns[-1].kind == "self_harm" or not offered or not self.wording.chance(0.5):
            return False
        motions = find_motions(answer) if len(names) == 1 else []
        self.say(accepted_turn(self.wording, names, motions[0] if len(motions) == 1 else None))
        return True

    def after_drawing(self) -> None:
        """Go on after a drawing: another version of it, a question about it, or thanks."""
        kind = self.wording.weighted({"redraw": 8, "recall": 1, "thanks": 1.5})
        if kind == "recall":
            self.say(recall_drawing_turn(self.wording, self.drawing))
        elif kind == "thanks":
            self.say(chat_turn(self.wording, REACTIONS))
        else:
            turn = redraw_turn(self.wording, self.drawing, seen=False)
            if turn is not None:
                self.say(turn)

    # -- with clips --------------------------------------------------------------------------------------------------

    def show(self, scene: Scene, clip: int) -> None:
        """The turn that brings a clip."""
        turn = self.draw_seen(scene) if self.wording.chance(0.1) else self.ask_about(scene)
        if clip and not isinstance(turn, tuple):
            user = self.wording.question("next_clip", question=turn.user)
            turn = replace(turn, user=user)
        self.say(turn, clip)

    def ask_about(self, scene: Scene, *asked: str) -> Turn:
        """A question about a clip, of a kind that was not asked before."""
        kinds = {kind: weight for kind, (_, weight) in CLIP_TURNS[scene.kind].items() if kind not in asked}
        return CLIP_TURNS[scene.kind][self.wording.weighted(kinds)][0](self.wording, scene)

    def draw_seen(self, scene: Scene) -> tuple[Turn, Prompt]:
        """A request to draw a clip that was shown, or something like it."""
        if scene.kind != "one":
            return draw_part_turn(self.wording, scene)
        seen, turn = Prompt(scene.objects[0], scene.motions[0], scene.background), None
        while turn is None:
            turn = redraw_turn(self.wording, seen, seen=True)
        return turn

    def go_on(self, scene: Scene, asked: list[str]) -> None:
        """One more turn about the clip that was shown last, or beside it."""
        if self.drawing:
            self.after_drawing()
            return
        kind = self.wording.weighted(
            {"ask": 55, "follow": 18, "draw": 18, "chat": 4, "refuse": 2, "outside": 2, "free": 2}
        )
        if kind == "ask":
            self.say(self.ask_about(scene, *asked))
        elif kind == "follow":
            options = FOLLOW_UPS[scene.kind]
            self.say(options[self.wording.one_of(list(options))](self.wording, scene))
        elif kind == "draw":
            self.say(self.draw_seen(scene))
        elif kind == "chat":
            self.say(chat_turn(self.wording, REACTIONS))
        else:
            self.say({"refuse": refuse_turn, "outside": outside_turn, "free": draw_turn}[kind](self.wording))

    def one_clip(self, scene: Scene, clip: int, length: int) -> None:
        """Show a clip and talk about it for `length` turns."""
        start = len(self.turns)
        self.drawing = None
        self.show(scene, clip)
        while len(self.turns) < start + length:
            self.go_on(scene, [turn.kind for turn in self.turns[start:]])

    def compare(self, scenes: Sequence[Scene]) -> None:
        """A question about an earlier clip or about both."""
        turn = None
        while turn is None:
            turn = self.wording.one_of(TWO_CLIP_TURNS)(self.wording, scenes)
        self.say(turn)

    # -- messages ----------------------------------------------------------------------------------------------------

    def messages(self) -> list[dict]:
        """Put the turns into the form of the chat template. A clip is a block `{"type": "video"}`."""
        messages = []
        for turn in self.turns:
            content = [{"type": "text", "text": turn.user}]
            if turn.clip is not None:
                content.insert(0 if self.wording.chance(VIDEO_FIRST) else 1, {"type": "video"})
            messages.append({"role": "user", "content": content})
            messages.append({"role": "assistant", "content": [{"type": "text", "text": turn.answer}]})
        return messages


def compose_dialogue(scenes: Scene | Sequence[Scene], rng: np.random.Generator, split: Split) -> Dialogue:
    """Write a conversation about zero, one or two clips.

    Args:
        scenes (`Scene` or sequence of `Scene`): The clips, in the order in which they are shown. The caller draws them
            from the same split.
        rng (`np.random.Generator`): Source of randomness.
        split (`str`): `"train"` or `"test"`. Training uses no held-out wording and draws no held-out triple.

    Returns:
        `Dialogue`: Its messages hold one `{"type": "video"}` block per scene, in order, without a path.

    Raises:
        ValueError: If there are more than two scenes.
    """
    scenes = (scenes,) if isinstance(scenes, Scene) else tuple(scenes)
    if len(scenes) > 2:
        raise ValueError(f"a dialogue holds at most two clips, got {len(scenes)}")
    conversation = _Conversation(rng, split)
    wording = conversation.wording
    if not scenes:
        conversation.open(int(rng.choice((1, 2, 3, 4, 5, 6), p=(0.3, 0.22, 0.18, 0.14, 0.1, 0.06))))
    elif len(scenes) == 1:
        if wording.chance(0.06):
            conversation.say(chat_turn(wording, GREETINGS))
        conversation.one_clip(scenes[0], 0, int(rng.choice((1, 2, 3, 4, 5), p=(0.25, 0.25, 0.22, 0.16, 0.12))))
    else:
        for clip, scene in enumerate(scenes):
            conversation.one_clip(scene, clip, int(rng.choice((1, 2), p=(0.75, 0.25))))
        for _ in range(int(rng.choice((0, 1, 2), p=(0.2, 0.55, 0.25)))):
            conversation.compare(scenes)
    if wording.chance(0.04):
        conversation.say(chat_turn(wording, FAREWELLS))
    conversation.turns = [replace(turn, user=wording.polish(turn.user)) for turn in conversation.turns]
    return Dialogue(conversation.messages(), tuple(conversation.turns), scenes)


def write_dialogue(scenes: Scene | Sequence[Scene], rng: np.random.Generator, split: Split) -> list[dict]:
    """Write the messages of a conversation; see `compose_dialogue` for the arguments."""
    return compose_dialogue(scenes, rng, split).messages


def ask(kind: str, scene: Scene, rng: np.random.Generator, split: Split) -> Turn:
    """Write one question of a wanted kind about a clip, its answer and what any right answer says.

    Args:
        kind (`str`): A kind of question that fits the scene, such as `"object"`, `"order"` or `"side_by_side"`.
        scene (`Scene`): The clip.
        rng (`np.random.Generator`): Source of randomness.
        split (`str`): `"train"` or `"test"`.

    Raises:
        ValueError: If the kind does not fit the scene.
    """
    if kind not in CLIP_TURNS[scene.kind]:
        raise ValueError(
            f"a scene of kind {scene.kind!r} has no question {kind!r}; use {', '.join(CLIP_TURNS[scene.kind])}"
        )
    wording = Wording(rng, split)
    turn = CLIP_TURNS[scene.kind][kind][0](wording, scene)
    return replace(turn, user=wording.polish(turn.user))


def quiz(scene: Scene, rng: np.random.Generator, split: Split, count: int) -> list[Turn]:
    """Ask some different questions about a clip; a description comes last, because it gives the other answers away."""
    options, weights = zip(*((kind, weight) for kind, (_, weight) in CLIP_TURNS[scene.kind].items()), strict=True)
    chosen = rng.choice(len(options), size=count, replace=False, p=np.array(weights) / sum(weights))
    return [ask(kind, scene, rng, split) for kind in sorted((options[at] for at in chosen), key="describe".__eq__)]


def about_clip(turns: Sequence[Turn], path: str) -> list[dict]:
    """Put turns about one clip into messages; the clip comes before the first words."""
    messages = []
    for turn in turns:
        messages.append(request_of(turn.user, None if messages else path))
        messages.append({"role": "assistant", "content": [{"type": "text", "text": turn.answer}]})
    return messages
