"""Write the clips of this folder again: `python examples/make_clips.py` from the repository root.

Every scene belongs to the test split of the embedded world, so the embedded checkpoint was never trained on it.
"""

import sys
from pathlib import Path

import numpy as np


sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from embedded.clips import Scene, render, split_of, write_mp4


SCENES = {
    "car_right_to_left_on_white.mp4": Scene("one", ("car",), ("right to left",), "white"),
    "airplane_upwards_on_blue.mp4": Scene("one", ("airplane",), ("upwards",), "blue"),
    "first_cat_then_dog_on_black.mp4": Scene("sequence", ("cat", "dog"), ("left to right", "upwards"), "black"),
    "fish_beside_crab_on_yellow.mp4": Scene("pair", ("fish", "crab"), ("still", "still"), "yellow"),
}


def main(folder: Path) -> None:
    """Render each scene with its position as seed, 3 s at 10 frames per second, and write it into `folder`."""
    for seed, (name, scene) in enumerate(SCENES.items()):
        if split_of(scene) != "test":
            raise ValueError(f"{name}: {scene} is a training scene; choose one of the test split")
        frames, record = render(scene, np.random.default_rng(seed), fps=10, seconds=3.0)
        write_mp4(frames, folder / name, fps=record.fps, crf=20)
        print(f"{name}: {len(frames)} frames, {(folder / name).stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(__file__).resolve().parent)
