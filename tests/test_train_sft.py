"""`train_sft.py`: what trains, unreadable clips, resuming, arguments, the report of a run."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from copy import deepcopy
from functools import partial
from pathlib import Path

import pytest
import torch
import yaml
from hub_server import HubServer
from peft import PeftConfig, PeftModel
from safetensors.torch import load_file
from training_files import arguments, clip_row, encode, run, text_row, turn, write_rows
from transformers import AutoModelForImageTextToText, AutoProcessor

from gpt4video import adapters_gpt4video, train_sft, trainer_gpt4video
from gpt4video.features_gpt4video import ClipCollator, MediaReader, part_of
from gpt4video.runs_gpt4video import RunError
from gpt4video.skipped_gpt4video import note_skipped


pytestmark = pytest.mark.filterwarnings("ignore")
ROOT = Path(__file__).resolve().parent.parent


def test_launched_processes_that_do_not_meet_are_an_error(
    checkpoint: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A GPU was promised, but accelerate finds none.
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda **kwargs: torch.device("cuda"))
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RunError, match="2 processes were launched, but this one is alone"):
        run(checkpoint, data, data / "out", use_cpu=None)


@pytest.mark.parametrize("name", [None, "cuda"])
def test_cpu_is_chosen_where_there_is_no_accelerator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    class SeenError(Exception):  # before the processes look for each other
        pass

    def stop(self) -> None:
        raise SeenError(self.use_cpu)

    found = name and torch.device(name)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda **kwargs: found)
    monkeypatch.setattr(train_sft.SFTConfig, "__post_init__", stop)
    with pytest.raises(SeenError) as seen:
        train_sft.TrainingConfig(output_dir=str(tmp_path))
    assert seen.value.args == (name is None,)


def test_too_many_unreadable_clips_stop_the_run(checkpoint: Path, data: Path) -> None:
    write_rows(data, [clip_row(), clip_row("missing.mp4"), clip_row("missing.mp4", "A cow.")])
    with pytest.raises(RuntimeError, match=r"2 of 3 rows cannot be read, max_skipped_share is 0.6.*missing.mp4"):
        run(checkpoint, data, data / "out", max_skipped_share=0.6)
    report = run(checkpoint, data, data / "out2", max_skipped_share=0.7)
    assert len(report["skipped"]) == 2
    shutil.copy(data / "a.mp4", data / "missing.mp4")
    report = run(checkpoint, data, data / "out", max_skipped_share=0.6)
    assert report["skipped"] == {}


@pytest.mark.parametrize("streaming", [False, True])
def test_the_skipped_share_is_of_the_rows_asked_for(checkpoint: Path, data: Path, streaming: bool) -> None:
    rows = [clip_row(answer=f"Duck {number}.") for number in range(300)]
    bad = [clip_row("missing.mp4", f"Cow {number}.") for number in range(3)]
    write_rows(data, bad + rows)
    changes = {"train_sampling_strategy": "sequential", "streaming": streaming, "max_skipped_share": 0.3}
    # 4 rows are asked for in two steps, and one batch is read ahead; 3 rows are less than a share of 0.3 of all 303.
    with pytest.raises(RunError, match="3 of 6 rows cannot be read, max_skipped_share is 0.3"):
        run(checkpoint, data, data / "out", max_steps=2, **changes)
    # Early rows alone do not stop a run that goes on to good ones.
    report = run(checkpoint, data, data / "long", max_steps=5, **changes)
    assert len(report["skipped"]) == 3


def test_one_bad_row_stops_a_run_only_if_none_may_be(checkpoint: Path, data: Path) -> None:
    write_rows(data, [clip_row("missing.mp4"), clip_row()])
    assert len(run(checkpoint, data, data / "out")["skipped"]) == 1
    with pytest.raises(RunError, match="1 of 2 rows cannot be read, max_skipped_share is 0"):
        run(checkpoint, data, data / "none", max_skipped_share=0.0)


def test_steps_with_nothing_to_learn_stay_out_of_the_loss(checkpoint: Path, data: Path) -> None:
    write_rows(data, [clip_row("missing.mp4"), clip_row("missing.mp4", "A cow."), clip_row(), text_row()])
    changes = {
        "train_sampling_strategy": "sequential",
        "max_skipped_share": 1.0,
        "max_steps": 2,
        "learning_rate": 1e-5,
    }
    alone, mean = (
        [entry for entry in run(checkpoint, data, data / f"{every}", logging_steps=every, **changes)["log"]]
        for every in (1, 2)
    )
    assert "loss" not in alone[0] and alone[0]["skipped_rows"] == 2 and alone[0]["rows_per_second"] > 0
    assert alone[1]["loss"] > 1
    assert mean[0]["loss"] == pytest.approx(alone[1]["loss"], rel=1e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss_on": "assistent"}, "loss_on is 'assistent'; it must be 'assistant' or 'all'"),
        ({"max_rows": -1}, "max_rows is -1"),
        ({"max_skipped_share": 1.5}, "max_skipped_share is 1.5; it must be 0 to 1"),
        ({"lora_dropout": 1.0}, "lora_dropout is 1.0"),
        ({"shuffle_buffer": 8}, "shuffle_buffer is for streaming"),
    ],
)
def test_wrong_values_of_a_recipe_are_named(checkpoint: Path, data: Path, changes: dict, message: str) -> None:
    recipe = {
        "model_name_or_path": str(checkpoint),
        "datasets": str(data / "rows.jsonl"),
        "output_dir": str(data / "o"),
    }
    parser = train_sft.TrlParser((train_sft.ScriptArguments, train_sft.TrainingConfig, train_sft.TuningArguments))
    path = data / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    script_args, _, _ = parser.parse_args_and_config(["--config", str(path)])
    assert [source.path for source in script_args.datasets] == [str(data / "rows.jsonl")]  # one is no list of letters
    path.write_text(yaml.safe_dump(recipe | changes))
    with pytest.raises(ValueError, match=message):
        parser.parse_args_and_config(["--config", str(path)])


def test_the_skipped_share_is_of_rows_and_not_of_draws(checkpoint: Path, data: Path) -> None:
    write_rows(data, [clip_row("missing.mp4"), clip_row("missing.mp4", "A cow.")])
    write_rows(data, [clip_row(answer=f"Duck {number}.") for number in range(8)], "many.jsonl")
    # The short dataset is drawn from eight times as often as it has rows.
    sources = [
        json.dumps({"path": str(data / name), "weight": weight})
        for name, weight in (("rows.jsonl", 8), ("many.jsonl", 1))
    ]
    with pytest.raises(RuntimeError, match="2 of 10 rows cannot be read, max_skipped_share is 0.19"):
        run(checkpoint, data, data / "out", datasets=sources, max_skipped_share=0.19, max_steps=10)


@pytest.mark.parametrize("train", [["multi_modal_projector", "language_model"], ["vision_tower", "abstractor"]])
def test_only_expected_parameters_train(checkpoint: Path, data: Path, train: list[str]) -> None:
    report = run(checkpoint, data, data / "out", train=train)
    assert report["changes"] == {"unchanged": [], "moved": []}
    assert set(report["trained"]) == set(train)
    before, after = (load_file(folder / "model.safetensors") for folder in (checkpoint, data / "out"))
    assert before.keys() == after.keys()
    for name in before:
        assert torch.equal(before[name], after[name]) != (part_of(name) in train), name
    losses = [entry["loss"] for entry in report["log"] if "loss" in entry]
    assert len(losses) == 3 and len(set(losses)) == 3
    for door in (AutoModelForImageTextToText, AutoProcessor):
        door.from_pretrained(data / "out", trust_remote_code=True)


def test_parameters_that_cannot_learn_are_an_error(checkpoint: Path, data: Path) -> None:
    write_rows(data, [text_row()] * 4)
    with pytest.raises(RuntimeError, match="unchanged.*multi_modal_projector"):
        run(checkpoint, data, data / "out", train=["multi_modal_projector", "language_model"])


def test_short_runs_are_not_judged_by_what_cannot_have_changed(checkpoint: Path, data: Path) -> None:
    changes = {"lora_r": 2, "max_steps": 2, "warmup_steps": 5, "save_steps": 1}
    report = run(checkpoint, data, data / "out", **changes)
    # The first step has a learning rate of 0, the second moves B alone.
    assert report["changes"]["moved"] == [] and all("lora_A" in name for name in report["changes"]["unchanged"])
    assert "fewer than 2 updates" in report["not_judged"]
    again = run(checkpoint, data, data / "out", **changes)  # it is told from the checkpoint
    assert again["changes"] == report["changes"] and "not_judged" in again
    longer = run(checkpoint, data, data / "longer", **changes | {"max_steps": 3})
    assert longer["changes"] == {"unchanged": [], "moved": []} and "not_judged" not in longer
    shutil.rmtree(data / "longer" / "checkpoint-3")
    resumed = run(checkpoint, data, data / "longer", **changes | {"max_steps": 3})
    assert resumed["changes"] == {"unchanged": [], "moved": []} and "not_judged" not in resumed


def test_rows_dropped_before_the_first_usable_one_are_counted(checkpoint: Path, data: Path) -> None:
    write_rows(data, [{"messages": [turn("user", "Hi.")]}, {"messages": None}, clip_row(), clip_row("b.mp4")])
    (data / "out").mkdir()
    note_skipped(data / "out" / "skipped_rows.jsonl", "of an earlier run:7", error="gone")
    report = run(checkpoint, data, data / "out", streaming=True)
    assert report["dropped"] == {"no answer": 1}
    assert [row.rpartition(":")[2] for row in report["skipped"]] == ["1"]


def test_a_checkpoint_of_an_older_version_is_named(checkpoint: Path, data: Path) -> None:
    (data / "out" / "checkpoint-3").mkdir(parents=True)
    (data / "out" / "checkpoint-3" / trainer_gpt4video.COMPLETE).touch()
    with pytest.raises(RunError, match="checkpoint-3 was written by an older version.* Delete it, or choose another"):
        run(checkpoint, data, data / "out")


def test_lora_adapter_reloads_and_changes_logits(checkpoint: Path, data: Path) -> None:
    train = ["language_model", "multi_modal_projector"]
    report = run(checkpoint, data, data / "out", lora_r=2, lora_dropout=0.0, train=train)
    assert report["changes"] == {"unchanged": [], "moved": []}
    # 2 layers, q_proj 24 -> 24 and v_proj 24 -> 12, rank 2
    assert report["trained"]["language_model"] == 2 * 2 * (24 + 24 + 24 + 12)
    processor = AutoProcessor.from_pretrained(checkpoint, trust_remote_code=True)
    batch = ClipCollator(processor, data / "skipped")([encode(clip_row(), processor, data)])
    base = AutoModelForImageTextToText.from_pretrained(checkpoint, trust_remote_code=True).eval()
    adapted = AutoModelForImageTextToText.from_pretrained(data / "out", trust_remote_code=True).eval()
    merged = PeftModel.from_pretrained(deepcopy(base), data / "out").merge_and_unload()
    with torch.no_grad():
        logits = [model(**batch).logits for model in (base, adapted, merged)]
    assert (logits[1] - logits[0]).abs().max() > 1e-2
    torch.testing.assert_close(logits[2], logits[1], rtol=0, atol=1e-5)


def test_the_next_stage_starts_from_the_merged_adapter(checkpoint: Path, data: Path) -> None:
    run(checkpoint, data, data / "first", lora_r=2)
    run(data / "first", data, data / "second", lora_r=3, seed=5)
    config = json.loads((data / "second" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(data / "second" / "base") and config["r"] == 3
    first, base = (
        AutoModelForImageTextToText.from_pretrained(folder, trust_remote_code=True).eval()
        for folder in (data / "first", data / "second" / "base")
    )
    processor = AutoProcessor.from_pretrained(data / "second", trust_remote_code=True)
    batch = ClipCollator(processor, data / "skipped")([encode(clip_row(), processor, data)])
    with torch.no_grad():
        torch.testing.assert_close(base(**batch).logits, first(**batch).logits, rtol=0, atol=1e-5)
    name = "model.language_model.layers.0.self_attn.q_proj.weight"
    merged, untouched = (load_file(place / "model.safetensors") for place in (data / "second" / "base", checkpoint))
    assert not torch.equal(merged[name], untouched[name])


def test_a_merged_base_is_that_of_the_adapter_as_it_is_now(
    checkpoint: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def merge() -> torch.Tensor:
        base = adapters_gpt4video.merge_adapter(str(data / "first"), data / "second" / "base", trust=True)
        weights = load_file(Path(base) / "model.safetensors")
        return weights["model.language_model.layers.0.self_attn.q_proj.weight"].clone()

    run(checkpoint, data, data / "first", lora_r=2)
    before = merge()
    shutil.rmtree(data / "first")
    run(checkpoint, data, data / "first", lora_r=2, seed=5)
    with monkeypatch.context() as patch:
        interrupt = partial(signal.raise_signal, signal.SIGINT)
        patch.setattr(adapters_gpt4video.AutoProcessor, "from_pretrained", lambda *_, **__: interrupt())
        with pytest.raises(KeyboardInterrupt):
            merge()
    (data / "second" / "base.partial" / "model-of-a-killed-merge.safetensors").write_bytes(b"half")
    after = merge()
    assert (after - before).abs().max() > 1e-3
    assert not list((data / "second").rglob("*killed*"))
    with monkeypatch.context() as patch:
        patch.setattr(PeftModel, "from_pretrained", None)  # the second time it is not merged again
        assert torch.equal(merge(), after)
    config = data / "first" / "adapter_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"lora_alpha": 7}))
    (data / "second" / "checkpoint-3").mkdir()
    (data / "second" / "checkpoint-3" / trainer_gpt4video.COMPLETE).touch()
    with pytest.raises(RunError, match="base was not merged from .*first as it is now"):
        merge()
    shutil.rmtree(data / "second" / "checkpoint-3")
    (data / "second" / "base" / adapters_gpt4video.MERGED).unlink()  # it may be a folder of the user's
    with pytest.raises(RunError, match="base was not merged from .*first as it is now"):
        merge()
    assert (data / "second" / "base" / "model.safetensors").exists()


def test_an_adapter_opens_from_any_folder(checkpoint: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkpoint)
    run(Path("."), data, data / "first", lora_r=2)
    monkeypatch.chdir(data)
    AutoModelForImageTextToText.from_pretrained("first", trust_remote_code=True)
    run(Path("first"), data, Path("second"), lora_r=3)
    bases = [PeftConfig.from_pretrained(name).base_model_name_or_path for name in ("first", "second")]
    assert bases == [str(checkpoint), str(data / "second" / "base")]


def test_an_adapter_of_a_local_base_is_not_pushed(
    checkpoint: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"lora_r": 2, "push_to_hub": True, "hub_model_id": "acme/run"}
    with pytest.raises(RunError, match=r"model is a folder. Push that base first .* Hub id .* whole weights"):
        run(checkpoint, data, data / "pushed", **changes)
    (data / "adapter").mkdir()
    (data / "adapter" / "adapter_config.json").write_text("{}")
    with pytest.raises(RunError, match="adapter is an adapter, merged into its base here"):
        run(data / "adapter", data, data / "pushed", **changes)
    assert not (data / "pushed").exists()
    monkeypatch.setattr(train_sft, "find_adapter_config_file", lambda name: None)
    with pytest.raises(OSError, match="couldn't find them in the cached files"):  # the Hub is asked for its processor
        run("acme/base", data, data / "pushed", **changes)


def test_weights_have_the_mode_of_the_umask(checkpoint: Path, data: Path) -> None:
    modes = {(checkpoint / name).stat().st_mode for name in ("model.safetensors", "config.json")}
    assert len(modes) == 1
    before = os.umask(0o026)
    try:
        run(checkpoint, data, data / "first", lora_r=2)
        run(data / "first", data, data / "second", feature_cache=data / "cache", save_steps=2)
    finally:
        os.umask(before)
    weights = list(data.rglob("*.safetensors"))
    places = {path.parent.relative_to(data).as_posix() for path in weights}
    runs = {"first", "first/checkpoint-3", "second", "second/checkpoint-2", "second/checkpoint-3"}
    assert places == runs | {"second/base", "cache"}
    assert {oct(path.stat().st_mode) for path in weights} == {"0o100640"}


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
        target.unlink() if target.is_file() else (target / trainer_gpt4video.COMPLETE).unlink()
    # A checkpoint without its mark was being written when the run died: it does not count, whatever it holds.
    (data / "resumed" / "checkpoint-6" / "model.safetensors").write_bytes(b"half")
    assert trainer_gpt4video.last_complete_checkpoint(data / "resumed").endswith("checkpoint-4")
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


@pytest.mark.parametrize("shuffle_buffer", [0, 7])
def test_streamed_rows_are_learned_and_a_stream_resumes(checkpoint: Path, data: Path, shuffle_buffer: int) -> None:
    rows = [clip_row("a.mp4", f"Answer {number}.") for number in range(20)]
    write_rows(data, rows[:10])
    write_rows(data, rows[10:], "more.jsonl")
    sources = [json.dumps({"path": str(data / name), "weight": 1}) for name in ("rows.jsonl", "more.jsonl")]
    changes = {"datasets": sources, "streaming": True, "max_steps": 6, "save_steps": 2}
    changes["shuffle_buffer"] = shuffle_buffer
    straight = run(checkpoint, data, data / "straight", **changes)
    run(checkpoint, data, data / "resumed", **changes)
    for name in ("checkpoint-6", "model.safetensors"):
        target = data / "resumed" / name
        target.unlink() if target.is_file() else (target / trainer_gpt4video.COMPLETE).unlink()
    read = []
    read_one = MediaReader.__call__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MediaReader, "__call__", lambda *a: read.append(a[2]) or read_one(*a))
        resumed = run(checkpoint, data, data / "resumed", **changes)
    # two steps of two rows, and one batch that the loader reads ahead
    assert len(read) in (4, 6)
    assert [entry["loss"] for entry in resumed["log"] if "loss" in entry] == [
        entry["loss"] for entry in straight["log"] if "loss" in entry
    ]
    weights = [load_file(data / name / "model.safetensors") for name in ("straight", "resumed")]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_short_stream_goes_round_and_resumes_in_a_later_round(checkpoint: Path, data: Path) -> None:
    rows = [clip_row("a.mp4", f"Answer {number}.") for number in range(3)]
    source = write_rows(data, [*rows, {"messages": [turn("user", "Hi.")]}])
    changes = {"datasets": [json.dumps({"path": str(source)})], "streaming": True, "max_steps": 6, "save_steps": 2}
    straight = run(checkpoint, data, data / "straight", **changes)
    assert straight["dropped"] == {"no answer": 1} and straight["skipped"] == {}
    run(checkpoint, data, data / "resumed", **changes)
    (data / "resumed" / "checkpoint-6" / trainer_gpt4video.COMPLETE).unlink()
    resumed = run(checkpoint, data, data / "resumed", **changes)
    losses = [[entry["loss"] for entry in report["log"] if "loss" in entry] for report in (straight, resumed)]
    assert losses[0] == losses[1] and len(losses[0]) == 6
    weights = [load_file(data / name / "model.safetensors") for name in ("straight", "resumed")]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_the_run_tells_about_itself(checkpoint: Path, data: Path) -> None:
    report = run(checkpoint, data, data / "out", lora_r=2, report_to="tensorboard")
    assert report["adapter"]["from_base"] > 0 and report["adapter"]["from_trained"] == 0
    assert {"rows_per_second", "skipped_rows", "learning_rate"} <= report["log"][0].keys()
    card = (data / "out" / "README.md").read_text(encoding="utf-8")
    assert "library_name: peft" in card and "| language_model | " in card and "lora_r: 2" in card
    assert f"| {data / 'rows.jsonl'} | messages | 6 | 0 |" in card and "transformers 5." in card
    assert (data / "out" / "curves.png").stat().st_size > 5000
    assert list((data / "out").rglob("events.out.tfevents*"))


@pytest.mark.parametrize("lora_r", [0, 2])
def test_the_code_of_a_card_opens_what_was_trained(
    checkpoint: Path, data: Path, monkeypatch: pytest.MonkeyPatch, lora_r: int
) -> None:
    (data / "elsewhere").mkdir()
    monkeypatch.chdir(data)
    run(checkpoint, data, Path("out"), lora_r=lora_r)
    card = (data / "out" / "README.md").read_text(encoding="utf-8")
    monkeypatch.chdir(data / "elsewhere")
    opened = {}
    exec(re.search(r"```python\n(.*?)```", card, flags=re.DOTALL)[1], opened)
    weights, before = opened["model"].state_dict(), load_file(checkpoint / "model.safetensors")
    (name,) = (name for name in weights if re.search(r"language_model.*layers.0.*q_proj(.lora_B.*)?.weight", name))
    assert not torch.equal(weights[name], before.get(name, torch.zeros_like(weights[name])))
    assert opened["processor"].num_video_tokens == opened["model"].config.num_video_tokens


def test_the_learning_rate_falls_from_epoch_to_epoch(checkpoint: Path, data: Path) -> None:
    report = run(checkpoint, data, data / "out", max_steps=None, num_train_epochs=3, epoch_decay=0.85)
    rates = [entry["learning_rate"] for entry in report["log"] if "learning_rate" in entry]
    assert rates == pytest.approx([1e-2 * 0.85**epoch for epoch in (0, 0, 0, 1, 1, 1, 2, 2, 2)])


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 28069248 vs 28069140"),
    ],
)
def test_a_full_disk_leaves_the_last_checkpoint(
    checkpoint: Path, data: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def no_room(self, *args, **kwargs) -> None:
        (Path(self.args.output_dir) / "checkpoint-4").mkdir()
        raise error

    save = trainer_gpt4video.SFTTrainer._save_checkpoint
    changes = {"max_steps": 6, "save_steps": 2}
    with monkeypatch.context() as patch:
        patch.setattr(
            trainer_gpt4video.SFTTrainer,
            "_save_checkpoint",
            lambda self, *a, **k: (save if self.state.global_step == 2 else no_room)(self, *a, **k),
        )
        with pytest.raises(RunError, match="step 4 cannot be written .*(No space|unexpected pos).*from .*point-2"):
            run(checkpoint, data, data / "out", **changes)
    assert trainer_gpt4video.last_complete_checkpoint(data / "out").endswith("checkpoint-2")
    run(checkpoint, data, data / "out", **changes)
    run(checkpoint, data, data / "straight", **changes)
    weights = [load_file(data / name / "model.safetensors") for name in ("straight", "out")]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_run_is_pushed_to_the_hub(checkpoint: Path, data: Path) -> None:
    server = HubServer()
    changes = {"push_to_hub": True, "hub_model_id": "acme/run", "hub_token": "hf_x"}
    flags = arguments(checkpoint, data, data / "out", **changes)
    environment = os.environ | {"HF_ENDPOINT": server.url, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
    subprocess.run([sys.executable, ROOT / "train_sft.py", *flags], check=True, env=environment)
    assert {"model.safetensors", "config.json", "README.md", "curves.png"} <= server.files.keys()
    assert b"library_name: transformers" in server.files["README.md"]
    assert b'from_pretrained("acme/run", trust' in server.files["README.md"]
    server.shutdown()


def test_groups_by_length_resume_in_a_later_epoch(checkpoint: Path, data: Path) -> None:
    write_rows(data, [clip_row("a.mp4", "Answer " + "!" * number) for number in range(9)])
    changes = {"train_sampling_strategy": "group_by_length", "max_steps": None, "num_train_epochs": 3, "lora_r": 2}
    changes |= {"save_steps": 4, "per_device_train_batch_size": 1, "lora_dropout": 0.1}
    run(checkpoint, data, data / "straight", **changes)
    run(checkpoint, data, data / "resumed", **changes)
    for step in (16, 20, 24, 27):
        (data / "resumed" / f"checkpoint-{step}" / trainer_gpt4video.COMPLETE).unlink(missing_ok=True)
    shutil.copytree(data / "straight" / "checkpoint-24", data / "resumed" / "checkpoint-24", dirs_exist_ok=True)
    torch.rand(5)
    run(checkpoint, data, data / "resumed", **changes)
    weights = [load_file(data / name / "adapter_model.safetensors") for name in ("straight", "resumed")]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_finished_run_takes_no_further_step(checkpoint: Path, data: Path) -> None:
    changes = {"lora_r": 2, "lr_scheduler_type": "constant", "save_steps": 1}
    run(checkpoint, data, data / "out", **changes)
    before = load_file(data / "out" / "adapter_model.safetensors")
    (data / "out" / "adapter_model.safetensors").unlink()
    metrics = json.loads((data / "out" / "report.json").read_text())["metrics"]
    report = run(checkpoint, data, data / "out", **changes)
    assert report["metrics"] == metrics and metrics["train_loss"] > 0
    assert json.loads((data / "out" / "report.json").read_text()) == report
    after = load_file(data / "out" / "adapter_model.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not (data / "out" / "checkpoint-4").exists() and report["log"][-1]["step"] == 3


def test_a_run_of_other_settings_is_not_gone_on_with(checkpoint: Path, data: Path) -> None:
    run(checkpoint, data, data / "out", save_steps=1)
    with pytest.raises(RunError, match=r"holds a run with other settings: learning_rate \(0.01, now 0.02\)"):
        run(checkpoint, data, data / "out", save_steps=1, learning_rate=2e-2)
    with pytest.raises(RunError, match=r"other settings: adam_beta2 \(0.999, now 0.9\)"):
        run(checkpoint, data, data / "out", save_steps=1, adam_beta2=0.9)
    run(checkpoint, data, data / "out", save_steps=1, logging_steps=2, save_total_limit=3)
    write_rows(data, [text_row()], "other.jsonl")
    with pytest.raises(RunError, match="other settings: datasets"):
        run(checkpoint, data, data / "out", save_steps=1, datasets=data / "other.jsonl")
