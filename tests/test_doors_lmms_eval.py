"""lmms-eval finds the model by its entry point, and the README's command measures it on the example clips."""

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest


REPO_ROOT = Path(__file__).resolve().parent.parent
README = (REPO_ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = re.search(r"^lmms-eval (--model gpt4video .*?[^\\])\n", README, flags=re.MULTILINE | re.DOTALL)[1]


def test_the_entry_point_names_a_function() -> None:
    project = tomllib.loads((REPO_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, name = project["entry-points"]["lmms_eval.models"]["gpt4video"].partition(":")
    assert module == "gpt4video.lmms_eval_gpt4video"
    tree = ast.parse((REPO_ROOT / "lmms_eval_gpt4video.py").read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.doors
def test_the_command_of_the_readme_measures_the_model(tmp_path: Path) -> None:
    pytest.importorskip("lmms_eval", reason="lmms-eval is installed apart")
    if not entry_points(group="lmms_eval.models"):
        pytest.skip("this repository is not installed beside lmms-eval")
    words = shlex.split(COMMAND.replace("\\\n", " "))
    command = [sys.executable, "-m", "lmms_eval", *words, "--output_path", str(tmp_path), "--log_samples"]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    run = subprocess.run(command, cwd=REPO_ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]
    (path,) = tmp_path.rglob("*results.json")
    scores = json.loads(path.read_text())["results"]["gpt4video_questions"]
    assert scores["named,none"] == 1, run.stdout[-3000:]


@pytest.mark.doors
def test_what_it_cannot_do_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("lmms_eval", reason="lmms-eval is installed apart")
    from gpt4video.lmms_eval_gpt4video import to_blocks

    def ask(**block) -> list[dict]:
        return to_blocks([{"role": "user", "content": [block, {"type": "text", "text": "What is it?"}]}])

    assert ask(type="video", url="a.mp4")[0]["content"][0] == {"type": "video", "video": "a.mp4"}
    for block in ({"type": "audio", "url": "a.wav"}, {"type": "video", "url": "a.mp4", "start_time": 1.0}):
        with pytest.raises(ValueError, match="whole clips, images and text"):
            ask(**block)
