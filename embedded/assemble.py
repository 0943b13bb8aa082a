# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Put a checkpoint folder together: eye, projector, small language model, tokenizer, templates, code.

    python embedded/assemble.py --eye outputs/eye --tokenizer outputs/tokenizer --output outputs/start
    python embedded/assemble.py --eye . --language_model outputs/words/text --output outputs/seeing
    python embedded/assemble.py --checkpoint outputs/words/lora/merged --output .

Without `--eye` the eye is random, good enough to teach words alone. With `--language_model` its weights and
tokenizer come from a folder that was trained before. The projector is always fresh: what it gives to the language
model has the scale of that model's own embeddings. With `--checkpoint` a trained folder is written as it ships.
"""

import argparse
import json
import shutil
import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, CLIPImageProcessor, GenerationConfig, PreTrainedModel


ROOT = Path(__file__).resolve().parent.parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.conversion.companions import (  # noqa: E402
    AUTO_MAP,
    CONFIG,
    CUSTOM_PIPELINES,
    MODEL,
    PROCESSOR,
    PROCESSOR_AUTO_MAP,
    REMOTE_FILES,
    VIDEO_PROCESSOR,
    load_class,
)
from gpt4video.embedded.clips import render_sampled, sample_scene  # noqa: E402
from gpt4video.lines_gpt4video import open_weights  # noqa: E402


VISION = {
    "hidden_size": 128,
    "intermediate_size": 384,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "image_size": 64,
    "patch_size": 8,
    "temporal_hidden_size": 64,
}
ABSTRACTOR = {
    "hidden_size": 128,
    "intermediate_size": 352,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_query_tokens": 16,
    "attention_dropout": 0.0,
    "frame_position_embedding": "sinusoidal",
}
TEXT = {
    "model_type": "llama",
    "hidden_size": 256,
    "intermediate_size": 704,
    "num_hidden_layers": 4,
    "num_attention_heads": 8,
    "num_key_value_heads": 8,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": True,
}


def load_eye(folder: Path | None) -> tuple[dict, dict, dict[str, torch.Tensor]]:
    """Read the configs of vision tower and abstractor and their weights; without a folder, defaults and no weights.

    The folder is one of `train_eye.py`, or a checkpoint whose eye is kept.
    """
    if folder is None:
        return VISION, ABSTRACTOR, {}
    is_checkpoint = (folder / "model.safetensors").exists()
    configs = json.loads((folder / ("config.json" if is_checkpoint else "eye.json")).read_text(encoding="utf-8"))
    weights = load_file(folder / ("model.safetensors" if is_checkpoint else "eye.safetensors"))
    weights = {name.removeprefix("model."): tensor for name, tensor in weights.items()}
    kept = {name: tensor for name, tensor in weights.items() if name.startswith(("vision_tower.", "abstractor."))}
    return configs["vision_config"], configs["abstractor_config"], kept


def load_language_model(folder: Path | None) -> dict[str, torch.Tensor]:
    """Read the weights of the language model out of a checkpoint folder."""
    if folder is None:
        return {}
    prefix = "model.language_model."
    weights = load_file(folder / "model.safetensors")
    return {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}


def load_strictly(module: torch.nn.Module, weights: dict[str, torch.Tensor], prefix: str) -> None:
    """Copy the weights that begin with `prefix` into a module; all of its own must be there."""
    own = {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}
    module.load_state_dict(own)


@torch.no_grad()
def scale_projector(model: PreTrainedModel, seed: int, center: bool) -> float:
    """Give video rows the size of text embeddings, and with `center` their mean, measured on drawn clips.

    Larger rows drown what the layers of the language model add to them, such as which row is which.

    Returns:
        `float`: The root mean square of the text embeddings, which that of the video rows now equals.
    """
    rng = np.random.default_rng(seed)
    size = model.config.vision_config.image_size
    clips = np.stack([render_sampled(sample_scene(rng, "train"), rng, size=size)[0] for _ in range(64)])
    mean, std = (np.array(getattr(CLIPImageProcessor(), name), np.float32) for name in ("image_mean", "image_std"))
    pixels = torch.from_numpy((clips / np.float32(255) - mean) / std).permute(0, 1, 4, 2, 3).contiguous()
    vision = model.model.vision_tower.eval()(pixels).last_hidden_state
    queries = model.model.abstractor.eval()(vision).last_hidden_state
    projector = model.model.multi_modal_projector
    wanted = model.get_input_embeddings().weight.square().mean().sqrt()
    if center:
        projector.spatial_proj.bias -= projector(queries)[:, :-1].mean(dim=(0, 1))
    factor = wanted / projector(queries)[:, :-1].square().mean().sqrt()
    for projection in (projector.spatial_proj, projector.temporal_proj):
        projection.weight *= factor
        projection.bias *= factor
    projector.end_embedding *= wanted / projector.end_embedding.square().mean().sqrt()
    return wanted.item()


def build_processor(tokenizer_folder: Path, image_size: int, num_video_tokens: int, num_frames: int = 8):
    """Make the processor with the templates of the repository."""
    return load_class(PROCESSOR)(
        image_processor=CLIPImageProcessor(
            size={"shortest_edge": image_size}, crop_size={"height": image_size, "width": image_size}
        ),
        video_processor=load_class(VIDEO_PROCESSOR)(
            size={"height": image_size, "width": image_size}, num_frames=num_frames
        ),
        tokenizer=AutoTokenizer.from_pretrained(tokenizer_folder, trust_remote_code=True),
        chat_template=(ROOT / "chat_template.jinja").read_text(encoding="utf-8"),
        num_video_tokens=num_video_tokens,
    )


def edit_json(path: Path, **changes) -> None:
    """Set keys of a JSON file."""
    content = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def save(model: PreTrainedModel, processor, output: Path) -> None:
    """Write weights, configs, templates and the remote code into one folder."""
    model.save_pretrained(output)
    open_weights(*output.glob("*.safetensors"))
    processor.save_pretrained(output)
    edit_json(output / "config.json", auto_map=AUTO_MAP, custom_pipelines=CUSTOM_PIPELINES, dtype="float32")
    processor_config = json.loads((output / "processor_config.json").read_text(encoding="utf-8"))
    video_processor = processor_config["video_processor"] | {"auto_map": PROCESSOR_AUTO_MAP}
    edit_json(output / "processor_config.json", auto_map=PROCESSOR_AUTO_MAP, video_processor=video_processor)
    if output.resolve() != ROOT:
        shutil.copytree(ROOT / "chat_templates", output / "chat_templates", dirs_exist_ok=True)
        for name in REMOTE_FILES:
            shutil.copy(ROOT / name, output / name)


def assemble(
    eye: Path | None, tokenizer: Path | None, language_model: Path | None, output: Path, seed: int = 0
) -> PreTrainedModel:
    """Build the model and its processor and write them to `output`; see the arguments of the command line.

    Raises:
        ValueError: If there is neither a tokenizer nor a language model that has one.
    """
    if tokenizer is None and language_model is None:
        raise ValueError("assemble needs --tokenizer or --language_model, neither was given.")
    vision, abstractor, eye_weights = load_eye(eye)
    processor = build_processor(tokenizer or language_model, vision["image_size"], abstractor["num_query_tokens"] + 1)
    tokens = processor.tokenizer
    text = TEXT | {
        "vocab_size": len(tokens),
        "bos_token_id": tokens.bos_token_id,
        "eos_token_id": tokens.eos_token_id,
        "pad_token_id": tokens.pad_token_id,
    }
    config = load_class(CONFIG)(
        vision_config=vision,
        abstractor_config=abstractor,
        text_config=text,
        video_token_id=tokens.convert_tokens_to_ids("<|video|>"),
        image_token_id=tokens.convert_tokens_to_ids("<|image|>"),
        tie_word_embeddings=True,
    )
    torch.manual_seed(seed)
    model = load_class(MODEL)(config)
    if eye_weights:
        load_strictly(model.model.vision_tower, eye_weights, "vision_tower.")
        load_strictly(model.model.abstractor, eye_weights, "abstractor.")
    if language_model:
        load_strictly(model.model.language_model, load_language_model(language_model), "")
    scale = scale_projector(model, seed, center=True)
    model.generation_config.bos_token_id = tokens.bos_token_id
    model.generation_config.eos_token_id = tokens.eos_token_id
    model.generation_config.pad_token_id = tokens.pad_token_id
    save(model, processor, output)
    count = sum(parameter.numel() for parameter in model.parameters())
    print(f"{output}: {count:,} parameters, {len(tokens)} tokens, embeddings of size {scale:.4f}")
    return model


def install(checkpoint: Path, output: Path, level: bool = False) -> None:
    """Write a trained checkpoint to `output` with the configs as they ship; `level` scales its video rows anew."""
    config = load_class(CONFIG).from_pretrained(checkpoint)
    model = load_class(MODEL).from_pretrained(checkpoint, config=config, dtype="float32")
    if level:
        scale_projector(model, seed=0, center=False)
    # Training switches the cache off in the config that it saves.
    model.config.use_cache = model.config.text_config.use_cache = True
    tokens = AutoTokenizer.from_pretrained(checkpoint, trust_remote_code=True)
    model.generation_config = GenerationConfig(
        bos_token_id=tokens.bos_token_id, eos_token_id=tokens.eos_token_id, pad_token_id=tokens.pad_token_id
    )
    save(model, build_processor(checkpoint, config.vision_config.image_size, config.num_video_tokens), output)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eye", type=Path, help="folder of train_eye.py, or a checkpoint whose eye is kept")
    parser.add_argument("--tokenizer", type=Path, help="folder of the tokenizer")
    parser.add_argument("--language_model", type=Path, help="checkpoint folder to take the language model from")
    parser.add_argument("--checkpoint", type=Path, help="trained folder to write as it ships; alone with --output")
    parser.add_argument("--level", action="store_true", help="with --checkpoint: scale its video rows to its words")
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    parser.add_argument("--seed", type=int, default=0)
    arguments = vars(parser.parse_args())
    checkpoint, level = arguments.pop("checkpoint"), arguments.pop("level")
    if checkpoint:
        install(checkpoint, arguments["output"], level)
    else:
        assemble(**arguments)


if __name__ == "__main__":
    main()
