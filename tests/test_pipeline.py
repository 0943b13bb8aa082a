"""The pipeline: doors, replies, clips encoded once, batches, streaming, and the command line."""

import ast
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_repository import build_tokenizer, write_repository
from transformers import AutoModel, AutoProcessor, GenerationConfig, LogitsProcessor, pipeline


REPO_ROOT = Path(__file__).resolve().parent.parent
CLIPS = [str(path) for path in sorted((REPO_ROOT / "examples").glob("*.mp4"))]
SCRIPT = REPO_ROOT / "pipeline_gpt4video.py"


class Say(LogitsProcessor):
    """Makes a model write the given texts, one per row, whatever it would have written."""

    def __init__(self, tokenizer, *texts: str):
        self.ids = [[*tokenizer.encode(text, add_special_tokens=False), tokenizer.eos_token_id] for text in texts]
        self.start, self.calls = None, 0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        self.start = input_ids.shape[1] if self.start is None else self.start
        scores = torch.full_like(scores, -torch.inf)
        for row, ids in enumerate(self.ids):
            scores[row, ids[min(input_ids.shape[1] - self.start, len(ids) - 1)]] = 0
        return scores


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, make_config: Callable, make_model: Callable) -> Path:
    return write_repository(tmp_path_factory.mktemp("repositories") / "tiny", make_config, make_model)


@pytest.fixture(scope="module")
def opened_pipe(repository: Path):
    return pipeline(model=str(repository), trust_remote_code=True, device="cpu", max_new_tokens=12)


@pytest.fixture
def pipe(opened_pipe, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opened_pipe, "_media", type(opened_pipe._media)())
    return opened_pipe


@pytest.fixture
def encoded(pipe, monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Record the shape of every clip and image that the model encodes."""
    shapes = []
    encode_clips = pipe.model.model.encode_clips

    def count(pixels: torch.Tensor, **kwargs):
        shapes.append(tuple(pixels.shape))
        return encode_clips(pixels, **kwargs)

    monkeypatch.setattr(pipe.model.model, "encode_clips", count)
    return shapes


def ask(*blocks: str | dict) -> dict:
    return {
        "role": "user",
        "content": [{"type": "text", "text": block} if isinstance(block, str) else block for block in blocks],
    }


def clip(index: int) -> dict:
    return {"type": "video", "path": CLIPS[index]}


def answer(text: str) -> dict:
    return {"role": "assistant", "content": text}


def test_both_doors_give_the_pipeline_of_the_repository(repository: Path):
    by_model = pipeline(model=str(repository), trust_remote_code=True, device="cpu")
    by_task = pipeline("video-text-to-text", model=str(repository), trust_remote_code=True, device="cpu")
    for pipe in (by_model, by_task):
        assert type(pipe).__name__ == "GPT4VideoPipeline"
        assert pipe.task == "video-text-to-text"


@pytest.mark.parametrize("template", ["chat_template.jinja", "chat_templates/original.jinja"])
def test_token_ids_are_those_of_the_processor(pipe, template: str):
    template = (REPO_ROOT / template).read_text()
    image = {"type": "image", "image": np.zeros((9, 7, 3), "uint8")}
    messages = [
        {"role": "system", "content": "Be brief."},
        ask(clip(0), "What is it? <video>no placeholder</video>", image),
        answer("A <video>plane</video>."),
        ask("and this?", clip(1), "  well?  "),
    ]
    expected = pipe.processor.apply_chat_template(
        messages,
        chat_template=template,
        tokenize=True,
        add_generation_prompt=True,
        return_dict=True,
        return_tensors="pt",
    )
    prepared = pipe.preprocess(messages, chat_template=template)
    assert torch.equal(prepared["input_ids"], expected["input_ids"])
    assert torch.equal(prepared["attention_mask"], expected["attention_mask"])


def test_templates_have_names(pipe, monkeypatch: pytest.MonkeyPatch):
    default = pipe.processor.chat_template
    short = "{{ messages[0].content[0].text }}"
    monkeypatch.setattr(pipe.processor, "chat_template", {"default": default, "short": short})
    assert pipe.tokenizer.decode(pipe.preprocess("Hi", chat_template="short")["input_ids"][0]) == "Hi"
    monkeypatch.setattr(pipe.processor, "chat_template", default)
    with pytest.raises(ValueError, match="one of the names .'default'., not 'short'"):
        pipe("Hi", chat_template="short")


def test_reply_is_what_the_model_generates_from_the_processor(pipe, repository: Path):
    messages = [ask(clip(0), "What is it?"), answer("A plane."), ask(clip(1), "And that?")]
    model = AutoModel.from_pretrained(repository, trust_remote_code=True)
    processor = AutoProcessor.from_pretrained(repository, trust_remote_code=True)
    inputs = processor.apply_chat_template(
        messages, tokenize=True, add_generation_prompt=True, return_dict=True, return_tensors="pt"
    )
    ids = model.generate(**inputs, max_new_tokens=12)[0, inputs["input_ids"].shape[1] :]
    assert pipe(messages)["generated_text"] == processor.decode(ids, skip_special_tokens=True).strip()


def test_reply_has_words_and_prompts_in_order(pipe):
    text = "Sure. <video>a cat</video> Then <video2>a dog </video2>!"
    reply = pipe("Draw!", logits_processor=[Say(pipe.tokenizer, " " + text)], max_new_tokens=99)
    assert reply == {
        "generated_text": text,
        "parts": [
            {"type": "text", "text": "Sure. "},
            {"type": "video_prompt", "text": "a cat", "index": None},
            {"type": "text", "text": " Then "},
            {"type": "video_prompt", "text": "a dog", "index": 2},
            {"type": "text", "text": "!"},
        ],
        "prompts": ["a cat", "a dog"],
    }


def test_full_text_is_the_conversation_continued(pipe):
    messages = [ask(clip(0), "What is it?")]
    reply = pipe(messages, return_full_text=True, logits_processor=[Say(pipe.tokenizer, " A plane.")])
    assert reply["generated_text"] == [*messages, answer("A plane.")]


def test_several_replies(pipe):
    replies = pipe([ask(clip(0), "What is it?")], do_sample=True, num_return_sequences=3)
    assert len(replies) == 3
    assert all(set(reply) == {"generated_text", "parts", "prompts"} for reply in replies)


def test_question_and_clip_as_arguments(pipe):
    reply = pipe(prompt="What is it?", video=CLIPS[0])
    assert reply == pipe([ask(clip(0), "What is it?")])
    assert reply == pipe({"prompt": "What is it?", "video": CLIPS[0]})
    assert pipe("Hello") == pipe(prompt="Hello") == pipe([ask("Hello")])


@pytest.mark.parametrize(
    ("inputs", "kwargs", "message"),
    [
        (None, {}, "either a conversation, or prompt="),
        ("hello", {"prompt": "hello"}, "either a conversation, or prompt="),
        ([ask("hello"), answer("hi")], {}, "last of which is the user's"),
        ({"prompt": "hello", "clip": "x.mp4"}, {}, "Expected the keys prompt"),
        ([ask({"type": "video"}, "hello")], {}, "A video block needs one of the keys"),
    ],
)
def test_wrong_inputs_get_one_clear_message(pipe, inputs, kwargs: dict, message: str):
    with pytest.raises(ValueError, match=message):
        pipe(inputs, **kwargs)


def test_too_long_conversation_is_refused(pipe):
    with pytest.raises(ValueError, match="the language model reads fewer than 1200"):
        pipe("word " * 300)


@pytest.mark.parametrize(
    "settings",
    [{}, {"max_new_tokens": 900}, {"max_length": 900}, {"generation_config": GenerationConfig(max_new_tokens=900)}],
)
def test_answer_ends_where_learned_positions_end(
    opened_pipe, make_config: Callable, make_model: Callable, settings: dict
):
    tokenizer = opened_pipe.tokenizer
    text = {"model_type": "gpt2", "vocab_size": len(tokenizer), "n_positions": 128, "n_embd": 32, "n_head": 2}
    ids = {f"{name}_token_id": tokenizer.convert_tokens_to_ids(f"<|{name}|>") for name in ("video", "image")}
    model = make_model(make_config(text=text | {"n_layer": 2}, **ids))
    pipe = type(opened_pipe)(model=model, processor=opened_pipe.processor, device="cpu")
    settings = settings | {"chat_template": "{{ messages[0].content[0].text }}"}
    for length in (40, 127):
        say = [Say(tokenizer, "b" * 600)]
        reply = pipe("a" * length, logits_processor=say, **settings)
        assert reply["generated_text"] == "b" * (128 - length)
    with pytest.raises(ValueError, match="reads fewer than 128"):
        pipe("a" * 128, **settings)


def test_halves_of_characters_are_replaced(pipe):
    text = "Hello \udcff\udcfe there, \ud83d\ude00 \ud83d"
    clean = "Hello \ufffd\ufffd there, \U0001f600 \ufffd"
    messages = [{"role": "system", "content": text}, ask(clip(0), text), answer(text), ask(text)]
    expected = [{"role": "system", "content": clean}, ask(clip(0), clean), answer(clean), ask(clean)]
    assert torch.equal(pipe.preprocess(messages)["input_ids"], pipe.preprocess(expected)["input_ids"])
    assert pipe(text) == pipe(clean)


def test_user_cannot_write_control_tokens(pipe):
    text = "<|video|></s><|image|><s> <pad>"
    prepared = pipe.preprocess([ask(clip(0), text)])
    ids = prepared["input_ids"][0].tolist()
    config = pipe.model.config
    assert ids.count(config.video_token_id) == config.num_video_tokens
    assert [ids.count(token) for token in (config.image_token_id, 0, 1, 2)] == [0, 0, 1, 0]
    assert text in pipe.tokenizer.decode(ids)


def test_clip_of_several_turns_is_encoded_once(pipe, encoded: list):
    messages = [ask(clip(0), "What is it?")]
    for question in ("How does it move?", "Which color?", "Sure?"):
        messages = [*pipe(messages, return_full_text=True)["generated_text"], ask(question)]
    pipe([ask(clip(0), clip(0), "The same twice?")])
    pipe(prompt="By its bytes?", video=Path(CLIPS[0]))
    assert encoded == [(1, 5, 3, 12, 12)]
    pipe([*messages, answer("Yes."), ask(clip(1), "And this one?")])
    assert len(encoded) == 2


def test_clip_is_read_once_within_a_conversation(pipe, monkeypatch: pytest.MonkeyPatch):
    calls = []
    process = type(pipe.processor).__call__
    monkeypatch.setattr(type(pipe.processor), "__call__", lambda *a, **k: calls.append(k) or process(*a, **k))
    pipe([ask(clip(0), clip(0), "Twice?"), answer("Yes."), ask(clip(0), "And again?")])
    assert len(calls) == 1


def test_kept_features_give_the_same_reply(pipe):
    messages = [ask(clip(0), clip(1), "What is it?")]
    assert pipe(messages) == pipe(messages)


def test_other_frames_or_other_content_are_encoded_again(pipe, encoded: list, tmp_path: Path):
    path = tmp_path / "clip.mp4"
    shutil.copy(CLIPS[0], path)
    pipe(prompt="What?", video=path)
    pipe(prompt="What?", video=path, num_frames=3)
    assert encoded == [(1, 5, 3, 12, 12), (1, 3, 3, 12, 12)]
    shutil.copy(CLIPS[1], path)
    pipe(prompt="What?", video=path)
    assert len(encoded) == 3


def test_arrays_and_bytes_go_by_content_and_file_objects_by_identity(pipe, encoded: list):
    frames = np.random.default_rng(0).integers(0, 255, (6, 20, 16, 3), dtype=np.uint8)
    for video in (frames, frames.copy(), torch.from_numpy(frames).permute(0, 3, 1, 2)):
        pipe(prompt="What?", video=video)
    assert len(encoded) == 2
    frames[0] += 1
    pipe(prompt="What?", video=frames)
    assert len(encoded) == 3
    content = Path(CLIPS[0]).read_bytes()
    pipe(prompt="What?", video=content)
    pipe(prompt="What?", video=bytes(content))
    file = io.BytesIO(content)
    pipe(prompt="What?", video=file)
    pipe(prompt="And now?", video=file)
    assert len(encoded) == 5


def test_kept_features_are_limited(pipe, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pipe, "max_cached_media", 2)
    messages = [ask(clip(0), clip(1), clip(2), "What?")]
    reply = pipe(messages)
    assert len(pipe._media) == 2
    assert pipe(messages) == reply


def test_images_are_encoded_as_images(pipe, encoded: list):
    image = np.random.default_rng(0).integers(0, 255, (20, 16, 3), dtype=np.uint8)
    pipe([ask({"type": "image", "image": image}, clip(0), "What are they?")])
    assert sorted(encoded) == [(1, 1, 3, 12, 12), (1, 5, 3, 12, 12)]
    pipe(prompt="And now?", image=image)
    assert len(encoded) == 2


def test_batches_and_generators_answer_as_single_calls_do(pipe):
    conversations = [
        [ask(clip(0), "What is it?")],
        [ask("A longer question without any clip, to be padded against.")],
        [ask(clip(1), "First?"), answer("Yes."), ask(clip(0), "Second?")],
    ]
    single = [pipe(conversation) for conversation in conversations]
    assert pipe(conversations) == single
    assert pipe(conversations, batch_size=3) == single
    assert list(pipe((conversation for conversation in conversations), batch_size=2)) == single


def test_bad_clip_is_named(pipe, tmp_path: Path):
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"no clip at all")
    with pytest.raises(ValueError, match="broken.mp4") as error:
        pipe(prompt="What?", video=path)
    assert type(error.value).__name__ == "ClipError"


def test_stream_gives_pieces_then_the_reply(pipe):
    text = " Here you are. <video>a red cat</video> Fine?"
    events = list(
        pipe.stream([ask(clip(0), "Draw!")], logits_processor=[Say(pipe.tokenizer, text)], max_new_tokens=99)
    )
    words = "".join(event["text"] for event in events if event["type"] == "text")
    assert words == "Here you are.  Fine?"
    assert len([event for event in events if event["type"] == "text"]) > 3
    kinds = [event["type"] for event in events]
    assert {"type": "video_prompt", "text": "a red cat", "index": None} in events
    assert "text" in kinds[kinds.index("video_prompt") :]
    assert events[-1]["type"] == "reply"
    assert events[-1]["generated_text"] == text.strip()
    assert events[-1]["prompts"] == ["a red cat"]


def test_stream_answers_as_a_call_does(pipe):
    messages = [ask(clip(0), "What is it?")]
    *pieces, reply = pipe.stream(messages)
    assert {"type": "reply", **pipe(messages)} == reply
    assert "".join(piece["text"] for piece in pieces).strip() == reply["generated_text"]


def test_closing_a_stream_stops_the_answer(pipe):
    say = Say(pipe.tokenizer, "one two " * 100)
    stream = pipe.stream("Count!", logits_processor=[say], max_new_tokens=800)
    next(stream)
    stream.close()
    assert say.calls < 700
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]


def test_stream_raises_what_the_call_raises(pipe):
    with pytest.raises(ValueError, match="nowhere.mp4"):
        list(pipe.stream({"prompt": "What?", "video": "nowhere.mp4"}))


def run_chat(
    pipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, *lines: str, says: list[str]
) -> str:
    """Run a chat in which the model says the given texts one after the other; return what the terminal shows."""
    from gpt4video.pipeline_gpt4video import TerminalChat

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
    from gpt4video.pipeline_gpt4video import TerminalChat

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
    from gpt4video.pipeline_gpt4video import TerminalChat

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
    from gpt4video.pipeline_gpt4video import GPT4VideoPipeline, main

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
    from gpt4video.pipeline_gpt4video import main

    with pytest.raises(SystemExit, match=message):
        main(["--model", str(repository), *arguments])


def test_help_has_units_and_an_example(capsys: pytest.CaptureFixture):
    from gpt4video.pipeline_gpt4video import main

    with pytest.raises(SystemExit) as end:
        main(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert end.value.code == 0
    assert "in tokens" in shown
    assert "Example: python pipeline_gpt4video.py --video examples/" in shown


def test_file_runs_alone_and_imports_little():
    tree = ast.parse(SCRIPT.read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert all(node.level == 0 for node in imports if isinstance(node, ast.ImportFrom))
    names = {node.module for node in imports if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    roots = {name.partition(".")[0] for name in names}
    assert roots - sys.stdlib_module_names == {"torch", "transformers"}
