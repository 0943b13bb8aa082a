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
"""Processing of GPT4Video: clips to pixels, conversations to token ids, replies to words and video prompts.

1. `GPT4VideoVideoProcessor` has `reading_gpt4video.py` read clips, chooses frames by the original's rule, squashes
   and normalises them.
2. `GPT4VideoProcessor` renders conversations, keeps control tokens out of the users' words, expands placeholders.
3. `parse_reply` and `ReplyParser` cut a reply into ordered parts.
"""

import bisect
import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from transformers import CLIPImageProcessorPil
from transformers.feature_extraction_utils import BatchFeature
from transformers.image_utils import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD, ChannelDimension, PILImageResampling, SizeDict
from transformers.processing_utils import MultiModalData, ProcessorMixin, Unpack, VideosKwargs
from transformers.utils import auto_docstring
from transformers.video_processing_utils import BaseVideoProcessor
from transformers.video_utils import VideoInput, VideoMetadata

from .reading_gpt4video import ClipError, flatten_clips, read_clip, read_images, resize_frames, spread_indices
from .serving_gpt4video import checks_requests


# Matroska rounds times to milliseconds, so a frame counts as shown from one millisecond before its time.
TIME_ROUNDING = 1e-3
TAG = r"(?:video[0-9]{0,6}|vid[0-9]{1,6})>"
WHOLE_TAG, LONGEST_TAG = re.compile(rf"</?{TAG}"), len("</video123456>")
INNER = rf"(?:(?!</?{TAG}).)*"
PROMPT = re.compile(rf"<(?:video([0-9]{{0,6}})|vid([0-9]{{1,6}}))>({INNER})</{TAG}", re.DOTALL)
UNSETTLED = re.compile(rf"<{TAG}{INNER}\Z|</?(?:v|vi|vid[0-9]{{0,6}}|vide|video[0-9]{{0,6}})?\Z", re.DOTALL)


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
        self._pieces: list[ReplyPart] = []
        self._unsettled: list[str] = []
        self._is_open, self._recent = False, ""

    @property
    def parts(self) -> list[ReplyPart]:
        """What is certain by now, stretches of words in one piece each."""
        parts = []
        for kind, group in itertools.groupby(self._pieces, key=lambda piece: piece.kind):
            pieces = list(group)
            parts += pieces if kind != "text" else [ReplyPart("text", "".join(piece.text for piece in pieces))]
        return parts

    def feed(self, chunk: str) -> list[ReplyPart]:
        """Take the next chunk and return what is certain by now: whole prompts, and words in pieces."""
        self._unsettled.append(chunk)
        self._recent = self._recent[1 - LONGEST_TAG :] + chunk
        # After an opening tag nothing is certain before the next tag is complete.
        if self._is_open and not WHOLE_TAG.search(self._recent):
            return []
        text = "".join(self._unsettled)
        unsettled = UNSETTLED.search(text)
        end = unsettled.start() if unsettled else len(text)
        self._unsettled, self._recent = [text[end:]], text[end + 1 :]
        self._is_open = WHOLE_TAG.match(text, end) is not None
        return self._settle(text[:end])

    def close(self) -> list[ReplyPart]:
        """End the reply and return the words held back, such as those after a tag that was never closed."""
        text = "".join(self._unsettled)
        self._unsettled, self._is_open, self._recent = [], False, ""
        return self._settle(text)

    def _settle(self, text: str) -> list[ReplyPart]:
        fresh = parse_reply(text)
        self._pieces += fresh
        return fresh


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
                raise ValueError(f"fps must be positive, got {fps}, and arrays need `video_metadata` with their fps.")
            timestamps = timestamps or [i / metadata.fps for i in range(total)]
            seconds = metadata.duration or total / (metadata.fps or math.inf)
            count = max(1, math.ceil((seconds - TIME_ROUNDING) * fps))
        limit = max_sampled_frames or self.max_sampled_frames
        if not 1 <= count <= limit:
            raise ClipError(f"{count} frames were asked for, allowed are 1 to `max_sampled_frames` = {limit}")
        if fps is not None:
            return [max(0, bisect.bisect_right(timestamps, i / fps + TIME_ROUNDING) - 1) for i in range(count)]
        return spread_indices(total, count)

    def _choose(self, metadata: VideoMetadata, times: list[float] | None, settings: dict[str, Any]) -> list[int]:
        indices = list(range(metadata.total_num_frames))
        if settings["do_sample_frames"]:
            indices = self.sample_frames(metadata, timestamps=times, **settings)
        elif len(indices) > settings["max_sampled_frames"]:
            raise ClipError(f"{len(indices)} frames are over `max_sampled_frames` = {settings['max_sampled_frames']}")
        metadata.frames_indices = indices
        return indices

    def _shrink(self, frames: torch.Tensor, settings: dict[str, Any]) -> torch.Tensor:
        return self.resize(frames, settings["size"], settings["resample"]) if settings["do_resize"] else frames

    def resize(self, image: torch.Tensor, size: SizeDict, resample: Any = None, **kwargs) -> torch.Tensor:
        """Resize `(..., channels, height, width)`: uint8 frames as the original does, with Pillow."""
        if image.shape[-2:] == (size.height, size.width):
            return image
        is_plain = image.dtype == torch.uint8 and image.device.type == "cpu" and image.shape[-3] in (1, 3)
        if is_plain and size.height and size.width and isinstance(resample, int):
            return resize_frames(image, size.height, size.width, resample)
        return super().resize(image, size, resample, **kwargs)

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
        if not (clips := flatten_clips(videos)):
            raise ClipError("No clip was given, the list of clips is empty.")
        known = kwargs.pop("video_metadata", None) or [None] * len(clips)
        frames, metadata = [], []
        for clip, facts in zip(clips, known if isinstance(known, list) else [known], strict=True):
            read = read_clip(clip, facts, settings, choose=self._choose, shrink=self._shrink)
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
        images = None if images is None else read_images(images, vars(self.video_processor))
        return super().prepare_inputs_layout(images=images, text=text, videos=videos, audio=audio, **kwargs)

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
        counts = {"num_image_tokens": (image_sizes, self.num_video_tokens), "num_image_patches": (image_sizes, 1)}
        counts["num_video_tokens"] = (video_sizes, self.num_video_tokens)
        return MultiModalData(**{key: sizes and [number] * len(sizes) for key, (sizes, number) in counts.items()})

    def _multimodal_inputs_from_conversations(self, conversations, audio_loading_params, load_audio_from_video=False):
        # `transformers serve` asks for the sound of every clip; this model hears none.
        return super()._multimodal_inputs_from_conversations(conversations, audio_loading_params, False)

    @checks_requests
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
        a string (`tokenize=False`) and with `return_assistant_tokens_mask`, a zero-width space breaks them instead, or
        takes the place of those of one character. `sanitize_control_tokens=False` switches both off. Clips may be
        given as anything the video processor reads.
        """
        marked, pattern = sanitize_control_tokens and tokenize and not return_assistant_tokens_mask, None
        if sanitize_control_tokens:
            special = [token.content for token in self.tokenizer.added_tokens_decoder.values() if token.special]
            pattern = re.compile("|".join(re.escape(token) for token in sorted(special, key=len, reverse=True)))
        return super().apply_chat_template(
            self._clean(conversation, pattern, marked),
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
            return pattern.sub("\u200b", pattern.sub(lambda token: "\u200b".join(token[0]), value))
        if not isinstance(value, Mapping):
            raise ValueError(f"Messages and their blocks are mappings and words are strings, got {value!r}.")
        message = {key: item for key, item in value.items() if item is not None}
        if message.get("type") == "video_url":
            source = message.pop("video_url")
            message.update(type="video", url=source["url"] if isinstance(source, Mapping) else source)
        settings = message.keys() & self.video_processor.valid_kwargs.__annotations__.keys()
        if message.get("type") == "video" and settings:
            raise ValueError(
                f"A video block takes no {sorted(settings)}, give `processor_kwargs` with it for all clips."
            )
        words = message.keys() & {"content", "text"}
        return message | {key: self._clean(message[key], pattern, marked) for key in words}

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
