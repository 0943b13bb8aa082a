# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""What a training run tells about itself: the proof that it trained what it says, its curves, its card."""

import hashlib
import json
import platform
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import matplotlib
import torch
import yaml
from huggingface_hub import ModelCard, ModelCardData
from peft import PeftModel
from torch import nn
from torch.distributed.tensor import DTensor

from gpt4video.features_gpt4video import part_of
from gpt4video.lines_gpt4video import write_text
from gpt4video.runs_gpt4video import RunError


matplotlib.use("Agg")
from matplotlib import pyplot as plt


CURVES = {
    "loss": "loss per token",
    "learning_rate": "learning rate",
    "rows_per_second": "rows per second",
    "skipped_rows": "rows skipped so far",
}
LIBRARIES = ("torch", "transformers", "trl", "peft", "datasets", "accelerate", "av")
CARD = """# {title}

[GPT4Video](https://arxiv.org/abs/2311.16511), fine-tuned from `{base}`: a clip goes in, an answer comes out, and a
prompt for a new clip when one is asked for.

```python
{example}
```

## What trained

| part | trained parameters | frozen parameters |
|---|---|---|
{parts}

## What it learned from

| dataset | format | rows | dropped |
|---|---|---|---|
{datasets}

{result}

## Recipe

```yaml
{recipe}```

Made with Python {python}, {versions}.
"""
EXAMPLE = """from transformers import AutoModelForImageTextToText, AutoProcessor

model = AutoModelForImageTextToText.from_pretrained("{place}", trust_remote_code=True)
processor = AutoProcessor.from_pretrained("{place}", trust_remote_code=True)"""
FREE_SETTINGS = ("feature_cache", "max_skipped_share", "eval_datasets")  # they do not change what is learned
# What may differ in a run that goes on, by how the names begin: where and how it reports, saves, reads and evaluates.
FREE_TRAINING = ("output_dir", "logging", "log_", "report_to", "run_name", "disable_tqdm", "hub_", "push_to", "eval_")
FREE_TRAINING += ("per_device_eval", "do_", "save_", "load_best", "metric_for", "greater_is", "dataloader", "project")
FREE_TRAINING += ("dataset_num_proc", "resume_from", "trackio", "include_", "prediction_loss", "batch_eval", "use_cpu")
CARD_SETTINGS = (
    "max_length",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "num_train_epochs",
    "max_steps",
    "learning_rate",
    "lr_scheduler_type",
    "warmup_steps",
    "weight_decay",
    "adam_beta1",
    "adam_beta2",
    "max_grad_norm",
    "optim",
    "train_sampling_strategy",
    "seed",
    "world_size",
)


def count_parameters(model: nn.Module) -> dict[str, dict[str, int]]:
    """Count the parameters of each part, `trained` and `frozen`."""
    counts: dict[str, Counter] = {"trained": Counter(), "frozen": Counter()}
    for name, parameter in model.named_parameters():
        counts["trained" if parameter.requires_grad else "frozen"][part_of(name)] += parameter.numel()
    return {kind: dict(count) for kind, count in counts.items()}


def own_name(name: str) -> str:
    """Name a parameter as it was before wrappers of activation checkpointing."""
    return name.replace("_checkpoint_wrapped_module.", "")


def fingerprint(model: nn.Module) -> dict[str, str]:
    """Hash the bytes of every parameter; sharded ones are gathered, by all processes together."""
    hashes = {}
    for name, parameter in model.named_parameters():
        whole = parameter.full_tensor() if isinstance(parameter, DTensor) else parameter
        row = whole.detach().cpu().reshape(-1).view(torch.uint8)
        hashes[own_name(name)] = hashlib.blake2b(row.numpy()).hexdigest()
    return hashes


def check_changes(model: nn.Module, before: dict[str, str]) -> dict[str, list[str]]:
    """Name the parameters that were to train but are `unchanged`, and the frozen ones that `moved`."""
    trained = {own_name(name) for name, parameter in model.named_parameters() if parameter.requires_grad}
    changed = {name for name, value in fingerprint(model).items() if value != before[name]}
    return {"unchanged": sorted(trained - changed), "moved": sorted(changed - trained)}


@torch.no_grad()
def check_adapter(model: PeftModel, folder: Path, batch: dict[str, Any]) -> dict[str, float]:
    """Reload a saved adapter; return how far its logits are from those of the base and of the trained adapter."""
    inputs = {name: value.to(model.device) if hasattr(value, "to") else value for name, value in batch.items()}
    model.eval()
    trained = model(**inputs).logits
    with model.disable_adapter():
        base = model(**inputs).logits
    model.load_adapter(str(folder), adapter_name="reloaded")
    model.set_adapter("reloaded")
    reloaded = model(**inputs).logits
    model.set_adapter("default")
    model.delete_adapter("reloaded")
    return {"from_base": (reloaded - base).abs().max().item(), "from_trained": (reloaded - trained).abs().max().item()}


def write_report(folder: Path, report: dict) -> None:
    """Write `report.json`, in one stroke."""
    write_text(folder / "report.json", json.dumps(report, indent=2) + "\n")


def check_same_run(folder: Path, report: dict) -> dict:
    """Refuse to go on with a run that was begun with other settings.

    Returns:
        `dict`: The report that lies in the folder, or the one given if there is none.

    Raises:
        RunError: If the report that lies in the folder names other settings. The message names them.
    """
    path = folder / "report.json"
    begun = json.loads(path.read_text(encoding="utf-8")) if path.exists() else report
    now = json.loads(json.dumps(report))
    different = []
    for part, free in (("script", FREE_SETTINGS), ("tuning", ()), ("training", FREE_TRAINING), ("datasets", ())):
        for name in sorted({*begun[part], *now[part]}):
            if not name.startswith(free) and begun[part].get(name) != now[part].get(name):
                different.append(f"{name} ({begun[part].get(name)!r}, now {now[part].get(name)!r})")
    if different:
        raise RunError(f"{folder} holds a run with other settings: {', '.join(different)}. Choose another output_dir.")
    return begun


def plot_curves(log: list[dict], path: Path) -> None:
    """Draw loss, learning rate, throughput and skipped rows over the steps of a run.

    Args:
        log (`list[dict]`): The trainer's `log_history`.
        path (`Path`): Where the PNG goes.
    """
    figure, axes = plt.subplots(2, 2, figsize=(9, 6), layout="constrained")
    for axis, (name, label) in zip(axes.flat, CURVES.items(), strict=True):
        entries = [(entry["step"], entry[name]) for entry in log if name in entry]
        axis.plot(
            [step for step, _ in entries], [value for _, value in entries], marker="." if len(entries) < 30 else ""
        )
        held_out = (
            [(entry["step"], entry["eval_loss"]) for entry in log if "eval_loss" in entry] if name == "loss" else []
        )
        if held_out:
            axis.plot([step for step, _ in held_out], [value for _, value in held_out], label="held out")
            axis.legend()
        axis.set(xlabel="step", ylabel=label, ylim=(0, None) if name != "learning_rate" else None)
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def write_card(folder: Path, report: dict) -> None:
    """Write the model card of a run, `README.md`.

    Args:
        folder (`Path`): The output folder of the run.
        report (`dict`): What `train_sft.py` puts into `report.json`, as far as it is known.
    """
    script, training, tuning = report["script"], report["training"], report["tuning"]
    base, datasets = script["model_name_or_path"], script["datasets"]
    is_public = not Path(base).exists()
    data = ModelCardData(
        library_name="peft" if tuning["lora_r"] else "transformers",
        pipeline_tag="video-text-to-text",
        base_model=base if is_public else None,
        tags=["custom_code", "gpt4video", "trl", "sft"],
        datasets=[source["path"] for source in datasets if not Path(source["path"]).exists()] or None,
    )
    trained, frozen = report["trained"], report["frozen"]
    parts = [f"| {part} | {trained.get(part, 0):,} | {frozen.get(part, 0):,} |" for part in {**trained, **frozen}]
    rows = []
    for at, source in enumerate(datasets):
        path = source["path"]
        count = report["datasets"].get(path) or report["datasets"].get(f"{path} ({at})", {})
        dropped = ", ".join(f"{number} × {reason}" for reason, number in count.get("dropped", {}).items()) or "0"
        rows.append(f"| {source['path']} | {source['format']} | {count.get('rows', 'streamed')} | {dropped} |")
    losses = [entry for entry in report.get("log", []) if "loss" in entry]
    result = "The run has not ended yet."
    if losses:
        result = (
            f"Loss per token {losses[0]['loss']:.3f} at step {losses[0]['step']}, {losses[-1]['loss']:.3f} at step "
            f"{losses[-1]['step']}. {len(report.get('skipped', {}))} rows were skipped because a clip could not be "
            "read.\n\n![curves](curves.png)"
        )
    recipe = {**script, **tuning} | {name: training[name] for name in CARD_SETTINGS}
    card = CARD.format(
        title=folder.resolve().name,
        base=base,
        example=EXAMPLE.format(place=training["hub_model_id"] or folder.resolve().as_posix()),
        parts="\n".join(parts),
        datasets="\n".join(rows),
        result=result,
        recipe=yaml.safe_dump(recipe, sort_keys=False, width=100),
        python=platform.python_version(),
        versions=", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    )
    ModelCard(f"---\n{data.to_yaml()}\n---\n\n{card}").save(folder / "README.md")
