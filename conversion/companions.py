# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Write everything of a model folder but its weights: configuration, code, tokenizer, processor, adapter."""

import functools
import json
import shutil
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from transformers import CLIPImageProcessor, GenerationConfig
from transformers.dynamic_module_utils import get_class_from_dynamic_module, get_relative_import_files

from gpt4video.conversion.sources import PLACEHOLDERS, Lora, read_json
from gpt4video.lines_gpt4video import open_weights


REPO_ROOT = Path(__file__).resolve().parent.parent
CONFIG, MODEL = "configuration_gpt4video.GPT4VideoConfig", "modeling_gpt4video.GPT4VideoForConditionalGeneration"
PROCESSOR, VIDEO_PROCESSOR = "processing_gpt4video.GPT4VideoProcessor", "processing_gpt4video.GPT4VideoVideoProcessor"
PIPELINE = "pipeline_gpt4video.GPT4VideoPipeline"
DOORS = ["AutoModel", "AutoModelForCausalLM", "AutoModelForImageTextToText", "AutoModelForMultimodalLM"]
AUTO_MAP = {"AutoConfig": CONFIG, **dict.fromkeys(DOORS, MODEL)}
PROCESSOR_AUTO_MAP = {"AutoProcessor": PROCESSOR, "AutoVideoProcessor": VIDEO_PROCESSOR}
CUSTOM_PIPELINES = {"video-text-to-text": {"impl": PIPELINE, "pt": ["AutoModelForMultimodalLM"], "type": "multimodal"}}
NAMED_FILES = [f"{name.split('.')[0]}.py" for name in (CONFIG, MODEL, PROCESSOR, PIPELINE)]
# The files that the maps above name, and the siblings that these import.
REMOTE_FILES = sorted(
    {*NAMED_FILES, *(Path(path).name for name in NAMED_FILES for path in get_relative_import_files(REPO_ROOT / name))}
)
TEMPLATES = {"default": "chat_template.jinja", "original": "chat_templates/original.jinja"}


@functools.cache
def load_class(reference: str) -> type:
    """Get a class of this repository the way the Auto classes do."""
    return get_class_from_dynamic_module(reference, REPO_ROOT)


def write_json(path: Path, content: dict) -> None:
    """Write a JSON object as the library does."""
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def stage(conversion: Any, folder: Path) -> None:
    """Write all companions of the weights of `conversion` into the new folder `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in REMOTE_FILES:
        shutil.copy(REPO_ROOT / name, folder / name)
    args, config, tokenizer = conversion.args, conversion.config, conversion.tokenizer
    config.architectures, config.dtype = [MODEL.split(".")[1]], conversion.dtype
    config.save_pretrained(folder)
    settings = read_json(folder / "config.json") | {"auto_map": AUTO_MAP, "custom_pipelines": CUSTOM_PIPELINES}
    write_json(folder / "config.json", settings)
    # The templates of a composed model's tokenizer know nothing of clips.
    tokenizer.chat_template = None
    known = read_optional(conversion.source / "preprocessor_config.json")
    norm = {name: known[name] for name in ("image_mean", "image_std") if name in known}
    side = config.vision_config.image_size
    square = {"height": side, "width": side}
    processor = load_class(PROCESSOR)(
        image_processor=CLIPImageProcessor(size={"shortest_edge": side}, crop_size=square, **norm),
        video_processor=load_class(VIDEO_PROCESSOR)(size=square, **norm),
        tokenizer=tokenizer,
        chat_template={name: (REPO_ROOT / path).read_text(encoding="utf-8") for name, path in TEMPLATES.items()},
        num_video_tokens=config.num_video_tokens,
    )
    processor.save_pretrained(folder)
    settings = read_json(folder / "processor_config.json") | {"auto_map": PROCESSOR_AUTO_MAP}
    settings["video_processor"]["auto_map"] = PROCESSOR_AUTO_MAP
    write_json(folder / "processor_config.json", settings)
    # An original's own generation_config.json never took effect: its generation ran in the inner language model.
    known = read_optional(conversion.source / "generation_config.json") if args.compose else {}
    ends = known.get("eos_token_id") or []
    ends = [tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])]
    GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=list(dict.fromkeys(ends)),
        pad_token_id=tokenizer.pad_token_id,
        max_new_tokens=512,
        suppress_tokens=tokenizer.convert_tokens_to_ids(PLACEHOLDERS),
    ).save_pretrained(folder)
    if args.delta_as == "adapter":
        stage_adapter(conversion.lora, folder / "adapter", base=str(args.output.resolve()))


def read_optional(path: Path) -> dict:
    """Read a JSON object, an empty one if there is no such file."""
    return read_json(path) if path.is_file() else {}


def stage_adapter(lora: Lora, folder: Path, base: str) -> None:
    """Write a LoRA delta as a PEFT adapter of the language model in the folder `base`."""
    folder.mkdir()
    settings = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": lora.rank,
        "lora_alpha": lora.alpha,
        "lora_dropout": lora.dropout,
        "bias": "none",
        "target_modules": sorted(name.removesuffix(".weight") for name in lora.pairs),
        "fan_in_fan_out": bool(lora.transposed),
        "inference_mode": True,
    }
    write_json(folder / "adapter_config.json", settings)
    tensors = {
        f"base_model.model.{name.removesuffix('.weight')}.lora_{side}.weight": tensor.contiguous()
        for name, pair in lora.pairs.items()
        for side, tensor in pair.items()
    }
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    open_weights(folder / "adapter_model.safetensors")
