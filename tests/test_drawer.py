"""The drawing model's world, judge, stages and closed loop, tiny. `python -m pytest tests/test_drawer.py`"""

import json
import os

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline
from safetensors.torch import load_file

from gpt4video.embedded import (
    clips,
    drawing_autoencoder,
    drawing_denoiser,
    drawing_probe,
    drawing_words,
    evaluate_loop,
    train_drawer,
)
from gpt4video.embedded.drawn_world import DRAWN_OBJECTS, SIZES, label_of, render_one, scene_of, scenes_of
from gpt4video.embedded.muon import Muon
from gpt4video.embedded.resumable import Training


TINY = """
    --threads 1 --objects 2 --jitters 1 --encoded_jitters 1 --held_out_every 8 --drawings 3 --choice_drawings 3
    --probe_steps 2 --autoencoder_steps 3 --words_steps 2 --denoiser_steps 4 --autoencoder_channels 8 8 16 16
    --denoiser_heads 1 --denoiser_layers 1 --swap_seconds 0 --draw_seconds 1000
""".split()
SCENE = clips.Scene("one", ("fish",), ("upwards",), "red")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(drawing_words, "VOCABULARY_TEXTS", 200)
    monkeypatch.setattr(drawing_probe, "BATCH", 2)
    monkeypatch.setattr(drawing_autoencoder, "BATCH", 2)
    monkeypatch.setattr(drawing_autoencoder, "CROP_BATCH", 2)
    monkeypatch.setattr(drawing_denoiser, "BATCH", 3)
    monkeypatch.setattr(train_drawer, "STEP_CHOICES", (2,))
    monkeypatch.setattr(train_drawer, "GUIDANCE_CHOICES", (2.0, 1.5))
    yield
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))


@pytest.fixture
def no_gates(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(train_drawer, "GATES", dict.fromkeys(train_drawer.GATES, {}))


# --------------------------------------------------------------------------------------------------------------------
# The world and the judge


def test_splits_of_the_drawn_world_share_no_scene_and_cover_every_name():
    train, test = scenes_of("train"), scenes_of("test")
    assert len(train) + len(test) == len(DRAWN_OBJECTS) * len(clips.MOTIONS) * len(clips.BACKGROUNDS)
    assert not set(train) & set(test)
    for split in (train, test):
        assert {scene.objects[0] for scene in split} == set(DRAWN_OBJECTS)
        assert {scene.motions[0] for scene in split} == set(clips.MOTIONS)
        assert {scene.background for scene in split} == set(clips.BACKGROUNDS)


def test_labels_name_their_scene():
    assert [scene_of(np.array(label_of(scene))) for scene in scenes_of("test")] == scenes_of("test")


def test_drawn_objects_are_large_and_the_rest_of_the_world_is_as_before():
    for seed in range(20):
        _, boxes = render_one(SCENE, [seed])
        assert SIZES[0] <= boxes[:, 2:].max() <= SIZES[1]
    generators = np.random.default_rng(3), np.random.default_rng(3)
    usual, _ = clips.render_sampled(SCENE, generators[0])
    given, _ = clips.render_sampled(SCENE, generators[1], sizes=clips.SIZES)
    assert (usual == given).all()


def test_shipped_probe_names_rendered_clips():
    probe = drawing_probe.open_probe(train_drawer.REPO_ROOT / "embedded" / "drawing_probe.safetensors")
    scenes = scenes_of("test")[::5]
    frames = np.stack([render_one(scene, [123, index])[0] for index, scene in enumerate(scenes)])
    labels = np.array([label_of(scene) for scene in scenes])
    assert (drawing_probe.name_all(probe, frames) == labels).mean() > 0.97
    backwards = drawing_probe.name_all(probe, frames[:, ::-1])
    moving = labels[:, 1] != clips.MOTIONS.index("still")
    assert (backwards[moving, 1] != labels[moving, 1]).mean() > 0.9


def test_augmented_clips_stay_clips_and_depend_on_the_generator_alone():
    frames = np.stack([render_one(SCENE, [seed])[0] for seed in range(2)])
    one, two, other = (drawing_probe.augment(frames, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6))
    assert one.shape == (2, 8, 3, 48, 48)
    assert 0 <= one.min() < one.max() <= 1
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


# --------------------------------------------------------------------------------------------------------------------
# Parts


def test_muon_takes_convolutions_as_matrices():
    kernels = torch.nn.Parameter(torch.randn(6, 2, 3, 3))
    matrix = torch.nn.Parameter(kernels.detach().flatten(1).clone())
    optimizer = Muon([kernels, matrix], lr=0.1)
    gradient = torch.randn(6, 2, 3, 3)
    kernels.grad, matrix.grad = gradient, gradient.flatten(1)
    optimizer.step()
    torch.testing.assert_close(kernels.flatten(1), matrix, atol=1e-6, rtol=0.0)


def test_whitening_keeps_the_pixels_and_gives_latents_variance_one():
    torch.manual_seed(0)
    vae = drawing_autoencoder.build_autoencoder((8, 8, 16, 16)).eval()
    frames = np.stack([render_one(SCENE, [seed])[0] for seed in range(3)])
    latents = drawing_autoencoder.encode_all(vae, frames)
    before = drawing_autoencoder.decode_all(vae, latents)
    drawing_autoencoder.whiten(vae, latents)
    white = drawing_autoencoder.encode_all(vae, frames)
    torch.testing.assert_close(white.mean((0, 1, 3, 4)), torch.zeros(12), atol=1e-3, rtol=0.0)
    torch.testing.assert_close(white.std((0, 1, 3, 4)), torch.ones(12), atol=1e-3, rtol=0.0)
    assert np.abs(drawing_autoencoder.decode_all(vae, white).astype(int) - before).max() <= 1
    assert vae.encode(torch.zeros(1, 3, 48, 48)).latent_dist.std.max() < 1e-4


def test_weights_mark_the_cells_under_the_box():
    boxes = torch.tensor([[[0.25, 0.5, 0.25, 0.1]]]).expand(1, 8, 4)
    weights = drawing_denoiser.weights_of(boxes)
    assert weights.shape == (1, 1, 8, 6, 6)
    marked = weights[0, 0, 0] == drawing_denoiser.BOX_WEIGHT
    assert marked.nonzero().tolist() == [[2, 0], [2, 1], [2, 2], [3, 0], [3, 1], [3, 2]]


def test_wordings_of_a_scene_are_short_and_from_the_training_split():
    scenes = scenes_of("train", 2)
    tokenizer = drawing_words.train_tokenizer(scenes, seed=0)
    written = drawing_denoiser.reworded(scenes[:3], tokenizer, seed=1)
    assert len(written) == 3 * drawing_denoiser.WORDINGS
    assert max(len(tokenizer(text).input_ids) for text in written) <= drawing_denoiser.LONGEST
    assert tokenizer("A CAR, moving!").input_ids == tokenizer("a car moving").input_ids
    assert tokenizer("").input_ids == [tokenizer.eos_token_id]


def test_training_resumes_bit_for_bit_after_a_kill(tmp_path):
    def run(folder, total: int, stop: int | None = None) -> torch.Tensor:
        torch.manual_seed(0)
        layer = torch.nn.Linear(3, 3)
        optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
        training = Training(folder, "one", 7, {"layer": layer, "optimizer": optimizer}, save_seconds=0)
        for step, generator in training.steps(total):
            if step == stop:
                raise KeyboardInterrupt
            layer(torch.randn(2, 3, generator=generator)).square().mean().backward()
            optimizer.step()
            optimizer.zero_grad()
        return layer.weight.detach()

    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    whole = run(tmp_path / "whole", 6)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed", 6, stop=4)
    assert torch.equal(run(tmp_path / "killed", 6), whole)
    assert not list(tmp_path.glob("*/*.tmp"))


# --------------------------------------------------------------------------------------------------------------------
# All stages


@pytest.mark.usefixtures("no_gates")
def test_stages_resume_to_the_same_weights_and_the_folder_draws(tmp_path, monkeypatch: pytest.MonkeyPatch):
    train_drawer.main(["--output", str(tmp_path / "whole"), *TINY])
    killed = tmp_path / "killed"
    with monkeypatch.context() as patch:
        patch.setattr(train_drawer.Drawer, "train_latents", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train_drawer.main(["--output", str(killed), *TINY])
    with monkeypatch.context() as patch:
        patch.setattr(drawing_denoiser, "follow", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train_drawer.main(["--output", str(killed), *TINY])
    train_drawer.main(["--output", str(killed), *TINY])
    for part in ("vae", "transformer", "text_encoder"):
        (name,) = {path.name for path in (killed / "text_to_video" / part).glob("*.safetensors")}
        one, two = (load_file(folder / "text_to_video" / part / name) for folder in (tmp_path / "whole", killed))
        assert one.keys() == two.keys()
        assert all(torch.equal(one[key], two[key]) for key in one), part
    configs = list((killed / "text_to_video").glob("*/config.json"))
    assert len(configs) == 3
    assert not [path for path in configs if str(tmp_path) in path.read_text()]
    pipe = DiffusionPipeline.from_pretrained(killed / "text_to_video")
    assert type(pipe).__name__ == "LattePipeline"
    drawn = pipe(
        "a car growing on a red background",
        num_inference_steps=2,
        video_length=8,
        height=48,
        width=48,
        clean_caption=False,
        output_type="pt",
    ).frames
    assert drawn.shape == (1, 8, 3, 48, 48)
    defaults = json.loads((killed / "text_to_video" / "draw_defaults.json").read_text())
    assert defaults["num_inference_steps"] == 2
    assert defaults["guidance_scale"] in (1.5, 2.0)
    lines = [json.loads(line) for line in (killed / "log.jsonl").read_text().splitlines()]
    assert {"right_0.95", "object_0.5", "motion_0.8", "background_0.95"} <= lines[-1]["swap"].keys()


def test_missed_gate_ends_with_exit_code_one_and_is_asked_again(tmp_path):
    for _ in range(2):
        with pytest.raises(SystemExit, match="continue with a larger --probe_steps") as error:
            train_drawer.main(["--output", str(tmp_path), *TINY])
        # A text as code is what the interpreter prints before it leaves with 1.
        assert isinstance(error.value.code, str)
    assert not (tmp_path / "probe.json").exists()


def test_drawing_many_at_once_equals_the_pipeline_drawing_one(tmp_path):
    scenes = scenes_of("train", 2)
    tokenizer = drawing_words.train_tokenizer(scenes, seed=0)
    torch.manual_seed(0)
    encoder = drawing_words.build_encoder(tokenizer).eval()
    model = drawing_denoiser.build_denoiser(heads=1, layers=1).eval()
    torch.nn.init.normal_(model.proj_out.weight, std=0.1)
    vae = drawing_autoencoder.build_autoencoder((8, 8, 16, 16)).eval()
    pipe = train_drawer.LattePipeline(tokenizer, encoder, vae, model, drawing_denoiser.build_scheduler())
    texts = ["a car moving upwards on a blue background", "airplane, still, red"]
    encoded = drawing_denoiser.encode_texts(encoder, tokenizer, texts)
    nothing = drawing_denoiser.encode_nothing(encoder, tokenizer)
    one = [
        pipe(
            text,
            num_inference_steps=3,
            guidance_scale=2.0,
            video_length=8,
            height=48,
            width=48,
            clean_caption=False,
            generator=torch.Generator().manual_seed(7 + index),
            output_type="latent",
        )
        .frames[0]
        .transpose(0, 1)
        for index, text in enumerate(texts)
    ]
    drawing_denoiser.read_text_once(model)
    many = drawing_denoiser.draw(model, encoded, nothing, 3, 2.0, 7)
    torch.testing.assert_close(many, torch.stack(one), atol=1e-4, rtol=0.0)


# --------------------------------------------------------------------------------------------------------------------
# The closed loop


def test_requests_are_held_out_and_go_round_all_compositions():
    loops = evaluate_loop.write_requests(len(scenes_of("test")), seed=3)
    assert {loop.scene for loop in loops} == set(scenes_of("test"))
    assert len({loop.request for loop in loops}) > 0.9 * len(loops)


def test_marks_need_a_clip_and_the_right_names():
    loop = evaluate_loop.Loop(SCENE, "Draw a fish that rises on red.")
    assert not any(loop.marks().values())
    assert not loop.right_prompt
    loop.prompt, loop.named = "a fish moving upwards on a red background", label_of(SCENE)
    loop.seen = {"object": True, "motion": False, "background": True}
    marks = loop.marks()
    assert loop.right_prompt
    assert marks["all_three"]
    assert (marks["self.object"], marks["self.motion"]) == (True, False)
    loop.named = (0, *loop.named[1:])
    assert not loop.marks()["object"]
    assert not loop.marks()["all_three"]
    summary = evaluate_loop.summarise([loop, evaluate_loop.Loop(SCENE, "")])
    assert summary["counts"]["motion"] == [1, 2]
    assert summary["self.object"] == 0.5


def test_drawn_clip_is_judged_from_its_file_and_shown(tmp_path):
    probe = drawing_probe.open_probe(train_drawer.REPO_ROOT / "embedded" / "drawing_probe.safetensors")
    frames, _ = render_one(SCENE, [11])
    loop = evaluate_loop.Loop(
        SCENE, "", prompt="a fish moving upwards on a red background", path=tmp_path / "clip.mp4"
    )
    clips.write_mp4(frames, loop.path, fps=4, crf=evaluate_loop.QUALITY)
    loop.named = tuple(evaluate_loop.judge([loop.path], probe)[0])
    assert loop.named == label_of(SCENE)
    evaluate_loop.write_sheet(tmp_path / "sheet.png", [loop, evaluate_loop.Loop(SCENE, "")])
    evaluate_loop.plot(tmp_path / "confusion.png", [loop, evaluate_loop.Loop(SCENE, "")])
    with evaluate_loop.Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (2 * 8 * 48 * 2 + 12, 48 * 2 + evaluate_loop.CAPTION_HEIGHT)
    assert (tmp_path / "confusion.png").stat().st_size > 1000
