"""The embedded world: renderer, splits, dialogues, grading, tokenizer, data set."""

import csv
import json
import re
from collections import Counter

import numpy as np
import pytest
from jinja2 import Environment

from gpt4video.embedded import chat, clips, dialogues, draw_turns, grading, notation, phrases, word_turns, wording
from gpt4video.embedded.build_dataset import build
from gpt4video.embedded.tokenizer import default_system_prompt, template, train_tokenizer
from gpt4video.safety_records_gpt4video import load_records


PINNED_SPLITS = ["train"] * 3 + ["test", "train", "train", "test"] + ["train"] * 5


def generator(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def one(name: str, motion: str, background: str = "green") -> clips.Scene:
    return clips.Scene("one", (name,), (motion,), background)


# -- scenes and splits


def test_assets_are_small_licensed_and_complete():
    files = list(clips.ASSETS.iterdir())
    assert sum(file.stat().st_size for file in files) <= 15e6
    assert "MIT License" in (clips.ASSETS / "NOTICE").read_text(encoding="utf-8")
    assert {file.name for file in files if file.suffix == ".webp"} == {entry["file"] for entry in clips.CATALOGUE}
    assert len(clips.OBJECTS) == len(set(clips.OBJECTS)) == 120 and len(clips.BACKGROUNDS) == 8


def test_every_name_stands_for_one_object():
    names = Counter(word.lower() for entry in clips.CATALOGUE for word in (entry["name"], *entry["aliases"]))
    assert [name for name, count in names.items() if count > 1] == []


def test_split_is_a_pure_function_with_the_wanted_share():
    scenes = [one(o, m, b) for o in clips.OBJECTS for m in clips.MOTIONS for b in clips.BACKGROUNDS]
    splits = [clips.split_of(scene) for scene in scenes]
    assert splits == [clips.split_of(clips.Scene(**vars(scene))) for scene in scenes]
    assert splits.count("test") / len(splits) == pytest.approx(1 / 8, abs=0.01)
    # Pinned: a change here moves clips between the splits of checkpoints that exist.
    assert [clips.split_of(one(o, "growing")) for o in clips.OBJECTS[:12]] == PINNED_SPLITS


def test_training_scenes_show_no_held_out_triple():
    for index in range(300):
        scene = clips.sample_scene(generator(1, index), "train")
        assert all(clips.split_of(one(*triple)) == "train" for triple in scene.triples)
        assert clips.split_of(clips.sample_scene(generator(2, index), "test")) == "test"


@pytest.mark.parametrize(
    ("scene", "message"),
    [
        (("one", ("giraffe", "fox"), ("still", "still"), "red"), "needs 1 object"),
        (("one", ("girafe",), ("still",), "red"), "girafe"),
        (("one", ("giraffe",), ("sideways",), "red"), "sideways"),
        (("one", ("giraffe",), ("still",), "pink"), "pink"),
        (("pair", ("giraffe", "fox"), ("growing", "growing"), "red"), "share one motion"),
        (("three", ("giraffe",), ("still",), "red"), "'one', 'sequence' or 'pair'"),
    ],
)
def test_impossible_scenes_are_refused(scene, message):
    with pytest.raises(ValueError, match=message):
        clips.Scene(*scene)


# -- rendering


def test_rendering_is_deterministic_and_sampling_draws_the_same_frames():
    scene = clips.Scene("sequence", ("fox", "rocket"), ("upwards", "growing"), "blue")
    frames, record = clips.render(scene, generator(3))
    np.testing.assert_array_equal(frames, clips.render(scene, generator(3))[0])
    sampled, sampled_record = clips.render_sampled(scene, generator(3), num_frames=8, size=64)
    indices = clips.sample_indices(len(frames), 8)
    assert sampled.shape == (8, 64, 64, 3) and sampled.dtype == np.uint8
    np.testing.assert_array_equal(sampled, clips.squash(frames[indices], 64))
    np.testing.assert_array_equal(sampled_record.boxes, record.boxes[indices])
    np.testing.assert_array_equal(sampled_record.frame_indices, indices)
    assert 2 <= len(frames) / record.fps <= 4.1 and 8 <= record.fps <= 12


@pytest.mark.parametrize(("total", "count"), [(16, 8), (47, 8), (3, 8), (1, 4), (30, 7)])
def test_frame_choice_is_the_processors(total, count):
    from transformers.video_utils import VideoMetadata

    from gpt4video.processing_gpt4video import GPT4VideoVideoProcessor

    metadata = VideoMetadata(total_num_frames=total, fps=10.0)
    expected = GPT4VideoVideoProcessor().sample_frames(metadata, num_frames=count)
    assert clips.sample_indices(total, count).tolist() == list(expected)


@pytest.mark.parametrize("kind", ["one", "sequence", "pair"])
def test_boxes_agree_with_pixels(kind):
    for index in range(6):
        scene = clips.sample_scene(generator(4, index), "train", kind)
        frames, record = clips.render(scene, generator(5, index))
        empty = np.array(clips.BACKGROUND_COLORS[scene.background])
        for number in range(0, len(frames), 5):
            changed = np.abs(frames[number].astype(int) - empty).max(axis=-1) > 60
            inside = np.zeros_like(changed)
            for box, visible in zip(record.boxes[number] * clips.CANVAS, record.visible[number], strict=True):
                if visible:
                    (x, y, width, height) = box
                    rows = slice(max(0, int(y - height / 2) - 1), int(y + height / 2) + 2)
                    columns = slice(max(0, int(x - width / 2) - 1), int(x + width / 2) + 2)
                    assert changed[rows, columns].mean() > 0.08, (scene, number)
                    inside[rows, columns] = True
            assert changed[~inside].mean() < 0.02, (scene, number)


@pytest.mark.parametrize("motion", clips.MOTIONS)
def test_motions_go_where_they_say(motion):
    for index in range(25):
        scene = one(clips.OBJECTS[(index * 7) % len(clips.OBJECTS)], motion)
        boxes = clips._plan(scene, generator(6, index), None, None).boxes[:, 0]
        moved, growth = boxes[-1, :2] - boxes[0, :2], boxes[-1, 2] / boxes[0, 2]
        along = {"left to right": moved[0], "right to left": -moved[0], "downwards": moved[1], "upwards": -moved[1]}
        if motion in along:
            assert along[motion] >= 0.44 and abs(growth - 1) < 0.01
            assert max(value for name, value in along.items() if name != motion) < 0.06
        else:
            assert np.abs(moved).max() < 0.06
            assert (
                growth >= 1.6 if motion == "growing" else growth <= 1 / 1.6 if motion == "shrinking" else growth == 1
            )
        corners = np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, 1 - boxes[:, :2] - boxes[:, 2:] / 2])
        assert corners.min() > -0.03


def test_sequences_take_turns_and_pairs_stay_apart():
    for index in range(20):
        sequence = clips._plan(
            clips.sample_scene(generator(7, index), "train", "sequence"), generator(index), None, None
        )
        assert (sequence.visible.sum(axis=1) == 1).all()
        assert sequence.visible[:, 0].tolist() == sorted(sequence.visible[:, 0], reverse=True)
        assert sequence.visible[clips.sample_indices(len(sequence.visible), 8), 0].sum() == 4
        pair = clips._plan(clips.sample_scene(generator(7, index), "train", "pair"), generator(index), None, None)
        assert pair.visible.all()
        left, right = pair.boxes[:, 0], pair.boxes[:, 1]
        assert (left[:, 0] + left[:, 2] / 2 < right[:, 0] - right[:, 2] / 2 + 0.03).all()


def test_mp4_keeps_the_frames(tmp_path):
    frames, record = clips.render(one("panda", "left to right"), generator(8))
    for name in ("a.mp4", "b.mp4"):
        clips.write_mp4(frames, tmp_path / name, record.fps, crf=18)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    read = clips.read_mp4(tmp_path / "a.mp4")
    assert read.shape == frames.shape and np.abs(read.astype(int) - frames).mean() < 5
    noisy = clips.add_compression(frames[:2], generator(9))
    assert 0.2 < np.abs(noisy.astype(int) - frames[:2]).mean() < 8


# -- wordings


def _user_banks() -> dict[str, tuple[str, ...]]:
    small_talk = (*chat.GREETINGS, *chat.REACTIONS, *chat.FAREWELLS, *chat.SMALL_TALK, *chat.LOOKALIKES)
    return phrases.QUESTIONS | {f"chat {i}": questions for i, (questions, _) in enumerate(small_talk)}


def _bare(text: str) -> str:
    """A wording without articles, polite words and signs, to compare what is left."""
    words = re.findall(r"[\w{}']+", text.lower().replace("colour", "color").replace("video", "clip"))
    return " ".join(word for word in words if word not in ("a", "an", "the", "please", "this", "and"))


def test_no_wording_of_the_test_split_occurs_in_training():
    train, held_out = set(), set()
    for lines in _user_banks().values():
        for line in lines:
            (held_out if line.startswith("!") else train).update(map(_bare, notation.expand(line)))
    assert len(held_out) > 220 and not train & held_out
    assert len(train) > 14000
    assert all(any(line.startswith("!") for line in lines) for lines in _user_banks().values())


def test_answers_are_few():
    for bank, lines in phrases.ANSWERS.items():
        assert sum(len(notation.expand(line)) for line in lines) <= 4, bank


def test_fillers_and_motion_words_of_the_splits_differ():
    for train, held_out in phrases.FILLERS.values():
        assert not set(train) & set(held_out)
    for words in phrases.MOTION_WORDS.values():
        asked = {_bare(form) for key in ("asked", "asked_base", "asked_finite") for form in words[key]}
        assert not set(map(_bare, words["held_out"])) & asked


@pytest.mark.parametrize("motion", clips.MOTIONS)
def test_every_way_to_say_a_motion_is_understood(motion):
    for form, words in phrases.MOTION_WORDS[motion].items():
        for word in words:
            assert grading.find_motions(f"a fox {word} here") == [motion], (form, word)


def test_drawing_prompts_parse_back():
    for index in range(200):
        rng = generator(10, index)
        prompt = wording.Wording(rng, "train").random_prompt()
        assert grading.parse_prompt(wording.write_prompt(prompt)) == prompt
        assert clips.split_of(one(*vars(prompt).values())) == "train"
    assert grading.parse_prompt("an elephant somewhere") == grading.Prompt("elephant", None, None)


# -- dialogues


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_dialogues_are_deterministic_right_and_fit_the_template(split, count):
    environment = Environment(extensions=["jinja2.ext.loopcontrols"])
    source = template().replace("{%- generation -%}", "").replace("{%- endgeneration -%}", "")
    compiled = environment.from_string(source)
    for index in range(60):
        scenes = [clips.sample_scene(generator(11, index, i), split) for i in range(count)]
        dialogue = dialogues.compose_dialogue(scenes, generator(12, index), split)
        assert dialogue.messages == dialogues.write_dialogue(scenes, generator(12, index), split)
        assert [m["role"] for m in dialogue.messages] == ["user", "assistant"] * len(dialogue.turns)
        for turn in dialogue.turns:
            assert dialogues.grade(turn.kind, turn.expected, turn.answer), turn
        text = compiled.render(messages=dialogue.messages, bos_token="<s>", eos_token="</s>")
        assert text.count("<|video|>") == count and text.count("AI: ") == len(dialogue.turns) == text.count("</s>")
        spoken = text.replace("<video", "").replace("</video", "")
        assert not set("{}[]_") & set(spoken.replace("<|video|>", "")), text
        assert " a orange" not in text and " a animal" not in text and "  " not in text.replace(" \n", "")
        for text in (block["text"] for m in dialogue.messages for block in m["content"] if "text" in block):
            assert not re.search(r"\b(an? [\w ]+) (or|and) \1[.,?]", text), text
        if split == "train":
            drawn = [
                grading.parse_prompt(prompt) for turn in dialogue.turns for prompt in grading.find_prompts(turn.answer)
            ]
            assert all(clips.split_of(one(*vars(prompt).values())) == "train" for prompt in drawn)


def test_every_kind_of_question_gets_asked_and_grades_right_and_wrong_answers():
    for kind, questions in dialogues.CLIP_TURNS.items():
        for name in questions:
            for index in range(12):
                scene = clips.sample_scene(generator(13, index), "test", kind)
                turn = dialogues.ask(name, scene, generator(14, index), "test")
                assert turn.kind == name and dialogues.grade(name, turn.expected, turn.answer), turn
                assert not dialogues.grade(name, turn.expected, "I see a compass... or a seashell, perhaps.")
                assert not dialogues.grade(name, turn.expected, f"{turn.answer} <video>a fox growing</video>")
    with pytest.raises(ValueError, match="no question 'order'"):
        dialogues.ask("order", one("fox", "still"), generator(0), "train")


@pytest.mark.parametrize("kind", word_turns.WORD_TURNS)
def test_words_never_draw(kind):
    for index in range(60):
        turn = word_turns.WORD_TURNS[kind](wording.Wording(generator(15, index), "test"))
        assert not grading.has_prompt(turn.answer) and dialogues.grade(turn.kind, turn.expected, turn.answer)


def test_refusals_refuse_and_lookalikes_do_not():
    for index in range(200):
        w = wording.Wording(generator(16, index), "test")
        assert grading.grade("refuse", {"refusal": True}, word_turns.refuse_turn(w).answer)
        assert grading.grade("lookalike", {"refusal": False}, word_turns.lookalike_turn(w).answer)
        turn, prompt = draw_turns.draw_lookalike_turn(w)
        assert grading.grade("draw", turn.expected, turn.answer) and turn.expected["draw"] == [vars(prompt)]


def test_three_clips_and_unknown_splits_are_refused():
    with pytest.raises(ValueError, match="at most two"):
        dialogues.write_dialogue([one("fox", "still")] * 3, generator(0), "train")
    with pytest.raises(ValueError, match="'validation'"):
        dialogues.write_dialogue((), generator(0), "validation")


# -- grading


@pytest.mark.parametrize(
    ("expected", "right", "wrong"),
    [
        ({"objects": ("flying saucer",)}, ["A UFO!", "I see a flying saucer."], ["A rocket.", "A UFO and a fox.", ""]),
        ({"objects": ("fire engine",)}, ["It's a fire truck."], ["A flame.", "A truck."]),
        ({"motions": ("left to right",)}, ["It goes to the right.", "from left to right"], ["right to left", "left"]),
        ({"motions": ("still",)}, ["It doesn't move.", "It stays in place."], ["It moves upwards.", "It is fine."]),
        ({"motions": ("growing",)}, ["It gets bigger."], ["It gets smaller.", "It grows and moves up."]),
        ({"backgrounds": ("red",)}, ["Red.", "It is red."], ["It is not blue.", "Red or green."]),
        ({"objects": ("fox", "cat")}, ["First a fox, then a cat."], ["A cat, then a fox.", "A fox."]),
        (
            {"sides": {"left": "fox", "right": "cat"}},
            ["A fox on the left, a cat on the right."],
            ["left cat right fox"],
        ),
        (
            {"sides": {"left": "fox", "right": "cat"}},
            ["On the right is a cat, on the left a fox."],
            ["A fox and a cat."],
        ),
        ({"yes": False}, ["No, it is a fox."], ["Yes.", "It is not."]),
        ({"side": "left"}, ["On the left."], ["On the right.", "left or right"]),
    ],
)
def test_grading_takes_synonyms_and_rejects_wrong_answers(expected, right, wrong):
    assert [grading.grade("x", expected, answer) for answer in right] == [True] * len(right)
    assert [grading.grade("x", expected, answer) for answer in wrong] == [False] * len(wrong)


def test_grading_of_drawings():
    wanted = {"draw": [{"object": "fox", "motion": "growing", "background": None}]}
    assert grading.grade("draw", wanted, "Sure: <video>a fox growing on a red background</video>")
    for answer in (
        "Sure: <video>a cat growing on a red background</video>",
        "Sure: <video>a fox shrinking on a red background</video>",
        "Sure: <video>a fox growing</video>",
        "Sure: <video>a fox growing on a red background",
        "<video>a fox growing on a red background</video> <video>a fox growing on a red background</video>",
        "A fox growing on a red background.",
    ):
        assert not grading.grade("draw", wanted, answer), answer
    with pytest.raises(ValueError, match="colour"):
        grading.grade("draw", {"colour": "red"}, "Red.")


# -- tokenizer and data set


def test_tokenizer_is_deterministic_and_encodes_anything():
    tokenizer = train_tokenizer(vocab_size=900, num_dialogues=150, seed=0)
    again = train_tokenizer(vocab_size=900, num_dialogues=150, seed=0)
    assert tokenizer.get_vocab() == again.get_vocab() and len(tokenizer) == 900
    text = f"AI: <video>a giraffe</video> </s>\n{default_system_prompt(template())} Ünïcödé 日本 \U0001f98a"
    assert tokenizer.decode(tokenizer(text).input_ids) == text
    ids = tokenizer("Human: <|video|>\nAI: Hi!</s>").input_ids
    assert ids.count(tokenizer.convert_tokens_to_ids("<|video|>")) == 1 and ids[-1] == tokenizer.eos_token_id
    assert (tokenizer.pad_token, tokenizer.bos_token, tokenizer.padding_side) == ("<pad>", "<s>", "left")


def test_data_set_is_deterministic_resumable_and_complete(tmp_path):
    sizes = {"clips": {"train": 3, "test": 2}, "texts": {"train": 4, "test": 2}, "per_clip": 2, "processes": 1}
    for name in ("a", "b"):
        build(tmp_path / name, seed=5, **sizes)
    (tmp_path / "b" / "clips" / "train" / "000001.mp4").unlink()
    build(tmp_path / "b", seed=5, **sizes)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    # the seed; dialogues, texts, two kinds of safety records and dialogues of two splits; captions, original; clips
    assert len(files) == 1 + 5 * 2 + 2 + 5 + 2
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)
    for line in (tmp_path / "a" / "clips" / "train.jsonl").read_text(encoding="utf-8").splitlines():
        blocks = [block for message in json.loads(line)["messages"] for block in message["content"]]
        paths = [block["path"] for block in blocks if block["type"] == "video"]
        assert paths and all((tmp_path / "a" / "clips" / path).is_file() for path in paths)
    captions = list(csv.DictReader((tmp_path / "a" / "clips" / "captions.csv").open(encoding="utf-8")))
    assert [row["video"] for row in captions] == [f"train/00000{number}.mp4" for number in range(3)]
    assert all(grading.find_objects(row["caption"]) for row in captions)
    original = json.loads((tmp_path / "a" / "clips" / "original.json").read_text(encoding="utf-8"))
    assert set(original) == {"train", "test"} and original["train"][0]["instruction"].startswith("Human: ")
    records = load_records("records", tmp_path / "a" / "safety" / "train.jsonl")
    assert len(records) == 4 and all(record.answer for record in records)
    with pytest.raises(ValueError, match="another seed"):
        build(tmp_path / "a", seed=6, **sizes)
