# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""A chat in the terminal, and the command line, `python pipeline_gpt4video.py`."""

import argparse
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForMultimodalLM, AutoProcessor, set_seed
from transformers.utils import is_vision_available, logging

from .conversation_gpt4video import to_reply
from .reading_gpt4video import spread_indices
from .safety_gpt4video import Guards


if is_vision_available():
    from PIL import Image

SHEET_FRAMES, SHEET_SIDE = 8, 128  # of a contact sheet: frames, and pixels that the shorter side of one has at least


def write_sheet(frames: Any, path: Path) -> None:
    """Write some frames of a clip, uint8 `(num_frames, height, width, 3)`, side by side as a picture."""
    scale = -(-SHEET_SIDE // min(frames.shape[1:3]))
    height, width = (side * scale for side in frames.shape[1:3])
    few = len(frames) <= SHEET_FRAMES
    chosen = range(len(frames)) if few else sorted(set(spread_indices(len(frames), SHEET_FRAMES)))
    sheet = Image.new("RGB", (len(chosen) * (width + scale) - scale, height), "white")
    for place, number in enumerate(chosen):
        frame = Image.fromarray(frames[number]).resize((width, height), Image.Resampling.NEAREST)
        sheet.paste(frame, (place * (width + scale), 0))
    sheet.save(path)


class TerminalChat:
    """A chat in the terminal: lines are questions, lines that start with `/` are commands.

    Args:
        pipe (`GPT4VideoPipeline`): What answers.
        options: Arguments of its calls.
    """

    HELP = """/video PATH   show a clip (file or URL), then ask about it
/image PATH   show an image
/reset        start a new conversation
/quit         end, as /exit and Ctrl-D do; Ctrl-C stops an answer or a drawing"""

    def __init__(self, pipe: Any, **options):
        self.pipe, self.options, self.messages, self.shown = pipe, options, [], []
        self.is_within_line = False

    def run(self) -> None:
        """Carry out line after line until `/quit` or the end of the input."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("Chat with GPT4Video: ask, or show a clip with /video PATH. /help lists the commands.")
        while True:
            line = ""
            try:
                line = input("> ").strip()
                if not sys.stdin.isatty():
                    print(line)
                command, argument = [*line.split(maxsplit=1), "", ""][:2]
                if command in ("/quit", "/exit"):
                    return
                elif command in ("/video", "/image") and not argument:
                    print(f"! {command} needs a PATH")
                elif command in ("/video", "/image"):
                    self.show(command[1:], argument.strip("'\""))
                elif command == "/reset":
                    self.messages, self.shown = [], []
                elif command.startswith("/"):
                    print(self.HELP if command == "/help" else f"! unknown command {command} (try /help)")
                elif line:
                    self.ask(line)
            except EOFError:
                return
            except KeyboardInterrupt:
                print(" [stopped]" if line else " (/quit or Ctrl-D ends the chat)")
            except (ValueError, OSError) as error:
                print(f"! {error}")

    def show(self, kind: str, source: str) -> None:
        """Add a clip or image to the next question. It is read now, so that a bad one is told at once."""
        block = {"type": kind, "path": os.path.expanduser(source)}
        settings = {name: self.options.get(name) for name in ("num_frames", "fps")}
        media = self.pipe.load_media(block, **settings)
        if media["decision"].allowed:
            self.pipe.encode_media(media)
            self.shown.append(block)
            print(f"Showing {block['path']}")
        else:
            print(media["decision"].refusal)

    def _print(self, text: str) -> None:
        """Print a line of its own."""
        print("\n" * self.is_within_line + text)
        self.is_within_line = False

    def ask(self, question: str) -> None:
        """Print the answer while it is written, and the progress of what is drawn.

        If it is stopped, what was said and drawn so far stays in the conversation; what the guards stopped does not.
        """
        user, said, added = {"role": "user", "content": [*self.shown, {"type": "text", "text": question}]}, "", []
        stream = self.pipe.stream([*self.messages, user], **self.options)
        try:
            for event in stream:
                if event["type"] == "text":
                    said += event["text"]
                    print(event["text"], end="", flush=True)
                    self.is_within_line = not event["text"].endswith("\n")
                elif event["type"] == "video_prompt":
                    said += "<video{0}>{1}</video{0}>".format(
                        "" if (n := event["index"]) is None else n, event["text"]
                    )
                    self._print(f"Video prompt: {event['text']}")
                elif event["type"] == "reply":
                    said = event["generated_text"]
                else:
                    self.tell(event)
                    added += [event] if event["type"] != "progress" else []
            if self.is_within_line:
                print()
        finally:
            stream.close()
            self.is_within_line = False
            is_stopped = any(event["type"] == "refusal" and event["text"] == said for event in added)
            self.shown = [] if said else self.shown
            if said and not is_stopped:
                self.messages += [user, to_reply(said, added, ())["message"]]

    def tell(self, event: dict) -> None:
        """Print the progress of a drawing, where the clip lies, or why there is none."""
        if event["type"] == "progress" and sys.stdout.isatty():
            print(f"\rDrawing: step {event['step']} of {event['num_steps']}", end="", flush=True)
            self.is_within_line = True
        elif event["type"] == "refusal":
            self._print(event["text"])
        elif event["type"] == "video" and event["path"]:
            self._print(f"Clip: {os.path.relpath(event['path'])}")
            if is_vision_available():
                write_sheet(event["frames"], Path(event["path"]).with_suffix(".png"))


def parse_arguments(root: str, arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    hint = "Example: python pipeline_gpt4video.py --video examples/airplane_upwards_on_blue.mp4 --prompt 'What is it?'"
    parser = argparse.ArgumentParser(description="Ask GPT4Video about clips, once or in a chat.", epilog=hint)
    parser.add_argument("--model", default=root, help="folder or Hub id, whose code is run (default: this folder)")
    parser.add_argument("--video", action="append", default=[], help="file or URL of a clip; repeat for several")
    parser.add_argument("--prompt", help="one question to answer; without it, a chat begins")
    parser.add_argument("--max_new_tokens", type=int, default=256, help="longest answer, in tokens (default: 256)")
    parser.add_argument("--num_frames", type=int, help="frames taken of each clip (default: the processor's number)")
    parser.add_argument("--chat_template", help="name or .jinja file, e.g. chat_templates/original.jinja")
    parser.add_argument("--seed", type=int, help="sample and draw with this seed (default: no sampling, new drawings)")
    parser.add_argument("--device", help="e.g. cpu or cuda:0 (default: the first accelerator, else cpu)")
    drawing = "preset, folder, Hub id or address of what draws (default: the model's folder text_to_video, if there)"
    parser.add_argument("--text_to_video", help=drawing)
    parser.add_argument("--no_draw", action="store_true", help="leave drawing prompts as they are")
    parser.add_argument("--output_dir", default="out", help="folder for drawn clips (default: out)")
    parser.add_argument("--share_memory", action="store_true", help="have the device hold what answers or what draws")
    parser.add_argument("--check_words", action="store_true", help="have the guard of prompts read your words as well")
    parser.add_argument("--no_guards", action="store_true", help="switch the guards of prompts and clips off")
    parser.add_argument("--audit_log", help="file to which each decision of the guards is appended as a JSON line")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Open a model and answer or chat, as the command line (or `arguments`) says."""
    args = parse_arguments(str(Path(__file__).resolve().parent), arguments)
    settings = {"max_new_tokens": args.max_new_tokens, "chat_template": args.chat_template}
    logging.disable_progress_bar()
    try:
        torch.zeros(1, device=args.device).item()
    except (RuntimeError, AssertionError, ImportError):
        sys.exit(f"error: torch cannot use a device {args.device!r} here")
    try:
        if args.seed is not None:
            set_seed(args.seed)
            settings |= {"do_sample": True, "seed": args.seed}
        if str(args.chat_template).endswith(".jinja"):
            settings["chat_template"] = Path(args.chat_template).read_text(encoding="utf-8")
        off = {"prompt_guard": None, "frame_guard": None} if args.no_guards else {}
        if off:
            print("The guards are switched off: nothing judges what is shown, asked for or drawn.", file=sys.stderr)
        model = AutoModelForMultimodalLM.from_pretrained(args.model, trust_remote_code=True)
        processor = AutoProcessor.from_pretrained(args.model, trust_remote_code=True)
        pipe = import_module(f"{__package__}.pipeline_gpt4video").GPT4VideoPipeline(
            model=model,
            processor=processor,
            device=args.device,
            text_to_video=False if args.no_draw else args.text_to_video,
            guards=Guards.from_pretrained(args.model, audit=args.audit_log, **off),
            share_memory=args.share_memory,
            output_dir=args.output_dir,
            check_words=args.check_words,
            **settings,
        )
        chat = TerminalChat(pipe, num_frames=args.num_frames)
        for source in args.video:
            chat.show("video", source)
        chat.run() if args.prompt is None else chat.ask(args.prompt)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
