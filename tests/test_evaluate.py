"""`evaluate_gpt4video.py`: published forms, predictions that go on where they ended, the judge, the command line."""

import json
import threading
from pathlib import Path

import pytest
from chat_server import ChatServer
from huggingface_hub import InferenceClient
from training_files import write_rows

from gpt4video import evaluate_gpt4video
from gpt4video.dialogues_gpt4video import AccessError, Reply
from gpt4video.evaluate_gpt4video import (
    EvaluationError,
    bars_of,
    judge,
    load_items,
    main,
    merge_replies,
    parse_verdict,
    plot,
)
from gpt4video.lines_gpt4video import read_lines, write_lines
from gpt4video.metrics_gpt4video import score_safety


pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpt4video.dialogues_gpt4video.PAUSE", 0.0)


def write_json(path: Path, content: list | dict) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def run(checkpoint: Path, task: str, data: Path, output: Path, *flags: str) -> dict:
    common = ["--data", str(data), "--output", str(output), "--model", str(checkpoint), "--max_new_tokens", "5"]
    return main([task, *common, *flags])


def question(number: int, video: str = "a.mp4") -> dict:
    return {"id": f"q{number}", "video": video, "question": "What is it?" + "!" * number, "answer": "A cow"}


def test_published_forms(data: Path) -> None:
    for name, copies in (("a.mp4", ("vid7.mp4", "video8.mp4")), ("b.mp4", ("v_x_1.mp4",))):
        for copy in copies:
            (data / copy).write_bytes((data / name).read_bytes())
    msvd = [{"id": 3, "question": "who sings?", "answer": "man", "video_id": 7}]
    (item,) = load_items("questions", "msvd-qa", write_json(data / "test_qa.json", msvd), data)
    assert (item.id, item.video, item.expected) == ("3", str(data / "vid7.mp4"), {"answer": "man", "type": "who"})
    msrvtt = [{"id": 4, "category_id": 1, "question": "is it?", "answer": "yes", "video_id": 8}]
    (item,) = load_items("questions", "msrvtt-qa", write_json(data / "test_qa.json", msrvtt), data)
    assert item.video.endswith("video8.mp4") and item.expected["type"] == "other"
    write_json(data / "test_a.json", [{"question_id": "x_1_0", "answer": "no", "type": 3}])
    path = write_json(data / "test_q.json", [{"question_id": "x_1_0", "video_name": "x_1", "question": "is it red"}])
    (item,) = load_items("questions", "activitynet-qa", path, data)
    assert item.text == "Is it red?" and item.expected == {"answer": "no", "type": "yes/no"}
    captions = [{"video": "a.mp4", "caption": text} for text in ("A.", "B.")]
    (item,) = load_items("captions", "table", write_rows(data, captions, "c.jsonl"), data)
    assert item.expected == {"captions": ["A.", "B."]}


def test_files_that_do_not_fit_are_named(data: Path) -> None:
    with pytest.raises(EvaluationError, match="come in the forms table, msvd-qa"):
        load_items("questions", "vqa", data / "x.json", data)
    with pytest.raises(EvaluationError, match="rows.jsonl is not in the form 'table' of questions: KeyError"):
        load_items("questions", "table", data / "rows.jsonl", data)
    with pytest.raises(EvaluationError, match=r"holds 0 clips named c \(.*\); one is needed"):
        load_items("questions", "table", write_rows(data, [question(0, "c")], "q.jsonl"), data)
    with pytest.raises(EvaluationError, match="2 rows; there must be some, each with an id"):
        load_items("questions", "table", write_rows(data, [question(0), question(0)], "q.jsonl"), data)
    with pytest.raises(EvaluationError, match="give the file of the questions"):
        load_items("questions", "activitynet-qa", data / "test.json", data)


def test_questions_batched_and_resumed(checkpoint: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "broken.mp4").write_bytes(b"no clip")
    rows = [question(0), question(1, "b.mp4"), question(2, "broken.mp4"), question(3)]
    path = write_rows(data, rows, "q.jsonl")
    metrics = run(checkpoint, "questions", path, data / "out", "--batch_size", "3")
    assert metrics["count"] == 3 and metrics["unreadable"] == 1
    predictions = [json.loads(line) for line in (data / "out" / "predictions.jsonl").read_text().splitlines()]
    assert [line["id"] for line in predictions] == ["q0", "q1", "q2", "q3"]
    assert "broken.mp4" in predictions[2]["error"] and all("reply" in predictions[at] for at in (0, 1, 3))
    assert metrics["scores"]["per_type"]["what"]["exact"]["count"] == 3
    assert (data / "out" / "metrics.png").stat().st_size > 1000

    single = run(checkpoint, "questions", path, data / "single", "--batch_size", "1")
    assert single["scores"] == metrics["scores"]
    assert (data / "single" / "predictions.jsonl").read_text() == (data / "out" / "predictions.jsonl").read_text()

    replies = data / "out" / "replies-0.jsonl"
    replies.write_text("".join(replies.read_text().splitlines(keepends=True)[:2]) + '{"id": "q')
    asked = []
    reply_to = evaluate_gpt4video.reply_to
    monkeypatch.setattr(evaluate_gpt4video, "reply_to", lambda *a: asked.extend(a[2]) or reply_to(*a))
    assert run(checkpoint, "questions", path, data / "out")["scores"] == metrics["scores"]
    assert len({item.id for item in asked}) == 2

    with pytest.raises(EvaluationError, match="was begun with .* choose another --output"):
        main(["questions", "--data", str(path), "--output", str(data / "out"), "--model", str(checkpoint)])


def test_the_judge_through_the_command_line(checkpoint: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    server = ChatServer(["{'pred': 'no', 'score': 0}"])
    path = write_rows(data, [question(0)], "q.jsonl")
    metrics = run(checkpoint, "questions", path, data / "out", "--judge", "judge-0", "--judge_url", server.url)
    assert metrics["judge"]["accuracy"]["value"] == 0 and server.calls[0]["model"] == "judge-0"
    server.shutdown()


def test_safety_and_prompts(checkpoint: Path, data: Path) -> None:
    record = {"side": "input", "modality": "text", "text": "Hi.", "video": None, "label": "safe", "category": "c"}
    record |= {"expected": "comply", "source": "mine"}
    clip = {"modality": "text+video", "video": "a.mp4", "expected": "refuse", "label": "unsafe"}
    rows = [{"id": "r0"} | record, {"id": "r1"} | record | clip]
    scores = run(checkpoint, "safety", write_rows(data, rows, "r.jsonl"), data / "safety")["scores"]
    assert (
        set(scores["sides"]) == {"words_in", "clip_in"}
        and scores["counts"]["served"] + scores["counts"]["over_refused"] == 1
    )
    rows = [{"request": "Draw a cow.", "prompts": ["a cow"]}, {"request": "Hi.", "prompts": []}]
    scores = run(checkpoint, "prompts", write_rows(data, rows, "p.jsonl"), data / "prompts")["scores"]
    assert scores["drawn"]["count"] == scores["false_drawn"]["count"] == 1


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
    ],
)
def test_verdicts(text: str, verdict: dict | None) -> None:
    assert parse_verdict(text) == verdict


def answers(count: int) -> list[dict]:
    return [{"id": str(n), "text": f"Q{n}?", "answer": "cow", "reply": "a cow"} for n in range(count)]


def test_the_judge_keeps_every_reply_and_never_asks_forever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ChatServer(["{'pred': 'yes', 'score': 5}", "{'pred': 'no', 'score': 2}", "Well."])
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(evaluate_gpt4video, "JUDGE_WORKERS", 1)
    calls = server.calls
    items = answers(4)
    client = InferenceClient(base_url=server.url, api_key="none")
    found = judge(items, client, "judge-0", tmp_path)
    assert found["accuracy"]["right"] == 1 and found["accuracy"]["count"] == 2 and found["mean_score"] == 3.5
    assert found["unreadable"] == 1 and found["failed_calls"] == 1 and found["models"] == ["writer-1"]
    assert len(calls) == 3 + evaluate_gpt4video.JUDGE_RETRIES
    assert (
        calls[0]["temperature"] == 0
        and calls[0]["model"] == "judge-0"
        and "Correct Answer: cow" in calls[0]["messages"][1]["content"]
    )
    lines = [json.loads(line) for line in (tmp_path / "judged.jsonl").read_text().splitlines()]
    assert [line.get("raw") for line in lines] == [
        "{'pred': 'yes', 'score': 5}",
        "{'pred': 'no', 'score': 2}",
        "Well.",
        None,
    ]
    judge(items, client, "judge-0", tmp_path)
    assert len(calls) == 3 + 2 * evaluate_gpt4video.JUDGE_RETRIES
    # Verdicts on another wording are not taken over.
    server.texts += [None] * 3 + ["{'pred': 'yes', 'score': 5}"] * 4
    write_lines(tmp_path / "judged.jsonl", [line | {"protocol": 1} for line in read_lines(tmp_path / "judged.jsonl")])
    assert judge(items, client, "judge-0", tmp_path)["models"] == ["writer-1"]
    assert len(calls) > 3 + 2 * evaluate_gpt4video.JUDGE_RETRIES + 3
    server.shutdown()


def test_the_judge_is_asked_in_the_published_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[dict]] = []

    def ask(client: object, model: str, messages: list[dict], **settings: float) -> Reply:
        asked.append(messages)
        return Reply("{'pred': 'yes', 'score': 5}", model, 1, 1)

    monkeypatch.setattr(evaluate_gpt4video, "ask", ask)
    judge(answers(1), None, "judge-0", tmp_path)
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
    meeting = threading.Barrier(evaluate_gpt4video.JUDGE_WORKERS, timeout=30)

    def ask(*args: object, **settings: float) -> Reply:
        meeting.wait()
        return Reply("{'pred': 'yes', 'score': 5}", "judge-0", 1, 1)

    monkeypatch.setattr(evaluate_gpt4video, "ask", ask)
    assert judge(answers(8), None, "judge-0", tmp_path)["accuracy"]["right"] == 8


def test_a_judge_that_refuses_the_key_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    server = ChatServer([(401, {})] * 100)
    with pytest.raises(AccessError, match="refuses the key"):
        judge(answers(50), InferenceClient(base_url=server.url, api_key="none"), "judge-0", tmp_path)
    assert len(server.calls) < 20
    server.shutdown()


def test_replies_count_more_than_errors_of_other_runs(tmp_path: Path) -> None:
    write_lines(tmp_path / "replies-0.jsonl", [{"id": "a", "reply": "cow"}, {"id": "b", "error": "old"}])
    write_lines(tmp_path / "replies-1.jsonl", [{"id": "a", "error": "old"}, {"id": "b", "reply": "hen"}])
    write_lines(tmp_path / "replies-2.jsonl", [{"id": "a", "error": "old"}, {"id": "c", "error": "gone"}])
    found = merge_replies(tmp_path)
    assert {name: line.get("reply", line.get("error")) for name, line in found.items()} == {
        "a": "cow",
        "b": "hen",
        "c": "gone",
    }


def test_the_plot_of_safety_shows_f1_with_its_interval(tmp_path: Path) -> None:
    base = {"category": "c", "source": "s", "side": "input", "modality": "text"}
    replies = (
        ("refuse", "I can't help with that."),
        ("refuse", "Sure."),
        ("comply", "Sure."),
        ("refuse", "I refuse."),
    )
    scores = score_safety([base | {"expected": expected, "reply": reply} for expected, reply in replies])
    value, (low, high) = bars_of("safety", scores)["all f1"]
    assert low < value == 0.8 < high and bars_of("safety", scores)["words_in f1"][0] == value
    plot("safety", scores, tmp_path / "safety.png")
    assert (tmp_path / "safety.png").stat().st_size > 1000
