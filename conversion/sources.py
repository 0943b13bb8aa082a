# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `convert_checkpoint.py` must know of the original's files: how to open them safely, and what they compute.

Pickles are opened without executing anything in them. `original_features` is the maths of mPLUG-Owl's video model
written down once more, on the original's own tensors, so that a conversion can be compared with something other than
itself.
"""

import argparse
import dataclasses
import json
import math
import pickle
import re
import shutil
import struct
import tempfile
import zipfile
from _compat_pickle import IMPORT_MAPPING
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import sentencepiece
import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import AddedToken, normalizers
from torch import nn
from torch.nn import functional as F  # noqa: N812
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers.pytorch_utils import Conv1D


# What torch's safe unpickler was seen to raise on hostile, truncated or foreign bytes.
PICKLE_ERRORS = (pickle.UnpicklingError, RuntimeError, EOFError, OSError, LookupError, AttributeError, TypeError)
PICKLE_ERRORS += (ValueError, ArithmeticError, AssertionError, MemoryError, struct.error)
# What the library was seen to raise on broken or contradictory configurations and tokenizers.
LOADING_ERRORS = (StrictDataclassError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
LOADING_ERRORS += (RuntimeError, ImportError, OSError)
LIGHTNING_MODULES = ["lightning.pytorch.utilities.parsing", "pytorch_lightning.utilities.parsing"]
LIGHTNING_MODULES += ["lightning.fabric.utilities.data", "lightning_fabric.utilities.data"]
PLACEHOLDERS = ["<|video|>", "<|image|>"]
TOKENIZER_FILES = ["tokenizer.json", "*.model", "vocab.*", "*.tiktoken"]
LORA_KEY = r"(?P<module>.+)\.lora_(?P<side>[AB])(?:\.[^.]+)?\.weight"
RELEASE = 2**28  # bytes of a mapped file that may gather in memory
NORM_EPS = 1e-5  # of the temporal modules and of all norms of the abstractor but one, whatever the config says

# What an original configuration means where it says nothing.
DEFAULTS = {
    "num_query_tokens": 64,
    "vision_config": {
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "num_channels": 3,
        "image_size": 224,
        "patch_size": 14,
        "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-6,
        "attention_dropout": 0.0,
        "initializer_range": 0.02,
    },
    "visual_abstractor_config": {
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 6,
        "num_attention_heads": 16,
        "layer_norm_eps": 1e-6,
        "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.02,
    },
}


class ConversionError(ValueError):
    """A checkpoint cannot be converted. The message names the file or tensor, the cause and the remedy."""


def check(condition: object, message: str) -> None:
    """Raise `ConversionError(message)` unless `condition` holds."""
    if not condition:
        raise ConversionError(message)


def number(kind: type, low: float, high: float) -> Callable[[str], float]:
    """Make the `type` of a command-line option that takes a number from `low` to `high`."""

    def parse(text: str) -> float:
        # The comparison refuses NaN as well.
        if not low <= (value := kind(text)) <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low} and {high}")
        return value

    parse.__name__ = kind.__name__
    return parse


class Explained:
    """Turns what the library raises inside a `with` block into a `ConversionError` that says where and what it was.

    Args:
        message (`str`):
            Where it was and what did not work; the cause is appended.
    """

    def __init__(self, message: str):
        self.message = message

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # The tokenizers library raises `Exception` itself.
        if kind is Exception or isinstance(error, LOADING_ERRORS) and not isinstance(error, ConversionError):
            raise ConversionError(f"{self.message} ({kind.__name__}: {' '.join(str(error).split())}).") from error


def read_json(path: Path) -> dict:
    """Read a JSON object."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConversionError(f"{path}: not readable as JSON ({error}).") from error
    check(isinstance(content, dict), f"{path}: holds no JSON object.")
    return content


def load_pickle(path: Path) -> dict:
    """Open a torch pickle without executing anything in it; Lightning's `AttributeDict` opens as an ordered dict.

    Raises:
        ConversionError: If the file is broken, or asks for anything but tensors and plain values.
    """
    stand_ins = [(OrderedDict, f"{module}.AttributeDict") for module in LIGHTNING_MODULES]
    try:
        with torch.serialization.safe_globals(stand_ins):
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except PICKLE_ERRORS as error:
        # torch's message starts and ends with advice to load the file unsafely: that is left out.
        lines = [line.strip() for line in str(error).splitlines() if line.strip() and "weights_only" not in line]
        lines = lines or ["it ends early" if isinstance(error, EOFError) else type(error).__name__]
        reason = re.split(r"\.\s", lines[0])[0]
        if asked := re.search(r"GLOBAL (?:([\w.]+)\.)?(\w+)", str(error)):
            # Pickles of protocol 2 use the names that modules had in Python 2.
            reason = f"it asks for {IMPORT_MAPPING.get(asked[1], asked[1] or 'builtins')}.{asked[2]}"
        raise ConversionError(
            f"{path}: cannot be opened safely, and nothing in it was executed ({reason}). "
            "It must be an intact torch file of tensors and plain values."
        ) from error
    check(isinstance(content, dict), f"{path}: holds a {type(content).__name__}, expected a dict of tensors.")
    return content


class WeightReader:
    """Opens weight files one at a time, and lazily: memory holds what is read, not what a file holds."""

    def __init__(self):
        self.prefixes: dict[Path, str] = {}  # in the order in which the files are read
        self.promised: dict[Path, list[str]] = {}
        self.close()

    def add(self, files: dict[Path, list[str]], prefix: str = "") -> None:
        """Add files, tensors that each must have, and what is put before the names of their tensors."""
        self.prefixes |= dict.fromkeys(files, prefix)
        self.promised |= files

    def close(self) -> None:
        """Let go of the open file."""
        self.path, self.tensors, self.touched = None, {}, 0

    def read(self, path: Path, key: str) -> torch.Tensor:
        """Give one tensor; a mapped file is opened anew now and then, so that what was read leaves memory again."""
        if self.touched > RELEASE and (path.suffix == ".safetensors" or zipfile.is_zipfile(path)):
            self.close()
        tensor = self.open(path)[key]
        self.touched += tensor.nbytes
        return tensor

    def open(self, path: Path) -> dict[str, torch.Tensor]:
        """Give the tensors of a file by name, mapped into memory where its format allows that."""
        if path == self.path:
            return self.tensors
        self.close()
        if path.suffix == ".safetensors":
            try:
                tensors = load_file(path)
            except (SafetensorError, OSError) as error:
                raise ConversionError(f"{path}: not an intact safetensors file ({error}).") from error
        else:
            tensors = load_pickle(path)
            wrapped = [tensors[name] for name in ("state_dict", "model") if isinstance(tensors.get(name), dict)]
            tensors = wrapped[0] if wrapped else tensors
        for key, tensor in tensors.items():
            dense = isinstance(tensor, torch.Tensor) and tensor.layout == torch.strided and tensor.device.type == "cpu"
            check(isinstance(key, str) and dense, f"{path}: {key!r} is no dense tensor, so this is no state dict.")
            # A few bytes can claim to be a tensor of any size by repeating themselves.
            whole = tensor.untyped_storage().nbytes() >= tensor.nbytes
            check(whole, f"{path}: {key!r} has fewer values than its shape {tuple(tensor.shape)}; save it anew.")
        absent = [name for name in self.promised[path] if name not in tensors]
        check(not absent, f"{path}: lacks {absent[:1]}, which the index of its folder promises; get both anew.")
        self.path, self.tensors = path, {self.prefixes[path] + key: tensors[key] for key in tensors}
        return self.tensors


def weight_files(folder: Path) -> dict[Path, list[str]]:
    """Find the weight files of a folder, safetensors before pickles, and what its index, if any, promises of each."""
    for name in ("model.safetensors", "pytorch_model.bin"):
        index = folder / f"{name}.index.json"
        if (folder / name).is_file():
            return {folder / name: []}
        if index.is_file():
            weight_map = read_json(index).get("weight_map")
            usable = isinstance(weight_map, dict) and all(isinstance(shard, str) for shard in weight_map.values())
            check(usable and weight_map, f"{index}: its weight_map must name the shard of each tensor; get it anew.")
            promised: dict[Path, list[str]] = {}
            for key, shard in sorted(weight_map.items(), key=lambda item: item[1]):
                inside = Path(shard).name == shard and (folder / shard).is_file()
                check(inside, f"{index}: names the shard {shard!r}, which is not in the folder.")
                promised.setdefault(folder / shard, []).append(key)
            return promised
    raise ConversionError(f"{folder}: no model.safetensors, no pytorch_model.bin and no index of either.")


@dataclasses.dataclass(frozen=True)
class Lora:
    """A LoRA delta: its sizes, and by the name of each adapted weight the pair A `(rank, in)`, B `(out, rank)`.

    `transposed` names the weights that are stored as `(in, out)`, those of GPT-2's `Conv1D`.
    """

    rank: int
    alpha: float
    dropout: float
    pairs: dict[str, dict[str, torch.Tensor]]
    transposed: frozenset[str] = frozenset()

    def update(self, name: str) -> torch.Tensor:
        """What LoRA adds to the weight `name`, in float32."""
        update = self.alpha / self.rank * (self.pairs[name]["B"].float() @ self.pairs[name]["A"].float())
        return update.T if name in self.transposed else update


def read_lora(path: Path, reader: WeightReader, rename: Callable[[Path, str], str | None]) -> Lora | None:
    """Read the LoRA part of a GPT4Video delta; `None` for a delta of the whole language model.

    Raises:
        ConversionError: If the delta is empty, or its `config` and its tensors do not agree.
    """
    pairs: dict[str, dict[str, torch.Tensor]] = {}
    check(reader.open(path), f"{path}: the delta holds no tensors; the run that wrote it trained nothing.")
    for key, tensor in reader.open(path).items():
        if match := re.fullmatch(LORA_KEY, key):
            name = rename(path, f"{match['module']}.weight") or "nothing"
            inside = name.startswith("model.language_model.")
            check(inside, f"{path}: {key} adapts {name}; only LoRA of the layers of the language model is converted.")
            pairs.setdefault(name, {})[match["side"]] = tensor
    if not pairs:
        return None
    content = {} if path.suffix == ".safetensors" else load_pickle(path)
    hparams = content.get("config", content.get("hyper_parameters"))
    hparams = hparams if isinstance(hparams, dict) else {}
    rank, alpha, dropout = (hparams.get(name) for name in ("llm_r", "llm_alpha", "lora_dropout"))
    usable = isinstance(rank, int) and rank > 0 and isinstance(alpha, int | float) and math.isfinite(alpha)
    check(usable, f"{path}: its config must say llm_r and llm_alpha, LoRA's rank and scaling; found {rank}, {alpha}.")
    usable = dropout is None or isinstance(dropout, int | float) and 0 <= dropout < 1
    check(usable, f"{path}: lora_dropout in its config is {dropout!r}, expected a number from 0 to below 1.")
    for name, pair in pairs.items():
        shapes = {side: tuple(tensor.shape) for side, tensor in sorted(pair.items())}
        fits = [len(shape) for shape in shapes.values()] == [2, 2] and shapes["A"][0] == shapes["B"][1] == rank
        check(fits, f"{path}: the LoRA of {name} has the shapes {shapes}, while the config says rank {rank}.")
        known = (torch.float32, torch.float16, torch.bfloat16)
        finite = all(tensor.dtype in known and tensor.isfinite().all() for tensor in pair.values())
        check(finite, f"{path}: the LoRA of {name} has NaN or infinite values, or is not in floating point.")
        pairs[name] = {side: tensor.clone() for side, tensor in pair.items()}
    return Lora(rank, float(alpha), float(dropout or 0.0), pairs)


def fit_lora(path: Path, lora: Lora, model: PreTrainedModel) -> Lora:
    """Check a LoRA delta against the model, and find the weights that are stored transposed."""
    modules, transposed = dict(model.named_modules()), set()
    for name, pair in lora.pairs.items():
        module = modules.get(name.removesuffix(".weight"))
        known = isinstance(module, nn.Linear | Conv1D)
        check(known, f"{path}: LoRA of {name}, which is no linear layer of the model of config.json.")
        shape, expected = (pair["B"].shape[0], pair["A"].shape[1]), tuple(module.weight.shape)
        if isinstance(module, Conv1D):
            transposed.add(name)
            expected = expected[::-1]
        check(shape == expected, f"{path}: LoRA of {name} gives {shape} (out, in), expected {expected}.")
    return dataclasses.replace(lora, transposed=frozenset(transposed))


def complete(where: Path, name: str, part: dict) -> dict:
    """Fill in what a part of an original configuration leaves to the defaults, and check its numbers."""
    part = {**DEFAULTS[name], **part}
    for key, default in DEFAULTS[name].items():
        if isinstance(default, int):
            usable = type(part[key]) is int and part[key] > 0
            check(usable, f"{where}: {key} of {name} is {part[key]!r}, expected a whole number over 0.")
        elif isinstance(default, float):
            usable = type(part[key]) in (int, float) and 0 <= part[key] < 1
            check(usable, f"{where}: {key} of {name} is {part[key]!r}, expected a number from 0 to below 1.")
            part[key] = float(part[key])
    width, heads = part["hidden_size"], part["num_attention_heads"]
    check(width % heads == 0, f"{where}: hidden_size {width} of {name} is no multiple of {heads} attention heads.")
    return part


def read_config(path: Path) -> dict:
    """Read an original `config.json` and fill in what it leaves to the defaults."""
    config = read_json(path)
    parts = ("vision_config", "visual_abstractor_config")
    for name in (*parts, "text_config"):
        check(isinstance(config.get(name), dict), f"{path}: has no {name}, so this is no original mPLUG-Owl model.")
    config = {**DEFAULTS, **config} | {name: complete(path, name, config[name]) for name in parts}
    # The original stores an activation for its vision model and never reads it.
    config["vision_config"]["hidden_act"] = DEFAULTS["vision_config"]["hidden_act"]
    return config


def mlp_width(intermediate_size: int) -> int:
    """The width that the original gives the abstractor's MLP for an `intermediate_size`."""
    return 2816 if intermediate_size == 2816 else 256 * math.ceil(2 * intermediate_size // 3 / 256)


def convert_config(original: dict) -> dict:
    """Turn an original `config.json` with all its entries into arguments of `GPT4VideoConfig`.

    The copies of the language model's settings at the top level are ignored.
    """
    vision, queries, text = (original[name] for name in ("vision_config", "visual_abstractor_config", "text_config"))
    defaults = AutoConfig.for_model(text.get("model_type", "llama"))
    known = {*defaults.to_dict(), *defaults.attribute_map, "rope_theta", "rope_scaling"} - {
        "architectures",
        "dtype",
        "transformers_version",
    }
    return {
        "vision_config": {name: vision[name] for name in DEFAULTS["vision_config"]}
        | {"temporal_hidden_size": vision["hidden_size"] // 2},
        "abstractor_config": {
            "hidden_size": queries["hidden_size"],
            "intermediate_size": mlp_width(queries["intermediate_size"]),
            "num_hidden_layers": queries["num_hidden_layers"],
            "num_attention_heads": queries["num_attention_heads"],
            "num_query_tokens": original["num_query_tokens"],
            "attention_dropout": queries["attention_probs_dropout_prob"],
            "layer_norm_eps": NORM_EPS,
            "mlp_layer_norm_eps": queries["layer_norm_eps"],
            "initializer_range": queries["initializer_range"],
        },
        "text_config": {name: text[name] for name in text if name in known} | {"model_type": defaults.model_type},
    }


def convert_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Turn the sentencepiece file of an original folder into a tokenizer with the ids of the slow LLaMA one.

    A conversion lying beside it is left aside: those of the time lost a merge. Each text between special tokens
    starts with a word boundary, whatever it begins with.
    """
    # Where this fails, the library goes on to guess other formats and reports the last guess.
    with Explained(f"{folder / 'tokenizer.model'}: not an intact sentencepiece file"):
        pieces = sentencepiece.SentencePieceProcessor(model_proto=(folder / "tokenizer.model").read_bytes())
    check(pieces.vocab_size(), f"{folder / 'tokenizer.model'}: an empty file; get it anew.")
    with tempfile.TemporaryDirectory() as alone:
        for path in folder.glob("*token*"):
            if path.name != "tokenizer.json":
                shutil.copy(path, alone)
        slow = LlamaTokenizer.from_pretrained(alone)
    backend = slow.backend_tokenizer
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    backend.pre_tokenizer = None
    settings = slow.special_tokens_map | {"model_max_length": slow.model_max_length, "padding_side": "left"}
    return PreTrainedTokenizerFast(tokenizer_object=backend, **settings)


def check_language_model(folder: Path, text: PreTrainedConfig) -> None:
    """Refuse language models whose weights do not become a GPT4Video's name by name."""
    decoder_only = type(text) in AutoModelForCausalLM._model_mapping and not text.is_encoder_decoder
    check(decoder_only, f"{folder}: a {text.model_type}, expected a decoder-only language model.")
    experts = any("experts" in name and value for name, value in text.to_dict().items())
    check(
        not experts,
        f"{folder}: a {text.model_type} with experts, whose tensors the library fuses as it loads them; "
        "compose with a language model without experts.",
    )
    with torch.device("meta"):
        head = AutoModelForCausalLM.from_config(text).get_output_embeddings()
    check(
        getattr(head, "bias", None) is None,
        f"{folder}: the output layer of a {text.model_type} has a bias, for which GPT4Video has no place; "
        "compose with a language model without it.",
    )


def composed_config(args: argparse.Namespace) -> dict:
    """Describe a CLIP-style ViT, a language model and an abstractor between them the way the original does."""
    with Explained(f"{args.vision}: its config.json does not describe a vision model"):
        vision = AutoConfig.from_pretrained(args.vision, trust_remote_code=False)
    vision = getattr(vision, "vision_config", vision)
    check(vision.model_type == "clip_vision_model", f"{args.vision}: a {vision.model_type}, expected CLIP.")
    with Explained(f"{args.text}: its config.json does not describe a language model"):
        text = AutoConfig.from_pretrained(args.text, trust_remote_code=False)
        check_language_model(args.text, text)
    queries = {
        "hidden_size": vision.hidden_size,
        "intermediate_size": 4 * vision.hidden_size,
        "num_hidden_layers": args.num_abstractor_layers,
        "num_attention_heads": vision.num_attention_heads,
    }
    return {
        "vision_config": complete(args.vision, "vision_config", vision.to_dict()),
        "visual_abstractor_config": complete(args.vision, "visual_abstractor_config", queries),
        "text_config": text.to_dict(),
        "num_query_tokens": args.num_query_tokens,
    }


def load_tokenizer(folder: Path, original: bool) -> tuple[PreTrainedTokenizerFast, list[int]]:
    """Open a tokenizer, add the placeholders and what else is missing, and say which ids are new."""
    found = any(path.is_file() for pattern in TOKENIZER_FILES for path in folder.glob(pattern))
    check(found, f"{folder}: holds no tokenizer, that is none of {', '.join(TOKENIZER_FILES)}.")
    with Explained(f"{folder}: its tokenizer does not open"):
        if original and (folder / "tokenizer.model").is_file():
            tokenizer = convert_tokenizer(folder)
        else:
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, padding_side="left")
    # Without its files, the library makes many a tokenizer that knows special tokens alone.
    words = set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens)
    check(words, f"{folder}: its tokenizer has no words; files of it must be missing.")
    check(tokenizer.eos_token, f"{folder}: the tokenizer has no end token, and answers end with one.")
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.unk_token or tokenizer.eos_token
    new = [token for token in PLACEHOLDERS if token not in tokenizer.get_vocab()]
    special = [AddedToken(token, special=True, normalized=False) for token in PLACEHOLDERS]
    tokenizer.add_special_tokens({"additional_special_tokens": special}, replace_extra_special_tokens=False)
    return tokenizer, tokenizer.convert_tokens_to_ids(new)


def original_features(
    weight: Callable[[str], torch.Tensor], config: dict, pixels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute what the original's vision model and abstractor give for clips, from the original's own tensors.

    Args:
        weight (`Callable[[str], torch.Tensor]`):
            Gives a tensor by its original name.
        config (`dict`):
            The original `config.json`.
        pixels (`torch.FloatTensor` of shape `(num_clips, num_frames, 3, height, width)`):
            CLIP-normalised RGB; the temporal parts are left out where `num_frames` is 1, as in the original.

    Returns:
        Frame tokens `(num_clips, num_frames, num_patches + 1, D)` and clip tokens `(num_clips, num_queries + 1, E)`.
    """

    def linear(name: str, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, weight(f"{name}.weight").flatten(1), weight(f"{name}.bias"))

    def norm(name: str, x: torch.Tensor, eps: float) -> torch.Tensor:
        return F.layer_norm(x, x.shape[-1:], weight(f"{name}.weight"), weight(f"{name}.bias"), eps)

    def quick_gelu(x: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(1.702 * x)

    def attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        query, key, value = (part.transpose(-2, -3) for part in (query, key, value))  # (..., heads, L, head_dim)
        scores = (query @ key.transpose(-1, -2)) * query.shape[-1] ** -0.5
        return (scores.softmax(-1) @ value).transpose(-2, -3).flatten(-2)

    vision, queries_config = config["vision_config"], config["visual_abstractor_config"]
    heads, eps, num_frames = vision["num_attention_heads"], vision["layer_norm_eps"], pixels.shape[1]
    patches = F.conv2d(
        pixels.flatten(0, 1), weight("vision_model.embeddings.patch_embed.weight"), stride=vision["patch_size"]
    )
    x = patches.flatten(2).transpose(1, 2)
    x = torch.cat([weight("vision_model.embeddings.cls_token").expand(len(x), -1, -1), x], dim=1)
    x = x + weight("vision_model.embeddings.position_embedding")
    x = norm("vision_model.embeddings.pre_layernorm", x, eps).unflatten(0, (-1, num_frames))  # (B, T, N, D)
    for i in range(vision["num_hidden_layers"]):
        layer = f"vision_model.encoder.layers.{i}"
        if num_frames > 1:
            mixed = linear(f"{layer}.temporal.down_proj", norm(f"{layer}.temporal.ln", x[:, :, 1:], NORM_EPS))
            kernel, before = weight(f"{layer}.temporal.conv.weight"), F.pad(mixed, (0, 0, 0, 0, 1, 1))
            mixed = sum(before[:, k : k + num_frames] * kernel[:, 0, k, 0, 0] for k in range(3))
            mixed = quick_gelu(mixed + weight(f"{layer}.temporal.conv.bias"))
            x = x + torch.cat([x[:, :, :1], linear(f"{layer}.temporal.up_proj", mixed)], dim=2)
        fused = linear(f"{layer}.self_attn.query_key_value", norm(f"{layer}.input_layernorm", x, eps))
        x = x + linear(f"{layer}.self_attn.dense", attend(*fused.unflatten(-1, (heads, 3, -1)).unbind(-2)))
        inner = linear(f"{layer}.mlp.fc1", norm(f"{layer}.post_attention_layernorm", x, eps))
        x = x + linear(f"{layer}.mlp.fc2", quick_gelu(inner))
    frame_tokens = norm("vision_model.post_layernorm", x, eps)

    num_queries, heads = weight("query_tokens").shape[1], queries_config["num_attention_heads"]
    x = torch.cat([weight(name) for name in ("query_tokens", "temporal_query_tokens")[: 1 + (num_frames > 1)]], dim=1)
    x = x.expand(len(pixels), -1, -1)
    for i in range(queries_config["num_hidden_layers"]):
        layer = f"abstractor.encoder.layers.{i}.crossattention"
        x = norm(f"{layer}.norm1", x, NORM_EPS)
        keys = torch.cat([x, norm(f"{layer}.normk", frame_tokens.flatten(1, 2), NORM_EPS)], dim=1)
        sources = {"query": x, "key": keys, "value": keys}
        parts = [linear(f"{layer}.attention.{name}", part) for name, part in sources.items()]
        attended = attend(*(part.unflatten(-1, (heads, -1)) for part in parts))
        x = x + linear(f"{layer}.output.out_proj", attended)
        inner = norm(f"{layer}.output.norm2", x, NORM_EPS)
        inner = F.silu(linear(f"{layer}.output.mlp.w1", inner)) * linear(f"{layer}.output.mlp.w3", inner)
        inner = norm(f"{layer}.output.mlp.ffn_ln", inner, queries_config["layer_norm_eps"])
        x = x + linear(f"{layer}.output.mlp.w2", inner)
    tokens = linear("abstractor.visual_fc", x[:, :num_queries])
    if num_frames > 1:
        tokens = tokens + linear("abstractor.temporal_visual_fc", x[:, num_queries:])
    return frame_tokens, torch.cat([tokens, weight("abstractor.vit_eos").expand(len(pixels), -1, -1)], dim=1)
