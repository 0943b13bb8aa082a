# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Convert an original mPLUG-Owl checkpoint, with or without a GPT4Video delta, or compose a ViT and a language model.

    python convert_checkpoint.py --input mplug-owl-llama-7b-video --delta checkpoint_epoch1.pth --output gpt4video-7b
    python convert_checkpoint.py --compose --vision clip-vit-large-patch14 --text SmolLM2-1.7B --output gpt4video-1.7b

One tensor at a time goes from the input to the output, so memory does not grow with the model. Pickles are opened
without executing anything. The same command again finishes what was interrupted. At the end the output is read back
and compared with a recomputation from the input: every tensor, and a forward through each stage. A model card in it
says what was converted and what to expect.
"""

import argparse
import dataclasses
import functools
import hashlib
import json
import math
import os
import re
import shutil
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import torch
from tqdm import tqdm
from transformers import AutoConfig, PreTrainedModel


REPO_ROOT = Path(__file__).resolve().parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.conversion.card import write_card  # noqa: E402
from gpt4video.conversion.companions import CONFIG, MODEL, REMOTE_FILES, TEMPLATES, load_class, stage, write_json  # noqa: E402
from gpt4video.conversion.sources import (  # noqa: E402
    LORA_KEY,
    PLACEHOLDERS,
    ConversionError,
    Explained,
    WeightReader,
    check,
    composed_config,
    convert_config,
    fit_lora,
    load_tokenizer,
    number,
    read_config,
    read_json,
    read_lora,
    weight_files,
)
from gpt4video.conversion.verification import first_difference, verify  # noqa: E402


JOURNAL = "conversion.json"
DTYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}
NAMES = [str(dtype).removeprefix("torch.") for dtype in DTYPES]
CHUNK = 2**24  # elements of a tensor that are cast, written or compared at a time

IMAGE_MODEL = """
NOTE: the checkpoint has no temporal weights, so it is an image model. Clips will work, but nothing temporal has been
learned: the temporal queries, the projection of what they find and the output of each temporal block are ZERO, so that
they add nothing. The original filled that projection with random numbers, which nobody can recover, and added them.
As in the original, class tokens double in each layer as soon as there is more than one frame.
"""

# What LightningModule and PEFT put in front of the original names.
WRAPPERS = (
    r"^(?:model\.)?(?:base_model\.model\.)?(?=(?:temporal_)?query_tokens$|(?:vision_|language_)model\.|abstractor\.)"
)
LLM = r"(?:llm/|language_model\.)"
CLIP = r"clip/(?:vision_model\.)?"
LAYER, NEW_LAYER = r"vision_model\.encoder\.layers\.(\d+)\.", r"model.vision_tower.layers.\1."
READER, NEW_READER = r"abstractor\.encoder\.layers\.(\d+)\.crossattention\.", r"model.abstractor.layers.\1."
END, FUSED = r"\.(weight|bias)", "<q,k,v>"
# Whole original name -> new name; FUSED stands for q, k and v; None is dropped on purpose. First match wins.
# `clip/` and `llm/` are put before the names in the two folders of --compose.
KEY_MAPPING: list[tuple[str, str | None]] = [
    (r"((?:temporal_)?query_tokens)", r"model.abstractor.\1"),
    (r"vision_model\.embeddings\.cls_token", r"model.vision_tower.embeddings.class_embedding"),
    (r"vision_model\.embeddings\.position_embedding", r"model.vision_tower.embeddings.position_embedding.weight"),
    (r"vision_model\.embeddings\.patch_embed\.weight", r"model.vision_tower.embeddings.patch_embedding.weight"),
    (r"vision_model\.(?:embeddings\.)?(pre|post)_layernorm" + END, r"model.vision_tower.\1_layernorm.\2"),
    (LAYER + r"temporal\.ln" + END, NEW_LAYER + r"temporal_block.layer_norm.\2"),
    (LAYER + r"temporal\.(down_proj|conv|up_proj)" + END, NEW_LAYER + r"temporal_block.\2.\3"),
    (LAYER + r"self_attn\.query_key_value" + END, NEW_LAYER + rf"self_attn.{FUSED}_proj.\2"),
    (LAYER + r"self_attn\.dense" + END, NEW_LAYER + r"self_attn.out_proj.\2"),
    (LAYER + r"input_layernorm" + END, NEW_LAYER + r"layer_norm1.\2"),
    (LAYER + r"post_attention_layernorm" + END, NEW_LAYER + r"layer_norm2.\2"),
    (LAYER + r"mlp\.(fc1|fc2)" + END, NEW_LAYER + r"mlp.\2.\3"),
    (r"abstractor\.visual_fc" + END, r"model.multi_modal_projector.spatial_proj.\1"),
    (r"abstractor\.temporal_visual_fc" + END, r"model.multi_modal_projector.temporal_proj.\1"),
    (r"abstractor\.vit_eos", r"model.multi_modal_projector.end_embedding"),
    (READER + r"attention\.(q|k|v)(?:uery|ey|alue)" + END, NEW_READER + r"cross_attn.\2_proj.\3"),
    (READER + r"output\.out_proj" + END, NEW_READER + r"cross_attn.out_proj.\2"),
    (READER + r"norm1" + END, NEW_READER + r"query_layer_norm.\2"),
    (READER + r"normk" + END, NEW_READER + r"key_layer_norm.\2"),
    (READER + r"output\.norm2" + END, NEW_READER + r"layer_norm.\2"),
    (READER + r"output\.mlp\.w1" + END, NEW_READER + r"mlp.gate_proj.\2"),
    (READER + r"output\.mlp\.w2" + END, NEW_READER + r"mlp.down_proj.\2"),
    (READER + r"output\.mlp\.w3" + END, NEW_READER + r"mlp.up_proj.\2"),
    (READER + r"output\.mlp\.ffn_ln" + END, NEW_READER + r"mlp.layer_norm.\2"),
    (r"input_embeddings\.weight", None),  # GPT4Video registers the embedding of the language model a second time
    (LLM + r".*rotary_emb\.inv_freq", None),  # computed, not learned
    (LLM + r".*\.(?:attn|attention)\.(?:bias|masked_bias)", None),  # causal masks of GPT-2 and GPT-NeoX
    (LLM + r"(?:lm_head|embed_out)\.weight", r"lm_head.weight"),
    (LLM + r"(?:model\.|transformer\.|gpt_neox\.)?((?!lm_head|embed_out).+)", r"model.language_model.\1"),
    (r"clip/(?:text_model\..+|logit_scale|(?:text|visual)_projection\.weight)", None),  # CLIP's text side
    (CLIP + r"embeddings\.position_ids", None),  # computed, not learned
    (CLIP + r"(embeddings\..+)", r"model.vision_tower.\1"),
    (CLIP + r"(pre|post)_lay(?:er|r)norm" + END, r"model.vision_tower.\1_layernorm.\2"),
    (CLIP + r"encoder\.(layers\..+)", r"model.vision_tower.\1"),
]
# Dimensions of size one that the original has and this model does not.
UNIT_DIMS = {"class_embedding": (0, 1), "position_embedding.weight": (0,), "temporal_block.conv.weight": (3, 4)}
UNIT_DIMS |= dict.fromkeys(("temporal_block.down_proj.weight", "temporal_block.up_proj.weight"), (2, 3, 4))


def original_name(key: str) -> str:
    """Take off what LightningModule and PEFT put around an original name."""
    return re.sub(WRAPPERS, "", key).replace(".base_layer.", ".")


def rename_key(key: str) -> str | None:
    """Give the new name of an original tensor, or `None` for one that is dropped on purpose.

    Raises:
        KeyError: If the table has no rule for `key`.
    """
    key = original_name(key)
    for pattern, name in KEY_MAPPING:
        if match := re.fullmatch(pattern, key):
            return None if name is None else match.expand(name)
    raise KeyError(key)


def convert_state_dict(state_dict: dict[str, torch.Tensor], num_attention_heads: int) -> dict[str, torch.Tensor]:
    """Rename, split and reshape original tensors, on any device; the values stay what they are.

    Args:
        state_dict (`dict[str, torch.Tensor]`):
            Any part of an original state dict.
        num_attention_heads (`int`):
            Heads of the vision tower. Its fused weight has the rows of q, k, v of head 0, then of head 1, ...
    """
    converted = {}
    for key, tensor in state_dict.items():
        name = rename_key(key)
        if name is None:
            continue
        dims = next((dims for suffix, dims in UNIT_DIMS.items() if name.endswith(suffix)), ())
        tensor = tensor.squeeze([dim for dim in dims if dim < tensor.dim()])
        if FUSED in name:
            parts = tensor.unflatten(0, (num_attention_heads, 3, -1)).unbind(1)  # 3 x (num_heads, head_dim, ...)
            names = [name.replace(FUSED, letter) for letter in "qkv"]
            converted |= {part: rows.flatten(0, 1) for part, rows in zip(names, parts, strict=True)}
        else:
            converted[name] = tensor
    return converted


def new_name(path: Path, key: str) -> str | None:
    """`rename_key` with an error that names the file."""
    check(not re.fullmatch(LORA_KEY, key), f"{path}: {key!r} is LoRA, which belongs into --delta.")
    try:
        return rename_key(key)
    except KeyError as error:
        raise ConversionError(f"{path}: unknown tensor {key!r}, KEY_MAPPING has no rule for it.") from error


@dataclasses.dataclass(frozen=True)
class Step:
    """One tensor of the input, its `key` in `path`, its original name and those it becomes; a new one has no path."""

    path: Path | None
    key: str
    name: str
    outputs: list[str]


class Conversion:
    """One job: what is read, what becomes of each tensor, and how it is written."""

    def __init__(self, args: argparse.Namespace):
        self.args, self.source = args, args.text if args.compose else args.input
        self.compared: set[str] = set()  # shards of an earlier run, found to be right
        self.folders = {args.vision: "clip/", args.text: "llm/"} if args.compose else {args.input: ""}
        self.reader = WeightReader()
        for folder, prefix in self.folders.items():
            self.reader.add(weight_files(folder), prefix)
        if args.delta:
            self.reader.add({args.delta: []})
        self.lora = read_lora(args.delta, self.reader, new_name) if args.delta else None
        check(self.lora or args.delta_as == "merged", f"{args.delta}: holds no LoRA, so there is no adapter to write.")
        self.original = composed_config(args) if args.compose else read_config(args.input / "config.json")
        self.tokenizer, self.new_ids = load_tokenizer(self.source, original=not args.compose)
        with Explained(f"{' and '.join(map(str, self.folders))}: config.json does not describe a model"):
            model = self.build_model()
        if self.lora:
            self.lora = fit_lora(args.delta, self.lora, model)
        self.plan(model)

    def build_model(self) -> PreTrainedModel:
        """Turn the original configuration into that of the output, and build its model on the meta device."""
        settings, ids = convert_config(self.original), self.tokenizer.convert_tokens_to_ids(PLACEHOLDERS)
        self.text_config = AutoConfig.for_model(**settings["text_config"])
        settings["text_config"]["vocab_size"] = max(self.text_config.vocab_size, len(self.tokenizer), max(ids) + 1)
        settings["abstractor_config"]["frame_position_embedding"] = self.args.frame_position_embedding
        self.config = load_class(CONFIG)(**settings, video_token_id=ids[0], image_token_id=ids[1])
        length, limit = self.config.num_video_tokens, getattr(self.text_config, "max_position_embeddings", None)
        fits = limit is None or length < limit
        check(fits, f"{self.source}: a model that reads {limit} tokens, and a clip alone takes {length}.")
        with torch.device("meta"):
            return load_class(MODEL)(self.config)

    def plan(self, model: PreTrainedModel) -> None:
        """Account for every tensor of the input and of the output before anything is written."""
        tied, embedding = self.config.tie_word_embeddings, model.get_input_embeddings().weight
        name = next(name for name, parameter in model.named_parameters() if parameter is embedding)
        self.tables = (name, "lm_head.weight")
        self.shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
        if tied:
            del self.shapes["lm_head.weight"]
        steps, counts, dtypes = {}, Counter(), set()
        for path in self.reader.prefixes:
            for key, tensor in self.reader.open(path).items():
                is_lora = path == self.args.delta and re.fullmatch(LORA_KEY, key)
                name = None if is_lora else new_name(path, key)
                counts["read"] += 1
                if name is None or (tied and name == "lm_head.weight"):
                    counts["LoRA" if is_lora else "dropped"] += 1
                    continue
                check(name not in steps or path == self.args.delta, f"{path}: {key} is there twice.")
                counts["replaced"] += name in steps
                steps[name] = Step(path, key, original_name(key), self.outputs_of(path, key, name, tensor))
                dtypes.add(tensor.dtype)
        made = {name for step in steps.values() for name in step.outputs}
        missing = [name for name in self.shapes if name not in made]
        self.is_image_model = not self.args.compose and not any(".temporal_" in name for name in made)
        new = r".+\.temporal_.+" if self.is_image_model else "$"
        if self.args.compose:
            new = r"model\.(?:abstractor|multi_modal_projector)\..+|.+\.temporal_block\..+"
        lost = [name for name in missing if not re.fullmatch(new, name)]
        check(not lost, f"{self.source}: no tensor becomes {', '.join(lost[:3])} ({len(lost)} are missing).")
        counts["renamed"] = sum(len(step.outputs) == 1 for step in steps.values())
        counts["split"] = len(steps) - counts["renamed"]
        order = list(self.reader.prefixes)
        self.steps = sorted(steps.values(), key=lambda step: order.index(step.path))
        self.steps += [Step(None, name, name, [name]) for name in missing]
        auto = functools.reduce(torch.promote_types, dtypes)
        self.dtype = auto if self.args.dtype == "auto" else getattr(torch, self.args.dtype)
        parts = {part: counts[part] for part in ("renamed", "split", "dropped", "replaced", "LoRA")}
        from_splits = len(made) - counts["renamed"]
        print(f"read {counts['read']} = " + " + ".join(f"{count} {part}" for part, count in parts.items()))
        print(f"written {len(self.shapes)} = {counts['renamed']} renamed + {from_splits} split + {len(missing)} new")
        balanced = counts["read"] == sum(parts.values()) and len(self.shapes) == len(made) + len(missing)
        check(balanced, "The key table does not add up; this is a bug of the converter.")

    def outputs_of(self, path: Path, key: str, name: str, tensor: torch.Tensor) -> list[str]:
        """Check what an original tensor becomes against the shapes of the model, and list the names."""
        heads = self.config.vision_config.num_attention_heads
        usable = tensor.dtype in DTYPES and tensor.dim() > 0
        usable = usable and (FUSED not in name or tensor.shape[0] % (3 * heads) == 0)
        check(usable, f"{path}: {key} of {tensor.dtype} and shape {tuple(tensor.shape)} is not usable.")
        outputs = convert_state_dict({key: tensor.to("meta")}, heads)
        for name, part in outputs.items():
            check(name in self.shapes, f"{path}: unknown tensor {key!r}; the model of config.json has no {name!r}.")
            rows = self.text_config.vocab_size if name in self.tables else self.shapes[name][0]
            expected = (rows, *self.shapes[name][1:])
            check(part.shape == expected, f"{path}: {key} gives {tuple(part.shape)} for {name}, expected {expected}.")
        return list(outputs)

    def new_tensor(self, name: str) -> torch.Tensor:
        """Initialise a tensor that the input does not have, from the seed and its name alone."""
        generator = torch.Generator().manual_seed(self.args.seed + zlib.crc32(name.encode()))
        if re.search(r"norm\.weight$", name):
            return torch.ones(self.shapes[name])
        if re.search(r"temporal_block\.(?:down_proj|conv)\.", name):  # what torch gives to convolutions
            bound = math.prod(self.shapes[re.sub("bias$", "weight", name)][1:]) ** -0.5
            return torch.empty(self.shapes[name]).uniform_(-bound, bound, generator=generator)
        if name.endswith("bias") or "temporal_block.up_proj" in name or self.is_image_model:
            return torch.zeros(self.shapes[name])
        return torch.randn(self.shapes[name], generator=generator) * self.config.abstractor_config.initializer_range

    def tensors(self, step: Step) -> dict[str, torch.Tensor]:
        """Compute the output tensors of one step, before casts and before the vocabulary grows."""
        if step.path is None:
            return {step.key: self.new_tensor(step.key)}
        tensor = self.reader.read(step.path, step.key)
        outputs = convert_state_dict({step.key: tensor}, self.config.vision_config.num_attention_heads)
        for name in outputs:
            if self.lora and self.args.delta_as == "merged" and name in self.lora.pairs:
                outputs[name] = outputs[name].float() + self.lora.update(name)
        return outputs

    def chunks(self, name: str, tensor: torch.Tensor) -> Iterator[torch.Tensor]:
        """Cast a tensor piece by piece; new rows of embedding and head are the mean of the rows that there were."""
        size, mean = max(1, CHUNK // max(1, math.prod(tensor.shape[1:]))), None
        if name in self.tables:
            mean = sum(part.sum(0, dtype=torch.float64) for part in tensor.split(size)) / len(tensor)
            mean = mean.to(self.dtype)
        for start in range(0, self.shapes[name][0], size):
            part = tensor[start : start + size].to(self.dtype)
            if mean is not None:
                appended = min(size, self.shapes[name][0] - start) - len(part)
                part = torch.cat([part, mean.expand(appended, -1)])
                part[[index - start for index in self.new_ids if start <= index < start + len(part)]] = mean
            check(part.sum(dtype=torch.float64).isfinite(), f"{name}: has NaN or infinite values as {self.dtype}.")
            yield part

    def write_shard(self, path: Path, steps: list[Step]) -> None:
        """Write one safetensors file tensor by tensor; it gets its name only when it is complete."""
        header, offset = {"__metadata__": {"format": "pt"}}, 0
        for name in (name for step in steps for name in step.outputs):
            end = offset + math.prod(self.shapes[name]) * self.dtype.itemsize
            header[name] = {"dtype": DTYPES[self.dtype], "shape": self.shapes[name], "data_offsets": (offset, end)}
            offset = end
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with path.with_suffix(".partial").open("wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for step in tqdm(steps, desc=path.name, unit="tensor", disable=None):
                for name, tensor in self.tensors(step).items():
                    for chunk in self.chunks(name, tensor):
                        file.write(chunk.contiguous().flatten().view(torch.uint8).numpy())
            file.flush()
            os.fsync(file.fileno())
        path.with_suffix(".partial").replace(path)

    def shards(self) -> dict[str, list[Step]]:
        """Share the steps out to files of at most `--max_shard_size`."""
        groups, room = [], 0
        for step in self.steps:
            size = sum(math.prod(self.shapes[name]) for name in step.outputs) * self.dtype.itemsize
            if not groups or size > room:
                groups.append([])
                room = self.args.max_shard_size * 1e9
            groups[-1].append(step)
            room -= size
        names = [f"model-{number:05}-of-{len(groups):05}.safetensors" for number in range(1, len(groups) + 1)]
        return dict(zip(names if len(groups) > 1 else ["model.safetensors"], groups, strict=True))

    def job(self) -> dict:
        """What makes this job the same as another: arguments, input files by size and time, code."""
        where = ("input", "output", "delta", "vision", "text", "skip_verification", "base_model")
        files = [path for folder in self.folders for path in sorted(folder.iterdir()) if path.is_file()]
        files += [self.args.delta] if self.args.delta else []
        code = [*REMOTE_FILES, *TEMPLATES.values(), "convert_checkpoint.py"]
        code += ["conversion/sources.py", "conversion/companions.py"]
        return {
            "arguments": {name: value for name, value in vars(self.args).items() if name not in where},
            "inputs": [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in files],
            "code": hashlib.sha256(b"".join((REPO_ROOT / name).read_bytes() for name in code)).hexdigest(),
        }

    def write(self) -> dict[str, list[Step]]:
        """Write the output folder, or finish one that this job began; no file has its name before it is complete."""
        output, job = self.args.output, self.job()
        journal, staging = output / JOURNAL, output / "companions.partial"
        if journal.is_file():
            check(read_json(journal) == job, f"{output}: is of another conversion; choose another folder.")
        elif output.exists():
            strange = [path.name for path in output.iterdir() if path.suffix != ".partial"]
            check(not strange, f"{output}: holds {strange[:1]}; choose a new or an empty folder.")
        stage(self, staging)
        write_json(staging / JOURNAL, job)
        (staging / JOURNAL).replace(journal)
        shards = self.shards()
        for name, steps in shards.items():
            if (output / name).is_file() and first_difference(self, output / name, steps) is None:
                print(f"{name}: is there and right, kept")
                self.compared.add(name)
            else:
                self.write_shard(output / name, steps)
        if len(shards) > 1:
            size = sum(math.prod(shape) for shape in self.shapes.values()) * self.dtype.itemsize
            weight_map = {name: file for file, steps in shards.items() for step in steps for name in step.outputs}
            index = {"metadata": {"total_size": size}, "weight_map": weight_map}
            write_json(staging / "model.safetensors.index.json", index)
        # config.json comes last: a folder without it does not open.
        for path in sorted(staging.rglob("*"), key=lambda path: path.name == "config.json"):
            if path.is_file():
                (output / path.relative_to(staging)).parent.mkdir(exist_ok=True)
                path.replace(output / path.relative_to(staging))
        shutil.rmtree(staging)
        return shards


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    option = parser.add_argument
    option("--output", type=Path, required=True, metavar="DIR", help="a new folder, or the one to finish")
    option("--input", type=Path, metavar="DIR", help="folder of an original mPLUG-Owl checkpoint")
    option("--delta", type=Path, metavar="FILE", help="GPT4Video delta: LoRA, or a whole language model")
    option("--delta_as", choices=("merged", "adapter"), default="merged", help="LoRA in the weights or in DIR/adapter")
    option("--compose", action="store_true", help="make a new model of --vision and --text")
    option("--vision", type=Path, metavar="DIR", help="folder of a CLIP model or of its vision model")
    option("--text", type=Path, metavar="DIR", help="folder of a decoder-only language model")
    count, layers, seed = number(int, 1, 10**5), number(int, 1, 1000), number(int, 0, 2**63 - 1)
    option("--num_query_tokens", type=count, default=64, metavar="N", help="--compose: rows of a clip but its end row")
    option("--num_abstractor_layers", type=layers, default=6, metavar="N", help="--compose: of the new abstractor")
    option("--frame_position_embedding", choices=("sinusoidal",), help="--compose: tell early frames from late ones")
    option("--seed", type=seed, default=0, metavar="N", help="of tensors that the input does not have")
    option("--dtype", choices=["auto", *NAMES], default="auto", help="of the output; auto is the widest of the input")
    size = number(float, 1e-6, 1e6)
    option("--max_shard_size", type=size, default=5.0, metavar="GB", help="of an output file, in 10^9 bytes")
    option("--base_model", nargs="+", metavar="ID", help="Hub ids of what is converted, for the card")
    option("--skip_verification", action="store_true", help="do not compare the output with the input at the end")
    args = parser.parse_args(arguments)
    modes = {"input": not args.compose, "vision": args.compose, "text": args.compose}
    for name, needed in modes.items():
        if (getattr(args, name) is not None) != needed:
            parser.error("pass either --input, or --compose with --vision and --text")
    if args.delta_as == "adapter" and not args.delta or args.compose and args.delta:
        parser.error("--delta goes with --input, and --delta_as adapter needs it")
    return args


def main(arguments: list[str] | None = None) -> int:
    """Convert or compose; 0 if the output is complete and right, 1 if not."""
    args = parse_arguments(arguments)
    try:
        conversion = Conversion(args)
        if conversion.is_image_model:
            print(IMAGE_MODEL, file=sys.stderr)
        shards = conversion.write()
        differences = {} if args.skip_verification else verify(conversion, shards)
        write_card(conversion, differences)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{args.output}: interrupted; the same command again finishes it", file=sys.stderr)
        return 130
    for part, difference in differences.items():
        print(f"max |difference| of {part}: {difference:.1e}")
    state = "not verified" if args.skip_verification else "verified"
    print(f"{args.output}: {len(shards)} weight files of {conversion.dtype}, {state}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
