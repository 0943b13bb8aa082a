# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
# /// script
# requires-python = ">=3.11"
# dependencies = ["transformers>=5.20,<6", "trl>=1.16", "peft>=0.21", "datasets>=5.2", "accelerate>=1.15", "av>=18"]
# ///
"""Fine-tune GPT4Video on mixtures of conversations, through TRL's `SFTTrainer`; all commands were run on 2 CPU cores.

    python embedded/build_dataset.py --output outputs/small --clips 40 --test_clips 10 --texts 100 --test_texts 20
    accelerate launch train_sft.py --config recipes/example.yaml --output_dir outputs/whole
    python train_sft.py --config recipes/example.yaml --output_dir outputs/lora --lora_r 16 --learning_rate 4e-4

A dataset is a path or a mapping, see `DataSource` in `data_gpt4video.py`. Words become token ids and labels first,
clips are read when their batch is due, or encoded once with `--feature_cache`. A command given again goes on where it
ended.
"""

import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any, Literal

import torch
from accelerate.utils import parse_flag_from_env
from peft import LoraConfig, PeftModel
from safetensors import SafetensorError
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from transformers import AutoModelForImageTextToText, AutoProcessor, PreTrainedModel, TrainerCallback
from trl import SFTConfig, SFTTrainer, TrlParser


REPO_ROOT = Path(__file__).resolve().parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.data_gpt4video import DataSource, Encoder, load_mixture  # noqa: E402
from gpt4video.features_gpt4video import (  # noqa: E402
    PARTS,
    ClipCollator,
    FeatureCache,
    MediaReader,
    part_of,
    take_frame_features,
)
from gpt4video.report_gpt4video import check_adapter, check_changes, fingerprint, plot_curves, write_card  # noqa: E402


COMPLETE = "complete"  # the file that is written last into a checkpoint


class RunError(RuntimeError):
    """A run cannot go on or did not do what it was asked. The message says what is wrong and where."""


def option(text: str, default: Any = None, **kwargs: Any) -> Any:
    """Make a field of the arguments with its help."""
    return field(metadata={"help": text}, **(kwargs or {"default": default}))


@dataclass
class ScriptArguments:
    """What is trained on."""

    model_name_or_path: str = field(metadata={"help": "Folder or Hub id of the GPT4Video to start from."})
    datasets: list[str] = field(metadata={"help": "Paths, Hub ids, or mappings with the keys of `DataSource`."})
    streaming: bool = option("Read rows as they are needed; max_steps must be set.", False)
    max_rows: int | None = option("Rows to take from the beginning of each dataset; by default all.")
    eval_datasets: list[str] | None = option("What the evaluation loss is taken on.")
    chat_template: str | None = option("File of a chat template in place of the model's own.")
    loss_on: Literal["assistant", "all"] = option("Learn the assistant's turns or, as the original, all.", "assistant")
    max_skipped_share: float = option("Share of rows, 0 to 1, that may be unreadable before the run stops.", 0.01)
    feature_cache: str | None = option("Folder that keeps what the frozen parts make of clips; filled as needed.")

    def __post_init__(self) -> None:
        self.datasets = [DataSource.parse(entry) for entry in self.datasets]
        self.eval_datasets = [DataSource.parse(entry) for entry in self.eval_datasets or []]
        if self.streaming and self.feature_cache:
            raise ValueError("A feature_cache needs to know its clips ahead; leave out streaming.")


@dataclass
class TuningArguments:
    """Which parameters train, and how their learning rate falls."""

    train: list[str] = option(f"Parts that train: {', '.join(PARTS)}.", default_factory=lambda: ["language_model"])
    lora_r: int = option("Rank of LoRA in place of the language model's own weights; 0 for none.", 0)
    lora_alpha: int = option("LoRA updates are scaled by lora_alpha / lora_r.", 16)
    lora_dropout: float = option("Dropout in front of LoRA, 0 to 1.", 0.1)
    lora_target_modules: str = option("Regular expression of module names.", r".*language_model.*\.(q_proj|v_proj)")
    epoch_decay: float | None = option("Factor of the learning rate from epoch to epoch; excludes lr_scheduler_type.")

    def __post_init__(self) -> None:
        if not self.train or not set(self.train) <= set(PARTS):
            raise ValueError(f"train must name some of {', '.join(PARTS)}, got {self.train}.")
        if self.lora_r and "language_model" not in self.train:
            raise ValueError(f"lora_r is {self.lora_r}, but train ({self.train}) leaves out language_model.")


@dataclass
class TrainingConfig(SFTConfig):
    """TRL's settings in float32, with what clips need."""

    bf16: bool | None = option("Mixed precision (TRL's own default is true).", False)
    gradient_checkpointing: bool = option("Save memory for time (TRL's own default is true).", False)
    remove_unused_columns: bool | None = option("Stays false: the columns name clips.", False)
    save_total_limit: int | None = option("Checkpoints to keep, at least 2.", 2)

    def __post_init__(self) -> None:
        # TRL knows no clips: rows are encoded here, its own preparation, packing and masks must keep off.
        names = ("packing", "padding_free", "assistant_only_loss", "remove_unused_columns", "dataset_kwargs")
        wrong = [name for name in names if getattr(self, name)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} cannot be set here; loss_on chooses the tokens that are learned.")
        if self.save_total_limit is not None and self.save_total_limit < 2:
            raise ValueError(f"save_total_limit is {self.save_total_limit}, at least 2 checkpoints must be kept.")
        self.dataset_kwargs = {"skip_prepare_dataset": True}
        super().__post_init__()


# -- Model -----------------------------------------------------------------------------------------------------------


def load_model(name: str, training_args: SFTConfig, train: list[str]) -> PreTrainedModel:
    """Open the model, in float32 unless `model_init_kwargs` says otherwise, and freeze what does not train."""
    kwargs = {"dtype": "float32", "trust_remote_code": training_args.trust_remote_code}
    model = AutoModelForImageTextToText.from_pretrained(name, **kwargs | (training_args.model_init_kwargs or {}))
    training_args.model_init_kwargs = None
    for parameter_name, parameter in model.named_parameters():
        parameter.requires_grad_(part_of(parameter_name) in train)
    return model


def make_lora_config(tuning_args: TuningArguments) -> LoraConfig:
    """Describe LoRA on the language model; other parts that train do so in full and are saved with the adapter."""
    others = [part for part in tuning_args.train if part != "language_model"]
    settings = {name: getattr(tuning_args, name) for name in ("lora_alpha", "lora_dropout")}
    settings |= {"r": tuning_args.lora_r, "target_modules": tuning_args.lora_target_modules}
    return LoraConfig(task_type="CAUSAL_LM", modules_to_save=others or None, **settings)


# -- Trainer ---------------------------------------------------------------------------------------------------------


class RunGuard(TrainerCallback):
    """Stops a run that skips too many rows and marks checkpoints that were written to the end."""

    def __init__(self, skipped_file: Path, max_skipped_share: float, num_rows: int, collator: ClipCollator):
        self.skipped_file, self.limit, self.num_rows = skipped_file, max_skipped_share, num_rows
        self.collator, self.resumed_at = collator, 0

    def skipped(self) -> dict[str, str]:
        """Return the rows left out so far and why."""
        lines = self.skipped_file.read_text(encoding="utf-8").splitlines() if self.skipped_file.exists() else []
        return {line["row"]: line["error"] for line in map(json.loads, lines)}

    def on_epoch_begin(self, args, state, control, **kwargs) -> None:
        """Let a resumed stream pass over what was learned from, in the first epoch after the resumption."""
        self.collator.num_calls, self.collator.skip_batches, self.resumed_at = 0, self.resumed_at, 0

    def on_step_end(self, args, state, control, **kwargs) -> None:
        """Count the skipped rows."""
        skipped = self.skipped()
        if len(skipped) > self.limit * self.num_rows:
            message = f"{len(skipped)} of {self.num_rows} rows cannot be read, max_skipped_share is {self.limit}. "
            raise RunError(f"{message}{self.skipped_file} lists them, such as {list(skipped.values())[-1]}")

    def on_save(self, args, state, control, **kwargs) -> None:
        """Mark the checkpoint just written as complete."""
        if state.is_world_process_zero:
            (Path(args.output_dir) / f"checkpoint-{state.global_step}" / COMPLETE).touch()


class GPT4VideoTrainer(SFTTrainer):
    """TRL's trainer for clips: frozen parts stay in evaluation mode, curves and the card tell about the run.

    Args:
        report (`dict`): What the card of the run says.
        epoch_decay (`float`, *optional*): Factor of the learning rate from epoch to epoch.
        guard (`RunGuard`): Counts the skipped rows.
    """

    def __init__(self, *args: Any, report: dict, epoch_decay: float | None, guard: RunGuard, **kwargs: Any):
        self.report, self.epoch_decay, self.guard = report, epoch_decay, guard
        self.last_log = (time.monotonic(), 0)
        super().__init__(*args, callbacks=[guard], **kwargs)

    def compute_loss(self, model: nn.Module, inputs: dict, *args: Any, **kwargs: Any) -> Any:
        """Compute TRL's loss with frozen parts free of dropout: a clip always gives the same features."""
        for name, module in model.named_modules():
            if name.endswith(PARTS) and not any(parameter.requires_grad for parameter in module.parameters()):
                module.eval()
        return super().compute_loss(model, inputs, *args, **kwargs)

    def create_scheduler(self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None) -> LambdaLR:
        """Let the learning rate fall from epoch to epoch, if asked to; else as `lr_scheduler_type` says."""
        if self.epoch_decay is None or self.lr_scheduler is not None:
            return super().create_scheduler(num_training_steps, optimizer)
        steps_per_epoch = max(1, round(num_training_steps / self.args.num_train_epochs))
        decay = self.epoch_decay
        self.lr_scheduler = LambdaLR(optimizer or self.optimizer, lambda step: decay ** (step // steps_per_epoch))
        return self.lr_scheduler

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add rows per second since the last entry, and the rows skipped so far, to the entries of the loss."""
        if "loss" in logs:
            now, step = time.monotonic(), self.state.global_step
            args = self.args
            batch_size = args.per_device_train_batch_size * args.gradient_accumulation_steps * args.world_size
            rows = (step - max(self.last_log[1], self._initial_global_step)) * batch_size
            logs |= {"rows_per_second": rows / (now - self.last_log[0]), "skipped_rows": len(self.guard.skipped())}
            self.last_log = now, step
        super().log(logs, start_time)

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Write what the run was into its card, in place of TRL's."""
        if self.is_world_process_zero():
            write_card(Path(self.args.output_dir), self.report)

    def _save_checkpoint(self, *args: Any, **kwargs: Any) -> None:
        try:
            super()._save_checkpoint(*args, **kwargs)
        except (OSError, RuntimeError, SafetensorError) as error:
            place, last = self.args.output_dir, last_complete_checkpoint(Path(self.args.output_dir))
            raise RunError(
                f"The checkpoint of step {self.state.global_step} cannot be written in {place}: {error}. Make room "
                f"there and give the same command again; the run goes on from {last or 'its beginning'}."
            ) from error


def last_complete_checkpoint(output_dir: Path) -> str | None:
    """Find the newest checkpoint that was written to the end."""
    checkpoints = [path.parent for path in output_dir.glob(f"checkpoint-*/{COMPLETE}")]
    return str(max(checkpoints, key=lambda path: int(path.name.split("-")[1]))) if checkpoints else None


def main(script_args: ScriptArguments, training_args: TrainingConfig, tuning_args: TuningArguments) -> dict:
    """Train, save and check; return the report, which also lies in `report.json` in the output folder."""
    output_dir = Path(training_args.output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    name, trust = script_args.model_name_or_path, training_args.trust_remote_code

    # Dataset
    processor = AutoProcessor.from_pretrained(name, trust_remote_code=trust)
    if script_args.chat_template:
        processor.chat_template = Path(script_args.chat_template).read_text(encoding="utf-8")
    encode = Encoder(processor, training_args.max_length, script_args.loss_on)
    settings = {"encode": encode, "skipped_file": output_dir / "skipped_rows.jsonl", "max_rows": script_args.max_rows}
    settings["num_proc"] = training_args.dataset_num_proc
    streaming = script_args.streaming
    with training_args.main_process_first(desc="encoding", local=False):
        rows, counts = load_mixture(script_args.datasets, seed=training_args.seed, streaming=streaming, **settings)
        eval_rows = load_mixture(script_args.eval_datasets, **settings)[0] if script_args.eval_datasets else None

    # Model
    model = load_model(name, training_args, tuning_args.train)
    cache = None
    if script_args.feature_cache:
        level = FeatureCache.level_for(tuning_args.train)
        cache = FeatureCache(
            Path(script_args.feature_cache), level, FeatureCache.fingerprint_of(model, processor, level)
        )
        read = MediaReader(processor)
        media = {key: source for part in (rows, eval_rows) if part for key, source in read.all_of(part).items()}
        cache.fill(
            model.to(training_args.device), read, media, settings["skipped_file"], training_args.dataloader_num_workers
        )
        if level == "frames":
            take_frame_features(model.model.vision_tower)

    # Training
    collator = ClipCollator(processor, settings["skipped_file"], cache)
    steps = training_args.max_steps * training_args.train_batch_size * training_args.gradient_accumulation_steps
    num_rows = steps * training_args.world_size if streaming else len(rows)
    guard = RunGuard(settings["skipped_file"], script_args.max_skipped_share, num_rows, collator)
    report = {"script": asdict(script_args), "tuning": asdict(tuning_args), "datasets": counts}
    trainer = GPT4VideoTrainer(
        model=model,
        args=training_args,
        data_collator=collator,
        train_dataset=rows,
        eval_dataset=eval_rows,
        processing_class=processor,
        peft_config=make_lora_config(tuning_args) if tuning_args.lora_r else None,
        report=report,
        epoch_decay=tuning_args.epoch_decay,
        guard=guard,
    )
    if parse_flag_from_env("ACCELERATE_USE_FSDP") and not trainer.is_fsdp_enabled:
        raise RunError("accelerate shards by FSDP on accelerators alone; on CPU take recipes/accelerate/ddp.yaml.")
    collator.needs_clip = trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled
    return train(trainer, report, streaming)


def train(trainer: GPT4VideoTrainer, report: dict, streaming: bool) -> dict:
    """Run a trainer to its end, from the last complete checkpoint on; save, check and report."""
    output_dir, is_main = Path(trainer.args.output_dir), trainer.is_world_process_zero()
    report |= {"trained_parameters": Counter(), "frozen_parameters": Counter()}
    for key, parameter in trainer.model.named_parameters():
        kind = "trained_parameters" if parameter.requires_grad else "frozen_parameters"
        report[kind][part_of(key)] += parameter.numel()
    report["training"] = trainer.args.to_sanitized_dict()
    checkpoint = last_complete_checkpoint(output_dir)
    if is_main:
        print(
            json.dumps(
                {kind: report[kind] for kind in ("datasets", "trained_parameters", "frozen_parameters")}, indent=2
            )
        )
        (output_dir / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if streaming and checkpoint:
        state = json.loads((Path(checkpoint) / "trainer_state.json").read_text(encoding="utf-8"))
        trainer.guard.resumed_at = state["global_step"] * trainer.args.gradient_accumulation_steps
    before = fingerprint(trainer.model)
    result = trainer.train(resume_from_checkpoint=checkpoint)
    trainer.save_model()
    report |= {"metrics": result.metrics, "log": trainer.state.log_history, "skipped": trainer.guard.skipped()}
    report["changes"] = check_changes(trainer.model, before)
    faults = [f"the weights did not change as asked: {report['changes']}"] if any(report["changes"].values()) else []
    if isinstance(trainer.model, PeftModel) and not trainer.is_fsdp_enabled and not trainer.is_deepspeed_enabled:
        trainer.guard.collator.skip_batches = 0
        batch = next(iter(trainer.get_train_dataloader()))
        report["adapter"] = found = check_adapter(trainer.model, output_dir, batch)
        if not found["from_base"] or found["from_trained"]:
            faults.append(f"the saved adapter, reloaded, does not do what the trained one does: {found}")
    if is_main:
        plot_curves(report["log"], output_dir / "curves.png")
        write_card(output_dir, report)
        (output_dir / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if faults:
        raise RunError(f"{'; '.join(faults)}. The run is saved in {output_dir}.")
    if trainer.args.push_to_hub:
        trainer.push_to_hub()
    return report


if __name__ == "__main__":
    main(*TrlParser((ScriptArguments, TrainingConfig, TuningArguments)).parse_args_and_config())
