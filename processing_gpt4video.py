# Copyright 2026 The GPT4Video authors. All rights reserved.
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""Processing of GPT4Video: clips to pixels, conversations to token ids, replies to words and video prompts.

1. `_open_clip` turns a path, URL, bytes, file object or `data:` URI into a seekable file within the limits.
2. `_FileClip` lists the time of each frame, then decodes exactly the frames that were chosen.
3. `GPT4VideoVideoProcessor` chooses frames by the original's rule, squashes and normalises them.
4. `GPT4VideoProcessor` renders conversations, keeps control tokens out of the users' words, expands placeholders.
5. `parse_reply` and `ReplyParser` cut a reply into ordered parts.
"""

import base64
import bisect
import io
import math
import os
import re
import stat
import struct
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, BinaryIO, Literal

import torch
from transformers import CLIPImageProcessorPil
from transformers.feature_extraction_utils import BatchFeature
from transformers.image_utils import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD, ChannelDimension, PILImageResampling
from transformers.processing_utils import MultiModalData, ProcessorMixin, Unpack, VideosKwargs
from transformers.utils import auto_docstring, is_av_available, is_numpy_array, is_torch_tensor, is_vision_available
from transformers.video_processing_utils import BaseVideoProcessor
from transformers.video_utils import VideoInput, VideoMetadata, is_valid_video_frame


READ_ERRORS = (OSError, ValueError, EOFError, MemoryError, OverflowError, SyntaxError, struct.error)

if is_av_available():
    import av

    READ_ERRORS += (av.FFmpegError,)

if is_vision_available():
    from PIL import Image, ImageOps

    READ_ERRORS += (Image.DecompressionBombError,)

# Playlists and the like, which make FFmpeg open other files, are not among the containers that may be opened.
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif"
IMAGES = ["JPEG", "PNG", "WEBP", "GIF", "BMP"]
# Codecs and containers in which each packet is one frame with a time of its own, so that packets can be counted.
INDEXED = {"h264", "hevc", "av1", "vp8", "vp9", "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"}
# Matroska rounds times to milliseconds, so a frame counts as shown from one millisecond before its time.
TIME_ROUNDING = 1e-3
OPENING, CLOSING = r"<(?:video([0-9]{0,6})|vid([0-9]{1,6}))>", r"</(?:video[0-9]{0,6}|vid[0-9]{1,6})>"
INNER = r"(?:(?!</?(?:video[0-9]{0,6}|vid[0-9]{1,6})>).)*"
PROMPT = re.compile(f"{OPENING}({INNER}){CLOSING}", re.DOTALL)
UNSETTLED = re.compile(rf"{OPENING}{INNER}\Z|</?(?:v|vi|vid[0-9]{{0,6}}|vide|video[0-9]{{0,6}})?\Z", re.DOTALL)


class ClipError(ValueError):  # trf-ignore: TRF057
    """A clip or an image cannot be read or is over a limit. The message names the file and the cause."""


@dataclass(frozen=True)
class ReplyPart:
    """One stretch of a reply.

    Args:
        kind (`str`): `"text"` for words, `"video_prompt"` for a request to draw a clip.
        text (`str`): The words exactly as written, or the prompt without its tags and outer whitespace.
        index (`int`, *optional*): The number in the tag of a prompt (`<video3>` gives 3), if there is one.
    """

    kind: Literal["text", "video_prompt"]
    text: str
    index: int | None = None


def parse_reply(text: str) -> list[ReplyPart]:
    """Cut a reply into words and video prompts, in order.

    A prompt stands between `<video>`, `<videoN>` or `<vidN>` and a closing tag of any of these forms; the opening
    tag's number counts. Of nested opening tags only the innermost opens a prompt. An empty prompt draws nothing and is
    dropped. All else stays words, so nothing is lost: tags never closed, closed but not opened, or around others.
    """
    parts, words, end = [], "", 0
    for match in PROMPT.finditer(text):
        words, end = words + text[end : match.start()], match.end()
        if prompt := match[3].strip():
            parts += [ReplyPart("text", words)] if words else []
            number = match[1] or match[2]
            parts.append(ReplyPart("video_prompt", prompt, int(number) if number else None))
            words = ""
    words += text[end:]
    return parts + ([ReplyPart("text", words)] if words else [])


class ReplyParser:
    """[`parse_reply`] for a reply that arrives in chunks. `parts` never depends on how it was chunked."""

    def __init__(self):
        self.parts: list[ReplyPart] = []
        self._unsettled = ""

    def feed(self, chunk: str) -> list[ReplyPart]:
        """Take the next chunk and return what is certain by now: whole prompts, and words in pieces."""
        text = self._unsettled + chunk
        unsettled = UNSETTLED.search(text)
        end = unsettled.start() if unsettled else len(text)
        self._unsettled = text[end:]
        return self._settle(text[:end])

    def close(self) -> list[ReplyPart]:
        """End the reply and return the words held back, such as those after a tag that was never closed."""
        text, self._unsettled = self._unsettled, ""
        return self._settle(text)

    def _settle(self, text: str) -> list[ReplyPart]:
        fresh = parse_reply(text)
        for part in fresh:
            if part.kind == "text" and self.parts and self.parts[-1].kind == "text":
                part = ReplyPart("text", self.parts.pop().text + part.text)
            self.parts.append(part)
        return fresh


def _download(url: str, limit: int, seconds: float) -> bytes:
    """Fetch at most `limit` bytes from an http(s) URL in at most `seconds`, name look-up and redirects included."""
    opener = urllib.request.OpenerDirector()
    # Without handlers for file:, ftp: and data: a redirect cannot lead there.
    for name in ("Proxy", "Unknown", "HTTP", "HTTPS", "HTTPDefaultError", "HTTPRedirect"):
        opener.add_handler(getattr(urllib.request, f"{name}Handler")())
    opener.add_handler(urllib.request.HTTPErrorProcessor())
    outcome: list[Any] = []
    stopped = threading.Event()

    def fetch() -> None:
        data = bytearray()
        try:
            query = urllib.request.Request(url, headers={"User-Agent": "gpt4video"})
            with opener.open(query, timeout=seconds) as page:
                while not stopped.is_set() and len(data) <= limit and (chunk := page.read1(1 << 16)):
                    data += chunk
            length = page.headers.get("Content-Length", "")
            cut = length.isdecimal() and len(data) < min(int(length), limit)
            outcome.append(ClipError("the connection ended early") if cut else io.BytesIO(data))
        except (OSError, HTTPException, ValueError) as error:
            outcome.append(ClipError(f"the download failed: {error}"))

    # A socket's timeout bounds single reads only; waiting for a thread bounds the whole.
    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(seconds)
    stopped.set()
    if not outcome:
        raise ClipError(f"the download took over {seconds:g} s (raise `max_read_seconds`)")
    if isinstance(outcome[0], ClipError):
        raise outcome[0]
    return outcome[0]


def _open_clip(clip: Any, limits: Mapping[str, Any]) -> BinaryIO:
    """Open a path, URL, `data:` URI, bytes or file object as a seekable binary file of bounded size."""
    limit = limits["max_file_bytes"]
    if isinstance(clip, str) and clip[:8].lower().startswith(("http://", "https://")):
        file = _download(clip, limit, limits["max_read_seconds"])
    elif isinstance(clip, str) and clip[:5].lower() == "data:":
        header, _, payload = clip.partition(",")
        data = urllib.parse.unquote_to_bytes(payload)
        file = io.BytesIO(base64.b64decode(data, validate=True) if header.lower().endswith(";base64") else data)
    elif isinstance(clip, (str, os.PathLike)):
        if not stat.S_ISREG(os.stat(clip).st_mode):
            raise ClipError("it is not a regular file")
        file = open(clip, "rb")
    else:
        data = clip.read(limit + 1) if hasattr(clip, "read") else clip
        if isinstance(data, str):
            raise ClipError("the file object gives text, open it in binary mode")
        file = io.BytesIO(data)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(4096)
    file.seek(max(0, size - 64))
    tail = file.read()
    end = 0
    # FFmpeg reads the start of these containers when they are truncated, and says nothing.
    if head[:4] == b"RIFF":
        end = 8 + int.from_bytes(head[4:8], "little")
    elif head[:3] == b"GIF" and b";" not in tail:
        end = size + 1
    elif head[:4] == b"\x1aE\xdf\xa3" and (start := head.find(b"\x18S\x80g") + 4) > 3:
        width = 9 - head[start].bit_length()
        length = int.from_bytes(head[start : start + width], "big") & ((1 << 7 * width) - 1)
        end = 0 if length == (1 << 7 * width) - 1 else start + width + length
    if size == 0 or size > limit or end > size:
        file.close()
        raise ClipError(
            "it is empty" if not size else "it is truncated" if size <= limit else f"it is larger than {limit} bytes"
        )
    file.seek(0)
    return file


def _pixels(frame: Any) -> torch.Tensor:
    """Turn a frame of PyAV or Pillow into uint8 RGB `(height, width, 3)`, upright, transparent parts white."""
    if hasattr(frame, "tobytes"):
        mode = "RGB" if frame.mode == "RGB" else "RGBA"
        pixels = torch.frombuffer(bytearray(frame.convert(mode).tobytes()), dtype=torch.uint8)
        pixels = pixels.view(frame.height, frame.width, len(mode))
    else:
        mode = "RGBA" if any(component.is_alpha for component in frame.format.components) else "RGB"
        pixels = torch.from_numpy(frame.to_ndarray(format="rgba" if mode == "RGBA" else "rgb24"))
        if matrix := frame.side_data.get("DISPLAYMATRIX"):
            xx, xy, _, yx, yy = struct.unpack("=5i", bytes(matrix)[:20])
            if abs(xy) > abs(xx):
                pixels, xx, yy = pixels.transpose(0, 1), yx, xy
            pixels = pixels.flip([axis for axis, sign in ((1, xx), (0, yy)) if sign < 0])
    if mode == "RGBA":
        alpha = pixels[..., 3:].int()
        pixels = ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).to(torch.uint8)
    return pixels.contiguous()


class _FileClip:
    """A clip in a file: `times` holds the seconds of each frame since the first, `frames` decodes chosen ones."""

    def __init__(self, file: BinaryIO, limits: Mapping[str, Any]):
        self.file, self.limits = file, limits
        self.deadline = time.monotonic() + limits["max_read_seconds"]
        self.packets = self._index()
        if self.packets:
            shown = sorted(pts for pts, _, _, is_shown in self.packets if is_shown)
            self.number = {pts: i for i, pts in enumerate(shown)}
            self.times = [float((pts - shown[0]) * self.time_base) for pts in shown]
        else:
            self.times = [seconds for seconds, _ in self._decode_all()]
        if not self.times:
            raise ClipError("its video stream holds no frame")
        if self.times[-1] > limits["max_clip_seconds"]:
            raise ClipError(f"it lasts {self.times[-1]:.1f} s, over `max_clip_seconds` = {limits['max_clip_seconds']}")

    def _check(self, num_frames: int, width: int, height: int) -> None:
        for size, name in ((width * height, "max_frame_pixels"), (num_frames, "max_clip_frames")):
            if size > self.limits[name]:
                raise ClipError(
                    f"{width} x {height} pixels or {num_frames} frames are over `{name}` = {self.limits[name]}"
                )
        if time.monotonic() > self.deadline:
            raise ClipError(f"decoding took over `max_read_seconds` = {self.limits['max_read_seconds']}")

    @contextmanager
    def _video(self) -> Iterator[tuple[Any, Any]]:
        """Open the container and its first real video stream, with a decoder that does not hide damage."""
        self.file.seek(0)
        limit = str(self.limits["max_frame_pixels"])
        # Nothing but this file object is read, whatever the container refers to.
        options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none", "max_pixels": limit}
        with av.open(self.file, "r", metadata_errors="replace", buffer_size=1 << 16, options=options) as container:
            streams = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
            if not streams or streams[0].codec_context is None:
                raise ClipError("its video codec is not supported" if streams else "it has no video stream")
            decoder = streams[0].codec_context
            self._check(0, decoder.width, decoder.height)
            decoder.thread_type = "AUTO"
            decoder.options = {"err_detect": "explode", "max_pixels": limit}
            yield container, streams[0]

    def _index(self) -> list[tuple[int, int, bool, bool]] | None:
        """List (pts, dts, is_keyframe, is_shown) of each packet in decoding order; `None` where that is unsure."""
        self.file.seek(8)
        if self.file.read(4) == b"WEBP":
            return None
        packets = []
        with self._video() as (container, stream):
            codec, self.time_base = stream.codec.canonical_name, stream.time_base
            if not INDEXED >= {codec, container.format.name}:
                return None
            for packet in container.demux(stream):
                self._check(len(packets), 0, 0)
                if packet.is_corrupt:
                    raise ClipError("it is damaged or truncated")
                if packet.size:
                    first, last = memoryview(packet)[0], memoryview(packet)[-1]
                    hidden = codec == "vp8" and not first & 16 or codec == "vp9" and not first & 10 and last >> 5 != 6
                    packets.append((packet.pts, packet.dts, packet.is_keyframe, not (packet.is_discard or hidden)))
            if len(packets) < stream.frames:
                raise ClipError(f"it is truncated: {len(packets)} of {stream.frames} frames are there")
        times = [pts for pts, _, _, _ in packets]
        sure = packets and None not in times and len(set(times)) == len(times)
        return packets if sure and packets[0][2] and min(times) == times[0] else None

    def _decode_all(self) -> Iterator[tuple[float, Any]]:
        """Decode from the first frame to the last, yielding (seconds, frame)."""
        self.file.seek(8)
        if self.file.read(4) == b"WEBP":
            self.file.seek(0)
            with Image.open(self.file, formats=["WEBP"]) as image:
                clock = 0
                for i in range(image.n_frames):
                    self._check(i + 1, image.width, image.height)
                    image.seek(i)
                    image.load()
                    yield clock / 1000, image
                    clock += image.info.get("duration", 0)
            return
        with self._video() as (container, stream):
            start, rate = None, stream.average_rate or 25
            for i, frame in enumerate(container.decode(stream)):
                self._check(i + 1, frame.width, frame.height)
                start = frame.time if i == 0 else start
                # AVI keeps no presentation times: its frames follow one another at the frame rate.
                untimed = container.format.name == "avi" or frame.time is None or start is None
                yield float(i / rate) if untimed else frame.time - start, frame

    def _decode_some(self, wanted: set[int]) -> Iterator[Any]:
        """Decode the frames with the timestamps `wanted`, each group of them from the keyframe before it."""
        place = {pts: i for i, (pts, _, _, _) in enumerate(self.packets)}
        keys = sorted(pts for pts, _, is_key, _ in self.packets if is_key)
        groups: dict[int, set[int]] = {}
        for pts in sorted(wanted):
            groups.setdefault(keys[bisect.bisect_right(keys, pts) - 1], set()).add(pts)
        with self._video() as (container, stream):
            for key, group in groups.items():
                dts = self.packets[place[key]][1]
                container.seek(key if dts is None else min(key, dts), stream=stream)
                for frame in self._decode_span(container, stream, place, key, group):
                    # After a seek into intra refresh the first frame is no full picture.
                    if frame.pts == key and frame.pict_type != 1:
                        return
                    if frame.pts in group:
                        yield frame
                stream.codec_context.flush_buffers()

    def _decode_span(self, container: Any, stream: Any, place: dict, key: int, group: set[int]) -> Iterator[Any]:
        decoder, span = stream.codec_context, (place[key], max(place[pts] for pts in group))
        for packet in container.demux(stream):
            self._check(0, 0, 0)
            if place.get(packet.pts, span[1] + 1) > span[1]:
                break
            # Pictures shown before the keyframe may refer to what lies before it, and none after it refers to them.
            if place[packet.pts] >= span[0] and packet.pts >= key:
                # Frames that no other frame refers to need no decoding on the way to the wanted ones.
                decoder.skip_frame = "NONREF" if decoder.name == "h264" and packet.pts not in group else "DEFAULT"
                yield from decoder.decode(packet)
            if place[packet.pts] == span[1]:
                break
        yield from decoder.decode(None)

    def frames(self, indices: list[int]) -> Iterator[tuple[int, torch.Tensor]]:
        """Decode the frames with these numbers, as a full sequential decode gives them; yields (number, pixels)."""
        missing = set(indices)
        if self.packets:
            # Strict decoders also complain in sound streams that were entered in the middle: then decode from the start.
            with suppress(av.FFmpegError):
                for frame in self._decode_some({pts for pts, i in self.number.items() if i in missing}):
                    self._check(0, frame.width, frame.height)
                    missing.discard(self.number[frame.pts])
                    yield self.number[frame.pts], _pixels(frame)
        for i, (_, frame) in enumerate(self._decode_all() if missing else []):
            if i in missing:
                missing.discard(i)
                yield i, _pixels(frame)
            if not missing:
                break
        if missing:
            raise ClipError(f"frame {min(missing)} cannot be decoded")


def flatten_clips(videos: Any) -> list[Any]:
    """List the clips in a nested input: each a source for `_open_clip`, a 4-D array or a list of frames."""
    if is_numpy_array(videos) or is_torch_tensor(videos):
        if videos.ndim not in (3, 4, 5):
            raise ValueError(f"A clip array has 4 dimensions, a batch of clips 5, got shape {tuple(videos.shape)}.")
        return list(videos) if videos.ndim == 5 else [videos if videos.ndim == 4 else videos[None]]
    if isinstance(videos, (list, tuple)):
        if videos and all(is_valid_video_frame(frame) for frame in videos):
            return [videos]
        return [clip for item in videos for clip in flatten_clips(item)]
    if isinstance(videos, Mapping):
        return flatten_clips(videos["bytes"] if videos.get("bytes") is not None else videos["path"])
    if is_valid_video_frame(videos):
        return [[videos]]
    if isinstance(videos, (str, os.PathLike, bytes, bytearray, memoryview)) or hasattr(videos, "read"):
        return [videos]
    raise TypeError(f"A clip is a path, URL, bytes, file object, array or list of frames, got {type(videos)}.")


@contextmanager
def _naming(source: Any) -> Iterator[None]:
    """Turn whatever goes wrong while reading `source` into a `ClipError` that names it and the cause."""
    try:
        yield
    except READ_ERRORS as error:
        if isinstance(source, (bytes, bytearray, memoryview)):
            name = f"<{len(source)} bytes>"
        elif isinstance(source, str) and source[:5].lower() == "data:":
            name = f"<{source[:40].partition(',')[0]} URI>"
        else:
            name = str(source) if isinstance(source, (str, os.PathLike)) else getattr(source, "name", type(source))
        cause = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ClipError(f"Cannot read clip {name}: {cause}.") from error


class GPT4VideoVideosKwargs(VideosKwargs, total=False):
    r"""
    max_frame_pixels (`int`, *optional*, defaults to 9437184):
        Pixels that one frame of a clip, or an image, may have.
    max_sampled_frames (`int`, *optional*, defaults to 1024):
        Frames that may be chosen from one clip.
    max_clip_frames (`int`, *optional*, defaults to 250000):
        Frames that a clip may hold.
    max_clip_seconds (`float`, *optional*, defaults to 3600):
        Seconds that a clip may last.
    max_file_bytes (`int`, *optional*, defaults to 536870912):
        Bytes that a file, a download or a `data:` URI may have.
    max_read_seconds (`float`, *optional*, defaults to 120):
        Seconds that the download of a clip may take, and again its decoding.
    """

    max_frame_pixels: int
    max_sampled_frames: int
    max_clip_frames: int
    max_clip_seconds: int | float
    max_file_bytes: int
    max_read_seconds: int | float


@auto_docstring
class GPT4VideoVideoProcessor(BaseVideoProcessor):
    """Read clips of any kind within limits, choose frames, squash them to one size and normalise them."""

    resample = PILImageResampling.BICUBIC
    image_mean = OPENAI_CLIP_MEAN
    image_std = OPENAI_CLIP_STD
    size = {"height": 224, "width": 224}
    do_resize = True
    do_rescale = True
    do_normalize = True
    do_convert_rgb = True
    do_sample_frames = True
    num_frames = 8
    max_frame_pixels = 4096 * 2304
    max_sampled_frames = 1024
    max_clip_frames = 250_000
    max_clip_seconds = 3600
    max_file_bytes = 2**29
    max_read_seconds = 120
    valid_kwargs = GPT4VideoVideosKwargs
    model_input_names = ["pixel_values_videos", "video_num_frames"]

    def sample_frames(
        self,
        metadata: VideoMetadata,
        num_frames: int | None = None,
        fps: float | None = None,
        timestamps: list[float] | None = None,
        **kwargs,
    ) -> list[int]:
        """Choose frame numbers.

        By `num_frames` (the default), at equal steps from half a step in, as the original does: numbers repeat in
        shorter clips. By `fps`, the frame on display at each multiple of 1 / `fps` seconds; `timestamps` are the
        seconds of all frames since the first, without them `metadata.fps` is taken as constant.
        """
        total = metadata.total_num_frames
        if fps is None:
            num_frames = num_frames or self.num_frames
            step = (total - 1) / num_frames
            return [int(step / 2) + round(step * i) for i in range(num_frames)]
        if timestamps is None and not metadata.fps:
            raise ValueError("Sampling by `fps` needs the frame rate of an array: pass it in `video_metadata`.")
        timestamps = timestamps or [i / metadata.fps for i in range(total)]
        count = max(1, math.ceil(((metadata.duration or total / metadata.fps) - TIME_ROUNDING) * fps))
        return [max(0, bisect.bisect_right(timestamps, i / fps + TIME_ROUNDING) - 1) for i in range(count)]

    def _read(self, clip: Any, metadata: Any, settings: dict[str, Any]) -> tuple[torch.Tensor, VideoMetadata]:
        """Read the chosen frames of one clip as `(num_frames, 3, height, width)`, those of a file already resized."""
        times, source = None, None
        if isinstance(clip, (list, tuple)):
            clip = torch.stack([_pixels(f) if isinstance(f, Image.Image) else torch.as_tensor(f) for f in clip])
        if hasattr(clip, "ndim"):
            clip = self._prepare_input_videos([clip], settings["do_convert_rgb"], settings["input_data_format"])[0]
            metadata = VideoMetadata(**{**(metadata or {}), "total_num_frames": len(clip)})
        else:
            source = _FileClip(_open_clip(clip, settings), settings)
            times, total = source.times, len(source.times)
            fps = (total - 1) / times[-1] if times[-1] > 0 else None
            metadata = VideoMetadata(total, fps=fps, duration=total / fps if fps else 0.0, video_backend="pyav")
        indices = list(range(metadata.total_num_frames))
        if settings["do_sample_frames"]:
            indices = list(self.sample_frames(metadata, settings["num_frames"], settings["fps"], times))
        if len(indices) > settings["max_sampled_frames"]:
            raise ClipError(f"{len(indices)} frames are asked for, over `max_sampled_frames`")
        if source is None:
            frames = clip[indices]
        else:
            small: dict[int, torch.Tensor] = {}
            for i, pixels in source.frames(indices):
                metadata.height, metadata.width = pixels.shape[:2]
                small[i] = pixels[None].permute(0, 3, 1, 2)
                if settings["do_resize"]:
                    small[i] = self.resize(small[i], settings["size"], settings["resample"])
            frames = torch.cat([small[i] for i in indices])
        metadata.frames_indices = indices
        return frames, metadata

    @auto_docstring
    def preprocess(self, videos: VideoInput, **kwargs: Unpack[GPT4VideoVideosKwargs]) -> BatchFeature:
        r"""
        videos (`VideoInput`):
            One clip or a nested list of clips. A clip is a path, an http(s) URL, a `data:` URI, bytes, a binary file
            object, a `datasets` dictionary, an array `(num_frames, height, width, channels)` or
            `(num_frames, channels, height, width)`, or a list of images.
        """
        given = {name: value for name, value in kwargs.items() if value is not None}
        if "fps" in given and "num_frames" in given:
            raise ValueError("`num_frames` and `fps` exclude each other, pass one of them.")
        settings = {name: given.get(name, getattr(self, name, None)) for name in self.valid_kwargs.__annotations__}
        settings["fps"] = None if "num_frames" in given else settings["fps"]
        settings["size"] = self._standardize_kwargs(size=settings["size"])["size"]
        clips = flatten_clips(videos)
        metadata = kwargs.pop("video_metadata", None) or [None] * len(clips)
        metadata = metadata if isinstance(metadata, list) else [metadata]
        read = []
        for clip, known in zip(clips, metadata, strict=True):
            with _naming(clip):
                read.append(self._read(clip, known, settings))
        frames, metadata = [list(column) for column in zip(*read, strict=True)]
        return_tensors = kwargs.pop("return_tensors", None)
        kwargs.update(do_sample_frames=False, input_data_format=ChannelDimension.FIRST)
        features = super().preprocess(frames, video_metadata=metadata, **kwargs)
        pixels = features["pixel_values_videos"]
        counts = [len(clip) for clip in pixels]
        longest = max(counts)
        data = {"pixel_values_videos": [torch.cat([p, p.new_zeros(longest - len(p), *p.shape[1:])]) for p in pixels]}
        if min(counts) < longest:
            data["video_num_frames"] = counts
        data = BatchFeature(data, tensor_type=return_tensors)
        if "video_metadata" in features:
            data["video_metadata"] = metadata
        return data


@auto_docstring
class GPT4VideoProcessor(ProcessorMixin):
    """Image processor, video processor, tokenizer and chat templates of GPT4Video in one."""

    def __init__(
        self,
        image_processor,
        video_processor,
        tokenizer,
        chat_template=None,
        num_video_tokens: int = 65,
        video_token: str = "<|video|>",
        image_token: str = "<|image|>",
    ):
        r"""
        num_video_tokens (`int`, *optional*, defaults to 65):
            How many positions a clip or an image takes in the prompt; `config.num_video_tokens` of the model.
        video_token (`str`, *optional*, defaults to `"<|video|>"`):
            The special token that stands for a clip. Plain `<video>` is left to the prompts of replies.
        image_token (`str`, *optional*, defaults to `"<|image|>"`):
            The special token that stands for an image.
        """
        for token in (video_token, image_token):
            if token not in tokenizer.get_added_vocab():
                raise ValueError(
                    f"The tokenizer has no special token {token!r}. Add it first: tokenizer.add_special_tokens("
                    f"{{'additional_special_tokens': [{video_token!r}, {image_token!r}]}})."
                )
        # The original reads images with Pillow, from which torchvision's resizing differs by up to 2 of 255 levels.
        if type(image_processor).__name__ == "CLIPImageProcessor":
            image_processor = CLIPImageProcessorPil.from_dict(image_processor.to_dict())
        self.num_video_tokens = num_video_tokens
        self.video_token, self.image_token = video_token, image_token
        self.video_token_id, self.image_token_id = tokenizer.convert_tokens_to_ids([video_token, image_token])
        super().__init__(image_processor, video_processor, tokenizer, chat_template=chat_template)

    def prepare_inputs_layout(self, images=None, text=None, videos=None, audio=None, **kwargs):
        """Flatten clips, and read images from paths, URLs, bytes and file objects within the limits on clips."""
        videos = None if videos is None else flatten_clips(videos)
        images = None if images is None else self._load_images(images)
        return super().prepare_inputs_layout(images=images, text=text, videos=videos, audio=audio, **kwargs)

    def _load_images(self, images: Any) -> Any:
        if isinstance(images, (list, tuple)):
            return [self._load_images(image) for image in images]
        if not isinstance(images, (str, os.PathLike, bytes)) and not (hasattr(images, "read")):
            return images
        limits = {name: getattr(self.video_processor, name) for name in GPT4VideoVideosKwargs.__annotations__}
        with _naming(images), Image.open(_open_clip(images, limits), formats=IMAGES) as image:
            if image.width * image.height > limits["max_frame_pixels"]:
                raise ClipError(f"it has {image.width} x {image.height} pixels, over `max_frame_pixels`")
            return ImageOps.exif_transpose(image).convert("RGB")

    def validate_inputs(self, images=None, text=None, videos=None, audio=None, **kwargs):
        """Check that the placeholders in the text and the clips and images are equally many."""
        # The library counts only the clips it can read itself: names stand in for all of them.
        videos = None if videos is None else [""] * len(videos)
        super().validate_inputs(images=images, text=text, videos=videos, audio=audio, **kwargs)

    def _process_videos(self, videos, **kwargs):
        return self.video_processor(videos, **kwargs), [self.video_token * self.num_video_tokens] * len(videos)

    def replace_image_token(self, image_inputs: dict, image_idx: int, **kwargs) -> str:
        """The text that an image's placeholder becomes."""
        return self.image_token * self.num_video_tokens

    def _get_num_multimodal_tokens(self, image_sizes=None, video_sizes=None, **kwargs) -> MultiModalData:
        images = None if image_sizes is None else [self.num_video_tokens] * len(image_sizes)
        videos = None if video_sizes is None else [self.num_video_tokens] * len(video_sizes)
        patches = None if image_sizes is None else [1] * len(image_sizes)
        return MultiModalData(num_image_tokens=images, num_image_patches=patches, num_video_tokens=videos)

    def _multimodal_inputs_from_conversations(self, conversations, audio_loading_params, load_audio_from_video=False):
        # `transformers serve` asks for the sound of every clip; this model hears none.
        return super()._multimodal_inputs_from_conversations(conversations, audio_loading_params, False)

    def apply_chat_template(
        self,
        conversation: list,
        chat_template: str | None = None,
        *,
        tokenize: bool = False,
        return_assistant_tokens_mask: bool = False,
        sanitize_control_tokens: bool = True,
        processor_kwargs: dict | None = None,
        **kwargs,
    ):
        """The library's `apply_chat_template`, in which messages cannot write control tokens.

        Special tokens in the words of a message are encoded as plain text. Where the library has no way to do that, in
        a string (`tokenize=False`) and with `return_assistant_tokens_mask`, a zero-width space breaks them instead.
        `sanitize_control_tokens=False` switches both off. Clips may be given as anything the video processor reads.
        """
        marked = sanitize_control_tokens and tokenize and not return_assistant_tokens_mask
        conversation = self._clean(conversation, sanitize_control_tokens and not marked)
        return super().apply_chat_template(
            conversation,
            chat_template,
            tokenize=tokenize,
            return_assistant_tokens_mask=return_assistant_tokens_mask,
            sanitize_control_tokens=marked,
            # The templates write all special tokens themselves.
            processor_kwargs={"add_special_tokens": False, **(processor_kwargs or {})},
            **kwargs,
        )

    def _clean(self, value: Any, break_tokens: bool) -> Any:
        """Copy messages: empty keys dropped, `video_url` blocks made `video`, control tokens broken if asked for."""
        if isinstance(value, (list, tuple)):
            return [self._clean(item, break_tokens) for item in value]
        if isinstance(value, str):
            special = [token.content for token in self.tokenizer.added_tokens_decoder.values() if token.special]
            pattern = re.compile("|".join(map(re.escape, sorted(special, key=len, reverse=True))))
            while break_tokens and pattern.search(value):
                value = pattern.sub(lambda token: token[0][0] + "\u200b" + token[0][1:], value)
            return value
        message = {key: item for key, item in value.items() if item is not None}
        if message.get("type") == "video_url":
            source = message.pop("video_url")
            message.update(type="video", url=source["url"] if isinstance(source, Mapping) else source)
        words = {key: self._clean(item, break_tokens) for key, item in message.items() if key in ("content", "text")}
        return {**message, **words}

    def post_process_multimodal_output(
        self, generated_outputs, skip_special_tokens=True, generation_mode: str | None = None, **kwargs
    ) -> list:
        """Decode replies: whole texts (`generation_mode="text"`, the default) or the prompts in each (`"video"`)."""
        if generation_mode not in (None, "text", "video"):
            raise ValueError(f"`generation_mode` is 'text' or 'video', got {generation_mode!r}.")
        texts = self.post_process_image_text_to_text(generated_outputs, skip_special_tokens, **kwargs)
        if generation_mode != "video":
            return texts
        return [[part.text for part in parse_reply(text) if part.kind == "video_prompt"] for text in texts]


__all__ = ["GPT4VideoProcessor", "GPT4VideoVideoProcessor"]
