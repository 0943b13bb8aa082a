"""Parity of preprocessing with the original: frame numbers, pixels and token ids recorded from its own code."""

import io
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, CLIPImageProcessor
from transformers.video_utils import VideoMetadata

from gpt4video.processing_gpt4video import GPT4VideoProcessor, GPT4VideoVideoProcessor


REPO_ROOT = Path(__file__).resolve().parent.parent
PARITY = Path(__file__).parent / "fixtures" / "parity"
# The transformers that we use builds the tokenizer from the same file by rules of its own. It differs from the slow
# tokenizer of the original in two cases only: it puts no word boundary before a text that starts with a space, and
# none after a literal special token.
DIFFERENT_TEXTS = {"  two  spaces ", "<s>x</s> y"}


@pytest.fixture(scope="module")
def recorded() -> dict[str, torch.Tensor]:
    return load_file(PARITY / "preprocess.safetensors")


@pytest.fixture(scope="module")
def ids() -> dict:
    return json.loads((PARITY / "tokenization.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def processor() -> GPT4VideoProcessor:
    tokenizer = AutoTokenizer.from_pretrained(PARITY)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|video|>", "<|image|>"]})
    return GPT4VideoProcessor(
        CLIPImageProcessor.from_pretrained(PARITY),
        GPT4VideoVideoProcessor(size={"height": 28, "width": 28}),
        tokenizer,
        chat_template=(REPO_ROOT / "chat_template.jinja").read_text(),
    )


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 32])
def test_frame_numbers(recorded: dict, processor: GPT4VideoProcessor, count: int):
    totals = recorded["sampling.total_frames"].tolist()
    assert len(totals) == 63
    for total, expected in zip(totals, recorded[f"sampling.num_frames_{count}"].tolist(), strict=True):
        metadata = VideoMetadata(total_num_frames=total)
        assert processor.video_processor.sample_frames(metadata, num_frames=count) == expected, total
        if count == 8:
            assert processor.video_processor.sample_frames(metadata) == expected


def test_images_are_bit_equal(recorded: dict, processor: GPT4VideoProcessor):
    frames = [frame.numpy() for frame in recorded["raw_frames"]]
    text = "<|image|>" * len(frames)
    pixels = processor(text=text, images=frames, return_tensors="pt")["pixel_values"]
    assert torch.equal(pixels, recorded["pixel_values_28"])
    default = GPT4VideoProcessor(CLIPImageProcessor(), GPT4VideoVideoProcessor(), processor.tokenizer)
    pixels = default(text="<|image|>", images=frames[:1], return_tensors="pt")["pixel_values"]
    assert torch.equal(pixels, recorded["pixel_values_224_first_frame"])


def test_decoded_frames_are_bit_equal(recorded: dict):
    reader = GPT4VideoVideoProcessor(do_resize=False, do_rescale=False, do_normalize=False)
    clip = PARITY / "clip.mp4"
    frames = reader(clip, do_sample_frames=False, return_tensors="pt")["pixel_values_videos"][0]
    assert torch.equal(frames.permute(0, 2, 3, 1), recorded["clip.all_frames_native"])
    sampled = reader(clip, num_frames=4, return_tensors="pt", return_metadata=True)
    assert sampled["video_metadata"][0].frames_indices == recorded["clip.indices"].tolist()
    assert torch.equal(sampled["pixel_values_videos"][0], frames[recorded["clip.indices"]])


def test_clip_pixels(recorded: dict, processor: GPT4VideoProcessor):
    """From the original's own squashed frames; worst difference seen: 0."""
    expected = recorded["clip.video_pixel_values"][0, :, :2].transpose(0, 1)
    frames = recorded["clip.frames_224"].numpy()
    pixels = processor.video_processor(frames, do_sample_frames=False, return_tensors="pt")["pixel_values_videos"][0]
    torch.testing.assert_close(pixels, expected, rtol=0, atol=2e-5)
    # At 224 x 224, the size of the published weights, nothing is left to resize and only the arithmetic remains.
    native = processor.video_processor(frames, do_sample_frames=False, return_tensors="pt", size=224)
    mean, std = recorded["image_mean"].float(), recorded["image_std"].float()
    by_hand = ((recorded["clip.frames_224"] / 255 - mean) / std).permute(0, 3, 1, 2)
    torch.testing.assert_close(native["pixel_values_videos"][0], by_hand, rtol=0, atol=2e-5)


def test_token_ids_of_texts(ids: dict, processor: GPT4VideoProcessor):
    different = set()
    for record in ids["texts"]:
        with_bos = processor.tokenizer(record["text"])["input_ids"]
        without = processor.tokenizer(record["text"], add_special_tokens=False)["input_ids"]
        if with_bos != record["slow"] or without != record["slow_no_special"]:
            different.add(record["text"])
    assert different == DIFFERENT_TEXTS


def as_messages(instruction: str) -> list[dict]:
    """Turn the first ten lines of an original record into messages, as its own parser cuts them."""
    roles = {"Human": "user", "AI": "assistant"}
    lines = [line.partition(": ") for line in instruction.split("\n")[:10]]
    return [{"role": roles[who], "content": words} for who, _, words in lines]


def test_token_ids_of_original_records(ids: dict, processor: GPT4VideoProcessor):
    template = (REPO_ROOT / "chat_templates" / "original.jinja").read_text()
    for record in ids["field_parser"]:
        messages = as_messages(record["instruction"])
        for options in ({}, {"return_assistant_tokens_mask": True}):
            encoded = processor.apply_chat_template(messages, template, tokenize=True, return_dict=True, **options)
            assert encoded["input_ids"][0] == record["input_ids"]
    # With a clip the prefix `Human:` and its 65 tokens come first, then the same text, its BOS in the middle.
    record = ids["field_parser"][0]
    messages = as_messages(record["instruction"])
    media = {"type": "video", "video": (PARITY / "clip.mp4").read_bytes()}
    messages[0]["content"] = [media, {"type": "text", "text": messages[0]["content"]}]
    encoded = processor.apply_chat_template(messages, template, tokenize=True, return_dict=True)
    prefix = next(text for text in ids["texts"] if text["text"] == "Human:")["slow_no_special"]
    assert encoded["input_ids"][0] == prefix + [processor.video_token_id] * 65 + record["input_ids"]


def test_prompt_of_the_clip(recorded: dict, processor: GPT4VideoProcessor):
    """mPLUG-Owl's prompt tokenizer: the same ids but for word boundaries that it puts at the start of each chunk."""
    text = "<s> Human: <|video|>\nHuman: what happens in the video\nAI: "
    clip = io.BytesIO((PARITY / "clip.mp4").read_bytes())
    ours = processor(text=text, videos=clip, add_special_tokens=False)["input_ids"][0]
    theirs = recorded["clip.input_ids"][0].tolist()
    theirs = [processor.video_token_id if i == -2 else i for i in theirs]
    boundary = processor.tokenizer.convert_tokens_to_ids("▁")
    after = theirs.index(processor.video_token_id) + 65
    assert theirs[after] == boundary
    assert ours == theirs[:after] + theirs[after + 1 :]
