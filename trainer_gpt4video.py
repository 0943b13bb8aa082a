# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""TRL's trainer for clips, and the guard that watches over a run: skipped rows, complete checkpoints, streams."""

import math
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from datasets import Dataset, IterableDataset
from safetensors import SafetensorError
from torch import nn
from torch.distributed.tensor import DTensor
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, Sampler
from transformers import TrainerCallback, TrainerState, TrainingArguments
from transformers.trainer_pt_utils import LengthGroupedSampler
from trl import SFTTrainer

from gpt4video.features_gpt4video import PARTS, ClipCollator
from gpt4video.lines_gpt4video import open_weights, read_lines, write_text
from gpt4video.report_gpt4video import write_card
from gpt4video.runs_gpt4video import RunError
from gpt4video.skipped_gpt4video import FEW_ROWS, skipped_rows, too_many


COMPLETE = "complete"  # the file that is written last into a checkpoint; it holds the updates so far
SKIPPED_IN_EVALUATION = "skipped_eval_rows.jsonl"
# What errors of torch.save name on a full disk.
WRITER = ("PytorchStreamWriter", "inline_container", "iostream")


class RunGuard(TrainerCallback):
    """Stops a run that skips too many rows and marks checkpoints that were written to the end.

    Args:
        skipped_file (`Path`): Where skipped rows are written down.
        max_skipped_share (`float`): Share of the rows asked for, 0 to 1, that may be skipped.
        num_rows (`float`): Rows that there are; infinite for streams.
        collator (`ClipCollator`): Reads the clips.
    """

    def __init__(self, skipped_file: Path, max_skipped_share: float, num_rows: float, collator: ClipCollator):
        self.skipped_file, self.limit, self.num_rows = skipped_file, max_skipped_share, num_rows
        self.collator, self.resumed_at, self.sampler, self.seen_size = collator, 0, None, 0
        self.num_updates = 0  # with a learning rate above 0

    def start(self, checkpoint: str | None) -> None:
        """Go on from a checkpoint, if there is one; rows skipped before it stop nobody who mended them."""
        if checkpoint:
            self.num_updates = updates_of(checkpoint)
        PartialState().wait_for_everyone()
        self.seen_size = self.skipped_file.stat().st_size if self.skipped_file.exists() else 0

    def skipped(self) -> dict[str, str]:
        """Return the rows that could not be read so far and why."""
        return skipped_rows(self.skipped_file)

    def dropped(self) -> dict[str, int]:
        """Count the rows of a stream that were dropped so far for what they are, by the reason."""
        found = {line["row"]: line["dropped"] for line in read_lines(self.skipped_file) if "dropped" in line}
        return dict(Counter(found.values()))

    def on_epoch_begin(self, args, state, control, **kwargs) -> None:
        """Order the rows of the epoch; let a resumed stream pass over what was learned from, in its first epoch."""
        if self.sampler is not None:
            self.sampler.epoch = int((state.epoch or 0) + 1e-6)
        self.collator.num_calls, self.collator.skip_batches, self.resumed_at = 0, self.resumed_at, 0

    def on_optimizer_step(self, args, state, control, optimizer, **kwargs) -> None:
        """Count the updates that can move weights."""
        self.num_updates += any(group["lr"] > 0 for group in optimizer.param_groups)

    def on_step_end(self, args, state, control, **kwargs) -> None:
        """Count the skipped rows, if there are new ones."""
        size = self.skipped_file.stat().st_size if self.skipped_file.exists() else 0
        if size != self.seen_size:
            self.seen_size = size
            for fault in self.faults(args, state, at_least=FEW_ROWS):
                raise RunError(fault)

    def faults(self, args: TrainingArguments, state: TrainerState, at_least: int = 0) -> list[str]:
        """Say whether too many of the rows asked for so far were skipped; a row drawn twice is one row."""
        batches = state.global_step * args.gradient_accumulation_steps
        ahead = 1 + args.dataloader_num_workers * (args.dataloader_prefetch_factor or 2)
        asked = (batches + ahead) * args.train_batch_size * args.world_size
        rows, skipped = min(self.num_rows, max(asked, at_least)), self.skipped()
        if not too_many(len(skipped), rows, self.limit):
            return []
        message = f"{len(skipped)} of {rows} rows cannot be read, max_skipped_share is {self.limit}. "
        return [f"{message}{self.skipped_file} lists them, such as {list(skipped.values())[-1]}"]

    def on_save(self, args, state, control, **kwargs) -> None:
        """Mark the checkpoint just written as complete."""
        PartialState().wait_for_everyone()
        if state.is_world_process_zero:
            write_text(Path(args.output_dir) / f"checkpoint-{state.global_step}" / COMPLETE, str(self.num_updates))


class EpochLengthSampler(LengthGroupedSampler):
    """Groups rows by length in an order that is a function of seed and epoch, whatever was drawn before."""

    def __init__(self, *args: Any, seed: int, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.seed, self.epoch = seed, 0

    def __iter__(self) -> Iterator[int]:
        self.generator = torch.Generator().manual_seed(self.seed + self.epoch)
        return super().__iter__()


class GPT4VideoTrainer(SFTTrainer):
    """TRL's trainer for clips: frozen parts stay in evaluation mode, curves and the card tell about the run.

    Args:
        report (`dict`): What the card of the run says.
        epoch_decay (`float`, *optional*): Factor of the learning rate from epoch to epoch.
        guard (`RunGuard`): Counts the skipped rows.
    """

    def __init__(self, *args: Any, report: dict, epoch_decay: float | None, guard: RunGuard, **kwargs: Any):
        self.report, self.epoch_decay, self.guard = report, epoch_decay, guard
        self.last_log, self.empty_steps = (time.monotonic(), 0), 0
        collator = guard.collator
        eval_file = collator.skipped_file.with_name(SKIPPED_IN_EVALUATION)
        self.eval_collator = ClipCollator(collator.processor, eval_file, collator.cache)
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
        args, decay = self.args, self.epoch_decay
        rows_per_step = args.train_batch_size * args.gradient_accumulation_steps * args.world_size
        steps_per_epoch = math.ceil(len(self.train_dataset) / rows_per_step)
        self.lr_scheduler = LambdaLR(optimizer or self.optimizer, lambda step: decay ** (step // steps_per_epoch))
        return self.lr_scheduler

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> Sampler | None:
        if self.args.train_sampling_strategy != "group_by_length" or isinstance(self.train_dataset, IterableDataset):
            return super()._get_train_sampler(train_dataset)
        batch_size = self.args.train_batch_size * self.args.gradient_accumulation_steps
        rows = self.train_dataset
        self.guard.sampler = EpochLengthSampler(batch_size, rows, lengths=rows["length"][:], seed=self.args.seed)
        return self.guard.sampler

    def get_eval_dataloader(self, eval_dataset: Dataset | None = None) -> DataLoader:
        """Read the rows of the evaluation with a collator of their own, which passes over nothing."""
        train_collator, self.data_collator = self.data_collator, self.eval_collator
        try:
            return super().get_eval_dataloader(eval_dataset)
        finally:
            self.data_collator = train_collator

    def get_batch_samples(self, *args: Any, **kwargs: Any) -> tuple[list, torch.Tensor | int | None]:
        """Take the batches of a step, and count the steps that lost all their rows."""
        batches, num_tokens = super().get_batch_samples(*args, **kwargs)
        if num_tokens is not None:
            self.empty_steps += (torch.as_tensor(num_tokens).sum() == 0).long()
        return batches, num_tokens

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add rows per second since the last entry, and the rows skipped so far, to the entries of the loss.

        The loss is the mean of the steps that learned something; without any the entry has none.
        """
        if "loss" in logs:
            now, step = time.monotonic(), self.state.global_step
            args = self.args
            batch_size = args.per_device_train_batch_size * args.gradient_accumulation_steps * args.world_size
            steps = step - max(self.last_log[1], self._initial_global_step)
            rate = steps * batch_size / (now - self.last_log[0])
            logs |= {"rows_per_second": rate, "skipped_rows": len(self.guard.skipped())}
            learned = steps - int(self.empty_steps)
            if learned:
                logs["loss"] *= steps / learned
            else:
                del logs["loss"]
            self.last_log, self.empty_steps = (now, step), 0
        super().log(logs, start_time)

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Write what the run was into its card, in place of TRL's."""
        if self.is_world_process_zero():
            write_card(Path(self.args.output_dir), self.report)

    def _save(self, output_dir: str | None = None, state_dict: dict | None = None) -> None:
        # What is still spread over the processes is gathered by all of them, before one writes; of tied weights one.
        if any(isinstance(tensor, DTensor) for tensor in (state_dict or {}).values()):
            tied = getattr(self.model, "all_tied_weights_keys", {})
            state_dict = {
                name: tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
                for name, tensor in state_dict.items()
                if name not in tied
            }
        super()._save(output_dir, state_dict)
        open_weights(*Path(output_dir or self.args.output_dir).glob("*.safetensors"))

    def _save_checkpoint(self, *args: Any, **kwargs: Any) -> None:
        try:
            super()._save_checkpoint(*args, **kwargs)
        except (OSError, RuntimeError, SafetensorError) as error:
            # torch.save tells of a full disk by a RuntimeError of its writer; others are no matter of the disk.
            if isinstance(error, RuntimeError) and not any(part in str(error) for part in WRITER):
                raise
            place, last = self.args.output_dir, last_complete_checkpoint(Path(self.args.output_dir))
            raise RunError(
                f"The checkpoint of step {self.state.global_step} cannot be written in {place}: {error}. Make room "
                f"there and give the same command again; the run goes on from {last or 'its beginning'}."
            ) from error


def updates_of(checkpoint: str) -> int:
    """Read how many updates a complete checkpoint has seen. Raises `RunError` if it does not say so."""
    text = (Path(checkpoint) / COMPLETE).read_text(encoding="utf-8").strip()
    if not text.isdecimal():
        raise RunError(
            f"{checkpoint} was written by an older version, which kept no number of updates in {COMPLETE}, so that "
            "no run can go on from it. Delete it, or choose another output_dir."
        )
    return int(text)


def forget_skipped(skipped_file: Path) -> None:
    """Forget the rows that an earlier run skipped, in training and in evaluation."""
    skipped_file.unlink(missing_ok=True)
    skipped_file.with_name(SKIPPED_IN_EVALUATION).unlink(missing_ok=True)


def last_complete_checkpoint(output_dir: Path) -> str | None:
    """Find the newest checkpoint that was written to the end."""
    checkpoints = [path.parent for path in output_dir.glob(f"checkpoint-*/{COMPLETE}")]
    return str(max(checkpoints, key=lambda path: int(path.name.split("-")[1]))) if checkpoints else None
