# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Kill a training run again and again, at moments that nobody chose, and compare it with an undisturbed one.

    python embedded/build_dataset.py --output outputs/small --clips 40 --test_clips 10 --texts 100 --test_texts 20
    python benchmarks/resume.py --kills 6

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


def last_step(folder: Path) -> int:
    """The step of the newest checkpoint that is complete."""
    return max((int(path.parent.name.split("-")[1]) for path in folder.glob("checkpoint-*/complete")), default=0)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=6, help="how often to kill the run")
    parser.add_argument("--max_steps", type=int, default=150, help="steps of the run")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "outputs" / "resume", help="folder of both runs, emptied"
    )
    parser.add_argument("--report", type=Path, default=ROOT / "reports" / "resume.json", help="file of the figures")
    parser.add_argument("--seed", type=int, default=0, help="seed of the moments")
    args = parser.parse_args()
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

    start = time.monotonic()
    subprocess.run([*command, args.output / "straight"], check=True, cwd=ROOT, env=environment)
    duration = time.monotonic() - start

    rng, kills, folder = random.Random(args.seed), [], args.output / "killed"
    while len(kills) < args.kills:
        process = subprocess.Popen([*command, folder], cwd=ROOT, env=environment, start_new_session=True)
        moment = rng.uniform(0.3, 1.0) * duration
        try:
            if process.wait(moment):
                sys.exit(f"The run failed with code {process.returncode}.")
            # It ended before its moment came: take the end away, so that there is something left to kill.
            shutil.rmtree(folder / f"checkpoint-{args.max_steps}")
            continue
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        unfinished = sorted(path.name for path in folder.glob("checkpoint-*") if not (path / "complete").exists())
        kills.append({"after_seconds": round(moment, 1), "complete_step": last_step(folder), "unfinished": unfinished})
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
