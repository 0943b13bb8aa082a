# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Measure training: one process against two, the feature cache, the memory of a LoRA step, how long steps wait.

    python embedded/build_dataset.py --output outputs/small --clips 40 --test_clips 10 --texts 100 --test_texts 20
    python benchmarks/training.py

Runs of `recipes/instruct.yaml` on the embedded checkpoint, each in processes of its own; memory is that of a model of
150 M parameters with random weights. It writes `reports/training.json` and the loss curves, `reports/training.png`.
"""

import argparse
import gc
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from torch.utils.data import DataLoader
from transformers import AutoModelForCausalLM, AutoModelForImageTextToText, AutoProcessor
from transformers.dynamic_module_utils import get_class_from_dynamic_module
from transformers.modeling_outputs import BaseModelOutputWithPooling


ROOT = Path(__file__).resolve().parent.parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.benchmarks.generate import SIZES  # noqa: E402
from gpt4video.embedded.clips import write_mp4  # noqa: E402
from gpt4video.features_gpt4video import ClipCollator  # noqa: E402


matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402


MODEL = "modeling_gpt4video.GPT4VideoForConditionalGeneration"
CONFIG = "configuration_gpt4video.GPT4VideoConfig"
NUM_ROWS, NUM_TOKENS = 4, 512
STEPS = 8
# The same rows in each global batch, no dropout: what is left is how the work is spread.
COMMON = {
    "use_cpu": "true",
    "lora_dropout": 0,
    "train_sampling_strategy": "random",
    "max_steps": STEPS,
    "dataloader_num_workers": 0,
    "report_to": "none",
    "save_strategy": "no",
}
LAUNCHES = {
    "one": ([sys.executable], {}),
    "ddp": (
        ["accelerate", "launch", "--config_file", "recipes/accelerate/ddp.yaml"],
        {"per_device_train_batch_size": 4},
    ),
    "fsdp2": (
        ["accelerate", "launch", "--config_file", "recipes/accelerate/fsdp2.yaml"],
        {"per_device_train_batch_size": 4},
    ),
}


def run(name: str, output: Path, command: list, **settings: object) -> dict:
    """Train in a process of its own; return the report of the run."""
    folder = output / name
    shutil.rmtree(folder, ignore_errors=True)
    flags = [str(part) for key, value in (COMMON | settings).items() for part in (f"--{key}", value)]
    script = "tests/fsdp_on_cpu.py" if name == "fsdp2" else "train_sft.py"
    arguments = [*command, script, "--config", "recipes/instruct.yaml", "--output_dir", folder, *flags]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    threads = str(max(1, (os.cpu_count() or 1) // (2 if command[0] == "accelerate" else 1)))
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "PATH": path, "OMP_NUM_THREADS": threads}
    with (output / f"{name}.log").open("w") as log:
        subprocess.run(arguments, check=True, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def losses(report: dict) -> list[float]:
    """The loss of each step."""
    return [entry["loss"] for entry in report["log"] if "loss" in entry]


def throughput(report: dict) -> float:
    """Rows per second, the median of the steps after the first."""
    return statistics.median([entry["rows_per_second"] for entry in report["log"] if "rows_per_second" in entry][1:])


def memory_of(kind: str) -> int:
    """Take one LoRA step in this process; return its peak in bytes over what the process held before it."""
    config = get_class_from_dynamic_module(CONFIG, str(ROOT))(**SIZES)
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(3, 30000, (NUM_ROWS, NUM_TOKENS), generator=generator)
    inputs = {"labels": ids.clone()}
    if kind == "text":
        model = AutoModelForCausalLM.from_config(config.text_config)
    else:
        model = get_class_from_dynamic_module(MODEL, str(ROOT))._from_config(config)
        num_rows, width = config.num_video_tokens, config.text_config.hidden_size
        ids[:, 5 : 5 + num_rows] = config.video_token_id
        side = config.vision_config.image_size
        if kind == "pixels":
            inputs["pixel_values_videos"] = torch.randn(NUM_ROWS, 8, 3, side, side, generator=generator)
        else:
            rows = torch.randn(NUM_ROWS, num_rows, width, generator=generator)
            inputs["mm_encoder_outputs"] = {"video": BaseModelOutputWithPooling(pooler_output=rows)}
    model, optimizer = adapted(model)
    gc.collect()
    # Linux forgets the peak of the past, when the model was made.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = status_of_process("VmRSS")
    model(input_ids=ids, **inputs).loss.backward()
    optimizer.step()
    return status_of_process("VmHWM") - before


def status_of_process(name: str) -> int:
    """Read a size in bytes that the kernel reports for this process, such as `VmRSS`."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1]) * 1024


def measure_memory() -> dict:
    """Compare the memory of LoRA steps, each in a process of its own."""
    peaks = {}
    for kind in ("text", "features", "pixels"):
        command = [sys.executable, __file__, "--memory_of", kind]
        # glibc raises this threshold as it goes, and then keeps what was freed: by chance, a quarter of all.
        environment = os.environ | {"MALLOC_MMAP_THRESHOLD_": "262144"}
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=environment)
        peaks[kind] = int(done.stdout.splitlines()[-1])
    ratios = {kind: peaks[kind] / peaks["text"] for kind in ("features", "pixels")}
    return {"rows": NUM_ROWS, "tokens": NUM_TOKENS, "bytes_over_the_weights": peaks, "ratio_to_text": ratios}


def adapted(model: torch.nn.Module) -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    """Put the adapter of `recipes/instruct.yaml` on a model, without dropout."""
    lora = LoraConfig(
        r=16, lora_alpha=16, target_modules=r".*\.(q_proj|v_proj)", exclude_modules=r".*(vision|abstr).*"
    )
    model = get_peft_model(model, lora)
    return model, torch.optim.AdamW([parameter for parameter in model.parameters() if parameter.requires_grad])


def write_720p(path: Path) -> None:
    """Write 10 s of moving noise at 1280 x 720."""
    frames = np.random.default_rng(0).integers(0, 255, (1, 90, 160, 3), dtype=np.uint8)
    still = frames.repeat(8, axis=1).repeat(8, axis=2)
    write_mp4(np.concatenate([np.roll(still, 4 * shift, axis=2) for shift in range(250)]), path, fps=25)


def open_embedded() -> tuple[Any, torch.nn.Module, torch.optim.Optimizer]:
    """Open processor and model of this repository, the latter with an adapter and its optimizer."""
    processor = AutoProcessor.from_pretrained(ROOT, trust_remote_code=True)
    model = AutoModelForImageTextToText.from_pretrained(ROOT, trust_remote_code=True, dtype=torch.float32)
    return processor, *adapted(model)


def measure_parts() -> dict:
    """Say what a LoRA step of 8 captions takes where its clips are rows, and what it takes to make them rows."""
    processor, model, optimizer = open_embedded()
    config = model.config
    ids = torch.randint(10, 200, (8, 110), generator=torch.Generator().manual_seed(0))
    ids[:, 3 : 3 + config.num_video_tokens] = config.video_token_id
    pixels = torch.randn(8, 8, 3, *[config.vision_config.image_size] * 2)
    rows = BaseModelOutputWithPooling(pooler_output=model.get_video_features(pixels).pooler_output.detach())

    def step() -> None:
        model(input_ids=ids, labels=ids.clone(), mm_encoder_outputs={"video": rows}).loss.backward()
        optimizer.step()

    def seconds(call: Callable[[], Any]) -> float:
        times = []
        for _ in range(12):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        return statistics.median(times[2:])

    with torch.no_grad():
        encoding = seconds(lambda: model.get_video_features(pixels))
    return {"step_from_rows": seconds(step), "encoding": encoding}


def measure_waiting() -> dict:
    """Say how long two workers take to read 8 frames of a 720p clip, and how long LoRA steps wait for them."""
    processor, model, optimizer = open_embedded()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "clip.mp4")
        write_720p(Path(path))
        words = processor(text=f"{processor.video_token} What is it? A car.", videos=path)["input_ids"][0]
        row = {"videos": [{"path": path, "bytes": None}], "images": [], "row": "0", "input_ids": words}
        collator = ClipCollator(processor, Path(folder) / "skipped")
        batches = iter(DataLoader([row | {"labels": words}] * 96, batch_size=8, collate_fn=collator, num_workers=2))
        next(batches)
        start = time.perf_counter()
        for _ in range(5):
            next(batches)
        reading = (time.perf_counter() - start) / 40
        waiting = stepping = 0.0
        for _ in range(6):
            start = time.perf_counter()
            batch = next(batches)
            got = time.perf_counter()
            model(**batch).loss.backward()
            optimizer.step()
            waiting, stepping = waiting + got - start, stepping + time.perf_counter() - got
    share = waiting / (waiting + stepping)
    return {
        "clip": "10 s, 1280 x 720, 25 frames per second, H.264, 8 frames read",
        "workers": 2,
        "seconds_per_clip": reading,
        "embedded_model": {"seconds_per_clip_of_a_step": stepping / 48, "share": share},
        "aim": 0.05,
        "met": share < 0.05,
        "note": "A step of s seconds for each of its clips does not wait with 2 * seconds_per_clip / s workers, each "
        "on a core of its own. Workers and steps share two cores here.",
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "outputs" / "benchmark", help="folder of the runs")
    parser.add_argument("--report", type=Path, default=ROOT / "reports" / "training.json", help="file of the figures")
    parser.add_argument("--memory_of", choices=("text", "features", "pixels"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.memory_of:
        print(memory_of(args.memory_of))
        return
    args.output.mkdir(parents=True, exist_ok=True)

    processes = {name: run(name, args.output, command, **more) for name, (command, more) in LAUNCHES.items()}
    curves = {name: losses(report) for name, report in processes.items()}
    difference = {
        name: max(abs(a - b) for a, b in zip(curve, curves["one"], strict=True)) for name, curve in curves.items()
    }

    cache = args.output / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    clips = {"datasets": '{"path": "outputs/small/clips/captions.csv", "format": "captions"}', "max_steps": 10}
    pixels = run("pixels", args.output, [sys.executable], **clips)
    run("filling", args.output, [sys.executable], **clips, feature_cache=cache)
    features = run("features", args.output, [sys.executable], **clips, feature_cache=cache)
    parts = measure_parts()
    report = {
        "steps": STEPS,
        "losses": curves,
        "largest_difference_to_one_process": difference,
        "feature_cache": {
            "rows_per_second": {"pixels": throughput(pixels), "features": throughput(features)},
            "speedup": throughput(features) / throughput(pixels),
            "aim": 4,
            "met": throughput(features) >= 4 * throughput(pixels),
            "seconds": parts,
            "speedup_if_all_but_the_step_were_free": 8 / throughput(pixels) / parts["step_from_rows"],
            "largest_difference_of_loss": max(
                abs(a - b) for a, b in zip(losses(pixels), losses(features), strict=True)
            ),
        },
        "memory": measure_memory(),
        "waiting": measure_waiting(),
        "machine": {"cpu_count": os.cpu_count(), "torch": torch.__version__, "python": platform.python_version()},
        "command": "python benchmarks/training.py",
    }
    args.report.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
    for (name, curve), style in zip(curves.items(), ("-", "--", ":"), strict=True):
        axis.plot(range(1, len(curve) + 1), curve, style, label=name)
    axis.set(xlabel="step", ylabel="loss per token", title="one process, two by DDP, two by FSDP2")
    axis.legend()
    figure.savefig(args.report.with_suffix(".png"), dpi=110)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
