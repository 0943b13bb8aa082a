# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""A model behind an OpenAI-compatible endpoint, asked with patience and never for ever.

A call that fails is made again, after a pause, where that may help; what an endpoint gives in the place of an answer
is in the message of the error. When request after request gets no answer the endpoint is taken to be down.
"""

import json
import re
import threading
import time
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz

import httpx2
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError, OfflineModeIsEnabled

from gpt4video.lines_gpt4video import STOPPING


TRIES = 5  # calls for one answer at most
TIMEOUT = 120.0  # seconds that a call may stay without a sign
PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds before a call is made again: at first, doubled each time, and at most
LOST_IN_A_ROW = 10  # requests without an answer after which the endpoint is taken to be down
KEPT = 2000  # characters that are kept of what came in the place of an answer
CLOSED = (401, 402, 403, 404)  # the key, the account, the address or the model is wrong for every call
PASSING = (408, 409, 425, 429)  # besides those from 500 on: worth another call
CALL_ERRORS = (HfHubHTTPError, InferenceTimeoutError, httpx2.HTTPError, OSError, ValueError)


class AccessError(RuntimeError):
    """An endpoint refuses the key, knows no such model or is down: every further call would fail as well."""


class EndpointError(RuntimeError):
    """A request got no text. The message says why, and what came instead.

    Args:
        message (`str`): The cause.
        received (`str`): What came in the place of an answer.
        is_passing (`bool`): Whether another call may get one.
        wait (`float`): Seconds that the endpoint asks to wait.
    """

    def __init__(self, message: str, received: str = "", is_passing: bool = True, wait: float = 0.0) -> None:
        super().__init__(f"{message}; what came is {received[:KEPT]!r}" if received else message)
        self.is_passing, self.wait = is_passing, wait

    def pause(self, attempt: int) -> float:
        """Seconds to wait before the next call, after `attempt` others that failed."""
        return min(LONGEST_PAUSE, max(self.wait, PAUSE * 2**attempt))


@dataclass(frozen=True)
class Reply:
    """What an endpoint answered: its text, the model that it names, and tokens as it counts them."""

    text: str
    model: str
    prompt_tokens: int
    completion_tokens: int


def retry_after(header: str) -> float:
    """Read the header `Retry-After`, seconds or a date, as seconds from now; 0 if it says nothing."""
    if re.fullmatch(r"\d+(\.\d+)?", header):
        return float(header)
    date = parsedate_tz(header)
    return mktime_tz(date) - time.time() if date else 0.0


def received_in(error: Exception) -> str:
    """Tell what an endpoint sent that was no answer."""
    match error:
        case HfHubHTTPError(response=response):
            return response.text
        case json.JSONDecodeError(doc=document):
            return document
        case UnicodeDecodeError(object=data):
            return data.decode(errors="replace")
    return ""


class Endpoint:
    """A model behind an OpenAI-compatible endpoint; threads may share it.

    Args:
        model (`str`): Its name there.
        url (`str`, *optional*): Base URL, such as `http://127.0.0.1:8000/v1`; by default the providers of the Hub.
            The key is read from `HF_TOKEN`.
    """

    def __init__(self, model: str, url: str | None = None) -> None:
        self.model, self.place = model, f"{model!r} at {url or 'the providers of the Hub'}"
        self.client = InferenceClient(base_url=url, timeout=TIMEOUT)
        self.lost, self.counting = 0, threading.Lock()

    def ask(self, messages: list[dict], **settings: float) -> Reply:
        """Ask until there is an answer, `TRIES` times at most; `settings` are those of `chat_completion`.

        Raises:
            AccessError: If it refuses the key or knows no such model, or if too many requests in a row got no answer.
            EndpointError: If this request got none.
        """
        for attempt in range(TRIES):
            try:
                reply = self.call(messages, **settings)
            except EndpointError as error:
                last = error
                if not error.is_passing or attempt + 1 == TRIES or STOPPING.wait(error.pause(attempt)):
                    break
            else:
                self.lost = 0
                return reply
        with self.counting:
            self.lost += 1
        if self.lost >= LOST_IN_A_ROW:
            raise AccessError(
                f"{self.lost} requests in a row got no answer of {self.place}. The last: {last}"
            ) from last
        raise last

    def call(self, messages: list[dict], **settings: float) -> Reply:
        """Call once. Raises the errors of `ask`."""
        try:
            answer = self.client.chat_completion(messages, model=self.model, **settings)
        except OfflineModeIsEnabled as error:
            raise AccessError(f"HF_HUB_OFFLINE forbids every call to {self.place}; unset it.") from error
        except CALL_ERRORS as error:
            response = getattr(error, "response", None)
            status, headers = (response.status_code, response.headers) if response is not None else (0, {})
            message = f"{type(error).__name__}: {error}"
            if status in CLOSED:
                raise AccessError(
                    f"{self.place} answers {status}: look at the key in HF_TOKEN, the URL and the model. {message}"
                ) from error
            is_busy = status in PASSING or status >= 500
            raise EndpointError(
                f"status {status}, {message}" if status else message,
                received_in(error),
                is_passing=is_busy or not status,
                wait=retry_after(headers.get("retry-after", "")) if is_busy else 0.0,
            ) from error
        match answer:
            case {"choices": [{"message": {"content": str(text)}}, *_]} if text.strip():
                usage = answer.usage if isinstance(answer.usage, dict) else {}
                counts = (usage.get(name) for name in ("prompt_tokens", "completion_tokens"))
                model = answer.model if isinstance(answer.model, str) else self.model
                return Reply(text, model, *(count if isinstance(count, int) else 0 for count in counts))
        raise EndpointError("the answer holds no text", json.dumps(answer, ensure_ascii=False))
