"""The README keeps its word: its Python blocks run, its numbers are the tests' own, its paths exist.

The blocks run on the checkpoint at the repository root; while there is none, on a tiny random one with the same files.
"""

import ast
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_repository import write_repository


REPO_ROOT = Path(__file__).resolve().parent.parent
README = (REPO_ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, make_config: Callable, make_model: Callable) -> Path:
    """Give a folder that is like the root of a clone with weights in it."""
    if (REPO_ROOT / "model.safetensors").exists():
        return REPO_ROOT
    folder = write_repository(tmp_path_factory.mktemp("repositories") / "tiny", make_config, make_model)
    (folder / "examples").symlink_to(REPO_ROOT / "examples")
    return folder


def test_python_blocks_run(checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    """Run the blocks one after the other, as a reader would type them."""
    monkeypatch.chdir(checkpoint)
    namespace: dict = {}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), namespace)
    assert len(BLOCKS) >= 4
    assert "pipe" in namespace
    assert capsys.readouterr().out.strip()


def test_parity_table_has_the_constants_of_the_test() -> None:
    tree = ast.parse((REPO_ROOT / "tests" / "test_parity.py").read_text(encoding="utf-8"))
    constants = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    rows = re.findall(r"^\|.*\| `(\w+_ATOL)` \| (\S+) \|$", README, flags=re.MULTILINE)
    assert len(rows) == 7
    for name, value in rows:
        assert float(value) == constants[name], name


def test_paths_of_the_tree_exist_and_all_files_are_in_it() -> None:
    tree = README.partition("## Repository")[2].partition("\n## ")[0]
    listed = set(re.findall(r"^\| `([^`]+)` \|", tree, flags=re.MULTILINE))
    assert [path for path in sorted(listed) if not (REPO_ROOT / path).exists()] == []
    files = {
        path.name for pattern in ("*.py", "*.json", "*.jinja", "*.safetensors") for path in REPO_ROOT.glob(pattern)
    }
    assert files - listed == set(), "give each a line in the README's table Repository"


def test_named_files_and_commands_exist() -> None:
    commands = re.findall(r"`make ([a-z-]+)`|^make ([a-z-]+)", README, flags=re.MULTILINE)
    targets = re.findall(r"^([a-z-]+):", (REPO_ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert {first or second for first, second in commands} <= set(targets)
    scripts = re.findall(r"(?:pytest|python|accelerate launch) ([\w/]+\.py)", README)
    media = re.findall(r"examples/\w+\.mp4", README)
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [path for path in {*scripts, *media, *links} if not (REPO_ROOT / path).exists()] == []


def test_front_matter_is_that_of_a_model_card() -> None:
    front = README.split("---\n")[1]
    keys = dict(line.split(": ", 1) for line in front.splitlines() if ": " in line)
    assert keys["library_name"] == "transformers"
    assert keys["pipeline_tag"] == "video-text-to-text"
    assert keys["license"] == "apache-2.0"
    assert "- custom_code" in front


@pytest.mark.parametrize("pattern", [r"/(?:work|root|tmp|home)/", r"\bTODO\b", r"\bTBD\b"])
def test_no_leftovers(pattern: str) -> None:
    assert not re.search(pattern, README)
    assert os.linesep == "\n" or "\r" not in README
