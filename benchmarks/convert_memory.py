# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Measure the peak memory of `convert_checkpoint.py` on a generated checkpoint with the widths of the 7B model.

    python benchmarks/convert_memory.py --report reports/convert_memory.json

Generates half-precision shards in a temporary folder (8 of the 32 language model layers: 4.6 GB, as much again for the
output), converts them in processes of their own, and deletes everything. The peak is the kernel's `ru_maxrss`, which
counts the pages of mapped files as well. Exit code 1 if a peak is above the largest shard + 1 GB.
"""

import argparse
import json
import math
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast


REPO_ROOT = Path(__file__).resolve().parent.parent
FIXTURE = REPO_ROOT / "tests" / "fixtures" / "parity"
SCRIPT = "convert_checkpoint.py"
# Each size in the parity fixture, of which no two are equal, and that of the 7B model.
SIZES = {32: 1024, 96: 3072, 16: 512, 64: 4096, 256: 2816, 48: 4096, 80: 11008, 320: 32000, 8: 64, 5: 257, 6: 64}
LAYERS = {"vision_model": 24, "abstractor": 6}
GIGABYTE = 10**9


def full_shapes(num_layers: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of an original checkpoint of the 7B widths with `num_layers` language model layers."""
    shapes = {}
    for key, tensor in torch.load(FIXTURE / "pytorch_model.bin", weights_only=True).items():
        # Patches of 14 x 14 pixels, RGB, kernels of 3 and dimensions of 1 are the same in both.
        shape = tuple(SIZES.get(size, size) for size in tensor.shape)
        part, *index = re.match(r"(\w+)(?:.*?\.layers\.(\d+)\.)?", key).groups()
        if index == [None]:
            shapes[key] = shape
        elif index == ["0"]:
            for layer in range(LAYERS.get(part, num_layers)):
                shapes[key.replace(".layers.0.", f".layers.{layer}.")] = shape
    return shapes


def write_checkpoint(folder: Path, num_layers: int, shard_size: float) -> list[int]:
    """Write the shards, `config.json` and a tokenizer of 32,000 words; return the sizes of the shards in bytes."""
    folder.mkdir()
    # What the vision tower and the abstractor leave out are the values of the 7B model.
    text = {"model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "vocab_size": 32000}
    text |= {"num_hidden_layers": num_layers, "num_attention_heads": 32, "rms_norm_eps": 1e-6}
    config = {"vision_config": {}, "visual_abstractor_config": {}, "text_config": text}
    (folder / "config.json").write_text(json.dumps(config))
    words = {word: index for index, word in enumerate(["<unk>", "<s>", "</s>", *map(str, range(31997))])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    special = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)

    noise = torch.randn(2**22, generator=torch.Generator().manual_seed(0)).mul(0.02).half()
    shards, room = [], 0.0
    for number, (key, shape) in enumerate(full_shapes(num_layers).items()):
        size = math.prod(shape) * 2
        if size > room:
            shards.append({})
            room = shard_size * GIGABYTE
        shards[-1][key] = (shape, number)
        room -= size
    weight_map, sizes = {}, []
    for number, shard in enumerate(shards, 1):
        path = folder / f"pytorch_model-{number:05}-of-{len(shards):05}.bin"
        tensors = {}
        for key, (shape, shift) in shard.items():
            count = math.prod(shape)
            rolled = noise.roll(7919 * shift).repeat(-(-count // len(noise)))
            tensors[key] = rolled[:count].reshape(shape).clone()
        torch.save(tensors, path)
        weight_map |= dict.fromkeys(shard, path.name)
        sizes.append(path.stat().st_size)
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": weight_map}))
    return sizes


# Its own process is small: the kernel counts into `ru_maxrss` what the process that forks has in memory.
LAUNCHER = """
import os, resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
sys.exit(code)
"""


def peak_memory(command: list[str]) -> int:
    """Run a command and return the largest resident set of its process, in bytes."""
    launcher = [sys.executable, "-S", "-c", LAUNCHER, *command]
    return int(subprocess.run(launcher, cwd=REPO_ROOT, stdout=subprocess.PIPE, check=True).stdout)


def main() -> int:
    """Generate, convert, measure, write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--report", type=Path, default=REPO_ROOT / "reports" / "convert_memory.json")
    parser.add_argument("--layers", type=int, default=8, help="language model layers, 0.405 GB each")
    parser.add_argument("--shard_size", type=float, default=1.5, metavar="GB", help="of the input, in 10^9 bytes")
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    args = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="convert_memory_", dir=args.folder))
    try:
        sizes = write_checkpoint(work / "original", args.layers, args.shard_size)
        convert = [sys.executable, SCRIPT, "--input", str(work / "original"), "--output"]
        peaks = {
            "imports_only": peak_memory([sys.executable, "-c", "import convert_checkpoint"]),
            "conversion": peak_memory([*convert, str(work / "plain"), "--skip_verification"]),
        }
        shutil.rmtree(work / "plain")
        peaks["conversion_and_verification"] = peak_memory([*convert, str(work / "verified")])
    finally:
        shutil.rmtree(work)
    limit = max(sizes) + GIGABYTE
    report = {
        "command": f"python benchmarks/convert_memory.py --layers {args.layers} --shard_size {args.shard_size}",
        "converted": f"python {SCRIPT} --input ORIGINAL --output OUTPUT [--skip_verification]",
        "checkpoint_bytes": sum(sizes),
        "shards": len(sizes),
        "largest_shard_bytes": max(sizes),
        "limit_bytes": limit,
        "peak_resident_bytes": peaks,
        "within_limit": all(peak <= limit for peak in peaks.values()),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
    }
    args.report.parent.mkdir(exist_ok=True)
    args.report.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))
    return 0 if report["within_limit"] else 1


if __name__ == "__main__":
    sys.exit(main())
