# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The clips of a batch: their pixels, or what the frozen parts of the model made of them once.

`ClipCollator` makes batches of encoded rows. With a `FeatureCache`, a clip is not read and encoded again at each step:
its features are taken from safetensors files that `FeatureCache.fill` wrote, distributed over the processes of a run
and, after a kill, from where it ended. Which features depends on what trains:

| trains | kept | shape |
|---|---|---|
| the language model alone | `rows`, what it reads of a clip | `(num_video_tokens, text_hidden_size)` |
| abstractor or projections too | `frames`, what the vision tower returns | `(T, num_patches + 1, hidden_size)` |
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from accelerate import PartialState
from datasets import Dataset
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, get_worker_info
from tqdm import tqdm
from transformers import PreTrainedModel, ProcessorMixin
from transformers.modeling_outputs import BaseModelOutputWithPooling

from gpt4video.data_gpt4video import IGNORED
from gpt4video.lines_gpt4video import open_weights
from gpt4video.runs_gpt4video import RunError
from gpt4video.skipped_gpt4video import note_skipped


CHUNK_SIZE = 64  # clips in a file of the cache
PARTS = ("vision_tower", "abstractor", "multi_modal_projector", "language_model")


class FeatureCacheError(ValueError):
    """A feature cache does not fit the model, the processor or the clips. The message names what differs."""


class ShardedBatchError(ValueError):
    """Processes of a sharded run would walk through different modules and wait for each other for ever."""


def part_of(name: str) -> str:
    """Name the part that a parameter belongs to; the head counts to the language model."""
    return next((part for part in PARTS if f".{part}." in name), "language_model")


def media_key(kind: str, source: dict) -> str:
    """Name a clip or an image: its place, or a hash of its bytes."""
    data = source["bytes"]
    return f"{kind}:{source['path'] if data is None else hashlib.blake2b(data, digest_size=16).hexdigest()}"


def file_state(source: dict) -> list[int] | None:
    """Size and time of change, in nanoseconds, of a local file; `None` for URLs and bytes."""
    if source["bytes"] is not None or not os.path.exists(source["path"]):
        return None
    state = os.stat(source["path"])
    return [state.st_size, state.st_mtime_ns]


class MediaReader:
    """Reads clips `(num_frames, 3, height, width)` and images `(3, height, width)` as the model takes them."""

    def __init__(self, processor: ProcessorMixin):
        self.processor = processor
        self.error = sys.modules[type(processor.video_processor).__module__].ClipError

    def __call__(self, kind: str, source: dict) -> torch.Tensor:
        """Read one. Raises `ClipError` if it cannot be read."""
        media = source["path"] if source["bytes"] is None else source["bytes"]
        if kind == "video":
            return self.processor.video_processor(media, return_tensors="pt")["pixel_values_videos"][0]
        image = self.processor.prepare_inputs_layout(images=[media])[0][0]
        return self.processor.image_processor(image, return_tensors="pt")["pixel_values"][0]

    def all_of(self, rows: Dataset) -> dict[str, tuple[str, dict]]:
        """List the clips and images of encoded rows by their keys."""
        media = {}
        for kind, column in (("video", "videos"), ("image", "images")):
            for sources in rows[column]:
                media |= {media_key(kind, source): (kind, source) for source in sources}
        return media


class FeatureCache:
    """Features of clips and images in a folder of safetensors files, each with what it was made of in its header.

    Args:
        folder (`Path`): Where the files lie.
        level (`str`): `"rows"` or `"frames"`, see above.
        fingerprint (`str`): Hash of the frozen weights and of the processor's settings, from `fingerprint_of`.

    Raises:
        FeatureCacheError: If a file was made with other weights, other settings, or of a clip that has changed since.
    """

    def __init__(self, folder: Path, level: Literal["rows", "frames"], fingerprint: str):
        self.folder, self.level, self.fingerprint = folder, level, fingerprint
        self.places: dict[str, tuple[Path, str]] = {}
        self.files: dict[Path, Any] = {}
        for path in sorted(folder.glob("*.safetensors")):
            try:
                with safe_open(path, framework="pt") as file:
                    header = file.metadata()
            except SafetensorError as error:
                raise FeatureCacheError(f"{path} is not whole ({error}). Delete it: it is made anew.") from error
            self.add(path, header or {})

    def __getstate__(self) -> dict:
        return self.__dict__ | {"files": {}}

    def __contains__(self, key: str) -> bool:
        return key in self.places

    def __getitem__(self, key: str) -> torch.Tensor:
        path, name = self.places[key]
        if path not in self.files:
            self.files[path] = safe_open(path, framework="pt")
        return self.files[path].get_tensor(name)

    @staticmethod
    def level_for(train: Iterable[str]) -> Literal["rows", "frames"]:
        """Choose what can be kept while these parts train. Raises `FeatureCacheError` if the vision tower trains."""
        if "vision_tower" in train:
            raise FeatureCacheError("A feature cache needs a frozen vision tower; leave it out of train.")
        return "frames" if {"abstractor", "multi_modal_projector"}.intersection(train) else "rows"

    @staticmethod
    def fingerprint_of(model: PreTrainedModel, processor: ProcessorMixin, level: str) -> str:
        """Hash the weights that features of this level depend on, and the settings by which clips are read."""
        parts = PARTS[:1] if level == "frames" else PARTS[:3]
        total = hashlib.blake2b(digest_size=16)
        config = model.config
        settings = [level, processor.video_processor.to_dict(), processor.image_processor.to_dict()]
        settings += [config.vision_config.to_dict(), config.abstractor_config.to_dict()]
        total.update(json.dumps(settings, sort_keys=True, default=str).encode())
        for name, tensor in sorted(model.state_dict().items()):
            if part_of(name) in parts:
                total.update(name.encode())
                total.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
        return total.hexdigest()

    def add(self, path: Path, header: dict[str, str]) -> None:
        """Take a file in, after a check that it still holds."""
        if header.get("fingerprint") != self.fingerprint:
            raise FeatureCacheError(
                f"{path} was made with other weights, other settings or for other parts that train. Choose another "
                f"feature_cache, or delete {self.folder}."
            )
        for number, (key, state) in enumerate(json.loads(header["clips"])):
            place = key.partition(":")[2]
            now = file_state({"path": place, "bytes": None}) if state else None
            if state and now and now != state:
                raise FeatureCacheError(f"{place} has changed since {path} was made; delete that file.")
            self.places[key] = path, str(number)

    @torch.no_grad()
    def fill(self, model: PreTrainedModel, read: MediaReader, media: dict, num_workers: int) -> None:
        """Compute the features that are missing. Each process of a run takes its share and waits for the others.

        Args:
            model (`PreTrainedModel`): The model, on the device to compute on.
            read (`MediaReader`): Reads clips and images.
            media (`dict`): Clips and images by their keys, from `MediaReader.all_of`.
            num_workers (`int`): Processes that read clips.

        What cannot be read is left out; the rows that ask for it are skipped when their batch is due.
        """
        state = PartialState()
        missing = [key for key in media if key not in self]
        # Nobody writes before all have seen the same files: each takes its share of the same list.
        state.wait_for_everyone()
        own = missing[state.process_index :: state.num_processes]
        chunks = [own[at : at + CHUNK_SIZE] for at in range(0, len(own), CHUNK_SIZE)]
        self.folder.mkdir(parents=True, exist_ok=True)
        was_training = model.training
        model.eval()
        loader = DataLoader(chunks, collate_fn=partial(read_chunk, read=read, media=media), num_workers=num_workers)
        with tqdm(total=sum(map(len, chunks)), desc="Features", unit="clip", disable=not state.is_main_process) as bar:
            for clips, states in loader:
                features = {key: self.encode(model, key, clip) for key, clip in clips.items() if clip is not None}
                if features:
                    self.write(features, states)
                bar.update(len(clips))
        model.train(was_training)
        state.wait_for_everyone()
        self.__init__(self.folder, self.level, self.fingerprint)

    def encode(self, model: PreTrainedModel, key: str, clip: torch.Tensor) -> torch.Tensor:
        """Compute the features of one clip or image."""
        clip = clip.to(model.device, model.dtype)[None]
        encode = model.get_video_features if key.startswith("video:") else model.get_image_features
        output = encode(clip, return_dict=True)
        if self.level == "rows":
            return output.pooler_output[0].cpu().contiguous()
        frames = output.last_hidden_state[0].cpu().contiguous()
        return frames if key.startswith("video:") else frames[0]

    def write(self, features: dict[str, torch.Tensor], states: dict[str, list[int] | None]) -> None:
        """Write a file; it gets its name when it is complete. Raises `RunError` if there is no room for it."""
        name = hashlib.blake2b("\n".join(features).encode(), digest_size=8).hexdigest()
        path, unfinished = (self.folder / f"{name}.safetensors{end}" for end in ("", ".partial"))
        clips = [[key, states[key]] for key in features]
        tensors = {str(number): tensor for number, tensor in enumerate(features.values())}
        header = {"fingerprint": self.fingerprint, "clips": json.dumps(clips)}
        try:
            save_file(tensors, unfinished, header)
            open_weights(unfinished)
            os.replace(unfinished, path)
        except (OSError, SafetensorError) as error:
            raise RunError(
                f"Features cannot be written in {self.folder}: {error}. Make room there and give the same command "
                "again; those that are there are kept."
            ) from error


def read_chunk(chunks: list[list[str]], read: MediaReader, media: dict) -> tuple[dict, dict]:
    """Read the clips and images of a chunk, `None` for one that cannot be read; also the states of their files."""
    clips: dict[str, torch.Tensor | None] = {}
    states = {key: file_state(media[key][1]) for key in chunks[0]}
    for key in chunks[0]:
        try:
            clips[key] = read(*media[key])
        except read.error:
            clips[key] = None
    return clips, states


def take_frame_features(tower: nn.Module) -> None:
    """Let a vision tower return what it is given: batches bring its features `(num_clips, T, P + 1, D)`."""

    def forward(pixel_values_videos: torch.Tensor, **kwargs: Any) -> BaseModelOutputWithPooling:
        return BaseModelOutputWithPooling(last_hidden_state=pixel_values_videos)

    tower.forward = forward


class ClipCollator:
    """Pads rows on the right and reads their clips and images, or takes their features from a cache.

    A row that cannot be read is left out and gets a line in `skipped_file`, which all processes of a run share.

    Args:
        processor (`ProcessorMixin`): The processor of the model.
        skipped_file (`Path`): Where rows that are left out are written down.
        cache (`FeatureCache`, *optional*): Features in place of pixels.
        needs_clip (`bool`): Give a batch without clips a blank one, in a row of its own from which nothing is learned:
            where weights are sharded, all processes must walk through the same modules.
    """

    def __init__(
        self,
        processor: ProcessorMixin,
        skipped_file: Path,
        cache: FeatureCache | None = None,
        needs_clip: bool = False,
    ):
        self.processor, self.skipped_file, self.cache = processor, skipped_file, cache
        self.needs_clip = needs_clip
        self.read = MediaReader(processor)
        self.skip_batches = self.num_calls = 0

    def passes_over(self) -> bool:
        """Say whether this batch was learned from before a stream was resumed, so that its clips need no reading.

        Worker `w` of `n` makes the batches `w`, `w + n`, `w + 2 n`, ... of a process.
        """
        worker = get_worker_info()
        index = self.num_calls * worker.num_workers + worker.id if worker else self.num_calls
        self.num_calls += 1
        return index < self.skip_batches

    def take(self, kind: str, source: dict) -> torch.Tensor:
        """Read a clip or an image, or take its features."""
        if self.cache is None:
            return self.read(kind, source)
        key = media_key(kind, source)
        if key not in self.cache:
            self.read(kind, source)
            raise self.read.error(f"{key} has no features in {self.cache.folder}")
        return self.cache[key]

    def blank_clip(self) -> torch.Tensor:
        """Make a clip of two frames, so that it passes through the temporal blocks, or the features of one."""
        if self.cache is not None:
            key = next((key for key in self.cache.places if key.startswith("video:")), None)
            if key is None:
                raise FeatureCacheError("A sharded run needs the features of at least one clip in its feature cache.")
            return torch.zeros_like(self.cache[key][:1]).repeat_interleave(2, dim=0)
        size = self.processor.video_processor.size
        return torch.zeros(2, 3, size["height"], size["width"])

    def __call__(self, rows: list[dict]) -> dict[str, Any]:
        """Make a batch of encoded rows; `video_num_frames` is in it if the clips differ in length."""
        kept, clips, images = [], [], []
        if not self.passes_over():
            for row in rows:
                try:
                    row_clips = [self.take("video", clip) for clip in row["videos"]]
                    row_images = [self.take("image", image) for image in row["images"]]
                except self.read.error as error:
                    note_skipped(self.skipped_file, row["row"], error=str(error))
                    continue
                kept.append(row)
                clips += row_clips
                images += row_images
        takes_rows = self.cache is not None and self.cache.level == "rows"
        # With rows in place of clips no visual module is walked through.
        if self.needs_clip and (images or len({len(clip) for clip in clips}) > 1) and not takes_rows:
            raise ShardedBatchError(
                "A sharded run takes clips of one length and no images, or a feature cache of rows."
            )
        if self.needs_clip and not clips and not takes_rows:
            clips.append(self.blank_clip())
            ids = [self.processor.video_token_id] * self.processor.num_video_tokens
            kept.append({"input_ids": ids, "labels": [IGNORED] * len(ids)})
        pad, pad_id = partial(pad_sequence, batch_first=True), self.processor.tokenizer.pad_token_id
        # A batch that lost all its rows still takes its step, with nothing to learn.
        kept = kept or [{"input_ids": [pad_id], "labels": [IGNORED]}]
        ids, labels = ([torch.tensor(row[key]) for row in kept] for key in ("input_ids", "labels"))
        batch = {"input_ids": pad(ids, padding_value=pad_id), "labels": pad(labels, padding_value=IGNORED)}
        batch["attention_mask"] = pad([torch.ones_like(row) for row in ids])
        if takes_rows:
            features = {"video": clips, "image": images}
            batch["mm_encoder_outputs"] = {
                name: BaseModelOutputWithPooling(pooler_output=torch.stack(some))
                for name, some in features.items()
                if some
            }
            return batch
        if clips:
            batch["pixel_values_videos"] = pad(clips)
            if len({len(clip) for clip in clips}) > 1:
                batch["video_num_frames"] = torch.tensor([len(clip) for clip in clips])
        if images:
            batch["pixel_values"] = torch.stack(images)
        return batch
