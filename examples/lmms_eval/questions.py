# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The functions of the task in `gpt4video_questions.yaml`."""

from pathlib import Path


CLIPS = Path(__file__).resolve().parent.parent


def to_messages(row: dict) -> list[dict]:
    """Ask about the clip of a row."""
    clip = {"type": "video", "url": str(CLIPS / row["video"])}
    return [{"role": "user", "content": [clip, {"type": "text", "text": row["question"]}]}]


def score(row: dict, results: list[str]) -> dict[str, float]:
    """Give 1 where the answer names what it should."""
    words = results[0].lower().replace(".", " ").split()
    return {"named": float(row["answer"] in words)}
