# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Drawing what a reply asks for, guarded: prompts to clips, clips to files.

1. `draw_prompts` asks the guard of prompts about all of them, has one after the other drawn, asks the guard of frames
   about each clip, and tells of every step.
2. `Studio` opens the generator when it is needed first.
3. `write_clip` puts a clip into an mp4 file that browsers play, with the record of how it was drawn.
4. `Room` lets the language model and the generator take turns where there is memory for one of them.
"""

import hashlib
import json
import os
import re
import secrets
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from transformers.utils import cached_file, is_av_available, is_diffusers_available, logging

from .safety_gpt4video import Decision, Guards
from .text_to_video_gpt4video import open_text_to_video


WRITE_ERRORS: tuple[type[Exception], ...] = (OSError,)

if is_av_available():
    import av
    from av.video.reformatter import ColorRange, Colorspace

    WRITE_ERRORS += (av.FFmpegError,)

GENERATOR = "text_to_video"  # the folder of a model in which its own generator lies
CRF = 12  # of H.264, at which one sees no loss
BT709 = 1  # the number of primaries, transfer and matrix of BT.709 in H.264
LIMITED = 1  # the number of the range 16 to 235
SLUG_LENGTH = 48
ALIGNMENT = 64  # bytes at multiples of which weights lie in a file

logger = logging.get_logger(__name__)


class ClipFileError(ValueError):
    """A drawn clip cannot be written. The message says where and why."""


class SharingError(ValueError):
    """The language model and the generator cannot take turns. The message says why."""


def draw_prompts(
    prompts: list[dict],
    studio: Callable[[], AbstractContextManager[Callable]],
    guards: Guards,
    on_event: Callable[[dict], Any],
    seed: int | None = None,
    output_dir: str | os.PathLike | None = None,
    **draw_kwargs,
) -> tuple[list[dict], list[Decision]]:
    """Draw the prompts of one reply, as far as the guards allow.

    Args:
        prompts (`list[dict]`): The parts of the reply of the type `video_prompt`, in order.
        studio (`Studio`): Where the generator is.
        guards (`Guards`): Asked about all prompts before the first one is drawn, then about each clip.
        on_event (`Callable`): Gets `{"type": "progress", "index", "step", "num_steps"}` at each step, and each part
            that is returned as soon as it is there. What it raises ends the drawing.
        seed (`int`, *optional*): Of the first clip; each one after it has the next number. By default all are random.
        output_dir (`str`, *optional*): Folder that gets each clip as an mp4 with its record.
        draw_kwargs: Arguments of the generator.

    Returns:
        `list[dict]`: What each prompt led to, a part of the type `video` or `refusal`.
        `list[Decision]`: What the guards said.

    Raises:
        ClipFileError: If clips cannot be written there; told before anything is drawn where that can be known.
    """
    folder = None if output_dir is None else prepare_folder(output_dir)
    decisions = guards.check_prompts([prompt["text"] for prompt in prompts])
    verdicts, parts = list(decisions), []
    if any(decision.allowed for decision in verdicts) and (missing := guards.check_can_draw()):
        decisions.append(missing)
        verdicts = [missing if decision.allowed else decision for decision in verdicts]
    draw = None
    with ExitStack() as stack:
        for number, (prompt, decision) in enumerate(zip(prompts, verdicts, strict=True)):
            about = [decision]
            if decision.allowed:
                draw = draw or stack.enter_context(studio())
                own_seed = None if seed is None else seed + number
                clip = draw(prompt["text"], seed=own_seed, on_step=tell_steps(on_event, prompt), **draw_kwargs)
                about.append(guards.check_clip_out(clip.frames))
                decisions.append(about[-1])
            if about[-1].allowed:
                record = {**clip.record, "index": prompt["index"], "decisions": [said.to_dict() for said in about]}
                path = folder and write_clip(clip.frames, clip.fps, record, folder)
                part = {"type": "video", "prompt": prompt["text"], "index": prompt["index"], "frames": clip.frames}
                part |= {"fps": clip.fps, "path": path and str(path), "record": record}
            else:
                part = {"type": "refusal", "text": about[-1].refusal, "index": prompt["index"]}
                part["stage"] = about[-1].stage
            parts.append(part)
            on_event(part)
    return parts, decisions


def tell_steps(on_event: Callable[[dict], Any], prompt: dict) -> Callable[[int, int], None]:
    """Make what tells of each step in the drawing of a prompt."""

    def on_step(step: int, num_steps: int) -> None:
        on_event({"type": "progress", "index": prompt["index"], "step": step, "num_steps": num_steps})

    return on_step


def prepare_folder(folder: str | os.PathLike) -> Path:
    """Make a folder for clips and return where it is.

    Raises:
        ClipFileError: If it cannot be made, or PyAV is missing.
    """
    if not is_av_available():
        raise ClipFileError(f"Writing clips to {folder} needs PyAV: pip install av, or give no output_dir.")
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ClipFileError(f"No folder for clips can be made at {folder}: {error.strerror}.") from error
    return Path(folder).resolve()


def name_clip(record: dict) -> str:
    """Name a clip by its prompt, seed and record: clips that are drawn differently have different names.

    Of the prompt only ASCII letters and digits stay, so that no words of it mean anything to a file system.
    """
    ascii_text = unicodedata.normalize("NFKD", record["prompt"]).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_text)[:SLUG_LENGTH].strip("-")
    told = json.dumps(record, sort_keys=True, default=str).encode()
    return f"clip-{slug or 'unnamed'}-{record['seed']}-{hashlib.blake2b(told, digest_size=4).hexdigest()}"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a new name in the folder of `path`, and the file under it this name once it is whole."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_clip(frames: Any, fps: float, record: dict, folder: Path) -> Path:
    """Write a clip as an H.264 mp4 that browsers play, its record in the metadata (`comment`) and as JSON beside it.

    An odd number of rows or columns, which the format cannot hold, is made even by repeating the last one.

    Args:
        frames (`np.ndarray` of shape `(num_frames, height, width, 3)`): uint8 RGB.
        fps (`float`): Frames per second.
        record (`dict`): How it was drawn, with `prompt` and `seed`.
        folder (`Path`): Where to.

    Raises:
        ClipFileError: If it cannot be written. Nothing half-written lies under a final name.
    """
    path = folder / f"{name_clip(record)}.mp4"
    try:
        with replacing(path.with_suffix(".json")) as text, replacing(path) as video:
            encode_clip(frames, fps, json.dumps(record), video)
            text.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    except WRITE_ERRORS as error:
        raise ClipFileError(f"The clip {path} cannot be written: {error.strerror or error}.") from error
    return path


def encode_clip(frames: Any, fps: float, comment: str, path: Path) -> None:
    """Encode uint8 frames `(num_frames, height, width, 3)` as an mp4."""
    rows, columns = ([*range(size), size - 1][: size + size % 2] for size in frames.shape[1:3])
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata["comment"] = comment
        rate = Fraction(fps).limit_denominator(1001)
        stream = container.add_stream("libx264", rate=rate, options={"crf": str(CRF)})
        stream.height, stream.width, stream.pix_fmt = len(rows), len(columns), "yuv420p"
        codec = stream.codec_context
        # Said in the file, because players guess by the size otherwise, and not all the same.
        codec.color_primaries = codec.color_trc = codec.colorspace = BT709
        codec.color_range = LIMITED
        wanted = {"dst_colorspace": Colorspace.ITU709, "dst_color_range": ColorRange.MPEG}
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(pixels[rows][:, columns].copy(), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p", **wanted)))
        container.mux(stream.encode())


def find_generator(model: str, revision: str | None = None) -> Path | None:
    """Return the folder of a model's own generator, if it is on this machine; nothing is downloaded."""
    quiet = {f"_raise_exceptions_for_{what}": False for what in ("missing_entries", "connection_errors", "gated_repo")}
    index = f"{GENERATOR}/model_index.json"
    path = model and cached_file(model, index, revision=revision, local_files_only=True, **quiet)
    if path and not is_diffusers_available():
        logger.warning(f"Prompts stay as they are: {model} can draw, but needs diffusers: pip install diffusers.")
        return None
    return Path(path).parent if path else None


class Studio:
    """Where the generator draws. It is opened when it is needed first.

    Args:
        generator (`Callable`): A `TextToVideo`, or what is called like it; or a `dict` of the arguments with which
            `open_text_to_video` opens one.
        room (`Room`, *optional*): What it shares with the language model.
    """

    def __init__(self, generator: Any, room: "Room | None" = None):
        self._given, self.room = generator, room

    @cached_property
    def generator(self) -> Callable:
        """The generator."""
        return self._given if callable(self._given) else open_text_to_video(**self._given)

    @contextmanager
    def __call__(self) -> Iterator[Callable]:
        """Lend the generator."""
        with self.room.lent(lambda: self.generator) if self.room else nullcontext():
            yield self.generator


class Room:
    """The device, where there is room for the language model or the generator: one leaves it before the other comes.

    Who waits lies in memory; where the device is the memory, in a file in the folder for temporary files.

    Args:
        owner (`torch.nn.Module`): The language model, which has the room whenever it is not lent.
        device (`torch.device`): The device.

    Raises:
        SharingError: If the language model is spread by a device map, which says itself where its parts are.
    """

    def __init__(self, owner: torch.nn.Module, device: torch.device):
        if getattr(owner, "hf_device_map", None):
            raise SharingError("A model with a device map cannot be moved: leave out share_memory or device_map.")
        self.device = device
        self.owner, self.guest = self._make_movable(owner), None

    def _make_movable(self, what: Any) -> Any:
        if self.device.type != "cpu":
            return Movable(what, self.device)
        return Shelf([what] if isinstance(what, torch.nn.Module) else modules_of(what))

    @contextmanager
    def lent(self, open_guest: Callable[[], Any]) -> Iterator[None]:
        """Have the generator in the room; `open_guest` opens it there at first."""
        self.owner.leave()
        try:
            if self.guest is None:
                self.guest = self._make_movable(open_guest())
            else:
                self.guest.come()
            try:
                yield
            finally:
                self.guest.leave()
        finally:
            self.owner.come()


def modules_of(generator: Any) -> list[torch.nn.Module]:
    """List what has weights in a generator; an endpoint has nothing here."""
    components = generator.pipe.components.values() if hasattr(generator, "pipe") else ()
    return [component for component in components if isinstance(component, torch.nn.Module)]


class Movable:
    """What waits in memory and comes to a device."""

    def __init__(self, what: Any, device: torch.device):
        self.what, self.device = what, device

    def leave(self) -> None:
        """Wait in memory."""
        self.what.to("cpu")

    def come(self) -> None:
        """Come to the device."""
        self.what.to(self.device)


class Shelf:
    """Modules whose weights wait in a file, of which they are a map in memory once they have been there."""

    def __init__(self, modules: list[torch.nn.Module]):
        # Weights that are tied are one parameter.
        self.parameters = list(dict.fromkeys(parameter for module in modules for parameter in module.parameters()))
        self.places, self.size, self.folder = [], 0, None
        for parameter in self.parameters:
            self.places.append((self.size, parameter.shape))
            self.size += -(-parameter.nbytes // ALIGNMENT) * ALIGNMENT

    def _map(self) -> Iterator[tuple[torch.nn.Parameter, torch.Tensor]]:
        if not self.size:
            return
        path = os.path.join(self.folder.name, "weights")
        storage = torch.UntypedStorage.from_file(path, True, self.size)
        for parameter, (start, shape) in zip(self.parameters, self.places, strict=True):
            flat = torch.empty(0, dtype=parameter.dtype).set_(storage, start // parameter.itemsize, (shape.numel(),))
            yield parameter, flat.view(shape)

    def leave(self) -> None:
        """Wait in the file, which is written when they wait for the first time."""
        if self.folder is None:
            folder = tempfile.TemporaryDirectory(prefix="gpt4video-")
            try:
                # Written and not copied into the map: weights that are maps of their own files are freed all at once.
                with open(os.path.join(folder.name, "weights"), "wb") as file:
                    for parameter, (start, _) in zip(self.parameters, self.places, strict=True):
                        file.seek(start)
                        parameter.data.contiguous().reshape(-1).view(torch.uint8).numpy().tofile(file)
                    file.truncate(self.size)
            except OSError as error:
                place = f"The {self.size} bytes of weights do not go into {folder.name}: {error}"
                raise SharingError(f"{place}. Name a larger disk in TMPDIR, or leave out share_memory.") from error
            self.folder = folder
        for parameter in self.parameters:
            parameter.data = torch.empty(0, dtype=parameter.dtype)

    def come(self) -> None:
        """Come back from the file."""
        for parameter, place in self._map():
            parameter.data = place
