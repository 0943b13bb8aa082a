"""The direct training of the eye: targets, pools, losses, optimiser. `python -m pytest tests/test_train_eye.py`"""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from gpt4video.embedded import clips, eye_clips, train_eye
from gpt4video.embedded.muon import orthogonalise


SEQUENCE = clips.Scene("sequence", ("cat", "bus"), ("still", "growing"), "red")
PAIR = clips.Scene("pair", ("cat", "bus"), ("still", "still"), "red")


def targets(scene: clips.Scene) -> dict[str, np.ndarray]:
    _, record = clips.render_sampled(scene, np.random.default_rng(0), num_frames=8, size=64)
    return eye_clips.targets_of(record)


def test_sequence_uses_the_first_slot_for_whatever_is_visible():
    wanted = targets(SEQUENCE)
    cat, bus = clips.OBJECTS.index("cat"), clips.OBJECTS.index("bus")
    assert wanted["object"].tolist() == [cat, bus]
    assert wanted["visible"].tolist() == [[True, False]] * 8
    assert wanted["slot_object"][0, 0] == cat
    assert wanted["slot_object"][-1, 0] == bus
    assert (wanted["boxes"][:, 0, 2:] > 0).all()


def test_pair_uses_both_slots_from_left_to_right():
    wanted = targets(PAIR)
    assert wanted["visible"].all()
    assert (wanted["boxes"][:, 0, 0] < wanted["boxes"][:, 1, 0]).all()


def test_single_object_leaves_the_second_slot_empty():
    wanted = targets(clips.Scene("one", ("cat",), ("upwards",), "blue"))
    assert wanted["object"].tolist() == [clips.OBJECTS.index("cat"), len(clips.OBJECTS)]
    assert wanted["motion"].tolist() == [clips.MOTIONS.index("upwards"), len(clips.MOTIONS)]
    assert not wanted["visible"][:, 1].any()


def test_patches_belong_to_the_object_that_covers_them():
    boxes = torch.zeros(1, 1, 2, 4)
    boxes[0, 0, 0] = torch.tensor([0.25, 0.5, 0.25, 0.25])
    batch = {"boxes": boxes, "visible": torch.tensor([[[True, False]]])}
    owner = eye_clips.owners_of(batch).view(8, 8)
    assert owner[3:5, 1:3].eq(0).all()
    assert owner.eq(0).sum() == 4


def test_shifts_are_unknown_at_the_ends_and_across_a_cut():
    boxes = torch.full((1, 4, 2, 4), 0.25)
    boxes[0, :, 0, 0] = torch.tensor([0.1, 0.2, 0.5, 0.6])
    slot_object = torch.tensor([[[0, 9], [0, 9], [1, 9], [1, 9]]])
    shift, known = eye_clips.shifts_of(boxes, slot_object)
    assert known[0, :, 0, 0].tolist() == [True, False, True, False]
    assert known[0, :, 0, 3].tolist() == [False, True, False, True]
    torch.testing.assert_close(shift[0, 0, 0, 0], torch.tensor(0.8), atol=1e-6, rtol=0.0)


def test_training_batches_hold_no_test_compositions(monkeypatch: pytest.MonkeyPatch):
    seen = []
    original = clips.sample_scene
    monkeypatch.setattr(clips, "sample_scene", lambda *args: seen.append(original(*args)) or seen[-1])
    eye_clips.render_batch(np.random.default_rng(0), "train", count=6, num_frames=2)
    assert [clips.split_of(scene) for scene in seen] == ["train"] * 6


@pytest.mark.parametrize("shape", [(2, 16, 32), (1, 16, 48), (3, 48, 16)])
def test_orthogonalise_pushes_singular_values_to_one(shape: tuple[int, int, int]):
    values = torch.linalg.svdvals(orthogonalise(torch.randn(shape)))
    assert values.min() > 0.3
    assert values.max() < 1.3


def test_reading_a_part_of_the_patches_in_order_equals_the_whole():
    eye = train_eye.Eye().eval()
    frames = torch.randint(256, (1, 8, 64, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        whole, part = eye.encode(frames), eye.encode(frames, torch.arange(64)[None])
    for one, other in zip(whole, part, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("single", [True, False])
def test_every_parameter_that_a_batch_reaches_gets_a_gradient(single: bool):
    eye = train_eye.Eye()
    batch = eye_clips.render_batch(np.random.default_rng(3), "train", count=4)
    if single:
        batch = eye_clips.select_frames(batch, torch.arange(4), num_frames=8)
    losses = train_eye.losses_of(eye, batch, num_patches=28, generator=torch.Generator().manual_seed(0))
    sum(losses.values()).backward()
    missing = {name for name, param in eye.named_parameters() if param.grad is None}
    temporal = {name for name, _ in eye.named_parameters() if "temporal" in name}
    heads = {"frame_head", *(f"clip_heads.{index}" for index in (2, 3, 5))}
    silent = {f"{head}.{kind}" for head in heads for kind in ("weight", "bias")}
    assert missing == (temporal | silent if single else set())


def test_export_holds_the_eye_and_nothing_else(tmp_path):
    eye = train_eye.Eye()
    train_eye.export(tmp_path, eye, {"seed": 0})
    tensors = load_file(tmp_path / "eye.safetensors")
    assert {name.split(".")[0] for name in tensors} == {"vision_tower", "abstractor"}
    report = json.loads((tmp_path / "eye.json").read_text())
    assert (tmp_path / "eye.safetensors").stat().st_mode == (tmp_path / "eye.json").stat().st_mode
    assert report["parameters"] == sum(tensor.numel() for tensor in tensors.values())
