# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
# /// script
# requires-python = ">=3.11"
# dependencies = ["transformers>=5.20,<6", "trl>=1.16", "peft>=0.21", "datasets>=5.2", "accelerate>=1.15", "av>=18"]
# ///
"""Fine-tune GPT4Video on conversations with clips, through TRL's `SFTTrainer`; all commands were run on 2 CPU cores.

    python embedded/build_dataset.py --output outputs/small --clips 40 --test_clips 10 --texts 100 --test_texts 20
    accelerate launch train_sft.py --config recipes/example.yaml --output_dir outputs/whole
    python train_sft.py --config recipes/example.yaml --output_dir outputs/lora --lora_r 16 --learning_rate 4e-4

A dataset is a JSONL or parquet file, or a dataset of the Hub, with a column `messages` of turns as for
`apply_chat_template`; relative paths of clips start at the folder of the file. Words become token ids and labels first
(`encode_row`), clips are read when their batch is due (`ClipCollator`). A command given again goes on where it ended.
"""

import hashlib
import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from datasets import Dataset, concatenate_datasets, interleave_datasets, load_dataset
from jinja2 import TemplateError
from peft import LoraConfig
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModelForImageTextToText, AutoProcessor, PreTrainedModel, ProcessorMixin, TrainerCallback
from trl import SFTConfig, SFTTrainer, TrlParser


IGNORED = -100
PARTS = ("vision_tower", "abstractor", "multi_modal_projector", "language_model")
COMPLETE = "complete"  # the file that is written last into a checkpoint


def option(text: str, default: Any = None, **kwargs: Any) -> Any:
    """Make a field of the arguments with its help."""
    return field(metadata={"help": text}, **(kwargs or {"default": default}))


@dataclass
class ScriptArguments:
    """What is trained on."""

    model_name_or_path: str = field(metadata={"help": "Folder or Hub id of the GPT4Video to start from."})
    datasets: list[str] = field(metadata={"help": "JSONL or parquet files or Hub ids, with a column `messages`."})
    dataset_probabilities: list[float] | None = option("How often to draw from each; by default each row once.")
    max_rows: int | None = option("Rows to take from the beginning of each dataset; by default all.")
    eval_datasets: list[str] | None = option("What the evaluation loss is taken on.")
    loss_on: Literal["assistant", "all"] = option("Learn the assistant's turns or, as the original, all.", "assistant")
    max_skipped_share: float = option("Share of rows, 0 to 1, that may be unreadable before the run stops.", 0.01)


@dataclass
class TuningArguments:
    """Which parameters train."""

    train: list[str] = option(f"Parts that train: {', '.join(PARTS)}.", default_factory=lambda: ["language_model"])
    lora_r: int = option("Rank of LoRA in place of the language model's own weights; 0 for none.", 0)
    lora_alpha: int = option("LoRA updates are scaled by lora_alpha / lora_r.", 16)
    lora_dropout: float = option("Dropout in front of LoRA, 0 to 1.", 0.1)
    lora_target_modules: str = option("Regular expression of module names.", r".*language_model.*\.(q_proj|v_proj)")

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


def take_media(messages: list[dict], folder: Path) -> tuple[list[dict], dict[str, list[str]]]:
    """Put blank frames in the place of clips and images; return the conversation and the sources of each kind."""
    media, blank = {"video": [], "image": []}, torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    conversation = []
    for message in messages:
        content = message["content"]
        if not isinstance(content, str):
            content = list(content)
            for index, block in enumerate(content):
                if (kind := block["type"]) in media:
                    source = next((block[key] for key in (kind, "url", "path") if block.get(key)), None)
                    if not isinstance(source, str):
                        raise ValueError(f"a {kind} block needs a path or url, got {block}")
                    is_url = "://" in source or source.startswith("data:")
                    media[kind].append(source if is_url else str(folder / source))
                    content[index] = {"type": kind, kind: blank if kind == "video" else blank[0]}
        conversation.append({**message, "content": content})
    return conversation, media


def make_labels(input_ids: list[int], answer_mask: list[int], processor: ProcessorMixin, loss_on: str) -> list[int]:
    """Keep the ids that are learned, put -100 for the others."""
    if loss_on == "assistant":
        return [token if answer else IGNORED for token, answer in zip(input_ids, answer_mask, strict=True)]
    tokenizer = processor.tokenizer
    # The released code learned all but its prefix, which precedes BOS, the clip, and unknown tokens.
    start = input_ids.index(tokenizer.bos_token_id) if tokenizer.bos_token_id in input_ids else 0
    ignored = {processor.video_token_id, processor.image_token_id, tokenizer.unk_token_id}
    return [IGNORED if at < start or token in ignored else token for at, token in enumerate(input_ids)]


def encode_row(
    row: dict, index: int, processor: ProcessorMixin, source: str, max_length: int | None, loss_on: str
) -> dict:
    """Turn row `index` of the dataset `source` into token ids and labels; its clips stay where they are.

    Returns:
        `dict`: `input_ids`, `labels`, `length` in tokens (at most `max_length`), `videos`, `images`, `row` (its name)
        and `dropped`: why the row cannot be used, or an empty string.
    Raises:
        ValueError: If the row is not a conversation. The message names the dataset and the row.
    """
    try:
        messages = row["messages"] if "messages" in row else json.loads(row["text"])["messages"]
        conversation, media = take_media(messages, Path(source).parent)
        flags = {"tokenize": True, "return_dict": True, "return_assistant_tokens_mask": True}
        encoded = processor.apply_chat_template(conversation, **flags)
    except (KeyError, TypeError, ValueError, TemplateError) as error:
        raise ValueError(f"{source}, row {index} is not a conversation: {type(error).__name__}: {error}") from error
    ids, mask = (torch.as_tensor(encoded[key]).flatten().tolist() for key in ("input_ids", "assistant_masks"))
    labels = make_labels(ids, mask, processor, loss_on)
    dropped = ""
    if all(label == IGNORED for label in labels[1:]):
        dropped = "no answer"
    elif max_length and {processor.video_token_id, processor.image_token_id}.intersection(ids[max_length:]):
        dropped = "max_length would cut a clip"
    elif all(label == IGNORED for label in labels[1:max_length]):
        dropped = "max_length would cut the whole answer"
    ids, labels = ids[:max_length], labels[:max_length]
    row = {"input_ids": ids, "labels": labels, "length": len(ids), "row": f"{source}:{index}", "dropped": dropped}
    return row | {"videos": media["video"], "images": media["image"]}


def load_rows(source: str, max_rows: int | None, **settings: Any) -> tuple[Dataset, dict]:
    """Load and encode one dataset; return its usable rows and the counts of all and of dropped rows."""
    # A JSONL file is read as text: turns with and without blocks in one file break the inference of column types.
    builder = {".jsonl": "text", ".parquet": "parquet"}.get(Path(source).suffix)
    files, split = {"data_files": source} if builder else {}, f"train[:{max_rows}]" if max_rows else "train"
    rows = load_dataset(builder or source, split=split, **files)
    flags = {"with_indices": True, "remove_columns": rows.column_names, "load_from_cache_file": False}
    rows = rows.map(partial(encode_row, source=source, **settings), desc=f"Encoding {source}", **flags)
    reasons = rows["dropped"]
    counts = {"rows": len(rows), "dropped": dict(Counter(filter(None, reasons)))}
    usable = [at for at, reason in enumerate(reasons) if not reason]
    if not usable:
        raise ValueError(f"{source}: no row can be used: {counts}.")
    return rows.select(usable).remove_columns("dropped"), counts


def load_mixture(sources: list[str], probabilities: list[float] | None, seed: int, **settings: Any) -> tuple:
    """Join datasets, one after another or drawn with probabilities until each was seen whole; return rows, counts."""
    parts, counts = zip(*(load_rows(source, **settings) for source in sources), strict=True)
    if probabilities is None:
        rows = concatenate_datasets(list(parts))
    else:
        rows = interleave_datasets(list(parts), probabilities, seed=seed, stopping_strategy="all_exhausted")
    return rows, dict(zip(sources, counts, strict=True))


class ClipCollator:
    """Pads rows on the right and reads their clips and images.

    A row that cannot be read is left out and gets a line in `skipped_file`, which all processes of a run share.
    """

    def __init__(self, processor: ProcessorMixin, skipped_file: Path):
        self.processor, self.skipped_file = processor, skipped_file
        self.clip_error = sys.modules[type(processor.video_processor).__module__].ClipError

    def read(self, row: dict) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Read the clips `(num_frames, 3, height, width)` and images `(3, height, width)` of a row."""
        video_processor, image_processor = self.processor.video_processor, self.processor.image_processor
        clips = [video_processor(clip, return_tensors="pt")["pixel_values_videos"][0] for clip in row["videos"]]
        images = self.processor.prepare_inputs_layout(images=row["images"])[0] if row["images"] else []
        return clips, [image_processor(image, return_tensors="pt")["pixel_values"][0] for image in images]

    def __call__(self, rows: list[dict]) -> dict[str, torch.Tensor]:
        """Make a batch of encoded rows; `video_num_frames` is in it if the clips differ in length."""
        kept, clips, images = [], [], []
        for row in rows:
            try:
                row_clips, row_images = self.read(row)
            except self.clip_error as error:
                with self.skipped_file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"row": row["row"], "error": str(error)}) + "\n")
                continue
            kept.append(row)
            clips += row_clips
            images += row_images
        pad, pad_id = partial(pad_sequence, batch_first=True), self.processor.tokenizer.pad_token_id
        # A batch that lost all its rows still takes its step, with nothing to learn.
        kept = kept or [{"input_ids": [pad_id], "labels": [IGNORED]}]
        ids, labels = ([torch.tensor(row[key]) for row in kept] for key in ("input_ids", "labels"))
        batch = {"input_ids": pad(ids, padding_value=pad_id), "labels": pad(labels, padding_value=IGNORED)}
        batch["attention_mask"] = pad([torch.ones_like(row) for row in ids])
        if clips:
            batch["pixel_values_videos"] = pad(clips)
            if len({len(clip) for clip in clips}) > 1:
                batch["video_num_frames"] = torch.tensor([len(clip) for clip in clips])
        if images:
            batch["pixel_values"] = torch.stack(images)
        return batch


class RunGuard(TrainerCallback):
    """Stops a run that skips too many rows and marks checkpoints that were written to the end."""

    def __init__(self, skipped_file: Path, max_skipped_share: float, num_rows: int):
        self.skipped_file, self.limit, self.num_rows = skipped_file, max_skipped_share, num_rows

    def skipped(self) -> dict[str, str]:
        """Return the rows left out so far and why."""
        lines = self.skipped_file.read_text(encoding="utf-8").splitlines() if self.skipped_file.exists() else []
        return {line["row"]: line["error"] for line in map(json.loads, lines)}

    def on_step_end(self, args, state, control, **kwargs) -> None:
        """Count the skipped rows."""
        skipped = self.skipped()
        if len(skipped) > self.limit * self.num_rows:
            message = f"{len(skipped)} of {self.num_rows} rows cannot be read, max_skipped_share is {self.limit}. "
            raise RuntimeError(f"{message}{self.skipped_file} lists them, such as {list(skipped.values())[-1]}")

    def on_save(self, args, state, control, **kwargs) -> None:
        """Mark the checkpoint just written as complete."""
        if state.is_world_process_zero:
            (Path(args.output_dir) / f"checkpoint-{state.global_step}" / COMPLETE).touch()


class GPT4VideoTrainer(SFTTrainer):
    """TRL's trainer, except that parts with nothing to train stay in evaluation mode."""

    def compute_loss(self, model: nn.Module, inputs: dict, *args: Any, **kwargs: Any) -> Any:
        """Compute TRL's loss with frozen parts free of dropout: a clip always gives the same features."""
        for name, module in model.named_modules():
            if name.endswith(PARTS) and not any(parameter.requires_grad for parameter in module.parameters()):
                module.eval()
        return super().compute_loss(model, inputs, *args, **kwargs)


def part_of(name: str) -> str:
    """Name the part that a parameter belongs to; the head counts to the language model."""
    return next((part for part in PARTS if f".{part}." in name), "language_model")


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


def fingerprint(model: nn.Module) -> dict[str, str]:
    """Hash the bytes of every parameter."""
    tensors = {name: parameter.detach().cpu().reshape(-1) for name, parameter in model.named_parameters()}
    return {name: hashlib.blake2b(row.view(torch.uint8).numpy()).hexdigest() for name, row in tensors.items()}


def check_changes(model: nn.Module, before: dict[str, str]) -> dict[str, list[str]]:
    """Name the parameters that were to train but are `unchanged`, and the frozen ones that `moved`."""
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    changed = {name for name, value in fingerprint(model).items() if value != before[name]}
    return {"unchanged": sorted(trained - changed), "moved": sorted(changed - trained)}


def last_complete_checkpoint(output_dir: Path) -> str | None:
    """Find the newest checkpoint that was written to the end."""
    checkpoints = [path.parent for path in output_dir.glob(f"checkpoint-*/{COMPLETE}")]
    return str(max(checkpoints, key=lambda path: int(path.name.split("-")[1]))) if checkpoints else None


def main(script_args: ScriptArguments, training_args: TrainingConfig, tuning_args: TuningArguments) -> dict:
    """Train, save and check; return the report, which also lies in `report.json` in the output folder."""
    output_dir = Path(training_args.output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    name, trust = script_args.model_name_or_path, training_args.trust_remote_code
    processor = AutoProcessor.from_pretrained(name, trust_remote_code=trust)
    settings = {"processor": processor, "max_length": training_args.max_length, "loss_on": script_args.loss_on}
    probabilities, settings["max_rows"] = script_args.dataset_probabilities, script_args.max_rows
    rows, counts = load_mixture(script_args.datasets, probabilities, training_args.seed, **settings)
    eval_rows = load_mixture(script_args.eval_datasets, None, 0, **settings)[0] if script_args.eval_datasets else None
    guard = RunGuard(output_dir / "skipped_rows.jsonl", script_args.max_skipped_share, len(rows))
    trainer = GPT4VideoTrainer(
        model=load_model(name, training_args, tuning_args.train),
        args=training_args,
        data_collator=ClipCollator(processor, guard.skipped_file),
        train_dataset=rows,
        eval_dataset=eval_rows,
        processing_class=processor,
        peft_config=make_lora_config(tuning_args) if tuning_args.lora_r else None,
        callbacks=[guard],
    )
    report = {"script": asdict(script_args), "tuning": asdict(tuning_args), "datasets": counts}
    report |= {"trained_parameters": Counter(), "frozen_parameters": Counter()}
    for key, parameter in trainer.model.named_parameters():
        kind = "trained_parameters" if parameter.requires_grad else "frozen_parameters"
        report[kind][part_of(key)] += parameter.numel()
    print(json.dumps(report, indent=2))
    write_report = (output_dir / "report.json").write_text
    write_report(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    before = fingerprint(trainer.model)
    result = trainer.train(resume_from_checkpoint=last_complete_checkpoint(output_dir))
    trainer.save_model()
    report |= {"metrics": result.metrics, "log": trainer.state.log_history, "skipped": guard.skipped()}
    report["changes"] = changes = check_changes(trainer.model, before)
    if trainer.is_world_process_zero():
        write_report(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if any(changes.values()):
        raise RuntimeError(f"The weights did not change as asked: {changes}; the run is saved in {output_dir}.")
    return report


if __name__ == "__main__":
    main(*TrlParser((ScriptArguments, TrainingConfig, TuningArguments)).parse_args_and_config())
