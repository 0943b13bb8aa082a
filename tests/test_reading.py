"""Reading clips: exactly the chosen frames from any source, and one clear error for whatever cannot be read."""

import base64
import gzip
import http.server
import io
import os
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from clip_files import HEIGHT, WIDTH, animation, decode, pictures, sound_only, with_edit, with_matrix, write_clip
from PIL import Image

from gpt4video import processing_gpt4video, reading_gpt4video
from gpt4video.processing_gpt4video import ClipError, GPT4VideoVideoProcessor


TIMES = [0, 40, 400, 410, 420, 1000, 1033, 1066, 2000, 2500, 2510, 2520]

# Container, codec and encoder settings; the second part says whether the reader may skip what it does not need.
CLIPS = {
    "mp4 h264, B-frames, one GOP": ({}, True),
    "mp4 h264, faststart": ({"flags": {"movflags": "faststart"}}, True),
    "mp4 h264, short GOPs": ({"gop": 4, "count": 33}, True),
    "mp4 h264, fragments": ({"gop": 10, "flags": {"movflags": "frag_keyframe+empty_moov"}}, True),
    "mp4 h264, variable rate": ({"times": TIMES, "count": 12, "gop": 4}, True),
    "mp4 h264, sound beside it": ({"audio": True}, True),
    "mp4 h264, sound before it": ({"audio": "first"}, True),
    "mkv h264, sound before it": ({"container": "matroska", "audio": "first", "gop": 7}, True),
    "mp4 h264, open GOPs": ({"count": 40, "gop": 12, "x264-params": "open-gop=1:bframes=3:keyint=12"}, False),
    "mkv h264, open GOPs": (
        {"container": "matroska", "gop": 6, "x264-params": "open-gop=1:bframes=3:keyint=6"},
        True,
    ),
    "mkv h264, intra refresh": ({"container": "matroska", "x264-params": "intra-refresh=1:keyint=8"}, False),
    "mkv h264, no frame count": ({"container": "matroska", "gop": 7}, True),
    "mov hevc, open GOPs": (
        {"container": "mov", "codec": "libx265", "x265-params": "log-level=0:open-gop=1:keyint=8:bframes=3"},
        True,
    ),
    "mp4 av1": ({"codec": "libsvtav1", "preset": "12", "gop": 8, "svtav1-params": "lp=1"}, True),
    "webm vp8, hidden frames": (
        {"container": "webm", "codec": "libvpx", "auto-alt-ref": "1", "lag-in-frames": "12", "deadline": "good"},
        True,
    ),
    "webm vp9, hidden frames": (
        {"container": "webm", "codec": "libvpx-vp9", "auto-alt-ref": "1", "lag-in-frames": "12", "deadline": "good"},
        True,
    ),
    "avi mpeg4": ({"container": "avi", "codec": "mpeg4"}, False),
    "avi h264, B-frames": ({"container": "avi"}, False),
    "mkv ffv1": ({"container": "matroska", "codec": "ffv1"}, False),
    "gif": ({"container": "gif", "codec": "gif", "pix_fmt": "rgb8"}, False),
}


@pytest.fixture(scope="module")
def reader() -> GPT4VideoVideoProcessor:
    """A video processor that leaves the frames as they were decoded."""
    return GPT4VideoVideoProcessor(do_resize=False, do_rescale=False, do_normalize=False)


@pytest.fixture(scope="module")
def clip() -> bytes:
    return write_clip()


def read(reader: GPT4VideoVideoProcessor, clip, **kwargs) -> torch.Tensor:
    """Read one clip as `(num_frames, height, width, 3)`."""
    return reader(clip, return_tensors="pt", **kwargs)["pixel_values_videos"][0].permute(0, 2, 3, 1)


def limits(**changes) -> dict:
    names = [name for name in processing_gpt4video.GPT4VideoVideosKwargs.__annotations__ if name.startswith("max_")]
    return {name: getattr(GPT4VideoVideoProcessor, name) for name in names} | changes


def open_clip(clip: bytes, **changes) -> reading_gpt4video.FileClip:
    return reading_gpt4video.FileClip(io.BytesIO(clip), limits(**changes))


@pytest.mark.parametrize("name", CLIPS)
def test_frames_equal_a_sequential_decode(name: str, monkeypatch: pytest.MonkeyPatch):
    options, skips = CLIPS[name]
    data = write_clip(**options)
    expected = decode(data)
    whole_decodes = []
    decode_all = reading_gpt4video.FileClip._decode_all
    monkeypatch.setattr(
        reading_gpt4video.FileClip, "_decode_all", lambda self: whole_decodes.append(1) or decode_all(self)
    )

    source = open_clip(data)

    assert len(source.times) == len(expected) and source.times[0] == 0 and source.times == sorted(source.times)
    choices = [[number] for number in range(len(expected))]
    choices += [random.Random(seed).sample(range(len(expected)), min(7, len(expected))) for seed in range(4)]
    for chosen in choices:
        found = dict(source.frames(chosen))
        assert sorted(found) == sorted(chosen)
        assert all(torch.equal(found[number], expected[number]) for number in chosen), chosen
    assert bool(whole_decodes) != skips


def count_slices(clip: bytes) -> list[int]:
    """How many slices the picture in each packet of an H.264 mp4 has."""
    counts = []
    with av.open(io.BytesIO(clip)) as container:
        for packet in map(bytes, container.demux(video=0)):
            at, kinds = 0, []
            while at < len(packet):
                kinds.append(packet[at + 4] & 31)
                at += 4 + int.from_bytes(packet[at : at + 4], "big")
            counts += [sum(kind in (1, 5) for kind in kinds)] if packet else []
    return counts


@pytest.mark.parametrize(("size", "threads"), [((240, 320), "SLICE"), ((1088, 1920), "SLICE"), ((1104, 1936), "AUTO")])
def test_frames_in_slices_equal_a_sequential_decode(size: tuple[int, int], threads: str):
    params = {"x264-params": "slices=4:bframes=3", "preset": "veryfast"}
    data = write_clip(count=12, gop=6, size=size, **params)
    assert min(count_slices(data)) == 4
    expected = decode(data)
    source = open_clip(data)
    assert any(pts < before for (pts, *_), (before, *_) in zip(source.packets[1:], source.packets, strict=False))
    with source._video() as (_, stream):
        assert stream.codec_context.thread_type.name == threads
    for chosen in ([0], [4], [11], [1, 2, 7], [3, 8, 10], list(range(12))):
        found = dict(source.frames(chosen))
        assert sorted(found) == chosen
        assert all(torch.equal(found[number], expected[number]) for number in chosen), chosen


def test_frames_outside_the_edit_list_are_not_counted(clip: bytes):
    # 0.75 s of media time at 10,240 ticks a second lies between two keyframes.
    edited = with_edit(clip, start=7680, length=1500)
    expected = decode(edited)
    source = open_clip(edited)
    assert len(expected) == len(source.times) == 15 < len(decode(clip))
    assert all(torch.equal(frame, expected[number]) for number, frame in source.frames([0, 3, 14]))


def test_variable_rate_is_sampled_by_time(reader: GPT4VideoVideoProcessor):
    for container in ("mp4", "matroska"):
        data = write_clip(container, times=TIMES, count=12)
        expected = decode(data)
        # At 0, 0.5, 1, 1.5, 2, 2.5 s these frames are on display; the clip ends 0.23 s (the mean step) after 2.52 s.
        shown = [0, 4, 5, 7, 8, 9]
        assert torch.equal(read(reader, data, fps=2), torch.stack([expected[number] for number in shown]))


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_fps_of_the_clip_gives_every_frame_once(reader: GPT4VideoVideoProcessor, container: str):
    # 30 a second: Matroska stores 33, 67, 100, ... ms.
    data = write_clip(container, rate=30, count=31)
    assert torch.equal(read(reader, data, fps=30), torch.stack(decode(data)))
    assert torch.equal(read(reader, data, fps=10), torch.stack(decode(data)[::3]))
    assert len(read(reader, data, fps=0.1)) == 1


def test_short_clips_repeat_frames_as_the_original_does(reader: GPT4VideoVideoProcessor):
    data = write_clip(count=3)
    expected = decode(data)
    assert torch.equal(read(reader, data), torch.stack([expected[number] for number in [0, 0, 0, 1, 1, 1, 2, 2]]))
    assert torch.equal(read(reader, write_clip(count=1), num_frames=5), torch.stack(decode(write_clip(count=1)) * 5))


@pytest.mark.parametrize(
    ("matrix", "turn"),
    [
        ((1, 0, 0, 1), lambda frame: frame),
        ((0, 1, -1, 0), lambda frame: frame.rot90(-1)),
        ((-1, 0, 0, -1), lambda frame: frame.rot90(2)),
        ((0, -1, 1, 0), lambda frame: frame.rot90(1)),
        ((-1, 0, 0, 1), lambda frame: frame.flip(1)),
        ((1, 0, 0, -1), lambda frame: frame.flip(0)),
        ((0, 1, 1, 0), lambda frame: frame.transpose(0, 1)),
    ],
)
def test_rotation_is_honoured(reader: GPT4VideoVideoProcessor, clip: bytes, matrix: tuple, turn: Callable):
    expected = turn(decode(clip)[29])
    frames = read(reader, with_matrix(clip, matrix), num_frames=30, do_sample_frames=False)
    assert torch.equal(frames[29], expected)


def test_animated_webp(reader: GPT4VideoVideoProcessor):
    data = animation("WEBP", milliseconds=[100, 50, 200, 10, 10, 10, 10])
    expected = torch.stack([torch.from_numpy(picture) for picture in pictures(7)])
    assert torch.equal(read(reader, data, do_sample_frames=False), expected)
    assert torch.equal(read(reader, data, num_frames=3), expected[[1, 3, 5]])
    # Shown from 0, 0.1, 0.15, 0.35, ... s on, so at 0, 0.125, 0.25 and 0.375 s: frames 0, 1, 2 and 5.
    assert torch.equal(read(reader, data, fps=8), expected[[0, 1, 2, 5]])


@pytest.mark.parametrize("format", ["WEBP", "GIF"])
def test_transparent_parts_are_white(reader: GPT4VideoVideoProcessor, format: str):
    frames = read(reader, animation(format, alpha=True), do_sample_frames=False)
    assert (frames[0] == 255).all()
    if format == "WEBP":
        picture = torch.from_numpy(list(pictures(7))[5]).float()
        assert ((picture * 200 + 255 * 55) / 255 - frames[5]).abs().max() <= 0.51


@pytest.mark.parametrize(
    "kind", ["str", "Path", "bytes", "bytearray", "BytesIO", "file", "data", "data %", "row", "row path"]
)
def test_kinds_of_sources(reader: GPT4VideoVideoProcessor, clip: bytes, tmp_path: Path, kind: str):
    path = tmp_path / "a clip.mp4"
    path.write_bytes(clip)
    sources = {
        "str": str(path),
        "Path": path,
        "bytes": clip,
        "bytearray": bytearray(clip),
        "BytesIO": io.BytesIO(clip),
        "file": path.open("rb"),
        "data": "data:video/mp4;base64," + base64.b64encode(clip).decode(),
        "data %": "data:," + "".join(f"%{byte:02x}" for byte in clip),
        "row": {"bytes": clip, "path": "elsewhere.mp4"},
        "row path": {"bytes": None, "path": str(path)},
    }
    expected = decode(clip)
    assert torch.equal(read(reader, sources[kind], num_frames=2), torch.stack([expected[7], expected[21]]))


def test_kinds_of_arrays(reader: GPT4VideoVideoProcessor, clip: bytes):
    frames = torch.stack(decode(clip))
    expected = frames[[2, 8, 14, 19, 25]]
    kinds = {
        "numpy THWC": frames.numpy(),
        "torch TCHW": frames.permute(0, 3, 1, 2),
        "torch THWC": frames,
        "PIL": [Image.fromarray(frame.numpy()) for frame in frames],
        "PIL with alpha": [Image.fromarray(frame.numpy()).convert("RGBA") for frame in frames],
        "list of arrays": [frame.numpy() for frame in frames],
        "batch of one": frames[None].numpy(),
        "read only": np.frombuffer(frames.numpy().tobytes(), np.uint8).reshape(frames.shape),
        "reversed": frames.flip(-1).numpy()[..., ::-1],
    }
    for kind, value in kinds.items():
        assert torch.equal(read(reader, value, num_frames=5), expected), kind
    grey = read(reader, frames[..., :1].numpy(), num_frames=5)
    assert torch.equal(grey, expected[..., :1].expand(-1, -1, -1, 3))


VALUES = {
    "float 0..1": lambda frames: frames / 255,
    "float32 0..1": lambda frames: (frames / 255).astype(np.float32),
    "half 0..1": lambda frames: (frames / 255).astype(np.float16),
    "float 0..255": lambda frames: frames + 0.3,
    "int32": lambda frames: frames.astype(np.int32),
    "uint16": lambda frames: frames.astype(np.uint16),
    "big-endian": lambda frames: frames.astype(">u2"),
    "torch uint16": lambda frames: torch.from_numpy(frames).to(torch.uint16),
    "torch float": lambda frames: torch.from_numpy(frames / 255).requires_grad_(),
    "bfloat16": lambda frames: torch.from_numpy(frames).bfloat16(),
    "list of floats": lambda frames: list(frames / 255),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_of_every_type_become_bytes(reader: GPT4VideoVideoProcessor, name: str):
    frames = np.stack(list(pictures(9))) // 2
    # The first frame is nearly black: the scale belongs to the clip, not to the frame.
    frames[0] //= 120
    assert 0 < frames[0].max() <= 1
    values = VALUES[name](frames)
    assert torch.equal(read(reader, values), read(reader, frames)), name


def test_masks_become_black_and_white(reader: GPT4VideoVideoProcessor):
    masks = np.stack(list(pictures(9))) > 127
    for kind in (masks, torch.from_numpy(masks), list(masks)):
        assert torch.equal(read(reader, kind), read(reader, masks.astype(np.uint8) * 255))
    # Integers of 0 and 1 are taken as they are: labels are no brightness.
    assert read(reader, masks.astype(np.int64)).max() == 1


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda frames: np.where(frames > 250, np.nan, frames), "run from nan to nan, expected are 0 to 255"),
        (lambda frames: np.where(frames > 250, np.inf, frames), "to inf, expected are 0 to 255, or 0 to 1 in floats"),
        (lambda frames: frames / 127.5 - 1, "run from -1 to"),
        (lambda frames: frames.astype(np.uint16) * 256, "expected are 0 to 255"),
        (lambda frames: frames.astype(np.int32) + 9000, "expected are 0 to 255"),
        (lambda frames: frames * 1e300, "expected are 0 to 255"),
        (lambda frames: frames + 0j, "type complex128"),
        (lambda frames: frames.astype(object), "type object"),
        (lambda frames: frames.astype(str), "expected is one type of numbers"),
        (lambda frames: [frames[0], frames[1] / 255], "float64, uint8"),
        (lambda frames: [Image.fromarray(frames[0, ..., 0].astype(np.uint16) * 256)], "mode I;16"),
        (lambda frames: [frames[0], frames[1, :9]], "differ in size"),
        (lambda frames: frames[..., [0, 1, 2, 0, 1]], "channel"),
        (lambda frames: frames[:0], "holds no pixels"),
        (lambda frames: frames[:0] / 255, "holds no pixels"),
        (lambda frames: frames[:, :, :0], "holds no pixels"),
        (lambda frames: torch.zeros(3, 3, 0, 8), "holds no pixels"),
        (lambda frames: frames[0, 0], "4 dimensions"),
        (lambda frames: frames[None, :0].swapaxes(0, 1), "No clip was given"),
        (lambda frames: [], "No clip was given"),
        (lambda frames: [[]], "No clip was given"),
        (lambda frames: {"words": "a clip"}, "A clip is a path"),
    ],
)
def test_arrays_that_are_no_clip_are_refused(reader: GPT4VideoVideoProcessor, change: Callable, cause: str):
    with pytest.raises(ClipError, match=cause):
        reader(change(np.stack(list(pictures(9)))))


@pytest.mark.parametrize("scale", [1, 255])
def test_transparent_parts_of_arrays_are_white(reader: GPT4VideoVideoProcessor, scale: int):
    alpha = np.random.default_rng(1).integers(0, 256, (9, HEIGHT, WIDTH, 1), dtype=np.uint8)
    frames = np.concatenate([np.stack(list(pictures(9))), alpha], -1)
    by_pillow = read(reader, [Image.fromarray(frame) for frame in frames])
    values = frames if scale == 1 else frames / 255
    assert torch.equal(read(reader, values), by_pillow)
    assert torch.equal(read(reader, torch.from_numpy(values).permute(0, 3, 1, 2)), by_pillow)


def test_clips_of_all_kinds_mix_in_one_call(reader: GPT4VideoVideoProcessor, clip: bytes, tmp_path: Path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip)
    frames = torch.stack(decode(clip))
    mixed = [[path], [clip, frames.numpy()], [[Image.fromarray(frame.numpy()) for frame in frames]]]
    pixels = reader(mixed, num_frames=3, return_tensors="pt")["pixel_values_videos"]
    assert pixels.shape == (4, 3, 3, HEIGHT, WIDTH)
    assert all(torch.equal(pixels[0], other) for other in pixels[1:])


def test_fps_of_an_array_needs_its_rate(reader: GPT4VideoVideoProcessor):
    frames = np.stack(list(pictures(20)))
    with pytest.raises(ValueError, match="video_metadata"):
        reader(frames, fps=2)
    metadata = {"total_num_frames": 20, "fps": 10, "duration": 2.0}
    assert torch.equal(read(reader, frames, fps=2, video_metadata=metadata), torch.from_numpy(frames[[0, 5, 10, 15]]))


def test_first_real_video_stream_is_read(reader: GPT4VideoVideoProcessor):
    with pytest.raises(ClipError, match="no video stream"):
        reader(sound_only())
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        cover = output.add_stream("mjpeg", rate=1, options={})
        cover.height, cover.width, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        stream = output.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        output.mux(cover.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        output.mux(cover.encode())
        for picture in pictures(5):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode())
    assert read(reader, file.getvalue()).shape == (8, HEIGHT, WIDTH, 3)


@pytest.mark.parametrize(
    ("limit", "too_low", "enough"),
    [
        ("max_frame_pixels", HEIGHT * WIDTH - 1, HEIGHT * WIDTH),
        ("max_sampled_frames", 7, 8),
        ("max_clip_frames", 29, 30),
        ("max_clip_seconds", 2.8, 2.9),
        ("max_file_bytes", 1000, 10**6),
        ("max_read_seconds", 0, 60),
    ],
)
def test_limits(reader: GPT4VideoVideoProcessor, clip: bytes, tmp_path: Path, limit: str, too_low, enough):
    path = tmp_path / "long.mp4"
    path.write_bytes(clip)
    with pytest.raises(ClipError, match=f"long.mp4.*{limit}"):
        reader(path, **{limit: too_low})
    assert read(reader, path, **{limit: enough}).shape[0] == 8
    strict = GPT4VideoVideoProcessor(**{limit: too_low})
    with pytest.raises(ClipError, match=limit):
        strict(clip)


def test_limits_hold_for_arrays(reader: GPT4VideoVideoProcessor):
    frames = np.stack(list(pictures(20)))
    for limit, too_low in {"max_frame_pixels": 100, "max_clip_frames": 19, "max_sampled_frames": 3}.items():
        with pytest.raises(ClipError, match=limit):
            reader(frames, **{limit: too_low})


def huge_bmp_in_avi(side: int) -> bytes:
    """An AVI whose header promises raw frames of `side` x `side` pixels and holds a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)

    main = struct.pack("<14I", 100000, 0, 0, 0x10, 1, 0, 1, 0, side, side, 0, 0, 0, 0)
    stream = b"vidsMJPG" + struct.pack("<10I4H", 0, 0, 0, 1, 10, 0, 1, 0, 0, 0, 0, 0, side & 0xFFFF, side & 0xFFFF)
    picture = struct.pack("<IiiHHIIIIII", 40, side, side, 1, 24, 0x47504A4D, 0, 0, 0, 0, 0)
    header = chunk(b"LIST", b"strl" + chunk(b"strh", stream) + chunk(b"strf", picture))
    header = chunk(b"LIST", b"hdrl" + chunk(b"avih", main) + header)
    jpeg = (
        b"\xff\xd8\xff\xc0\x00\x11\x08"
        + struct.pack(">HH", side, side)
        + b"\x03\x01\x22\0\x02\x11\1\x03\x11\1\xff\xd9"
    )
    return chunk(b"RIFF", b"AVI " + header + chunk(b"LIST", b"movi" + chunk(b"00dc", jpeg)))


def gif_of(side: int) -> bytes:
    return (
        b"GIF89a"
        + struct.pack("<HH", side, side)
        + b"\x80\0\0"
        + b"\0" * 6
        + (b"," + struct.pack("<4H", 0, 0, side, side) + b"\0\x02\x02\x44\x01\0;")
    )


def webp_of(side: int) -> bytes:
    size = struct.pack("<I", side - 1)[:3]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size + size + b"ANIM" + struct.pack("<IIH", 6, 0, 0)
    return b"RIFF" + struct.pack("<I", len(body)) + body


HOSTILE = {
    "empty": b"",
    "one byte": b"\0",
    "text": b"this is no clip at all\n" * 50,
    "html": b"<!doctype html><html><body>404</body></html>",
    "png": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    "m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{path}\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile '{path}'\n",
    "dash": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{path}</BaseURL></MPD>',
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
    "huge avi": huge_bmp_in_avi(60000),
    "huge gif": gif_of(65535),
    "huge webp": webp_of(16383),
    "riff without end": b"RIFF\xff\xff\xff\x7fAVI LIST",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_give_one_clear_error(reader: GPT4VideoVideoProcessor, clip: bytes, tmp_path: Path, name: str):
    (tmp_path / "real.mp4").write_bytes(clip)
    path = tmp_path / f"{name}.mp4"
    path.write_bytes(HOSTILE[name].replace(b"{path}", str(tmp_path / "real.mp4").encode()))
    before = time.monotonic()
    for source in (path, path.read_bytes()):
        with pytest.raises(ClipError, match=r"Cannot read clip .+: .+"):
            reader(source)
    with pytest.raises(ClipError, match=f"{name}.mp4"):
        reader(str(path))
    assert time.monotonic() - before < 10


@pytest.mark.parametrize("guard", ["format_whitelist", "protocol_whitelist"])
def test_each_whitelist_guards_by_itself(
    reader: GPT4VideoVideoProcessor, clip: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, guard: str
):
    if guard == "format_whitelist":
        data = write_clip(container="mpegts", count=8)
    else:
        # A list of files, which is among no allowed containers, stands for all that makes FFmpeg open other files.
        (tmp_path / "real.mp4").write_bytes(clip)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(reading_gpt4video, "CONTAINERS", reading_gpt4video.CONTAINERS + ",concat")
        data = b"ffconcat version 1.0\nfile real.mp4\n"
    with pytest.raises(ClipError, match="Cannot read clip bytes"):
        reader(data)
    # Nothing else is in the way.
    plain_open = av.open
    monkeypatch.setattr(
        reading_gpt4video.av,
        "open",
        lambda *args, options, **kwargs: plain_open(
            *args, options={name: value for name, value in options.items() if name != guard}, **kwargs
        ),
    )
    assert read(reader, data).shape == (8, HEIGHT, WIDTH, 3)


def test_huge_frames_cost_no_memory():
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for data in (huge_bmp_in_avi(60000), gif_of(65535), webp_of(16383)):
        with pytest.raises(ClipError):
            GPT4VideoVideoProcessor()(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_what_is_not_a_regular_file_is_refused(reader: GPT4VideoVideoProcessor, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    for source in ["/dev/zero", tmp_path, tmp_path / "pipe"]:
        with pytest.raises(ClipError, match="regular file"):
            reader(source)
    for source in ["missing.mp4", "ftp://127.0.0.1/x.mp4", "file:///etc/hostname", "concat:a|b", "pipe:0", "a\0b", ""]:
        with pytest.raises(ClipError, match="Cannot read clip"):
            reader(source)
    with pytest.raises(ClipError, match="binary"):
        reader(io.StringIO("text"))
    with pytest.raises(ClipError, match="data:"):
        reader("data:video/mp4;base64,no base64 at all!")
    for nothing in (3, None, [3], [None], {"bytes": None, "path": None}):
        with pytest.raises(ClipError, match="A clip is a path"):
            reader(nothing)


def test_file_objects_can_be_read_again(reader: GPT4VideoVideoProcessor, clip: bytes, tmp_path: Path):
    path = tmp_path / "clip.bin"
    path.write_bytes(b"before" + clip)
    expected = read(reader, clip)
    with path.open("rb") as file:
        for source in (file, io.BytesIO(b"before" + clip)):
            source.seek(6)
            for _ in range(2):
                assert torch.equal(read(reader, source), expected)
                assert source.tell() == 6
    receiving, sending = os.pipe()
    with os.fdopen(receiving, "rb") as pipe:
        with os.fdopen(sending, "wb") as file:
            file.write(clip)
        assert torch.equal(read(reader, pipe), expected)


WHOLE = {
    "mp4": {"audio": True},
    "faststart": {"flags": {"movflags": "faststart"}},
    "fragments": {"gop": 6, "flags": {"movflags": "frag_keyframe+empty_moov"}},
    "matroska": {"container": "matroska", "gop": 6},
    "webm": {"container": "webm", "codec": "libvpx-vp9", "deadline": "realtime", "cpu-used": "8"},
    "avi": {"container": "avi", "codec": "mpeg4"},
    "gif": {"container": "gif", "codec": "gif", "pix_fmt": "rgb8"},
    "live matroska": {"container": "matroska", "gop": 6, "flags": {"live": "1"}},
    "live webm": {
        "container": "webm",
        "codec": "libvpx-vp9",
        "deadline": "realtime",
        "cpu-used": "8",
        "flags": {"live": "1"},
    },
}


@pytest.mark.parametrize("name", [*WHOLE, "webp"])
def test_truncated_files_are_refused(reader: GPT4VideoVideoProcessor, name: str):
    data = animation("WEBP") if name == "webp" else write_clip(**WHOLE[name])
    read(reader, data)
    for percent in range(4, 100, 8):
        with pytest.raises(ClipError):
            reader(data[: len(data) * percent // 100])


@pytest.mark.parametrize("start", range(6))
def test_every_cut_of_a_gif_is_refused(start: int):
    data = [animation("GIF", count=3), animation("GIF", count=3, alpha=True)][start % 2]
    opening = limits()
    reading_gpt4video.open_clip(data, opening).close()
    for cut in range(6 + start, len(data), 6):
        with pytest.raises(ClipError, match="truncated"):
            reading_gpt4video.open_clip(data[:cut], opening)


@pytest.mark.parametrize("name", ["live matroska", "live webm"])
def test_cuts_inside_the_elements_of_a_live_recording_are_refused(name: str):
    data = write_clip(**WHOLE[name])
    opening = limits()
    bounds = {0, *reading_gpt4video._matroska_ends(io.BytesIO(data))}
    assert len(data) in bounds
    for cut in range(12, len(data), 7):
        if cut not in bounds:
            with pytest.raises(ClipError, match="truncated"):
                reading_gpt4video.open_clip(data[:cut], opening)


@pytest.mark.parametrize("flags", ["frag_keyframe+empty_moov", "frag_keyframe+empty_moov+default_base_moof", "cmaf"])
def test_cuts_inside_fragments_are_refused(flags: str):
    data = write_clip(gop=6, flags={"movflags": flags})
    opening = limits()
    ends = list(reading_gpt4video._mp4_ends(io.BytesIO(data), len(data)))
    assert ends[-1] == len(data)
    # A cut between two fragments, or in the zeros that the next box begins with, leaves a shorter clip.
    borders = {end + zeros for end in ends for zeros in range(4) if not any(data[end : end + zeros])}
    for cut in range(12, len(data), 3):
        if cut not in borders:
            with pytest.raises(ClipError, match="truncated"):
                reading_gpt4video.open_clip(data[:cut], opening)
    for end in ends:
        if data[end + 4 : end + 8] == b"mdat":
            with pytest.raises(ClipError, match="truncated"):
                reading_gpt4video.open_clip(data[:end], opening)


@pytest.mark.parametrize("container", ["gif", "mp4", "matroska"])
def test_files_of_endless_blocks_end_in_time(monkeypatch: pytest.MonkeyPatch, container: str):
    data = {
        "gif": b"GIF89a" + bytes(7) + b"!\xf9" + b"\1a" * 1000,
        "mp4": b"\0\0\0\x08free" * 1000,
        "matroska": b"\x1aE\xdf\xa3\x80\x18S\x80g\xff" + b"\xec\x80" * 1000,
    }[container]
    clock = iter(range(100))
    monkeypatch.setattr(reading_gpt4video.time, "monotonic", lambda: next(clock))
    with pytest.raises(ClipError, match="max_read_seconds"):
        reading_gpt4video.open_clip(data, limits(max_read_seconds=50))


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("extra", [b"\0" * 7, b"\0" * 70, b"\xff\xfe some other data"])
def test_what_follows_the_clip_does_no_harm(reader: GPT4VideoVideoProcessor, name: str, extra: bytes):
    data = write_clip(**(WHOLE[name] | {"count": 12}))
    assert torch.equal(read(reader, data + extra), read(reader, data))


@pytest.mark.parametrize("name", ["mp4", "matroska", "avi", "webm"])
def test_damage_never_passes_as_black_frames(reader: GPT4VideoVideoProcessor, name: str):
    """Bytes set to zero in the middle give an error or (where a codec cannot notice) pictures, but no black ones."""
    data = write_clip(**WHOLE[name])
    for start in range(len(data) // 4, len(data) * 3 // 4, len(data) // 16):
        damaged = data[:start] + bytes(200) + data[start + 200 :]
        try:
            frames = read(reader, damaged)
        except ClipError:
            continue
        assert all(frame.float().std() > 5 for frame in frames)


@pytest.mark.parametrize("name", [*WHOLE, "webp"])
def test_random_damage_gives_frames_or_a_clip_error(reader: GPT4VideoVideoProcessor, name: str):
    data = animation("WEBP") if name == "webp" else write_clip(**(WHOLE[name] | {"count": 12}))
    chance = random.Random(name)
    before = time.monotonic()
    for _ in range(25):
        damaged = bytearray(data)
        for _ in range(chance.choice([1, 3, 20])):
            damaged[chance.randrange(min(len(data), chance.choice([100, len(data)])))] = chance.randrange(256)
        try:
            assert read(reader, bytes(damaged)).shape[0] == 8
        except ClipError as error:
            assert "Cannot read clip" in str(error)
    assert time.monotonic() - before < 60


class Handler(http.server.BaseHTTPRequestHandler):
    clip = write_clip(count=9)

    def do_GET(self):
        routes = {"redirect": "/clip", "file": f"file://{__file__}", "ftp": "ftp://127.0.0.1/clip", "loop": "/loop"}
        route = self.path.strip("/").partition("?")[0]
        if route in routes:
            self.send_response(302)
            self.send_header("Location", routes[route])
            self.end_headers()
        elif route == "clip":
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.clip)))
            self.end_headers()
            self.wfile.write(self.clip)
        elif route == "cut":
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.clip) + 9))
            self.end_headers()
            self.wfile.write(self.clip)
        elif route in ("identity", "gzip", "plain"):
            asked = self.headers.get("Accept-Encoding", "")
            packed = route == "gzip" or route == "plain" and asked != "identity"
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip" if packed else "identity")
            self.end_headers()
            self.wfile.write(gzip.compress(self.clip) if packed else self.clip)
        elif route in ("endless", "slow", "slow header"):
            self.send_response(200)
            for _ in range(0 if route != "slow header" else 100):
                self.send_header("X", "y")
            self.end_headers()
            pause = 0.0 if route == "endless" else 0.1
            try:
                while not self.server.stopping:
                    self.wfile.write(b"x" * (1 << 16 if route == "endless" else 1))
                    time.sleep(pause)
            except OSError:
                return
        else:
            self.send_error(404)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.stopping, server.daemon_threads = False, True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.stopping = True
    server.shutdown()
    thread.join()
    server.server_close()


def test_urls(reader: GPT4VideoVideoProcessor, server: str):
    expected = read(reader, Handler.clip)
    for route in ("clip", "redirect", "clip?token=1", "identity", "plain"):
        assert torch.equal(read(reader, f"{server}/{route}"), expected)
    assert torch.equal(read(reader, f"{server}/clip".replace("http", "HTTP")), expected)


@pytest.mark.parametrize(
    ("route", "cause"),
    [
        ("nothing", "404"),
        ("file", ""),
        ("ftp", ""),
        ("loop", ""),
        ("cut", ""),
        ("endless", "max_file_bytes"),
        ("", "404"),
        ("gzip", "compressed it .gzip."),
    ],
)
def test_bad_urls_are_refused(reader: GPT4VideoVideoProcessor, server: str, route: str, cause: str):
    with pytest.raises(ClipError, match=f"Cannot read clip {server}/{route}: .*{cause}"):
        reader(f"{server}/{route}", max_file_bytes=10**6)


def test_slow_urls_end_in_time(reader: GPT4VideoVideoProcessor, server: str):
    # A peer that drips its header: each single read succeeds, the whole never ends.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        slow = [f"{server}/slow", f"http://127.0.0.1:{silent.getsockname()[1]}/never"]
        for url in slow:
            before = time.monotonic()
            with pytest.raises(ClipError, match="max_read_seconds|timed out|time"):
                reader(url, max_read_seconds=0.5)
            assert time.monotonic() - before < 3


def test_no_connection(reader: GPT4VideoVideoProcessor):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/clip.mp4", "http://", "http://[::1", "https://127.0.0.1:99999/x"):
        with pytest.raises(ClipError, match="Cannot read clip"):
            reader(url, max_read_seconds=5)
