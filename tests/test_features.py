"""`features_gpt4video.py`: the cache of what frozen parts make of clips, and batches for runs that are sharded."""

import json
import resource
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from training_files import clip_row, encode, run, text_row, turn, two_clip_row
from transformers import AutoModelForImageTextToText

from gpt4video.features_gpt4video import (
    ClipCollator,
    FeatureCache,
    FeatureCacheError,
    MediaReader,
    media_key,
    take_frame_features,
)
from gpt4video.runs_gpt4video import RunError


pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def model(checkpoint: Path):
    return AutoModelForImageTextToText.from_pretrained(checkpoint, trust_remote_code=True).eval()


def rows_of(processor, data: Path) -> list[dict]:
    Image.new("RGB", (20, 30), "red").save(data / "a.png")
    content = [{"type": "image", "path": "a.png"}, {"type": "video", "path": "b.mp4"}, {"type": "text", "text": "?"}]
    mixed = {"messages": [{"role": "user", "content": content}, turn("assistant", "Red.")]}
    return [encode(row, processor, data) for row in (two_clip_row(), mixed, text_row())]


def fill(model, processor, rows: list[dict], folder: Path, level: str) -> FeatureCache:
    cache = FeatureCache(folder, level, FeatureCache.fingerprint_of(model, processor, level))
    columns = {name: [row[name] for row in rows] for name in ("videos", "images")}
    read = MediaReader(processor)
    cache.fill(model, read, read.all_of(columns), num_workers=0)
    return cache


@pytest.mark.parametrize("level", ["rows", "frames"])
def test_features_give_the_loss_of_pixels(model, processor, data: Path, level: str) -> None:
    rows = rows_of(processor, data)
    with torch.no_grad():
        expected = model(**ClipCollator(processor, data / "skipped")(rows)).loss
    cache = fill(model, processor, rows, data / "features", level)
    assert len(cache.places) == 3
    for name in ("vision_tower", "abstractor", "multi_modal_projector")[: 3 if level == "rows" else 1]:
        for parameter in getattr(model.model, name).parameters():
            parameter.data.fill_(torch.nan)
    if level == "frames":
        take_frame_features(model.model.vision_tower)
    batch = ClipCollator(processor, data / "skipped", cache)(rows)
    with torch.no_grad():
        loss = model(**batch).loss
    # measured: 0 and 2e-7
    torch.testing.assert_close(loss, expected, rtol=0, atol=1e-5)


def test_what_is_there_is_not_computed_again(model, processor, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of(processor, data)
    fill(model, processor, rows[:1], data / "features", "rows")
    computed = []
    encode_one = FeatureCache.encode
    monkeypatch.setattr(FeatureCache, "encode", lambda *a: computed.append(a[2]) or encode_one(*a))
    (data / "features" / "half.safetensors.partial").write_bytes(b"half")
    cache = fill(model, processor, rows, data / "features", "rows")
    assert computed == [f"image:{data}/a.png"] and len(cache.places) == 3


def test_a_stale_cache_is_refused(model, processor, data: Path) -> None:
    rows = rows_of(processor, data)
    fill(model, processor, rows, data / "features", "rows")
    with pytest.raises(FeatureCacheError, match="other weights, other settings or for other parts"):
        fill(model, processor, rows, data / "features", "frames")
    with torch.no_grad():
        model.model.multi_modal_projector.spatial_proj.bias[0] += 1e-6
    with pytest.raises(FeatureCacheError, match="other weights, other settings"):
        fill(model, processor, rows, data / "features", "rows")
    with torch.no_grad():
        model.lm_head.weight[0] += 1
    frames = fill(model, processor, rows, data / "frames", "frames")
    (data / "a.mp4").write_bytes((data / "b.mp4").read_bytes() + b" ")
    with pytest.raises(FeatureCacheError, match="a.mp4 has changed since .*frames/"):
        FeatureCache(data / "frames", "frames", frames.fingerprint)


def test_foreign_and_cut_files_are_named(model, processor, data: Path) -> None:
    folder = data / "features"
    cache = fill(model, processor, rows_of(processor, data), folder, "rows")
    whole = next(folder.glob("*.safetensors"))
    content = whole.read_bytes()
    whole.write_bytes(content[: len(content) // 2])
    with pytest.raises(FeatureCacheError, match=f"{whole.name} is not whole"):
        FeatureCache(folder, "rows", cache.fingerprint)
    save_file({"x": torch.zeros(1)}, whole)
    with pytest.raises(FeatureCacheError, match=f"{whole.name} was made with other weights"):
        FeatureCache(folder, "rows", cache.fingerprint)


def test_a_full_disk_under_the_cache_is_named(model, processor, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpt4video.features_gpt4video.CHUNK_SIZE", 1)
    folder, rows = data / "features", rows_of(processor, data)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def save_while_there_is_room(*args) -> None:
        room = 64 if list(folder.glob("*.safetensors")) else limits[0]
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
        try:
            save_file(*args)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    monkeypatch.setattr("gpt4video.features_gpt4video.save_file", save_while_there_is_room)
    with pytest.raises(RunError, match=r"cannot be written in .*features: .*Make room there .* are kept"):
        fill(model, processor, rows, folder, "rows")
    monkeypatch.undo()
    (kept,) = folder.iterdir()
    assert kept.suffix == ".safetensors" and len(fill(model, processor, rows, folder, "rows").places) == 3


def test_a_clip_that_changes_while_it_is_encoded_is_stale(
    model, processor, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode_one = FeatureCache.encode

    def replaced(*args) -> torch.Tensor:
        (data / "a.mp4").write_bytes((data / "b.mp4").read_bytes())
        return encode_one(*args)

    monkeypatch.setattr(FeatureCache, "encode", replaced)
    with pytest.raises(FeatureCacheError, match="a.mp4 has changed since"):
        fill(model, processor, rows_of(processor, data), data / "features", "rows")


def test_other_sampling_is_another_fingerprint(model, processor, data: Path) -> None:
    before = FeatureCache.fingerprint_of(model, processor, "rows")
    frames = processor.video_processor.num_frames
    processor.video_processor.num_frames = frames + 1
    try:
        assert FeatureCache.fingerprint_of(model, processor, "rows") != before
    finally:
        processor.video_processor.num_frames = frames


def test_clips_in_bytes_are_named_by_their_bytes() -> None:
    keys = {media_key("video", {"path": path, "bytes": data}) for path in ("a", None) for data in (b"x", b"y")}
    assert len(keys) == 2


def test_unreadable_clips_are_written_down_and_skipped(model, processor, data: Path) -> None:
    rows = [encode(row, processor, data) for row in (clip_row(), clip_row("missing.mp4"))]
    cache = fill(model, processor, rows, data / "features", "rows")
    assert len(cache.places) == 1
    batch = ClipCollator(processor, data / "skipped", cache)(rows)
    assert len(batch["input_ids"]) == 1 and "missing.mp4" in (data / "skipped").read_text()


def test_the_tower_cannot_train_on_its_own_features() -> None:
    assert FeatureCache.level_for(["language_model"]) == "rows"
    assert FeatureCache.level_for(["language_model", "multi_modal_projector"]) == "frames"
    with pytest.raises(FeatureCacheError, match="needs a frozen vision tower"):
        FeatureCache.level_for(["vision_tower"])


@pytest.mark.parametrize("train", [["language_model"], ["abstractor", "language_model"]])
def test_runs_with_and_without_the_cache_learn_the_same(checkpoint: Path, data: Path, train: list[str]) -> None:
    losses = []
    for folder, cache in (("pixels", None), ("features", data / "cache"), ("again", data / "cache")):
        report = run(checkpoint, data, data / folder, train=train, feature_cache=cache)
        losses.append([entry["loss"] for entry in report["log"] if "loss" in entry])
        assert report["changes"] == {"unchanged": [], "moved": []}
    for other in losses[1:]:
        assert other == pytest.approx(losses[0], abs=1e-5)
    (path,) = (data / "cache").glob("*.safetensors")
    with safe_open(path, framework="pt") as file:
        assert [key.rpartition("/")[2] for key, _ in json.loads(file.metadata()["clips"])] == ["a.mp4", "b.mp4"]


def test_sharded_runs_walk_through_all_modules_without_a_clip(model, processor, data: Path) -> None:
    rows = [encode(text_row(), processor, data)] * 2
    plain, padded = (ClipCollator(processor, data / "skipped", needs_clip=needs)(rows) for needs in (False, True))
    assert "pixel_values_videos" not in plain and len(padded["input_ids"]) == 3
    torch.testing.assert_close(model(**padded).loss, model(**plain).loss, rtol=0, atol=1e-6)
    model(**padded).loss.backward()
    assert all(parameter.grad is not None for parameter in model.model.abstractor.parameters())
    with_clip = ClipCollator(processor, data / "skipped", needs_clip=True)([encode(clip_row(), processor, data)])
    assert len(with_clip["input_ids"]) == 1


def test_a_resumed_stream_does_not_read_again(processor, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    collator = ClipCollator(processor, data / "skipped")
    rows = [encode(clip_row(), processor, data)]
    collator.skip_batches = 2
    monkeypatch.setattr("gpt4video.features_gpt4video.get_worker_info", lambda: None)
    assert ["pixel_values_videos" in collator(rows) for _ in range(3)] == [False, False, True]
