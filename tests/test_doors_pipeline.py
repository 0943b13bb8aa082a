"""The library's own pipelines on this model: understanding, batches, streaming, the whole conversation."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_repository import write_repository
from transformers import TextIteratorStreamer, pipeline


REPO_ROOT = Path(__file__).resolve().parent.parent
CLIPS = [str(path) for path in sorted((REPO_ROOT / "examples").glob("*.mp4"))]
STOCK = {"image-text-to-text": "ImageTextToTextPipeline", "any-to-any": "AnyToAnyPipeline"}


def ask(clip: str, text: str) -> list[dict]:
    return [{"role": "user", "content": [{"type": "video", "path": clip}, {"type": "text", "text": text}]}]


QUESTIONS = [ask(CLIPS[0], "What is it?"), ask(CLIPS[1], "How does it move, exactly?"), ask(CLIPS[3], "Well?")]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, make_config: Callable, make_model: Callable) -> Path:
    return write_repository(tmp_path_factory.mktemp("repositories") / "tiny", make_config, make_model)


@pytest.fixture(scope="module")
def replies(repository: Path) -> list[str]:
    """What the pipeline of the repository answers, one at a time."""
    pipe = pipeline(model=str(repository), trust_remote_code=True, device="cpu", max_new_tokens=9)
    return [pipe(question)["generated_text"] for question in QUESTIONS]


@pytest.fixture(scope="module", params=STOCK)
def pipe(request, repository: Path):
    pipe = pipeline(request.param, model=str(repository), trust_remote_code=True, device="cpu")
    assert type(pipe).__name__ == STOCK[request.param]
    return pipe


def test_answers_are_those_of_the_repository(pipe, replies: list[str]) -> None:
    assert len(set(replies)) == len(replies)
    for question, reply in zip(QUESTIONS, replies, strict=True):
        (found,) = pipe(text=question, max_new_tokens=9, return_full_text=False)
        assert found["generated_text"].strip() == reply
        assert found["input_text"] == question


def test_batches_answer_as_single_calls_do(pipe, replies: list[str]) -> None:
    rows = pipe(text=QUESTIONS, batch_size=2, max_new_tokens=9, return_full_text=False)
    assert [row[0]["generated_text"].strip() for row in rows] == replies


def test_full_text_is_the_conversation_continued(pipe, replies: list[str]) -> None:
    (found,) = pipe(text=QUESTIONS[1], max_new_tokens=9, return_full_text=True)
    *asked, answer = found["generated_text"]
    assert asked == QUESTIONS[1] and answer["role"] == "assistant"
    assert answer["content"].strip() == replies[1]


def test_streams(pipe, replies: list[str]) -> None:
    streamer = TextIteratorStreamer(pipe.tokenizer, skip_prompt=True, skip_special_tokens=True)
    pipe(text=QUESTIONS[0], max_new_tokens=9, generate_kwargs={"streamer": streamer})
    pieces = list(streamer)
    assert "".join(pieces).strip() == replies[0]
