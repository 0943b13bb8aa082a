"""Drawing with tiny random pipelines of each class of the gallery, opened from the folders they were saved in."""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image
from tiny_pipelines import PARTS, write_pipeline

from gpt4video import text_to_video_gallery_gpt4video as gallery
from gpt4video import text_to_video_opening_gpt4video as doors
from gpt4video.text_to_video_clip_gpt4video import to_frames
from gpt4video.text_to_video_gpt4video import (
    PRESETS,
    DrawingError,
    EndpointTextToVideo,
    Steps,
    TextToVideo,
    open_text_to_video,
)


REPO_ROOT = Path(__file__).resolve().parent.parent
COMMIT = "0123456789abcdef0123456789abcdef01234567"
# Of each tiny pipeline: which frames, heights and widths it takes, what is drawn in the test, a number of frames that
# breaks the rule, with what is nearest, and frames a second.
RULES = {
    "TextToVideoSDPipeline": (("any", "8k", "8k"), (3, 16, 24), (0, "at least 1"), 8),
    "AnimateDiffPipeline": (("1 to 11", "8k", "8k"), (5, 16, 24), (12, "nearest is 11"), 8),
    "LattePipeline": (("6", "8k", "8k"), (6, 24, 16), (16, "nearest is 6"), 8),
    "WanPipeline": (("1 + 4k", "16k", "16k"), (5, 16, 32), (7, "nearest is 5 or 9"), 16),
    "LTXPipeline": (("1 + 4k", "32k", "32k"), (9, 64, 32), (8, "nearest is 5 or 9"), 25),
    "CogVideoXPipeline": (("1 + 8k", "16k", "16k"), (9, 32, 16), (13, "nearest is 9 or 17"), 8),
    "HunyuanVideoPipeline": (("1 + 4k", "16k", "16k"), (5, 32, 16), (6, "nearest is 5 or 9"), 24),
    "MochiPipeline": (("1 + 6k", "16k", "16k"), (7, 16, 32), (12, "nearest is 7 or 13"), 30),
    "AllegroPipeline": (("24 + 16k", "128 + 16k", "128 + 48k"), (24, 128, 176), (8, "nearest is 24"), 15),
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the folder of a tiny pipeline by its class, written once."""
    root = tmp_path_factory.mktemp("pipelines")

    def find(name: str) -> Path:
        return root / name if (root / name).exists() else write_pipeline(name, root / name)

    return find


@pytest.fixture(scope="session")
def opened(folder: Callable[[str], Path]) -> Callable[[str], TextToVideo]:
    """Give what draws with a tiny pipeline by its class, opened once."""
    found: dict[str, TextToVideo] = {}

    def find(name: str) -> TextToVideo:
        if name not in found:
            found[name] = TextToVideo.from_pretrained(folder(name))
        return found[name]

    return find


@pytest.fixture
def latte(opened: Callable[[str], TextToVideo]) -> TextToVideo:
    """Give the quickest of them."""
    return opened("LattePipeline")


def draw(drawer: TextToVideo, prompt: str = "a cat", **kwargs):
    return drawer(prompt, **{"seed": 3, "num_inference_steps": 2, "height": 16, "width": 24, **kwargs})


@pytest.mark.parametrize(
    ("steps", "said", "near"),
    [
        (Steps(1), "any", {1: [1], 7: [7], 0: [1]}),
        (Steps(8, 8), "8k", {8: [8], 12: [8, 16], 3: [8]}),
        (Steps(1, 4), "1 + 4k", {1: [1], 2: [1, 5], 5: [5], -6: [1], 80: [77, 81]}),
        (Steps(24, 16), "24 + 16k", {8: [24], 24: [24], 41: [40, 56]}),
        (Steps(1, last=11), "1 to 11", {11: [11], 12: [11], 0: [1], 4: [4]}),
        (Steps(6, last=6), "6", {6: [6], 1: [6], 7: [6]}),
    ],
)
def test_numbers_that_a_model_takes(steps: Steps, said: str, near: dict[int, list[int]]) -> None:
    assert str(steps) == said
    for number, nearest in near.items():
        assert steps.nearest(number) == nearest
        assert (number in steps) == (nearest == [number])
        assert steps.round(number) in nearest
    assert Steps(1, 4).round(80) == 81 and Steps(1, 4).round(78) == 77


@pytest.mark.parametrize("name", PARTS)
def test_each_class_draws_by_its_own_rules(opened: Callable, name: str) -> None:
    rules, (num_frames, height, width), (wrong, message), fps = RULES[name]
    drawer = opened(name)
    assert tuple(map(str, drawer.rules().values())) == rules
    steps = []
    sizes = {"num_frames": num_frames, "height": height, "width": width}
    clip = drawer("a cat", seed=3, on_step=lambda *step: steps.append(step), num_inference_steps=2, **sizes)
    assert clip.frames.shape == (num_frames, height, width, 3) and clip.frames.dtype == np.uint8
    assert clip.frames.std((1, 2)).min() > 1
    assert clip.fps == fps and steps == [(1, 2), (2, 2)]
    record = json.loads(json.dumps(clip.record, allow_nan=False))
    assert {key: record[key] for key in sizes} == sizes and record["generator"]["class"] == name
    again = drawer.draw_again(record)
    assert np.array_equal(again.frames, clip.frames) and again.record == clip.record
    with pytest.raises(DrawingError, match=message):
        drawer("a cat", num_frames=wrong, num_inference_steps=2, height=height, width=width)
    with pytest.raises(DrawingError, match=f"height is {height + 1}; {name} draws"):
        drawer("a cat", **sizes | {"height": height + 1})


def test_what_the_rules_keep_from_happening(opened: Callable) -> None:
    """Without them these draw other numbers of frames than were asked for, or nothing, and say nothing."""

    def plain(name: str, num_frames: int) -> np.ndarray:
        pipe = opened(name).pipe
        pipe.set_progress_bar_config(disable=True)
        return pipe("a", num_frames=num_frames, height=32, width=32, num_inference_steps=1, output_type="np").frames[0]

    assert len(plain("CogVideoXPipeline", 13)) == 16
    assert len(plain("HunyuanVideoPipeline", 8)) == 5
    assert plain("AllegroPipeline", 8).std() == 0


def test_defaults_are_those_of_the_model_rounded(folder: Callable, opened: Callable, tmp_path: Path) -> None:
    """Latte's signature asks for 16 frames of 512 x 512, whatever the model."""
    clip = opened("LattePipeline")("a cat", num_inference_steps=1)
    assert clip.frames.shape == (6, 24, 24, 3)
    assert clip.record["arguments"]["clean_caption"] is False
    shutil.copytree(folder("WanPipeline"), tmp_path / "wan")
    written = {
        "num_frames": 10,
        "fps": 4,
        "height": 30,
        "width": 16,
        "num_inference_steps": 1,
        "negative_prompt": "no",
    }
    (tmp_path / "wan" / "draw_defaults.json").write_text(json.dumps(written))
    drawer = TextToVideo.from_pretrained(tmp_path / "wan")
    clip = drawer("a cat", seed=1)
    assert clip.frames.shape == (9, 32, 16, 3) and clip.fps == drawer.fps == 4
    assert clip.record["negative_prompt"] == "no" and clip.record["arguments"]["num_inference_steps"] == 1
    clip = drawer("a cat", seed=1, num_frames=5, fps=12.5)
    assert clip.frames.shape == (5, 32, 16, 3) and clip.fps == 12.5


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "is not JSON"), ("[1]", "an object of arguments"), ('{"frames": 5}', "no default 'frames'")],
)
def test_wrong_file_of_defaults(folder: Callable, tmp_path: Path, text: str, message: str) -> None:
    shutil.copytree(folder("WanPipeline"), tmp_path / "wan")
    (tmp_path / "wan" / "draw_defaults.json").write_text(text)
    with pytest.raises(DrawingError, match=message):
        TextToVideo.from_pretrained(tmp_path / "wan")


def test_seeds(latte: TextToVideo) -> None:
    clip = draw(latte)
    assert np.array_equal(draw(latte).frames, clip.frames)
    assert not np.array_equal(draw(latte, seed=4).frames, clip.frames)
    fresh, other = draw(latte, seed=None), draw(latte, seed=None)
    assert fresh.record["seed"] != other.record["seed"]
    assert not np.array_equal(fresh.frames, other.frames)
    assert np.array_equal(latte.draw_again(fresh.record).frames, fresh.frames)
    for wrong in (-1, 2**63, 1.0, True, "7"):
        with pytest.raises(DrawingError, match="seed is"):
            draw(latte, seed=wrong)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError("mine"), RuntimeError("mine")])
def test_what_on_step_raises_ends_the_drawing(latte: TextToVideo, error) -> None:
    clip, seen = draw(latte, num_inference_steps=4), []

    def stop(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            raise error

    with pytest.raises(error if isinstance(error, type) else type(error)) as raised:
        draw(latte, num_inference_steps=4, on_step=stop)
    assert isinstance(error, type) or raised.value is error
    assert seen == [(1, 4), (2, 4)] and "progress_bar" not in vars(latte.pipe)
    assert np.array_equal(draw(latte, num_inference_steps=4).frames, clip.frames)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"speed": 2}, "no argument 'speed'; it takes num_frames, fps, negative_prompt, num_inference_steps"),
        ({"generator": 1}, "no argument 'generator'"),
        ({"num_images_per_prompt": 2}, "no argument 'num_images_per_prompt'"),
        ({"num_frames": 6, "video_length": 6}, "num_frames is given twice"),
        ({"num_frames": 6.0}, "num_frames is 6.0; it must be a whole number"),
        ({"height": True}, "height is True"),
        ({"height": 20}, "height is 20; LattePipeline draws 8k: the nearest is 16 or 24"),
        ({"num_inference_steps": 0}, "num_inference_steps is 0"),
        ({"fps": 0}, "fps is 0"),
        ({"fps": float("inf")}, "cannot be written into the record"),
        ({"latents": torch.zeros(1)}, "cannot be written into the record"),
        ({"prompt_embeds": [1.0]}, "LattePipeline cannot draw this"),
        ({"prompt": " "}, "The prompt is ' '"),
        ({"prompt": 7}, "The prompt is 7"),
        ({"prompt": "a cat</s>"}, "The prompt holds '</s>', a control token"),
        ({"negative_prompt": "<pad>"}, "The negative_prompt holds '<pad>'"),
        ({"negative_prompt": ["bad"]}, "The negative_prompt is"),
    ],
)
def test_what_cannot_be_drawn_is_one_clear_error(latte: TextToVideo, kwargs: dict, message: str) -> None:
    with pytest.raises(DrawingError, match=message):
        draw(latte, **kwargs)


def test_the_class_may_call_arguments_its_own_way(latte: TextToVideo, opened: Callable) -> None:
    assert draw(latte, video_length=6).record["arguments"]["num_frames"] == 6
    drawer = opened("LTXPipeline")
    sizes = {"height": 32, "width": 32, "num_frames": 5}
    slow, fast = (draw(drawer, frame_rate=rate, **sizes) for rate in (5, 50))
    assert (slow.fps, fast.fps) == (5, 50)
    assert not np.array_equal(slow.frames, fast.frames)  # of this class the rate is part of what is drawn


def test_a_plain_sign_that_pads_may_be_in_a_prompt(folder: Callable, tmp_path: Path) -> None:
    shutil.copytree(folder("LattePipeline"), tmp_path / "latte")
    drawer = TextToVideo.from_pretrained(tmp_path / "latte")
    drawer.pipe.tokenizer.add_special_tokens({"pad_token": "!"})
    assert draw(drawer, "a cat!").frames.shape == (6, 16, 24, 3)


@pytest.mark.parametrize(
    ("name", "longest"),
    [("LattePipeline", 119), ("TextToVideoSDPipeline", 38), ("CogVideoXPipeline", 225), ("WanPipeline", 511)],
)
def test_truncated_prompts_are_told(opened: Callable, name: str, longest: int) -> None:
    """A letter is a token; the text ends, and with CLIP begins, with one more."""
    drawer = opened(name)
    assert not drawer._is_truncated("a" * longest, {})
    assert drawer._is_truncated("a" * (longest + 1), {})
    if name == "LattePipeline":
        assert draw(drawer, "a" * 120, num_inference_steps=1).record["prompt_truncated"] is True
        assert draw(drawer, num_inference_steps=1).record["prompt_truncated"] is False


def test_what_is_not_a_number_is_no_black_clip(folder: Callable) -> None:
    drawer = TextToVideo.from_pretrained(folder("LattePipeline"))
    drawer.pipe.vae.decoder.conv_out.bias.data[1] = float("nan")
    with pytest.raises(DrawingError, match="drew frame 0 with 384 of 1152 values that are not numbers"):
        draw(drawer)


def test_frames_of_all_kinds() -> None:
    expected = np.random.default_rng(0).integers(0, 256, (4, 6, 5, 3), dtype=np.uint8)
    floats = expected.astype(np.float32) / 255
    tensor = torch.from_numpy(floats).permute(0, 3, 1, 2)
    images = [Image.fromarray(frame) for frame in expected]
    for drawn in (
        expected,
        floats,
        floats[None],
        [floats],
        list(floats),
        tensor,
        tensor[None],
        [tensor],
        list(tensor),
    ):
        assert np.array_equal(to_frames(drawn, "X"), expected)
    assert np.array_equal(to_frames(images, "X"), expected) and np.array_equal(to_frames([images], "X"), expected)
    assert np.array_equal(to_frames([list(tensor)], "X"), expected)
    assert np.array_equal(to_frames(tensor.double().requires_grad_(), "X"), expected)
    assert np.array_equal(to_frames(floats[..., :1], "X"), expected[..., :1].repeat(3, -1))
    assert to_frames([images[0]], "X").shape == (1, 6, 5, 3)
    for wrong in (
        [],
        [images, images],
        np.stack([floats, floats]),
        floats[0, 0],
        [floats[0], floats[0, :3]],
        floats[:0],
    ):
        with pytest.raises(DrawingError, match="X gave"):
            to_frames(wrong, "X")
    for wrong in (floats * 2, floats - 0.5):
        with pytest.raises(DrawingError, match="X drew values from"):
            to_frames(wrong, "X")


class Ran:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize(
    ("component", "weights"),
    [("unet", "diffusion_pytorch_model"), ("vae", "diffusion_pytorch_model"), ("text_encoder", "pytorch_model")],
)
def test_pickled_weights_are_refused(folder: Callable, tmp_path: Path, component: str, weights: str) -> None:
    unsafe = shutil.copytree(folder("TextToVideoSDPipeline"), tmp_path / "unsafe")
    next((unsafe / component).glob("*.safetensors")).unlink()
    torch.save({"weight": Ran(tmp_path / "ran")}, unsafe / component / f"{weights}.bin")
    with pytest.raises(DrawingError, match="unsafe cannot be opened: .* safetensors files alone"):
        TextToVideo.from_pretrained(unsafe)
    with pytest.raises(DrawingError, match="use_safetensors cannot be set"):
        TextToVideo.from_pretrained(unsafe, use_safetensors=False)
    assert not (tmp_path / "ran").exists()


def test_code_of_a_model_is_not_run(folder: Callable, tmp_path: Path) -> None:
    custom = shutil.copytree(folder("LattePipeline"), tmp_path / "custom")
    index = json.loads((custom / "model_index.json").read_text())
    (custom / "model_index.json").write_text(json.dumps(index | {"_class_name": ["mine", "MyPipeline"]}))
    code = f"from pathlib import Path\nfrom diffusers import LattePipeline\nPath({str(tmp_path / 'ran')!r}).touch()\n"
    (custom / "mine.py").write_text(code + "class MyPipeline(LattePipeline):\n    pass\n")
    with pytest.raises(DrawingError, match="trust_remote_code=True"):
        TextToVideo.from_pretrained(custom)
    assert not (tmp_path / "ran").exists()
    assert TextToVideo.from_pretrained(custom, trust_remote_code=True).class_name == "MyPipeline"


def test_damaged_and_missing_models(folder: Callable, tmp_path: Path) -> None:
    damaged = shutil.copytree(folder("LattePipeline"), tmp_path / "damaged")
    weights = damaged / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(DrawingError, match="damaged cannot be opened"):
        TextToVideo.from_pretrained(damaged)
    (damaged / "model_index.json").write_text('{"_class_name": "NoSuchPipeline"}')
    with pytest.raises(DrawingError, match="damaged cannot be opened: .*NoSuchPipeline"):
        TextToVideo.from_pretrained(damaged)
    for name in (tmp_path, "acme/not-there", tmp_path / "a" / "b"):
        with pytest.raises(DrawingError, match="cannot be opened"):
            TextToVideo.from_pretrained(name)


def test_a_pipeline_that_draws_no_clips(opened: Callable) -> None:
    parts = opened("AnimateDiffPipeline").pipe
    unet = diffusers.UNet2DConditionModel(
        block_out_channels=(4, 8),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=6,
        attention_head_dim=2,
        norm_num_groups=2,
    )
    pictures = diffusers.StableDiffusionPipeline(
        parts.vae, parts.text_encoder, parts.tokenizer, unet, parts.scheduler, None, None, None, False
    )
    with pytest.raises(DrawingError, match="StableDiffusionPipeline draws no clips"):
        TextToVideo(pictures)


class Noise(diffusers.DiffusionPipeline):
    """A class that the gallery does not know: no callback, names of its own, a tuple as its answer."""

    vae_scale_factor_temporal, vae_scale_factor_spatial = 2, 4

    def __init__(self, scheduler: diffusers.DDIMScheduler):
        super().__init__()
        self.register_modules(scheduler=scheduler)

    def __call__(self, prompt, frames=3, fps=6, height=8, width=12, num_inference_steps=3, generator=None):
        if height > 16:
            raise ValueError("too high")
        for _ in self.progress_bar(range(num_inference_steps)):
            clip = torch.rand(1, frames, 3, height, width, generator=generator)
        return (clip,)


def test_an_unknown_class_gets_the_generic_fit() -> None:
    drawer, steps = TextToVideo(Noise(diffusers.DDIMScheduler())), []
    assert [str(rule) for rule in drawer.rules().values()] == ["1 + 2k", "4k", "4k"]
    assert drawer.arguments() == ["num_frames", "fps", "height", "width", "num_inference_steps"]
    clip = drawer("a cat", seed=0, num_frames=5, on_step=lambda *step: steps.append(step))
    assert clip.frames.shape == (5, 8, 12, 3) and clip.fps == 6 and steps == [(1, 3), (2, 3), (3, 3)]
    assert clip.record["prompt_truncated"] is False
    with pytest.raises(DrawingError, match="Noise cannot draw this: too high"):
        drawer("a cat", height=20)
    with pytest.raises(DrawingError, match="num_frames is 4; Noise draws 1 \\+ 2k: the nearest is 3 or 5"):
        drawer("a cat", frames=4)


def test_a_class_that_draws_from_a_picture() -> None:
    class Moving(Noise):
        def __call__(self, prompt, image, num_frames=3):
            return None

    with pytest.raises(DrawingError, match="Moving draws from more than a prompt: it needs image"):
        TextToVideo(Moving(diffusers.DDIMScheduler()))


def test_a_known_class_without_its_entry(opened: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WanPipeline", "LTXPipeline"):
        monkeypatch.delitem(gallery.FITS, name)
    wan, ltx = (TextToVideo(opened(name).pipe) for name in ("WanPipeline", "LTXPipeline"))
    assert [str(rule) for rule in wan.rules().values()] == ["1 + 4k", "16k", "16k"]
    assert draw(wan, num_frames=5, width=16, num_inference_steps=1).frames.shape == (5, 16, 16, 3)
    assert (wan.fps, ltx.fps) == (8, 25)


def to_hub_cache(source: Path, cache: Path) -> Path:
    """Lay a folder out as `huggingface_hub` caches the repository `acme/tiny`."""
    repository = cache / "models--acme--tiny"
    shutil.copytree(source, repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return repository / "snapshots" / COMMIT


@pytest.mark.parametrize("subfolder", [None, "text_to_video"])
def test_by_hub_id_and_in_a_subfolder(folder: Callable, opened: Callable, tmp_path: Path, subfolder) -> None:
    source = tmp_path / "source"
    shutil.copytree(folder("LattePipeline"), source / (subfolder or ""))
    (source / (subfolder or "") / "draw_defaults.json").write_text('{"num_inference_steps": 2, "fps": 5}')
    snapshot = to_hub_cache(source, tmp_path / "cache")
    expected = draw(opened("LattePipeline"))
    for model, kwargs in (("acme/tiny", {"cache_dir": tmp_path / "cache"}), (source, {}), (snapshot, {})):
        drawer = TextToVideo.from_pretrained(model, subfolder=subfolder, **kwargs)
        clip = drawer("a cat", seed=3, height=16, width=24)
        assert np.array_equal(clip.frames, expected.frames) and clip.fps == 5
        origin = clip.record["generator"]
        assert origin["subfolder"] == subfolder
        assert (origin["id"], origin["commit"]) == (("source", None) if model == source else ("acme/tiny", COMMIT))
        assert str(tmp_path) not in json.dumps(clip.record)


def test_folders_are_told_apart_by_their_weights(folder: Callable, tmp_path: Path) -> None:
    copied = shutil.copytree(folder("LattePipeline"), tmp_path / "copied")
    assert doors.fingerprint(copied) == doors.fingerprint(folder("LattePipeline"))
    weights = bytearray((copied / "vae" / "diffusion_pytorch_model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copied / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(weights)
    assert doors.fingerprint(copied) != doors.fingerprint(folder("LattePipeline"))


def test_arguments_of_opening_reach_diffusers(
    folder: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, moved = folder("LattePipeline"), []
    drawer = TextToVideo.from_pretrained(place, dtype="bfloat16", device="cpu", vae_slicing=True, vae_tiling=True)
    assert drawer.pipe.dtype == torch.bfloat16 and drawer.device.type == "cpu"
    assert drawer.pipe.vae.use_slicing and drawer.pipe.vae.use_tiling
    assert drawer.to("meta").pipe.transformer.device.type == "meta"
    scheduler = diffusers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=2
    )
    assert TextToVideo.from_pretrained(place, scheduler=scheduler).pipe.scheduler is scheduler
    with pytest.raises(DrawingError, match="dtype is 'float17'"):
        TextToVideo.from_pretrained(place, dtype="float17")
    with pytest.raises(DrawingError, match="offload is 'disk'"):
        TextToVideo.from_pretrained(place, offload="disk")
    with pytest.raises(DrawingError, match="quantization_config"):
        TextToVideo.from_pretrained(place, quantization_config={"bits": 4})
    for kind in ("model", "sequential"):
        method = f"enable_{kind}_cpu_offload"
        monkeypatch.setattr(diffusers.DiffusionPipeline, method, lambda self, device: moved.append(device))
        offloaded = TextToVideo.from_pretrained(place, offload=kind, device="cuda:1")
        assert offloaded.to("meta").pipe.transformer.device.type == "cpu"  # it stays
    assert moved == ["cuda:1", "cuda:1"]


def test_weights_saved_in_half_are_opened_whole(folder: Callable, tmp_path: Path) -> None:
    half = diffusers.DiffusionPipeline.from_pretrained(folder("LattePipeline"), dtype=torch.float16)
    half.save_pretrained(tmp_path)
    drawer = TextToVideo.from_pretrained(tmp_path)
    models = [part for part in drawer.pipe.components.values() if isinstance(part, torch.nn.Module)]
    assert len(models) == 3 and {part.dtype for part in models} == {torch.float32}
    assert draw(drawer).record["generator"]["dtype"] == "float32"


def test_presets(folder: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert {preset.class_name for preset in PRESETS.values()} <= set(gallery.FITS)
    snapshot = folder("TextToVideoSDPipeline")
    asked = []

    def locate(name: str, subfolder, revision, load_kwargs) -> tuple:
        asked.append((name, revision, load_kwargs["variant"]))
        return str(snapshot), {"id": name, "revision": revision, "commit": None}, {"num_frames": 2}

    monkeypatch.setattr(doors, "locate", locate)
    drawer = open_text_to_video("zeroscope", variant=None)
    assert asked == [("cerspense/zeroscope_v2_576w", "1f35e3dc3350d649f342bb7618fe34ac8fae5c9e", None)]
    assert drawer.defaults == {"num_frames": 2, "height": 320, "width": 576}  # what is written goes before the preset
    open_text_to_video("zeroscope", variant=None, revision="main")
    assert asked[1][1] == "main"
    monkeypatch.undo()
    shutil.copytree(snapshot, tmp_path / "zeroscope")
    monkeypatch.chdir(tmp_path)
    assert open_text_to_video("zeroscope").origin["id"] == "zeroscope"  # a folder of that name goes first


def test_what_opens_what() -> None:
    assert isinstance(open_text_to_video("http://127.0.0.1:1/draw"), EndpointTextToVideo)
    drawer = open_text_to_video("acme/tiny", provider="fal-ai")
    assert isinstance(drawer, EndpointTextToVideo) and drawer.provider == "fal-ai"


def test_one_drawing_at_a_time(latte: TextToVideo) -> None:
    """Two threads would mix what the scheduler remembers."""
    from concurrent.futures import ThreadPoolExecutor

    alone = [draw(latte, seed=seed, num_inference_steps=3) for seed in (1, 2)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda seed: draw(latte, seed=seed, num_inference_steps=3), (1, 2)))
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one.frames, other.frames)


# What the pipelines of the presets say about themselves, as their publishers configured them.
PUBLISHED = {
    "TextToVideoSDPipeline": {"vae_scale_factor": 8},
    "AnimateDiffPipeline": {"vae_scale_factor": 8, "unet": {"motion_max_seq_length": 32}},
    "LattePipeline": {"vae_scale_factor": 8, "transformer": {"video_length": 16, "patch_size": 2}},
    "WanPipeline": {
        "vae_scale_factor_temporal": 4,
        "vae_scale_factor_spatial": 8,
        "transformer": {"patch_size": (1, 2, 2)},
    },
    "LTXPipeline": {
        "vae_temporal_compression_ratio": 8,
        "vae_spatial_compression_ratio": 32,
        "transformer": {"patch_size": 1},
    },
    "CogVideoXPipeline": {
        "vae_scale_factor_temporal": 4,
        "vae_scale_factor_spatial": 8,
        "transformer": {"patch_size": 2},
    },
    "HunyuanVideoPipeline": {
        "vae_scale_factor_temporal": 4,
        "vae_scale_factor_spatial": 8,
        "transformer": {"patch_size": 2},
    },
    "MochiPipeline": {"vae_temporal_scale_factor": 6, "vae_spatial_scale_factor": 8, "transformer": {"patch_size": 2}},
    "AllegroPipeline": {
        "vae_scale_factor_spatial": 8,
        "transformer": {"patch_size": 2},
        "vae": SimpleNamespace(kernel=(24, 320, 320), stride=(16, 200, 240)),
    },
}


def published(name: str) -> SimpleNamespace:
    values = copy.deepcopy(PUBLISHED[name])
    return SimpleNamespace(
        **{key: SimpleNamespace(config=value) if isinstance(value, dict) else value for key, value in values.items()}
    )


def test_tables_of_the_readme() -> None:
    section = (REPO_ROOT / "README.md").read_text(encoding="utf-8").partition("## Gallery")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines() if "| `" in line]
    presets = {row[0].strip("` "): row[1:] for row in rows if len(row) == 7}
    assert set(presets) == set(PRESETS)
    for name, preset in PRESETS.items():
        fit, pipe = gallery.FITS[preset.class_name], published(preset.class_name)
        rules = {"num_frames": fit.frames(pipe), "height": fit.height(pipe), "width": (fit.width or fit.height)(pipe)}
        assert all(preset.defaults[key] in rule for key, rule in rules.items()), name
        size = "{num_frames} of {width} × {height}".format(**preset.defaults)
        cells = [f"`{preset.model}`", f"`{preset.class_name}`", preset.licence, preset.download, preset.memory, size]
        assert presets[name] == cells
    classes = {row[0].strip("` "): row[1:] for row in rows if len(row) == 4}
    assert set(classes) == set(gallery.FITS) == set(PARTS)
    for name, fit in gallery.FITS.items():
        pipe = published(name)
        sides = [str(fit.height(pipe)), str((fit.width or fit.height)(pipe))]
        assert classes[name] == [str(fit.frames(pipe)), ", ".join(dict.fromkeys(sides)), f"{fit.fps:g}"]
