# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Measure what the pipeline costs beside the drawing, and the memory in which model and generator take turns.

    python benchmarks/drawing.py --report reports/drawing.json

1. Drawing a prompt and writing its file takes at most 1.02 x the processor time of the bare call of diffusers. The
   guards are off; what they cost is told apart. Repetitions alternate, medians are reported.
2. With `share_memory` on the CPU, a process that answers, draws and answers again has a peak of at most 1.15 x that of
   one which only answers or only draws, whichever is larger. The peak is the kernel's `ru_maxrss`, which counts the
   pages of mapped files as well; a figure without what the imports take is told too.

Random weights, of about the same size in both. Exit code 1 if a target is missed.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig, AutoModelForMultimodalLM, AutoProcessor
from transformers.dynamic_module_utils import get_class_from_dynamic_module


REPO_ROOT = Path(__file__).resolve().parent.parent
MAX_TIME_RATIO, MAX_MEMORY_RATIO = 1.02, 1.15
PROMPT = "an airplane moving upwards on a blue background"
TEXT = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 8, "num_attention_heads": 8}
TEXT |= {"num_key_value_heads": 8, "head_dim": 128}
DRAWING = {"num_frames": 9, "height": 128, "width": 128, "num_inference_steps": 8, "guidance_scale": 5.0}


def write_generator(folder: Path) -> None:
    """Write a Wan pipeline of random weights."""
    import diffusers
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel

    backend = Tokenizer(models.WordLevel({word: at for at, word in enumerate(["<pad>", "</s>", "?"])}, "?"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "?"}
    text = UMT5Config(vocab_size=3, d_model=64, d_kv=16, d_ff=64, num_layers=1, num_heads=4)
    diffusers.WanPipeline(
        tokenizer=PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=64, **special),
        text_encoder=UMT5EncoderModel(text),
        transformer=diffusers.WanTransformer3DModel(
            num_attention_heads=8, attention_head_dim=128, text_dim=64, ffn_dim=4096, num_layers=8
        ),
        vae=diffusers.AutoencoderKLWan(base_dim=16, num_res_blocks=1),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
    ).save_pretrained(folder)


def write_model(folder: Path) -> None:
    """Write a GPT4Video with the processor at the root and random weights."""
    config = AutoConfig.from_pretrained(REPO_ROOT, trust_remote_code=True)
    config.text_config.update(TEXT)
    AutoModelForMultimodalLM.from_config(config, trust_remote_code=True).save_pretrained(folder)
    AutoProcessor.from_pretrained(REPO_ROOT, trust_remote_code=True).save_pretrained(folder)


def open_pipeline(model: Path, **options):
    """Open the pipeline of this repository on a model."""
    parts = {"model": AutoModelForMultimodalLM.from_pretrained(model, trust_remote_code=True)}
    parts["processor"] = AutoProcessor.from_pretrained(model, trust_remote_code=True)
    pipeline_class = get_class_from_dynamic_module("pipeline_gpt4video.GPT4VideoPipeline", REPO_ROOT)
    return pipeline_class(**parts, device="cpu", **options)


def draw_one(pipe, guards, seed: int, output_dir: Path) -> dict:
    """Have one prompt drawn, judged and written."""
    draw_prompts = sys.modules[type(pipe).__module__].draw_prompts
    prompt = {"type": "video_prompt", "text": PROMPT, "index": None}
    (part,), _ = draw_prompts(
        [prompt], pipe.studio, guards, lambda event: None, seed=seed, output_dir=output_dir, **DRAWING
    )
    return part


def measure_time(work: Path, repetitions: int) -> dict:
    """Compare the processor time of drawing through the pipeline with that of the bare call of diffusers."""
    pipe = open_pipeline(REPO_ROOT, text_to_video=str(work / "generator"), guards=None)
    guards = {"guards_off": pipe.guards, "guards_on": type(pipe.guards).from_pretrained(REPO_ROOT)}
    bare = pipe.studio.generator.pipe

    def call(seed: int) -> None:
        bare(prompt=PROMPT, generator=torch.Generator("cpu").manual_seed(seed), output_type="np", **DRAWING)

    contenders = {"diffusers": call}
    for name, asked in guards.items():
        contenders[name] = lambda seed, asked=asked: draw_one(pipe, asked, seed, work / "clips")
    runs: dict[str, list[float]] = {name: [] for name in contenders}
    bare.set_progress_bar_config(disable=True)
    for repetition in range(repetitions + 1):
        for name in list(contenders)[:: 1 if repetition % 2 else -1]:
            start = time.process_time()
            contenders[name](repetition)
            if repetition:  # the first is the warm-up
                runs[name].append(time.process_time() - start)
    medians = {name: statistics.median(times) for name, times in runs.items()}
    ratio = medians["guards_off"] / medians["diffusers"]
    overhead = statistics.median(a - b for a, b in zip(runs["guards_off"], runs["diffusers"], strict=True))
    guarding = statistics.median(a - b for a, b in zip(runs["guards_on"], runs["guards_off"], strict=True))
    return {
        "ratio": ratio,
        "target": f"at most {MAX_TIME_RATIO}",
        "overhead_s": overhead,
        "guards_s": guarding,
        "median_s": medians,
        "runs_s": runs,
        "drawing": DRAWING,
    }


def run_alone(work: Path, what: str) -> None:
    """Answer, draw, or both in turns, in a process of its own; print its peak in bytes."""
    options = {"text_to_video": False}
    if what != "answer":
        options = {"text_to_video": str(work / "generator"), "share_memory": what == "both"}
    if what == "imports":
        import diffusers  # noqa: F401
    elif what == "draw":
        source = get_class_from_dynamic_module("text_to_video_gpt4video.TextToVideo", REPO_ROOT)
        source.from_pretrained(work / "generator")(PROMPT, seed=1, **DRAWING)
    else:
        pipe = open_pipeline(work / "model", guards=None, **options)
        for turn in range(1 + (what == "both")):
            pipe(PROMPT, max_new_tokens=4, draw=False)
            if what == "both" and not turn:
                draw_one(pipe, pipe.guards, 1, work / "clips")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


# The kernel counts into `ru_maxrss` of a process what its parent had in memory: the launcher has little.
LAUNCHER = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"


def measure_memory(work: Path) -> dict:
    """Compare peaks of memory."""
    peaks = {}
    for what in ("imports", "answer", "draw", "both"):
        alone = [sys.executable, __file__, "--alone", what, "--work", str(work)]
        # Freed blocks are given back at once, so that the peak is of what is in use.
        environment = os.environ | {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "0"}
        command = [sys.executable, "-S", "-c", LAUNCHER, *alone]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
        peaks[what] = int(done.stdout.split()[-1])
    larger = max(peaks["answer"], peaks["draw"])
    weights = {name: sum(file.stat().st_size for file in (work / name).rglob("*.safetensors")) for name in FOLDERS}
    return {
        "ratio": peaks["both"] / larger,
        "target": f"at most {MAX_MEMORY_RATIO}",
        "ratio_without_imports": (peaks["both"] - peaks["imports"]) / (larger - peaks["imports"]),
        "peak_bytes": peaks,
        "weights_bytes": weights,
    }


FOLDERS = {"model": write_model, "generator": write_generator}


def main() -> int:
    """Write random models, measure, write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--report", type=Path, default=REPO_ROOT / "reports" / "drawing.json")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made, which takes 2 GB")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.alone:
        run_alone(args.work, args.alone)
        return 0
    work = Path(tempfile.mkdtemp(prefix="drawing_", dir=args.folder))
    try:
        for name, write in FOLDERS.items():
            write(work / name)
        report = {"memory": measure_memory(work), "time": measure_time(work, args.repetitions)}
    finally:
        shutil.rmtree(work)
    report["machine"] = {"processor": platform.processor() or platform.machine(), "cpus": os.cpu_count()}
    report["machine"] |= {"threads": args.threads, "load": os.getloadavg()[0]}
    report["versions"] = {"torch": torch.__version__, "transformers": transformers.__version__}
    report["command"] = "python benchmarks/drawing.py"
    args.report.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    return int(report["time"]["ratio"] > MAX_TIME_RATIO or report["memory"]["ratio"] > MAX_MEMORY_RATIO)


if __name__ == "__main__":
    sys.exit(main())
