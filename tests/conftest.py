"""Shared fixtures: the package door `gpt4video`, an offline environment, seeds."""

import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import pytest


os.environ["HF_HUB_OFFLINE"] = "1"

REPO_ROOT = Path(__file__).resolve().parent.parent

if "gpt4video" not in sys.modules:
    # The package door of pyproject.toml without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)


@pytest.fixture(autouse=True)
def seed() -> None:
    """Seed torch before each test, so that tests pass in any order."""
    import torch

    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def modules_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the remote-code cache of each test apart from the user's."""
    monkeypatch.setattr(
        "transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path_factory.mktemp("modules")), raising=True
    )
