"""Adapters by the libraries' own calls: loaded, switched, swapped, mixed, merged, in batches and in the pipeline."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from peft.utils.hotswap import hotswap_adapter, prepare_model_for_compiled_hotswap
from safetensors.torch import load_file, save_file
from tiny_repository import write_adapter, write_repository
from transformers import AutoModelForImageTextToText, AutoProcessor, Pipeline, PreTrainedModel, pipeline


CLIPS = Path(__file__).resolve().parent.parent / "examples"
CAR, AIRPLANE = (str(CLIPS / name) for name in ("car_right_to_left_on_white.mp4", "airplane_upwards_on_blue.mp4"))


def open_model(folder: Path) -> PreTrainedModel:
    return AutoModelForImageTextToText.from_pretrained(folder, trust_remote_code=True).eval()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, make_config: Callable, make_model: Callable) -> Path:
    """Write a tiny repository with LoRA of several ranks and scales in `adapters/`; `eye` also has new projections."""
    folder = write_repository(tmp_path_factory.mktemp("adapted") / "tiny", make_config, make_model)
    sizes = {"one": (3, 4), "two": (3, 9), "wide": (5, 4), "eye": (3, 4)}
    for seed, (name, (rank, alpha)) in enumerate(sizes.items()):
        parts = ["multi_modal_projector"] if name == "eye" else None
        write_adapter(folder, folder / "adapters" / name, rank, alpha, seed, modules_to_save=parts)
    return folder


@pytest.fixture(scope="module")
def inputs(folder: Path, make_inputs: Callable) -> dict:
    """Write a batch: a row with a clip, one without, one with two."""
    return make_inputs(open_model(folder).config, [[2, "video", 3], [5], ["video", 2, "video", 4]])


@pytest.fixture(scope="module")
def logits(folder: Path, inputs: dict) -> dict[str, torch.Tensor]:
    """Compute what each adapter alone gives, and none (`""`), each in a model of its own, opened by PEFT."""
    found = {"": open_model(folder)(**inputs).logits}
    for name in ("one", "two", "wide", "eye"):
        found[name] = PeftModel.from_pretrained(open_model(folder), folder / "adapters" / name)(**inputs).logits
    assert all((found[a] - found[b]).abs().max() > 1e-2 for a in found for b in found if a < b)
    return {name: value.detach() for name, value in found.items()}


def delta_of(folder: Path, name: str) -> dict[str, torch.Tensor]:
    """Compute what a LoRA adds to each weight: alpha / rank times B A."""
    tensors = load_file(folder / "adapters" / name / "adapter_model.safetensors")
    settings = json.loads((folder / "adapters" / name / "adapter_config.json").read_text())
    return {
        key.removeprefix("base_model.model.").replace(".lora_A.", "."): settings["lora_alpha"]
        / settings["r"]
        * tensors[key.replace(".lora_A.", ".lora_B.")]
        @ tensors[key]
        for key in tensors
        if ".lora_A." in key
    }


def with_deltas(folder: Path, shares: dict[str, float]) -> PreTrainedModel:
    """Add shares of deltas to the weights of the model by hand."""
    model = open_model(folder)
    weights = dict(model.named_parameters())
    with torch.no_grad():
        for name, share in shares.items():
            for key, delta in delta_of(folder, name).items():
                weights[key] += share * delta
    return model


@torch.no_grad()
def test_adapters_are_loaded_switched_and_disabled(folder: Path, inputs: dict, logits: dict) -> None:
    model = open_model(folder)
    for name in ("one", "two", "wide"):
        model.load_adapter(str(folder / "adapters" / name), adapter_name=name)
    for name in ("two", "one", "wide", "one"):
        model.set_adapter(name)
        assert model.active_adapters() == [name]
        assert torch.equal(model(**inputs).logits, logits[name])
    model.disable_adapters()
    assert torch.equal(model(**inputs).logits, logits[""])
    model.enable_adapters()
    assert torch.equal(model(**inputs).logits, logits["one"])
    model.delete_adapter("one")
    with pytest.raises(ValueError, match="one"):
        model.set_adapter("one")


@torch.no_grad()
def test_adapters_that_replace_whole_parts_are_switched_and_disabled_too(
    folder: Path, inputs: dict, logits: dict
) -> None:
    model = PeftModel.from_pretrained(open_model(folder), folder / "adapters" / "eye", adapter_name="eye")
    model.load_adapter(folder / "adapters" / "two", adapter_name="two")
    for name in ("two", "eye", "two", "eye"):
        model.set_adapter(name)
        assert torch.equal(model(**inputs).logits, logits[name])
        with model.disable_adapter():
            assert torch.equal(model(**inputs).logits, logits[""])


@torch.no_grad()
def test_an_adapter_is_swapped_in_place(folder: Path, inputs: dict, logits: dict) -> None:
    """Other weights, of another rank and scale, in the same tensors: nothing is compiled or placed anew."""
    model = PeftModel.from_pretrained(open_model(folder), folder / "adapters" / "one")
    prepare_model_for_compiled_hotswap(model, target_rank=5)
    places = {name: parameter.data_ptr() for name, parameter in model.named_parameters()}
    torch.testing.assert_close(model(**inputs).logits, logits["one"], rtol=0, atol=1e-5)
    for name in ("wide", "two", "one"):
        hotswap_adapter(model, str(folder / "adapters" / name), adapter_name="default")
        torch.testing.assert_close(model(**inputs).logits, logits[name], rtol=0, atol=1e-5)
    assert {name: parameter.data_ptr() for name, parameter in model.named_parameters()} == places
    with pytest.raises((KeyError, RuntimeError)):  # it replaces whole parts, for which there is no place
        hotswap_adapter(model, str(folder / "adapters" / "eye"), adapter_name="default")


@torch.no_grad()
def test_several_adapters_at_once(folder: Path, inputs: dict, logits: dict) -> None:
    """All of a list are added up; a mixture of two ranks is exactly the sum of its shares."""
    model = open_model(folder)
    for name in ("one", "wide"):
        model.load_adapter(str(folder / "adapters" / name), adapter_name=name)
    model.set_adapter(["one", "wide"])
    both = with_deltas(folder, {"one": 1.0, "wide": 1.0})(**inputs).logits
    torch.testing.assert_close(model(**inputs).logits, both, rtol=0, atol=1e-4)
    mixed = PeftModel.from_pretrained(open_model(folder), folder / "adapters" / "one", adapter_name="one")
    mixed.load_adapter(folder / "adapters" / "wide", adapter_name="wide")
    mixed.add_weighted_adapter(["one", "wide"], [0.75, 0.5], "mix", combination_type="cat")
    mixed.set_adapter("mix")
    wanted = with_deltas(folder, {"one": 0.75, "wide": 0.5})(**inputs).logits
    torch.testing.assert_close(mixed(**inputs).logits, wanted, rtol=0, atol=1e-4)
    assert (wanted - both).abs().max() > 1e-2


@torch.no_grad()
def test_rows_of_a_batch_have_their_own_adapters(folder: Path, inputs: dict, logits: dict) -> None:
    model = PeftModel.from_pretrained(open_model(folder), folder / "adapters" / "one", adapter_name="one").eval()
    model.load_adapter(folder / "adapters" / "two", adapter_name="two")
    names = ["two", "__base__", "one"]
    found = model(**inputs, adapter_names=names).logits
    for row, name in enumerate(names):
        wanted = logits[name.strip("_").removeprefix("base")][row]
        torch.testing.assert_close(found[row], wanted, rtol=0, atol=1e-5)
    mixed = model.generate(**inputs, adapter_names=names, max_new_tokens=5, do_sample=False)
    for row, name in enumerate(("two", None, "one")):
        if name:
            model.set_adapter(name)
            alone = model.generate(**inputs, max_new_tokens=5, do_sample=False)
        else:
            with model.disable_adapter():
                alone = model.generate(**inputs, max_new_tokens=5, do_sample=False)
        assert torch.equal(mixed[row], alone[row])


OPEN = """
import sys; sys.modules["peft"] = None
import torch; from safetensors.torch import load_file, save_file
from transformers import pipeline
pipe = pipeline(model=sys.argv[1], trust_remote_code=True, device="cpu", max_new_tokens=3)
assert pipe("Hello")["parts"]
with torch.no_grad():
    save_file({"logits": pipe.model(**load_file(sys.argv[2])).logits}, sys.argv[3])
"""


def test_a_merged_model_opens_without_peft(folder: Path, inputs: dict, logits: dict, tmp_path: Path) -> None:
    merged = PeftModel.from_pretrained(open_model(folder), folder / "adapters" / "eye").merge_and_unload()
    merged.save_pretrained(tmp_path / "merged")
    AutoProcessor.from_pretrained(folder, trust_remote_code=True).save_pretrained(tmp_path / "merged")
    assert not any("lora" in name for name in load_file(tmp_path / "merged" / "model.safetensors"))
    save_file(inputs, tmp_path / "inputs")
    command = [sys.executable, "-c", OPEN, tmp_path / "merged", tmp_path / "inputs", tmp_path / "outputs"]
    result = subprocess.run(command, capture_output=True, text=True, env=os.environ, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    torch.testing.assert_close(load_file(tmp_path / "outputs")["logits"], logits["eye"], rtol=0, atol=1e-4)


def test_requests_to_the_pipeline_switch_adapters_and_keep_their_clips(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adapters of the language model read the features that are there: each clip is encoded once for all of them."""

    def open_pipe() -> tuple[Pipeline, PeftModel]:
        pipe = pipeline(model=str(folder), trust_remote_code=True, device="cpu", max_new_tokens=6)
        adapters = PeftModel.from_pretrained(pipe.model, folder / "adapters" / "one", adapter_name="one")
        adapters.load_adapter(folder / "adapters" / "two", adapter_name="two")
        return pipe, adapters

    def ask(pipe: Pipeline, adapters: PeftModel, name: str, clip: str) -> str:
        adapters.set_adapter(name or "one")
        with nullcontext() if name else adapters.disable_adapter():
            return pipe(prompt="What is it?", video=clip)["generated_text"]

    shared, encoded = open_pipe(), []
    encode = shared[0].model.get_video_features
    monkeypatch.setattr(shared[0].model, "get_video_features", lambda *a, **k: encoded.append(1) or encode(*a, **k))
    asked = [(name, clip) for name in ("one", "", "two", "one") for clip in (CAR, AIRPLANE)]
    answers = [ask(*shared, *request) for request in asked]
    assert len(encoded) == 2
    assert answers == [ask(*open_pipe(), *request) for request in asked]
    assert len(set(answers[::2])) == 3


def test_an_adapter_that_changes_what_encodes_clips_has_them_encoded_anew(folder: Path) -> None:
    """`eye` replaces the projections: features that were kept without it are not its own, nor the other way round."""

    def open_pipe() -> tuple[Pipeline, PeftModel]:
        pipe = pipeline(model=str(folder), trust_remote_code=True, device="cpu")
        return pipe, PeftModel.from_pretrained(pipe.model, folder / "adapters" / "eye", adapter_name="eye")

    def features_of(pipe: Pipeline, adapters: PeftModel, is_on: bool) -> torch.Tensor:
        with nullcontext() if is_on else adapters.disable_adapter():
            return pipe.encode_media(pipe.load_media({"type": "video", "path": CAR}))

    shared = open_pipe()
    first, other, again = (features_of(*shared, is_on) for is_on in (True, False, True))
    assert torch.equal(first, again) and torch.equal(other, features_of(*open_pipe(), False))
    assert (first - other).abs().max() > 1e-2
