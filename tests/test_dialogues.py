"""`dialogues_gpt4video.py`: what a writer may say, related captions, calls that fail, runs that go on."""

import json
from collections import Counter
from pathlib import Path

import pytest
from chat_server import USAGE, ChatServer

from gpt4video.dialogues_gpt4video import DialogueError, Job, main, make_jobs, read_dialogue, read_reply, related


ONE = Job("0", ("a dog runs",), 3)
TWO = Job("0+1", ("a dog runs", "a cat sleeps"), 1)
GOOD = "Human: I miss my dog.\nAssistant: Here he is: <video>a dog runs</video>\nEnjoy!"
BOTH = "Human: Pets?\nAssistant: <video0>a dog runs</video0>\nHuman: More!\nAssistant: <video1>a cat sleeps</video1>"


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)


def test_good_dialogues_are_read() -> None:
    assert read_dialogue(f"\n{GOOD}\n", ONE) == [
        {"role": "user", "content": "I miss my dog."},
        {"role": "assistant", "content": "Here he is: <video>a dog runs</video>\nEnjoy!"},
    ]
    assert [message["role"] for message in read_dialogue(BOTH, TWO)] == ["user", "assistant"] * 2
    assert read_dialogue(GOOD.replace("Human:", "**Human:**"), ONE)[0]["content"] == "I miss my dog."


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD.replace("a dog runs", "a dog is running"), "missing, changed or repeated"),
        (GOOD + " <video>a dog runs</video>", "missing, changed or repeated"),
        (GOOD.replace("my dog", "<video>a dog runs</video>"), "Human writes tags"),
        (GOOD + " <video>a cow</video>", "other tags"),
        (GOOD.replace("<video>", "<video0>").replace("</video>", "</video0>"), "missing, changed or repeated"),
        ("Assistant: Hi.\n" + GOOD, "out of order"),
        (GOOD + "\nHuman: Ta.", "out of order"),
        ("Human:\nAssistant: <video>a dog runs</video>", "a turn is empty"),
        ("Sure, here is one:\n" + GOOD, "does not begin"),
        ("", "out of order"),
    ],
)
def test_bad_dialogues_are_named(text: str, fault: str) -> None:
    with pytest.raises(DialogueError, match=fault):
        read_dialogue(text, ONE)


def test_replies_are_cut_into_dialogues() -> None:
    found = list(read_reply(f"{GOOD}\n---\nHuman: Hi.\n-----\n{GOOD}", ONE))
    assert [isinstance(part, DialogueError) for part in found] == [False, True, False]


def test_requests_show_the_clips_between_their_tags() -> None:
    assert (
        "<video>a dog runs</video>" in ONE.messages()[1]["content"] and "3 different" in ONE.messages()[1]["content"]
    )
    assert "<video0>a dog runs</video0> <video1>a cat sleeps</video1>" in TWO.messages()[1]["content"]


def test_related_captions_share_telling_words() -> None:
    captions = ["the brown dog runs", "the red car", "the dog sleeps", "the blue car stops", "the brown dog runs"]
    assert related(captions, 1) == [[2], [3], [0], [1], [2]]


def test_jobs_cover_every_caption_and_a_share_of_groups() -> None:
    captions = [f"thing {number} moves" for number in range(200)]
    jobs = make_jobs(captions, 3, 0.25, seed=0)
    assert [job.count for job in jobs[:200]] == [3] * 200 and jobs == make_jobs(captions, 3, 0.25, seed=0)
    sizes = Counter(len(job.captions) for job in jobs[200:])
    assert 30 < sizes.total() < 70 and set(sizes) == {2, 3}
    assert len({job.id for job in jobs}) == len(jobs)


def test_what_fails_is_asked_for_again_and_then_written_down(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "captions.txt").write_text("a dog runs\n")
    flags = ["--captions", str(tmp_path / "captions.txt"), "--column", "text", "--output", str(tmp_path / "out.jsonl")]
    flags += ["--model", "writer-1", "--per_caption", "2", "--multi", "0", "--retries", "2"]
    server = ChatServer([f"{GOOD}\n---\nHuman: Hi.", None, GOOD])
    main([*flags, "--url", server.url])
    counts = json.loads(capsys.readouterr().out)
    assert counts["dialogues"] == 2 and counts["incomplete_jobs"] == 0 and counts["calls"] == 2
    assert counts["completion_tokens"] == 2 * USAGE["completion_tokens"] and counts["rejected"] == {
        "turns are out of order": 1
    }
    assert "1 different" in server.calls[2]["messages"][1]["content"]
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["captions"] for row in rows] == [["a dog runs"]] * 2 and rows[0]["messages"][0]["role"] == "user"

    main([*flags, "--url", server.url])
    assert len(server.calls) == 3
    server.shutdown()

    (tmp_path / "out.raw.jsonl").unlink()
    server = ChatServer([GOOD])
    main([*flags, "--url", server.url])
    capsys.readouterr()
    line = json.loads((tmp_path / "out.raw.jsonl").read_text())
    assert len(line["dialogues"]) == 1 and len(line["faults"]) == 2
    server.texts = [*[None] * len(server.calls), f"{GOOD}\n---\n{GOOD}"]
    main([*flags, "--url", server.url])
    assert json.loads(capsys.readouterr().out)["incomplete_jobs"] == 0
    server.shutdown()
