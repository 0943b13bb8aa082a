"""`judge_gpt4video.py`: verdicts read, kept and asked for, and no more calls than there must be."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_server import ChatServer

from gpt4video import endpoint_gpt4video, judge_gpt4video
from gpt4video.endpoint_gpt4video import AccessError, Endpoint, Reply
from gpt4video.judge_gpt4video import judge, parse_verdict
from gpt4video.lines_gpt4video import read_lines, write_lines


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("{'pred': 'yes', 'score': 4}", {"pred": "yes", "score": 4.0}),
        ("Sure! {'pred': 'No', 'score': 4.8} Bye.", {"pred": "no", "score": 4.8}),
        ("{'pred': 'maybe', 'score': 3}", None),
        ("{'pred': 'yes', 'score': 9}", None),
        ("{'pred': __import__('os').getcwd(), 'score': 1}", None),
        ("yes", None),
        ("{'pred': 'yes'", None),
        ("{" * 100_000 + "}", None),
        ("{'pred': 'yes', 'score': " + "-" * 100_000 + "1}", None),
        ("{'pred': 'yes', 'score': 1" + "0" * 400 + "}", None),
    ],
)
def test_verdicts(text: str, verdict: dict | None) -> None:
    assert parse_verdict(text) == verdict


def answers(count: int) -> list[dict]:
    return [{"id": str(n), "text": f"Q{n}?", "answer": "cow", "reply": "a cow"} for n in range(count)]


YES = "{'pred': 'yes', 'score': 5}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """An endpoint that gives what a test puts into its `texts`, asked one thing at a time and without pauses."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(endpoint_gpt4video, "PAUSE", 0.0)
    monkeypatch.setattr(judge_gpt4video, "JUDGE_WORKERS", 1)
    server = ChatServer([])
    yield server
    server.shutdown()


def test_the_judge_keeps_every_reply_and_never_asks_forever(tmp_path: Path, server: ChatServer) -> None:
    server.texts += [YES, "{'pred': 'no', 'score': 2}", "Well."]
    calls, tries, items = server.calls, endpoint_gpt4video.TRIES, answers(4)
    endpoint = Endpoint("judge-0", server.url)
    found = judge(items, endpoint, tmp_path)
    assert found["accuracy"]["right"] == 1 and found["accuracy"]["count"] == 2 and found["mean_score"] == 3.5
    assert found["unreadable"] == 1 and found["failed_calls"] == 1 and found["models"] == ["writer-1"]
    assert len(calls) == 3 + tries
    assert (calls[0]["temperature"], calls[0]["model"]) == (0, "judge-0")
    assert "Correct Answer: cow" in calls[0]["messages"][1]["content"]
    lines = [json.loads(line) for line in (tmp_path / "judged.jsonl").read_text().splitlines()]
    assert [line.get("raw") for line in lines] == [YES, "{'pred': 'no', 'score': 2}", "Well.", None]
    assert "500" in lines[3]["error"]
    judge(items, endpoint, tmp_path)
    assert len(calls) == 3 + 2 * tries
    # Verdicts on another wording are not taken over.
    server.texts += [None] * 2 * tries + [YES] * 4
    write_lines(tmp_path / "judged.jsonl", [line | {"protocol": 1} for line in read_lines(tmp_path / "judged.jsonl")])
    assert judge(items, endpoint, tmp_path)["accuracy"]["right"] == 4
    assert len(calls) == 3 + 2 * tries + 4


def test_answers_that_there_are_not_are_wrong_and_not_asked_about(tmp_path: Path, server: ChatServer) -> None:
    server.texts += [YES]
    missing = [{"id": name, "text": "Q?", "answer": "cow", "error": "no clip"} for name in "ab"]
    found = judge([*missing, *answers(1)], Endpoint("judge-0", server.url), tmp_path)
    assert (found["accuracy"]["right"], found["accuracy"]["count"], found["mean_score"]) == (1, 3, 5 / 3)
    assert len(server.calls) == 1


def test_answers_that_hold_no_text_are_kept_and_asked_for_again(tmp_path: Path, server: ChatServer) -> None:
    server.texts += [b"<html>busy</html>", YES] + [b'{"choices": [{"message": {"content": null}}]}'] * 5
    found = judge(answers(2), Endpoint("judge-0", server.url), tmp_path)
    assert found["accuracy"]["right"] == found["failed_calls"] == 1
    (line,) = (line for line in read_lines(tmp_path / "judged.jsonl") if "error" in line)
    assert line["error"].startswith("the answer holds no text; what came is ") and '"content": null' in line["error"]


def test_a_judge_that_is_down_ends_the_run_and_what_it_said_is_kept(tmp_path: Path, server: ChatServer) -> None:
    server.texts += [YES] * 3
    with pytest.raises(AccessError, match=f"10 requests in a row got no answer of 'judge-0' at {server.url}. .*500"):
        judge(answers(50), Endpoint("judge-0", server.url), tmp_path)
    made = len(server.calls)
    assert 0 <= made - 3 - endpoint_gpt4video.LOST_IN_A_ROW * endpoint_gpt4video.TRIES <= 3
    server.texts += [None] * (made - 3) + [YES] * 47
    assert judge(answers(50), Endpoint("judge-0", server.url), tmp_path)["accuracy"]["right"] == 50
    assert len(server.calls) == made + 47


def test_the_judge_is_asked_in_the_published_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[dict]] = []

    def ask(endpoint: Endpoint, messages: list[dict], **settings: float) -> Reply:
        asked.append(messages)
        return Reply(YES, endpoint.model, 1, 1)

    monkeypatch.setattr(Endpoint, "ask", ask)
    judge(answers(1), Endpoint("judge-0", "http://127.0.0.1:1/v1"), tmp_path)
    system, user = (message["content"] for message in asked[0])
    assert (
        "how you can accomplish the task:------##INSTRUCTIONS: - Focus on the meaningful match between the" in system
    )
    assert system.endswith("valid matches.\n- Evaluate the correctness of the prediction compared to the answer.")
    assert user.startswith(
        "Please evaluate the following video-based question-answer pair:\n\nQuestion: Q0?\nCorrect Answer: cow\n"
        "Predicted Answer: a cow\n\nProvide your evaluation only as a yes/no and score where the score is an integer "
    )
    assert (
        "where value of 'pred' is  a string of 'yes' or 'no' and value of 'score' is in INTEGER, not STRING.DO" in user
    )
    assert user.endswith("your response should look like this: {'pred': 'yes', 'score': 4.8}.")


def test_the_judge_is_asked_several_things_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = threading.Barrier(judge_gpt4video.JUDGE_WORKERS, timeout=30)

    def ask(*args: object, **settings: float) -> Reply:
        meeting.wait()
        return Reply(YES, "judge-0", 1, 1)

    monkeypatch.setattr(Endpoint, "ask", ask)
    assert judge(answers(8), Endpoint("judge-0", "http://127.0.0.1:1/v1"), tmp_path)["accuracy"]["right"] == 8


def test_a_judge_that_refuses_the_key_ends_the_run(tmp_path: Path, server: ChatServer) -> None:
    server.texts += [(401, {})] * 100
    with pytest.raises(AccessError, match="answers 401: look at the key in HF_TOKEN"):
        judge(answers(50), Endpoint("judge-0", server.url), tmp_path)
    assert len(server.calls) < 20
