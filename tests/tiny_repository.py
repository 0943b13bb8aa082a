"""A tiny random model repository with everything in it: weights, tokenizer, processor, templates, remote code."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForImageTextToText, CLIPImageProcessor, GenerationConfig, PreTrainedTokenizerFast

from gpt4video.conversion.companions import AUTO_MAP, CUSTOM_PIPELINES, PROCESSOR_AUTO_MAP, REMOTE_FILES


REPO_ROOT = Path(__file__).resolve().parent.parent
SPECIAL_TOKENS = ["<pad>", "<s>", "</s>", "<unk>", "<|video|>", "<|image|>"]


def build_tokenizer() -> PreTrainedTokenizerFast:
    """Make a tokenizer of single bytes: no training, any text, and known ids."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate([*SPECIAL_TOKENS, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL_TOKENS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        additional_special_tokens=["<|video|>", "<|image|>"],
        padding_side="left",
    )


def write_repository(folder: Path, make_config: Callable, make_model: Callable) -> Path:
    """Write the repository; the arguments are the fixtures of the same names."""
    from gpt4video.processing_gpt4video import GPT4VideoProcessor, GPT4VideoVideoProcessor

    tokenizer = build_tokenizer()
    config = make_config(
        text={"vocab_size": len(tokenizer), "max_position_embeddings": 1200},
        video_token_id=tokenizer.convert_tokens_to_ids("<|video|>"),
        image_token_id=tokenizer.convert_tokens_to_ids("<|image|>"),
    )
    side = config.vision_config.image_size
    processor = GPT4VideoProcessor(
        image_processor=CLIPImageProcessor(size={"shortest_edge": side}, crop_size={"height": side, "width": side}),
        video_processor=GPT4VideoVideoProcessor(size={"height": side, "width": side}, num_frames=5),
        tokenizer=tokenizer,
        chat_template=(REPO_ROOT / "chat_template.jinja").read_text(),
        num_video_tokens=config.num_video_tokens,
    )
    model = make_model(config)
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=0)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    for name, entries in (
        ("config.json", {"auto_map": AUTO_MAP, "custom_pipelines": CUSTOM_PIPELINES}),
        ("processor_config.json", {"auto_map": PROCESSOR_AUTO_MAP}),
    ):
        content = json.loads((folder / name).read_text())
        if name == "processor_config.json":
            content["video_processor"]["auto_map"] = PROCESSOR_AUTO_MAP
        (folder / name).write_text(json.dumps(content | entries, indent=2))
    shutil.copytree(REPO_ROOT / "chat_templates", folder / "chat_templates", dirs_exist_ok=True)
    for name in REMOTE_FILES:
        shutil.copy(REPO_ROOT / name, folder)
    return folder


def write_adapter(
    folder: Path, place: Path, rank: int = 3, alpha: int = 4, seed: int = 0, strength: float = 0.3, **settings
) -> Path:
    """Write LoRA of the model in `folder`, as training would: noise of the given strength, `0.0` changes nothing."""
    model = AutoModelForImageTextToText.from_pretrained(folder, trust_remote_code=True)
    targets = r".*language_model.*\.(q_proj|v_proj)"
    model = get_peft_model(model, LoraConfig(r=rank, lora_alpha=alpha, target_modules=targets, **settings))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += strength * torch.randn(parameter.shape, generator=generator)
    model.save_pretrained(place)
    return place
