"""`endpoint_gpt4video.py`: which calls are made again, what is kept of answers that are none, and when it ends."""

import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from types import SimpleNamespace

import pytest
from chat_server import USAGE, ChatServer

from gpt4video import endpoint_gpt4video
from gpt4video.endpoint_gpt4video import AccessError, Endpoint, EndpointError
from gpt4video.lines_gpt4video import STOPPING


ASKED = [{"role": "user", "content": "Hi."}]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """An endpoint that gives what a test puts into its `texts`."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(endpoint_gpt4video, "PAUSE", 0.0)
    server = ChatServer([])
    yield server
    server.shutdown()


def test_an_answer_has_its_text_its_model_and_its_cost(server: ChatServer) -> None:
    server.texts += ["Hello.", b'{"choices": [{"message": {"content": "Hi."}}], "usage": {"prompt_tokens": "many"}}']
    endpoint = Endpoint("model-0", server.url)
    reply = endpoint.ask(ASKED, max_tokens=7)
    assert (reply.text, reply.model) == ("Hello.", "writer-1") and server.calls[0]["max_tokens"] == 7
    assert [reply.prompt_tokens, reply.completion_tokens] == [USAGE["prompt_tokens"], USAGE["completion_tokens"]]
    reply = endpoint.ask(ASKED)
    assert (reply.text, reply.model, reply.prompt_tokens, reply.completion_tokens) == ("Hi.", "model-0", 0, 0)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"<html>busy</html>", "<html>busy</html>"),
        (b"", "JSONDecodeError"),
        (b"\xff\xfe", "UnicodeDecodeError"),
        (b"[1]", "Invalid data type"),
        (b"null", "Invalid data type"),
        (b'{"error": {"message": "overloaded"}}', "overloaded"),
        (b'{"choices": []}', "holds no text"),
        (b'{"choices": {"a": 1}}', "holds no text"),
        (b'{"choices": [null]}', "Invalid data type"),
        (b'{"choices": [{"message": null}]}', "holds no text"),
        (b'{"choices": [{"message": "hey"}]}', "hey"),
        (b'{"choices": [{"message": {"content": null}, "finish_reason": "length"}]}', '"finish_reason": "length"'),
        (b'{"choices": [{"message": {"content": " "}}]}', "holds no text"),
        (b'{"choices": [{"message": {"content": [{"type": "text"}]}}]}', "holds no text"),
    ],
)
def test_what_is_no_answer_is_asked_for_again_and_named(server: ChatServer, body: bytes, kept: str) -> None:
    server.texts += [body, "Hello.", *[body] * endpoint_gpt4video.TRIES]
    endpoint = Endpoint("model-0", server.url)
    assert endpoint.ask(ASKED).text == "Hello." and len(server.calls) == 2
    with pytest.raises(EndpointError) as caught:
        endpoint.ask(ASKED)
    assert kept in str(caught.value) and len(server.calls) == 2 + endpoint_gpt4video.TRIES


@pytest.mark.parametrize(
    ("status", "calls"), [(400, 1), (413, 1), (422, 1), (408, 5), (429, 5), (500, 5), (503, 5), (504, 5)]
)
def test_only_what_may_pass_is_tried_again(server: ChatServer, status: int, calls: int) -> None:
    server.texts += [(status, {})] * calls + ["Hello."]
    endpoint = Endpoint("model-0", server.url)
    with pytest.raises(EndpointError, match=str(status)):
        endpoint.ask(ASKED)
    assert len(server.calls) == calls and endpoint.ask(ASKED).text == "Hello."


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_what_every_call_would_get_ends_it_at_once(server: ChatServer, status: int) -> None:
    server.texts += [(status, {})] * 5
    with pytest.raises(AccessError, match=f"'model-0' at {server.url} answers {status}: look at the key in HF_TOKEN"):
        Endpoint("model-0", server.url).ask(ASKED)
    assert len(server.calls) == 1


def test_silence_is_not_waited_for_for_ever(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_gpt4video, "TIMEOUT", 1.0)
    monkeypatch.setattr(endpoint_gpt4video, "TRIES", 2)
    server.texts += [60.0, "Hello.", 60.0, 60.0]
    assert Endpoint("model-0", server.url).ask(ASKED).text == "Hello."
    with pytest.raises(EndpointError, match="timed out"):
        Endpoint("model-0", server.url).ask(ASKED)
    assert len(server.calls) == 4


def test_an_endpoint_that_is_down_is_given_up(server: ChatServer) -> None:
    server.shutdown()
    server.server_close()
    endpoint = Endpoint("model-0", server.url)
    for _ in range(endpoint_gpt4video.LOST_IN_A_ROW - 1):
        with pytest.raises(EndpointError, match="ConnectError"):
            endpoint.ask(ASKED)
    with pytest.raises(
        AccessError, match=f"10 requests in a row got no answer of 'model-0' at {server.url}. .*Connect"
    ):
        endpoint.ask(ASKED)


def test_one_answer_in_between_shows_that_it_is_up(server: ChatServer) -> None:
    endpoint = Endpoint("model-0", server.url)
    server.texts += [*[(400, {})] * 9, "Hello.", *[(400, {})] * 10]
    for _ in range(9):
        with pytest.raises(EndpointError):
            endpoint.ask(ASKED)
    endpoint.ask(ASKED)
    for _ in range(9):
        with pytest.raises(EndpointError):
            endpoint.ask(ASKED)
    with pytest.raises(AccessError):
        endpoint.ask(ASKED)


def test_pauses_grow_and_are_as_long_as_the_endpoint_asks(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_gpt4video, "PAUSE", 1.0)
    assert [EndpointError("").pause(attempt) for attempt in (0, 1, 2, 30)] == [1, 2, 4, 300]
    assert EndpointError("", wait=7.0).pause(0) == 7 and EndpointError("", wait=7.0).pause(4) == 16
    waits: list[float] = []
    monkeypatch.setattr(endpoint_gpt4video, "STOPPING", SimpleNamespace(wait=waits.append))
    server.texts += [None, (429, {"retry-after": "9"}), None, "Hello."]
    endpoint = Endpoint("model-0", server.url)
    assert endpoint.ask(ASKED).text == "Hello." and waits == [1, 9, 4]
    later = formatdate(time.time() + 100, usegmt=True)
    server.texts += [(503, {"retry-after": later}), (503, {"retry-after": "soon"}), (400, {"retry-after": "9"})]
    for low, high in ((98, 100), (0, 0), (0, 0)):
        with pytest.raises(EndpointError) as caught:
            endpoint.call(ASKED)
        assert low <= caught.value.wait <= high


def test_who_waits_gives_up_when_the_run_stops(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_gpt4video, "PAUSE", 30.0)
    monkeypatch.setattr(endpoint_gpt4video, "LONGEST_PAUSE", 30.0)
    stop = threading.Timer(0.3, STOPPING.set)
    stop.start()
    try:
        with pytest.raises(EndpointError, match="500"):
            Endpoint("model-0", server.url).ask(ASKED)
    finally:
        stop.join()
        STOPPING.clear()
    assert len(server.calls) == 1


def test_offline_says_so_at_once(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(AccessError, match="HF_HUB_OFFLINE forbids every call to 'model-0'"):
        Endpoint("model-0", server.url).ask(ASKED)
    assert not server.calls
