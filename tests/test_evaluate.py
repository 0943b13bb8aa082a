"""`evaluate_gpt4video.py`: published forms, clips that are missing, predictions that go on, the command line."""

import json
from pathlib import Path

import pytest
from chat_server import ChatServer
from training_files import write_rows

from gpt4video import evaluate_gpt4video
from gpt4video.evaluate_gpt4video import (
    EvaluationError,
    bars_of,
    load_items,
    main,
    merge_replies,
    plot,
)
from gpt4video.lines_gpt4video import read_lines, write_lines
from gpt4video.metrics_gpt4video import score_safety
from gpt4video.runs_gpt4video import RunError


pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpt4video.endpoint_gpt4video.PAUSE", 0.0)


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
    message = "form 'table' of questions: .*rows.jsonl, line 1: there is no column 'question'; it has messages"
    with pytest.raises(EvaluationError, match=message):
        load_items("questions", "table", data / "rows.jsonl", data)
    with pytest.raises(EvaluationError, match="holds 2 rows with the id 'q0'; each needs one of its own"):
        load_items("questions", "table", write_rows(data, [question(0), question(0)], "q.jsonl"), data)
    with pytest.raises(EvaluationError, match="q.jsonl holds no rows"):
        load_items("questions", "table", write_rows(data, [], "q.jsonl"), data)
    wrong = [question(0), question(1) | {"answer": None}]
    with pytest.raises(EvaluationError, match="q.jsonl, line 2: the column 'answer' holds None; a text is needed"):
        load_items("questions", "table", write_rows(data, wrong, "q.jsonl"), data)
    rows = [{"request": "Draw.", "prompts": "a cow"}]
    with pytest.raises(EvaluationError, match="the column 'prompts' holds 'a cow'; a list of texts is needed"):
        load_items("prompts", "table", write_rows(data, rows, "p.jsonl"), data)
    write_json(data / "test_a.json", [{"question_id": "x_1_0", "answer": "no", "type": 3}])
    path = write_json(data / "test_q.json", [{"question_id": "x_2_0", "video_name": "x_2", "question": "is it red"}])
    with pytest.raises(EvaluationError, match="test_q.json, row 0: the file of the answers has none to 'x_2_0'"):
        load_items("questions", "activitynet-qa", path, data)
    with pytest.raises(EvaluationError, match="give the file of the questions"):
        load_items("questions", "activitynet-qa", data / "test.json", data)


def test_questions_batched_and_resumed(checkpoint: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "broken.mp4").write_bytes(b"no clip")
    rows = [question(0), question(1, "b.mp4"), question(2, "broken.mp4"), question(3)]
    path = write_rows(data, rows, "q.jsonl")
    metrics = run(checkpoint, "questions", path, data / "out", "--batch_size", "3")
    assert metrics["count"] == 4 and list(metrics["unreadable"]) == ["q2"]
    assert "broken.mp4" in metrics["unreadable"]["q2"]
    assert json.loads((data / "out" / "metrics.json").read_text()) == metrics
    predictions = [json.loads(line) for line in (data / "out" / "predictions.jsonl").read_text().splitlines()]
    assert [line["id"] for line in predictions] == ["q0", "q1", "q2", "q3"]
    assert "broken.mp4" in predictions[2]["error"] and all("reply" in predictions[at] for at in (0, 1, 3))
    assert metrics["scores"]["per_type"]["what"]["exact"]["count"] == 4
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
    assert len({json.dumps(messages) for messages in asked}) == 2

    with pytest.raises(EvaluationError, match="was begun with .* choose another --output"):
        main(["questions", "--data", str(path), "--output", str(data / "out"), "--model", str(checkpoint)])


def test_clips_that_are_missing_count_as_wrong(checkpoint: Path, data: Path) -> None:
    (data / "b.avi").write_bytes((data / "b.mp4").read_bytes())
    rows = [question(0), question(1, "gone.mp4"), question(2, "b"), question(3, "a")]
    path = write_rows(data, rows, "q.jsonl")
    metrics = run(checkpoint, "questions", path, data / "out", "--max_unreadable_share", "0.5")
    assert metrics["count"] == metrics["scores"]["exact"]["count"] == 4
    assert metrics["unreadable"].keys() == {"q1", "q2"}
    assert "holds 0 clips named gone.mp4" in metrics["unreadable"]["q1"]
    assert "holds 2 clips named b (.mp4, .avi" in metrics["unreadable"]["q2"]
    # What was answered stays so, whatever becomes of the clip.
    (data / "a.mp4").rename(data / "gone.mp4")
    (data / "b.avi").unlink()
    again = run(checkpoint, "questions", path, data / "out", "--max_unreadable_share", "0")
    assert again["unreadable"] == {} and again["count"] == 4


def test_too_many_missing_clips_end_the_run_before_it_begins(data: Path) -> None:
    rows = [question(number, "a.mp4" if number < 18 else "gone.mp4") for number in range(20)]
    path = write_rows(data, rows, "q.jsonl")
    message = "the clips of 2 of 20 items cannot be read, max_unreadable_share is 0.05. That of 'q19': .* gone.mp4"
    with pytest.raises(EvaluationError, match=message):
        run(data / "no-model", "questions", path, data / "out")
    with pytest.raises(EvaluationError, match="1 of 19 items cannot be read, max_unreadable_share is 0.0"):
        run(data / "no-model", "questions", path, data / "fresh", "--limit", "19", "--max_unreadable_share", "0")


def test_too_many_unreadable_clips_end_the_run_and_lose_nothing(checkpoint: Path, data: Path) -> None:
    (data / "broken.mp4").write_bytes(b"no clip")
    rows = [question(0), question(1, "broken.mp4"), question(2, "broken.mp4"), question(3), question(4)]
    path = write_rows(data, rows, "q.jsonl")
    with pytest.raises(EvaluationError, match="2 of 5 items .* is 0.05. That of 'q2': .*broken.mp4"):
        run(checkpoint, "questions", path, data / "out", "--batch_size", "1")
    assert [line["id"] for line in read_lines(data / "out" / "replies-0.jsonl")] == ["q0", "q1", "q2"]
    assert not (data / "out" / "metrics.json").exists()
    (data / "broken.mp4").write_bytes((data / "b.mp4").read_bytes())
    metrics = run(checkpoint, "questions", path, data / "out")
    assert metrics["unreadable"] == {} and metrics["count"] == 5


@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        ("--batch_size", "0", "0 is not at least 1"),
        ("--batch_size", "-3", "-3 is not at least 1"),
        ("--max_new_tokens", "0", "0 is not at least 1"),
        ("--limit", "0", "0 is not at least 1"),
        ("--limit", "-1", "-1 is not at least 1"),
        ("--limit", "all", "invalid int value: 'all'"),
        ("--max_unreadable_share", "1.1", "1.1 is not 0 to 1"),
    ],
)
def test_settings_out_of_range_are_named(
    data: Path, capsys: pytest.CaptureFixture, flag: str, value: str, message: str
) -> None:
    with pytest.raises(SystemExit):
        run(data / "no-model", "questions", write_rows(data, [question(0)], "q.jsonl"), data / "out", flag, value)
    assert f"argument {flag}: {message}" in capsys.readouterr().err and not (data / "out").exists()


def test_tables_of_other_kinds(checkpoint: Path, data: Path) -> None:
    """The same replies and figures, whatever the table; a limit beyond its end is fine."""
    rows = [question(0), question(1, "b.mp4")]
    (data / "q.tsv").write_text("".join("\t".join(cells) + "\n" for cells in (rows[0], *(r.values() for r in rows))))
    write_json(data / "q.json", {"info": {}, "data": rows})
    found = [
        run(checkpoint, "questions", data / name, data / f"out-{name}", "--limit", "9")["scores"]
        for name in ("q.tsv", "q.json")
    ]
    assert found[0] == found[1] and found[0]["exact"]["count"] == 2
    lines = [(data / f"out-{name}" / "predictions.jsonl").read_text() for name in ("q.tsv", "q.json")]
    assert lines[0] == lines[1]


def test_processes_that_do_not_meet_are_an_error(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RunError, match="2 processes were launched, but this one is alone"):
        run(data / "no-model", "questions", write_rows(data, [question(0)], "q.jsonl"), data / "out")


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
    path = write_rows(data, [*rows, rows[0]], "twice.jsonl")
    message = "form 'table' of safety: .*twice.jsonl, line 3: the id 'r0' is that of .*twice.jsonl, line 1"
    with pytest.raises(EvaluationError, match=message):
        run(checkpoint, "safety", path, data / "safety")
    scores = run(checkpoint, "safety", write_rows(data, rows, "r.jsonl"), data / "safety")["scores"]
    assert (
        set(scores["sides"]) == {"words_in", "clip_in"}
        and scores["counts"]["served"] + scores["counts"]["over_refused"] == 1
    )
    rows = [{"request": "Draw a cow.", "prompts": ["a cow"]}, {"request": "Hi.", "prompts": []}]
    scores = run(checkpoint, "prompts", write_rows(data, rows, "p.jsonl"), data / "prompts")["scores"]
    assert scores["drawn"]["count"] == scores["false_drawn"]["count"] == 1


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
