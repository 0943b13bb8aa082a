# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Measure training: one process against two, with and without the feature cache, how long steps wait for clips.

    python embedded/build_dataset.py --output outputs/small --clips 40 --test_clips 10 --texts 100 --test_texts 20
    python benchmarks/training.py

Runs of `recipes/instruct.yaml` on the embedded checkpoint, each in processes of its own. It writes
`reports/training.json` and the loss curves, `reports/training.png`.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import matplotlib
import torch


matplotlib.use("Agg")
from matplotlib import pyplot as plt


ROOT = Path(__file__).resolve().parent.parent
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
    arguments = [*command, "train_sft.py", "--config", "recipes/instruct.yaml", "--output_dir", folder, *flags]
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


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "outputs" / "benchmark", help="folder of the runs")
    parser.add_argument("--report", type=Path, default=ROOT / "reports" / "training.json", help="file of the figures")
    args = parser.parse_args()
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
    run("filling", args.output, [sys.executable], **clips | {"max_steps": 1}, feature_cache=cache)
    features = run("features", args.output, [sys.executable], **clips, feature_cache=cache)
    report = {
        "steps": STEPS,
        "losses": curves,
        "largest_difference_to_one_process": difference,
        "feature_cache": {
            "rows_per_second": {"pixels": throughput(pixels), "features": throughput(features)},
            "speedup": throughput(features) / throughput(pixels),
            "largest_difference_of_loss": max(
                abs(a - b) for a, b in zip(losses(pixels), losses(features), strict=True)
            ),
        },
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
