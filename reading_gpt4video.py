# Copyright 2026 The GPT4Video contributors. All rights reserved.
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
"""Reading clips for GPT4Video: from any kind of source to exactly the chosen frames, within limits.

1. `open_clip` turns a path, URL, bytes, file object or `data:` URI into a seekable file within the limits.
2. `FileClip` lists the time of each frame, then decodes exactly the frames that were chosen.
3. `ArrayClip` does the same for clips in memory, whose values `to_uint8` turns into bytes.
4. `resize_frames` squashes frames as Pillow does.
Whatever cannot be read becomes a `ClipError` that names the file and the cause.
"""

import base64
import bisect
import io
import os
import re
import stat
import struct
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

import torch
from huggingface_hub.utils import httpx
from transformers.image_utils import infer_channel_dimension_format
from transformers.utils import is_av_available, is_numpy_array, is_torch_tensor, is_vision_available
from transformers.video_utils import VideoMetadata, is_valid_video_frame


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


class ClipError(ValueError):  # trf-ignore: TRF057
    """A clip or an image cannot be read or is over a limit. The message names the file and the cause."""


@contextmanager
def naming_clip(source: Any) -> Iterator[None]:
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
            plain = {"Accept-Encoding": "identity"}
            with httpx.stream("GET", url, headers=plain, follow_redirects=True, timeout=seconds) as page:
                page.raise_for_status()
                if (coding := page.headers.get("Content-Encoding", "identity").lower()) not in ("", "identity"):
                    raise ClipError(f"the server compressed it ({coding}) although `identity` was asked for")
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


def is_address(clip: Any) -> bool:
    """Say whether a clip is a URL that is fetched over the network."""
    return isinstance(clip, str) and clip[:8].lower().startswith(("http://", "https://"))


def open_clip(clip: Any, limits: Mapping[str, Any]) -> BinaryIO:
    """Open a path, URL, `data:` URI, bytes or file object as a seekable binary file of bounded size."""
    limit = limits["max_file_bytes"]
    if is_address(clip):
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
        data = _read_object(clip, limit + 1) if hasattr(clip, "read") else clip
        if isinstance(data, str):
            raise ClipError("the file object gives text, open it in binary mode")
        file = io.BytesIO(data)
    size = file.seek(0, os.SEEK_END)
    if not 0 < size <= limit or (promised := _promised_size(file, size, limits["max_read_seconds"])) > size:
        file.close()
        raise ClipError(
            f"it has {size} bytes, allowed are 1 to `max_file_bytes` = {limit}"
            if not 0 < size <= limit
            else f"it is truncated, {size} bytes of {promised} are there"
        )
    file.seek(0)
    return file


def _read_object(file: Any, limit: int) -> bytes | str:
    """Read a file object from where it stands, and set it back so that it can be read again."""
    start = file.tell() if hasattr(file, "seekable") and file.seekable() else None
    data = file.read(limit)
    if start is not None:
        file.seek(start)
    return data


def _promised_size(file: BinaryIO, size: int, seconds: float) -> int:
    """How long a file is by its container's structure; of truncated files FFmpeg reads the start and says nothing."""
    file.seek(0)
    head, end, deadline = file.read(12), 0, time.monotonic() + seconds
    if head[:4] == b"RIFF":
        return 8 + int.from_bytes(head[4:8], "little")
    if head[:3] == b"GIF":
        ends = _gif_ends(file)
    elif head[:4] == b"\x1aE\xdf\xa3":
        ends = _matroska_ends(file)
    elif head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        ends = _mp4_ends(file, size)
    else:
        return 0
    for end in ends:
        if end > size:
            break
        if time.monotonic() > deadline:
            raise ClipError(f"reading it took over `max_read_seconds` = {seconds}")
    return end


def _gif_ends(file: BinaryIO) -> Iterator[int]:
    """Where each block of a GIF ends, up to its trailer."""

    def byte(at: int) -> int:
        file.seek(at)
        return (file.read(1) or b"\0")[0]

    def with_table(at: int, flags: int) -> int:
        """Where the colours end that follow the byte `flags` if its first bit is set."""
        return at + (3 << (flags & 7) + 1 if flags & 128 else 0)

    end = with_table(13, byte(10))
    while True:
        file.seek(end)
        label = file.read(1)
        if label == b"!":
            end += 2
        elif label == b",":
            end = with_table(end + 10, byte(end + 9)) + 1
        else:
            # The trailer or the end of the file; decoders judge what is none of these.
            yield end + (label in (b"", b";"))
            return
        while length := byte(end):
            end += 1 + length
            yield end
        end += 1
        yield end


def _matroska_ends(file: BinaryIO) -> Iterator[int]:
    """Where each element of a Matroska file ends. Those of unknown length, as in live recordings, are entered.

    A live recording that is cut exactly between two elements cannot be told from a whole one.
    """
    end = 0
    while True:
        file.seek(end)
        head = file.read(12)
        # Names have up to four bytes, lengths up to eight; anything else, such as zeros, is no element.
        if not head or not 16 <= head[0] < 255:
            return
        start = 9 - head[0].bit_length()
        width = 9 - head[start].bit_length() if start < len(head) else 1
        if width > 8:
            return
        length = int.from_bytes(head[start : start + width], "big") & (unknown := (1 << 7 * width) - 1)
        is_whole = start + width <= len(head)
        end += start + width + (length if is_whole and length != unknown else 0)
        yield end
        if is_whole and length != unknown and head[:4] == b"\x18S\x80g":
            return


def _mp4_ends(file: BinaryIO, size: int) -> Iterator[int]:
    """Where each box of an mp4 ends.

    A fragmented file that is cut exactly between two fragments cannot be told from a whole one.
    """
    end, kind = 0, b""
    while True:
        file.seek(end)
        box = file.read(16)
        # Players ignore what follows the last box, and so does FFmpeg.
        if len(box) < 8 or not box[4:8].isalnum():
            break
        length, kind = int.from_bytes(box[:4], "big"), box[4:8]
        end += max(8, {0: size - end, 1: int.from_bytes(box[8:], "big")}.get(length, length))
        yield end
    is_cut_header = len(box) < 8 and box[:1] == b"\0" and any(box) and (box[4:] or b"a").isalnum()
    # These announce a box with pictures.
    if is_cut_header or kind in (b"moof", b"sidx", b"styp"):
        yield size + 1


def _over_white(pixels: torch.Tensor) -> torch.Tensor:
    """Lay uint8 RGBA `(..., 4)` over white."""
    alpha = pixels[..., 3:].int()
    return ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).to(torch.uint8)


def frame_pixels(frame: Any) -> torch.Tensor:
    """Turn a frame of PyAV or Pillow into uint8 RGB `(height, width, 3)`, upright, transparent parts white."""
    if isinstance(frame, Image.Image):
        if frame.mode[0] in "IF":
            raise ClipError(f"images of mode {frame.mode} have no values of 0 to 255, give them as arrays")
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
    return (_over_white(pixels) if mode == "RGBA" else pixels).contiguous()


def stack_frames(frames: list[torch.Tensor]) -> torch.Tensor:
    """Stack frames of one size."""
    if len({frame.shape for frame in frames}) > 1:
        raise ClipError("its frames differ in size")
    return torch.stack(frames)


def spread_indices(total: int, count: int) -> list[int]:
    """Choose `count` of `total` frames as the original does: at equal steps from half a step in, maybe repeatedly."""
    step = (total - 1) / count
    return [int(step / 2) + round(step * i) for i in range(count)]


def resize_frames(frames: torch.Tensor, height: int, width: int, resample: int) -> torch.Tensor:
    """Resize uint8 frames `(..., 1 or 3, height, width)` with Pillow, which the original used, to the last bit."""
    small = []
    for frame in frames.reshape(-1, *frames.shape[-3:]):
        rows = frame.expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy()
        small.append(frame_pixels(Image.fromarray(rows).resize((width, height), resample)))
    channels_first = torch.stack(small).permute(0, 3, 1, 2)[:, : frames.shape[-3]]
    return channels_first.reshape(*frames.shape[:-2], height, width)


def _values(array: Any) -> torch.Tensor:
    return (torch.from_numpy(array.astype("float64")) if is_numpy_array(array) else array.detach()).float()


def find_scale(arrays: Any) -> int:
    """By what the values of the arrays of one clip are multiplied to span 0 to 255: floats in 0 to 1 by 255."""
    if not arrays or any(0 in array.shape for array in arrays):
        raise ClipError("it holds no pixels")
    types = {str(array.dtype).removeprefix("torch.") for array in arrays}
    if len(types) > 1 or not re.fullmatch(r"bool|b?float\d+|u?int\d+|[<>][fiu]\d", min(types)):
        raise ClipError(f"its values are of type {', '.join(sorted(types))}, expected is one type of numbers")
    if types <= {"uint8", "bool"}:
        return 255 if types == {"bool"} else 1
    low, high = torch.stack([torch.stack(torch.aminmax(_values(array))) for array in arrays]).unbind(1)
    low, high = float(low.min()), float(high.max())
    if not 0 <= low <= high <= 255:
        raise ClipError(f"its values run from {low:g} to {high:g}, expected are 0 to 255, or 0 to 1 in floats")
    return 255 if "f" in min(types) and high <= 1 else 1


def to_uint8(array: Any, scale: int) -> torch.Tensor:
    """Turn an array of any type into uint8, its values multiplied by the `scale` of its clip and rounded."""
    if str(array.dtype) == "uint8":
        # A copy, since torch takes neither read-only nor reversed arrays.
        return torch.from_numpy(array.copy())
    return array.detach() if array.dtype == torch.uint8 else (_values(array) * scale).round().to(torch.uint8)


def read_images(images: Any, limits: Mapping[str, Any]) -> Any:
    """Read the paths, URLs, bytes and file objects in a nested list of images; what is read already stays."""
    if isinstance(images, (list, tuple)):
        return [read_images(image, limits) for image in images]
    if is_numpy_array(images) or is_torch_tensor(images):
        with naming_clip(images):
            pixels = to_uint8(images, find_scale([images]))
        return pixels.numpy() if is_numpy_array(images) else pixels
    if not isinstance(images, (str, os.PathLike, bytes)) and not hasattr(images, "read"):
        return images
    with naming_clip(images), open_clip(images, limits) as file, Image.open(file, formats=IMAGES) as image:
        if image.width * image.height > limits["max_frame_pixels"]:
            raise ClipError(f"{image.width} x {image.height} pixels are over `max_frame_pixels`")
        return ImageOps.exif_transpose(image).convert("RGB")


class FileClip:
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
            # Starting threads costs more than a small frame, and threads by frame stall at every seek.
            size = decoder.width * decoder.height
            decoder.thread_type = "NONE" if size < 320 * 240 else "SLICE" if size <= 1920 * 1088 else "AUTO"
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
                yield number, frame_pixels(frame)
        for i, (_, frame) in enumerate(self._decode_all() if missing else []):
            if i in missing:
                missing.discard(i)
                yield i, frame_pixels(frame)
            if not missing:
                break
        if missing:
            raise ClipError(f"frame {min(missing)} cannot be decoded")


class ArrayClip:
    """A clip in memory: an array, or a list of images and arrays. `frames` turns chosen frames into uint8."""

    def __init__(self, clip: Any, limits: Mapping[str, Any], layout: str | None):
        if len(clip) > limits["max_clip_frames"]:
            raise ClipError(f"{len(clip)} frames are over `max_clip_frames` = {limits['max_clip_frames']}")
        # Pillow's images first become arrays of one type, whatever their modes.
        self.clip = [frame_pixels(f) if isinstance(f, Image.Image) else f for f in clip]
        shapes = {tuple(frame.shape) for frame in self.clip}
        if len(shapes) > 1:
            raise ClipError("its frames differ in size")
        self.scale = find_scale(self.clip)
        shape = (len(clip), *shapes.pop())
        # Four channels are looked for only where the sizes of the frames allow for nothing else.
        known = (1, 3) if {shape[1], shape[3]} & {1, 3} else 4
        layout = layout or infer_channel_dimension_format(self.clip[0], known)
        self.is_channels_first = layout == "channels_first"
        self.height, self.width = shape[2:] if self.is_channels_first else shape[1:3]
        if self.height * self.width > limits["max_frame_pixels"]:
            raise ClipError(f"{self.width} x {self.height} pixels are over `max_frame_pixels`")
        if (channels := shape[1 if self.is_channels_first else 3]) not in (1, 3, 4):
            raise ClipError(f"it has {channels} channels, expected are 1, 3 or 4")

    def frames(self, indices: list[int]) -> torch.Tensor:
        """The frames with these numbers as uint8 `(num_frames, 1 or 3, height, width)`, transparent parts white."""
        pixels = stack_frames([to_uint8(self.clip[i], self.scale) for i in indices])
        pixels = pixels if self.is_channels_first else pixels.permute(0, 3, 1, 2)
        if pixels.shape[1] == 4:
            return _over_white(pixels.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return pixels


def read_clip(
    clip: Any, facts: Any, settings: dict[str, Any], choose: Callable, shrink: Callable
) -> tuple[torch.Tensor, VideoMetadata]:
    """Read a clip's frames as uint8 `(num_frames, channels, height, width)`; `facts` are what is known of an array.

    `choose(metadata, times, settings)` gives the numbers of the frames, `shrink(frames, settings)` resizes them.
    """
    with naming_clip(clip):
        if isinstance(clip, (list, tuple)) or hasattr(clip, "ndim"):
            array = ArrayClip(clip, settings, settings["input_data_format"])
            metadata = VideoMetadata(**{**(facts or {}), "total_num_frames": len(clip)})
            metadata.height, metadata.width = array.height, array.width
            return shrink(array.frames(choose(metadata, None, settings)), settings), metadata
        with open_clip(clip, settings) as file, ThreadPoolExecutor(1) as pool:
            source = FileClip(file, settings)
            total, seconds = len(source.times), source.times[-1]
            fps = (total - 1) / seconds if seconds > 0 else None
            metadata = VideoMetadata(total, fps=fps, duration=total / fps if fps else 0.0, video_backend="pyav")
            indices = choose(metadata, source.times, settings)
            frames: dict[int, Future] = {}
            job = None
            for i, pixels in source.frames(indices):
                metadata.height, metadata.width = pixels.shape[:2]
                # One frame is resized while the next is decoded, and no more than these two are kept in full.
                if job:
                    job.result()
                frames[i] = job = pool.submit(shrink, pixels[None].permute(0, 3, 1, 2), settings)
            return stack_frames([frames[i].result()[0] for i in indices]), metadata


def flatten_clips(videos: Any) -> list[Any]:
    """List the clips in a nested input: each a source for `open_clip`, a 4-D array or a list of frames."""
    if is_numpy_array(videos) or is_torch_tensor(videos):
        if videos.ndim not in (3, 4, 5):
            raise ClipError(f"A clip array has 4 dimensions, a batch of clips 5, got shape {tuple(videos.shape)}.")
        return list(videos) if videos.ndim == 5 else [videos if videos.ndim == 4 else videos[None]]
    if isinstance(videos, (list, tuple)):
        if videos and all(is_valid_video_frame(frame) for frame in videos):
            return [videos]
        return [clip for item in videos for clip in flatten_clips(item)]
    if isinstance(videos, Mapping):
        return flatten_clips(videos["bytes"] if videos.get("bytes") is not None else videos.get("path"))
    if is_valid_video_frame(videos):
        return [[videos]]
    if isinstance(videos, (str, os.PathLike, bytes, bytearray, memoryview)) or hasattr(videos, "read"):
        return [videos]
    raise ClipError(f"A clip is a path, URL, bytes, file object, array or list of frames, got {type(videos)}.")
