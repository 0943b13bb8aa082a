# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Drawing elsewhere: a provider of the Hub, or an address that answers with a video, in place of a pipeline here.

A provider is asked through `huggingface_hub.InferenceClient`. An address gets what Inference Endpoints take,
`{"inputs": prompt, "parameters": {...}}`, and answers with the bytes of a video, or with JSON whose `video` holds them
in base64.
"""

import base64
import binascii
import json
import math
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from operator import itemgetter
from typing import Any

import torch
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError
from huggingface_hub.utils import httpx

from .reading_gpt4video import ClipError, FileClip, is_address, naming_clip, open_clip
from .text_to_video_clip_gpt4video import DrawingError, DrawnClip, check_fps, check_json, check_prompt, pick_seed


CALL_ERRORS = (HfHubHTTPError, InferenceTimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError)
CALL_ERRORS += (TypeError, KeyError)  # of providers' answers in another form than the client expects
LIMITS = {
    "max_file_bytes": 1 << 28,
    "max_read_seconds": 60.0,
    "max_clip_seconds": 120.0,
    "max_clip_frames": 4000,
    "max_frame_pixels": 1 << 23,
}
MAX_ANSWER = LIMITS["max_file_bytes"] * 4 // 3 + (1 << 16)  # in base64, with what is around it
SHOWN = 300  # characters of an answer that a message quotes


class EndpointTextToVideo:
    """Draws clips behind an endpoint, by the same call as `TextToVideo`.

    It reports no steps, and whether the same seed gives the same clip is up to the endpoint.

    Args:
        model (`str`, *optional*): Hub id of the model, which a provider needs.
        base_url (`str`, *optional*): Address of an endpoint of your own, in place of a provider.
        token (`str`, *optional*): Its key. To a provider the one of the Hub is sent by default, to an address none.
        provider (`str`, *optional*): A provider of `InferenceClient`, such as `"fal-ai"`.
        timeout (`float`, *optional*, defaults to 600.0): Seconds that a call may take.
        defaults (`Mapping`, *optional*): Arguments of each call.

    Raises:
        DrawingError: If neither or both of model and address say where to draw.
    """

    reports_steps = False

    def __init__(
        self,
        model: str | None = None,
        *,
        base_url: str | None = None,
        token: str | None = None,
        provider: str | None = None,
        timeout: float = 600.0,
        defaults: Mapping[str, Any] | None = None,
    ):
        if (base_url is None) == (model is None) or (base_url and provider):
            raise DrawingError("An endpoint is named by base_url alone, or by a model and perhaps a provider.")
        self.place = f"{model} at {provider or 'its provider'}"
        if base_url is not None:
            self.place = self._check_address(base_url, token)
        self.model, self.base_url, self.token, self.provider = model, base_url, token, provider
        self.timeout, self.defaults = timeout, dict(defaults or {})

    @staticmethod
    def _check_address(address: str, token: str | None) -> str:
        """Return an address without what it may hold of keys, or raise a `DrawingError` if it is none."""
        try:
            url = httpx.URL(address if is_address(address) else "")
        except httpx.InvalidURL as error:
            raise DrawingError(f"base_url is no address: {error}.") from error
        if not url.host:
            raise DrawingError("base_url must begin with http:// or https:// and name a host.")
        if url.userinfo and token:
            raise DrawingError("base_url holds a user and token a key; an endpoint takes one of them.")
        return f"{url.scheme}://{url.netloc.decode()}{url.path}"

    def to(self, device: str | torch.device) -> "EndpointTextToVideo":
        """Stay where it is; there is nothing here to move."""
        return self

    def __call__(
        self,
        prompt: str,
        *,
        seed: int | None = None,
        on_step: Callable[[int, int], None] | None = None,
        **draw_kwargs,
    ) -> DrawnClip:
        """Draw a clip.

        Args:
            prompt (`str`): What to draw.
            seed (`int`, *optional*): Sent along; by default a fresh one, which is in the record.
            on_step (`Callable`, *optional*): Never called.
            draw_kwargs: Parameters for the endpoint, in JSON values.

        Raises:
            DrawingError: If the endpoint does not answer in time, refuses, or answers with something else than a clip.
        """
        check_prompt(prompt)
        seed, parameters = pick_seed(seed), {**self.defaults, **draw_kwargs}
        fps = check_fps(parameters["fps"]) if "fps" in parameters else None
        check_json(parameters, "An argument cannot be sent")
        try:
            ask = self._ask_provider if self.base_url is None else self._ask_address
            data = ask(prompt, {**parameters, "seed": seed})
        except DrawingError:
            raise
        except CALL_ERRORS as error:
            cause = str(error) or type(error).__name__
            raise DrawingError(f"{self.place} did not draw: {cause[:SHOWN]}") from error
        frames, found = self._read(data)
        fps = fps or found
        record = {
            "prompt": prompt,
            "negative_prompt": parameters.pop("negative_prompt", None),
            "seed": seed,
            "arguments": parameters,
            "prompt_truncated": None,
            "generator": {
                "id": self.model,
                "endpoint": self.place,
                "provider": self.provider,
                "class": type(self).__name__,
                "huggingface_hub": version("huggingface_hub"),
            },
            "scheduler": None,
            "fps": fps,
            "num_frames": frames.shape[0],
            "height": frames.shape[1],
            "width": frames.shape[2],
        }
        return DrawnClip(frames, fps, record)

    def draw_again(self, record: Mapping[str, Any], on_step: Callable[[int, int], None] | None = None) -> DrawnClip:
        """Ask for the clip of a record anew."""
        arguments = dict(record["arguments"])
        if record["negative_prompt"] is not None:
            arguments["negative_prompt"] = record["negative_prompt"]
        return self(record["prompt"], seed=record["seed"], on_step=on_step, **arguments)

    def _ask_provider(self, prompt: str, parameters: dict[str, Any]) -> bytes:
        client = InferenceClient(provider=self.provider, token=self.token, timeout=self.timeout)
        named = ("guidance_scale", "num_frames", "num_inference_steps", "seed")
        known = {name: parameters.pop(name) for name in named if name in parameters}
        negative_prompt = parameters.pop("negative_prompt", None)
        return client.text_to_video(
            prompt,
            model=self.model,
            negative_prompt=None if negative_prompt is None else [negative_prompt],
            extra_body=parameters or None,
            **known,
        )

    def _ask_address(self, prompt: str, parameters: dict[str, Any]) -> bytes:
        headers = {"accept": "video/*, application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        deadline, data = time.monotonic() + self.timeout, bytearray()
        body = {"inputs": prompt, "parameters": parameters}
        # Redirects are not followed: they would carry the prompt, and perhaps the key, to another place.
        with httpx.stream("POST", self.base_url, json=body, headers=headers, timeout=self.timeout) as response:
            for part in response.iter_bytes():
                data += part
                if len(data) > MAX_ANSWER:
                    raise DrawingError(f"{self.place} answers with more than {MAX_ANSWER} bytes.")
                if time.monotonic() > deadline:
                    raise DrawingError(f"{self.place} took over {self.timeout:g} s to answer.")
        if response.status_code != 200:
            said = data[:SHOWN].decode(errors="replace").strip()
            raise DrawingError(
                f"{self.place} answers with the status {response.status_code}: {said or 'nothing else'}"
            )
        if "json" not in response.headers.get("content-type", "").lower():
            return bytes(data)
        return self._unpack(bytes(data))

    def _unpack(self, data: bytes) -> bytes:
        """Take the video out of an answer in JSON."""
        try:
            answer = json.loads(data)
            answer = answer[0] if isinstance(answer, list) else answer
            text = answer["video"]
            return base64.b64decode(text.partition(",")[2] if text[:5] == "data:" else text, validate=True)
        except (ValueError, LookupError, TypeError, AttributeError, binascii.Error) as error:
            said = data[:SHOWN].decode(errors="replace")
            raise DrawingError(f"{self.place} answers with JSON that holds no video in base64: {said}") from error

    def _read(self, data: bytes) -> tuple[Any, float]:
        """Decode a video, within limits, to uint8 frames `(num_frames, height, width, 3)` and frames a second."""
        try:
            with naming_clip("in the answer"), open_clip(data, LIMITS) as file:
                clip = FileClip(file, LIMITS)
                frames = [pixels for _, pixels in sorted(clip.frames(range(len(clip.times))), key=itemgetter(0))]
        except ClipError as error:
            raise DrawingError(f"{self.place} answers with something else than a video: {error}") from error
        seconds = clip.times[-1] - clip.times[0]
        rate = (len(frames) - 1) / seconds if seconds > 0 else 1.0
        # Times of files are rounded, such as to milliseconds.
        rate = round(rate) if math.isclose(rate, round(rate), abs_tol=0.02) else rate
        return torch.stack(frames).numpy(), float(rate)


__all__ = ["EndpointTextToVideo"]
