"""`dialogues_gpt4video.py`: what a writer may say, related captions, calls that fail, runs that go on."""

import json
import threading
from collections import Counter
from pathlib import Path

import pytest
from chat_server import USAGE, ChatServer

from gpt4video.dialogues_gpt4video import (
    DialogueError,
    Job,
    main,
    make_jobs,
    read_captions,
    read_dialogue,
    read_reply,
    related,
)
from gpt4video.endpoint_gpt4video import AccessError
from gpt4video.lines_gpt4video import STOPPING, call_all, read_lines, write_lines
from gpt4video.tables_gpt4video import TableError


ONE = Job("0", ("a dog runs",), 3)
TWO = Job("0+1", ("a dog runs", "a cat sleeps"), 1)
GOOD = "Human: I miss my dog.\nAssistant: Here he is: <video>a dog runs</video>\nEnjoy!"
BOTH = "Human: Pets?\nAssistant: <video0>a dog runs</video0>\nHuman: More!\nAssistant: <video1>a cat sleeps</video1>"


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("gpt4video.endpoint_gpt4video.PAUSE", 0.0)


def flags_of(folder: Path, *captions: str) -> list[str]:
    (folder / "captions.txt").write_text("\n".join(captions) + "\n")
    flags = ["--captions", str(folder / "captions.txt"), "--column", "text", "--output", str(folder / "out.jsonl")]
    return [*flags, "--model", "writer-1", "--multi", "0"]


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


def test_related_captions_of_a_large_set() -> None:
    # A matrix of captions by words would take 6 GB here.
    captions = [f"the dog {at // 2} runs by house{at} on a day" for at in range(40_000)]
    chosen = [39_999, 0, 20_001]
    assert related(captions, 1, chosen) == [[39_998], [1], [20_000]]
    assert related(captions, 3, chosen) == related(captions, 3, chosen)


def test_related_captions_are_others_even_where_all_words_are_frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpt4video.dialogues_gpt4video.CANDIDATES", 10)
    names = ("a red cow", "a red hen", "a blue cow", "a blue hen")
    captions = [f"{name} {'very ' * (at // 4)}far" for at in range(200) for name in (names[at % 4],)]
    for at, found in enumerate(related(captions, 2)):
        assert len(set(found)) == 2 and at not in found
    assert related(["a cow", "a cow", "!", "a hen"], 2) == [[3], [3], [], [0]]


def test_captions_are_one_line_each(tmp_path: Path) -> None:
    write_lines(tmp_path / "captions.jsonl", [{"caption": " a dog\n\u2028 runs\tfast "}])
    assert read_captions(tmp_path / "captions.jsonl", "caption") == ["a dog runs fast"]


def test_lines_end_only_where_they_are_ended(tmp_path: Path) -> None:
    lines = [{"text": "a\u2028b\u2029c\x85d"}, {"text": "e"}]
    write_lines(tmp_path / "lines.jsonl", lines)
    with (tmp_path / "lines.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"text": "cut\u2028')
    assert read_lines(tmp_path / "lines.jsonl") == lines and read_lines(tmp_path / "none.jsonl") == []
    job = Job("0", ("a dog\u2028runs",), 1)
    assert len(read_dialogue(f"Human: Hi.\nAssistant: {job.clips()[0]}", job)) == 2


def test_jobs_cover_every_caption_and_a_share_of_groups() -> None:
    captions = [f"thing {number} moves" for number in range(200)]
    jobs = make_jobs(captions, 3, 0.25, seed=0)
    assert [job.count for job in jobs[:200]] == [3] * 200 and jobs == make_jobs(captions, 3, 0.25, seed=0)
    sizes = Counter(len(job.captions) for job in jobs[200:])
    assert 30 < sizes.total() < 70 and set(sizes) == {2, 3}
    assert len({job.id for job in jobs}) == len(jobs)


def test_what_fails_is_asked_for_again_and_then_written_down(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    flags = [*flags_of(tmp_path, "a dog runs"), "--per_caption", "2", "--retries", "2"]
    server = ChatServer([f"{GOOD}\n---\nHuman: Hi.", None, GOOD])
    main([*flags, "--url", server.url])
    counts = json.loads(capsys.readouterr().out)
    assert counts["dialogues"] == 2 and counts["incomplete_jobs"] == 0 and counts["calls"] == 2
    assert counts["completion_tokens"] == 2 * USAGE["completion_tokens"] and counts["rejected"] == {
        "turns are out of order": 1
    }
    assert "1 different" in server.calls[2]["messages"][1]["content"]
    assert read_lines(tmp_path / "out.raw.jsonl")[0]["raw"] == [f"{GOOD}\n---\nHuman: Hi."]
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["captions"] for row in rows] == [["a dog runs"]] * 2 and rows[0]["messages"][0]["role"] == "user"

    main([*flags, "--url", server.url])
    assert len(server.calls) == 3 and json.loads(capsys.readouterr().out) == counts
    server.shutdown()

    (tmp_path / "out.raw.jsonl").unlink()
    server = ChatServer([GOOD])
    main([*flags, "--url", server.url])
    capsys.readouterr()
    line = json.loads((tmp_path / "out.raw.jsonl").read_text())
    assert len(line["dialogues"]) == 1 and len(line["faults"]) == 1 and "500" in line["faults"][0]
    server.texts = [*[None] * len(server.calls), f"{GOOD}\n---\n{GOOD}"]
    main([*flags, "--url", server.url])
    counts = json.loads(capsys.readouterr().out)
    assert (
        counts["incomplete_jobs"] == 0
        and counts["calls"] == 2
        and counts["prompt_tokens"] == 2 * USAGE["prompt_tokens"]
    )
    server.shutdown()


@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        ("--workers", "0", "0 is not at least 1"),
        ("--per_caption", "0", "0 is not at least 1"),
        ("--retries", "-1", "-1 is not at least 0"),
        ("--multi", "1.5", "1.5 is not 0 to 1"),
        ("--multi", "nan", "nan is not 0 to 1"),
        ("--workers", "many", "invalid int value: 'many'"),
    ],
)
def test_settings_out_of_range_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture, flag: str, value: str, message: str
) -> None:
    with pytest.raises(SystemExit):
        main([*flags_of(tmp_path, "a dog runs"), flag, value])
    assert f"argument {flag}: {message}" in capsys.readouterr().err and not (tmp_path / "out.raw.jsonl").exists()


def test_a_writer_that_is_down_ends_the_run(tmp_path: Path) -> None:
    server = ChatServer([f"{GOOD}\n---\n{GOOD}\n---\n{GOOD}"])
    flags = [*flags_of(tmp_path, "a dog runs", *(f"thing {at}" for at in range(50))), "--workers", "1"]
    with pytest.raises(AccessError, match="10 requests in a row got no answer of 'writer-1'"):
        main([*flags, "--url", server.url])
    server.shutdown()
    lines = read_lines(tmp_path / "out.raw.jsonl")
    assert [len(line["dialogues"]) for line in lines] == [3] + [0] * 9


def test_captions_of_other_tables(tmp_path: Path) -> None:
    (tmp_path / "captions.tsv").write_text('video\tname\n1\ta "fast" dog\n2\t\n')
    with pytest.raises(TableError, match="captions.tsv, line 3: the column 'name' holds None; a text is needed"):
        read_captions(tmp_path / "captions.tsv", "name")
    with pytest.raises(TableError, match="captions.tsv, line 2: there is no column 'caption'; it has video, name"):
        read_captions(tmp_path / "captions.tsv", "caption")


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_ends_the_run_at_once(tmp_path: Path, status: int) -> None:
    server = ChatServer([(status, {})] * 100)
    flags = flags_of(tmp_path, *(f"thing {number}" for number in range(50)))
    with pytest.raises(AccessError, match=f"'writer-1' at .* answers {status}: look at the key in HF_TOKEN"):
        main([*flags, "--url", server.url, "--workers", "1"])
    assert len(server.calls) < 10
    server.shutdown()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_calls_that_wait_are_given_up_and_those_made_are_kept(tmp_path: Path, error: type[BaseException]) -> None:
    made: list[int] = []
    is_waiting = threading.Event()

    def call(job: int) -> dict:
        made.append(job)
        if job == 1:
            is_waiting.wait(30)
            raise error
        if job:
            is_waiting.set()
        return {"id": job, "stopped": bool(job) and STOPPING.wait(30)}

    with pytest.raises(error):
        call_all(call, list(range(50)), 2, tmp_path / "lines.jsonl")
    lines = read_lines(tmp_path / "lines.jsonl")
    assert len(made) < 10 and {line["id"] for line in lines} == {*made} - {1}
    assert any(line["stopped"] for line in lines) and not STOPPING.is_set()


def test_lines_of_many_threads_stay_whole(tmp_path: Path) -> None:
    meeting = threading.Barrier(4, timeout=30)
    lines = call_all(
        lambda job: {"id": job, "at": meeting.wait(), "text": "x" * 9000}, list(range(40)), 4, tmp_path / "l"
    )
    assert sorted(line["id"] for line in read_lines(tmp_path / "l")) == sorted(line["id"] for line in lines)
