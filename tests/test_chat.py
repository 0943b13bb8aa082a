"""The chat in the terminal and the command line."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from pipeline_tools import CLIPS, REPO_ROOT, Painter, Say, answer, ask, clip
from tiny_repository import build_tokenizer


SCRIPT = REPO_ROOT / "pipeline_gpt4video.py"


def run_chat(
    pipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, *lines: str, says: list[str]
) -> str:
    """Run a chat in which the model says the given texts one after the other; return what the terminal shows."""
    from gpt4video.chat_gpt4video import TerminalChat

    texts = iter(says)
    stream = pipe.stream

    def scripted(*args, **kwargs):
        return stream(*args, logits_processor=[Say(pipe.tokenizer, next(texts))], max_new_tokens=99, **kwargs)

    monkeypatch.setattr(pipe, "stream", scripted)
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    TerminalChat(pipe, num_frames=None).run()
    return capsys.readouterr().out


def test_chat_over_several_turns(pipe, encoded: list, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    lines = ["What is it?", "Draw it.", "/unknown", "/reset", "Who are you?", "/quit", "never read"]
    says = [" A plane.", " Sure. <video>a plane</video> Done.", " A model."]
    shown = run_chat(pipe, monkeypatch, capsys, f"/video '{CLIPS[0]}'", *lines, says=says)
    assert "> What is it?\nA plane.\n" in shown
    assert "> Draw it.\nSure. \nVideo prompt: a plane\n Done.\n" in shown
    assert f"> /video '{CLIPS[0]}'\nShowing {CLIPS[0]}\n" in shown
    assert "> /unknown\n! unknown command /unknown (try /help)\n" in shown
    assert "> Who are you?\nA model.\n> /quit\n" in shown
    assert "never read" not in shown
    assert len(encoded) == 1


def test_chat_sees_earlier_turns_until_reset(pipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    prompts = []
    monkeypatch.setattr(
        pipe, "tokenize", lambda m, t=None, tokenize=pipe.tokenize: prompts.append(m) or tokenize(m, t)
    )
    run_chat(
        pipe, monkeypatch, capsys, f"/video {CLIPS[0]}", "One?", "Two?", "/reset", "Three?", says=[" A", " B", " C"]
    )
    assert [len(messages) for messages in prompts] == [1, 3, 1]
    assert prompts[1][0]["content"][0] == clip(0)
    assert prompts[1][1] == answer("A")
    assert prompts[1][2]["content"] == [{"type": "text", "text": "Two?"}]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"/video\t{CLIPS[0]}", f"Showing {CLIPS[0]}\n> "),
        (f"  /video   '{CLIPS[0]}' ", f"Showing {CLIPS[0]}\n> "),
        ("/video", "! /video needs a PATH\n> "),
        ("/image ", "! /image needs a PATH\n> "),
        ("/help", "/video PATH   show a clip"),
        ("/home holds what?", "! unknown command /home (try /help)\n> "),
        ("/reset please", "> "),
        ("/quit now", ""),
        ("/exit", ""),
    ],
)
def test_chat_commands_are_understood(
    pipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, line: str, shown: str
):
    output = run_chat(pipe, monkeypatch, capsys, line, says=[])
    _, _, rest = output.partition(f"> {line.strip()}\n")
    assert rest.startswith(shown) if shown else not rest


def test_chat_keeps_what_the_model_wrote(pipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    prompts = []
    monkeypatch.setattr(
        pipe, "tokenize", lambda m, t=None, tokenize=pipe.tokenize: prompts.append(m) or tokenize(m, t)
    )
    text = "Two: <video1> a cat</video1> <video2>a dog</video2>"
    run_chat(pipe, monkeypatch, capsys, "Draw!", "Again!", says=[f" {text}", " No."])
    assert prompts[1][1] == answer(text)


def test_stopped_answer_keeps_the_numbers_of_its_prompts(
    pipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    from gpt4video.chat_gpt4video import TerminalChat

    def stream(messages: list[dict], **kwargs):
        yield {"type": "text", "text": "Two: "}
        yield {"type": "video_prompt", "text": "a dog", "index": 2}
        raise KeyboardInterrupt

    monkeypatch.setattr(pipe, "stream", stream)
    chat = TerminalChat(pipe)
    with pytest.raises(KeyboardInterrupt):
        chat.ask("Draw!")
    assert chat.messages == [ask("Draw!"), answer("Two: <video2>a dog</video2>")]


def test_interrupt_at_the_idle_prompt_tells_how_to_quit(
    pipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    from gpt4video.chat_gpt4video import TerminalChat

    events = iter(["/help", KeyboardInterrupt, EOFError])

    def read(prompt: str) -> str:
        event = next(events)
        if isinstance(event, str):
            return event
        raise event

    monkeypatch.setattr("builtins.input", read)
    TerminalChat(pipe).run()
    shown = capsys.readouterr().out
    assert shown.endswith(" (/quit or Ctrl-D ends the chat)\n")
    assert "[stopped]" not in shown


def test_chat_goes_on_after_errors(
    pipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, tmp_path: Path
):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no clip")
    lines = (f"/video {broken}", "/video nowhere.mp4", "word " * 300, "Still there?")
    shown = run_chat(pipe, monkeypatch, capsys, *lines, says=[" No.", " Yes."])
    assert f"! Cannot read clip {broken}" in shown
    assert "! Cannot read clip nowhere.mp4" in shown
    assert "! The conversation takes" in shown
    assert "> Still there?\nYes.\n" in shown


@pytest.fixture
def drawing(pipe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Painter:
    """Have the pipeline paint, into the folder `out` of a new working folder."""
    painter = Painter()
    monkeypatch.setattr(pipe, "studio", sys.modules[type(pipe).__module__].Studio(painter))
    monkeypatch.setattr(pipe, "_postprocess_params", {"output_dir": "out"})
    monkeypatch.chdir(tmp_path)
    return painter


def test_chat_tells_where_clips_lie_and_sees_them(
    pipe, drawing: Painter, encoded: list, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    says = [" Here: <video>a cat</video> Done.", " It moves.", " Yes."]
    shown = run_chat(pipe, monkeypatch, capsys, "Draw!", "What happens in it?", "Sure?", says=says)
    (path,) = Path("out").glob("*.mp4")
    assert f"> Draw!\nHere: \nVideo prompt: a cat\n Done.\nClip: {path}\n> What" in shown
    assert "> What happens in it?\nIt moves.\n" in shown and len(encoded) == 1
    assert sorted(file.suffix for file in Path("out").iterdir()) == [".json", ".mp4", ".png"]
    with Image.open(path.with_suffix(".png")) as sheet:
        # Five frames of 48 x 32, four times as large, with gaps.
        assert sheet.size == (5 * (48 * 4 + 4) - 4, 32 * 4)
        frames = drawing("a cat", seed=json.loads(path.with_suffix(".json").read_text())["seed"]).frames
        assert sheet.getpixel((2 * 196 + 4 * 10, 4 * 20)) == tuple(frames[2, 20, 10].tolist())


def test_progress_is_shown_in_a_terminal(pipe, drawing: Painter, monkeypatch: pytest.MonkeyPatch, capsys):
    from gpt4video.chat_gpt4video import TerminalChat

    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    chat = TerminalChat(pipe, logits_processor=[Say(pipe.tokenizer, "<video>a cat</video>")], max_new_tokens=99)
    chat.ask("Draw!")
    assert "\rDrawing: step 3 of 4\rDrawing: step 4 of 4\nClip: out" in capsys.readouterr().out


def test_stopped_drawing_keeps_what_was_drawn(pipe, drawing: Painter, monkeypatch: pytest.MonkeyPatch):
    from gpt4video.chat_gpt4video import TerminalChat

    text = "<video1>a cat</video1> <video2>a dog</video2>"
    chat = TerminalChat(pipe, logits_processor=[Say(pipe.tokenizer, text)], max_new_tokens=99)
    tell = chat.tell

    def interrupt(event: dict) -> None:
        tell(event)
        if event["type"] == "progress" and event["index"] == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(chat, "tell", interrupt)
    with pytest.raises(KeyboardInterrupt):
        chat.ask("Draw!")
    user, said = chat.messages
    assert said["content"][0] == {"type": "text", "text": text} and [b["type"] for b in said["content"][1:]] == [
        "video"
    ]
    assert sorted({file.suffix for file in Path("out").iterdir()}) == [".json", ".mp4", ".png"]
    assert not [file for file in Path("out").iterdir() if file.name.startswith(".")]


def test_chat_goes_on_after_a_refusal(pipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    safety = sys.modules[type(pipe.guards).__module__]

    class Words:
        name = "words"

        def __call__(self, texts: list[str]) -> list:
            return [safety.Verdict("bomb" not in text, 0.5, "") for text in texts]

    monkeypatch.setattr(pipe, "guards", safety.Guards(prompt_guard=Words(), frame_guard=None))
    monkeypatch.setattr(pipe, "_preprocess_params", {"check_words": True})
    shown = run_chat(pipe, monkeypatch, capsys, "make a bomb", "Hello?", says=[" No.", " Yes."])
    assert f"> make a bomb\n{safety.REFUSALS['words']}\n> Hello?\nYes.\n" in shown


def test_chat_does_not_show_what_the_guard_stops(pipe, monkeypatch: pytest.MonkeyPatch, capsys):
    safety = sys.modules[type(pipe.guards).__module__]

    class Frames:
        name = "frames"

        def __call__(self, clip, limits=None):
            return safety.ClipVerdict(False, 1.0, "", 1, 1, 1)

    monkeypatch.setattr(pipe, "guards", safety.Guards(prompt_guard=None, frame_guard=Frames()))
    shown = run_chat(pipe, monkeypatch, capsys, f"/video {CLIPS[0]}", "What is it?", says=[" A"])
    assert f"{safety.REFUSALS['clip_in']}\n> What is it?\nA\n" in shown and "Showing" not in shown


def test_the_pipeline_chats(pipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    monkeypatch.setattr("sys.stdin", io.StringIO("/help\n"))
    pipe.chat(max_new_tokens=3)
    assert "show a clip (file or URL)" in capsys.readouterr().out


def test_command_line_switches_guards_and_drawing(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, tmp_path: Path
):
    from gpt4video import chat_gpt4video

    pipes = []

    class Chat:
        def __init__(self, pipe, **options):
            pipes.append(pipe)

        def ask(self, question: str) -> None:
            pass

    monkeypatch.setattr(chat_gpt4video, "TerminalChat", Chat)
    monkeypatch.setattr("gpt4video.drawing_gpt4video.open_text_to_video", lambda **arguments: Painter())
    arguments = ["--model", str(repository), "--prompt", "Hi", "--device", "cpu"]
    log = tmp_path / "audit.jsonl"
    chat_gpt4video.main([*arguments, "--text_to_video", "wan", "--share_memory", "--audit_log", str(log)])
    assert capsys.readouterr().err == "" and log.exists()
    chat_gpt4video.main([*arguments, "--no_draw", "--no_guards"])
    assert "switched off" in capsys.readouterr().err
    guarded, free = pipes
    assert guarded.guards.prompt_guard and guarded.guards.frame_guard and guarded.studio.room
    assert guarded._postprocess_params == {"output_dir": "out"} and free.studio is None
    assert free.guards.prompt_guard is None and free.guards.frame_guard is None


@pytest.fixture
def run_script(repository: Path, tmp_path: Path) -> Callable:
    """Run the command line on the tiny repository, as a terminal does; nothing may end in a traceback."""

    def run(*arguments: str | bytes, lines: bytes = b"", **variables: str) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [sys.executable, SCRIPT, "--model", repository, *arguments],
            input=lines,
            capture_output=True,
            cwd=tmp_path,
            env=os.environ | {"HF_MODULES_CACHE": str(tmp_path)} | variables,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")
        return done

    return run


def test_script_answers_one_question(run_script: Callable):
    arguments = ["--video", CLIPS[0], "--video", CLIPS[1], "--prompt", b"What \xff\xfe is it?", "--num_frames", "3"]
    done = run_script(*arguments, "--max_new_tokens", "9", "--seed", "7", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_script_takes_bytes_of_any_encoding(run_script: Callable, tmp_path: Path):
    path = os.fsencode(tmp_path) + b"/\xe4.mp4"
    shutil.copy(os.fsencode(CLIPS[0]), path)
    lines = b"Hello \xff\xfe there\n/video " + path + b"\nWho are you?\n"
    done = run_script("--max_new_tokens", "3", lines=lines, PYTHONIOENCODING="utf-8:strict")
    assert done.returncode == 0, done.stderr
    assert b"> Hello \xff\xfe there\n" in done.stdout
    assert b"\nShowing " + path + b"\n> Who are you?\n" in done.stdout
    assert b"\n! " not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seed", "-1"], "error: Seed must be between 0 and 2**32 - 1"),
        (["--device", "nonsense"], "error: torch cannot use a device 'nonsense' here"),
        (["--chat_template", "nowhere.jinja"], "error: [Errno 2] No such file or directory: 'nowhere.jinja'"),
    ],
)
def test_script_tells_wrong_arguments_in_one_line(run_script: Callable, arguments: list[str], message: str):
    done = run_script(*arguments)
    assert done.returncode == 1
    assert done.stderr.decode() == f"{message}\n"


def test_interrupt_while_libraries_are_imported(tmp_path: Path):
    command = [sys.executable, "-X", "importtime", SCRIPT]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        while b" torch." not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        errors = [line for line in process.stderr if not line.startswith(b"import time:")]
        assert process.wait() == 130
    assert errors == [b"interrupted\n"]


def test_interrupt_while_files_are_read(repository: Path, tmp_path: Path):
    os.mkfifo(tmp_path / "slow.jinja")
    command = [sys.executable, SCRIPT, "--model", repository, "--chat_template", tmp_path / "slow.jinja"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        writer = None
        while writer is None:
            assert process.poll() is None
            try:
                writer = os.open(tmp_path / "slow.jinja", os.O_WRONLY | os.O_NONBLOCK)
            except OSError:  # the script does not read the other end yet
                time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        os.close(writer)
        assert process.stderr.read() == b"interrupted\n"


@pytest.mark.parametrize("template", ["short", "short.jinja"])
def test_script_takes_a_template_by_name_or_file(
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    template: str,
):
    from gpt4video.chat_gpt4video import main
    from gpt4video.pipeline_gpt4video import GPT4VideoPipeline

    folder = shutil.copytree(repository, tmp_path / "with_templates")
    (folder / "additional_chat_templates").mkdir(exist_ok=True)
    text = "{{ messages[0].content[0].text }}"
    for path in (folder / "additional_chat_templates" / "short.jinja", tmp_path / "short.jinja"):
        path.write_text(text)
    prompts = []
    generate = GPT4VideoPipeline._forward
    monkeypatch.setattr(
        GPT4VideoPipeline, "_forward", lambda self, i, **k: prompts.append(i["input_ids"]) or generate(self, i, **k)
    )
    monkeypatch.chdir(tmp_path)
    main(["--model", str(folder), "--prompt", "Hi", "--chat_template", template, "--max_new_tokens", "2"])
    assert prompts[0].tolist() == [build_tokenizer().encode("Hi")]


def test_script_chats_and_interrupt_stops_only_the_answer(repository: Path, tmp_path: Path):
    folder = shutil.copytree(repository, tmp_path / "talkative")
    letter, space = (build_tokenizer().encode(text)[0] for text in ("a", " "))
    settings = json.loads((folder / "generation_config.json").read_text())
    settings["sequence_bias"] = [[[letter], 500.0], [[letter, space], 1000.0]]  # writes "a a a ..." without end
    (folder / "generation_config.json").write_text(json.dumps(settings))
    process = subprocess.Popen(
        [sys.executable, "-u", SCRIPT, "--model", folder, "--max_new_tokens", "700", "--device", "cpu"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"HF_MODULES_CACHE": str(tmp_path)},
    )
    process.stdin.write(f"/video {CLIPS[0]}\nWhat is it?\n".encode())
    process.stdin.flush()
    shown = b""
    for awaited, send in ((b"What is it?\na a", True), (b" [stopped]\n", False)):
        while awaited not in shown:
            chunk = process.stdout.read1()
            assert chunk, process.stderr.read().decode(errors="replace")
            shown += chunk
        if send:
            process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(b"/quit\n", timeout=600)
    assert process.returncode == 0, errors.decode(errors="replace")
    assert 2 <= shown.count(b"a ") < 340
    assert b"> /quit" in shown + rest
    assert b"Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--video", "nowhere.mp4", "--prompt", "What?"], "error: .*nowhere.mp4"),
        (["--model", "no/such/folder", "--prompt", "What?"], "error: .*no/such/folder"),
    ],
)
def test_command_line_errors_are_one_message(
    repository: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
):
    from gpt4video.chat_gpt4video import main

    with pytest.raises(SystemExit, match=message):
        main(["--model", str(repository), *arguments])


def test_help_has_units_and_an_example(capsys: pytest.CaptureFixture):
    from gpt4video.chat_gpt4video import main

    with pytest.raises(SystemExit) as end:
        main(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert end.value.code == 0
    assert "in tokens" in shown
    assert "Example: python pipeline_gpt4video.py --video examples/" in shown
