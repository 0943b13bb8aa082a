"""The tiny trainable checkpoint, rows and clips that the tests of training share."""

import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from gpt4video import train_sft
from gpt4video.data_gpt4video import DataSource, Encoder
from gpt4video.embedded import assemble
from gpt4video.embedded.clips import write_mp4


VISION = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 16,
    "patch_size": 8,
    "temporal_hidden_size": 12,
}
ABSTRACTOR = {
    "hidden_size": 32,
    "intermediate_size": 40,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_query_tokens": 3,
    "attention_dropout": 0.1,
    "frame_position_embedding": "sinusoidal",
}
TEXT = {"hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 2}


def write_checkpoint(folder: Path) -> Path:
    """Write the checkpoint; its tokens are bytes."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: index for index, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = ["<s>", "</s>", "<pad>", "<unk>", "<|video|>", "<|image|>"]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in specials])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    ).save_pretrained(folder / "tokenizer")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assemble, "VISION", VISION)
        patch.setattr(assemble, "ABSTRACTOR", ABSTRACTOR)
        patch.setattr(assemble, "TEXT", assemble.TEXT | TEXT | {"num_key_value_heads": 1})
        assemble.assemble(None, folder / "tokenizer", None, folder / "model")
    return folder / "model"


def write_clips(folder: Path) -> None:
    """Write `a.mp4` and `b.mp4`, noise of nine frames."""
    rng = np.random.default_rng(0)
    for name in ("a.mp4", "b.mp4"):
        write_mp4(rng.integers(0, 255, (9, 32, 32, 3), dtype=np.uint8), folder / name, fps=8)


def write_rows(folder: Path, rows: list[dict], name: str = "rows.jsonl") -> Path:
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder / name


def turn(role: str, text: str, *clips: str) -> dict:
    media = [{"type": "video", "path": clip} for clip in clips]
    return {"role": role, "content": [*media, {"type": "text", "text": text}]}


def clip_row(clip: str = "a.mp4", answer: str = "A duck.") -> dict:
    return {"messages": [turn("user", "What is it?", clip), turn("assistant", answer)]}


def two_clip_row() -> dict:
    first = [turn("user", "What is it?", "a.mp4"), turn("assistant", "A duck.")]
    return {"messages": [*first, turn("user", "And this?", "b.mp4", "a.mp4"), turn("assistant", "Two cows.")]}


def text_row() -> dict:
    return {"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]}


def encode(
    row: dict, processor, folder: Path, max_length: int | None = None, loss_on: str = "assistant", **source
) -> dict:
    """Encode row 7 of a dataset in a folder."""
    encoder = Encoder(processor, max_length, loss_on)
    return encoder(row, 7, DataSource(str(folder / "rows.jsonl"), **source), is_json=False)


def arguments(checkpoint: Path, data: Path, output: Path, **changes) -> list[str]:
    """The command line of a run of three steps; a value of None leaves an argument out."""
    values = {
        "model_name_or_path": checkpoint,
        "datasets": data / "rows.jsonl",
        "output_dir": output,
        "trust_remote_code": True,
        "max_steps": 3,
        "per_device_train_batch_size": 2,
        "learning_rate": 1e-2,
        "logging_steps": 1,
        "save_steps": 100,
        "disable_tqdm": True,
        "use_cpu": True,
    } | changes
    flags = []
    for name, value in values.items():
        flags += [] if value is None else [f"--{name}", *map(str, value if isinstance(value, list) else [value])]
    return flags


def run(*args, **changes) -> dict:
    """Train in this process; return the report."""
    parser = train_sft.TrlParser((train_sft.ScriptArguments, train_sft.TrainingConfig, train_sft.TuningArguments))
    return train_sft.main(*parser.parse_args_and_config(arguments(*args, **changes)))
