"""Time from an H.264 file to normalised pixels: our video processor, torchcodec, and PyAV by hand.

Run it from the root of the repository, on a machine that does nothing else:

    python benchmarks/decode.py --output reports/decode.json

It writes a 10 s, 720p, 30 frames/s clip with a keyframe every 250 frames and one with a keyframe every 30, and reads 8
frames of each, squashed to 224 x 224 and normalised. The readers take turns within each round; a reader's time is the
median of the rounds. Every other reader runs twice: with Pillow's resizing, which gives the pixels that the original's
weights saw, as ours does, and with torchvision's, which is quicker and differs by a few levels. All are checked.
torchcodec is left out where it cannot decode.
"""

import argparse
import importlib
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import av
import numpy as np
import torch
from PIL import Image
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2.functional import resize
from transformers.dynamic_module_utils import get_class_from_dynamic_module
from transformers.utils.import_utils import is_torchcodec_usable


ROOT = Path(__file__).resolve().parent.parent
NUM_FRAMES, SIZE = 8, 224
MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073])[:, None, None]
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711])[:, None, None]


def write_clip(path: Path, gop: int, seconds: int = 10, rate: int = 30, height: int = 720, width: int = 1280) -> None:
    """Encode a moving texture with some noise, as x264's defaults do it (B-frames, three reference frames)."""
    chance = np.random.default_rng(0)
    texture = np.kron(chance.integers(0, 255, (height // 16 + 1, width // 16 + 1, 3)), np.ones((16, 16, 1)))
    noise = chance.normal(0, 4, (4, height, width, 3))
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=rate)
        stream.height, stream.width, stream.pix_fmt, stream.codec_context.gop_size = height, width, "yuv420p", gop
        for number in range(seconds * rate):
            picture = np.roll(texture, (2 * number, 3 * number), (0, 1))[:height, :width] + noise[number % 4]
            frame = av.VideoFrame.from_ndarray(picture.clip(0, 255).astype(np.uint8), format="rgb24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode())


def frame_numbers(total: int) -> list[int]:
    """The original's sampling rule."""
    step = (total - 1) / NUM_FRAMES
    return [int(step / 2) + round(step * i) for i in range(NUM_FRAMES)]


def resize_by_pillow(frames: torch.Tensor) -> torch.Tensor:
    """Squash uint8 `(num_frames, 3, height, width)` frames, exactly as the processor does."""
    pictures = [Image.fromarray(frame.permute(1, 2, 0).numpy()) for frame in frames]
    return stack([np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BICUBIC)) for picture in pictures])


def resize_by_torchvision(frames: torch.Tensor) -> torch.Tensor:
    """Squash uint8 `(num_frames, 3, height, width)` frames in channels-last layout."""
    return resize(frames, [SIZE, SIZE], interpolation=InterpolationMode.BICUBIC, antialias=True)


def stack(frames: list[np.ndarray]) -> torch.Tensor:
    """Join RGB frames as `(num_frames, 3, height, width)`, channels last in memory."""
    return torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2)


def pyav_sequential(path: str) -> torch.Tensor:
    """Decode from the start to the last chosen frame, with PyAV's frame threads."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        numbers = frame_numbers(stream.frames)
        frames = []
        for number, frame in enumerate(container.decode(stream)):
            if number in numbers:
                frames.append(frame.to_ndarray(format="rgb24"))
            if number == numbers[-1]:
                return stack(frames)
    raise RuntimeError(f"{path} has fewer frames than it says")


def pyav_seeking(path: str) -> torch.Tensor:
    """Seek to the keyframe before each chosen frame and decode up to it."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        frames = []
        for number in frame_numbers(stream.frames):
            target = int(number / stream.average_rate / stream.time_base)
            container.seek(target, stream=stream)
            frame = next(frame for frame in container.decode(stream) if frame.pts >= target)
            frames.append(frame.to_ndarray(format="rgb24"))
        return stack(frames)


def torchcodec_reader(threads: int) -> Callable[[str], torch.Tensor]:
    """Make a reader of torchcodec in its exact mode; 0 threads lets FFmpeg choose."""
    decoders = importlib.import_module("torchcodec.decoders")

    def read(path: str) -> torch.Tensor:
        decoder = decoders.VideoDecoder(path, num_ffmpeg_threads=threads)
        return decoder.get_frames_at(indices=frame_numbers(decoder.metadata.num_frames)).data

    return read


def make_readers() -> dict[str, Callable[[str], torch.Tensor]]:
    """All readers by name; each takes a path and gives normalised pixels."""
    name = "processing_gpt4video.GPT4VideoVideoProcessor"
    processor = get_class_from_dynamic_module(name, str(ROOT))(size={"height": SIZE, "width": SIZE})
    readers = {"ours": lambda path: processor(path, return_tensors="pt")["pixel_values_videos"][0]}
    others = {"pyav_sequential": pyav_sequential, "pyav_seeking": pyav_seeking}
    if is_torchcodec_usable("video"):
        others |= {"torchcodec_1_thread": torchcodec_reader(1), "torchcodec_auto_threads": torchcodec_reader(0)}
    for shrink in (resize_by_pillow, resize_by_torchvision):
        for name, read in others.items():
            readers[f"{name}, {shrink.__name__}"] = lambda path, read=read, shrink=shrink: (
                (shrink(read(path)) / 255 - MEAN) / STD
            )
    return readers


def measure(path: str, readers: dict[str, Callable], rounds: int) -> dict:
    """Median seconds of each reader, and our ratio to the fastest other one with either way to resize."""
    expected = readers["pyav_sequential, resize_by_pillow"](path)
    for name, reader in readers.items():
        # Also warms up; readers of one kind may differ by the rounding of the normalisation only.
        levels = 12 if "torchvision" in name else 0
        atol = levels / 255 / STD.min().item() + 1e-5
        torch.testing.assert_close(
            reader(path), expected, rtol=0, atol=atol, msg=lambda text, name=name: f"{name}: {text}"
        )
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(rounds):
        for name, reader in readers.items():
            start = time.perf_counter()
            reader(path)
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    report = {"median_seconds": {name: round(value, 4) for name, value in medians.items()}}
    for shrink in (resize_by_pillow, resize_by_torchvision):
        fastest = min((name for name in medians if shrink.__name__ in name), key=medians.get)
        ratio = round(medians["ours"] / medians[fastest], 3)
        report[f"other_{shrink.__name__}"] = {"fastest": fastest.split(",")[0], "ours_to_fastest": ratio}
    return report


def main() -> int:
    """Measure on both clips and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", default="reports/decode.json", help="the JSON file to write")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, in each of which every reader runs once")
    parser.add_argument(
        "--gops", type=int, nargs="+", default=[250, 30], help="distances between keyframes, in frames"
    )
    arguments = parser.parse_args()
    readers = make_readers()
    report = {
        "what": f"{NUM_FRAMES} frames of 10 s of 1280 x 720 H.264, 30 frames/s, to {SIZE} x {SIZE} normalised pixels",
        "command": f"python benchmarks/decode.py --rounds {arguments.rounds} --output reports/decode.json",
        "rounds": arguments.rounds,
        "machine": {
            "cpus": os.cpu_count(),
            "processor": platform.machine(),
            "load_before": round(os.getloadavg()[0], 2),
            "torch_threads": torch.get_num_threads(),
        },
        "versions": {name: version(name) for name in ("av", "torch", "torchvision", "transformers")}
        | {"torchcodec": version("torchcodec") if is_torchcodec_usable("video") else None},
        "clips": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        for gop in arguments.gops:
            path = Path(folder) / f"gop_{gop}.mp4"
            write_clip(path, gop)
            report["clips"][f"keyframe every {gop}"] = result = measure(str(path), readers, arguments.rounds)
            print(f"keyframe every {gop}: {json.dumps(result)}")
    Path(arguments.output).parent.mkdir(parents=True, exist_ok=True)
    Path(arguments.output).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
