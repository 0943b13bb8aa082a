# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Choosing and filling the wordings of the embedded world: the helper that all writers of turns share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .clips import BACKGROUNDS, CATALOGUE, MOTIONS, OBJECTS, Scene, Split, split_of
from .grading import Prompt
from .notation import expand
from .phrases import ANSWERS, FILLERS, MOTION_WORDS, PROMPT, templates


OPPOSITES = {
    "left to right": "right to left",
    "right to left": "left to right",
    "upwards": "downwards",
    "downwards": "upwards",
    "growing": "shrinking",
    "shrinking": "growing",
}
_LEADS = ("And", "Now", "So", "Well", "Hey", "OK", "Hi", "Hello", "Again")
_OPENERS = ("Hey, ", "Well, ", "So, ", "And now: ", "Hi, ", "OK, ", "Hm, ", "Right, ")
_ARTICLE = re.compile(r"\b([Aa]) (orange|animal)\b")
HELD_OUT_WORDINGS = 0.5  # share of the user's turns of the test split that use a wording unseen in training


def _names(text: str) -> frozenset[str]:
    names = frozenset(text.split(", "))
    if unknown := names - set(OBJECTS):
        raise ValueError(f"unknown objects in a list of the dialogue writer: {sorted(unknown)}")
    return names


ANIMALS = _names(
    "elephant, giraffe, zebra, lion, tiger, monkey, gorilla, sloth, kangaroo, llama, camel, horse, cow, pig, ram, "
    "deer, mammoth, rhinoceros, crocodile, turtle, snake, frog, rabbit, cat, dog, poodle, fox, bear, panda, koala, "
    "raccoon, otter, hedgehog, chipmunk, hamster, mouse, chicken, rooster, chick, penguin, duck, flamingo, "
    "peacock, parrot, owl, turkey, whale, shark, octopus, squid, crab, lobster, fish, snail, bee, ladybug, "
    "butterfly, spider, scorpion, dinosaur, seal"
)
BIRDS = _names("chicken, rooster, chick, penguin, duck, flamingo, peacock, parrot, owl, turkey")
VEHICLES = _names(
    "motorcycle, rocket, helicopter, steam train, tram, bus, ambulance, fire engine, police car, taxi, car, truck, "
    "tractor, ship, sailboat, canoe, airplane, flying saucer, rickshaw"
)
FOOD = _names("cocktail, beer mug, teacup, coffee cup, birthday cake, pumpkin")
WATER = _names("whale, shark, octopus, squid, crab, lobster, fish, seal, otter, ship, sailboat, canoe, duck, penguin")
GREEN_THINGS = _names("crocodile, turtle, snake, frog, dinosaur, dragon, Christmas tree, peacock, tractor, alien")
RISING = _names("rocket, helicopter, flying saucer, ghost, airplane, bee, butterfly, flame")
SINKING = _names("parachute, comet, snowflake, spider")
CATEGORIES: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("animal", "animals", ANIMALS),
    ("bird", "birds", BIRDS),
    ("vehicle", "vehicles", VEHICLES),
    ("thing to eat or drink", "things to eat or drink", FOOD),
)


@dataclass(frozen=True)
class Turn:
    """One question and its answer.

    Args:
        kind (`str`): What is asked, such as `"object"` or `"draw_seen_reverse"`.
        user (`str`): The user's words.
        answer (`str`): A right answer.
        expected (`dict`): What any right answer says, for `grading.grade`.
        clip (`int`, *optional*): Index of the scene that is shown with this turn.
        prompt (`str`, *optional*): Of some requests to draw, what is to be drawn, without the words around it.
    """

    kind: str
    user: str
    answer: str
    expected: dict
    clip: int | None = None
    prompt: str | None = None


def article(name: str) -> str:
    """Put the indefinite article before a name."""
    sounded = name.lower()
    if sounded.startswith(("a ", "an ", "the ")):
        return name
    vowel = sounded.startswith(("a", "e", "i", "o", "u", "hour")) and not sounded.startswith(("uni", "ufo", "eu"))
    return f"an {name}" if vowel else f"a {name}"


def capital(text: str) -> str:
    """Begin a text with a capital letter and leave the rest."""
    return text[:1].upper() + text[1:]


def tidy(text: str) -> str:
    """Mend the articles before slots that begin with a vowel."""
    return _ARTICLE.sub(r"\1n \2", text)


def category_of(name: str) -> str:
    """Say what kind of thing an object is, with its article."""
    for word, _, members in CATEGORIES:
        if name in members and word != "bird":
            return "something to eat or drink" if members is FOOD else article(word)
    return "a thing"


def write_prompt(prompt: Prompt) -> str:
    """Write a drawing prompt in the language that the drawing model is trained on.

    Args:
        prompt (`Prompt`): Object, motion and background, none of them `None`.
    """
    motion = MOTION_WORDS[prompt.motion]["prompt"][0]
    return tidy(PROMPT.format(a_object=article(prompt.object), motion=motion, color=prompt.background))


def _is_train(prompt: Prompt) -> bool:
    return split_of(Scene("one", (prompt.object,), (prompt.motion,), prompt.background)) == "train"


def _usual_motion(name: str) -> str:
    if name in RISING:
        return "upwards"
    if name in SINKING:
        return "downwards"
    return "left to right" if name in ANIMALS or name in VEHICLES else "still"


def _usual_background(name: str) -> str:
    if name in GREEN_THINGS:
        return "yellow"
    if name in WATER or name in RISING or name in SINKING:
        return "blue"
    if name in ANIMALS:
        return "green"
    return "yellow" if name in VEHICLES else "purple"


ALIASES: dict[str, list[str]] = {
    entry["name"]: [alias for alias in entry["aliases"] if alias != "Saturn"] for entry in CATALOGUE
}


class Wording:
    """Draws wordings for one split. It remembers nothing; the conversation does."""

    def __init__(self, rng: np.random.Generator, split: Split) -> None:
        if split not in ("train", "test"):
            raise ValueError(f"split is {split!r}; use 'train' or 'test'")
        self.rng, self.split = rng, split

    def one_of(self, options: Sequence):
        """Draw one of some options."""
        return options[int(self.rng.integers(len(options)))]

    def weighted(self, weights: dict[str, float]) -> str:
        """Draw a key in proportion to its weight."""
        total = np.array(list(weights.values()), float)
        return list(weights)[int(self.rng.choice(len(total), p=total / total.sum()))]

    def chance(self, probability: float) -> bool:
        """Say yes with a probability."""
        return bool(self.rng.random() < probability)

    def other(self, options: Sequence[str], *taken: str) -> str:
        """Draw an option that is not taken."""
        return self.one_of([option for option in options if option not in taken])

    def holds_out(self) -> bool:
        """Say whether to use a wording of the test split this time."""
        return self.split == "test" and self.chance(HELD_OUT_WORDINGS)

    def filler(self, name: str) -> str:
        """Draw the filler of a slot."""
        train, held_out = FILLERS[name]
        text = self.one_of(held_out if self.holds_out() else train)
        return text.format(
            a_object=article(self.one_of(sorted(ANIMALS))), a_vehicle=article(self.one_of(sorted(VEHICLES)))
        )

    def objects(self, count: int, *taken: str) -> list[str]:
        """Draw different objects."""
        chosen: list[str] = []
        while len(chosen) < count:
            chosen.append(self.other(OBJECTS, *taken, *chosen))
        return chosen

    def question(self, bank: str, **slots: str) -> str:
        """Fill a wording of the user's; half of those of the test split are held-out ones."""
        lines = templates(bank, "held_out") if self.holds_out() else ()
        return self.fill(self.one_of(lines or templates(bank, "train")), slots)

    def answer(self, bank: str, **slots: str) -> str:
        """Fill a wording of the assistant's."""
        return self.fill(self.one_of(ANSWERS[bank]), slots)

    def fill(self, template: str, slots: dict[str, str]) -> str:
        """Draw one spelling of a template and fill its slots."""
        if "a_object_capital" not in slots and "a_object" in slots:
            slots = {**slots, "a_object_capital": capital(slots["a_object"])}
        return capital(tidy(self.one_of(expand(template)).format(**slots)))

    def said(self, name: str) -> str:
        """A name as a user may say it: now and then an alias."""
        aliases = ALIASES[name]
        return self.one_of(aliases) if aliases and self.chance(0.25) else name

    def asked_motion(self, motion: str) -> str:
        """Put a motion into the words of a user."""
        words = MOTION_WORDS[motion]
        if self.holds_out():
            return self.one_of(words["held_out"])
        if self.chance(0.1):
            return "that " + self.one_of(words["asked_finite"])
        return words["asked"][0] if self.chance(0.2) else self.one_of(words["asked"])

    def asked_forms(self, motion: str) -> dict[str, str]:
        """The slots of a motion as a user may say it in a sentence."""
        words = MOTION_WORDS[motion]
        moving = [form for form in words["asked"] if not form.startswith(("from ", "on ", "not "))]
        return {
            "motion_ing": moving[0] if self.chance(0.3) else self.one_of(moving),
            "motion_base": self.one_of(words["asked_base"]),
            "motion_finite": self.one_of(words["asked_finite"]),
        }

    def words(self, motion: str, form: str) -> str:
        """A motion in the words of the assistant."""
        return self.one_of(MOTION_WORDS[motion][form])

    def polish(self, text: str) -> str:
        """Give a user's turn the small irregularities of typed text."""
        if self.chance(0.5):
            text = text.replace("color", "colour")
        draw = self.rng.random()
        if draw < 0.12:
            text = text.lower()
        elif draw < 0.17 and not text.startswith((*_LEADS, "I ", "I'")):
            text = self.one_of(_OPENERS) + text[:1].lower() + text[1:]
        if self.chance(0.1):
            text = text.rstrip(".?!") or text
        return text

    def objects_phrase(self, scene: Scene) -> str:
        """Name the objects of a scene and how they stand to each other."""
        names = [article(name) for name in scene.objects]
        if scene.kind == "sequence":
            return f"first {names[0]}, then {names[1]}"
        return f"{names[0]} on the left and {names[1]} on the right" if scene.kind == "pair" else names[0]

    def slots(self, scene: Scene) -> dict[str, str]:
        """The slots that wordings about a scene may use."""
        first, last = scene.objects[0], scene.objects[-1]
        slots = {
            "color": scene.background,
            "color_capital": capital(scene.background),
            "what": self.objects_phrase(scene),
            "things": " and ".join(map(article, scene.objects)),
        }
        for key, name in (("first", first), ("left", first), ("second", last), ("right", last)):
            slots[key], slots["a_" + key] = name, article(name)
            slots[f"a_{key}_capital"] = capital(article(name))
        slots["motion_first"] = self.words(scene.motions[0], "finite")
        slots["motion_second"] = self.words(scene.motions[-1], "finite")
        slots["object"], slots["a_object"] = first, article(first)
        for form in ("ing", "base", "finite", "past"):
            slots["motion_" + form] = self.words(scene.motions[0], form)
        return slots

    def user_slots(self, scene: Scene) -> dict[str, str]:
        """The same with names as a user says them."""
        slots = self.slots(scene)
        slots["object"] = slots["first"] = slots["left"] = self.said(scene.objects[0])
        slots["second"] = slots["right"] = self.said(scene.objects[-1])
        return slots

    def allowed(self, prompt: Prompt) -> bool:
        """Training never draws a held-out triple."""
        return self.split == "test" or _is_train(prompt)

    def complete(self, name: str, motion: str | None = None, background: str | None = None) -> Prompt | None:
        """Choose what a request leaves open: mostly the usual, else at random. `None` if no allowed choice "
        "exists."""
        usual = self.chance(0.85)
        motions = (
            (motion,) if motion else (_usual_motion(name), *MOTIONS) if usual else tuple(self.rng.permutation(MOTIONS))
        )
        colors = (_usual_background(name), *BACKGROUNDS) if usual else tuple(self.rng.permutation(BACKGROUNDS))
        for color in (background,) if background else colors:
            for move in motions:
                prompt = Prompt(name, str(move), str(color))
                if self.allowed(prompt):
                    return prompt
        return None

    def random_prompt(self) -> Prompt:
        """Draw something to draw; four in five of the test split are held-out triples."""
        while True:
            prompt = Prompt(self.one_of(OBJECTS), self.one_of(MOTIONS), self.one_of(BACKGROUNDS))
            if self.allowed(prompt) and (self.split == "train" or not _is_train(prompt) or self.chance(0.2)):
                return prompt


def plural_of(name: str) -> str:
    """Put a name in the plural."""
    ending = {
        "mouse": "mice",
        "butterfly": "butterflies",
        "wolf": "wolves",
        "fish": "fish",
        "strawberry": "strawberries",
    }
    return ending.get(name, name + ("es" if name.endswith(("s", "sh", "ch", "x")) else "s"))
