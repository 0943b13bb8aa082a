# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The adapter of an earlier stage as the base of the next one."""

import hashlib
import os
import shutil
from pathlib import Path

import torch
from peft import PeftConfig, PeftModel
from peft.utils import load_peft_weights
from transformers import AutoModelForImageTextToText, AutoProcessor
from transformers.utils.peft_utils import find_adapter_config_file

from gpt4video.lines_gpt4video import open_weights
from gpt4video.runs_gpt4video import RunError
from gpt4video.trainer_gpt4video import last_complete_checkpoint


MERGED = "merged_adapter"  # the file in a merged base that tells which adapter it was merged from


def fingerprint_of_adapter(adapter: str) -> str:
    """Hash the settings and the weights of an adapter, in a folder or on the Hub."""
    total = hashlib.blake2b(Path(find_adapter_config_file(adapter)).read_bytes(), digest_size=16)
    for name, tensor in sorted(load_peft_weights(adapter, device="cpu").items()):
        total.update(name.encode())
        total.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy())
    return total.hexdigest()


def merge_adapter(adapter: str, output: Path, trust: bool) -> str:
    """Merge a LoRA adapter into its base, once, and write a model that the next adapter can name as its own base.

    Raises `RunError` if something else lies at `output`, or a run that began with another adapter around it.
    """
    mark, merged = output / MERGED, fingerprint_of_adapter(adapter)
    if mark.exists() and mark.read_text(encoding="utf-8") == merged:
        return str(output)
    if output.exists() and (last_complete_checkpoint(output.parent) or not mark.exists()):
        raise RunError(f"{output} was not merged from {adapter} as it is now. Choose another output_dir.")
    base, unfinished = PeftConfig.from_pretrained(adapter).base_model_name_or_path, output.with_suffix(".partial")
    model = AutoModelForImageTextToText.from_pretrained(base, trust_remote_code=trust, dtype="float32")
    shutil.rmtree(unfinished, ignore_errors=True)
    PeftModel.from_pretrained(model, adapter).merge_and_unload().save_pretrained(unfinished)
    AutoProcessor.from_pretrained(base, trust_remote_code=trust).save_pretrained(unfinished)
    open_weights(*unfinished.glob("*.safetensors"))
    (unfinished / MERGED).write_text(merged, encoding="utf-8")
    shutil.rmtree(output, ignore_errors=True)
    os.replace(unfinished, output)
    return str(output)
