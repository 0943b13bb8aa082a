# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Write the model card of a converted or composed folder: what it was made of, how, and what to expect of it."""

import argparse
import math
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCardData

from gpt4video.lines_gpt4video import write_text


CARD = """# GPT4Video from {sources}

[GPT4Video](https://arxiv.org/abs/2311.16511): clips, images and words go in, words come out. Made by
`convert_checkpoint.py` from weights that were trained elsewhere; nothing was trained here.

```python
{example}
```

## What was converted, and how

| input | bytes of weights |
|---|---|
{inputs}

```bash
{command}
```

Every tensor of the input was accounted for, {tensors} tensors of {dtype} were written. {verified}

## What to expect

| | |
|---|---|
| parameters | {parameters:,} |
| on disk, and in memory before anything runs | {gigabytes:.2f} GB |
| a clip | frames of {side} × {side}, however many, read as {num_video_tokens} tokens |
| the conversation, clips included | {positions} tokens at most |

{expect}

Nothing was measured on benchmarks: `evaluate_gpt4video.py` does that. Replies can be wrong, and nothing in the weights
keeps a drawing prompt harmless: look at prompts, or let a guard look, before a text-to-video model gets them.

## Licence

The weights keep the licences of what they were made of; weights that contain LLaMA stay under its licence. Write them
into the front matter of this card (`license`, `base_model`) before you publish it. The code is Apache-2.0.
"""
EXAMPLE = """from transformers import pipeline

pipe = pipeline(model="{place}", trust_remote_code=True){adapter}
print(pipe(prompt="What happens here?", video="clip.mp4"{template})["generated_text"])"""
ADAPTER = '\npipe.model.load_adapter("{place}", adapter_kwargs={{"subfolder": "adapter"}})'
TEMPLATE = ', chat_template="original"'
EXPECT = {
    "delta": "It answers as the released GPT4Video does, from prompts in the form that its delta was trained on, "
    '`chat_template="original"`; it refuses and writes drawing prompts as far as the delta learned to.',
    "adapter": "Without its adapter it answers as mPLUG-Owl does. With it, as the released GPT4Video, from prompts in "
    'the form that the delta was trained on, `chat_template="original"`.',
    "original": "It answers questions as mPLUG-Owl does. It was not trained to write drawing prompts or to refuse: a "
    "GPT4Video delta (`--delta`) or a fine-tuning of yours adds that.",
    "composed": "The abstractor, the projections and the temporal blocks are new and random: until they are trained "
    "(`train_sft.py` with `recipes/align.yaml`, then `recipes/instruct.yaml`), it says nothing of use about a clip.",
    "image": "The input had no temporal weights: clips work, but nothing temporal was learned, so motions escape it.",
}


def expectations(conversion: Any) -> list[str]:
    """Say what the result can do, in the order of importance."""
    args = conversion.args
    kind = "composed" if args.compose else "original"
    if args.delta:
        kind = "adapter" if args.delta_as == "adapter" else "delta"
    return [EXPECT[kind]] + ([EXPECT["image"]] if conversion.is_image_model else [])


def command_of(args: argparse.Namespace) -> str:
    """Write down the command that made it, with names in the place of paths."""
    words = ["python convert_checkpoint.py"]
    for name, value in (vars(args) | {"output": "gpt4video"}).items():
        if value in (None, False) or (name.startswith("num_") and not args.compose):
            continue
        values = [] if value is True else value if isinstance(value, list) else [value]
        words += [f"--{name}", *(part.resolve().name if isinstance(part, Path) else str(part) for part in values)]
    return " ".join(words)


def write_card(conversion: Any, differences: dict[str, float]) -> None:
    """Write `README.md` into the output of a conversion.

    Args:
        conversion (`Conversion`): What was converted.
        differences (`dict`): The largest differences that verification found, by part; empty if it was left out.
    """
    args, config = conversion.args, conversion.config
    place = args.output.resolve().as_posix()
    data = ModelCardData(
        library_name="transformers",
        pipeline_tag="video-text-to-text",
        license="other",
        license_name="as-the-converted-weights",
        base_model=args.base_model,
        tags=["custom_code", "video", "gpt4video", "mplug-owl"],
    )
    adapter = ADAPTER.format(place=place) if args.delta_as == "adapter" else ""
    example = EXAMPLE.format(place=place, adapter=adapter, template=TEMPLATE if args.delta else "")
    parts = [f"| {part} | {difference:.1e} |" for part, difference in differences.items()]
    verified = "It was not read back and compared (`--skip_verification`)."
    if parts:
        verified = "Read back, all tensors are those of the input, recomputed; the largest differences of a forward "
        verified += "from the original's maths:\n\n| part | difference |\n|---|---|\n" + "\n".join(parts)
    inputs = {}
    for path in conversion.reader.prefixes:
        name = path.name if path == args.delta else path.parent.resolve().name
        inputs[name] = inputs.get(name, 0) + path.stat().st_size
    parameters = sum(math.prod(shape) for shape in conversion.shapes.values())
    card = CARD.format(
        sources=" and ".join(f"`{name}`" for name in inputs),
        example=example,
        inputs="\n".join(f"| `{name}` | {size:,} |" for name, size in inputs.items()),
        command=command_of(args),
        tensors=len(conversion.shapes),
        dtype=conversion.dtype,
        verified=verified,
        parameters=parameters,
        gigabytes=parameters * conversion.dtype.itemsize / 1e9,
        side=config.vision_config.image_size,
        num_video_tokens=config.num_video_tokens,
        positions=getattr(config.text_config, "max_position_embeddings", None) or "any number of",
        expect="\n\n".join(expectations(conversion)),
    )
    write_text(args.output / "README.md", f"---\n{data.to_yaml()}\n---\n\n{card}")
