"""The pipeline: doors, replies, clips encoded once, batches, streaming."""

import io
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from pipeline_tools import CLIPS, REPO_ROOT, Say, answer, ask, clip
from transformers import AutoModel, AutoProcessor, GenerationConfig, pipeline


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
    decisions = reply.pop("decisions")
    assert reply == {
        "generated_text": text,
        "message": answer(text),
        "parts": [
            {"type": "text", "text": "Sure. "},
            {"type": "video_prompt", "text": "a cat", "index": None},
            {"type": "text", "text": " Then "},
            {"type": "video_prompt", "text": "a dog", "index": 2},
            {"type": "text", "text": "!"},
        ],
        "prompts": ["a cat", "a dog"],
    }
    assert [(decision["stage"], decision["label"]) for decision in decisions] == [("model", "prompts")]


def test_full_text_is_the_conversation_continued(pipe):
    messages = [ask(clip(0), "What is it?")]
    reply = pipe(messages, return_full_text=True, logits_processor=[Say(pipe.tokenizer, " A plane.")])
    assert reply["generated_text"] == [*messages, answer("A plane.")]


def test_several_replies(pipe):
    replies = pipe([ask(clip(0), "What is it?")], do_sample=True, num_return_sequences=3)
    assert len(replies) == 3
    assert all(set(reply) == {"generated_text", "message", "parts", "prompts", "decisions"} for reply in replies)


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
