"""What the embedded world refuses: requests and their harmless twins, clips to be met with care, published sets."""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gpt4video.embedded import clips, evaluate_safety, interleave, safety_sources, train_words
from gpt4video.embedded.build_dataset import build, clip_records, safety_scene_of, word_records
from gpt4video.embedded.clips import CARE_OBJECTS, OBJECTS
from gpt4video.embedded.notation import expand
from gpt4video.embedded.phrases_safety import (
    CRIMES,
    EVERYDAY,
    FIELDS,
    HARMFUL_SCENES,
    HOBBIES,
    KNOWLEDGE,
    NOUN_REQUESTS,
    ORDERS,
    QUESTIONS,
    REQUESTS,
    SCENES,
)
from gpt4video.embedded.safety_turns import HARMFUL, HARMLESS, care_turn, doing, harm_with_clip_turn
from gpt4video.embedded.wording import Wording
from gpt4video.metrics_gpt4video import blocks, is_refusal
from gpt4video.safety_records_gpt4video import RecordError, load_records, write_records


BANKS = [ORDERS, HARMFUL_SCENES, SCENES, KNOWLEDGE, EVERYDAY, CRIMES, HOBBIES]
BANKS += [bank for field in FIELDS.values() for bank in (field.deeds, field.twins)]


def wording(index: int, split: clips.Split = "train") -> Wording:
    return Wording(np.random.default_rng([7, index]), split)


@pytest.mark.parametrize("kind", HARMFUL)
def test_harm_is_refused_and_nothing_is_drawn(kind: str) -> None:
    for index in range(60):
        turn = HARMFUL[kind][0](wording(index, ("train", "test")[index % 2]))
        assert turn.expected == {"refusal": True} and blocks(turn.answer), turn


@pytest.mark.parametrize("kind", HARMLESS)
def test_harmless_twins_are_not_answered_like_harm(kind: str) -> None:
    for index in range(60):
        turn = HARMLESS[kind][0](wording(index, ("train", "test")[index % 2]))
        assert not turn.expected.get("refusal") and not is_refusal(turn.answer), turn


def test_no_text_is_both_harmful_and_harmless() -> None:
    sides = [
        {HARM[kind][0](wording(index)).user.lower() for kind in HARM for index in range(400)}
        for HARM in (HARMFUL, HARMLESS)
    ]
    assert not sides[0] & sides[1]


def test_every_template_spells_out_and_both_splits_have_a_share() -> None:
    for bank in BANKS:
        texts = [text for line in bank for text in expand(line)]
        held_out = sum(map(clips.is_held_out, texts)) / len(texts)
        assert 0 < held_out < 0.35, bank[0]
    deeds = Counter(text for field in FIELDS.values() for line in field.deeds for text in expand(line))
    twins = Counter(text for field in FIELDS.values() for line in field.twins for text in expand(line))
    assert len(deeds) > 1000 and len(twins) > 1000 and not deeds.keys() & twins.keys()


def test_deeds_of_the_test_split_never_occur_in_training() -> None:
    train, test = (
        {made.text.lower().rstrip(".?") for made in word_records(3, split, 1200) if made.category == "order"}
        for split in ("train", "test")
    )
    assert len(train) > 80 and len(test) > 60 and not train & test
    deeds = [text for field in FIELDS.values() for line in field.deeds for text in expand(line)]
    asked = " | ".join(made.text.lower() for made in word_records(3, "train", 1500) if made.category == "deed")
    found = [deed for deed in deeds if deed.lower() in asked]
    # A held-out deed may stand in a longer one that is not: "kill" in "kill myself".
    held_out = [deed for deed in found if clips.is_held_out(deed)]
    assert len(found) > 120 and all(any(deed in other and deed != other for other in found) for deed in held_out)


@pytest.mark.parametrize(
    ("deed", "expected"),
    [
        ("make a kite", "making a kite"),
        ("run away", "running away"),
        ("flee", "fleeing"),
        ("die out", "dying out"),
        ("secretly cut ropes", "secretly cutting ropes"),
        ("traffic in birds", "trafficking in birds"),
        ("hot-wire a toy", "hot-wiring a toy"),
        ("apply for a visa", "applying for a visa"),
        ("commit a foul", "committing a foul"),
        ("fix", "fixing"),
    ],
)
def test_deeds_get_their_gerund(deed: str, expected: str) -> None:
    assert doing(deed) == expected


def test_care_is_decided_by_what_the_clip_shows() -> None:
    assert CARE_OBJECTS == ("bomb", "skull and crossbones") and not set(CARE_OBJECTS) & set(OBJECTS)
    asked: dict[str, set[bool]] = {}
    for index in range(400):
        split = ("train", "test")[index % 2]
        scene = safety_scene_of(1, split, index // 2)
        assert clips.split_of(scene) == split
        has_care = any(name in CARE_OBJECTS for name in scene.objects)
        assert has_care == bool(index // 2 % 2)
        turn = care_turn(wording(index, split), scene)
        assert is_refusal(turn.answer) == has_care == turn.expected["refusal"]
        assert any(name in turn.answer for name in scene.objects) or not has_care
        asked.setdefault(turn.user, set()).add(has_care)
        assert blocks(harm_with_clip_turn(wording(index, split), scene).answer)
    assert sum(len(sides) == 2 for sides in asked.values()) > 10  # the words alone do not tell


def test_ordinary_scenes_never_hold_what_must_be_met_with_care() -> None:
    for index in range(300):
        scene = clips.sample_scene(np.random.default_rng([5, index]), "train")
        assert not set(scene.objects) & set(CARE_OBJECTS)


def test_records_are_balanced_unique_and_a_function_of_the_seed() -> None:
    words, shown = word_records(11, "test", 200), clip_records(11, "test", 30)
    assert words == word_records(11, "test", 200) != word_records(12, "test", 200)
    assert shown == clip_records(11, "test", 30) != clip_records(12, "test", 30)
    assert len({record.id for record in words + shown}) == 260
    assert Counter(record.label for record in words) == {"safe": 100, "unsafe": 100}
    sides = Counter((record.side, record.expected) for record in words)
    assert min(sides["output", "refuse"], sides["output", "comply"], sides["input", "refuse"]) > 10
    assert all(record.side == "input" for record in word_records(11, "train", 200))
    for record in words + shown:
        assert blocks(record.answer) == (record.expected == "refuse"), record


def test_clips_of_records_are_written_and_show_their_scene(tmp_path: Path) -> None:
    sizes = {"clips": {"train": 9, "test": 1}, "texts": {"train": 2, "test": 2}, "per_clip": 1, "processes": 1}
    build(tmp_path, seed=5, **sizes)
    assert len(load_records("records", tmp_path / "safety" / "train.jsonl")) == 2
    records = load_records("records", tmp_path / "safety" / "clips_train.jsonl")
    named = {record.video for record in records if record.video}
    assert named == {"train/000000.mp4", "train/000001.mp4"}
    assert all((tmp_path / "safety" / name).is_file() for name in named)
    rows = [json.loads(line) for line in (tmp_path / "safety" / "dialogues_train.jsonl").read_text().splitlines()]
    assert len(rows) == 1 + 3 and all(row["messages"][0]["content"][0]["path"] in named for row in rows)


def plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z]+", text.lower()))


def fills(text: str, before: str, after: str, known: set[str]) -> bool:
    """Say whether a text is a sentence around something known."""
    return text.startswith(before) and text.endswith(after) and text[len(before) : len(text) - len(after)] in known


def spelled(bank: tuple[str, ...]) -> list[str]:
    return [text for line in bank for text in expand(line)]


def test_stages_know_what_they_need(tmp_path: Path) -> None:
    assert train_words.GATES.keys() >= train_words.REFUSING.keys()
    for stage in train_words.GATES:
        datasets = train_words.datasets_of(stage, tmp_path)
        assert datasets and all(Path(entry["path"]).is_relative_to(tmp_path) for entry in datasets)
    with pytest.raises(SystemExit, match="safety/sources.jsonl.*: not there.*build_dataset.py"):
        train_words.check_datasets(["refuse"], tmp_path)
    for entry in train_words.datasets_of("text", tmp_path):
        Path(entry["path"]).parent.mkdir(exist_ok=True)
        Path(entry["path"]).touch()
    train_words.check_datasets(["text"], tmp_path)


def test_held_out_prompts_are_whole_and_from_other_publishers() -> None:
    records = load_records("records", evaluate_safety.HELD_OUT)
    counts = Counter((record.source, record.label) for record in records)
    assert counts == {("pyrit", "unsafe"): 35, ("twins", "unsafe"): 50, ("twins", "safe"): 130}
    assert not any(record.answer for record in records)
    texts = {plain(record.text) for record in records}
    assert not texts & {plain(text) for text in spelled(ORDERS + KNOWLEDGE + HARMFUL_SCENES + SCENES)}
    deeds = [text for field in FIELDS.values() for bank in (field.deeds, field.twins) for text in spelled(bank)]
    deeds += spelled(EVERYDAY)
    fillers = {
        "deed": {plain(deed) for deed in deeds},
        "doing": {plain(doing(deed)) for deed in deeds},
        "what": {plain(what) for what in spelled(CRIMES + HOBBIES)},
        "danger": {plain(text) for field in FIELDS.values() for text in spelled(field.dangers)},
    }
    for name, known in fillers.items():
        frames = {
            plain(frame.replace(f"{{{name}}}", "slot"))
            for frame in spelled(REQUESTS + NOUN_REQUESTS + QUESTIONS)
            if f"{{{name}}}" in frame
        }
        written = [text for text in texts if any(fills(text, *frame.split("slot"), known) for frame in frames)]
        # Of millions of sentences two are so common that publishers wrote them too.
        assert len(frames) > 100 and len(written) <= 2


def test_the_report_of_refusals_has_all_sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held_out = load_records("records", evaluate_safety.HELD_OUT)
    few = [*held_out[:2], *held_out[35:39]]
    write_records(few, tmp_path / "few.jsonl")
    monkeypatch.setattr(evaluate_safety, "HELD_OUT", tmp_path / "few.jsonl")
    flags = ["--words", "6", "--clips", "2", "--report", tmp_path / "report.json", "--replies", tmp_path / "r.jsonl"]
    monkeypatch.setattr("sys.argv", ["evaluate_safety.py", *map(str, flags)])
    evaluate_safety.main()
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert {"f1", "recall", "precision", "over_refusal", "intervals", "counts"} <= report.keys()
    totals = {side: sum(part["counts"].values()) for side, part in report["sides"].items()}
    assert totals == {"words_in": 6, "prompt_out": 6, "clip_in": 4} and sum(report["counts"].values()) == 16
    assert sum(report["embedded"]["counts"].values()) == 6
    harmless = report["harmless"]
    assert set(harmless["words_in"]) <= {"refused", "unknown", "answered"}
    assert sum(map(sum, (part.values() for part in harmless.values()))) == sum(
        report["counts"][name] for name in ("over_refused", "served")
    )
    assert (tmp_path / "report.png").stat().st_size > 5000
    replies = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(replies) == 22 and all(row["reply"] for row in replies)
    blocked = sum(blocks(row["reply"]) for row in replies if row["source"] != "embedded" or row["video"])
    assert blocked == report["counts"]["blocked"] + report["counts"]["over_refused"]


def test_published_sets_get_answers_and_never_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "harmbench.txt").write_text("Give instructions for something bad\n", encoding="utf-8")
    rows = [{"instruction": "Name three colours", "input": "of a flag"}, {"instruction": "x" * 500, "input": ""}]
    rows += [
        {"conversations": [{"from": "human", "value": "Hi!"}]},
        {"messages": [{"role": "user", "content": "Ho!"}]},
    ]
    (tmp_path / "alpaca.json").write_text(json.dumps(rows), encoding="utf-8")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "alpaca.json").write_text('[{"instruction": "Hum!"}]', encoding="utf-8")
    output = tmp_path / "sources.jsonl"
    flags = ["--harmful", f"harmbench={tmp_path / 'harmbench.txt'}", "--harmless", str(tmp_path / "alpaca.json")]
    flags.append(str(tmp_path / "more" / "alpaca.json"))
    monkeypatch.setattr("sys.argv", ["safety_sources.py", *flags, "--output", str(output)])
    safety_sources.main()
    records = load_records("records", output)
    assert [record.expected for record in records] == ["refuse"] * 3 + ["comply"] * 12
    assert all(blocks(record.answer) == (record.expected == "refuse") for record in records)
    assert records[0].text == "Give instructions for something bad" and "of a flag" in records[3].text
    assert [records[at].text for at in (6, 9)] == ["Hi!", "Ho!"]
    (tmp_path / "alpaca.json").write_text('[{"prompt": "Hi!"}]', encoding="utf-8")
    with pytest.raises(RecordError, match="alpaca.json, row 0: expected `instruction`"):
        safety_sources.main()
    monkeypatch.setattr("sys.argv", ["safety_sources.py", "--harmful", "harmbench", "--output", str(output)])
    with pytest.raises(SystemExit):
        safety_sources.main()


def test_interleaved_dialogues_keep_captions_and_tell_the_truth(tmp_path: Path) -> None:
    captions = ["A fox grows on a red background."] * 2
    captions += ["On a blue background, first a bus moves upwards, then a fox shrinks.", "The clip shows a still bus."]
    (tmp_path / "captions.txt").write_text("\n".join(captions) + "\n", encoding="utf-8")
    flags = ["--captions", str(tmp_path / "captions.txt"), "--column", "text", "--multi", "1", "--per_caption", "8"]
    interleave.main([*flags, "--output", str(tmp_path / "out.jsonl")])
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sum(len(row["captions"]) == 1 for row in rows) == 32 and sum(len(row["captions"]) > 1 for row in rows) == 4
    assert len({json.dumps(row["messages"]) for row in rows}) >= 34
    texts = ["\n".join(message["content"] for message in row["messages"]) for row in rows]
    for row, text in zip(rows, texts, strict=True):
        assert all(caption in text for caption in row["captions"])
        assert row["captions"] != captions[:1] or not {"blue", "shrinking", "upwards", "bus"} & set(
            re.findall(r"\w+", text)
        )
    told = [text for row, text in zip(rows, texts, strict=True) if row["captions"] == captions[:1]]
    assert any("is red." in text for text in told) and any("s growing." in text for text in told)
    with pytest.raises(ValueError, match="no thing of the embedded world"):
        interleave.slots_of("A sunset over the sea.")
