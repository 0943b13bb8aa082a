# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Measure `generate`: a clip's conversation against the bare language model, and a ragged batch against one at a time.

    python benchmarks/generate.py --report reports/generate.json

1. After the prefill, a token of GPT4Video costs at most 1.05 x a token of the bare language model of the same size and
   weights on the same ids. Both run `generate`; a stopping criterion notes the time after each token, so that prefill
   and the encoding of the clip are left out.
2. A batch of 8 ragged prompts, each with a clip, gives at least 3 x the tokens per second of one prompt at a time, the
   encoding of the clips and the prefill included. Those are bound by arithmetic, which a batch does not save, so the
   ratio grows with the length of the answers: 128 tokens are a description of some hundred words.

Random weights. Repetitions alternate between what is compared, and medians are reported. Exit code 1 if a target is
missed.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForCausalLM, StoppingCriteria, StoppingCriteriaList
from transformers.dynamic_module_utils import get_class_from_dynamic_module


REPO_ROOT = Path(__file__).resolve().parent.parent
MAX_DECODE_RATIO = 1.05
MIN_BATCH_SPEEDUP = 3.0
SIZES = {
    "vision_config": {
        "hidden_size": 384,
        "intermediate_size": 1536,
        "num_hidden_layers": 6,
        "num_attention_heads": 6,
        "image_size": 112,
        "temporal_hidden_size": 192,
    },
    "abstractor_config": {
        "hidden_size": 384,
        "intermediate_size": 1024,
        "num_hidden_layers": 2,
        "num_attention_heads": 6,
    },
    "text_config": {
        "model_type": "llama",
        "vocab_size": 32002,
        "hidden_size": 768,
        "intermediate_size": 2048,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
    },
}
NUM_FRAMES = 8


class Clock(StoppingCriteria):
    """Notes the time after each token; stops nothing."""

    def __init__(self) -> None:
        self.times = []

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor, **kwargs) -> torch.BoolTensor:
        """Note the time."""
        self.times.append(time.perf_counter())
        return torch.zeros(input_ids.shape[0], dtype=torch.bool)


def load_models():
    """Build GPT4Video and, from the same language model weights, the bare language model."""
    model_class = get_class_from_dynamic_module("modeling_gpt4video.GPT4VideoForConditionalGeneration", REPO_ROOT)
    model = model_class(model_class.config_class(**SIZES)).eval()
    bare = AutoModelForCausalLM.from_config(model.config.text_config).eval()
    bare.model.load_state_dict(model.model.language_model.state_dict())
    bare.lm_head.load_state_dict(model.lm_head.state_dict())
    return model, bare


def make_prompts(config, lengths: list[int]) -> list[dict]:
    """Write prompts of a clip between two equally long texts, `lengths` words in all."""
    prompts = []
    for length in lengths:
        words = torch.randint(3, 32000, (length,)).split(length // 2)
        ids = torch.cat([words[0], torch.full((config.num_video_tokens,), config.video_token_id), *words[1:]])[None]
        side = config.vision_config.image_size
        clip = torch.randn(1, NUM_FRAMES, 3, side, side)
        prompts.append({"input_ids": ids, "attention_mask": torch.ones_like(ids), "pixel_values_videos": clip})
    return prompts


def left_pad(prompts: list[dict]) -> dict:
    """Join prompts of different lengths into one batch."""
    longest = max(prompt["input_ids"].shape[1] for prompt in prompts)
    batch = {
        name: torch.cat(
            [torch.nn.functional.pad(prompt[name], (longest - prompt[name].shape[1], 0)) for prompt in prompts]
        )
        for name in ("input_ids", "attention_mask")
    }
    return batch | {"pixel_values_videos": torch.cat([prompt["pixel_values_videos"] for prompt in prompts])}


def generate(model, inputs: dict, num_tokens: int) -> Clock:
    """Generate exactly `num_tokens` tokens, greedily."""
    clock = Clock()
    model.generate(
        **inputs,
        max_new_tokens=num_tokens,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=0,
        stopping_criteria=StoppingCriteriaList([clock]),
    )
    return clock


def measure_decoding(model, bare, num_tokens: int, repetitions: int) -> dict:
    """Time the tokens after the first, in ms each, of GPT4Video and of the bare language model."""
    (prompt,) = make_prompts(model.config, [48])
    text = {name: prompt[name] for name in ("input_ids", "attention_mask")}
    runs = {"gpt4video": [], "bare_language_model": []}
    for repetition in range(repetitions + 1):
        contenders = [("gpt4video", model, prompt), ("bare_language_model", bare, text)]
        for name, contender, inputs in contenders[:: 1 if repetition % 2 else -1]:
            times = generate(contender, inputs, num_tokens).times
            if repetition:  # the first is the warm-up
                runs[name].append(1000 * (times[-1] - times[0]) / (len(times) - 1))
    medians = {f"{name}_ms_per_token": statistics.median(times) for name, times in runs.items()}
    ratio = medians["gpt4video_ms_per_token"] / medians["bare_language_model_ms_per_token"]
    return medians | {"ratio": ratio, "target": f"at most {MAX_DECODE_RATIO}", "runs_ms_per_token": runs}


def measure_batch(model, num_tokens: int, repetitions: int) -> dict:
    """Compare the tokens per second of 8 ragged prompts in one batch and one at a time, everything included."""
    lengths = [8, 64, 16, 40, 24, 12, 56, 32]
    prompts = make_prompts(model.config, lengths)
    batch = left_pad(prompts)
    runs = {"batch": [], "one_at_a_time": []}
    for repetition in range(repetitions + 1):
        contenders = [("batch", [batch]), ("one_at_a_time", prompts)]
        for name, calls in contenders[:: 1 if repetition % 2 else -1]:
            start = time.perf_counter()
            for inputs in calls:
                generate(model, inputs, num_tokens)
            if repetition:
                runs[name].append(len(prompts) * num_tokens / (time.perf_counter() - start))
    medians = {f"{name}_tokens_per_second": statistics.median(rates) for name, rates in runs.items()}
    speedup = medians["batch_tokens_per_second"] / medians["one_at_a_time_tokens_per_second"]
    return medians | {
        "speedup": speedup,
        "target": f"at least {MIN_BATCH_SPEEDUP}",
        "prompt_words": lengths,
        "runs_tokens_per_second": runs,
    }


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
    parser.add_argument("--report", type=Path, default=REPO_ROOT / "reports" / "generate.json")
    parser.add_argument("--num_tokens", type=int, default=128, help="new tokens of each prompt")
    parser.add_argument(
        "--repetitions", type=int, default=3, help="timed runs of each contender, after one to warm up"
    )
    args = parser.parse_args()

    torch.manual_seed(0)
    report = {
        "command": f"python benchmarks/generate.py --num_tokens {args.num_tokens} --repetitions {args.repetitions}",
        "machine": describe_machine(),
        "sizes": SIZES | {"num_frames": NUM_FRAMES, "dtype": "float32"},
    }
    model, bare = load_models()
    report["parameters"] = {"gpt4video": model.num_parameters(), "bare_language_model": bare.num_parameters()}
    report["decoding"] = measure_decoding(model, bare, args.num_tokens, args.repetitions)
    report["batch_of_8"] = measure_batch(model, args.num_tokens, args.repetitions)
    args.report.parent.mkdir(parents=True, exist_ok=True)
    args.report.write_text(json.dumps(report, indent=2) + "\n")
    decoding, batch = report["decoding"], report["batch_of_8"]
    print(f"A token after the prefill: {decoding['ratio']:.3f} x the bare language model ({decoding['target']}).")
    print(f"A batch of 8 ragged prompts: {batch['speedup']:.2f} x one at a time ({batch['target']}).")
    return int(decoding["ratio"] > MAX_DECODE_RATIO or batch["speedup"] < MIN_BATCH_SPEEDUP)


if __name__ == "__main__":
    sys.exit(main())
