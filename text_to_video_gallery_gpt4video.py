# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The gallery: what is known of text-to-video classes of diffusers, and models of theirs by name.

1. `Steps` says which numbers a model takes, of frames or of pixels along a side.
2. `FITS` has what a class does not tell by itself; a class that is not there gets `GENERIC`.
3. `PRESETS` names models of publishers. What it says of licence, size and memory is theirs, and not measured here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import lcm
from typing import Any


FRAME_NAMES = ("num_frames", "video_length", "frames")  # what classes call the number of frames
RATE_NAMES = ("fps", "frame_rate")  # and frames a second, where these change what is drawn
TIME_FACTORS = ("vae_scale_factor_temporal", "vae_temporal_compression_ratio", "vae_temporal_scale_factor")
SIDE_FACTORS = (
    "vae_scale_factor_spatial",
    "vae_spatial_compression_ratio",
    "vae_spatial_scale_factor",
    "vae_scale_factor",
)


@dataclass(frozen=True)
class Steps:
    """The numbers `first`, `first + step`, `first + 2 * step`, ..., up to `last` if there is one."""

    first: int
    step: int = 1
    last: int | None = None

    def __contains__(self, number: int) -> bool:
        return number in self.nearest(number)

    def __str__(self) -> str:
        if self.last is not None:
            return f"{self.first}" if self.last == self.first else f"{self.first} to {self.last}"
        if self.first == self.step:
            return "any" if self.step == 1 else f"{self.step}k"
        return f"{self.first} + {self.step}k"

    def nearest(self, number: int) -> list[int]:
        """List the nearest numbers, at most one below and one above; the number itself if it is one of them."""
        below = self.first + (number - self.first) // self.step * self.step
        around = [below] if below == number else [below, below + self.step]
        last = number + self.step if self.last is None else self.last
        return sorted({max(min(near, last), self.first) for near in around})

    def round(self, number: int) -> int:
        """Return the nearest number, the smaller of two."""
        return min(self.nearest(number), key=lambda near: abs(near - number))


def first_of(owner: Any, names: tuple[str, ...]) -> int:
    """Return the first of the attributes that is there, or 1."""
    return next((getattr(owner, name) for name in names if getattr(owner, name, None)), 1)


def config_of(pipe: Any, component: str) -> Mapping[str, Any]:
    """Return the configuration of a component, empty if there is none."""
    return getattr(getattr(pipe, component, None), "config", None) or {}


def frames_after_one(pipe: Any) -> Steps:
    """One frame, then groups as large as what the autoencoder makes one of."""
    return Steps(1, first_of(pipe, TIME_FACTORS))


def frames_of_odd_latents(pipe: Any) -> Steps:
    """CogVideoX decodes an even number of latents to more frames than were asked for."""
    return Steps(1, 2 * first_of(pipe, TIME_FACTORS))


def frames_by_motion_module(pipe: Any) -> Steps:
    """AnimateDiff has learned places in time up to a length."""
    return Steps(1, last=config_of(pipe, "unet").get("motion_max_seq_length"))


def frames_of_transformer(pipe: Any) -> Steps:
    """Latte has places in time for one length."""
    length = config_of(pipe, "transformer")["video_length"]
    return Steps(length, last=length)


def side_step(pipe: Any) -> int:
    """Pixels along a side of what is one patch to the transformer."""
    patch = (config_of(pipe, "transformer") or config_of(pipe, "transformer_2")).get("patch_size") or 1
    return first_of(pipe, SIDE_FACTORS) * (patch if isinstance(patch, int) else patch[-1])


def sides_of(multiple: int) -> Callable[[Any], Steps]:
    """Whole patches that are multiples of what the class checks."""

    def sides(pipe: Any) -> Steps:
        step = lcm(multiple, side_step(pipe))
        return Steps(step, step)

    return sides


def tiled_frames(pipe: Any) -> Steps:
    """Allegro decodes whole tiles and leaves grey what they do not cover."""
    return Steps(pipe.vae.kernel[0], pipe.vae.stride[0])


def tiled_sides(axis: int) -> Callable[[Any], Steps]:
    """Whole tiles, as for frames, that are whole patches as well."""
    return lambda pipe: Steps(pipe.vae.kernel[axis], lcm(pipe.vae.stride[axis], side_step(pipe)))


@dataclass(frozen=True)
class Fit:
    """What is to know of a class beyond its signature.

    Args:
        fps (`float`): Frames a second of its models, where nothing else says it.
        frames (`Callable`): Gives the numbers of frames that a pipeline takes.
        height (`Callable`): Gives the heights that it takes, in pixels.
        width (`Callable`, *optional*): The same for widths; by default as for heights.
        defaults (`Mapping`): Arguments of the call in place of those of the signature.
        prompt_tokens (`int`, *optional*): Tokens of a prompt that are read, where no argument or tokenizer says it.
        needs_tiling (`bool`): Whether the autoencoder decodes in tiles alone.
    """

    fps: float = 8.0
    frames: Callable[[Any], Steps] = frames_after_one
    height: Callable[[Any], Steps] = sides_of(1)
    width: Callable[[Any], Steps] | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    prompt_tokens: int | None = None
    needs_tiling: bool = False


GENERIC = Fit()
FITS = {
    "TextToVideoSDPipeline": Fit(height=sides_of(8)),
    "AnimateDiffPipeline": Fit(height=sides_of(8), frames=frames_by_motion_module),
    # The defaults of its signature are those of one model; `None` asks the configuration. Cleaning a prompt needs
    # packages without which it is left out with a warning, so that the same seed would draw something else.
    "LattePipeline": Fit(
        height=sides_of(8),
        frames=frames_of_transformer,
        defaults={"height": None, "width": None, "clean_caption": False},
        prompt_tokens=120,
    ),
    "WanPipeline": Fit(fps=16.0, height=sides_of(16)),
    "LTXPipeline": Fit(fps=25.0, height=sides_of(32)),
    "CogVideoXPipeline": Fit(height=sides_of(8), frames=frames_of_odd_latents),
    "HunyuanVideoPipeline": Fit(fps=24.0, height=sides_of(16)),
    "MochiPipeline": Fit(fps=30.0, height=sides_of(8)),
    "AllegroPipeline": Fit(
        fps=15.0,
        frames=tiled_frames,
        height=tiled_sides(1),
        width=tiled_sides(2),
        defaults={"clean_caption": False},
        needs_tiling=True,
    ),
}


@dataclass(frozen=True)
class Preset:
    """A model of a publisher.

    Args:
        model (`str`): Its id on the Hub.
        class_name (`str`): Its class in diffusers.
        licence (`str`): The licence of its weights.
        download (`str`): What is fetched.
        memory (`str`): Memory of a GPU, as the publisher states it.
        revision (`str`, *optional*): The commit to open, where not the newest.
        variant (`str`, *optional*): The variant of the files.
        defaults (`Mapping`): Arguments of the call in place of those of the class.
    """

    model: str
    class_name: str
    licence: str
    download: str
    memory: str
    revision: str | None = None
    variant: str | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)


PRESETS = {
    "zeroscope": Preset(
        model="cerspense/zeroscope_v2_576w",
        class_name="TextToVideoSDPipeline",
        licence="CC-BY-NC-4.0",
        download="3.7 GB",
        memory="7.9 GB at 30 frames",
        revision="1f35e3dc3350d649f342bb7618fe34ac8fae5c9e",  # the newest on main has pickled weights alone
        defaults={"num_frames": 24, "height": 320, "width": 576},
    ),
    "modelscope": Preset(
        model="ali-vilab/text-to-video-ms-1.7b",
        class_name="TextToVideoSDPipeline",
        licence="CC-BY-NC-4.0",
        download="3.7 GB",
        memory="not stated",
        variant="fp16",
        defaults={"num_frames": 16, "height": 256, "width": 256},
    ),
    "wan": Preset(
        model="Wan-AI/Wan2.1-T2V-1.3B-Diffusers",
        class_name="WanPipeline",
        licence="Apache-2.0",
        download="29 GB",
        memory="8.2 GB",
        defaults={"num_frames": 81, "height": 480, "width": 832},
    ),
    "ltx": Preset(
        model="Lightricks/LTX-Video",
        class_name="LTXPipeline",
        licence="LTX-Video Open Weights",
        download="over 26 GB",
        memory="not stated",
        defaults={"num_frames": 161, "height": 512, "width": 704},
    ),
    "cogvideox": Preset(
        model="zai-org/CogVideoX-2b",
        class_name="CogVideoXPipeline",
        licence="Apache-2.0",
        download="14 GB",
        memory="12.5 GB with offload and tiling",
        defaults={"num_frames": 49, "height": 480, "width": 720},
    ),
    "cogvideox-5b": Preset(
        model="zai-org/CogVideoX-5b",
        class_name="CogVideoXPipeline",
        licence="CogVideoX",
        download="22 GB",
        memory="20.7 GB with offload and tiling",
        defaults={"num_frames": 49, "height": 480, "width": 720},
    ),
    "hunyuan": Preset(
        model="hunyuanvideo-community/HunyuanVideo",
        class_name="HunyuanVideoPipeline",
        licence="Tencent Hunyuan Community, not for the EU, UK and South Korea",
        download="about 42 GB",
        memory="60 GB",
        defaults={"num_frames": 129, "height": 720, "width": 1280},
    ),
    "mochi": Preset(
        model="genmo/mochi-1-preview",
        class_name="MochiPipeline",
        licence="Apache-2.0",
        download="about 30 GB",
        memory="22 GB with offload and tiling",
        variant="bf16",
        defaults={"num_frames": 85, "height": 480, "width": 848},
    ),
    "latte": Preset(
        model="maxin-cn/Latte-1",
        class_name="LattePipeline",
        licence="Apache-2.0",
        download="over 19 GB",
        memory="21 GB in float16",
        defaults={"num_frames": 16, "height": 512, "width": 512},
    ),
    "allegro": Preset(
        model="rhymes-ai/Allegro",
        class_name="AllegroPipeline",
        licence="Apache-2.0",
        download="over 19 GB",
        memory="9.3 GB with offload",
        defaults={"num_frames": 88, "height": 720, "width": 1280},
    ),
}
