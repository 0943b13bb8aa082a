"""Scripts under accelerate: two processes on CPU learn and answer what one does, whatever their batches hold."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from training_files import arguments, clip_row, text_row, two_clip_row, write_rows

from gpt4video.lines_gpt4video import read_lines


ROOT = Path(__file__).resolve().parent.parent
LAUNCHER = [sys.executable, "-m", "accelerate.commands.launch", "--config_file"]


def train(checkpoint: Path, data: Path, name: str, config: str | None = None, **changes) -> dict:
    """Train in one process, or in two by an accelerate config; return the report."""
    flags = arguments(checkpoint, data, data / name, lora_dropout=0.0, max_steps=2, **changes)
    launcher = [*LAUNCHER, ROOT / "recipes" / "accelerate" / f"{config}.yaml"] if config else [sys.executable]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    script = ROOT / ("tests/fsdp_on_cpu.py" if config == "fsdp2" else "train_sft.py")
    subprocess.run([*launcher, script, *flags], check=True, env=environment, timeout=300)
    return json.loads((data / name / "report.json").read_text())


def losses(report: dict) -> list[float]:
    return [entry["loss"] for entry in report["log"] if "loss" in entry]


@pytest.mark.slow
@pytest.mark.parametrize("config", ["ddp", "fsdp2"])
@pytest.mark.parametrize(
    "train_parts", [{"lora_r": 2}, {"train": ["abstractor", "language_model"]}], ids=["lora", "whole"]
)
def test_two_processes_learn_what_one_learns(checkpoint: Path, data: Path, config: str, train_parts: dict) -> None:
    # Of the two rows of a global batch one process gets words alone, the other a clip.
    write_rows(data, [text_row(), clip_row(), two_clip_row(), text_row()])
    # SGD: Adam makes a step of full length out of a gradient that is nothing but rounding.
    changes = train_parts | {"train_sampling_strategy": "sequential", "optim": "sgd", "learning_rate": 0.5}
    one = train(checkpoint, data, "one", per_device_train_batch_size=2, **changes)
    two = train(checkpoint, data, "two", config, per_device_train_batch_size=1, **changes)
    assert losses(two) == pytest.approx(losses(one), abs=1e-4)
    assert two["changes"] == {"unchanged": [], "moved": []}
    name = "adapter_model.safetensors" if "lora_r" in train_parts else "model.safetensors"
    weights = [load_file(data / folder / name) for folder in ("one", "two")]
    assert weights[0].keys() == weights[1].keys()
    for key, tensor in weights[0].items():
        torch.testing.assert_close(weights[1][key], tensor, rtol=0, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("parts", [{"lora_r": 2}, {"train": ["abstractor", "language_model"]}], ids=["rows", "frames"])
def test_two_processes_fill_one_feature_cache(checkpoint: Path, data: Path, parts: dict) -> None:
    write_rows(data, [clip_row(), clip_row("b.mp4"), two_clip_row(), text_row()])
    changes = parts | {"train_sampling_strategy": "sequential", "optim": "sgd", "learning_rate": 0.5}
    changes |= {"per_device_train_batch_size": 1, "config": "ddp"}
    pixels = train(checkpoint, data, "pixels", **changes)
    cached = train(checkpoint, data, "cached", feature_cache=data / "cache", **changes)
    assert losses(cached) == pytest.approx(losses(pixels), abs=1e-5)
    files = sorted((data / "cache").iterdir())
    keys = []
    for path in files:
        with safe_open(path, framework="pt") as file:
            keys += [key for key, _ in json.loads(file.metadata()["clips"])]
    # Each process wrote the file of its clip.
    assert len(files) == len(keys) == len(set(keys)) == 2 and all(path.suffix == ".safetensors" for path in files)
    times = [path.stat().st_mtime_ns for path in files]
    train(checkpoint, data, "again", feature_cache=data / "cache", **changes)
    assert [path.stat().st_mtime_ns for path in files] == times


@pytest.mark.slow
def test_two_processes_share_a_stream(checkpoint: Path, data: Path) -> None:
    write_rows(data, [text_row(), clip_row(), two_clip_row(), text_row()])
    changes = {"streaming": True, "optim": "sgd", "learning_rate": 0.5}
    one = train(checkpoint, data, "one", per_device_train_batch_size=2, **changes)
    two = train(checkpoint, data, "two", "ddp", per_device_train_batch_size=1, **changes)
    assert losses(two) == pytest.approx(losses(one), abs=1e-4)
    shards = data / "shards"
    shards.mkdir()
    for name in "ab":
        rows = [clip_row(f"../{name}.mp4"), clip_row("../missing.mp4", f"A {name}."), text_row()]
        write_rows(shards, rows, f"{name}.jsonl")
    changes |= {"datasets": str(shards), "per_device_train_batch_size": 3, "max_skipped_share": 0.5}
    skipped = train(checkpoint, data, "shards", "ddp", **changes)["skipped"]
    assert len(skipped) == 2 and all("missing.mp4" in error for error in skipped.values())


@pytest.mark.slow
def test_the_command_of_the_readme_trains_in_two_processes(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (launch,) = re.findall(r"^accelerate launch .*ddp.yaml.*$", readme, re.MULTILINE)
    small = "outputs/small --clips 40 --test_clips 10 --texts 100 --test_texts 20"
    (build,) = re.findall(rf"^python (embedded/build_dataset.py --output {small})$", readme, re.MULTILINE)
    for entry in ROOT.iterdir():
        if entry.name not in ("outputs", ".git"):
            (tmp_path / entry.name).symlink_to(entry)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    flags = {"check": True, "env": environment, "cwd": tmp_path, "timeout": 300}
    subprocess.run([sys.executable, *build.split()], **flags)
    subprocess.run(launch.split() + ["--max_steps", "4"], **flags)
    report = json.loads((tmp_path / "outputs" / "two" / "report.json").read_text())
    assert report["training"]["world_size"] == 2


def evaluate(checkpoint: Path, data: Path, name: str, config: str | None = None) -> subprocess.Popen:
    """Begin an evaluation in one process, or in two by an accelerate config."""
    launcher = [*LAUNCHER, ROOT / "recipes" / "accelerate" / f"{config}.yaml"] if config else [sys.executable]
    flags = ["--data", data / "q.jsonl", "--output", data / name, "--model", checkpoint, "--max_new_tokens", "5"]
    command = [*launcher, ROOT / "evaluate_gpt4video.py", "questions", *flags, "--batch_size", "2"]
    return subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, stdout=subprocess.DEVNULL)


@pytest.mark.slow
def test_two_processes_answer_what_one_answers_though_one_is_killed(checkpoint: Path, data: Path) -> None:
    clips = ("a.mp4", "b.mp4", "gone.mp4")
    rows = [
        {"id": f"q{at}", "video": clips[2 if at == 33 else at % 2], "question": "?" * (at % 7 + 1), "answer": "A cow"}
        for at in range(60)
    ]
    write_rows(data, rows, "q.jsonl")
    assert evaluate(checkpoint, data, "one").wait(300) == 0
    process = evaluate(checkpoint, data, "two", "ddp")
    while process.poll() is None and len(read_lines(data / "two" / "replies-1.jsonl")) < 4:
        time.sleep(0.01)
    (second,) = (
        child for child in psutil.Process(process.pid).children(recursive=True) if child.environ().get("RANK") == "1"
    )
    second.kill()
    assert process.wait(300) != 0 and not (data / "two" / "metrics.json").exists()
    kept = [line["id"] for path in (data / "two").glob("replies-*.jsonl") for line in read_lines(path)]
    assert evaluate(checkpoint, data, "two", "ddp").wait(300) == 0
    for file in ("metrics.json", "predictions.jsonl"):
        assert (data / "two" / file).read_text() == (data / "one" / file).read_text()
    shares = [read_lines(data / "two" / f"replies-{number}.jsonl") for number in (0, 1)]
    answered = [line["id"] for share in shares for line in share if "reply" in line]
    assert len(answered) == len(set(answered)) == 59 and set(kept) <= set(answered) and all(shares)
