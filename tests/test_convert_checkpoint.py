"""The converter, through its command line: parity with the original, every layout, hostile files, interruptions."""

import argparse
import dataclasses
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from reference_gpt4video import Sizes, abstract, random_weights, vision
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoProcessor,
    AutoTokenizer,
    CLIPConfig,
    CLIPModel,
    CLIPVisionConfig,
    CLIPVisionModel,
    PreTrainedTokenizerFast,
    pipeline,
)

from gpt4video import convert_checkpoint
from gpt4video.conversion.companions import REMOTE_FILES, TEMPLATES
from gpt4video.conversion.sources import load_pickle, mlp_width
from gpt4video.conversion.verification import verify
from gpt4video.convert_checkpoint import (
    Conversion,
    ConversionError,
    convert_state_dict,
    main,
    parse_arguments,
    rename_key,
)


REPO_ROOT = Path(convert_checkpoint.__file__).parent
FIXTURES = Path(__file__).parent / "fixtures" / "parity"
CLIP = REPO_ROOT / "examples" / "car_right_to_left_on_white.mp4"
COMPANIONS = ("config.json", "generation_config.json", "preprocessor_config.json")
TOKENIZER = ("tokenizer.model", "tokenizer_config.json")
DELTA = FIXTURES / "gpt4video_delta.pth"
LIGHTNING_DELTA = FIXTURES / "gpt4video_delta_namespace.pth"

# Largest absolute differences allowed in float32. Behind them the largest measured on one thread.
LOGITS_ATOL = 1e-4  # 1.6e-5, standard deviation 2.1
FEATURES_RTOL = 1e-4  # of the largest value; 2.0e-5, with the large weights of `random_weights`


@pytest.fixture(scope="module")
def recorded() -> dict[str, torch.Tensor]:
    return load_file(FIXTURES / "outputs.safetensors") | load_file(FIXTURES / "inputs.safetensors")


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    return torch.load(FIXTURES / "pytorch_model.bin", weights_only=True)


def write_original(folder: Path, weights: dict[str, torch.Tensor], layout: str = "bin") -> Path:
    """Write an original checkpoint with the companions of the fixture, its weights in one of many layouts."""
    folder.mkdir(parents=True)
    for name in (*COMPANIONS, *TOKENIZER):
        shutil.copy(FIXTURES / name, folder)
    if layout.startswith("lightning"):
        prefix = "model.base_model.model." if layout == "lightning_peft" else "model."
        module = {prefix + key: tensor for key, tensor in weights.items()}
        if layout == "lightning_peft":
            module = {key.replace("q_proj.weight", "q_proj.base_layer.weight"): part for key, part in module.items()}
        module["input_embeddings.weight"] = weights["language_model.model.embed_tokens.weight"]
        torch.save({"state_dict": module, "epoch": 3}, folder / "pytorch_model.bin")
        return folder
    suffix, save = ("safetensors", save_file) if "safetensors" in layout else ("bin", torch.save)
    stem = {"safetensors": "model", "bin": "pytorch_model"}[suffix]
    legacy = {"_use_new_zipfile_serialization": False} if layout == "legacy" else {}
    if "sharded" not in layout:
        save(weights, folder / f"{stem}.{suffix}", **legacy)
        return folder
    keys, weight_map = sorted(weights), {}
    for number in range(3):
        name = f"{stem}-0000{number + 1}-of-00003.{suffix}"
        shard = {key: weights[key] for key in keys[number::3]}
        save(shard, folder / name)
        weight_map |= dict.fromkeys(shard, name)
    (folder / f"{stem}.{suffix}.index.json").write_text(json.dumps({"weight_map": weight_map}))
    return folder


def convert(*arguments: object) -> None:
    """Run the command line and insist on success."""
    assert main([str(argument) for argument in arguments]) == 0


def fails(capsys: pytest.CaptureFixture, *arguments: object) -> str:
    """Run the command line, insist on failure, and return the message."""
    assert main([str(argument) for argument in arguments]) == 1
    return capsys.readouterr().err


def load(folder: Path) -> torch.nn.Module:
    """Open a folder the way users do."""
    return AutoModel.from_pretrained(folder, trust_remote_code=True).eval()


@torch.no_grad()
def video_logits(model: torch.nn.Module, recorded: dict[str, torch.Tensor]) -> torch.Tensor:
    """Logits of `Human:`, clip, text, as recorded; without the two new rows of the vocabulary."""
    prefix = recorded["prefix_ids"].expand(2, -1)
    ids = torch.cat([prefix, torch.full((2, 9), model.config.video_token_id), recorded["input_ids"]], dim=1)
    return model(ids, pixel_values_videos=recorded["pixel_values_videos"].transpose(1, 2)).logits[..., :320]


def state_of(folder: Path) -> dict[str, torch.Tensor]:
    """All weights of an output folder."""
    return {name: part for path in sorted(folder.glob("*.safetensors")) for name, part in load_file(path).items()}


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder; the card names the folder itself."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: content.replace(str(folder).encode(), b"") for name, content in files.items()}


@pytest.mark.parametrize(
    "layout", ["bin", "sharded", "safetensors", "sharded_safetensors", "lightning", "lightning_peft", "legacy"]
)
def test_every_layout_gives_the_logits_of_the_original(layout, tmp_path, weights, recorded):
    source = write_original(tmp_path / "original", weights, layout)
    output = tmp_path / "output"
    options = {"bin": [], "sharded": ["--max_shard_size", 3e-4]}.get(layout, ["--skip_verification"])
    convert("--input", source, "--output", output, *options)
    model = load(output)
    torch.testing.assert_close(video_logits(model, recorded), recorded["base.video.logits"], rtol=0, atol=LOGITS_ATOL)
    assert len(list(output.glob("*.safetensors"))) == (3 if layout == "sharded" else 1)
    assert model.config.num_video_tokens == 9 and model.config.abstractor_config.intermediate_size == 256
    assert not any("inv_freq" in name for name in state_of(output))


@pytest.mark.parametrize("delta", [DELTA, LIGHTNING_DELTA])
def test_merged_delta_gives_the_logits_of_the_original(delta, tmp_path, weights, recorded):
    source = write_original(tmp_path / "original", weights)
    convert("--input", source, "--delta", delta, "--output", tmp_path / "output")
    logits = video_logits(load(tmp_path / "output"), recorded)
    torch.testing.assert_close(logits, recorded["lora.video.logits"], rtol=0, atol=LOGITS_ATOL)


def test_adapter_gives_the_logits_of_the_original(tmp_path, weights, recorded):
    from peft import PeftModel

    source, output = write_original(tmp_path / "original", weights), tmp_path / "output"
    convert("--input", source, "--delta", LIGHTNING_DELTA, "--delta_as", "adapter", "--output", output)
    model = load(output)
    torch.testing.assert_close(video_logits(model, recorded), recorded["base.video.logits"], rtol=0, atol=LOGITS_ATOL)
    peft = PeftModel.from_pretrained(load(output), output / "adapter")
    adapted = {name.rpartition(".lora_A")[0] for name, _ in peft.named_parameters() if ".lora_A." in name}
    assert len(adapted) == 4 and all(".language_model." in name for name in adapted)
    assert {name.rpartition(".")[2] for name in adapted} == {"q_proj", "v_proj"}
    model.load_adapter(str(output / "adapter"))
    for adapted_model in (peft, model):
        logits = video_logits(adapted_model, recorded)
        torch.testing.assert_close(logits, recorded["lora.video.logits"], rtol=0, atol=LOGITS_ATOL)


def test_the_card_says_what_was_converted_and_what_to_expect(tmp_path, weights):
    """Its example opens the folder as it stands; its numbers are those of the folder."""
    source, output = write_original(tmp_path / "original", weights), tmp_path / "output"
    ids = ["acme/owl-7b", "acme/delta"]
    arguments = ["--input", source, "--delta", LIGHTNING_DELTA, "--delta_as", "adapter", "--output", output]
    convert(*arguments, "--base_model", *ids)
    card = ModelCard.load(output / "README.md")
    assert card.data.base_model == ids and card.data.pipeline_tag == "video-text-to-text"
    assert card.data.license == "other" and "custom_code" in card.data.tags
    size = (source / "pytorch_model.bin").stat().st_size
    assert f"| `original` | {size:,} |\n| `{LIGHTNING_DELTA.name}` | {LIGHTNING_DELTA.stat().st_size:,} |" in card.text
    assert f"--input original --delta {LIGHTNING_DELTA.name} --delta_as adapter" in card.text
    written = state_of(output).values()
    assert f"| parameters | {sum(part.numel() for part in written):,} |" in card.text
    assert f"{len(written)} tensors of torch.float32" in card.text and "read as 9 tokens" in card.text
    assert re.search(r"^\| \w[^|]+ \| \d\.\de-\d\d \|$", card.text, flags=re.MULTILINE)
    assert "Without its adapter it answers as mPLUG-Owl does" in card.text

    example = re.search(r"```python\n(.+?)```", card.text, flags=re.DOTALL)[1].replace("clip.mp4", str(CLIP))
    printed, scope = [], {}
    exec(example.replace("print(", "printed("), scope | {"printed": printed.append})
    assert len(printed) == 1 and isinstance(printed[0], str)

    convert("--input", source, "--output", tmp_path / "plain", "--skip_verification")
    card = ModelCard.load(tmp_path / "plain" / "README.md")
    assert card.data.get("base_model") is None and "not read back" in card.text
    assert "It was not trained to write drawing prompts" in card.text
    assert "load_adapter" not in card.text and "chat_template" not in card.text


def test_rank_scaling_and_targets_come_from_the_delta(tmp_path, weights):
    """Rank 3, alpha 12 and one more target: the update is four times B A, on exactly the weights of the delta."""
    source = write_original(tmp_path / "original", weights)
    delta = torch.load(DELTA, weights_only=True)
    delta["config"] |= {"llm_r": 3, "llm_alpha": 12, "lora_dropout": 0.25}
    targets = ("q_proj", "k_proj", "v_proj")
    attention = "model.base_model.model.language_model.model.layers.{}.self_attn.{}.lora_{}.default.weight"
    delta["model"] = {
        attention.format(layer, target, side): part
        for layer in range(2)
        for target in targets
        for side, part in (("A", torch.randn(3, 48)), ("B", torch.randn(48, 3)))
    }
    torch.save(delta, tmp_path / "delta.pth")
    arguments = ["--input", source, "--delta", tmp_path / "delta.pth"]
    convert(*arguments, "--output", tmp_path / "merged")
    convert(*arguments, "--output", tmp_path / "base", "--delta_as", "adapter", "--skip_verification")
    settings = json.loads((tmp_path / "base" / "adapter" / "adapter_config.json").read_text())
    assert len({path.stat().st_mode for path in (tmp_path / "base" / "adapter").iterdir()}) == 1
    assert (settings["r"], settings["lora_alpha"], settings["lora_dropout"]) == (3, 12, 0.25)
    base, merged = state_of(tmp_path / "base"), state_of(tmp_path / "merged")
    changed = {name for name in base if not torch.equal(base[name], merged[name])}
    assert changed == {
        f"model.language_model.layers.{i}.self_attn.{name}.weight" for i in range(2) for name in targets
    }
    update = merged["model.language_model.layers.1.self_attn.k_proj.weight"]
    update = update - base["model.language_model.layers.1.self_attn.k_proj.weight"]
    down, up = (delta["model"][attention.format(1, "k_proj", side)] for side in "AB")
    expected = 4 * up @ down
    torch.testing.assert_close(update, expected, rtol=0, atol=1e-5)


def test_delta_of_some_layers(tmp_path, weights, monkeypatch):
    """The adapter names its modules one by one, and opens from any folder, whatever `--output` looked like."""
    from peft import AutoPeftModelForCausalLM

    source = write_original(tmp_path / "original", weights)
    delta = torch.load(DELTA, weights_only=True)
    delta["model"] = {key: part for key, part in delta["model"].items() if "layers.1." in key or "v_proj" in key}
    torch.save(delta, tmp_path / "delta.pth")
    monkeypatch.chdir(tmp_path)
    arguments = ["--input", source, "--delta", "delta.pth"]
    convert(*arguments, "--output", "merged")
    convert(*arguments, "--output", "base", "--delta_as", "adapter")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    adapted = AutoPeftModelForCausalLM.from_pretrained(tmp_path / "base" / "adapter", trust_remote_code=True)
    names = {
        name.rpartition(".lora_A")[0].partition("layers.")[2]
        for name, _ in adapted.named_parameters()
        if ".lora_A." in name
    }
    assert names == {"0.self_attn.v_proj", "1.self_attn.q_proj", "1.self_attn.v_proj"}
    merged, state = adapted.merge_and_unload().state_dict(), state_of(tmp_path / "merged")
    for name, part in state.items():
        torch.testing.assert_close(merged[name], part, rtol=0, atol=1e-6)


def test_delta_of_transposed_weights_is_what_peft_merges(tmp_path):
    """GPT-2 stores its weights as `(in, out)`; square ones would take the wrong update without a word."""
    from peft import LoraConfig, PeftModel, get_peft_model

    text = {"model_type": "gpt2", "n_layer": 2, "n_head": 4, "n_inner": 72, "tie_word_embeddings": False}
    write_random_original(tmp_path / "original", WIDE, 40, text)
    modules = [f"h.{layer}.{name}" for layer in range(2) for name in ("attn.c_proj", "attn.c_attn", "mlp.c_fc")]
    rows = {"attn.c_proj": 48, "attn.c_attn": 144, "mlp.c_fc": 72}
    name = "model.base_model.model.language_model.transformer.{}.lora_{}.default.weight"
    pairs = {name.format(module, "A"): torch.randn(3, 48) for module in modules}
    pairs |= {name.format(module, "B"): torch.randn(rows[module[4:]], 3) for module in modules}
    torch.save({"model": pairs, "config": {"llm_r": 3, "llm_alpha": 6}}, tmp_path / "delta.pth")
    arguments = ["--input", tmp_path / "original", "--delta", tmp_path / "delta.pth"]
    convert(*arguments, "--output", tmp_path / "merged")
    convert(*arguments, "--output", tmp_path / "base", "--delta_as", "adapter")
    config = LoraConfig(r=3, lora_alpha=6, target_modules=modules, fan_in_fan_out=True)
    peft = get_peft_model(load(tmp_path / "base"), config)
    for module in modules:
        layer = peft.get_submodule(f"base_model.model.model.language_model.{module}")
        layer.lora_A["default"].weight.data = pairs[name.format(module, "A")]
        layer.lora_B["default"].weight.data = pairs[name.format(module, "B")]
    shipped = PeftModel.from_pretrained(load(tmp_path / "base"), tmp_path / "base" / "adapter")
    state = state_of(tmp_path / "merged")
    for merged in (peft.merge_and_unload().state_dict(), shipped.merge_and_unload().state_dict()):
        for key, part in state.items():
            torch.testing.assert_close(merged[key], part, rtol=0, atol=1e-5)


def test_delta_of_the_whole_language_model_replaces_it(tmp_path, weights, capsys):
    source = write_original(tmp_path / "original", weights)
    language = {key: part for key, part in weights.items() if key.startswith("language_model.")}
    trained = {f"model.{key}": part + 1 for key, part in language.items() if "inv_freq" not in key}
    torch.save({"model": OrderedDict(trained), "config": {"llm_use_lora": False}}, tmp_path / "delta.pth")
    arguments = ["--input", source, "--delta", tmp_path / "delta.pth"]
    convert(*arguments, "--output", tmp_path / "output")
    assert f"+ {len(trained)} replaced" in capsys.readouterr().out
    state = state_of(tmp_path / "output")
    assert torch.equal(state["lm_head.weight"][:320], weights["language_model.lm_head.weight"] + 1)
    assert torch.equal(state["model.abstractor.query_tokens"], weights["query_tokens"])
    message = fails(capsys, *arguments, "--output", tmp_path / "adapter", "--delta_as", "adapter")
    assert "holds no LoRA" in message


def test_tokenizer_and_processor_of_the_output(tmp_path, weights):
    source = write_original(tmp_path / "original", weights)
    convert("--input", source, "--output", tmp_path / "output", "--skip_verification")
    processor = AutoProcessor.from_pretrained(tmp_path / "output", trust_remote_code=True)
    tokenizer, config = processor.tokenizer, AutoConfig.from_pretrained(tmp_path / "output", trust_remote_code=True)
    for text in json.loads((FIXTURES / "tokenization.json").read_text())["texts"]:
        assert tokenizer(text["text"]).input_ids == text["slow"]
        assert tokenizer(text["text"], add_special_tokens=False).input_ids == text["slow_no_special"]
    assert (config.video_token_id, config.image_token_id, config.text_config.vocab_size) == (320, 321, 322)
    assert tokenizer.convert_tokens_to_ids(["<|video|>", "<|image|>"]) == [320, 321]
    assert (tokenizer.pad_token_id, tokenizer.padding_side, processor.num_video_tokens) == (0, "left", 9)
    state = state_of(tmp_path / "output")
    for name, key in (("model.language_model.embed_tokens", "model.embed_tokens"), ("lm_head", "lm_head")):
        old = weights[f"language_model.{key}.weight"]
        assert torch.equal(state[f"{name}.weight"][:320], old)
        torch.testing.assert_close(state[f"{name}.weight"][320:], old.mean(0).expand(2, -1), rtol=0, atol=1e-7)

    message = {"role": "user", "content": [{"type": "video"}, {"type": "text", "text": "what happens in the video"}]}
    text = processor.apply_chat_template([message], add_generation_prompt=True)
    frames = np.random.default_rng(0).integers(0, 255, (6, 40, 30, 3), dtype=np.uint8)
    inputs = processor(text=text, videos=[frames], return_tensors="pt", add_special_tokens=False)
    assert inputs["pixel_values_videos"].shape[2:] == (3, 28, 28)
    new = load(tmp_path / "output").generate(**inputs, max_new_tokens=5)[:, inputs["input_ids"].shape[1] :]
    assert new.shape[1] > 0 and not {320, 321} & set(new[0].tolist())


def test_pipeline_answers_from_a_converted_folder(tmp_path, weights):
    source, output = write_original(tmp_path / "original", weights), tmp_path / "output"
    convert("--input", source, "--output", output, "--skip_verification")
    assert {path.name for path in output.glob("*.py")} == set(REMOTE_FILES)
    pipe = pipeline(model=str(output), trust_remote_code=True)
    frames = np.random.default_rng(0).integers(0, 255, (6, 40, 30, 3), dtype=np.uint8)
    for options in ({}, {"chat_template": "original"}):
        reply = pipe(prompt="what happens in the video", video=frames, max_new_tokens=3, **options)
        assert set(reply) == {"generated_text", "message", "parts", "prompts", "decisions"}


def test_both_dialogue_formats_are_shipped(tmp_path, weights):
    source, output = write_original(tmp_path / "original", weights), tmp_path / "output"
    convert("--input", source, "--output", output, "--skip_verification")
    processor = AutoProcessor.from_pretrained(output, trust_remote_code=True)
    message = {"role": "user", "content": [{"type": "video"}, {"type": "text", "text": "what happens in the video"}]}
    default, original = ((REPO_ROOT / TEMPLATES[name]).read_text() for name in ("default", "original"))
    rendered = {
        template: processor.apply_chat_template([message], chat_template=template, add_generation_prompt=True)
        for template in (None, "original", default, original)
    }
    assert rendered[None] == rendered[default] != rendered["original"] == rendered[original]
    processor.save_pretrained(tmp_path / "again")
    again = AutoProcessor.from_pretrained(tmp_path / "again", trust_remote_code=True)
    assert again.chat_template == processor.chat_template


def write_random_original(folder: Path, sizes: Sizes, intermediate_size: int, text: dict) -> dict[str, torch.Tensor]:
    """Write an original checkpoint of any size with random weights; returns those of the vision side in float64."""
    seen = random_weights(sizes, seed=1)
    text = {"vocab_size": 320, "hidden_size": sizes.text_width, "eos_token_id": 2, **text}
    language = AutoModelForCausalLM.from_config(AutoConfig.for_model(**text)).state_dict()
    weights = {key: part.float() for key, part in seen.items()}
    weights |= {f"language_model.{key}": part.clone() for key, part in language.items()}
    write_original(folder, weights)
    config = {
        "num_query_tokens": sizes.queries,
        "vision_config": {
            "hidden_size": sizes.width,
            "intermediate_size": sizes.mlp,
            "num_hidden_layers": sizes.layers,
            "num_attention_heads": sizes.heads,
            "image_size": sizes.image,
            "patch_size": sizes.patch,
            "layer_norm_eps": sizes.eps,
            "hidden_act": "relu",  # stored and never read
        },
        "visual_abstractor_config": {
            "hidden_size": sizes.width,
            "intermediate_size": intermediate_size,
            "num_hidden_layers": sizes.reader_layers,
            "num_attention_heads": sizes.reader_heads,
            "layer_norm_eps": sizes.reader_mlp_eps,
        },
        "text_config": text,
    }
    (folder / "config.json").write_text(json.dumps(config))
    return seen


WIDE = Sizes(width=24, heads=3, layers=3, mlp=40, eps=1e-3, reader_layers=1, reader_mlp=256, text_width=48)
DEEP = Sizes(
    width=40, heads=2, layers=1, mlp=72, image=16, patch=8, temporal_width=20, reader_heads=5, reader_layers=4
)
DEEP = dataclasses.replace(DEEP, queries=3, reader_mlp=512, reader_mlp_eps=1e-3, text_width=40)


@pytest.mark.parametrize(
    ("sizes", "intermediate_size", "text"),
    [
        (WIDE, 40, {"model_type": "llama", "intermediate_size": 44, "num_attention_heads": 6, "num_hidden_layers": 3}),
        (DEEP, 600, {"model_type": "bloom", "n_head": 4, "n_layer": 1, "tie_word_embeddings": True}),
    ],
    ids=["llama", "bloom"],
)
def test_other_sizes_and_language_models(sizes, intermediate_size, text, tmp_path):
    """Nothing is fixed to the sizes of the fixture: compared with the float64 reference of the parity tests."""
    seen = write_random_original(tmp_path / "original", sizes, intermediate_size, text)
    convert("--input", tmp_path / "original", "--output", tmp_path / "output")
    model = load(tmp_path / "output")
    assert ("lm_head.weight" in state_of(tmp_path / "output")) == (text["model_type"] == "llama")
    for num_frames in (1, 4):
        pixels = torch.randn(2, num_frames, 3, sizes.image, sizes.image)
        with torch.no_grad():
            found = model.get_video_features(pixels)
        frame_tokens = vision(seen, pixels.double(), sizes)["last"]
        clip_tokens = abstract(seen, frame_tokens, sizes)
        for result, reference in ((found.last_hidden_state, frame_tokens), (found.pooler_output, clip_tokens)):
            atol = FEATURES_RTOL * reference.abs().max().item()
            torch.testing.assert_close(result.double(), reference, rtol=0, atol=atol)


def test_mlp_width_rule():
    assert [mlp_width(size) for size in (2816, 4096, 384, 385, 96, 600)] == [2816, 2816, 256, 256, 256, 512]


def test_image_checkpoint_adds_nothing_temporal(tmp_path, weights, capsys):
    still = {key: part for key, part in weights.items() if "temporal" not in key}
    source = write_original(tmp_path / "original", still)
    convert("--input", source, "--output", tmp_path / "output")
    printed = capsys.readouterr()
    assert "image model" in printed.err and "+ 19 new" in printed.out
    state = state_of(tmp_path / "output")
    zero = [name for name, part in state.items() if not part.any()]
    assert "model.abstractor.temporal_query_tokens" in zero and len(zero) == 3 + 2 * 3
    blocks = "model.vision_tower.layers.{}.temporal_block.{}"
    assert state[blocks.format(0, "layer_norm.weight")].eq(1).all() and state[blocks.format(1, "conv.weight")].any()
    partly = {key: part for key, part in weights.items() if "temporal_visual_fc" not in key}
    source = write_original(tmp_path / "partly", partly)
    assert "no tensor becomes" in fails(capsys, "--input", source, "--output", tmp_path / "none")


def test_key_table_covers_every_key_and_nothing_else(weights, tmp_path, capsys):
    converted = convert_state_dict(weights, num_attention_heads=4)
    dropped = [key for key in weights if rename_key(key) is None]
    split = [key for key in weights if "query_key_value" in key]
    assert len(dropped) == 2 and len(converted) == len(weights) - len(dropped) + 2 * len(split)
    for key in (
        "vision_model.encoder.layers.0.mlp.fc3.weight",
        "query_tokens.weight",
        "xquery_tokens",
        "lm_head.weight",
    ):
        with pytest.raises(KeyError, match=key):
            rename_key(key)
    source = write_original(tmp_path / "original", weights)
    convert("--input", source, "--output", tmp_path / "output", "--skip_verification")
    printed = capsys.readouterr().out
    assert "read 121 = 115 renamed + 4 split + 2 dropped + 0 replaced + 0 LoRA" in printed
    assert "written 127 = 115 renamed + 12 split + 0 new" in printed


def test_fused_rows_are_interleaved_by_head():
    rows = torch.arange(2 * 3 * 4).float()  # head h, part j, row i has the value 12 h + 4 j + i
    key = "vision_model.encoder.layers.7.self_attn.query_key_value.bias"
    split = convert_state_dict({key: rows}, num_attention_heads=2)
    name = "model.vision_tower.layers.7.self_attn.{}_proj.bias"
    assert split[name.format("k")].tolist() == [4, 5, 6, 7, 16, 17, 18, 19]
    assert set(split) == {name.format(part) for part in "qkv"}


def broken(weights: dict[str, torch.Tensor], kind: str) -> dict[str, torch.Tensor]:
    """Spoil a state dict."""
    weights, key = dict(weights), "abstractor.visual_fc.weight"
    if kind == "unknown":
        weights["vision_model.encoder.layers.0.gate.weight"] = torch.ones(3)
    elif kind == "surplus_layer":
        weights["language_model.model.layers.2.mlp.up_proj.weight"] = torch.ones(80, 48)
    elif kind == "missing":
        del weights[key]
    elif kind == "shape":
        weights[key] = weights[key].T.contiguous()
    elif kind == "rows":
        weights["language_model.lm_head.weight"] = torch.ones(319, 48)
    elif kind == "fused":
        weights["vision_model.encoder.layers.0.self_attn.query_key_value.bias"] = torch.ones(95)
    elif kind == "nan":
        weights[key] = weights[key].clone().index_fill_(0, torch.tensor([3]), float("nan"))
    elif kind == "overflow":
        weights[key] = weights[key] * 1e6
    elif kind == "integers":
        weights[key] = weights[key].to(torch.int8)
    elif kind == "lora":
        weights["base_model.model.language_model.model.layers.0.self_attn.q_proj.lora_A.weight"] = torch.ones(2, 48)
    return weights


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("unknown", ["layers.0.gate.weight", "KEY_MAPPING has no rule"]),
        ("surplus_layer", ["layers.2.mlp.up_proj.weight", "unknown tensor"]),
        ("missing", ["model.multi_modal_projector.spatial_proj.weight"]),
        ("shape", ["abstractor.visual_fc.weight", "(32, 48)", "(48, 32)"]),
        ("rows", ["lm_head.weight", "(319, 48)", "(320, 48)"]),
        ("fused", ["query_key_value.bias", "(95,)"]),
        ("nan", ["spatial_proj.weight", "NaN"]),
        ("overflow", ["spatial_proj.weight", "infinite", "float16"]),
        ("integers", ["visual_fc.weight", "int8"]),
        ("lora", ["lora_A", "--delta"]),
    ],
)
def test_wrong_tensors_are_named(kind, words, tmp_path, weights, capsys):
    source = write_original(tmp_path / "original", broken(weights, kind))
    dtype = ["--dtype", "float16"] if kind == "overflow" else []
    message = fails(capsys, "--input", source, "--output", tmp_path / "output", *dtype)
    assert all(word in message for word in words), message
    assert not (tmp_path / "output" / "config.json").exists()


class Hostile:
    """Runs a command when it is unpickled the unsafe way."""

    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


class HostileDict(OrderedDict):
    """Hides the command in the attributes of a state dict."""


def hostile_contents(marker: Path) -> dict[str, object]:
    """The command in every position of a checkpoint and of a delta."""
    bad, good = Hostile(marker), {"query_tokens": torch.ones(1, 8, 32)}
    described = OrderedDict(good)
    described._metadata = bad
    return {
        "all": bad,
        "value": {**good, "temporal_query_tokens": bad},
        "key": {**good, bad: 1},
        "list": {**good, "more": [bad]},
        "state_dict": {"state_dict": bad},
        "metadata": described,
        "model": {"model": bad, "config": {}, "epoch": 1},
        "config": {"model": good, "config": bad},
        "hyperparameter": {"model": good, "config": {"llm_r": bad, "llm_alpha": 16}},
        "epoch": {"model": good, "config": {}, "epoch": bad},
    }


@pytest.mark.parametrize("layout", ["zip", "legacy", "bare"])
@pytest.mark.parametrize("position", list(hostile_contents(Path())))
def test_hostile_pickles_execute_nothing(position, layout, tmp_path):
    marker, path = tmp_path / "executed", tmp_path / "pytorch_model.bin"
    content = hostile_contents(marker)[position]
    if layout == "bare":
        path.write_bytes(pickle.dumps(content, protocol=2))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=layout == "zip")
    with pytest.raises(ConversionError, match="nothing in it was executed"):
        load_pickle(path)
    assert not marker.exists()


class Call:
    """Calls anything with anything when it is unpickled the unsafe way."""

    def __init__(self, function: Callable, *arguments: object):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("layout", ["zip", "legacy"])
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (Call(subprocess.Popen, ["true"]), "subprocess.Popen"),
        (Call(exec, "1"), "builtins.exec"),
        (Call(eval, "1"), "builtins.eval"),
        (Call(getattr, 1, "real"), "builtins.getattr"),
        (Call(__import__, "this"), "builtins.__import__"),
        (Hostile(Path("x")), "posix.system"),
        (HostileDict(), "test_convert_checkpoint.HostileDict"),
        (argparse.Namespace(a=1), "argparse.Namespace"),
        (Path("x"), "pathlib.PosixPath"),
        (np.float64(3), "numpy._core.multiarray.scalar"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_pickle_asks_for_is_named(content, name, layout, tmp_path):
    path = tmp_path / "pytorch_model.bin"
    torch.save({"query_tokens": torch.ones(2), "more": content}, path, _use_new_zipfile_serialization=layout == "zip")
    with pytest.raises(ConversionError, match=rf"nothing in it was executed \(it asks for {name}\)"):
        load_pickle(path)


def test_hostile_files_through_the_command_line(tmp_path, weights, capsys):
    marker = tmp_path / "executed"
    source = write_original(tmp_path / "original", weights, "sharded")
    torch.save({"model": Hostile(marker)}, tmp_path / "delta.pth")
    message = fails(capsys, "--input", source, "--delta", tmp_path / "delta.pth", "--output", tmp_path / "output")
    assert "delta.pth" in message and "posix.system" in message
    torch.save({"query_tokens": Hostile(marker)}, source / "pytorch_model-00002-of-00003.bin")
    message = fails(capsys, "--input", source, "--output", tmp_path / "output")
    assert "pytorch_model-00002-of-00003.bin" in message
    index = {"weight_map": {"query_tokens": "../outside.bin"}}
    torch.save(weights, tmp_path / "outside.bin")
    (source / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    assert "../outside.bin" in fails(capsys, "--input", source, "--output", tmp_path / "output")
    assert not marker.exists() and not (tmp_path / "output").exists()


@pytest.mark.parametrize("layout", ["bin", "legacy", "safetensors"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_truncated_files_are_named(layout, share, tmp_path, weights, capsys):
    source = write_original(tmp_path / "original", weights, layout)
    path = next(path for path in source.iterdir() if path.suffix in (".bin", ".safetensors"))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert str(path) in fails(capsys, "--input", source, "--output", tmp_path / "output")


class Allocation:
    """Asks for memory when it is unpickled, which the safe unpickler allows."""

    def __init__(self, size: int):
        self.size = size

    def __reduce__(self):
        return bytearray, (self.size,)


def add_lora(delta: dict, module: str, rows: int, columns: int) -> None:
    """Give a delta one more pair of tensors of rank 16, which take next to no space in the file."""
    name = f"model.base_model.model.{module}.lora_{{}}.default.weight"
    delta["model"] |= {name.format("A"): torch.ones(16, columns), name.format("B"): torch.ones(16).expand(rows, 16)}
    if rows < 10**6:
        delta["model"][name.format("B")] = torch.ones(rows, 16)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda delta: delta["model"].clear(), "holds no tensors"),
        (lambda delta: delta.pop("config"), "llm_r"),
        (lambda delta: delta["config"].update(llm_r=8), "rank 8"),
        (lambda delta: delta["config"].update(llm_alpha="16"), "llm_alpha"),
        (lambda delta: delta["model"].popitem(), "{'A': (16, 48)}"),
        (lambda delta: add_lora(delta, "language_model.lm_head", 322, 48), "only LoRA of the layers"),
        (lambda delta: add_lora(delta, "language_model.model.embed_tokens", 320, 48), "no linear layer"),
        (lambda delta: add_lora(delta, "language_model.model.layers.0.mlp.up_proj", 48, 80), "(48, 80) (out, in)"),
        (lambda delta: delta.update(epoch=Allocation(10**14)), "MemoryError"),
        (lambda delta: add_lora(delta, "language_model.model.layers.0.mlp.up_proj", 10**12, 48), "fewer values"),
        (lambda delta: delta["config"].update(lora_dropout="none"), "lora_dropout"),
        (lambda delta: delta["config"].update(llm_alpha=float("nan")), "nan"),
        (lambda delta: delta["model"].update({"model.base_model.model.query_toks": torch.ones(2)}), "query_toks"),
    ],
    ids=["empty", "no_config", "rank", "alpha", "half_pair", "head", "embedding", "shape"]
    + ["memory", "expanded", "dropout", "nan", "unknown"],
)
def test_wrong_deltas_are_explained(change, words, tmp_path, weights, capsys):
    source = write_original(tmp_path / "original", weights)
    delta = torch.load(DELTA, weights_only=True)
    change(delta)
    torch.save(delta, tmp_path / "delta.pth")
    message = fails(capsys, "--input", source, "--delta", tmp_path / "delta.pth", "--output", tmp_path / "output")
    assert words in message and str(tmp_path / "delta.pth") in message


def test_interrupted_conversion_is_finished(tmp_path, weights, monkeypatch, capsys):
    source = write_original(tmp_path / "original", weights)
    arguments = ["--input", source, "--max_shard_size", 2e-4]
    convert(*arguments, "--output", tmp_path / "undisturbed")
    synced = []

    def interrupt(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupt)
        assert main([str(argument) for argument in [*arguments, "--output", tmp_path / "output"]]) == 130
    assert capsys.readouterr().err.splitlines()[-1].endswith("interrupted; the same command again finishes it")
    finished = list((tmp_path / "output").glob("*.safetensors"))
    assert [path.name for path in finished] == ["model-00001-of-00004.safetensors"]
    assert not (tmp_path / "output" / "config.json").exists()
    before = finished[0].stat().st_mtime_ns
    convert(*arguments, "--output", tmp_path / "output")
    assert "model-00001-of-00004.safetensors: is there and right, kept" in capsys.readouterr().out
    assert finished[0].stat().st_mtime_ns == before
    assert contents(tmp_path / "output") == contents(tmp_path / "undisturbed")


def test_interrupted_anywhere_it_is_finished(tmp_path, weights, monkeypatch):
    """Each moment at which a file gets its name, and each at which one is written but has no name yet."""
    source, moments = write_original(tmp_path / "original", weights), []
    arguments = ["--input", str(source), "--max_shard_size", "2e-4", "--output"]
    conversion = Conversion(parse_arguments([*arguments, str(tmp_path / "undisturbed")]))
    replace, fsync, allowed = Path.replace, os.fsync, None

    def reach(moment: str) -> None:
        moments.append(moment)
        if len(moments) == allowed:
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", lambda path, target: reach(f"replace {path.name}") or replace(path, target))
    monkeypatch.setattr(os, "fsync", lambda descriptor: reach("fsync") or fsync(descriptor))
    conversion.write()
    undisturbed, total = contents(tmp_path / "undisturbed"), len(moments)
    assert moments.count("fsync") == 4 and "replace config.json" == moments[-1] and total > 20
    for number in range(1, total + 1):
        conversion.args.output, allowed = tmp_path / f"output-{number}", number
        moments.clear()
        with pytest.raises(KeyboardInterrupt):
            conversion.write()
        assert not (conversion.args.output / "config.json").exists()
        allowed = None
        conversion.write()
        assert contents(conversion.args.output) == undisturbed
        shutil.rmtree(conversion.args.output)


def test_output_of_something_else_is_not_touched(tmp_path, weights, capsys):
    source = write_original(tmp_path / "original", weights)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    assert "notes.txt" in fails(capsys, "--input", source, "--output", tmp_path / "mine")
    convert("--input", source, "--output", tmp_path / "output", "--skip_verification")
    before = contents(tmp_path / "output")
    message = fails(capsys, "--input", source, "--output", tmp_path / "output", "--dtype", "bfloat16")
    assert "another conversion" in message and contents(tmp_path / "output") == before
    assert "choose a new" in fails(capsys, "--input", source, "--output", source)


def test_damaged_shard_is_made_anew(tmp_path, weights):
    source = write_original(tmp_path / "original", weights)
    convert("--input", source, "--output", tmp_path / "output", "--skip_verification")
    path = tmp_path / "output" / "model.safetensors"
    whole = path.read_bytes()
    for damaged in (whole[:-100], whole[:-5] + b"\x00\x01\x02\x03\x04"):
        path.write_bytes(damaged)
        convert("--input", source, "--output", tmp_path / "output")
        assert path.read_bytes() == whole


@pytest.mark.parametrize("damage", ["value", "config", "table"])
def test_verification_finds_what_is_wrong(damage, tmp_path, weights, monkeypatch):
    """One wrong number, one wrong setting, and two rows of the key table exchanged, which no shape gives away."""
    source, output = write_original(tmp_path / "original", weights), tmp_path / "output"
    if damage == "table":
        table = {new: old for old, new in convert_checkpoint.KEY_MAPPING}
        names = [name for name in table if name and name.endswith(("query_layer_norm.\\2", "key_layer_norm.\\2"))]
        swapped = dict(zip((table[name] for name in names), reversed(names), strict=True))
        mapping = [(old, swapped.get(old, new)) for old, new in convert_checkpoint.KEY_MAPPING]
        assert mapping != convert_checkpoint.KEY_MAPPING
        monkeypatch.setattr(convert_checkpoint, "KEY_MAPPING", mapping)
    conversion = Conversion(parse_arguments(["--input", str(source), "--output", str(output)]))
    shards = conversion.write()
    if damage == "value":
        state = load_file(output / "model.safetensors")
        state["model.abstractor.layers.1.mlp.down_proj.weight"][3, 5] += 1e-3
        save_file(state, output / "model.safetensors", metadata={"format": "pt"})
    elif damage == "config":
        config = json.loads((output / "config.json").read_text())
        config["vision_config"]["num_attention_heads"] = 8
        (output / "config.json").write_text(json.dumps(config))
    words = {"value": "layers.1.mlp.down_proj.weight", "config": "frame tokens differ", "table": "clip tokens differ"}
    with pytest.raises(ConversionError, match=words[damage]):
        verify(conversion, shards)


def write_language_model(folder: Path, text: dict, bos: str | None) -> Path:
    """Write a language model and a tokenizer of words, without a pad token, with or without a beginning."""
    words = ["</s>", "<unk>", *"Human: AI: what happens in the video ? a ball".split(), *([bos] if bos else [])]
    tokenizer = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    special = {"eos_token": "</s>", "bos_token": bos} if bos else {"eos_token": "</s>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    sizes = {"bos_token_id": None, "eos_token_id": 0, "vocab_size": len(words), "hidden_size": 32}
    config = AutoConfig.for_model(**sizes | text)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return folder


SMALL = {"intermediate_size": 44, "num_hidden_layers": 2, "num_attention_heads": 4}
TEXTS = {
    "llama_tied": {"model_type": "llama", "num_key_value_heads": 2, "tie_word_embeddings": True, **SMALL},
    "qwen2_padded": {"model_type": "qwen2", "num_key_value_heads": 2, "vocab_size": 40, **SMALL},
    "gpt_neox": {"model_type": "gpt_neox", "tie_word_embeddings": False, **SMALL},
    "gpt2_tied": {"model_type": "gpt2", "n_layer": 2, "n_head": 4, "tie_word_embeddings": True},
}


@pytest.mark.parametrize("text", list(TEXTS))
def test_composing(text, tmp_path):
    """Towers and language models of several families; the verification compares them with the library's own."""
    eyes = {"hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 3}
    eyes |= {"image_size": 12, "patch_size": 4, "hidden_act": "gelu", "layer_norm_eps": 1e-3}
    if text == "llama_tied":
        words = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
        CLIPModel(CLIPConfig(vision_config=eyes, text_config=words)).save_pretrained(tmp_path / "clip")
    else:
        CLIPVisionModel(CLIPVisionConfig(**eyes)).save_pretrained(tmp_path / "clip")
    bos = "<s>" if text == "gpt_neox" else None
    source = write_language_model(tmp_path / "text", TEXTS[text], bos)
    arguments = ["--compose", "--vision", tmp_path / "clip", "--text", source, "--num_query_tokens", 5]
    arguments += ["--num_abstractor_layers", 2, "--seed", 7]
    convert(*arguments, "--output", tmp_path / "output")
    model = load(tmp_path / "output")
    processor = AutoProcessor.from_pretrained(tmp_path / "output", trust_remote_code=True)
    state, config = state_of(tmp_path / "output"), model.config
    rows = TEXTS[text].get("vocab_size", len(AutoTokenizer.from_pretrained(source)) + 2)
    assert config.text_config.vocab_size == rows and config.num_video_tokens == 6
    assert ("lm_head.weight" in state) != ("tied" in text)
    assert state["model.abstractor.query_tokens"].std() > 0.01
    assert not state["model.vision_tower.layers.0.temporal_block.up_proj.weight"].any()
    table = model.get_input_embeddings().weight
    number = TEXTS[text].get("vocab_size", rows - 2)
    old = AutoModelForCausalLM.from_pretrained(source).get_input_embeddings().weight
    torch.testing.assert_close(table[config.video_token_id], old[:number].mean(0), rtol=0, atol=1e-7)
    assert processor.tokenizer.pad_token is not None

    message = {"role": "user", "content": [{"type": "video"}, {"type": "text", "text": "what happens"}]}
    prompt = processor.apply_chat_template([message], add_generation_prompt=True)
    assert prompt.startswith("<s>The" if bos else "The")
    frames = np.random.default_rng(0).integers(0, 255, (6, 20, 30, 3), dtype=np.uint8)
    inputs = processor(text=prompt, videos=[frames], return_tensors="pt", add_special_tokens=False)
    assert inputs["pixel_values_videos"].shape[-2:] == (12, 12)
    assert model.generate(**inputs, max_new_tokens=3, min_new_tokens=3).shape[1] == inputs["input_ids"].shape[1] + 3

    convert(*arguments, "--output", tmp_path / "again", "--skip_verification")
    assert all(torch.equal(part, state[name]) for name, part in state_of(tmp_path / "again").items())


def test_half_precision_and_mixed_inputs(tmp_path, weights):
    mixed = {key: part.bfloat16() if "language_model" in key else part for key, part in weights.items()}
    source = write_original(tmp_path / "original", mixed)
    convert("--input", source, "--output", tmp_path / "widest")
    convert("--input", source, "--delta", DELTA, "--output", tmp_path / "half", "--dtype", "bfloat16")
    assert {part.dtype for part in state_of(tmp_path / "widest").values()} == {torch.float32}
    assert {part.dtype for part in state_of(tmp_path / "half").values()} == {torch.bfloat16}
    assert load(tmp_path / "half").dtype == torch.bfloat16


@pytest.mark.parametrize(
    "arguments",
    [
        ["--output", "x"],
        ["--input", "a", "--compose", "--output", "x"],
        ["--compose", "--vision", "a", "--output", "x"],
        ["--input", "a", "--delta_as", "adapter", "--output", "x"],
        ["--compose", "--vision", "a", "--text", "b", "--delta", "c", "--output", "x"],
        ["--input", "a", "--output", "x", "--max_shards", "3"],
    ],
)
def test_wrong_command_lines_are_refused(arguments):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)


@pytest.mark.parametrize("name", ["num_abstractor_layers", "num_query_tokens", "max_shard_size", "seed"])
@pytest.mark.parametrize("value", ["-1", "nan", "inf", str(2**63), "x", "0"])
def test_numbers_out_of_range_are_refused(name, value, capsys):
    arguments = ["--compose", "--vision", "a", "--text", "b", "--output", "x", f"--{name}", value]
    if (name, value) == ("seed", "0"):
        assert parse_arguments(arguments).seed == 0
        return
    with pytest.raises(SystemExit, match="2"):
        parse_arguments(arguments)
    assert f"argument --{name}: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        *[("vision_config", "num_attention_heads", value) for value in (3, 0, "4", -1)],
        *[("text_config", "num_attention_heads", value) for value in (5, 0, "4")],
        ("visual_abstractor_config", "num_attention_heads", -1),
        ("vision_config", "image_size", None),
        ("vision_config", "patch_size", 0),
        ("vision_config", "hidden_size", [32]),
        ("vision_config", "layer_norm_eps", "small"),
        ("text_config", "intermediate_size", -1),
        ("text_config", "hidden_act", "none"),
        ("text_config", "model_type", "lama"),
        ("text_config", "max_position_embeddings", 9),
    ],
)
def test_broken_configurations_are_explained(part, name, value, tmp_path, weights, capsys):
    source = write_original(tmp_path / "original", weights)
    config = json.loads((source / "config.json").read_text())
    config[part][name] = value
    (source / "config.json").write_text(json.dumps(config))
    message = fails(capsys, "--input", source, "--output", tmp_path / "output")
    assert message.startswith(f"error: {source}") and message.count("\n") == 1
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize(
    ("weight_map", "words"),
    [
        ([], "weight_map"),
        (None, "weight_map"),
        ({}, "weight_map"),
        ({"a": 3}, "weight_map"),
        ({"query_tokens": "other.bin"}, "'other.bin', which is not"),
        ({"query_tokens": "a.bin", "abstractor.promised": "a.bin"}, "abstractor.promised"),
    ],
)
def test_broken_indices_are_explained(weight_map, words, tmp_path, weights, capsys):
    source = write_original(tmp_path / "original", weights)
    (source / "pytorch_model.bin").rename(source / "a.bin")
    (source / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": weight_map}))
    message = fails(capsys, "--input", source, "--output", tmp_path / "output")
    assert words in message and str(source) in message and not (tmp_path / "output").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "holds no tokenizer"), (b"", "empty file"), (b"version https://git-lfs", "not an intact sentencepiece")],
    ids=["missing", "empty", "pointer"],
)
def test_originals_without_a_tokenizer_are_refused(content, words, tmp_path, weights, capsys):
    source = write_original(tmp_path / "original", weights)
    (source / "tokenizer.model").unlink()
    if content is not None:
        (source / "tokenizer.model").write_bytes(content)
    message = fails(capsys, "--input", source, "--output", tmp_path / "output")
    assert words in message and str(source) in message and not (tmp_path / "output").exists()


EYES = {"hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 1, "num_attention_heads": 3}
EYES |= {"image_size": 12, "patch_size": 4}
EXPERTS = {"num_local_experts": 2, "num_experts_per_tok": 1, "num_key_value_heads": 2, **SMALL}
QWEN2_MOE = {"num_experts": 2, "moe_intermediate_size": 8, "shared_expert_intermediate_size": 8, **EXPERTS}


@pytest.mark.parametrize(
    ("text", "eyes", "change", "words"),
    [
        ("gpt2", {}, lambda folder: [path.unlink() for path in folder.glob("*token*")], "holds no tokenizer"),
        ("gpt2", {}, lambda folder: (folder / "tokenizer.json").write_text('{"added_tokens": []}'), "does not open"),
        ("gpt2", {}, lambda folder: (folder / "config.json").write_text("{"), "does not describe a language model"),
        ({"model_type": "gpt2", "n_layer": 1, "n_head": 4, "n_positions": 6}, {}, None, "reads 6 tokens"),
        ({"model_type": "mixtral", **EXPERTS}, {}, None, "experts"),
        ({"model_type": "qwen2_moe", **QWEN2_MOE}, {}, None, "experts"),
        ({"model_type": "phi", **SMALL}, {}, None, "has a bias"),
        ({"model_type": "gptj", "n_layer": 1, "n_head": 4, "rotary_dim": 4}, {}, None, "has a bias"),
        ("gpt2", {"num_attention_heads": 5}, None, "number of attention heads (5)"),
    ],
    ids=["no_tokenizer", "tokenizer", "config", "positions", "mixtral", "qwen2_moe", "phi", "gptj", "heads"],
)
def test_what_cannot_be_composed_is_refused(text, eyes, change, words, tmp_path, capsys):
    text = {"model_type": "gpt2", "n_layer": 1, "n_head": 4} if text == "gpt2" else text
    CLIPVisionModel(CLIPVisionConfig(**EYES)).save_pretrained(tmp_path / "clip")
    config = json.loads((tmp_path / "clip" / "config.json").read_text()) | eyes
    (tmp_path / "clip" / "config.json").write_text(json.dumps(config))
    source = write_language_model(tmp_path / "text", text, None)
    if change:
        change(source)
    capsys.readouterr()
    arguments = ["--compose", "--vision", tmp_path / "clip", "--text", source, "--num_query_tokens", 5]
    message = fails(capsys, *arguments, "--output", tmp_path / "output")
    assert words in message and message.count("\n") == 1 and not (tmp_path / "output").exists()


def test_templates_of_the_language_model_are_left_out(tmp_path):
    CLIPVisionModel(CLIPVisionConfig(**EYES)).save_pretrained(tmp_path / "clip")
    source = write_language_model(tmp_path / "text", {"model_type": "gpt2", "n_layer": 1, "n_head": 4}, None)
    tokenizer = AutoTokenizer.from_pretrained(source)
    tokenizer.chat_template = {"default": "foreign", "tool_use": "foreign"}
    tokenizer.save_pretrained(source)
    assert (source / "additional_chat_templates" / "tool_use.jinja").is_file()
    arguments = ["--compose", "--vision", tmp_path / "clip", "--text", source, "--output", tmp_path / "output"]
    convert(*arguments, "--skip_verification")
    assert [path.stem for path in (tmp_path / "output" / "additional_chat_templates").iterdir()] == ["original"]
    assert not any(b"foreign" in content for content in contents(tmp_path / "output").values())


def test_folders_of_something_else_are_refused(tmp_path, weights, capsys):
    source = write_original(tmp_path / "original", weights)
    (source / "config.json").write_text('{"model_type": "llama"}')
    assert "no original mPLUG-Owl" in fails(capsys, "--input", source, "--output", tmp_path / "output")
    assert "nothing" in fails(capsys, "--input", tmp_path / "nothing", "--output", tmp_path / "output")
    for content in (b"\xff{", b"[" * 10**5):
        (source / "config.json").write_bytes(content)
        assert "not readable as JSON" in fails(capsys, "--input", source, "--output", tmp_path / "output")


@pytest.mark.slow
def test_killed_conversion_is_finished(tmp_path):
    """The real thing: SIGKILL in the middle, the same command again, and a result equal to the undisturbed one."""
    sizes = dataclasses.replace(WIDE, text_width=256)
    text = {"model_type": "llama", "intermediate_size": 1024, "num_attention_heads": 4, "num_hidden_layers": 24}
    write_random_original(tmp_path / "original", sizes, 40, text)
    command = [sys.executable, str(REPO_ROOT / "convert_checkpoint.py"), "--input", str(tmp_path / "original")]
    command += ["--max_shard_size", "0.004", "--output"]
    subprocess.run([*command, str(tmp_path / "undisturbed")], check=True)
    process = subprocess.Popen([*command, str(tmp_path / "output")])
    while not list((tmp_path / "output").glob("model-00003-*")) and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "output" / "config.json").exists()
    subprocess.run([*command, str(tmp_path / "output")], check=True)
    assert contents(tmp_path / "output") == contents(tmp_path / "undisturbed")
