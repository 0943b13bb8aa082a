# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
# /// script
# requires-python = ">=3.11"
# dependencies = ["transformers>=5.20,<6", "trl>=1.16", "peft>=0.21", "datasets>=5.2", "accelerate>=1.15", "av>=18",
#     "matplotlib>=3.10", "tensorboard>=2.20"]
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
import math
import sys
from dataclasses import asdict, dataclass, field
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any, Literal

from accelerate.utils import parse_flag_from_env
from peft import LoraConfig, PeftModel
from transformers import AutoModelForImageTextToText, AutoProcessor, PreTrainedModel, TrainerState
from transformers.utils.peft_utils import find_adapter_config_file
from trl import SFTConfig, TrlParser


REPO_ROOT = Path(__file__).resolve().parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.adapters_gpt4video import merge_adapter  # noqa: E402
from gpt4video.data_gpt4video import DataSource, Encoder, load_mixture  # noqa: E402
from gpt4video.features_gpt4video import PARTS, ClipCollator, FeatureCache, MediaReader, part_of, take_frame_features  # noqa: E402
from gpt4video.report_gpt4video import (  # noqa: E402
    check_adapter,
    check_changes,
    check_same_run,
    count_parameters,
    fingerprint,
    plot_curves,
    write_card,
    write_report,
)
from gpt4video.runs_gpt4video import RunError, check_together, has_accelerator  # noqa: E402
from gpt4video.skipped_gpt4video import skipped_rows  # noqa: E402
from gpt4video.trainer_gpt4video import (  # noqa: E402
    GPT4VideoTrainer,
    RunGuard,
    forget_skipped,
    last_complete_checkpoint,
)


def option(text: str, default: Any = None, **kwargs: Any) -> Any:
    """Make a field of the arguments with its help."""
    return field(metadata={"help": text}, **(kwargs or {"default": default}))


def check_range(name: str, value: Any, is_right: bool, range_: str) -> None:
    """Raise `ValueError` if a setting is out of its range."""
    if not is_right:
        raise ValueError(f"{name} is {value!r}; it must be {range_}.")


@dataclass
class ScriptArguments:
    """What is trained on."""

    model_name_or_path: str = field(
        metadata={"help": "Folder or Hub id of the GPT4Video to start from; an adapter is merged into its base first."}
    )
    datasets: list[str] = field(metadata={"help": "Paths, Hub ids, or mappings with the keys of `DataSource`."})
    streaming: bool = option("Read rows as they are needed; max_steps must be set.", False)
    shuffle_buffer: int = option("Rows of a stream to choose the next one from; 0 keeps their order.", 0)
    max_rows: int | None = option("Rows to take from the beginning of each dataset; by default all.")
    eval_datasets: list[str] | None = option("What the evaluation loss is taken on.")
    chat_template: str | None = option("File of a chat template in place of the model's own.")
    loss_on: Literal["assistant", "all"] = option("Learn the assistant's turns or, as the original, all.", "assistant")
    max_skipped_share: float = option("Share of rows, 0 to 1, that may be broken or unreadable.", 0.01)
    feature_cache: str | None = option("Folder that keeps what the frozen parts make of clips; filled as needed.")

    def __post_init__(self) -> None:
        # argparse checks choices of flags, not those of a recipe.
        check_range("loss_on", self.loss_on, self.loss_on in ("assistant", "all"), "'assistant' or 'all'")
        check_range("max_rows", self.max_rows, self.max_rows is None or self.max_rows > 0, "at least 1")
        check_range("shuffle_buffer", self.shuffle_buffer, self.shuffle_buffer >= 0, "at least 0")
        check_range("max_skipped_share", self.max_skipped_share, 0 <= self.max_skipped_share <= 1, "0 to 1")
        self.datasets, self.eval_datasets = (
            [DataSource.parse(entry) for entry in ([found] if isinstance(found, str | dict) else found or [])]
            for found in (self.datasets, self.eval_datasets)
        )
        if self.shuffle_buffer and not self.streaming:
            raise ValueError("shuffle_buffer is for streaming; rows that are not streamed are shuffled as a whole.")
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
    epoch_decay: float | None = option("Factor of the learning rate from epoch to epoch, for lr_scheduler_type.")

    def __post_init__(self) -> None:
        if not self.train or not set(self.train) <= set(PARTS):
            raise ValueError(f"train must name some of {', '.join(PARTS)}, got {self.train}.")
        check_range("lora_r", self.lora_r, self.lora_r >= 0, "at least 0")
        check_range("lora_dropout", self.lora_dropout, 0 <= self.lora_dropout < 1, "0 to 1, 1 excluded")
        if self.lora_r and "language_model" not in self.train:
            raise ValueError(f"lora_r is {self.lora_r}, but train ({self.train}) leaves out language_model.")


@dataclass
class TrainingConfig(SFTConfig):
    """TRL's settings in float32, with what clips need."""

    bf16: bool | None = option("Mixed precision (TRL's own default is true).", False)
    gradient_checkpointing: bool = option("Save memory for time (TRL's own default is true).", False)
    remove_unused_columns: bool | None = option("Stays false: the columns name clips.", False)
    save_total_limit: int | None = option("Checkpoints to keep, at least 2.", 2)
    hub_strategy: str = option(
        "When to push, if push_to_hub is set; by default when the run has proved itself.", "end"
    )

    def __post_init__(self) -> None:
        # TRL knows no clips: rows are encoded here, its own preparation, packing and masks must keep off.
        names = ("packing", "padding_free", "assistant_only_loss", "completion_only_loss", "remove_unused_columns")
        names += ("dataset_kwargs", "shuffle_dataset", "chat_template_path", "eos_token", "pad_token")
        # These give up resuming from where a run ended.
        names += ("save_only_model", "ignore_data_skip")
        wrong = [name for name in names if getattr(self, name)]
        if wrong:
            raise ValueError(
                f"{', '.join(wrong)} cannot be set here: loss_on chooses the tokens that are learned, chat_template "
                "the form of dialogues, and every run can be resumed."
            )
        if self.save_total_limit is not None and self.save_total_limit < 2:
            raise ValueError(f"save_total_limit is {self.save_total_limit}, at least 2 checkpoints must be kept.")
        self.dataset_kwargs = {"skip_prepare_dataset": True}
        # Processes find each other by what they run on: without a word of it they look for GPUs, and train apart.
        self.use_cpu = self.use_cpu or not has_accelerator()
        super().__post_init__()
        check_together(self.world_size)
        # Each process reads its own share of a stream: batches of words and of clips cannot be sent about alike.
        self.accelerator_config.dispatch_batches = False


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


def main(script_args: ScriptArguments, training_args: TrainingConfig, tuning_args: TuningArguments) -> dict:
    """Train, save and check; return the report, which also lies in `report.json` in the output folder."""
    output_dir = Path(training_args.output_dir)
    name, trust = script_args.model_name_or_path, training_args.trust_remote_code
    is_adapter = find_adapter_config_file(name) is not None
    if training_args.push_to_hub and tuning_args.lora_r and (is_adapter or Path(name).exists()):
        raise RunError(
            f"push_to_hub would publish an adapter whose base lies on this machine alone: {name} is "
            f"{'an adapter, merged into its base here' if is_adapter else 'a folder'}. Push that base first and name "
            "its Hub id as model_name_or_path, or train whole weights (lora_r 0)."
        )
    output_dir.mkdir(parents=True, exist_ok=True)

    if is_adapter:
        with training_args.main_process_first(desc="merging", local=False):
            name = merge_adapter(name, output_dir / "base", trust)
    if Path(name).exists():
        # An adapter names its base by this path, wherever it is opened from.
        name = str(Path(name).resolve())

    # Dataset
    processor = AutoProcessor.from_pretrained(name, trust_remote_code=trust)
    if script_args.chat_template:
        processor.chat_template = Path(script_args.chat_template).read_text(encoding="utf-8")
    encode = Encoder(processor, training_args.max_length, script_args.loss_on)
    settings = {"encode": encode, "skipped_file": output_dir / "skipped_rows.jsonl", "max_rows": script_args.max_rows}
    settings |= {"num_proc": training_args.dataset_num_proc, "max_skipped_share": script_args.max_skipped_share}
    streaming, checkpoint = script_args.streaming, last_complete_checkpoint(output_dir)
    with training_args.main_process_first(desc="encoding", local=False):
        if checkpoint is None and training_args.process_index == 0:
            forget_skipped(settings["skipped_file"])
        order = {"seed": training_args.seed, "streaming": streaming, "shuffle_buffer": script_args.shuffle_buffer}
        rows, counts = load_mixture(script_args.datasets, **order, **settings)
        eval_rows, eval_counts = None, {}
        if script_args.eval_datasets:
            eval_rows, eval_counts = load_mixture(script_args.eval_datasets, **settings)

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
        cache.fill(model.to(training_args.device), read, media, training_args.dataloader_num_workers)
        if level == "frames":
            take_frame_features(model.model.vision_tower)

    # Training
    collator = ClipCollator(processor, settings["skipped_file"], cache)
    distinct = sum(found["rows"] - sum(found["dropped"].values()) for found in counts.values())
    num_rows = math.inf if streaming else distinct
    guard = RunGuard(settings["skipped_file"], script_args.max_skipped_share, num_rows, collator)
    report = {"script": asdict(script_args), "tuning": asdict(tuning_args), "datasets": counts}
    report |= {"eval_datasets": eval_counts} if eval_counts else {}
    trainer = GPT4VideoTrainer(
        model=model,
        args=training_args,
        data_collator=collator,
        # A stream has no epochs to resume in: it goes on from its beginning until max_steps.
        train_dataset=rows.repeat(None) if streaming else rows,
        eval_dataset=eval_rows,
        processing_class=processor,
        peft_config=make_lora_config(tuning_args) if tuning_args.lora_r else None,
        report=report,
        epoch_decay=tuning_args.epoch_decay,
        guard=guard,
    )
    if parse_flag_from_env("ACCELERATE_USE_FSDP") and not trainer.is_fsdp_enabled:
        raise RunError("accelerate shards by FSDP on accelerators alone; on CPU take recipes/accelerate/ddp.yaml.")
    collator.needs_clip = trainer.eval_collator.needs_clip = trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled
    return train(trainer, report, streaming, checkpoint)


def train(trainer: GPT4VideoTrainer, report: dict, streaming: bool, checkpoint: str | None) -> dict:
    """Run a trainer to its end, from a checkpoint on if there is one; save, check and report."""
    output_dir, is_main = Path(trainer.args.output_dir), trainer.is_world_process_zero()
    report["training"] = trainer.args.to_sanitized_dict() | {"world_size": trainer.args.world_size}
    report["training"]["hub_model_id"] = trainer.hub_model_id  # sanitized, none would be "None"
    report |= count_parameters(trainer.model)
    trainer.guard.start(checkpoint)
    if checkpoint:
        report["metrics"] = check_same_run(output_dir, report).get("metrics")
        state = TrainerState.load_from_json(str(Path(checkpoint) / "trainer_state.json"))
        trainer.guard.resumed_at = state.global_step * trainer.args.gradient_accumulation_steps if streaming else 0
    trainer.accelerator.wait_for_everyone()
    if is_main:
        print(json.dumps({name: report[name] for name in ("datasets", "trained", "frozen")}, indent=2))
        write_report(output_dir, report)
    before = fingerprint(trainer.model)
    if checkpoint and state.global_step >= state.max_steps:
        # It was killed between its last step and the end: the trainer would take one more.
        trainer._load_from_checkpoint(checkpoint)
        trainer.state = state
    else:
        report["metrics"] = trainer.train(resume_from_checkpoint=checkpoint).metrics
    trainer.save_model(_internal_call=True)
    trainer.accelerator.wait_for_everyone()
    report |= {"log": trainer.state.log_history, "skipped": trainer.guard.skipped()}
    report |= {"dropped": trainer.guard.dropped()} if streaming else {}
    eval_file = trainer.eval_collator.skipped_file
    report |= {"skipped_in_evaluation": skipped_rows(eval_file)} if eval_file.exists() else {}
    taken, planned = trainer.state.global_step, trainer.state.max_steps
    faults = [] if taken == planned else [f"the rows ended at step {taken} of {planned}"]
    faults += trainer.guard.faults(trainer.args, trainer.state) + prove(trainer, report, before)
    if is_main:
        plot_curves(report["log"], output_dir / "curves.png")
        write_card(output_dir, report)
        write_report(output_dir, report)
    if faults:
        raise RunError(f"{'; '.join(faults)}. The run is saved in {output_dir}.")
    if trainer.args.push_to_hub:
        trainer.push_to_hub()
    return report


def prove(trainer: GPT4VideoTrainer, report: dict, before: dict[str, str]) -> list[str]:
    """Check that what was to train changed, nothing else did, and the saved adapter is the trained one."""
    if trainer.is_deepspeed_enabled:
        # Under ZeRO-3 a process holds no whole parameter.
        report["changes"] = "not checked under DeepSpeed"
        return []
    report["changes"] = changes = check_changes(trainer.model, before)
    # The first update of LoRA leaves A alone, for B is 0; warmup may begin with a learning rate of 0.
    is_judged = trainer.guard.num_updates > 1
    report |= {} if is_judged else {"not_judged": "what did not change: fewer than 2 updates had a learning rate"}
    is_wrong = changes["moved"] or (changes["unchanged"] and is_judged)
    faults = [f"the weights did not change as asked: {changes}"] if is_wrong else []
    if isinstance(trainer.model, PeftModel) and trainer.is_fsdp_enabled:
        report["adapter"] = "not reloaded under FSDP"
    elif isinstance(trainer.model, PeftModel):
        trainer.guard.collator.skip_batches = 0
        batch = next(iter(trainer.get_train_dataloader()))
        report["adapter"] = found = check_adapter(trainer.model, Path(trainer.args.output_dir), batch)
        if (not found["from_base"] and is_judged) or found["from_trained"]:
            faults.append(f"the saved adapter, reloaded, does not do what the trained one does: {found}")
    return faults


if __name__ == "__main__":
    main(*TrlParser((ScriptArguments, TrainingConfig, TuningArguments)).parse_args_and_config())
