"""What vLLM's transformers back end asks of the model and the processor, with the overrides of the README.

The steps are those of `vllm/model_executor/models/transformers` (`base.py`, `multimodal.py`); vLLM itself is not run.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from tiny_repository import write_repository
from torch.testing import assert_close
from transformers import AttentionInterface, AutoConfig, AutoModel, AutoModelForImageTextToText, AutoProcessor


REPO_ROOT = Path(__file__).resolve().parent.parent
README = (REPO_ROOT / "README.md").read_text(encoding="utf-8")
OVERRIDES = json.loads(re.search(r"--hf-overrides '(\{.*?\})'", README, flags=re.DOTALL)[1])
SIZES = ((3, 20, 30), (7, 18, 26))  # frames, height and width of two clips


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, make_config: Callable, make_model: Callable) -> Path:
    return write_repository(tmp_path_factory.mktemp("repositories") / "tiny", make_config, make_model)


@pytest.fixture(scope="module")
def processor(repository: Path):
    return AutoProcessor.from_pretrained(repository, trust_remote_code=True)


@pytest.fixture(autouse=True)
def _no_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    # The library remembers the class of the overrides, and other tests would get it for the same configuration.
    monkeypatch.setattr(AutoModel._model_mapping, "_extra_content", dict(AutoModel._model_mapping._extra_content))


def open_headless(repository: Path | str):
    """Build the model as vLLM does: the overrides on the configuration, then `AutoModel`, without weights."""
    config = AutoConfig.from_pretrained(repository, trust_remote_code=True, **OVERRIDES)
    config.update(OVERRIDES)
    return AutoModel.from_config(config, trust_remote_code=True).eval()


def make_clip(num_frames: int, height: int, width: int) -> tuple[np.ndarray, dict]:
    """A clip as vLLM gives it: frames, chosen already, and what is known of them."""
    frames = np.random.default_rng(num_frames).integers(0, 255, (num_frames, height, width, 3), dtype=np.uint8)
    known = {"fps": None, "duration": None, "total_num_frames": num_frames, "video_backend": "opencv"}
    return frames, known | {"frames_indices": list(range(num_frames))}


def process(processor, text: str, clips: list[tuple[np.ndarray, dict]], **kwargs):
    videos, metadata = zip(*clips, strict=True)
    return processor(
        text=text,
        videos=list(videos),
        video_metadata=list(metadata),
        do_sample_frames=False,
        return_text_replacement_offsets=True,
        return_tensors="pt",
        **kwargs,
    )


@pytest.mark.parametrize("place", ["tiny", "root"])
def test_overrides_open_the_model_without_a_head(repository: Path, place: str) -> None:
    folder = repository if place == "tiny" else REPO_ROOT
    with torch.device("meta"):
        model = open_headless(folder)
    assert type(model).__name__ == "GPT4VideoModel"
    assert model.is_backend_compatible()
    assert model.base_model_prefix == "model" and model.language_model is model.get_decoder()
    assert model.get_encoder(modality="video") is model.get_encoder(modality="image") is model.vision_tower
    assert model.config != model.config.get_text_config()
    # Weights go by their names in the file; a tied head is not in it.
    with safe_open(folder / "model.safetensors", framework="pt") as file:
        names = set(file.keys())
    assert {f"model.{name}" for name, _ in model.named_parameters()} == names - {"lm_head.weight"}


def test_the_processor_counts_what_it_makes(processor, repository: Path) -> None:
    config = AutoConfig.from_pretrained(repository, trust_remote_code=True)
    # The largest item is looked for with sizes of one modality at a time.
    for count, sizes in (
        ("num_video_tokens", {"video_sizes": (SIZES[0],)}),
        ("num_image_tokens", {"image_sizes": ([9, 7],)}),
    ):
        assert processor._get_num_multimodal_tokens(**sizes)[count] == [config.num_video_tokens]
    assert processor.video_processor.size.get("height") == config.vision_config.image_size
    assert processor.video_processor.do_sample_frames and processor.image_processor
    counts = processor._get_num_multimodal_tokens(video_sizes=SIZES)["num_video_tokens"]
    inputs = process(processor, "a<|video|>b<|video|>", [make_clip(*size) for size in SIZES])
    offsets = inputs["text_replacement_offsets"][0]
    assert [entry["type"] for entry in offsets] == ["video", "video"]
    replacements = [
        processor.tokenizer(entry["replacement"], add_special_tokens=False)["input_ids"] for entry in offsets
    ]
    assert replacements == [[config.video_token_id] * count for count in counts]
    assert len(inputs["pixel_values_videos"]) == len(SIZES)
    # What an item becomes depends on nothing else, but for padding that `video_num_frames` counts.
    for row, size in enumerate(SIZES):
        alone = process(processor, "<|video|>", [make_clip(*size)])["pixel_values_videos"][0]
        assert torch.equal(inputs["pixel_values_videos"][row, : len(alone)], alone)
    both = process(processor, "<|image|><|video|>", [make_clip(*SIZES[0])], images=[make_clip(*SIZES[1])[0][0]])
    names = {"input_ids", "attention_mask", "text_replacement_offsets"}
    names |= {*processor.video_processor.model_input_names, *processor.image_processor.model_input_names}
    assert set(both) <= names, "each input belongs to the modality that names it"


@torch.no_grad()
def test_hidden_states_are_those_of_the_whole_model(processor, repository: Path) -> None:
    """One row without padding, rows of clips put in by the server, attention by its own function."""
    whole = AutoModelForImageTextToText.from_pretrained(repository, trust_remote_code=True)
    model = open_headless(repository)
    state = {name.removeprefix("model."): value for name, value in whole.state_dict().items()}
    model.load_state_dict({name: value for name, value in state.items() if not name.startswith("lm_head")})
    model.config.get_text_config()._attn_implementation = "vllm"
    layers = dict.fromkeys(range(model.config.text_config.num_hidden_layers), 0)

    def attention(module, query, key, value, attention_mask, scaling=None, attention_instances=None, **kwargs):
        attention_instances[module.layer_idx] += 1
        groups = query.shape[1] // key.shape[1]
        key, value = (states.repeat_interleave(groups, dim=1) for states in (key, value))
        mixed = torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True, scale=scaling)
        return mixed.transpose(1, 2).reshape(-1, query.shape[1] * query.shape[3]), None

    AttentionInterface.register("vllm", attention)
    inputs = process(processor, "What is it?<|video|> And <|video|>?", [make_clip(*size) for size in SIZES])
    input_ids, pixels, counts = (inputs[name] for name in ("input_ids", "pixel_values_videos", "video_num_frames"))
    features = [
        model.get_video_features(clip[None, :count], return_dict=True).pooler_output[0]
        for clip, count in zip(pixels, counts, strict=True)
    ]
    embeddings = model.get_input_embeddings()(input_ids[0])
    embeddings[input_ids[0] == model.config.video_token_id] = torch.cat(features)
    hidden = model(
        input_ids=None,
        inputs_embeds=embeddings[None],
        use_cache=False,
        position_ids=torch.arange(len(embeddings))[None],
        attention_instances=layers,
        return_dict=False,
    )[0][0]
    assert set(layers.values()) == {1}
    expected = whole(input_ids=input_ids, pixel_values_videos=pixels, video_num_frames=counts).logits[0]
    assert_close(whole.lm_head(hidden), expected, rtol=0, atol=2e-5)
