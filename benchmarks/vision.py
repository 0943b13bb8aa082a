# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Measure vision tower and abstractor: time against `CLIPVisionModel`, memory against the number of frames.

    python benchmarks/vision.py --report reports/vision.json

1. Time. `get_video_features` (ViT-L/14, temporal blocks, abstractor, projections) against transformers'
   `CLIPVisionModel` of the same size on the same frames. The target is 1.15 x the time of CLIP and of the arithmetic
   that CLIP does not do. Arithmetic is counted in floating-point operations of matrix products, convolutions and
   attention, by torch's `FlopCounterMode` on meta tensors, and costs what CLIP's own operations cost in the same run:
   allowed = 1.15 x CLIP's time x our operations / CLIP's operations.
2. Memory. The peak of live tensor bytes inside `get_video_features` without gradients, by torch's profiler, for
   growing clips, with and without `frames_per_chunk`, and what each further frame adds, in units of what the tokens of
   a frame take. Widths are a quarter of the 7B model's, which leaves those units as they are.

Random weights. Repetitions alternate between what is compared, and medians are reported. Exit code 1 if a target is
missed.
"""

import argparse
import itertools
import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path

import torch
import transformers
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode
from transformers import CLIPVisionConfig, CLIPVisionModel
from transformers.dynamic_module_utils import get_class_from_dynamic_module


REPO_ROOT = Path(__file__).resolve().parent.parent
MAX_TIME_RATIO = 1.15
FRAMES_PER_CHUNK = 4
# The language model is not run: only the width that the projections write to matters.
TEXT = {
    "model_type": "llama",
    "vocab_size": 32002,
    "hidden_size": 4096,
    "intermediate_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 32,
}
# A quarter of every width: peaks in units of frame tokens stay what they are.
QUARTER = {
    "vision_config": {
        "hidden_size": 256,
        "intermediate_size": 1024,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "temporal_hidden_size": 128,
    },
    "abstractor_config": {
        "hidden_size": 256,
        "intermediate_size": 704,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    },
}
CLIP_SIZES = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "image_size",
    "patch_size",
)


def build(num_layers: int, attn_implementation: str = "sdpa"):
    """Build the encoder of the 7B model with `num_layers` vision layers, and a CLIP tower of the same size."""
    model_class = get_class_from_dynamic_module("modeling_gpt4video.GPT4VideoModel", REPO_ROOT)
    config = model_class.config_class(text_config=TEXT, vision_config={"num_hidden_layers": num_layers})
    model = model_class._from_config(config, attn_implementation=attn_implementation).eval()
    sizes = {name: getattr(config.vision_config, name) for name in CLIP_SIZES}
    clip = CLIPVisionModel._from_config(CLIPVisionConfig(**sizes), attn_implementation=attn_implementation).eval()
    return model, clip


def count_operations(num_layers: int, num_frames: int) -> dict[str, int]:
    """Count the floating-point operations of both on one clip; eager attention, whose products are all counted."""
    with torch.device("meta"):
        model, clip = build(num_layers, attn_implementation="eager")
        frames = torch.empty(1, num_frames, 3, 224, 224)
    counts = {}
    for name, run in (("gpt4video", lambda: model.get_video_features(frames)), ("clip", lambda: clip(frames[0]))):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            run()
        counts[name] = counter.get_total_flops()
    return counts


def measure_time(num_layers: int, num_frames: int, repetitions: int) -> dict:
    """Time both on the same frames and compare with what the arithmetic allows."""
    model, clip = build(num_layers)
    frames = torch.randn(1, num_frames, 3, 224, 224)
    runs = {"gpt4video": [], "clip": []}
    for repetition in range(repetitions + 1):
        contenders = [("gpt4video", lambda: model.get_video_features(frames)), ("clip", lambda: clip(frames[0]))]
        for name, run in contenders[:: 1 if repetition % 2 else -1]:
            start = time.perf_counter()
            with torch.no_grad():
                run()
            if repetition:  # the first is the warm-up
                runs[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(times) for name, times in runs.items()}
    operations = count_operations(num_layers, num_frames)
    arithmetic = operations["gpt4video"] / operations["clip"]
    return {
        "num_frames": num_frames,
        "num_layers": num_layers,
        "operations": operations,
        "operations_ratio": arithmetic,
        "median_seconds": medians,
        "time_ratio": medians["gpt4video"] / medians["clip"],
        "ratio": medians["gpt4video"] / (medians["clip"] * arithmetic),
        "target": f"ratio at most {MAX_TIME_RATIO}: time_ratio / operations_ratio",
        "runs_seconds": runs,
    }


@torch.no_grad()
def peak_bytes(model, num_frames: int) -> int:
    """Largest sum of live tensor bytes during `get_video_features`, weights and pixels not counted."""
    frames = torch.randn(1, num_frames, 3, 224, 224)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        model.get_video_features(frames)
    events = [event for event in profiler.profiler.kineto_results.events() if event.name() == "[memory]"]
    changes = [event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]
    return max(itertools.accumulate(changes))


def measure_memory(clip_lengths: list[int]) -> dict:
    """Measure the peak for growing clips, whole and in chunks, and how much each further frame adds."""
    model_class = get_class_from_dynamic_module("modeling_gpt4video.GPT4VideoModel", REPO_ROOT)
    model = model_class(model_class.config_class(text_config=TEXT, **QUARTER)).eval()
    frame_bytes = 4 * (16 * 16 + 1) * model.config.vision_config.hidden_size
    report = {"sizes": QUARTER, "frame_token_megabytes": frame_bytes / 1e6, "num_frames": clip_lengths}
    for name, frames_per_chunk in (("whole", None), (f"chunks_of_{FRAMES_PER_CHUNK}", FRAMES_PER_CHUNK)):
        model.config.vision_config.frames_per_chunk = frames_per_chunk
        peaks = [peak_bytes(model, num_frames) for num_frames in clip_lengths]
        growth = (peaks[-1] - peaks[0]) / (clip_lengths[-1] - clip_lengths[0])
        report[name] = {
            "peak_megabytes": [round(peak / 1e6, 1) for peak in peaks],
            "growth_per_frame_megabytes": growth / 1e6,
            "growth_per_frame_in_frame_tokens": growth / frame_bytes,
        }
    return report


def describe_machine() -> dict:
    """Say what the figures were measured on."""
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").open() if line.startswith("model name")]
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "load_average_before": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def main() -> int:
    """Measure both, write the report, print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--report", type=Path, default=REPO_ROOT / "reports" / "vision.json")
    parser.add_argument("--num_layers", type=int, default=24, help="vision layers of the timed model")
    parser.add_argument("--num_frames", type=int, default=4, help="frames of the timed clip")
    parser.add_argument(
        "--repetitions", type=int, default=5, help="timed runs of each contender, after one to warm up"
    )
    args = parser.parse_args()

    torch.manual_seed(0)
    report = {
        "command": f"python benchmarks/vision.py --num_layers {args.num_layers} --num_frames {args.num_frames} "
        f"--repetitions {args.repetitions}",
        "machine": describe_machine(),
        "memory": measure_memory(clip_lengths=[8, 16, 32, 64]),
        "time": measure_time(args.num_layers, args.num_frames, args.repetitions),
    }
    args.report.parent.mkdir(parents=True, exist_ok=True)
    args.report.write_text(json.dumps(report, indent=2) + "\n")
    timed, chunked = report["time"], report["memory"][f"chunks_of_{FRAMES_PER_CHUNK}"]
    print(f"Time: {timed['ratio']:.3f} x CLIP and the further arithmetic ({timed['target']}).")
    print(f"Memory in chunks: each frame adds {chunked['growth_per_frame_in_frame_tokens']:.2f} x its own tokens.")
    return int(timed["ratio"] > MAX_TIME_RATIO)


if __name__ == "__main__":
    sys.exit(main())
