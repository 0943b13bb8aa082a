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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import torch
from huggingface_hub.utils import httpx
from transformers import CLIPImageProcessorPil
from transformers.feature_extraction_utils import BatchFeature
from transformers.image_utils import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD, ChannelDimension, PILImageResampling
from transformers.processing_utils import MultiModalData, ProcessorMixin, Unpack, VideosKwargs
from transformers.utils import auto_docstring, is_av_available, is_numpy_array, is_torch_tensor, is_vision_available
from transformers.video_processing_utils import BaseVideoProcessor
from transformers.video_utils import VideoInput, VideoMetadata, is_valid_video_frame


READ_ERRORS = (OSError, ValueError, EOFError, MemoryError, OverflowError, SyntaxError, struct.error, httpx.HTTPError)
READ_ERRORS += (httpx.InvalidURL,)

if is_av_available():
    import av

    READ_ERRORS += (av.FFmpegError,)

if is_vision_available():
    from PIL import Image, ImageOps

    READ_ERRORS += (Image.DecompressionBombError,)

# Playlists and the like, which make FFmpeg open other files, are not among the containers that may be opened.
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif"
# Codecs and containers in which a packet shows one frame or none and has a time of its own, so that packets count.
INDEXED = {"h264", "hevc", "av1", "vp8", "vp9", "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"}
IMAGES = ["JPEG", "PNG", "WEBP", "GIF", "BMP"]
# Matroska rounds times to milliseconds, so a frame counts as shown from one millisecond before its time.
TIME_ROUNDING = 1e-3
TAG = r"(?:video[0-9]{0,6}|vid[0-9]{1,6})>"
INNER = rf"(?:(?!</?{TAG}).)*"
PROMPT = re.compile(rf"<(?:video([0-9]{{0,6}})|vid([0-9]{{1,6}}))>({INNER})</{TAG}", re.DOTALL)
UNSETTLED = re.compile(rf"<{TAG}{INNER}\Z|</?(?:v|vi|vid[0-9]{{0,6}}|vide|video[0-9]{{0,6}})?\Z", re.DOTALL)


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
            number = match[1] or match[2]
            parts += [ReplyPart("text", words)] if words else []
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


@contextmanager
def _naming(source: Any) -> Iterator[None]:
    """Turn whatever goes wrong while reading `source` into a `ClipError` that names it and the cause."""
    try:
        yield
    except READ_ERRORS as error:
        name = str(
            source if isinstance(source, (str, os.PathLike)) else getattr(source, "name", type(source).__name__)
        )
        name = name.partition(",")[0] if name[:5].lower() == "data:" else name
        cause = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ClipError(f"Cannot read clip {name[:500]}: {cause}.") from error


def _download(url: str, limit: int, seconds: float) -> BinaryIO:
    """Fetch at most a little over `limit` bytes from an http(s) URL in at most `seconds`."""
    outcome: list[BinaryIO | Exception] = []
    end = time.monotonic() + seconds

    def fetch() -> None:
        data = bytearray()
        try:
            # Redirects to anything but http(s) raise.
            with httpx.stream("GET", url, follow_redirects=True, timeout=seconds) as page:
                page.raise_for_status()
                for chunk in page.iter_raw():
                    data += chunk
                    if len(data) > limit or time.monotonic() > end:
                        break
            outcome.append(io.BytesIO(data))
        except READ_ERRORS as error:
            outcome.append(error)

    # A timeout of the client bounds single reads; waiting for a thread bounds the whole, name look-up included.
    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome or time.monotonic() > end:
        raise ClipError(f"the download took over `max_read_seconds` = {seconds}")
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


def _open_clip(clip: Any, limits: Mapping[str, Any]) -> BinaryIO:
    """Open a path, URL, `data:` URI, bytes or file object as a seekable binary file of bounded size."""
    limit = limits["max_file_bytes"]
    scheme = clip[:8].lower() if isinstance(clip, str) else ""
    if scheme.startswith(("http://", "https://")):
        file = _download(clip, limit, limits["max_read_seconds"])
    elif scheme.startswith("data:"):
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
    if not 0 < size <= limit or (promised := _promised_size(file, size)) > size:
        file.close()
        raise ClipError(
            f"it has {size} bytes, allowed are 1 to `max_file_bytes` = {limit}"
            if not 0 < size <= limit
            else f"it is truncated, {size} bytes of {promised} are there"
        )
    file.seek(0)
    return file


def _promised_size(file: BinaryIO, size: int) -> int:
    """How long a file is by its container's structure; of truncated files FFmpeg reads the start and says nothing."""
    file.seek(0)
    head, end = file.read(4096), 0
    if head[:4] == b"RIFF":
        end = 8 + int.from_bytes(head[4:8], "little")
    elif head[:3] == b"GIF":
        file.seek(max(0, size - 64))
        end = size if b";" in file.read() else size + 1
    elif head[:4] == b"\x1aE\xdf\xa3" and (start := head.find(b"\x18S\x80g") + 4) > 3:
        width = 9 - head[start].bit_length()
        length = int.from_bytes(head[start : start + width], "big") & (unknown := (1 << 7 * width) - 1)
        end = 0 if length == unknown else start + width + length
    elif head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        while end + 8 <= size:
            file.seek(end)
            box = file.read(16)
            length = int.from_bytes(box[:4], "big")
            # Players ignore what follows the last box, and so does FFmpeg.
            if not box[4:8].isalnum():
                break
            end += max(8, {0: size - end, 1: int.from_bytes(box[8:], "big")}.get(length, length))
    return end


def _pixels(frame: Any) -> torch.Tensor:
    """Turn a frame of PyAV or Pillow into uint8 RGB `(height, width, 3)`, upright, transparent parts white."""
    if isinstance(frame, Image.Image):
        mode = "RGB" if frame.mode == "RGB" else "RGBA"
        pixels = torch.frombuffer(bytearray(frame.convert(mode).tobytes()), dtype=torch.uint8)
        pixels = pixels.view(frame.height, frame.width, len(mode))
    else:
        mode = "RGBA" if any(component.is_alpha for component in frame.format.components) else "RGB"
        pixels = torch.from_numpy(frame.to_ndarray(format="rgba" if mode == "RGBA" else "rgb24", threads=1))
        if matrix := frame.side_data.get("DISPLAYMATRIX"):
            xx, xy, _, yx, yy = struct.unpack("=5i", bytes(matrix)[:20])
            if abs(xy) > abs(xx):
                pixels, xx, yy = pixels.transpose(0, 1), yx, xy
            pixels = pixels.flip([axis for axis, sign in ((1, xx), (0, yy)) if sign < 0])
    if mode == "RGBA":
        alpha = pixels[..., 3:].int()
        pixels = ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).to(torch.uint8)
    return pixels.contiguous()


def _stack(frames: list[torch.Tensor]) -> torch.Tensor:
    if len({frame.shape for frame in frames}) > 1:
        raise ClipError("its frames differ in size")
    return torch.stack(frames)


class _FileClip:
    """A clip in a file: `times` holds the seconds of each frame since the first, `frames` decodes chosen ones."""

    def __init__(self, file: BinaryIO, limits: Mapping[str, Any]):
        self.file, self.limits = file, limits
        self.deadline = time.monotonic() + limits["max_read_seconds"]
        self.is_webp = file.read(12)[8:] == b"WEBP"
        # (pts, dts, is_keyframe, is_shown) of each packet in decoding order, if they tell all about the frames.
        self.packets: list[tuple[int, int | None, bool, bool]] = []
        self.number: dict[int, int] = {}
        if not self.is_webp and self._read_packets():
            shown = sorted(pts for pts, _, _, is_shown in self.packets if is_shown)
            self.number = {pts: i for i, pts in enumerate(shown)}
            self.keys = {pts for pts, _, is_key, _ in self.packets if is_key}
            self.times = [float((pts - shown[0]) * self.time_base) for pts in shown]
        else:
            self.packets, self.times = [], [seconds for seconds, _ in self._decode_all()]
        if not self.times:
            raise ClipError("its video stream holds no frame")
        if self.times[-1] > limits["max_clip_seconds"]:
            raise ClipError(f"it lasts {self.times[-1]:.1f} s, over `max_clip_seconds` = {limits['max_clip_seconds']}")

    def _check(self, width: int = 0, height: int = 0, count: int = 0) -> None:
        if width * height > self.limits["max_frame_pixels"]:
            raise ClipError(
                f"{width} x {height} pixels are over `max_frame_pixels` = {self.limits['max_frame_pixels']}"
            )
        if count > self.limits["max_clip_frames"]:
            raise ClipError(f"it has more frames than `max_clip_frames` = {self.limits['max_clip_frames']}")
        if time.monotonic() > self.deadline:
            raise ClipError(f"decoding took over `max_read_seconds` = {self.limits['max_read_seconds']}")

    @contextmanager
    def _video(self) -> Iterator[tuple[Any, Any]]:
        """Open the container and its first real video stream, with a decoder that does not hide damage."""
        self.file.seek(0)
        # FFmpeg's own limit counts padding and bounds what a header can make it allocate; `_check` is exact.
        pixels = str(2 * self.limits["max_frame_pixels"])
        # Nothing but this file object is read, whatever the container refers to.
        options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none", "max_pixels": pixels}
        with av.open(self.file, "r", metadata_errors="replace", buffer_size=1 << 16, options=options) as container:
            streams = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
            if not streams or streams[0].codec_context is None:
                raise ClipError("its video codec is not supported" if streams else "it has no video stream")
            decoder = streams[0].codec_context
            self._check(decoder.width, decoder.height)
            # Threads pay only where single frames are heavy.
            decoder.thread_type = "AUTO" if decoder.width * decoder.height > 1920 * 1088 else "NONE"
            decoder.options = {"err_detect": "explode", "max_pixels": pixels}
            yield container, streams[0]

    def _read_packets(self) -> bool:
        """Fill `packets` without decoding; say whether they tell the number and times of all frames."""
        with self._video() as (container, stream):
            codec, self.time_base = stream.codec.canonical_name, stream.time_base
            if not {codec, container.format.name} <= INDEXED:
                return False
            for packet in container.demux(stream):
                self._check(count=len(self.packets))
                if packet.is_corrupt:
                    raise ClipError("it is damaged or truncated")
                if packet.size:
                    first, last = memoryview(packet)[0], memoryview(packet)[-1]
                    # The show_frame bit of VP8 and of VP9 (below profile 3), whose superframes show their last frame.
                    hidden = codec == "vp8" and not first & 16
                    hidden |= codec == "vp9" and not first & 10 and first & 48 != 48 and last >> 5 != 6
                    shown = not (packet.is_discard or hidden)
                    self.packets.append((packet.pts, packet.dts, packet.is_keyframe, shown))
            if len(self.packets) < stream.frames:
                raise ClipError(f"it is truncated, {len(self.packets)} frames of {stream.frames} are there")
        times = [pts for pts, _, _, _ in self.packets]
        if not times or None in times or len(set(times)) < len(times):
            return False
        return self.packets[0][2] and min(times) == times[0]

    def _decode_all(self) -> Iterator[tuple[float, Any]]:
        """Decode from the first frame to the last, yielding (seconds, frame)."""
        if self.is_webp:
            self.file.seek(0)
            with Image.open(self.file, formats=["WEBP"]) as image:
                clock = 0
                for i in range(image.n_frames):
                    self._check(image.width, image.height, i + 1)
                    image.seek(i)
                    image.load()
                    yield clock / 1000, image
                    clock += image.info.get("duration", 0)
            return
        with self._video() as (container, stream):
            start, rate = None, stream.average_rate or 25
            for i, frame in enumerate(container.decode(stream)):
                self._check(frame.width, frame.height, i + 1)
                start = frame.time if i == 0 else start
                # AVI keeps no presentation times: its frames follow one another at the frame rate.
                untimed = container.format.name == "avi" or frame.time is None or start is None
                yield float(i / rate) if untimed else frame.time - start, frame

    def _decode_some(self, wanted: set[int]) -> Iterator[Any]:
        """Decode at least the frames with the timestamps `wanted`, each group of them from the keyframe before it."""
        place = {pts: i for i, (pts, _, _, _) in enumerate(self.packets)}
        keys, groups = sorted(self.keys), {}
        for pts in sorted(wanted):
            groups.setdefault(keys[bisect.bisect_right(keys, pts) - 1], []).append(pts)
        # Strict decoders also complain in sound streams that they enter in the middle; `frames` then starts over.
        with suppress(av.FFmpegError), self._video() as (container, stream):
            decoder = stream.codec_context
            for key, group in groups.items():
                dts, end = self.packets[place[key]][1], max(place[pts] for pts in group)
                container.seek(key if dts is None else min(key, dts), stream=stream)
                for packet in container.demux(stream):
                    self._check()
                    at = place.get(packet.pts, end + 1)
                    # Pictures shown before the keyframe may refer to what lies before it; none after refers to them.
                    if place[key] <= at <= end and packet.pts >= key:
                        # Frames that no other frame refers to need no decoding on the way to the wanted ones.
                        spare = decoder.name == "h264" and packet.pts not in wanted
                        decoder.skip_frame = "NONREF" if spare else "DEFAULT"
                        yield from decoder.decode(packet)
                    if at >= end:
                        break
                yield from decoder.decode(None)
                decoder.flush_buffers()

    def frames(self, indices: list[int]) -> Iterator[tuple[int, torch.Tensor]]:
        """Decode the frames with these numbers, as a full sequential decode gives them; yields (number, pixels)."""
        missing = set(indices)
        wanted = {pts for pts, i in self.number.items() if i in missing}
        for frame in self._decode_some(wanted) if wanted else []:
            # Where the picture is refreshed bit by bit, what is marked as a keyframe is no whole picture.
            if frame.pts in self.keys and frame.pict_type != 1:
                break
            if (number := self.number.get(frame.pts)) in missing:
                self._check(frame.width, frame.height)
                missing.discard(number)
                yield number, _pixels(frame)
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
        max_sampled_frames: int | None = None,
        **kwargs,
    ) -> list[int]:
        """Choose frame numbers.

        By `num_frames` (the default), at equal steps from half a step in, as the original does: numbers repeat in
        shorter clips. By `fps`, the frame on display at each multiple of 1 / `fps` seconds; `timestamps` are the
        seconds of all frames since the first, without them `metadata.fps` is taken as constant.
        """
        total = metadata.total_num_frames
        count = num_frames if num_frames is not None else self.num_frames
        if fps is not None:
            if fps <= 0 or timestamps is None and not metadata.fps:
                raise ValueError(
                    f"Sampling by fps = {fps} needs a positive one and, of arrays, `video_metadata` with fps."
                )
            timestamps = timestamps or [i / metadata.fps for i in range(total)]
            seconds = metadata.duration or (total / metadata.fps if metadata.fps else 0)
            count = max(1, math.ceil((seconds - TIME_ROUNDING) * fps))
        limit = max_sampled_frames or self.max_sampled_frames
        if not 1 <= count <= limit:
            raise ClipError(f"{count} frames were asked for, allowed are 1 to `max_sampled_frames` = {limit}")
        if fps is not None:
            return [max(0, bisect.bisect_right(timestamps, i / fps + TIME_ROUNDING) - 1) for i in range(count)]
        step = (total - 1) / count
        return [int(step / 2) + round(step * i) for i in range(count)]

    def _choose(self, metadata: VideoMetadata, times: list[float] | None, settings: dict[str, Any]) -> list[int]:
        indices = list(range(metadata.total_num_frames))
        if settings["do_sample_frames"]:
            indices = self.sample_frames(metadata, timestamps=times, **settings)
        elif len(indices) > settings["max_sampled_frames"]:
            raise ClipError(f"{len(indices)} frames are over `max_sampled_frames` = {settings['max_sampled_frames']}")
        metadata.frames_indices = indices
        return indices

    def _shrink(self, frames: torch.Tensor, settings: dict[str, Any]) -> torch.Tensor:
        # In channels-last layout torchvision resizes uint8 more than ten times faster.
        frames = frames.contiguous(memory_format=torch.channels_last)
        return self.resize(frames, settings["size"], settings["resample"]) if settings["do_resize"] else frames

    def _read_array(self, clip: Any, metadata: Any, settings: dict[str, Any]) -> tuple[torch.Tensor, VideoMetadata]:
        """Choose frames of a list of images or an array; returns `(num_frames, channels, height, width)`."""
        if isinstance(clip, (list, tuple)):
            clip = _stack([_pixels(f) if isinstance(f, Image.Image) else torch.as_tensor(f) for f in clip])
        if len(clip) > settings["max_clip_frames"]:
            raise ClipError(f"{len(clip)} frames are over `max_clip_frames` = {settings['max_clip_frames']}")
        metadata = VideoMetadata(**{**(metadata or {}), "total_num_frames": len(clip)})
        clip = clip[self._choose(metadata, None, settings)]
        clip = self._prepare_input_videos([clip], settings["do_convert_rgb"], settings["input_data_format"])[0]
        metadata.height, metadata.width = clip.shape[-2:]
        if metadata.height * metadata.width > settings["max_frame_pixels"]:
            raise ClipError(f"{metadata.width} x {metadata.height} pixels are over `max_frame_pixels`")
        return self._shrink(clip, settings), metadata

    def _read_file(self, clip: Any, settings: dict[str, Any]) -> tuple[torch.Tensor, VideoMetadata]:
        """Read chosen frames from a file, resized one by one; returns `(num_frames, 3, height, width)`."""
        with _open_clip(clip, settings) as file:
            source = _FileClip(file, settings)
            total, last = len(source.times), source.times[-1]
            fps = (total - 1) / last if last > 0 else None
            metadata = VideoMetadata(total, fps=fps, duration=total / fps if fps else 0.0, video_backend="pyav")
            indices = self._choose(metadata, source.times, settings)
            frames: dict[int, torch.Tensor] = {}
            for i, pixels in source.frames(indices):
                metadata.height, metadata.width = pixels.shape[:2]
                frames[i] = self._shrink(pixels[None].permute(0, 3, 1, 2), settings)[0]
            return _stack([frames[i] for i in indices]), metadata

    @auto_docstring
    def preprocess(self, videos: VideoInput, **kwargs: Unpack[GPT4VideoVideosKwargs]) -> BatchFeature:
        r"""
        videos (`VideoInput`):
            One clip or a nested list of clips. A clip is a path, an http(s) URL, a `data:` URI, bytes, a binary file
            object, a row of a `datasets` video column that is not decoded, a list of images, or an array
            `(num_frames, height, width, channels)` or `(num_frames, channels, height, width)`.
        """
        given = {name: value for name, value in kwargs.items() if value is not None}
        if "fps" in given and "num_frames" in given:
            raise ValueError("`num_frames` and `fps` exclude each other, pass one of them.")
        settings = {name: given.get(name, getattr(self, name, None)) for name in self.valid_kwargs.__annotations__}
        settings["fps"] = None if "num_frames" in given else settings["fps"]
        settings["size"] = self._standardize_kwargs(size=settings["size"])["size"]
        clips = flatten_clips(videos)
        known = kwargs.pop("video_metadata", None) or [None] * len(clips)
        frames, metadata = [], []
        for clip, fact in zip(clips, known if isinstance(known, list) else [known], strict=True):
            with _naming(clip):
                is_array = isinstance(clip, (list, tuple)) or hasattr(clip, "ndim")
                read = self._read_array(clip, fact, settings) if is_array else self._read_file(clip, settings)
            frames.append(read[0])
            metadata.append(read[1])
        kwargs |= {"do_sample_frames": False, "input_data_format": ChannelDimension.FIRST, "return_tensors": None}
        features = super().preprocess(frames, video_metadata=metadata, **kwargs)
        pixels = features["pixel_values_videos"]
        counts = [len(clip) for clip in pixels]
        padding = [clip.new_zeros(max(counts) - len(clip), *clip.shape[1:]) for clip in pixels]
        data = {"pixel_values_videos": [torch.cat(pair) for pair in zip(pixels, padding, strict=True)]}
        if len(set(counts)) > 1:
            data["video_num_frames"] = counts
        data = BatchFeature(data, tensor_type=settings["return_tensors"])
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
        limits = vars(self.video_processor)
        with _naming(images), _open_clip(images, limits) as file, Image.open(file, formats=IMAGES) as image:
            if image.width * image.height > limits["max_frame_pixels"]:
                raise ClipError(f"{image.width} x {image.height} pixels are over `max_frame_pixels`")
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
        images, videos = [None if sizes is None else len(sizes) for sizes in (image_sizes, video_sizes)]
        return MultiModalData(
            num_image_tokens=images if images is None else [self.num_video_tokens] * images,
            num_video_tokens=videos if videos is None else [self.num_video_tokens] * videos,
            num_image_patches=images if images is None else [1] * images,
        )

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
        marked, pattern = sanitize_control_tokens and tokenize and not return_assistant_tokens_mask, None
        if sanitize_control_tokens:
            special = [token.content for token in self.tokenizer.added_tokens_decoder.values() if token.special]
            pattern = re.compile("|".join(re.escape(token) for token in sorted(special, key=len, reverse=True)))
        conversation = self._clean(conversation, pattern, marked)
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

    def _clean(self, value: Any, pattern: re.Pattern | None, marked: bool) -> Any:
        """Copy messages: empty keys dropped, `video_url` blocks made `video`, tokens that `pattern` finds broken.

        With `marked` the library will encode them as text; only those whose removal makes another one must be broken.
        """
        if isinstance(value, (list, tuple)):
            return [self._clean(item, pattern, marked) for item in value]
        if isinstance(value, str):
            value = value if pattern is None else re.sub("[\U000f0000\U000f0001]", "", value)
            if pattern is None or marked and not pattern.search(pattern.sub("", value)):
                return value
            return pattern.sub(lambda token: "\u200b".join(token[0]), value)
        message = {key: item for key, item in value.items() if item is not None}
        if message.get("type") == "video_url":
            source = message.pop("video_url")
            message.update(type="video", url=source["url"] if isinstance(source, Mapping) else source)
        words = {
            key: self._clean(item, pattern, marked) for key, item in message.items() if key in ("content", "text")
        }
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
        texts = [texts] if isinstance(texts, str) else texts
        return [[part.text for part in parse_reply(text) if part.kind == "video_prompt"] for text in texts]


__all__ = ["ClipError", "GPT4VideoProcessor", "GPT4VideoVideoProcessor", "ReplyParser", "ReplyPart", "parse_reply"]
