# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Read a converted folder back and compare it with the input that it was made from."""

import copy
import functools
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn
from tqdm import tqdm
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    CLIPVisionModel,
    PreTrainedConfig,
    PreTrainedModel,
    logging,
)

from gpt4video.conversion.sources import check, original_features


SMALL_MODEL = 2**27  # parameters up to which all layers take part in the forward, beyond it the first of each part
LARGE_MODULE = 2**20  # parameters from which a module of a half-precision model is widened only while it runs
TOLERANCE = 1e-4  # relative to the largest value, in float32; 2e-6 was the largest seen on the parity fixture


def first_difference(conversion: Any, path: Path, steps: list) -> str | None:
    """Name the first tensor in the shard `path` that is not what the input gives, `None` if there is none."""
    for step in tqdm(steps, desc=f"compare {path.name}", unit="tensor", disable=None):
        for name, tensor in conversion.tensors(step).items():
            try:
                # Opened anew for each tensor, so that what was compared leaves memory again.
                with safe_open(path, "pt") as file:
                    stored, start = file.get_tensor(name), 0
            except SafetensorError:
                return name
            for chunk in conversion.chunks(name, tensor):
                if not torch.equal(stored[start : start + len(chunk)], chunk):
                    return name
                start += len(chunk)
            if start != len(stored):
                return name
    return None


def shorten(config: PreTrainedConfig, depth: int) -> PreTrainedConfig:
    """Leave at most `depth` layers in a configuration."""
    config.num_hidden_layers = min(config.num_hidden_layers, depth)
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[:depth]
    return config


def compute_in_float32(model: PreTrainedModel) -> PreTrainedModel:
    """Let a model in half precision compute in float32; large modules are widened only while they run."""

    def widen(module: nn.Module, inputs: Any = None) -> None:
        for parameter in module.parameters(recurse=False):
            parameter.data = parameter.data.float()

    def restore(module: nn.Module, inputs: Any, outputs: Any, weights: list[torch.Tensor]) -> None:
        for parameter, weight in zip(module.parameters(recurse=False), weights, strict=True):
            parameter.data = weight

    for module in model.modules():
        weights = [parameter.data for parameter in module.parameters(recurse=False)]
        if sum(weight.numel() for weight in weights) < LARGE_MODULE or weights[0].dtype == torch.float32:
            widen(module)
        elif isinstance(module, nn.Embedding):
            module.register_forward_hook(lambda module, inputs, outputs: outputs.float())
        else:
            module.register_forward_pre_hook(widen)
            module.register_forward_hook(functools.partial(restore, weights=weights))
    return model.eval()


def reload(conversion: Any, depth: int) -> PreTrainedModel:
    """Open the output through the Auto class, with the first `depth` layers of each part and its adapter."""
    args = conversion.args
    config = AutoConfig.from_pretrained(args.output, trust_remote_code=True)
    for part in (config.vision_config, config.abstractor_config, config.text_config):
        shorten(part, depth)
    model, report = AutoModel.from_pretrained(
        args.output, config=config, trust_remote_code=True, output_loading_info=True
    )
    check(not report["missing_keys"] and not report["mismatched_keys"], f"{args.output}: does not load: {report}")
    check(model.dtype == conversion.dtype, f"{args.output}: opens as {model.dtype}, expected {conversion.dtype}.")
    if args.delta_as == "adapter":
        model.load_adapter(str(args.output / "adapter"))
    return compute_in_float32(model)


def language_model(conversion: Any, depth: int, steps: dict[str, Any]) -> PreTrainedModel:
    """Build the library's own language model from the input: its first `depth` layers, and LoRA if there is one."""
    args, lora, dtype = conversion.args, conversion.lora, conversion.dtype
    text = shorten(copy.deepcopy(conversion.text_config), depth)
    if args.compose:
        return AutoModelForCausalLM.from_pretrained(args.text, config=text, dtype=dtype)
    with torch.device("meta"):
        empty = AutoModelForCausalLM.from_config(text)
    steps = {name: steps[f"language_model.{name}"] for name in empty.state_dict() if f"language_model.{name}" in steps}
    state = {}
    for name, step in steps.items():
        tensor, new = conversion.reader.read(step.path, step.key), step.outputs[0]
        if lora and args.delta_as == "merged" and new in lora.pairs:
            tensor = tensor.float() + lora.update(new)
        state[name] = tensor.to(dtype, copy=True)
    model = type(empty).from_pretrained(None, config=text, state_dict=state, dtype=dtype)
    for name, step in steps.items():
        if lora and args.delta_as == "adapter" and step.outputs[0] in lora.pairs:
            model.get_parameter(name).data = state[name].float() + lora.update(step.outputs[0])
    return model


def expected(conversion: Any, depth: int, pixels: torch.Tensor, ids: torch.Tensor, tokens: torch.Tensor) -> dict:
    """Compute from the input alone what each stage must give.

    The vision model and the abstractor of an original are recomputed from its own tensors, a composed model's ViT and
    every language model by the library's own classes. Composed models have a new abstractor, which nothing can be
    compared with, so their `tokens` `(1, num_video_tokens, E)` are taken as they are.
    """
    args, dtype = conversion.args, conversion.dtype
    steps = {step.name: step for step in conversion.steps}
    if args.compose:
        vision = AutoConfig.from_pretrained(args.vision, trust_remote_code=False)
        vision = shorten(getattr(vision, "vision_config", vision), depth)
        clip = compute_in_float32(CLIPVisionModel.from_pretrained(args.vision, config=vision, dtype=dtype))
        stages = {"frame tokens": clip.post_layernorm(clip(pixels[:, 0]).last_hidden_state)[:, None]}
    else:
        original = copy.deepcopy(conversion.original)
        for name in ("vision_config", "visual_abstractor_config"):
            original[name]["num_hidden_layers"] = min(original[name]["num_hidden_layers"], depth)

        def weight(name: str) -> torch.Tensor:
            return conversion.reader.read(steps[name].path, steps[name].key).to(dtype).float()

        frame_tokens, tokens = original_features(weight, original, pixels)
        stages = {"frame tokens": frame_tokens, "clip tokens": tokens}
    model = compute_in_float32(language_model(conversion, depth, steps))
    conversion.reader.close()
    embedded = model.get_input_embeddings()(ids)
    embedded = torch.cat([embedded[:, :1], tokens, embedded[:, 1:]], dim=1)
    return stages | {"logits": model(inputs_embeds=embedded).logits}


@torch.no_grad()
def compare_stages(conversion: Any) -> dict[str, float]:
    """Compare a forward through each stage of the reloaded output; return the largest difference of each stage.

    Raises:
        ConversionError: If a stage differs by more than `TOLERANCE`.
    """
    small = sum(torch.Size(shape).numel() for shape in conversion.shapes.values()) <= SMALL_MODEL
    depth = 10**6 if small else 1
    generator = torch.Generator().manual_seed(0)
    size = conversion.config.vision_config.image_size
    # A vocabulary may have had unused rows, of which the new tokens took two.
    old = torch.tensor([row for row in range(conversion.text_config.vocab_size) if row not in conversion.new_ids])
    # Composed towers and image models are compared on one frame, which skips what is new in them.
    num_frames = 1 if conversion.args.compose or conversion.is_image_model else 3
    pixels = torch.randn(1, num_frames, 3, size, size, generator=generator)
    ids = old[torch.randint(len(old), (1, 6), generator=generator)]
    placeholders = torch.full((1, conversion.config.num_video_tokens), conversion.config.video_token_id)
    model = reload(conversion, depth)
    features = model.get_video_features(pixels)
    prompt = torch.cat([ids[:, :1], placeholders, ids[:, 1:]], dim=1)
    logits = model(prompt, pixel_values_videos=pixels).logits
    found = {"frame tokens": features.last_hidden_state, "clip tokens": features.pooler_output, "logits": logits}
    del model
    differences = {}
    for name, reference in expected(conversion, depth, pixels, ids, features.pooler_output).items():
        columns = old if name == "logits" else slice(None)
        differences[name] = (found[name][..., columns] - reference[..., columns]).abs().max().item()
        limit = TOLERANCE * max(1.0, reference.abs().max().item())
        message = f"{name} differ from what the input gives by up to {differences[name]:.1e}, over {limit:.1e}."
        check(differences[name] <= limit, f"{conversion.args.output}: {message}")
    return differences


def verify(conversion: Any, shards: dict[str, list]) -> dict[str, float]:
    """Compare every tensor of the output with the input, then `compare_stages`.

    Raises:
        ConversionError: If a tensor or a stage differs.
    """
    output, verbosity = conversion.args.output, logging.get_verbosity()
    for name in (name for name in shards if name not in conversion.compared):
        wrong = first_difference(conversion, output / name, shards[name])
        check(wrong is None, f"{output / name}: {wrong} is not what the input gives. Run the same command again.")
    conversion.reader.close()
    logging.set_verbosity_error()
    try:
        return compare_stages(conversion)
    finally:
        logging.set_verbosity(verbosity)
