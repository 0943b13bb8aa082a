"""Small clip files of many kinds for the tests of the processor, made with PyAV and Pillow, and a plain decoder."""

import io
import os
import struct
import tempfile
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
import torch
from PIL import Image


HEIGHT, WIDTH = 48, 80


def pictures(count: int, height: int = HEIGHT, width: int = WIDTH) -> Iterator[np.ndarray]:
    """RGB pictures without any symmetry that move down and right, with the picture's number as a grey corner."""
    coarse = np.random.default_rng(7).integers(0, 255, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    texture = np.kron(coarse, np.ones((8, 8, 1), np.uint8))
    for number in range(count):
        picture = np.roll(texture, (number, 2 * number), (0, 1))[:height, :width].copy()
        picture[: height // 4, : width // 4] = number * 7 % 256
        yield picture


def write_clip(
    container: str = "mp4",
    codec: str = "libx264",
    count: int = 30,
    rate: int = 10,
    times: list[int] | None = None,
    pix_fmt: str = "yuv420p",
    gop: int | None = None,
    audio: bool | str = False,
    flags: dict | None = None,
    size: tuple[int, int] = (HEIGHT, WIDTH),
    **options: str,
) -> bytes:
    """Encode `count` pictures; `times` are their milliseconds, if they do not come at `rate` a second.

    With `audio` there is a sound stream after that of the pictures, with `audio="first"` before it.
    """
    path = os.path.join(tempfile.mkdtemp(), "clip")
    with av.open(path, "w", format=container, options=flags or {}) as output:
        sound = output.add_stream("aac", rate=8000, layout="mono") if audio == "first" else None
        stream = output.add_stream(codec, rate=rate, options=options)
        stream.height, stream.width, stream.pix_fmt = *size, pix_fmt
        stream.codec_context.thread_count = 1
        if gop:
            stream.codec_context.gop_size = gop
        if times:
            stream.codec_context.time_base = Fraction(1, 1000)
        if audio and not sound:
            sound = output.add_stream("aac", rate=8000, layout="mono")
        for number, picture in enumerate(pictures(count, *size)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if times:
                frame.pts, frame.time_base = times[number], Fraction(1, 1000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
        if sound:
            write_sound(output, sound)
    with open(path, "rb") as file:
        return file.read()


def write_sound(output: av.container.OutputContainer, stream: av.AudioStream) -> None:
    for block in range(6):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 8000, 1024 * block
        output.mux(stream.encode(frame))
    output.mux(stream.encode())


def sound_only() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        write_sound(output, output.add_stream("aac", rate=8000, layout="mono"))
    return file.getvalue()


def animation(format: str, count: int = 7, alpha: bool = False, milliseconds: int | list[int] = 100) -> bytes:
    """An animated GIF or WebP by Pillow."""
    frames = [Image.fromarray(picture) for picture in pictures(count)]
    if alpha:
        for number, frame in enumerate(frames):
            frame.putalpha(Image.fromarray(np.full((HEIGHT, WIDTH), 40 * number, np.uint8)))
    file = io.BytesIO()
    options = {"lossless": True} if format == "WEBP" else {}
    frames[0].save(file, format, save_all=True, append_images=frames[1:], duration=milliseconds, loop=0, **options)
    return file.getvalue()


def with_matrix(clip: bytes, matrix: tuple[int, int, int, int]) -> bytes:
    """Write the upper left 2 x 2 of the display matrix into the track header of an mp4."""
    start = clip.index(b"tkhd") + 44
    a, b, c, d = (65536 * value for value in matrix)
    return clip[:start] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + clip[start + 36 :]


def with_edit(clip: bytes, start: int, length: int) -> bytes:
    """Make the edit list of an mp4 (one edit, version 0) play `length` ms from media time `start` on."""
    at = clip.index(b"elst") + 12
    return clip[:at] + struct.pack(">Ii", length, start) + clip[at + 8 :]


def decode(clip: bytes) -> list[torch.Tensor]:
    """All frames of a clip by plain sequential decoding, RGB `(height, width, 3)`."""
    with av.open(io.BytesIO(clip)) as container:
        return [torch.from_numpy(frame.to_ndarray(format="rgb24", threads=1)) for frame in container.decode(video=0)]
