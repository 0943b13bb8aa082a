"""`train_sft.py`: labels, truncation, unreadable clips, what trains, resuming, arguments."""

import json
import os
import signal
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import PeftModel
from PIL import Image
from safetensors.torch import load_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForImageTextToText, AutoProcessor, PreTrainedTokenizerFast

from gpt4video import train_sft
from gpt4video.embedded import assemble
from gpt4video.embedded.clips import write_mp4


pytestmark = pytest.mark.filterwarnings("ignore")
ROOT = Path(__file__).resolve().parent.parent
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


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random GPT4Video with a tokenizer of bytes, as a folder that the Auto classes open."""
    folder = tmp_path_factory.mktemp("tiny")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: index for index, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = ["<s>", "</s>", "<pad>", "<unk>", "<|video|>", "<|image|>"]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in specials])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    ).save_pretrained(folder / "tokenizer")
    (folder / "eye").mkdir()
    patch = pytest.MonkeyPatch()
    patch.setattr(assemble, "VISION", VISION)
    patch.setattr(assemble, "ABSTRACTOR", ABSTRACTOR)
    patch.setattr(assemble, "TEXT", assemble.TEXT | TEXT | {"num_key_value_heads": 1})
    assemble.assemble(None, folder / "tokenizer", None, folder / "model")
    patch.undo()
    return folder / "model"


@pytest.fixture(scope="module")
def processor(checkpoint: Path):
    return AutoProcessor.from_pretrained(checkpoint, trust_remote_code=True)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two clips and six rows: one clip, two clips, text alone; `rows.jsonl` is in the folder."""
    rng = np.random.default_rng(0)
    for name in ("a.mp4", "b.mp4"):
        write_mp4(rng.integers(0, 255, (9, 32, 32, 3), dtype=np.uint8), tmp_path / name, fps=8)
    write_rows(tmp_path, [clip_row(), two_clip_row(), text_row()] * 2)
    return tmp_path


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


def encode(row: dict, processor, folder: Path, max_length: int | None = None, loss_on: str = "assistant") -> dict:
    return train_sft.encode_row(
        {"text": json.dumps(row)}, 7, processor, str(folder / "rows.jsonl"), max_length, loss_on
    )


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
    parser = train_sft.TrlParser((train_sft.ScriptArguments, train_sft.TrainingConfig, train_sft.TuningArguments))
    return train_sft.main(*parser.parse_args_and_config(arguments(*args, **changes)))


def learned(row: dict, processor) -> list[str]:
    """The runs of labelled tokens, decoded."""
    runs, previous = [], train_sft.IGNORED
    for label in row["labels"]:
        if label != train_sft.IGNORED:
            runs = [*runs, [label]] if previous == train_sft.IGNORED else [*runs[:-1], [*runs[-1], label]]
        previous = label
    return [processor.tokenizer.decode(run) for run in runs]


def test_labels_are_exactly_the_answers(processor, data: Path) -> None:
    for make, answers in (
        (clip_row, [" A duck.</s>"]),
        (two_clip_row, [" A duck.</s>", " Two cows.</s>"]),
        (text_row, [" Hello.</s>"]),
    ):
        row = encode(make(), processor, data)
        assert learned(row, processor) == answers
        kept = [(token, label) for token, label in zip(row["input_ids"], row["labels"], strict=True) if label != -100]
        assert all(token == label for token, label in kept)


def test_ids_are_those_of_inference(processor, data: Path) -> None:
    conversation = [
        {**message, "content": [b | {"path": str(data / b["path"])} if "path" in b else b for b in message["content"]]}
        for message in two_clip_row()["messages"]
    ]
    expected = processor.apply_chat_template(conversation, tokenize=True, return_dict=True)["input_ids"]
    row = encode(two_clip_row(), processor, data)
    assert row["input_ids"] == torch.as_tensor(expected).flatten().tolist()
    assert row["videos"] == [str(data / name) for name in ("a.mp4", "b.mp4", "a.mp4")]
    assert row["input_ids"].count(processor.video_token_id) == 3 * 4


def test_loss_on_all_learns_every_word(processor, data: Path) -> None:
    row = encode(clip_row(), processor, data, loss_on="all")
    ignored = {token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label == -100}
    assert ignored == {processor.video_token_id}


def test_loss_on_all_leaves_out_what_the_original_does(checkpoint: Path, data: Path) -> None:
    processor = AutoProcessor.from_pretrained(checkpoint, trust_remote_code=True)
    processor.chat_template = (ROOT / "chat_templates" / "original.jinja").read_text(encoding="utf-8")
    row = encode(clip_row(), processor, data, loss_on="all")
    start = row["input_ids"].index(processor.tokenizer.bos_token_id)
    assert start == len("Human:") + 4
    assert row["labels"] == [-100] * start + row["input_ids"][start:]


def test_truncation_never_cuts_clips_or_whole_answers(processor, data: Path) -> None:
    whole = encode(two_clip_row(), processor, data)
    last_clip = max(at for at, token in enumerate(whole["input_ids"]) if token == processor.video_token_id)
    answers = [at for at, label in enumerate(whole["labels"]) if label != -100]
    short = encode(two_clip_row(), processor, data, max_length=last_clip + 1)
    assert short["dropped"] == "" and short["input_ids"] == whole["input_ids"][: last_clip + 1]
    assert encode(two_clip_row(), processor, data, max_length=last_clip)["dropped"] == "max_length would cut a clip"
    text = encode(text_row(), processor, data)
    first = next(at for at, label in enumerate(text["labels"]) if label != -100)
    assert encode(text_row(), processor, data, max_length=first)["dropped"] == "max_length would cut the whole answer"
    assert encode(text_row(), processor, data, max_length=first + 1)["dropped"] == ""
    assert encode({"messages": [turn("user", "Hi.")]}, processor, data)["dropped"] == "no answer"
    assert answers


def test_dropped_rows_are_counted(processor, data: Path) -> None:
    source = write_rows(data, [clip_row(), {"messages": [turn("user", "Hi.")]}, text_row()], "mixed.jsonl")
    rows, counts = train_sft.load_mixture(
        [str(source)], None, seed=0, max_rows=None, processor=processor, max_length=None, loss_on="assistant"
    )
    assert counts == {str(source): {"rows": 3, "dropped": {"no answer": 1}}}
    assert [row["row"].rpartition(":")[2] for row in rows] == ["0", "2"]


def test_broken_rows_are_named(processor, data: Path) -> None:
    with pytest.raises(ValueError, match=r"rows.jsonl, row 7 is not a conversation: KeyError: 'messages'"):
        encode({"prompt": "Hi."}, processor, data)
    with pytest.raises(ValueError, match="row 7 is not a conversation.*needs a path or url"):
        encode({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, processor, data)


def test_collator_pads_right_and_skips_unreadable_clips(processor, data: Path) -> None:
    rows = [encode(row, processor, data) for row in (clip_row(), text_row(), clip_row("missing.mp4"), two_clip_row())]
    collator = train_sft.ClipCollator(processor, data / "skipped.jsonl")
    batch = collator(rows)
    assert batch["pixel_values_videos"].shape == (4, 8, 3, 16, 16)
    for at, row in enumerate((rows[0], rows[1], rows[3])):
        length = row["length"]
        assert batch["input_ids"][at, :length].tolist() == row["input_ids"]
        assert batch["labels"][at, :length].tolist() == row["labels"]
        assert batch["attention_mask"][at].tolist() == [1] * length + [0] * (batch["labels"].shape[1] - length)
        assert (batch["labels"][at, length:] == -100).all()
    (skipped,) = (json.loads(line) for line in (data / "skipped.jsonl").read_text().splitlines())
    assert skipped["row"].endswith(":7") and "missing.mp4" in skipped["error"]
    assert (collator([rows[2]])["labels"] == -100).all()


def test_images_are_read_too(processor, data: Path) -> None:
    Image.new("RGB", (20, 30), "red").save(data / "a.png")
    content = [{"type": "image", "path": "a.png"}, {"type": "video", "path": "a.mp4"}, {"type": "text", "text": "?"}]
    row = encode({"messages": [{"role": "user", "content": content}, turn("assistant", "Red.")]}, processor, data)
    missing = encode({"messages": [turn("user", "?"), turn("assistant", "Red.")]}, processor, data)
    missing["images"] = [str(data / "b.png")]
    batch = train_sft.ClipCollator(processor, data / "skipped.jsonl")([row, missing])
    assert batch["pixel_values"].shape == (1, 3, 16, 16) and batch["pixel_values_videos"].shape == (1, 8, 3, 16, 16)
    assert batch["input_ids"].tolist() == [row["input_ids"]]
    assert "b.png" in (data / "skipped.jsonl").read_text()


def test_too_many_unreadable_clips_stop_the_run(checkpoint: Path, data: Path) -> None:
    write_rows(data, [clip_row(), clip_row("missing.mp4")])
    with pytest.raises(RuntimeError, match=r"1 of 2 rows cannot be read, max_skipped_share is 0.4.*missing.mp4"):
        run(checkpoint, data, data / "out", max_skipped_share=0.4)
    report = run(checkpoint, data, data / "out2", max_skipped_share=0.6)
    assert len(report["skipped"]) == 1


@pytest.mark.parametrize("train", [["multi_modal_projector", "language_model"], ["vision_tower", "abstractor"]])
def test_only_expected_parameters_train(checkpoint: Path, data: Path, train: list[str]) -> None:
    report = run(checkpoint, data, data / "out", train=train)
    assert report["changes"] == {"unchanged": [], "moved": []}
    assert set(report["trained_parameters"]) == set(train)
    before, after = (load_file(folder / "model.safetensors") for folder in (checkpoint, data / "out"))
    assert before.keys() == after.keys()
    for name in before:
        assert torch.equal(before[name], after[name]) != (train_sft.part_of(name) in train), name
    losses = [entry["loss"] for entry in report["log"] if "loss" in entry]
    assert len(losses) == 3 and len(set(losses)) == 3
    for door in (AutoModelForImageTextToText, AutoProcessor):
        door.from_pretrained(data / "out", trust_remote_code=True)


def test_parameters_that_cannot_learn_are_an_error(checkpoint: Path, data: Path) -> None:
    write_rows(data, [text_row()] * 4)
    with pytest.raises(RuntimeError, match="unchanged.*multi_modal_projector"):
        run(checkpoint, data, data / "out", train=["multi_modal_projector", "language_model"])


def test_lora_adapter_reloads_and_changes_logits(checkpoint: Path, data: Path) -> None:
    train = ["language_model", "multi_modal_projector"]
    report = run(checkpoint, data, data / "out", lora_r=2, lora_dropout=0.0, train=train)
    assert report["changes"] == {"unchanged": [], "moved": []}
    # 2 layers, q_proj 24 -> 24 and v_proj 24 -> 12, rank 2
    assert report["trained_parameters"]["language_model"] == 2 * 2 * (24 + 24 + 24 + 12)
    processor = AutoProcessor.from_pretrained(checkpoint, trust_remote_code=True)
    batch = train_sft.ClipCollator(processor, data / "skipped")([encode(clip_row(), processor, data)])
    base = AutoModelForImageTextToText.from_pretrained(checkpoint, trust_remote_code=True).eval()
    adapted = AutoModelForImageTextToText.from_pretrained(data / "out", trust_remote_code=True).eval()
    merged = PeftModel.from_pretrained(deepcopy(base), data / "out").merge_and_unload()
    with torch.no_grad():
        logits = [model(**batch).logits for model in (base, adapted, merged)]
    assert (logits[1] - logits[0]).abs().max() > 1e-2
    torch.testing.assert_close(logits[2], logits[1], rtol=0, atol=1e-5)


def test_frozen_parts_are_free_of_dropout(checkpoint: Path, data: Path) -> None:
    losses = []
    for seed in (1, 2):
        write_rows(data, [clip_row()])
        report = run(
            checkpoint, data, data / f"out{seed}", seed=seed, max_steps=1, per_device_train_batch_size=1,
            train=["language_model"],
        )  # fmt: skip
        losses.append([entry["loss"] for entry in report["log"] if "loss" in entry])
    assert losses[0] == losses[1]


def test_resuming_gives_the_same_weights(checkpoint: Path, data: Path) -> None:
    changes = {"train": ["abstractor", "language_model"], "max_steps": 6, "save_steps": 2}
    run(checkpoint, data, data / "straight", **changes)
    run(checkpoint, data, data / "resumed", **changes)
    for name in ("checkpoint-6", "model.safetensors"):
        target = data / "resumed" / name
        target.unlink() if target.is_file() else (target / train_sft.COMPLETE).unlink()
    # A checkpoint without its mark was being written when the run died: it does not count, whatever it holds.
    (data / "resumed" / "checkpoint-6" / "model.safetensors").write_bytes(b"half")
    assert train_sft.last_complete_checkpoint(data / "resumed").endswith("checkpoint-4")
    run(checkpoint, data, data / "resumed", **changes)
    straight, resumed = (load_file(data / name / "model.safetensors") for name in ("straight", "resumed"))
    assert all(torch.equal(straight[name], resumed[name]) for name in straight)


@pytest.mark.slow
def test_killed_run_ends_with_the_same_weights(checkpoint: Path, data: Path) -> None:
    changes = {"train": "language_model", "max_steps": 40, "save_steps": 3}
    for name, kills in (("straight", 0), ("killed", 3)):
        command = [sys.executable, ROOT / "train_sft.py", *arguments(checkpoint, data, data / name, **changes)]
        for kill in range(kills):
            with subprocess.Popen(command, env=os.environ, start_new_session=True) as process:
                while process.poll() is None and len(list((data / name).glob("checkpoint-*"))) <= min(kill, 1):
                    time.sleep(0.02)
                time.sleep(0.3)
                process.send_signal(signal.SIGKILL)
        subprocess.run(command, check=True, env=os.environ)
    straight, killed = (load_file(data / name / "model.safetensors") for name in ("straight", "killed"))
    assert all(torch.equal(straight[name], killed[name]) for name in straight)


def test_unknown_keys_are_errors(checkpoint: Path, data: Path) -> None:
    parser = train_sft.TrlParser((train_sft.ScriptArguments, train_sft.TrainingConfig, train_sft.TuningArguments))
    recipe = data / "recipe.yaml"
    recipe.write_text("model_name_or_path: x\ndatasets: [y]\nclips_per_second: 1\n")
    with pytest.raises(ValueError, match="clips_per_second"):
        parser.parse_args_and_config(["--config", str(recipe), "--output_dir", str(data)])
    with pytest.raises(ValueError, match="clips_per_second"):
        parser.parse_args_and_config(arguments(checkpoint, data, data / "out", clips_per_second=1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": ["eyes"]}, "train must name some of"),
        ({"train": ["abstractor"], "lora_r": 4}, "leaves out language_model"),
        ({"packing": True}, "packing cannot be set"),
        ({"remove_unused_columns": True}, "remove_unused_columns cannot be set"),
        ({"save_total_limit": 1}, "save_total_limit is 1"),
    ],
)
def test_contradicting_arguments_are_errors(checkpoint: Path, data: Path, change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(checkpoint, data, data / "out", **change)


@pytest.mark.parametrize("recipe", sorted((ROOT / "recipes").glob("*.yaml")), ids=lambda path: path.stem)
def test_recipes_parse(recipe: Path, tmp_path: Path) -> None:
    parser = train_sft.TrlParser((train_sft.ScriptArguments, train_sft.TrainingConfig, train_sft.TuningArguments))
    _, training_args, _ = parser.parse_args_and_config(["--config", str(recipe), "--output_dir", str(tmp_path)])
    assert training_args.trust_remote_code and not training_args.bf16 and not training_args.gradient_checkpointing
