# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Drawing: any text-to-video pipeline of diffusers, or an endpoint, behind one call.

    draw = open_text_to_video("zeroscope", dtype="float16", device="cuda")
    clip = draw("a fox in the snow", seed=7)  # clip.frames, clip.fps, clip.record
    draw.draw_again(clip.record)  # the same frames

`TextToVideo` opens a pipeline by folder, Hub id or name of a preset, and fits each call to its class: by the
signature, by the rules and defaults of the gallery, and by the file `draw_defaults.json` beside the pipeline.
"""

import inspect
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, Literal, Self

import torch
from huggingface_hub.utils import tqdm
from transformers import PreTrainedTokenizerBase

from .drawing_endpoint_gpt4video import EndpointTextToVideo
from .reading_gpt4video import is_address
from .text_to_video_clip_gpt4video import (
    DrawingError,
    DrawnClip,
    check_count,
    check_fps,
    check_json,
    check_prompt,
    pick_seed,
    plain,
    to_frames,
)
from .text_to_video_gallery_gpt4video import FITS, FRAME_NAMES, GENERIC, PRESETS, RATE_NAMES, Fit, Preset, Steps
from .text_to_video_opening_gpt4video import open_pipeline


# Arguments of pipelines that are not the user's: how many clips, what comes out and who looks on is settled here.
SETTLED = {"self", "prompt", "generator", "output_type", "return_dict"}
SETTLED |= {"num_videos_per_prompt", "num_images_per_prompt"}
SETTLED |= {"callback", "callback_steps", "callback_on_step_end", "callback_on_step_end_tensor_inputs"}


class StepBar(tqdm):
    """Stands in for the progress bar of a pipeline: shows nothing, and tells `on_step` how far the drawing is.

    Every class of diffusers has that bar, while callbacks differ from class to class or are missing.
    """

    def __init__(self, on_step: Callable[[int, int], None] | None, iterable: Any = None, total: int | None = None):
        super().__init__(iterable, total=total, disable=True)
        self.on_step, self.done = on_step, 0
        self.last = len(iterable) if total is None else total

    def __iter__(self) -> Iterator[Any]:
        for item in self.iterable:
            yield item
            self.update()

    def update(self, n: int = 1) -> None:
        """Count steps that were drawn."""
        self.done += n
        if self.on_step:
            self.on_step(self.done, self.last)


class TextToVideo:
    """Draws clips with a pipeline of diffusers, one at a time.

    Args:
        pipe (`diffusers.DiffusionPipeline`): The pipeline, whose call takes a prompt and a number of frames.
        defaults (`Mapping`, *optional*): Arguments of the call in place of those of the class, and `fps`.
        origin (`Mapping`, *optional*): Where it comes from, for records.
        offload (`str`, *optional*): How it is offloaded, if it is.

    Raises:
        DrawingError: If the pipeline does not draw clips from a prompt, or takes none of the defaults.
    """

    reports_steps = True

    def __init__(
        self,
        pipe: Any,
        *,
        defaults: Mapping[str, Any] | None = None,
        origin: Mapping[str, Any] | None = None,
        offload: str | None = None,
    ):
        self.pipe, self.offload, self.class_name = pipe, offload, type(pipe).__name__
        self.fit: Fit = FITS.get(self.class_name, GENERIC)
        self.parameters = inspect.signature(type(pipe).__call__).parameters
        self.frame_name = next((name for name in FRAME_NAMES if name in self.parameters), None)
        self.rate_name = next((name for name in RATE_NAMES if name in self.parameters), None)
        if "prompt" not in self.parameters or self.frame_name is None:
            raise DrawingError(f"{self.class_name} draws no clips from a prompt; name a text-to-video pipeline.")
        needed = [name for name, value in self.parameters.items() if value.default is value.empty]
        needed = [name for name in needed if name in self.arguments()]
        if needed:
            raise DrawingError(f"{self.class_name} draws from more than a prompt: it needs {', '.join(needed)}.")
        if self.fit.needs_tiling:
            pipe.vae.enable_tiling()
        self.defaults = {**self.fit.defaults, **self._canonical(defaults or {}, "default")}
        self.origin = {"id": None, "revision": None, "commit": None, **(origin or {})}
        self._lock = threading.Lock()  # schedulers keep state, so two drawings at once would mix

    @classmethod
    def from_pretrained(
        cls,
        model: str | os.PathLike,
        *,
        subfolder: str | None = None,
        revision: str | None = None,
        dtype: str | torch.dtype | dict | None = None,
        device: str | torch.device | None = None,
        offload: Literal["model", "sequential"] | None = None,
        vae_slicing: bool = False,
        vae_tiling: bool = False,
        quantization_config: Any = None,
        **load_kwargs,
    ) -> Self:
        """Open a pipeline by folder, Hub id or name of a preset.

        Args:
            model (`str`): A folder, a Hub id, or one of `PRESETS`. A folder of that name goes first.
            subfolder (`str`, *optional*): Where the pipeline lies in it.
            revision (`str`, *optional*): Branch, tag or commit on the Hub.
            dtype (`str`, *optional*, defaults to `"float32"`): Type of the weights, such as `"float16"`.
            device (`str`, *optional*): Where it draws; by default where diffusers puts it, the CPU.
            offload (`str`, *optional*): `"model"` keeps on the device only the part that works, `"sequential"` only
                the layer.
            vae_slicing (`bool`), vae_tiling (`bool`): Whether the autoencoder works in pieces, to use less memory.
            quantization_config (`PipelineQuantizationConfig`, *optional*): As diffusers takes it.
            load_kwargs: Further arguments of `DiffusionPipeline.from_pretrained`, such as `variant` or `token`.

        Raises:
            DrawingError: If it cannot be opened.
        """
        pipe, origin, defaults = open_pipeline(
            os.fspath(model),
            subfolder=subfolder,
            revision=revision,
            dtype=dtype,
            device=device,
            offload=offload,
            vae_slicing=vae_slicing,
            vae_tiling=vae_tiling,
            quantization_config=quantization_config,
            load_kwargs=load_kwargs,
        )
        return cls(pipe, defaults=defaults, origin=origin, offload=offload)

    @property
    def device(self) -> torch.device:
        """Where it draws."""
        return self.pipe._execution_device

    @property
    def fps(self) -> float:
        """Frames a second of its clips, unless a call says otherwise."""
        return self._fps(self.defaults)

    def to(self, device: str | torch.device) -> Self:
        """Move it to a device. A pipeline that is offloaded leaves nothing there between calls, so it stays."""
        if not self.offload:
            self.pipe.to(device)
        return self

    def arguments(self) -> list[str]:
        """List the arguments that a call takes, beside the prompt and the seed."""
        kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        names = [name for name, value in self.parameters.items() if name not in SETTLED and value.kind not in kinds]
        given = {self.frame_name: "num_frames", self.rate_name: "fps"}
        return list(dict.fromkeys(["num_frames", "fps", *(given.get(name, name) for name in names)]))

    def rules(self) -> dict[str, Steps]:
        """Give the numbers that the model takes: of `num_frames`, and of `height` and `width` in pixels."""
        height = self.fit.height(self.pipe)
        width = self.fit.width(self.pipe) if self.fit.width else height
        return {"num_frames": self.fit.frames(self.pipe), "height": height, "width": width}

    def _canonical(self, given: Mapping[str, Any], what: str) -> dict[str, Any]:
        """Rename what the class calls otherwise, and check names and kinds of arguments."""
        names = {self.frame_name: "num_frames", self.rate_name: "fps"}
        values, known = {}, self.arguments()
        for name, value in given.items():
            name = names.get(name, name)
            if name not in known:
                raise DrawingError(f"{self.class_name} takes no {what} {name!r}; it takes {', '.join(known)}.")
            if name in values:
                raise DrawingError(f"{name} is given twice, under two names.")
            values[name] = value
        check_json(values, f"A {what} cannot be written into the record")
        return values

    def _value(self, settings: Mapping[str, Any], name: str) -> Any:
        """Return the value of an argument: as set, else as the signature has it, else `None`."""
        if name in settings:
            return settings[name]
        parameter = self.parameters.get(self.frame_name if name == "num_frames" else name)
        return None if parameter is None or parameter.default is parameter.empty else parameter.default

    def _settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Settle the arguments of a call: what the user gave is checked, and defaults are rounded to the rules."""
        given = self._canonical(given, "argument")
        settings = {**self.defaults, **given}
        for name, rule in self.rules().items():
            number = self._value(settings, name)
            if number is None:
                continue
            check_count(name, number)
            if name in given and number not in rule:
                near = " or ".join(map(str, rule.nearest(number)))
                raise DrawingError(f"{name} is {number}; {self.class_name} draws {rule}: the nearest is {near}.")
            settings[name] = rule.round(number)
        for name in ("num_inference_steps", "guidance_scale"):
            if name in self.parameters:
                settings[name] = self._value(settings, name)
        if (steps := settings.get("num_inference_steps")) is not None:
            check_count("num_inference_steps", steps)
        settings["fps"] = self._fps(settings)
        return settings

    def _fps(self, settings: Mapping[str, Any]) -> float:
        """Return frames a second: as set, else of a class that is known, else of the signature, else generic."""
        if "fps" in settings:
            return check_fps(settings["fps"])
        own = self.parameters[self.rate_name].default if self.rate_name and self.fit is GENERIC else None
        return check_fps(own if own else self.fit.fps)

    def _check_words(self, words: Any, what: str) -> None:
        """Refuse texts that hold control tokens of a tokenizer, by which a user could end or mark the text."""
        check_prompt(words, what)
        for tokenizer in self.pipe.components.values():
            if isinstance(tokenizer, PreTrainedTokenizerBase):
                special = {str(token) for token in tokenizer.added_tokens_decoder.values() if token.special}
                # A model may pad with a plain sign, such as "!", which a prompt may hold.
                found = [token for token in special if token[:1] in ("<", "[") and token in words]
                if found:
                    raise DrawingError(f"The {what} holds {found[0]!r}, a control token of {self.class_name}.")

    def _is_truncated(self, prompt: str, settings: Mapping[str, Any]) -> bool:
        """Say whether the model reads less than the whole prompt."""
        tokenizer = getattr(self.pipe, "tokenizer", None)
        if not isinstance(tokenizer, PreTrainedTokenizerBase):
            return False
        limit = self._value(settings, "max_sequence_length") or self.fit.prompt_tokens or tokenizer.model_max_length
        return len(tokenizer(prompt, truncation=False, verbose=False).input_ids) > limit

    @contextmanager
    def _reporting(self, on_step: Callable[[int, int], None] | None) -> Iterator[None]:
        """Let the pipeline report its steps, and tell errors of it from those of `on_step`."""
        asking: list[tuple[int, int]] = []

        def report(*step: int) -> None:
            asking.append(step)
            on_step(*step)
            asking.clear()

        self.pipe.progress_bar = lambda iterable=None, total=None: StepBar(on_step and report, iterable, total)
        try:
            yield
        except (ValueError, TypeError, RuntimeError) as error:
            if asking:
                raise
            raise DrawingError(f"{self.class_name} cannot draw this: {error}") from error
        finally:
            del self.pipe.progress_bar
            # A pipeline that was stopped has left its parts on the device.
            self.pipe.maybe_free_model_hooks()

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
            seed (`int`, *optional*): Of the noise that it begins with; by default a fresh one, which is in the record.
            on_step (`Callable`, *optional*): Called with the number of steps that are drawn and of all; what it raises
                ends the drawing and reaches the caller.
            draw_kwargs: Arguments of the class, `arguments()` lists them; `num_frames` and `fps` by these names.

        Raises:
            DrawingError: If an argument is unknown, wrong or breaks a rule of the model, or what is drawn is no clip.
        """
        self._check_words(prompt, "prompt")
        seed, settings = pick_seed(seed), self._settings(draw_kwargs)
        if settings.get("negative_prompt"):
            self._check_words(settings["negative_prompt"], "negative_prompt")
        call = {self.frame_name if name == "num_frames" else name: value for name, value in settings.items()}
        fps = call.pop("fps")
        if self.rate_name:
            call[self.rate_name] = fps
        if "output_type" in self.parameters:
            call["output_type"] = "np"  # images would hide values that are not numbers
        with self._lock, self._reporting(on_step):
            generator = torch.Generator("cpu").manual_seed(seed)
            output = self.pipe(prompt=prompt, generator=generator, **call)
        frames = to_frames(output.frames if hasattr(output, "frames") else output[0], self.class_name)
        return DrawnClip(frames, fps, self._record(prompt, seed, settings, frames.shape))

    def draw_again(self, record: Mapping[str, Any], on_step: Callable[[int, int], None] | None = None) -> DrawnClip:
        """Draw the clip of a record; on the same machine and with the same weights it is the same, bit by bit."""
        arguments = dict(record["arguments"])
        if record["negative_prompt"] is not None:
            arguments["negative_prompt"] = record["negative_prompt"]
        return self(record["prompt"], seed=record["seed"], on_step=on_step, **arguments)

    def _record(self, prompt: str, seed: int, settings: Mapping[str, Any], shape: tuple) -> dict[str, Any]:
        arguments = {name: value for name, value in settings.items() if value is not None}
        negative_prompt = arguments.pop("negative_prompt", None)
        scheduler = self.pipe.scheduler
        versions = {name: version(name) for name in ("diffusers", "torch", "transformers")}
        dtype = str(self.pipe.dtype).removeprefix("torch.")
        return {
            "prompt": prompt,
            "negative_prompt": negative_prompt,
            "seed": seed,
            "arguments": arguments,
            "prompt_truncated": self._is_truncated(prompt, settings),
            "generator": {**self.origin, "class": self.class_name, "dtype": dtype, **versions},
            "scheduler": {"class": type(scheduler).__name__, "config": plain(scheduler.config)},
            "fps": settings["fps"],
            "num_frames": shape[0],
            "height": shape[1],
            "width": shape[2],
        }


def open_text_to_video(model: str | os.PathLike, **kwargs) -> TextToVideo | EndpointTextToVideo:
    """Open what draws: an endpoint for an address or with `provider`, else a pipeline.

    Args:
        model (`str`): An http(s) address, a folder, a Hub id, or one of `PRESETS`.
        kwargs: Arguments of `EndpointTextToVideo` or of `TextToVideo.from_pretrained`.
    """
    if is_address(model):
        return EndpointTextToVideo(base_url=model, **kwargs)
    if "provider" in kwargs:
        return EndpointTextToVideo(model, **kwargs)
    return TextToVideo.from_pretrained(model, **kwargs)


__all__ = [
    "DrawingError",
    "DrawnClip",
    "EndpointTextToVideo",
    "Fit",
    "PRESETS",
    "Preset",
    "Steps",
    "TextToVideo",
    "open_text_to_video",
]
