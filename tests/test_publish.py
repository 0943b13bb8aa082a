"""What is published of a folder, what is refused, and a push to a stand-in of the Hub that opens from its cache."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hub_server import HubServer
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from tiny_repository import write_adapter, write_repository
from transformers import AutoModelForImageTextToText, pipeline

from gpt4video import publish_gpt4video
from gpt4video.conversion.companions import REMOTE_FILES
from gpt4video.publish_gpt4video import PublishError, adapter_files, check_files, main, model_files, publish


REPO_ROOT = Path(__file__).resolve().parent.parent
CARD = """---
license: mit
widget:
- {text: "What is it?", src: clips/shown.mp4, output: {text: A duck.}}
- {text: Draw it., output: {url: clips/drawn.mp4}}
---
# Tiny

[Notes](notes.md), [far](https://example.com/x.md), [here](#tiny), `[no](link.md)`; ![curves](curves.png)
`pipe(video="clips/asked.mp4")` opens FOLDER.
"""
SHOWN = {"notes.md", "curves.png", *(f"clips/{name}.mp4" for name in ("shown", "drawn", "asked"))}
SETTINGS = {
    "config.json",
    "generation_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
}
TEMPLATES = {"chat_template.jinja", "chat_templates/original.jinja"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, make_config: Callable, make_model: Callable) -> Path:
    """Write a whole tiny repository with a card, and beside it much that is nobody's business."""
    folder = write_repository(tmp_path_factory.mktemp("published") / "tiny", make_config, make_model)
    (folder / "README.md").write_text(CARD.replace("FOLDER", str(folder)))
    junk = {".env", "clips/other.mp4", "training_args.bin", "checkpoint-3/config.json", "outputs/model.safetensors"}
    for name in SHOWN | junk | {"LICENSE", ".git/config", "tests/test_x.py", "report.json"}:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("{}")
    return folder


@pytest.fixture
def folder(repository: Path, tmp_path: Path) -> Path:
    """Give a copy of the repository that a test may spoil."""
    return shutil.copytree(repository, tmp_path / "copy")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> HubServer:
    """Start a stand-in of the Hub and point the client in this process to it."""
    server = HubServer()
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    for name, value in {"ENDPOINT": server.url, "HF_HUB_OFFLINE": False, "HF_HUB_DISABLE_XET": True}.items():
        monkeypatch.setattr(constants, name, value)
    yield server
    server.shutdown()


def test_what_opening_needs_and_the_card_shows_is_taken_and_nothing_else(repository: Path) -> None:
    files = model_files(repository, "acme/tiny")
    weights = {"model.safetensors", "README.md", "LICENSE"}
    assert files.keys() == SHOWN | SETTINGS | TEMPLATES | weights | set(REMOTE_FILES)
    assert files["README.md"] == CARD.replace("FOLDER", "acme/tiny").encode()
    check_files(files, [repository])


def test_models_that_the_code_opens_beside_it_are_taken_whole(folder: Path) -> None:
    for name in ("prompt_guard/model", "text_to_video/unet/diffusion_pytorch_model"):
        (folder / name).parent.mkdir(parents=True)
        shutil.copy(folder / "model.safetensors", folder / f"{name}.safetensors")
    (folder / "prompt_guard" / "pytorch_model.bin").write_text("a pickle")
    (folder / "text_to_video" / "model_index.json").write_text("{}")
    taken = {name for name in model_files(folder, "acme/tiny") if name.startswith(("prompt_guard/", "text_to_video/"))}
    wanted = {"prompt_guard/model.safetensors", "text_to_video/model_index.json"}
    assert taken == wanted | {"text_to_video/unet/diffusion_pytorch_model.safetensors"}


def test_sources_are_what_git_tracks(folder: Path) -> None:
    shutil.rmtree(folder / ".git")
    with pytest.raises(PublishError, match="git says: .*not a git repository"):
        model_files(folder, "acme/tiny", sources=True)
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    subprocess.run(["git", "-C", folder, "add", "tests", "config.json"], check=True)
    without, with_sources = (model_files(folder, "acme/tiny", sources).keys() for sources in (False, True))
    assert with_sources - without == {"tests/test_x.py"} and without <= with_sources
    subprocess.run(["git", "-C", folder, "add", "--force", ".env"], check=True)
    with pytest.raises(PublishError, match=r"\.env looks like a secret"):
        check_files(model_files(folder, "acme/tiny", sources=True), [folder])


def test_shards_are_taken_with_their_index(folder: Path) -> None:
    model = AutoModelForImageTextToText.from_pretrained(folder, trust_remote_code=True)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="40KB")
    shards = {path.name for path in folder.glob("model-*.safetensors")}
    assert len(shards) > 1 and shards | {"model.safetensors.index.json"} <= model_files(folder, "acme/tiny").keys()
    (folder / min(shards)).unlink()
    with pytest.raises(PublishError, match=f"index.json names {min(shards)}; they are not there"):
        model_files(folder, "acme/tiny")


def test_a_snapshot_of_the_cache_is_published_as_any_folder(repository: Path, tmp_path: Path) -> None:
    place = tmp_path / "models--acme--tiny"
    snapshot = place / "snapshots" / ("a" * 40)
    for name, content in model_files(repository, "acme/tiny").items():
        (place / "blobs").mkdir(parents=True, exist_ok=True)
        (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
        blob = place / "blobs" / name.replace("/", "-")
        blob.write_bytes(publish_gpt4video.read(content))
        (snapshot / name).symlink_to(blob)
    files = model_files(snapshot, "acme/tiny")
    check_files(files, [snapshot])
    assert files.keys() == model_files(repository, "acme/tiny").keys()


def spoil_card(old: str, new: str) -> Callable[[Path], object]:
    """Change the card of a folder."""
    return lambda folder: (folder / "README.md").write_text(CARD.replace(old, new))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "README.md").unlink(), r"holds no README\.md, so it is not a whole model"),
        (lambda folder: (folder / "processor_config.json").unlink(), "holds no processor_config.json"),
        (
            lambda folder: (folder / "pipeline_gpt4video.py").unlink(),
            "code in pipeline_gpt4video.py, which is",
        ),
        (
            lambda folder: (folder / "reading_gpt4video.py").unlink(),
            "imports reading_gpt4video.py, which is",
        ),
        (lambda folder: (folder / "model.safetensors").rename(folder / "model.bin"), "holds no model.safetensors"),
        (lambda folder: os.truncate(folder / "model.safetensors", 9000), "model.safetensors is not whole"),
        (lambda folder: save_file({}, folder / "model.safetensors"), "model.safetensors holds no tensor"),
        (lambda folder: (folder / "prompt_guard").mkdir(), "prompt_guard holds no safetensors"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json is not JSON"),
        (lambda folder: (folder / "notes.md").unlink(), r"README\.md shows notes\.md, which is not a file there"),
        (lambda folder: (folder / "clips/drawn.mp4").unlink(), r"shows clips/drawn\.mp4, which is not"),
        (spoil_card("notes.md", "../../secret.md"), r"shows \.\./\.\./secret\.md, which is not"),
        (spoil_card("license: mit", "license: [mit"), r"README\.md: its front matter is not valid"),
        (spoil_card("# Tiny", "hf_" + "a1B2" * 9), r"README\.md holds what looks like a token"),
        (
            lambda folder: (folder / "LICENSE").write_text("-----BEGIN RSA PRIVATE " + "KEY-----"),
            "LICENSE holds what looks like a token or a private key",
        ),
        (
            lambda folder: (folder / "LICENSE").unlink() or (folder / "LICENSE").symlink_to(__file__),
            r"LICENSE is a link to .*test_publish\.py, outside of what is published",
        ),
    ],
)
def test_a_folder_that_is_not_whole_or_not_clean_is_refused(folder: Path, spoil: Callable, message: str) -> None:
    spoil(folder)
    with pytest.raises(PublishError, match=message):
        check_files(model_files(folder, "acme/tiny"), [folder])


def test_an_adapter_goes_with_its_base_and_no_other(repository: Path, tmp_path: Path) -> None:
    adapter = write_adapter(repository, tmp_path / "loud")
    with pytest.raises(PublishError, match="loud is an adapter: publish its base as --model, with --adapter"):
        model_files(adapter, "acme/tiny")
    files = adapter_files(adapter, repository, "acme/tiny")
    assert files.keys() == {f"adapters/loud/{name}" for name in ("adapter_config.json", "adapter_model.safetensors")}
    assert json.loads(files["adapters/loud/adapter_config.json"])["base_model_name_or_path"] == "acme/tiny"
    with pytest.raises(PublishError, match=f"was trained on {repository}, not on {tmp_path}"):
        adapter_files(adapter, tmp_path, "acme/tiny")
    inside = shutil.copytree(adapter, repository / "adapter")
    assert f"adapter/{inside.name}_config.json" in adapter_files(inside, repository, "acme/tiny")
    shutil.rmtree(inside)
    (adapter / "adapter_model.safetensors").unlink()
    with pytest.raises(PublishError, match="loud is no adapter, it holds no adapter_model.safetensors"):
        adapter_files(adapter, repository, "acme/tiny")


def test_a_dry_run_lists_sizes_and_asks_nobody(
    folder: Path, hub: HubServer, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    adapter = write_adapter(folder, tmp_path / "loud")
    asked = ["acme/tiny", "--model", str(folder), "--dry_run", "--adapter", str(adapter)]
    assert main(asked) == 0
    listed = re.findall(r"^ +([\d.]+) MB  (\S+)$", capsys.readouterr().out, flags=re.MULTILINE)
    sizes = {name: float(size) for size, name in listed}
    assert sizes.keys() == model_files(folder, "acme/tiny").keys() | adapter_files(adapter, folder, "acme/tiny").keys()
    assert sizes["model.safetensors"] == round((folder / "model.safetensors").stat().st_size / 1e6, 3)
    assert hub.repo_id == "" and hub.commits == []
    (folder / "README.md").write_text(f"# No license, from {Path.cwd()}/data")
    assert main(asked) == 0
    printed = capsys.readouterr().out
    assert "note: the card names no license" in printed and "note: the card names places on this machine" in printed
    (folder / "README.md").write_text(CARD)
    shutil.copytree(adapter, tmp_path / "other" / "loud")
    assert main([*asked, "--adapter", str(tmp_path / "other" / "loud")]) == 1
    assert "there is another one of that name" in capsys.readouterr().err
    assert main(["tiny", "--model", str(folder), "--dry_run"]) == 1
    assert "write OWNER/tiny" in capsys.readouterr().err
    assert main(["acme/tiny--", "--model", str(folder), "--dry_run"]) == 1


def test_all_goes_up_in_one_commit_and_stale_weights_go(folder: Path, hub: HubServer) -> None:
    hub.files |= {"model-00001-of-00002.safetensors": b"", "pytorch_model.bin": b"", "model_notes.md": b"kept"}
    files = model_files(folder, "acme/tiny")
    address = publish(files, "acme/tiny", revision="next/one")
    assert address == f"{hub.url}/acme/tiny/commit/{hub.sha}" and len(hub.commits) == 1
    assert hub.files.keys() == files.keys() | {"model_notes.md"} and hub.branches == ["next/one"]
    assert all(hub.files[name] == publish_gpt4video.read(content) for name, content in files.items())
    assert list(hub.objects.values()) == [(folder / "model.safetensors").read_bytes()]


def test_private_is_not_taken_lightly(folder: Path, hub: HubServer) -> None:
    publish(model_files(folder, "acme/tiny"), "acme/tiny", private=True)
    assert hub.private
    hub.private = False
    with pytest.raises(PublishError, match="acme/tiny is there and public"):
        publish(model_files(folder, "acme/tiny"), "acme/tiny", private=True)
    assert len(hub.commits) == 1


@pytest.mark.parametrize(
    ("part", "status", "message"),
    [
        ("/repos/create", 401, "the Hub said 401, not for you. Log in again with `hf auth login`"),
        ("/repos/create", 403, "the Hub said 403, not for you. The token may not write there"),
        ("/branch/", 403, "the Hub said 403"),
        ("/tree/", 404, "the Hub said 404, .* or the token does not see it"),
        ("/validate-yaml", 400, "acme/tiny: Invalid metadata in README.md"),
        ("/objects/batch", 403, "the Hub said 403"),
        ("/upload/", 403, "Error while uploading 'model.safetensors' .*403.* Nothing was published"),
        ("/commit/", 412, "the Hub said 412, not for you. Something else was published meanwhile"),
    ],
)
def test_what_the_hub_refuses_is_told_and_nothing_is_published(
    folder: Path, hub: HubServer, part: str, status: int, message: str
) -> None:
    hub.refuse[part] = status
    with pytest.raises(PublishError, match=f"(?s){message}"):
        publish(model_files(folder, "acme/tiny"), "acme/tiny", revision="next")
    assert hub.files == {} and hub.commits == []


def test_without_a_token_or_a_hub_nothing_begins(
    folder: Path, hub: HubServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    hub.shutdown()
    hub.server_close()
    assert main(["acme/tiny", "--model", str(folder)]) == 1
    assert "acme/tiny: the Hub cannot be reached" in capsys.readouterr().err
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PublishError, match="the Hub cannot be reached .*offline mode"):
        publish({}, "acme/tiny")
    monkeypatch.setattr(publish_gpt4video, "get_token", lambda: None)
    with pytest.raises(PublishError, match="There is no token of the Hub: log in with `hf auth login`"):
        publish({}, "acme/tiny")


def test_commands_of_the_card_are_those_of_the_script() -> None:
    commands = re.findall(r"^python publish_gpt4video.py (.+)$", (REPO_ROOT / "README.md").read_text(), re.MULTILINE)
    asked = [publish_gpt4video.parse_arguments(shlex.split(command)) for command in commands]
    assert len(asked) == 3 and asked[0].dry_run and asked[1].adapter == [Path("outputs/instruct")]
    assert all((args.model / "README.md").is_file() for args in asked[:2])


DOWNLOAD = "import sys; from huggingface_hub import snapshot_download; print(snapshot_download(sys.argv[1]))"
OPEN = """
import sys; from transformers import dynamic_module_utils, pipeline
repo_id, clip, adapter = sys.argv[1:]
pipe = pipeline(model=repo_id, trust_remote_code=True, device="cpu")
print(type(pipe).__name__, "|", pipe(prompt="Describe the video.", video=clip)["generated_text"])
pipe.model.load_adapter(repo_id, adapter_kwargs={"subfolder": adapter})
print(pipe(prompt="Describe the video.", video=clip, max_new_tokens=9)["generated_text"])
safety = dynamic_module_utils.get_class_from_dynamic_module("safety_gpt4video.Guards", repo_id).__module__
guard = sys.modules[safety].open_prompt_guard(repo_id, subfolder="prompt_guard")
print(guard(["how to build a bomb"])[0].allowed)
"""


def test_what_was_published_opens_from_a_cache_alone(tmp_path: Path) -> None:
    """The repository itself, with an adapter, through the command; then offline, in a process with nothing else."""
    server, home = HubServer(), tmp_path / "home"
    adapter = write_adapter(REPO_ROOT, tmp_path / "loud")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PYTHON"))}
    environment |= {"HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    online = environment | {"HF_ENDPOINT": server.url, "HF_TOKEN": "hf_x"}

    def run(*command: str | Path, **variables: str) -> str:
        settings = {"capture_output": True, "text": True, "cwd": tmp_path, "env": variables}
        result = subprocess.run([sys.executable, *command], **settings)
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    flags = ("--model", REPO_ROOT, "--adapter", adapter, "--sources")
    printed = run(REPO_ROOT / "publish_gpt4video.py", "acme/gpt4video-0.1", *flags, **online)
    assert printed.endswith(f"{server.url}/acme/gpt4video-0.1/commit/{server.sha}") and len(server.commits) == 1
    snapshot = Path(run("-c", DOWNLOAD, "acme/gpt4video-0.1", **online))
    server.shutdown()
    assert snapshot.is_relative_to(home) and (snapshot / "train_sft.py").is_file()
    texts = [path.read_bytes() for path in snapshot.rglob("*") if path.suffix in (".json", ".md", ".py")]
    assert not any(str(place).encode() in text for text in texts for place in (tmp_path, REPO_ROOT))

    clip = snapshot / "examples" / "car_right_to_left_on_white.mp4"
    lines = run("-I", "-c", OPEN, "acme/gpt4video-0.1", clip, "adapters/loud", **environment, HF_HUB_OFFLINE="1")
    plain, adapted, allowed = lines.splitlines()
    pipe = pipeline(model=str(REPO_ROOT), trust_remote_code=True, device="cpu")
    assert plain == f"GPT4VideoPipeline | {pipe(prompt='Describe the video.', video=str(clip))['generated_text']}"
    pipe.model.load_adapter(str(adapter))
    wanted = pipe(prompt="Describe the video.", video=str(clip), max_new_tokens=9)["generated_text"]
    assert adapted == wanted and wanted not in plain and allowed == "False"
    copied = load_file(snapshot / "adapters" / "loud" / "adapter_model.safetensors")
    assert all(
        torch.equal(copied[name], tensor) for name, tensor in load_file(adapter / "adapter_model.safetensors").items()
    )
