# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Opening pipelines of diffusers: by folder, Hub id or name of a preset, without executing anything of theirs.

1. `locate` finds a pipeline, tells where it comes from, and reads its `draw_defaults.json`.
2. `open_pipeline` loads it and puts it where it works.
Whatever goes wrong becomes a `DrawingError` that names the pipeline and the cause.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import hf_hub_download, snapshot_download
from huggingface_hub.errors import EntryNotFoundError
from safetensors import SafetensorError

from .text_to_video_clip_gpt4video import DrawingError
from .text_to_video_gallery_gpt4video import PRESETS


DEFAULTS_FILE = "draw_defaults.json"
OPENING_ERRORS = (OSError, ValueError, TypeError, KeyError, AttributeError, ImportError, RuntimeError)
OPENING_ERRORS += (SafetensorError,)
SNAPSHOT = re.compile(r"models--([^/\\]+)[/\\]snapshots[/\\]([0-9a-f]{40})(?:[/\\]|$)")
PICKLED = ["*.bin", "*.ckpt", "*.pt", "*.pth", "*.pkl"]
SAFE_ONLY = "Weights are read from safetensors files alone; code of a model runs only with trust_remote_code=True."
TAIL_BYTES = 1 << 20  # of each file of weights, by which those in a folder are told apart


@contextmanager
def opening(name: str, subfolder: str | None) -> Iterator[None]:
    """Turn what goes wrong while a pipeline is opened into a `DrawingError` that names it."""
    try:
        yield
    except DrawingError:
        raise
    except OPENING_ERRORS as error:
        place = f"{name}/{subfolder}" if subfolder else name
        raise DrawingError(f"The generator {place} cannot be opened: {error} {SAFE_ONLY}") from error


def to_dtype(dtype: str | torch.dtype | dict) -> Any:
    """Turn the name of a type of torch into the type."""
    if isinstance(dtype, dict):
        return {name: to_dtype(value) for name, value in dtype.items()}
    found = getattr(torch, dtype.removeprefix("torch."), None) if isinstance(dtype, str) else dtype
    if not isinstance(found, torch.dtype):
        raise DrawingError(f"dtype is {dtype!r}; it can be 'float32', 'float16' or 'bfloat16'.")
    return found


def switch(vae: Any, method: str, class_name: str) -> None:
    """Switch on a way of the autoencoder to use less memory."""
    if not hasattr(vae, method):
        raise DrawingError(f"The autoencoder of {class_name} has no {method}.")
    getattr(vae, method)()


def read_defaults(path: Path) -> dict[str, Any]:
    """Read `draw_defaults.json`."""
    try:
        defaults = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DrawingError(f"{path} is not JSON: {error}") from error
    if not isinstance(defaults, dict):
        raise DrawingError(f"{path} holds a {type(defaults).__name__}; an object of arguments is expected.")
    return defaults


def fingerprint(folder: Path) -> str:
    """Tell the pipelines of folders apart: a hash of names and sizes of files, their ends, and settings."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in (".json", ".safetensors")):
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            digest.update(f"{path.relative_to(folder).as_posix()} {size}\n".encode())
            digest.update(file.read())
    return digest.hexdigest()


def locate(
    name: str, subfolder: str | None, revision: str | None, load_kwargs: Mapping[str, Any]
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Find a pipeline.

    Returns:
        What diffusers opens; where it comes from (`id`, `revision`, `commit`, `subfolder`, of a folder `fingerprint`);
        what its `draw_defaults.json` holds.
    """
    if os.path.isdir(name):
        folder = Path(name, subfolder or "")
        found = SNAPSHOT.search(os.path.abspath(folder).replace(os.sep, "/"))
        origin = {"id": Path(os.path.abspath(name)).name, "revision": None, "commit": None}
        if found:
            origin |= {"id": found[1].replace("--", "/"), "commit": found[2]}
        origin |= {"subfolder": subfolder, "fingerprint": fingerprint(folder)}
        written = folder / DEFAULTS_FILE
        return str(folder), origin, read_defaults(written) if written.is_file() else {}
    hub = {key: load_kwargs[key] for key in ("cache_dir", "token", "local_files_only") if key in load_kwargs}
    prefix = f"{subfolder.strip('/')}/" if subfolder else ""
    index = hf_hub_download(name, f"{prefix}model_index.json", revision=revision, **hub)
    commit = SNAPSHOT.search(index)[2]
    try:
        defaults = read_defaults(Path(hf_hub_download(name, prefix + DEFAULTS_FILE, revision=commit, **hub)))
    except EntryNotFoundError:
        defaults = {}
    origin = {"id": name, "revision": revision, "commit": commit, "subfolder": subfolder}
    if not subfolder:
        return name, origin, defaults
    # `from_pretrained` of diffusers takes no subfolder.
    root = snapshot_download(name, revision=commit, allow_patterns=[f"{prefix}*"], ignore_patterns=PICKLED, **hub)
    return str(Path(root, subfolder)), origin, defaults


def open_pipeline(
    name: str,
    *,
    subfolder: str | None,
    revision: str | None,
    dtype: str | torch.dtype | dict | None,
    device: str | torch.device | None,
    offload: str | None,
    vae_slicing: bool,
    vae_tiling: bool,
    quantization_config: Any,
    load_kwargs: Mapping[str, Any],
) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Open a pipeline; the arguments and errors are those of `TextToVideo.from_pretrained`.

    Returns:
        The pipeline, where it comes from, and its defaults.
    """
    try:
        from diffusers import DiffusionPipeline
    except ImportError as error:
        raise DrawingError(f"Drawing needs diffusers: pip install 'gpt4video[draw]' ({error}).") from error
    if offload not in (None, "model", "sequential"):
        raise DrawingError(f"offload is {offload!r}; it can be 'model', 'sequential' or None.")
    if "use_safetensors" in load_kwargs:
        raise DrawingError(f"use_safetensors cannot be set. {SAFE_ONLY}")
    defaults = {}
    if name in PRESETS and not os.path.isdir(name):
        preset = PRESETS[name]
        name, revision, defaults = preset.model, revision or preset.revision, dict(preset.defaults)
        load_kwargs = {"variant": preset.variant, **load_kwargs}
    with opening(name, subfolder):
        source, origin, written = locate(name, subfolder, revision, load_kwargs)
        pipe = DiffusionPipeline.from_pretrained(
            source,
            revision=origin["commit"],
            # Left out, text encoders would keep the type they were saved in, and the other parts would not.
            dtype=to_dtype(dtype or "float32"),
            quantization_config=quantization_config,
            use_safetensors=True,
            **load_kwargs,
        )
        if offload:
            getattr(pipe, f"enable_{offload}_cpu_offload")(device=device)
        elif device is not None:
            pipe.to(device)
    for wanted, method in ((vae_slicing, "enable_slicing"), (vae_tiling, "enable_tiling")):
        if wanted:
            switch(getattr(pipe, "vae", None), method, type(pipe).__name__)
    return pipe, origin, defaults | written
