"""The README keeps its word: its Python blocks run, its numbers are the tests' own, its paths exist.

The blocks run on the checkpoint at the repository root; while there is none, on a tiny random one with the same files.
"""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tiny_repository import write_adapter, write_repository
from transformers import pipeline


REPO_ROOT = Path(__file__).resolve().parent.parent
README = (REPO_ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, make_config: Callable, make_model: Callable) -> Path:
    """Give a folder that is like a clone with weights in it, where the commands of *Fine-tune* trained adapters."""
    folder = tmp_path_factory.mktemp("repositories") / "clone"
    if (REPO_ROOT / "model.safetensors").exists():
        folder.mkdir()
        links = [path for path in REPO_ROOT.iterdir() if path.name not in ("outputs", ".git")]
    else:
        write_repository(folder, make_config, make_model)
        links = [REPO_ROOT / "examples"]
    for path in links:
        (folder / path.name).symlink_to(path)
    for name in ("instruct", "two"):
        write_adapter(folder, folder / "outputs" / name, strength=0.0)
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
    front = yaml.safe_load(README.split("---\n")[1])
    assert (front["library_name"], front["pipeline_tag"]) == ("transformers", "video-text-to-text")
    assert front["license"] == "apache-2.0" and front["language"] == ["en"]
    assert "custom_code" in front["tags"]
    assert len(front["widget"]) >= 3


def test_examples_of_the_widget_are_what_the_model_answers() -> None:
    pipe = pipeline(model=str(REPO_ROOT), trust_remote_code=True)
    for example in yaml.safe_load(README.split("---\n")[1])["widget"]:
        clip = REPO_ROOT / example["src"] if "src" in example else None
        reply = pipe(prompt=example["text"], video=clip and str(clip))
        assert reply["generated_text"] == example["output"]["text"]


def test_the_demo_is_answered_rightly() -> None:
    makefile = (REPO_ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^demo:.*\n((?:\t.*\n)+)", makefile, flags=re.MULTILINE)[1]
    variables = dict(re.findall(r"^(\w+) := (.*)$", makefile, flags=re.MULTILINE))
    recipe = re.sub(r"\$\((\w+)\)", lambda match: variables.get(match[1], ""), recipe)
    asked = "".join(f"{line}\n" for line in re.findall(r"'([^']+)'", recipe)[1:])  # the first is printf's format
    command = [sys.executable, "pipeline_gpt4video.py"]
    chat = subprocess.run(command, input=asked, cwd=REPO_ROOT, capture_output=True, text=True, check=True).stdout
    description, background, drawing = re.findall(r"^> (?!/).+\n(?s:(.*?))(?=^> |\Z)", chat, flags=re.MULTILINE)
    assert all(word in description for word in ("car", "from right to left", "white"))
    assert "white" in background
    assert "Video prompt: an airplane moving upwards on a blue background" in drawing


def test_figures_of_the_model_are_those_of_the_report() -> None:
    report = json.loads((REPO_ROOT / "reports" / "embedded.json").read_text(encoding="utf-8"))
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \| [^|]+ \| ([\d.]+) % \| (\d+) of (\d+) \|$", README, flags=re.MULTILINE)
    wanted = {"object", "motion", "background", "order", "side_by_side", "draw", "false_draw"}
    assert wanted <= {name for name, *_ in rows}
    for name, share, right, total in rows:
        assert [int(right), int(total)] == report["counts"][name]
        assert float(share) == round(100 * report[name], 1)


def test_figures_of_refusals_are_those_of_the_reports() -> None:
    report = json.loads((REPO_ROOT / "reports" / "safety.json").read_text(encoding="utf-8"))
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \| (\d+ \| \d+ \| [\d.]+ \| .* %) \|$", README, flags=re.MULTILINE)
    assert {name for name, _ in rows} == {"all", *report["sides"]}
    for name, cells in rows:
        alone, guarded = (part if name == "all" else part["sides"][name] for part in (report, report["guarded"]))
        counts = alone["counts"]
        wanted = [counts["blocked"] + counts["missed"], counts["over_refused"] + counts["served"]]
        for part in (alone, guarded):
            shares = [f"{100 * part[key]:.1f} %" for key in ("recall", "over_refusal")]
            wanted += [f"{part['f1']:.2f}", *shares]
        assert cells.split(" | ") == [str(cell) for cell in wanted]
    counts = json.loads((REPO_ROOT / "reports" / "guards.json").read_text(encoding="utf-8"))["prompt"]["counts"]
    assert "{} of {} harmful prompts".format(*counts["recall"]) in README
    assert "{} of {} of their harmless twins".format(*counts["false_positives_twins"]) in README
    assert "{} of {} plain requests".format(*counts["false_positives_plain"]) in README


def test_figures_of_drawings_are_those_of_the_report() -> None:
    report = json.loads((REPO_ROOT / "reports" / "closed_loop.json").read_text(encoding="utf-8"))
    section = README.partition("## What it draws")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \| ≥ \d+ % \| (.*) \|$", section, flags=re.MULTILINE)
    assert [name for name, _ in rows] == ["object", "motion", "background"]
    for name, cells in rows:
        wanted = []
        for key in (name, f"self.{name}"):
            wanted.append(f"{100 * report[key]:.1f} % ({report['counts'][key][0]} of {report['counts'][key][1]})")
        wanted += [f"{100 * report['ceilings']['rendered'][key]:.1f} %" for key in (name, f"self.{name}")]
        assert cells.split(" | ") == wanted
    assert all(name in section for name in report["objects"])


@pytest.mark.parametrize("pattern", [r"/(?:work|root|tmp|home)/", r"\bTODO\b", r"\bTBD\b"])
def test_no_leftovers(pattern: str) -> None:
    assert not re.search(pattern, README)
    assert os.linesep == "\n" or "\r" not in README
