"""Shared fixtures: the package door `gpt4video`, an offline environment, seeds, a tiny model and its prompts."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import pytest


os.environ["HF_HUB_OFFLINE"] = "1"
# Encoded rows of the tests do not stay in the user's cache.
DATASETS_CACHE = tempfile.TemporaryDirectory(prefix="gpt4video-datasets-")
os.environ["HF_DATASETS_CACHE"] = DATASETS_CACHE.name

REPO_ROOT = Path(__file__).resolve().parent.parent

if "gpt4video" not in sys.modules:
    # The package door of pyproject.toml without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)


@pytest.fixture(autouse=True)
def seed() -> None:
    """Seed torch before each test, so that tests pass in any order."""
    import torch

    torch.manual_seed(0)


@pytest.fixture(scope="session", autouse=True)
def modules_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the remote-code cache apart from the user's, in subprocesses as well.

    One for all tests: Python looks for a second `transformers_modules` where it found the first.
    """
    cache = tmp_path_factory.mktemp("modules")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_MODULES_CACHE", str(cache))
        patch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(cache), raising=True)
        yield cache


@pytest.fixture(scope="session")
def make_config() -> Callable:
    """Build a tiny configuration in which no two sizes agree by chance; the arguments override parts of it."""
    from gpt4video.configuration_gpt4video import GPT4VideoConfig

    def build(vision: dict | None = None, abstractor: dict | None = None, text: dict | None = None, **kwargs):
        text_config = text if text and "model_type" in text else LLAMA | (text or {})
        return GPT4VideoConfig(
            vision_config=VISION | (vision or {}),
            abstractor_config=ABSTRACTOR | (abstractor or {}),
            text_config=text_config,
            **{"video_token_id": 97, "image_token_id": 98} | kwargs,
        )

    return build


VISION = {
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "image_size": 12,
    "patch_size": 4,
    "temporal_hidden_size": 10,
}
ABSTRACTOR = {
    "hidden_size": 24,
    "intermediate_size": 20,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_query_tokens": 6,
}
LLAMA = {
    "model_type": "llama",
    "vocab_size": 99,
    "hidden_size": 32,
    "intermediate_size": 44,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}


MODEL = "modeling_gpt4video.GPT4VideoForConditionalGeneration"
AUTO_MAP = {
    "AutoConfig": "configuration_gpt4video.GPT4VideoConfig",
    "AutoModel": MODEL,
    "AutoModelForImageTextToText": MODEL,
    "AutoModelForMultimodalLM": MODEL,
    "AutoModelForCausalLM": MODEL,
}


@pytest.fixture
def tiny_config(make_config: Callable):
    """Give a new tiny configuration."""
    return make_config()


@pytest.fixture(scope="session")
def make_model() -> Callable:
    """Build a model in which every parameter matters: no zeros, norms off one."""
    import torch

    from gpt4video.modeling_gpt4video import GPT4VideoForConditionalGeneration

    def build(config, attn_implementation: str = "sdpa", seed: int = 0):
        model = GPT4VideoForConditionalGeneration._from_config(config, attn_implementation=attn_implementation).eval()
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                noise = torch.randn(parameter.shape, generator=generator)
                if "norm" in name and name.endswith("weight"):
                    parameter.copy_(1 + 0.25 * noise)
                else:
                    parameter.copy_(noise * (0.2 if parameter.dim() < 2 else parameter.shape[-1] ** -0.5))
        return model

    return build


@pytest.fixture
def tiny_model(tiny_config, make_model: Callable):
    """Give a new tiny model with SDPA attention."""
    return make_model(tiny_config)


@pytest.fixture(scope="session")
def make_inputs() -> Callable:
    """Write prompts, left-padded: each row a list of `"video"`, `"image"` and numbers of text tokens."""
    import torch

    def build(config, rows: list[list], num_frames: int = 5, seed: int = 0) -> dict:
        generator = torch.Generator().manual_seed(seed)
        media = {"video": config.video_token_id, "image": config.image_token_id}
        prompts = [
            [
                token
                for part in row
                for token in (
                    [media[part]] * config.num_video_tokens
                    if part in media
                    else torch.randint(3, 90, (part,), generator=generator).tolist()
                )
            ]
            for row in rows
        ]
        length = max(len(prompt) for prompt in prompts)
        inputs = {
            "input_ids": torch.tensor([[0] * (length - len(prompt)) + prompt for prompt in prompts]),
            "attention_mask": torch.tensor([[0] * (length - len(prompt)) + [1] * len(prompt) for prompt in prompts]),
        }
        side = config.vision_config.image_size
        num_clips, num_images = (sum(row.count(name) for row in rows) for name in media)
        if num_clips:
            inputs["pixel_values_videos"] = torch.randn(num_clips, num_frames, 3, side, side, generator=generator)
        if num_images:
            inputs["pixel_values"] = torch.randn(num_images, 3, side, side, generator=generator)
        return inputs

    return build


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory, make_config: Callable, make_model: Callable) -> Path:
    """Write a tiny model repository: weights, `config.json` with every door, and the remote code beside them."""
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny-gpt4video"
    make_model(make_config()).save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": AUTO_MAP}))
    for name in ("configuration_gpt4video.py", "modeling_gpt4video.py"):
        shutil.copy(REPO_ROOT / name, folder)
    return folder


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a tiny random GPT4Video with a tokenizer of bytes, as a folder that the Auto classes open."""
    from training_files import write_checkpoint

    return write_checkpoint(tmp_path_factory.mktemp("trainable"))


@pytest.fixture(scope="session")
def processor(checkpoint: Path):
    """Open the processor of `checkpoint`."""
    from transformers import AutoProcessor

    return AutoProcessor.from_pretrained(checkpoint, trust_remote_code=True)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Write two clips and `rows.jsonl`: one clip, two clips, text alone, twice."""
    from training_files import clip_row, text_row, two_clip_row, write_clips, write_rows

    write_clips(tmp_path)
    write_rows(tmp_path, [clip_row(), two_clip_row(), text_row()] * 2)
    return tmp_path


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory, make_config: Callable, make_model: Callable) -> Path:
    """Write a tiny random GPT4Video with a processor and, as `custom_pipelines`, the pipeline."""
    from tiny_repository import write_repository

    return write_repository(tmp_path_factory.mktemp("repositories") / "tiny", make_config, make_model)


@pytest.fixture(scope="session")
def opened_pipe(repository: Path):
    """Open the pipeline of `repository`, without guards and without a generator."""
    from transformers import pipeline

    return pipeline(model=str(repository), trust_remote_code=True, device="cpu", max_new_tokens=12, guards=None)


@pytest.fixture
def pipe(opened_pipe, monkeypatch: pytest.MonkeyPatch):
    """Give the pipeline, which knows no clip yet."""
    monkeypatch.setattr(opened_pipe, "_media", {})
    return opened_pipe


@pytest.fixture
def encoded(pipe, monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Record the shape of every clip and image that the model encodes."""
    shapes = []
    encode_clips = pipe.model.model.encode_clips

    def count(pixels, **kwargs):
        shapes.append(tuple(pixels.shape))
        return encode_clips(pixels, **kwargs)

    monkeypatch.setattr(pipe.model.model, "encode_clips", count)
    return shapes
