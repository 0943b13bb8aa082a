# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Kill a training run again and again, at seeded moments, and compare it with an undisturbed one.

    python embedded/build_dataset.py --output outputs/small --clips 40 --test_clips 10 --texts 100 --test_texts 20
    python benchmarks/resume.py --kills 8

The run is `recipes/instruct.yaml`, LoRA on the embedded checkpoint. It writes `reports/resume.json`.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file


ROOT = Path(__file__).resolve().parent.parent
LONGEST_WRITE = 0.02  # seconds in which a checkpoint is not complete yet
LONGEST_DELAY = 1.0  # seconds; a checkpoint of three steps takes less


def last_step(folder: Path) -> int:
    """The step of the newest checkpoint that is complete."""
    return max((int(path.parent.name.split("-")[1]) for path in folder.glob("checkpoint-*/complete")), default=0)


def unfinished(folder: Path) -> list[str]:
    """The checkpoints that were begun and are not complete."""
    return sorted(path.name for path in folder.glob("checkpoint-*") if not (path / "complete").exists())


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=8, help="how often to kill the run, at least once")
    parser.add_argument("--max_steps", type=int, default=150, help="steps of the run")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "outputs" / "resume", help="folder of both runs, emptied"
    )
    parser.add_argument("--report", type=Path, default=ROOT / "reports" / "resume.json", help="file of the figures")
    parser.add_argument("--seed", type=int, default=0, help="seed of the moments")
    args = parser.parse_args()
    if not 1 <= args.kills <= args.max_steps // 5 or args.max_steps < 30:
        parser.error("--kills must be from 1 to a fifth of --max_steps, which must be 30 at least")
    shutil.rmtree(args.output, ignore_errors=True)
    command = [
        sys.executable,
        ROOT / "train_sft.py",
        "--config",
        ROOT / "recipes" / "instruct.yaml",
        "--use_cpu",
        "true",
    ]
    command += ["--max_steps", str(args.max_steps), "--save_steps", "3", "--output_dir"]
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}

    subprocess.run([*command, args.output / "straight"], check=True, cwd=ROOT, env=environment)

    # Step 0 is a kill before the first checkpoint. Every other kill hits a checkpoint that is being written, the rest
    # some moment of the steps after the one named.
    rng, kills, folder = random.Random(args.seed), [], args.output / "killed"
    for number, step in enumerate([0, *sorted(rng.sample(range(3, args.max_steps - 15), args.kills - 1))]):
        process = subprocess.Popen([*command, folder], cwd=ROOT, env=environment, start_new_session=True)
        left_over = unfinished(folder)
        while process.poll() is None and (
            last_step(folder) < step or (number % 2 and unfinished(folder) == left_over)
        ):
            time.sleep(0.001)
        while not number and not (folder / "report.json").exists() and process.poll() is None:
            time.sleep(0.01)  # the run writes it when training begins
        delay = rng.uniform(0, LONGEST_WRITE if number % 2 else LONGEST_DELAY)
        time.sleep(delay)
        if process.poll() is not None:
            sys.exit(f"The run ended with code {process.returncode} before it was killed at step {step}.")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kill = {"after_step": step, "delay_seconds": round(delay, 3), "complete_step": last_step(folder)}
        kills.append({**kill, "unfinished": unfinished(folder)})
        print(kills[-1])
    subprocess.run([*command, folder], check=True, cwd=ROOT, env=environment)

    straight, killed = (load_file(args.output / name / "adapter_model.safetensors") for name in ("straight", "killed"))
    bitwise = straight.keys() == killed.keys() and all(torch.equal(straight[key], killed[key]) for key in straight)
    report = {
        "bitwise": bitwise,
        "tensors": len(straight),
        "steps": args.max_steps,
        "kills": len(kills),
        "kill_log": kills,
        "command": f"python benchmarks/resume.py --kills {args.kills} --max_steps {args.max_steps} --seed {args.seed}",
    }
    args.report.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))
    sys.exit(not bitwise)


if __name__ == "__main__":
    main()
