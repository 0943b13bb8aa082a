"""The model as a model of the library: shapes, merging, generation, caches, gradients, devices, saving, adapters."""

import copy
import inspect
import itertools
import re

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import GenerationConfig
from transformers.modeling_outputs import BaseModelOutputWithPooling

from gpt4video.modeling_gpt4video import (
    GPT4VideoAbstractor,
    GPT4VideoForConditionalGeneration,
    GPT4VideoModel,
    GPT4VideoVisionModel,
)


GREEDY = {"max_new_tokens": 6, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
# Rows with two clips and an image, with one clip, and without any.
ROWS = [[1, "image", 4, "video", "video", 2], [3, "video", 2], [7]]
TEXT_FAMILIES = {
    "llama": {},
    "llama-tied": {"tie_word_embeddings": True},
    "qwen2-tied": {
        "model_type": "qwen2",
        "vocab_size": 99,
        "hidden_size": 32,
        "intermediate_size": 44,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "tie_word_embeddings": True,
    },
    "gpt_neox": {
        "model_type": "gpt_neox",
        "vocab_size": 99,
        "hidden_size": 32,
        "intermediate_size": 44,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    },
    "opt-tied": {
        "model_type": "opt",
        "vocab_size": 99,
        "hidden_size": 32,
        "word_embed_proj_dim": 32,
        "ffn_dim": 44,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 80,
    },
    "gpt2-tied": {
        "model_type": "gpt2",
        "vocab_size": 99,
        "n_embd": 32,
        "n_layer": 2,
        "n_head": 4,
        "n_positions": 80,
        "bos_token_id": 1,
        "eos_token_id": 2,
    },
}


def assert_close(actual: torch.Tensor, expected: torch.Tensor, atol: float = 1e-5) -> None:
    torch.testing.assert_close(actual, expected, rtol=0, atol=atol)


def without_media(inputs: dict) -> dict:
    return {name: tensor for name, tensor in inputs.items() if not name.startswith("pixel_values")}


def new_ids(model, inputs: dict, **kwargs) -> torch.Tensor:
    """Generate greedily unless told otherwise, and give the new ids alone."""
    ids = model.generate(**inputs, **(GREEDY | kwargs))
    return ids[:, inputs["input_ids"].shape[1] :] if "input_ids" in inputs else ids


# Shapes and features


def test_output_shapes(tiny_config, tiny_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, ROWS)
    outputs = tiny_model(**inputs)
    assert outputs.logits.shape == (*inputs["input_ids"].shape, 99)
    assert outputs.video_hidden_states.shape == (3, 7, 32)
    assert outputs.image_hidden_states.shape == (1, 7, 32)
    assert outputs.loss is None
    features = tiny_model.get_video_features(inputs["pixel_values_videos"])
    assert features.last_hidden_state.shape == (3, 5, 10, 24)
    assert features.pooler_output.shape == (3, 7, 32)


def test_number_of_video_tokens_does_not_depend_on_the_frames(tiny_model) -> None:
    for num_frames in (1, 2, 9):
        assert tiny_model.get_video_features(torch.randn(2, num_frames, 3, 12, 12)).pooler_output.shape == (2, 7, 32)


@torch.no_grad()
def test_one_frame_clip_is_an_image(tiny_model) -> None:
    pixels = torch.randn(2, 3, 12, 12)
    as_image = tiny_model.get_image_features(pixels)
    as_clip = tiny_model.get_video_features(pixels.unsqueeze(1))
    assert torch.equal(as_clip.pooler_output, as_image.pooler_output)
    assert torch.equal(as_clip.last_hidden_state, as_image.last_hidden_state)


@torch.no_grad()
def test_frame_order_changes_features(tiny_model) -> None:
    clip = torch.randn(1, 5, 3, 12, 12)
    features = tiny_model.get_video_features(clip).pooler_output
    assert (tiny_model.get_video_features(clip.flip(1)).pooler_output - features).abs().max() > 1e-2


@torch.no_grad()
def test_frame_positions_tell_early_from_late(make_config, make_model) -> None:
    """Frames that the temporal blocks cannot tell apart: only positions in the abstractor see their order."""
    first, second = torch.randn(2, 1, 3, 12, 12)
    for frame_position_embedding, differs in ((None, False), ("sinusoidal", True)):
        model = make_model(make_config(abstractor={"frame_position_embedding": frame_position_embedding})).model
        tower = model.vision_tower
        frames = [tower(frame.unsqueeze(0)).last_hidden_state for frame in (first, second)]
        early, late = (model.abstractor(torch.cat(order, dim=1)).last_hidden_state for order in (frames, frames[::-1]))
        if differs:
            assert (early - late).abs().max() > 1e-2
        else:
            assert_close(early, late)


@torch.no_grad()
def test_sinusoidal_frame_positions_are_added_to_the_normed_frame_tokens(make_config, make_model) -> None:
    model = make_model(make_config(abstractor={"frame_position_embedding": "sinusoidal", "num_hidden_layers": 1}))
    abstractor, tokens = model.model.abstractor, torch.randn(2, 3, 10, 24)
    expected = torch.zeros(3, 24)
    for frame, pair in itertools.product(range(3), range(12)):
        angle = torch.tensor(frame / 10000 ** (2 * pair / 24))
        expected[frame, pair], expected[frame, 12 + pair] = angle.sin(), angle.cos()
    seen = {}
    attention = abstractor.layers[0].cross_attn
    handle = attention.register_forward_pre_hook(lambda _, args, kwargs: seen.update(kwargs), with_kwargs=True)
    abstractor(tokens)
    handle.remove()
    added = seen["key_value_states"][:, 12:] - abstractor.layers[0].key_layer_norm(tokens.flatten(1, 2))
    assert_close(added, expected.repeat_interleave(10, dim=0).expand(2, -1, -1))


@torch.no_grad()
def test_clips_of_a_batch_do_not_mix(tiny_model) -> None:
    clips = torch.randn(3, 4, 3, 12, 12)
    together = tiny_model.get_video_features(clips).pooler_output
    for index in range(3):
        assert_close(together[index], tiny_model.get_video_features(clips[index : index + 1]).pooler_output[0])


@torch.no_grad()
def test_ragged_clips_equal_single_clips(tiny_model) -> None:
    clips, lengths = torch.randn(5, 6, 3, 12, 12), torch.tensor([3, 6, 1, 3, 2])
    for clip, length in zip(clips, lengths, strict=True):
        clip[length:] = 0
    ragged = tiny_model.get_video_features(clips, video_num_frames=lengths)
    for index, length in enumerate(lengths):
        single = tiny_model.get_video_features(clips[index : index + 1, :length])
        assert_close(ragged.pooler_output[index], single.pooler_output[0])
        assert_close(ragged.last_hidden_state[index, :length], single.last_hidden_state[0])
        assert not ragged.last_hidden_state[index, length:].any()


@torch.no_grad()
def test_ragged_clips_in_a_prompt(tiny_config, tiny_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, [["video", 3], [2, "video", 3]])
    lengths = torch.tensor([2, 5])
    inputs["pixel_values_videos"][0, 2:] = 0
    ragged = new_ids(tiny_model, inputs, video_num_frames=lengths)
    logits = tiny_model(**inputs, video_num_frames=lengths).logits
    for row, length in enumerate(lengths):
        clip = inputs["pixel_values_videos"][row : row + 1, :length]
        single = without_media({name: tensor[row : row + 1] for name, tensor in inputs.items()})
        single["pixel_values_videos"] = clip
        assert_close(tiny_model(**single).logits[0, -3:], logits[row, -3:])
        assert torch.equal(new_ids(tiny_model, single)[0], ragged[row])


@pytest.mark.parametrize("lengths", [[5], [0, 5], [6, 5]])
def test_impossible_clip_lengths(tiny_model, lengths: list[int]) -> None:
    message = f"each of 2 clips a length from 1 to 5, got {lengths}"
    with pytest.raises(ValueError, match=re.escape(message)):
        tiny_model.get_video_features(torch.randn(2, 5, 3, 12, 12), video_num_frames=torch.tensor(lengths))


@torch.no_grad()
@pytest.mark.parametrize("frames_per_chunk", [1, 2, 3, 4, 6, 7, 100])
@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_frame_chunks_change_nothing(make_config, make_model, kernel_size: int, frames_per_chunk: int) -> None:
    model = make_model(make_config(vision={"temporal_kernel_size": kernel_size}))
    for num_frames in (1, 7):
        clips = torch.randn(2, num_frames, 3, 12, 12)
        model.config.vision_config.frames_per_chunk = None
        whole = model.get_video_features(clips)
        model.config.vision_config.frames_per_chunk = frames_per_chunk
        chunked = model.get_video_features(clips)
        assert_close(chunked.last_hidden_state, whole.last_hidden_state, atol=1e-6)
        assert_close(chunked.pooler_output, whole.pooler_output)  # 5.7e-6 seen, of values up to 3


@torch.no_grad()
def test_frame_chunks_bound_the_working_set(make_config, make_model) -> None:
    """No attention, MLP or temporal block sees more frames than a chunk and what its convolution reaches."""
    model = make_model(make_config(vision={"frames_per_chunk": 2}))
    largest = {}

    def hook(name: str, dims: int):
        def keep(_module, args) -> None:
            frames = args[0].shape[:dims].numel()
            largest[name] = max(frames, largest.get(name, 0))

        return keep

    for layer in model.model.vision_tower.layers:
        layer.temporal_block.register_forward_pre_hook(hook("temporal_block", 2))
        layer.self_attn.register_forward_pre_hook(hook("self_attn", 1))
        layer.mlp.register_forward_pre_hook(hook("mlp", 1))
    model.get_video_features(torch.randn(1, 9, 3, 12, 12))
    assert largest == {"temporal_block": 4, "self_attn": 2, "mlp": 2}


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3, 12, 12), r"must have the shape \(num_clips, num_frames, 3, height, width\), got \(2, 3, 12, 12\)"),
        ((1, 2, 3, 16, 16), r"Frames of shape \(3, 16, 16\) do not fit a vision tower for \(3, 12, 12\)"),
        ((1, 2, 3, 12, 8), r"Frames of shape \(3, 12, 8\) do not fit"),
        ((1, 3, 2, 12, 12), r"Frames of shape \(2, 12, 12\) do not fit"),
    ],
)
def test_wrong_frames_are_named(tiny_config, tiny_model, make_inputs, shape: tuple, message: str) -> None:
    inputs = make_inputs(tiny_config, [[2, "video", 3]])
    inputs["pixel_values_videos"] = torch.randn(shape)
    with pytest.raises(ValueError, match=message):
        tiny_model(**inputs)


# Merging


@torch.no_grad()
def test_features_replace_their_placeholders_in_order(tiny_config, tiny_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, ROWS)
    ids = inputs["input_ids"]
    embeds = tiny_model(**inputs, output_hidden_states=True).hidden_states[0]
    clips = tiny_model.get_video_features(inputs["pixel_values_videos"]).pooler_output
    images = tiny_model.get_image_features(inputs["pixel_values"]).pooler_output
    assert_close(embeds[ids == tiny_config.video_token_id], clips.flatten(0, 1))
    assert_close(embeds[ids == tiny_config.image_token_id], images.flatten(0, 1))
    is_text = (ids != tiny_config.video_token_id) & (ids != tiny_config.image_token_id)
    assert torch.equal(embeds[is_text], tiny_model.get_input_embeddings()(ids)[is_text])


@torch.no_grad()
def test_inputs_embeds_matches_input_ids(tiny_config, tiny_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, ROWS)
    by_embeds = {name: tensor for name, tensor in inputs.items() if name != "input_ids"}
    by_embeds["inputs_embeds"] = tiny_model.get_input_embeddings()(inputs["input_ids"])
    assert torch.equal(tiny_model(**by_embeds).logits, tiny_model(**inputs).logits)
    for kwargs in ({}, {"num_beams": 2}):
        assert torch.equal(new_ids(tiny_model, by_embeds, **kwargs), new_ids(tiny_model, inputs, **kwargs))


@torch.no_grad()
def test_placeholders_with_equal_embeddings(tiny_config, tiny_model, make_inputs) -> None:
    """As in a model that was just composed: an embedding then shows a placeholder, but not of what."""
    tiny_model.get_input_embeddings().weight[97:99] = 0.5
    for rows, is_clear in (([[2, "video", 3]], True), ([[2, "image", 3]], True), (ROWS, False)):
        inputs = make_inputs(tiny_config, rows)
        by_embeds = {name: tensor for name, tensor in inputs.items() if name != "input_ids"}
        by_embeds["inputs_embeds"] = tiny_model.get_input_embeddings()(inputs["input_ids"])
        for call in (
            lambda arguments: tiny_model(**arguments).logits,
            lambda arguments: new_ids(tiny_model, arguments),
        ):
            if is_clear:
                assert torch.equal(call(by_embeds), call(inputs))
            else:
                call(inputs)
                with pytest.raises(ValueError, match="have the same embedding; pass input_ids, not inputs_embeds"):
                    call(by_embeds)


def test_exactly_one_of_ids_and_embeds(tiny_model) -> None:
    ids = torch.tensor([[1, 3]])
    with pytest.raises(ValueError, match="exactly one of input_ids or inputs_embeds"):
        tiny_model(input_ids=ids, inputs_embeds=tiny_model.get_input_embeddings()(ids))
    with pytest.raises(ValueError, match="exactly one of input_ids or inputs_embeds"):
        tiny_model(attention_mask=torch.ones_like(ids))


CALLS = {
    "forward": lambda model, inputs: model(**inputs),
    "generate": lambda model, inputs: model.generate(**inputs, **GREEDY),
    "beams": lambda model, inputs: model.generate(**inputs, **GREEDY, num_beams=2),
    "static cache": lambda model, inputs: model.generate(**inputs, **GREEDY, cache_implementation="static"),
    "no cache": lambda model, inputs: model.generate(**inputs, **GREEDY, use_cache=False),
    "chunked prefill": lambda model, inputs: model.generate(**inputs, **GREEDY, prefill_chunk_size=4),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("num_clips", [3, 1, 0])
@pytest.mark.parametrize("medium", ["video", "image"])
def test_mismatching_num_video_tokens(
    tiny_config, tiny_model, make_inputs, medium: str, num_clips: int, call: str
) -> None:
    inputs = make_inputs(tiny_config, [[2, medium, 3], [medium]])
    name = "pixel_values_videos" if medium == "video" else "pixel_values"
    pixels = inputs.pop(name)
    if num_clips:
        inputs[name] = torch.cat([pixels, pixels])[:num_clips]
    message = f"The prompt has 14 {medium} placeholder tokens, but the {medium}s given make {7 * num_clips} rows"
    with pytest.raises(ValueError, match=message):
        CALLS[call](tiny_model, inputs)


def test_truncated_placeholders(tiny_config, tiny_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, [[2, "video"]])
    inputs["input_ids"] = inputs["input_ids"][:, :-1]
    inputs["attention_mask"] = inputs["attention_mask"][:, :-1]
    with pytest.raises(
        ValueError, match=r"has 6 video placeholder tokens, but the videos given make 7 rows \(7 each\)"
    ):
        tiny_model(**inputs)


@torch.no_grad()
def test_mm_encoder_outputs_replace_pixels(tiny_config, tiny_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, ROWS)
    encoded = {
        "video": tiny_model.get_video_features(inputs["pixel_values_videos"]),
        "image": tiny_model.get_image_features(inputs["pixel_values"]),
    }
    assert torch.equal(
        tiny_model(**without_media(inputs), mm_encoder_outputs=encoded).logits, tiny_model(**inputs).logits
    )
    with pytest.raises(ValueError, match="either pixels .* or mm_encoder_outputs, not both"):
        tiny_model(**inputs, mm_encoder_outputs=encoded)


def test_generate_leaves_mm_encoder_outputs_as_they_were(tiny_config, tiny_model, make_inputs) -> None:
    """A clip is encoded once and used in several turns, with beams as well (transformers 5.23 writes into it)."""
    inputs = make_inputs(tiny_config, ROWS)
    clips = tiny_model.get_video_features(inputs.pop("pixel_values_videos"))
    encoded, rows = {"video": clips}, clips.pooler_output.clone()
    for kwargs in ({"num_beams": 3}, {}, {"num_return_sequences": 2, "do_sample": True}):
        new_ids(tiny_model, inputs, mm_encoder_outputs=encoded, **kwargs)
        assert list(encoded) == ["video"] and encoded["video"] is clips
        assert torch.equal(clips.pooler_output, rows)


def test_generate_encodes_each_clip_once(tiny_config, tiny_model, make_inputs) -> None:
    calls = []
    tiny_model.model.vision_tower.register_forward_hook(lambda *_: calls.append(1))
    inputs = make_inputs(tiny_config, [[2, "video", 3]])
    for kwargs in ({}, {"num_beams": 3}, {"use_cache": False}, {"prefill_chunk_size": 4}):
        calls.clear()
        new_ids(tiny_model, inputs, **kwargs)
        assert len(calls) == 1


# Generation


@torch.no_grad()
def test_kv_cache_matches_full_forward(tiny_config, tiny_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, ROWS)
    outputs = tiny_model.generate(**inputs, **GREEDY, return_dict_in_generate=True, output_logits=True)
    mask = torch.cat([inputs["attention_mask"], torch.ones(3, 6, dtype=torch.long)], dim=1)
    media = {name: inputs[name] for name in ("pixel_values", "pixel_values_videos")}
    full = tiny_model(input_ids=outputs.sequences, attention_mask=mask, **media).logits[:, -7:-1]
    assert_close(torch.stack(outputs.logits, dim=1), full, atol=2e-5)


@pytest.mark.parametrize(
    "kwargs", [{"use_cache": False}, {"cache_implementation": "static"}, {"prefill_chunk_size": 5}]
)
def test_greedy_is_the_same_with_any_cache(tiny_config, tiny_model, make_inputs, kwargs: dict) -> None:
    inputs = make_inputs(tiny_config, ROWS)
    assert torch.equal(new_ids(tiny_model, inputs, **kwargs), new_ids(tiny_model, inputs))


@torch.no_grad()
def test_left_padding_does_not_change_logits(tiny_config, tiny_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, [[2, "video", 3]])
    logits = tiny_model(**inputs).logits
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    padded = inputs | {
        "input_ids": torch.cat([torch.zeros(1, 4, dtype=torch.long), ids], dim=1),
        "attention_mask": torch.cat([torch.zeros(1, 4, dtype=torch.long), mask], dim=1),
    }
    assert_close(tiny_model(**padded, position_ids=None).logits[:, 4:], logits)


@pytest.mark.parametrize("kwargs", [{}, {"num_beams": 3}, {"cache_implementation": "static"}])
def test_batch_equals_single(tiny_config, tiny_model, make_inputs, kwargs: dict) -> None:
    inputs = make_inputs(tiny_config, ROWS)
    together = new_ids(tiny_model, inputs, **kwargs)
    clips, images = inputs["pixel_values_videos"], inputs["pixel_values"]
    media = [
        {"pixel_values_videos": clips[:2], "pixel_values": images},
        {"pixel_values_videos": clips[2:]},
        {},
    ]
    for row, pixels in enumerate(media):
        ids = inputs["input_ids"][row][inputs["attention_mask"][row].bool()][None]
        single = new_ids(tiny_model, {"input_ids": ids, "attention_mask": torch.ones_like(ids), **pixels}, **kwargs)
        assert torch.equal(single[0], together[row])


def test_beams_equal_a_search_by_hand(tiny_config, tiny_model, make_inputs) -> None:
    """Two beams and two tokens, scored by full forwards: the features follow their own row when it is repeated."""
    inputs = make_inputs(tiny_config, [[2, "video", 3], [1, "video", "video"]])
    found = new_ids(tiny_model, inputs, num_beams=99, max_new_tokens=2)
    clips = tiny_model.get_video_features(inputs["pixel_values_videos"]).pooler_output
    words = torch.tensor([word for word in range(99) if word not in (97, 98)])
    for row, features in enumerate((clips[:1], clips[1:])):
        ids, mask = (inputs[name][row].expand(len(words), -1) for name in ("input_ids", "attention_mask"))
        with torch.no_grad():
            logits = tiny_model(
                input_ids=torch.cat([ids, words[:, None]], dim=1),
                attention_mask=torch.cat([mask, torch.ones_like(words)[:, None]], dim=1),
                mm_encoder_outputs={"video": BaseModelOutputWithPooling(pooler_output=features.repeat(97, 1, 1))},
            ).logits
        first, second = logits[0, -2].log_softmax(-1), logits[:, -1].log_softmax(-1)
        second[:, 97:] = -torch.inf  # placeholders are never written
        best = (first[words, None] + second).argmax().item()
        assert found[row].tolist() == [words[best // 99], best % 99]


def test_return_sequences_and_sampling(tiny_config, tiny_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, ROWS)
    beams = new_ids(tiny_model, inputs, num_beams=3, num_return_sequences=2)
    assert beams.shape == (6, 6)
    assert torch.equal(beams[::2], new_ids(tiny_model, inputs, num_beams=3))
    sampled = new_ids(tiny_model, inputs, do_sample=True, top_k=0, num_return_sequences=3)
    assert sampled.shape == (9, 6)
    cold = new_ids(tiny_model, inputs, do_sample=True, temperature=1e-4, num_return_sequences=2)
    assert torch.equal(cold, new_ids(tiny_model, inputs).repeat_interleave(2, dim=0))


def test_prompt_lookup_equals_greedy(tiny_config, tiny_model, make_inputs) -> None:
    """Once the last word stands before the clip as well, placeholders are proposed; that asks for no clip."""
    inputs = make_inputs(tiny_config, [[3, "video", 2]])
    for word in range(3, 90):
        inputs["input_ids"][0, 2] = word
        expected = new_ids(tiny_model, inputs)
        if word in expected[0, :-1]:
            break
    assert word in expected[0, :-1]
    assert torch.equal(new_ids(tiny_model, inputs, prompt_lookup_num_tokens=4, max_matching_ngram_size=1), expected)


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"use_cache": False},
        {"cache_implementation": "static"},
        {"num_beams": 3},
        {"num_beams": 3, "use_cache": False},
        {"do_sample": True, "top_k": 1, "use_cache": False},
        {"prompt_lookup_num_tokens": 3},
        {"suppress_tokens": [5]},
    ],
    ids=str,
)
def test_placeholders_are_never_written(tiny_config, tiny_model, make_inputs, kwargs: dict) -> None:
    """The head wants nothing but placeholders; what it answers instead can be sent back with the next turn."""
    placeholders = [tiny_config.video_token_id, tiny_config.image_token_id]
    inputs = make_inputs(tiny_config, [[2, "video", 3], [1, "video", 6]])
    last = tiny_model(**inputs, output_hidden_states=True).hidden_states[-1][:, -1].detach()
    with torch.no_grad():
        tiny_model.lm_head.weight[placeholders] = 50 * last.mean(dim=0)
    assert set(tiny_model(**inputs).logits[:, -1].argmax(-1).tolist()) <= set(placeholders)
    batch = {name: tensor[:1] for name, tensor in inputs.items()} if "prompt_lookup_num_tokens" in kwargs else inputs
    ids = new_ids(tiny_model, batch, **kwargs)
    assert not torch.isin(ids, torch.tensor([*placeholders, *kwargs.get("suppress_tokens", [])])).any()
    settings = GenerationConfig(**(GREEDY | kwargs))
    if "do_sample" not in kwargs:
        assert torch.equal(tiny_model.generate(**batch, generation_config=settings)[:, -6:], ids)
    turn = torch.cat([batch["input_ids"], ids, batch["input_ids"][:, -1:]], dim=1)
    mask = torch.cat([batch["attention_mask"], torch.ones(len(ids), 7, dtype=torch.long)], dim=1)
    clips = {"pixel_values_videos": batch["pixel_values_videos"]}
    new_ids(tiny_model, {"input_ids": turn, "attention_mask": mask, **clips}, **kwargs)


def test_next_turn_continues_the_cache(tiny_config, tiny_model, make_inputs) -> None:
    first, second = (
        make_inputs(tiny_config, [row], seed=seed) for seed, row in enumerate(([3, "video", 2], [1, "video", 3]))
    )
    answer = tiny_model.generate(**first, **GREEDY, return_dict_in_generate=True)
    ids = torch.cat([answer.sequences, second["input_ids"]], dim=1)
    turn = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    clips = [first["pixel_values_videos"], second["pixel_values_videos"]]
    expected = new_ids(tiny_model, turn | {"pixel_values_videos": torch.cat(clips)})
    cache = copy.deepcopy(answer.past_key_values)
    assert torch.equal(new_ids(tiny_model, turn | {"pixel_values_videos": clips[1]}, past_key_values=cache), expected)
    for media, num_rows in (({}, 0), ({"pixel_values_videos": torch.cat(clips)}, 14)):
        cache = copy.deepcopy(answer.past_key_values)
        with pytest.raises(ValueError, match=f"has 7 video placeholder tokens, but the videos given make {num_rows} "):
            new_ids(tiny_model, turn | media, past_key_values=cache)


# Outputs


@torch.no_grad()
def test_hidden_states_and_attentions(tiny_config, make_config, make_model, make_inputs) -> None:
    model, inputs = make_model(make_config(), attn_implementation="eager"), make_inputs(tiny_config, ROWS)
    length = inputs["input_ids"].shape[1]
    outputs = model(**inputs, output_hidden_states=True, output_attentions=True)
    assert [tuple(states.shape) for states in outputs.hidden_states] == [(3, length, 32)] * 3
    assert [tuple(weights.shape) for weights in outputs.attentions] == [(3, 4, length, length)] * 2
    clips = inputs["pixel_values_videos"]
    features = model.get_video_features(clips, output_hidden_states=True, output_attentions=True)
    assert [tuple(states.shape) for states in features.hidden_states] == [(3, 5, 10, 24)] * 4
    assert [tuple(weights.shape) for weights in features.attentions] == [(15, 3, 10, 10)] * 3
    abstractor = model.model.abstractor
    queries = abstractor(features.last_hidden_state, output_hidden_states=True, output_attentions=True)
    assert [tuple(states.shape) for states in queries.hidden_states] == [(3, 12, 24)] * 3
    assert [tuple(weights.shape) for weights in queries.attentions] == [(3, 4, 12, 12 + 50)] * 2


@torch.no_grad()
def test_logits_to_keep(tiny_config, tiny_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, ROWS)
    logits = tiny_model(**inputs).logits
    assert_close(tiny_model(**inputs, logits_to_keep=2).logits, logits[:, -2:])
    keep = torch.tensor([0, 3])
    assert_close(tiny_model(**inputs, logits_to_keep=keep).logits, logits[:, keep])


@torch.no_grad()
def test_loss_is_shifted_and_masked(tiny_config, tiny_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, ROWS)
    labels = inputs["input_ids"].masked_fill(inputs["attention_mask"] == 0, -100)
    labels[:, :-4] = -100
    outputs = tiny_model(**inputs, labels=labels)
    expected = torch.nn.functional.cross_entropy(outputs.logits[:, -5:-1].flatten(0, 1), labels[:, -4:].flatten())
    assert_close(outputs.loss, expected)


@torch.no_grad()
def test_return_dict_false(tiny_config, tiny_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, ROWS)
    outputs = tiny_model(**inputs, return_dict=False)
    assert isinstance(outputs, tuple) and torch.equal(outputs[0], tiny_model(**inputs).logits)


@torch.no_grad()
def test_headless_model(tiny_config, tiny_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, ROWS)
    hidden_states = tiny_model.model(**inputs).last_hidden_state
    assert torch.equal(tiny_model.lm_head(hidden_states), tiny_model(**inputs).logits)


def test_base_model_has_same_inputs_as_head() -> None:
    head = inspect.signature(GPT4VideoForConditionalGeneration.forward).parameters
    base = inspect.signature(GPT4VideoModel.forward).parameters
    assert set(head) - set(base) == {"labels", "logits_to_keep"}
    assert set(base) <= set(head)


def test_vllm_contract(tiny_config, tiny_model, make_inputs) -> None:
    """What vLLM's transformers backend reads: hf-ecosystem facts, vllm/model_executor/models/transformers."""
    assert GPT4VideoModel._supports_attention_backend
    assert tiny_model.base_model is tiny_model.model
    assert tiny_model.is_backend_compatible()
    clips = make_inputs(tiny_config, ROWS)["pixel_values_videos"]
    features = tiny_model.model.get_video_features(clips, return_dict=True).pooler_output
    assert features.shape == (3, tiny_config.num_video_tokens, tiny_config.text_config.hidden_size)
    assert tiny_model.get_decoder() is tiny_model.model.language_model
    assert tiny_model.get_encoder(modality="video") is tiny_model.model.vision_tower


@torch.no_grad()
def test_attention_goes_through_the_registry(tiny_config, make_model, make_inputs) -> None:
    from transformers import AttentionInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    modules = []

    def spy(module, *args, **kwargs):
        modules.append(type(module).__name__)
        return sdpa_attention_forward(module, *args, **kwargs)

    inputs = make_inputs(tiny_config, [[2, "video", 3]])
    expected = make_model(tiny_config)(**inputs).logits
    AttentionInterface.register("sdpa_spy", spy)
    model = make_model(tiny_config)
    model.set_attn_implementation("sdpa_spy")
    assert_close(model(**inputs).logits, expected)
    assert modules.count("GPT4VideoAttention") == 3 + 2 and len(modules) == 3 + 2 + 2


@torch.no_grad()
def test_eager_equals_sdpa(make_config, make_model, make_inputs) -> None:
    inputs = make_inputs(make_config(), ROWS)
    mask = inputs["attention_mask"].bool()
    eager, sdpa = (make_model(make_config(), attn_implementation=name)(**inputs).logits for name in ("eager", "sdpa"))
    assert_close(eager[mask], sdpa[mask], atol=2e-5)


# Training


def gradients(model, inputs: dict) -> dict[str, torch.Tensor]:
    model.zero_grad()
    model(**inputs, labels=inputs["input_ids"]).loss.backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters() if parameter.grad is not None}


def test_every_parameter_gets_a_gradient(tiny_config, tiny_model, make_inputs) -> None:
    grads = gradients(tiny_model, make_inputs(tiny_config, ROWS))
    assert {name for name, _ in tiny_model.named_parameters()} == set(grads)
    assert all(grad.abs().max() > 0 for name, grad in grads.items() if "k_proj.bias" not in name)


@pytest.mark.parametrize("frames_per_chunk", [None, 2])
def test_gradient_checkpointing_same_gradients(make_config, make_model, make_inputs, frames_per_chunk) -> None:
    config = make_config(
        vision={"attention_dropout": 0.0}, abstractor={"attention_dropout": 0.0}, text={"attention_dropout": 0.0}
    )
    model, inputs = make_model(config).train(), make_inputs(config, ROWS)
    expected = gradients(model, inputs)
    config.vision_config.frames_per_chunk = frames_per_chunk
    runs = []
    layer = model.model.vision_tower.layers[0]
    layer.self_attn.register_forward_hook(lambda *_: runs.append(1))
    model.activation_checkpointing_enable({"use_reentrant": False})
    actual = gradients(model, inputs)
    num_chunks = {None: 1, 2: 3}[frames_per_chunk]
    assert len(runs) == 2 * (1 + num_chunks)  # an image and clips of five frames; forward, and again for backward
    assert set(actual) == set(expected)
    for name, grad in expected.items():
        assert_close(actual[name], grad, atol=1e-5)


def test_frozen_tower_trains_the_rest(tiny_config, tiny_model, make_inputs) -> None:
    tiny_model.model.vision_tower.requires_grad_(False)
    before = copy.deepcopy(tiny_model.state_dict())
    optimizer = torch.optim.SGD(tiny_model.parameters(), lr=0.1)
    gradients(tiny_model, make_inputs(tiny_config, ROWS))
    optimizer.step()
    changed = {name for name, tensor in tiny_model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert not any("vision_tower" in name for name in changed)
    assert {"model.abstractor.temporal_query_tokens", "model.multi_modal_projector.end_embedding"} <= changed


def test_dropout_of_the_abstractor_is_off_in_eval(tiny_model) -> None:
    clips = torch.randn(1, 3, 3, 12, 12)
    with torch.no_grad():
        assert torch.equal(*(tiny_model.get_video_features(clips).pooler_output for _ in range(2)))
        tiny_model.train()
        assert not torch.equal(*(tiny_model.get_video_features(clips).pooler_output for _ in range(2)))


def test_fresh_weights(tiny_config) -> None:
    """A fresh temporal block leaves the patches of a tower of still images as they are."""
    model = GPT4VideoForConditionalGeneration(tiny_config)
    tower = model.model.vision_tower
    for layer in tower.layers:
        assert not layer.temporal_block.up_proj.weight.any() and not layer.temporal_block.up_proj.bias.any()
    tokens = torch.randn(1, 3, 10, 24)
    added = tower.layers[0].temporal_block(tokens)
    assert not added[:, :, 1:].any() and torch.equal(added[:, :, 0], tokens[:, :, 0])
    fresh = [tower.embeddings.class_embedding, model.model.multi_modal_projector.end_embedding]
    fresh += [model.model.abstractor.query_tokens, model.model.abstractor.temporal_query_tokens]
    assert all(0.01 < parameter.std() < 0.04 for parameter in fresh)


# Adapters


def lora(model, **kwargs) -> PeftModel:
    config = LoraConfig(r=4, target_modules=r".*language_model.*\.(q_proj|v_proj)", init_lora_weights=False, **kwargs)
    return get_peft_model(model, config).eval()


@torch.no_grad()
def test_lora_scaling(tiny_config, tiny_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, ROWS)
    base = tiny_model(**inputs).logits
    adapted = lora(tiny_model, lora_alpha=10)
    logits = adapted(**inputs).logits
    assert (logits - base).abs().max() > 1e-3
    for layer in adapted.base_model.model.model.language_model.layers:
        for module in (layer.self_attn.q_proj, layer.self_attn.v_proj):
            a, b = module.lora_A["default"].weight, module.lora_B["default"].weight
            module.base_layer.weight += 10 / 4 * b @ a
    with adapted.disable_adapter():
        assert_close(adapted(**inputs).logits, logits, atol=5e-5)


def test_lora_save_reload_merge(make_config, make_model, make_inputs, tmp_path) -> None:
    inputs = make_inputs(make_config(), ROWS)
    adapted = lora(make_model(make_config()), lora_alpha=3)
    logits = adapted(**inputs).logits
    ids = new_ids(adapted, inputs)
    adapted.save_pretrained(tmp_path)
    again = PeftModel.from_pretrained(make_model(make_config()), tmp_path).eval()
    assert torch.equal(again(**inputs).logits, logits)
    merged = again.merge_and_unload()
    assert type(merged) is GPT4VideoForConditionalGeneration
    assert_close(merged(**inputs).logits, logits, atol=5e-5)
    assert torch.equal(new_ids(merged, inputs), ids)


def test_only_expected_parameters_train(tiny_config, tiny_model, make_inputs) -> None:
    adapted = lora(tiny_model)
    before = {name: tensor.clone() for name, tensor in adapted.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in adapted.parameters() if p.requires_grad], lr=0.1)
    inputs = make_inputs(tiny_config, ROWS)
    adapted(**inputs, labels=inputs["input_ids"]).loss.backward()
    optimizer.step()
    for name, tensor in adapted.state_dict().items():
        assert torch.equal(tensor, before[name]) is ("lora_" not in name), name


# Language models


@pytest.mark.parametrize("family", TEXT_FAMILIES)
def test_text_families(make_config, make_model, make_inputs, tmp_path, family: str) -> None:
    config = make_config(text=TEXT_FAMILIES[family])
    model, inputs = make_model(config), make_inputs(config, ROWS)
    tied = family.endswith("tied")
    assert (model.lm_head.weight is model.get_input_embeddings().weight) is tied
    ids = new_ids(model, inputs)
    assert torch.equal(ids, new_ids(model, inputs, use_cache=False))
    model.save_pretrained(tmp_path)
    again = GPT4VideoForConditionalGeneration.from_pretrained(tmp_path)
    assert (again.lm_head.weight is again.get_input_embeddings().weight) is tied
    assert torch.equal(again(**inputs).logits, model(**inputs).logits)
    model.resize_token_embeddings(103)
    assert model.lm_head.weight.shape[0] == model.config.text_config.vocab_size == 103
    assert (model.lm_head.weight is model.get_input_embeddings().weight) is tied


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ({"model_type": "gemma2"}, "text_config.final_logit_softcapping is 30.0, but the head here is a plain linear"),
        ({"model_type": "cohere"}, "text_config.logit_scale is 0.0625"),
        ({"model_type": "granite", "logits_scaling": 8.0}, "text_config.logits_scaling is 8.0"),
        ({"model_type": "recurrent_gemma"}, "text_config.logits_soft_cap is 30.0"),
        ({"model_type": "phi"}, "phi has a head with a bias, GPT4Video has none"),
        ({"model_type": "gptj", "n_head": 4, "rotary_dim": 4}, "gptj has a head with a bias"),
        ({"model_type": "codegen", "n_head": 4, "rotary_dim": 4}, "codegen has a head with a bias"),
        ({"model_type": "ctrl", "n_head": 4}, "ctrl has a head with a bias"),
        ({"model_type": "phimoe", "lm_head_bias": True}, "phimoe has a head with a bias"),
        ({"model_type": "ernie4_5_moe", "use_bias": True}, "ernie4_5_moe has a head with a bias"),
        (
            {"model_type": "opt", "word_embed_proj_dim": 16, "num_attention_heads": 4},
            "Token embeddings of this opt are 16 wide, but text_config.hidden_size is 32",
        ),
        ({"model_type": "mamba"}, "mamba takes no past_key_values; choose a language model with an attention cache"),
        ({"model_type": "rwkv"}, "rwkv takes no past_key_values"),
    ],
)
def test_language_models_that_do_not_fit_are_refused(make_config, text: dict, message: str) -> None:
    config = make_config(text=text | {"vocab_size": 99, "hidden_size": 32, "num_hidden_layers": 1})
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        GPT4VideoForConditionalGeneration(config)


# Devices, sizes, types


@pytest.mark.parametrize("place", ["cpu", "split", "disk"])
def test_device_map(make_config, make_model, make_inputs, tmp_path, place: str) -> None:
    model, inputs = make_model(make_config()), make_inputs(make_config(), ROWS)
    model.save_pretrained(tmp_path)
    device_map = {
        "cpu": "cpu",
        "split": {"model.vision_tower": "cpu", "model.abstractor": "cpu", "model.multi_modal_projector": "cpu"}
        | {"model.language_model": "cpu", "lm_head": "cpu"},
        "disk": {"model.vision_tower": "disk", "model.abstractor": "disk", "model.multi_modal_projector": "cpu"}
        | {"model.language_model.embed_tokens": "cpu", "model.language_model.layers.0": "cpu"}
        | {"model.language_model.layers.1": "disk", "model.language_model.norm": "cpu", "lm_head": "disk"}
        | {"model.language_model.rotary_emb": "cpu"},
    }[place]
    placed = GPT4VideoForConditionalGeneration.from_pretrained(
        tmp_path, device_map=device_map, offload_folder=tmp_path / "offload"
    )
    assert_close(placed(**inputs).logits, model(**inputs).logits)
    assert torch.equal(new_ids(placed, inputs), new_ids(model, inputs))


def test_device_map_leaves_the_cache_where_it_is(make_config, make_model, tmp_path) -> None:
    """Without a second device nothing would move, so the hooks themselves are asked; OPT does not name its cache."""
    make_model(make_config(text=TEXT_FAMILIES["opt-tied"])).save_pretrained(tmp_path)
    device_map = {"model.vision_tower": "disk", "model.abstractor": "cpu", "model.multi_modal_projector": "cpu"}
    placed = GPT4VideoForConditionalGeneration.from_pretrained(
        tmp_path,
        device_map=device_map | {"model.language_model": "cpu", "lm_head": "cpu"},
        offload_folder=tmp_path / "offload",
    )
    hooks = [module._hf_hook for module in placed.modules() if hasattr(module, "_hf_hook")]
    skipped = [hook.skip_keys for hook in hooks if hasattr(hook, "skip_keys")]
    assert skipped and all("past_key_values" in keys for keys in skipped)


def test_device_map_splits_no_block(tiny_config) -> None:
    from accelerate import infer_auto_device_map

    with torch.device("meta"):
        model = GPT4VideoForConditionalGeneration(tiny_config)
    size = sum(parameter.numel() * 4 for parameter in model.parameters())
    blocks = [
        name
        for name, module in model.named_modules()
        if type(module).__name__ in (*model._no_split_modules, "LlamaDecoderLayer")
    ]
    assert len(blocks) == 1 + 3 + 2 + 1 + 2
    splits = set()
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        device_map = infer_auto_device_map(
            model, max_memory={0: int(share * size), "cpu": 2 * size}, no_split_module_classes=model._no_split_modules
        )
        splits.add(len(device_map))
        assert not [name for name in device_map for block in blocks if name.startswith(f"{block}.")]
    assert max(splits) > 1


def test_model_builds_on_meta() -> None:
    from gpt4video.configuration_gpt4video import GPT4VideoConfig

    with torch.device("meta"):
        model = GPT4VideoForConditionalGeneration(GPT4VideoConfig())
    count = {name: sum(p.numel() for p in module.parameters()) for name, module in model.model.named_children()}
    assert count["vision_tower"] == 328_480_768
    # The original counts its projections and end row, here a module of their own, to the abstractor.
    assert count["abstractor"] + count["multi_modal_projector"] == 85_606_400 + 2 * 65_536
    total = sum(parameter.numel() for parameter in model.parameters())
    assert total == 7_152_633_856 + 2 * 2 * 4096  # two token rows in the embedding and in the head


@torch.no_grad()
def test_bfloat16_forward(tiny_config, make_config, make_model, make_inputs) -> None:
    inputs = make_inputs(tiny_config, ROWS)
    expected = make_model(make_config())(**inputs).logits
    low = make_model(make_config(abstractor={"frame_position_embedding": None})).to(torch.bfloat16)
    logits = low(**inputs).logits  # pixels stay float32: the tower casts them
    assert logits.dtype == torch.bfloat16
    mask = inputs["attention_mask"].bool()
    assert (logits.float() - expected)[mask].abs().max() < 0.1 * expected[mask].abs().max()
    sinusoidal = make_model(make_config(abstractor={"frame_position_embedding": "sinusoidal"})).to(torch.bfloat16)
    assert sinusoidal(**inputs).logits.dtype == torch.bfloat16


def test_save_load_is_bitwise_equal(make_config, make_model, make_inputs, tmp_path) -> None:
    model, inputs = make_model(make_config()), make_inputs(make_config(), ROWS)
    model.save_pretrained(tmp_path)
    again, report = GPT4VideoForConditionalGeneration.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report[name] for name in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert_same_weights(model, again)
    assert torch.equal(again(**inputs).logits, model(**inputs).logits)
    headless, report = GPT4VideoModel.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report[name] for name in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert_same_weights(model.model, headless)


def assert_same_weights(model, other) -> None:
    weights, others = model.state_dict(), other.state_dict()
    assert set(weights) == set(others)
    assert all(torch.equal(tensor, others[name]) for name, tensor in weights.items())


def assert_compiles_to_one_graph(model, inputs: dict, backend: str) -> None:
    torch._dynamo.reset()
    compiled = torch.compile(model.forward, fullgraph=True, backend=backend)
    mask = inputs["attention_mask"].bool()
    assert_close(compiled(**inputs).logits[mask], model(**inputs).logits[mask], atol=5e-5)


@torch.no_grad()
def test_forward_is_one_graph(make_config, make_model, make_inputs) -> None:
    one_layer = {"num_hidden_layers": 1}
    config = make_config(vision=one_layer, abstractor=one_layer, text=one_layer)
    assert_compiles_to_one_graph(make_model(config), make_inputs(config, [[2, "video", 3], [7]]), backend="eager")


@pytest.mark.slow
@torch.no_grad()
@pytest.mark.parametrize("backend", ["eager", "inductor"])
def test_forward_compiles_to_one_graph(tiny_config, tiny_model, make_inputs, backend: str) -> None:
    assert_compiles_to_one_graph(tiny_model, make_inputs(tiny_config, ROWS), backend)


@pytest.mark.slow
@torch.no_grad()
def test_flex_attention(make_config, make_model, make_inputs) -> None:
    """Flex attention on CPU wants heads of at least 16."""
    config = {
        "vision": {"hidden_size": 48, "num_attention_heads": 3},
        "abstractor": {"hidden_size": 48, "num_attention_heads": 3},
        "text": {"hidden_size": 64, "num_attention_heads": 4},
    }
    inputs = make_inputs(make_config(**config), ROWS)
    mask = inputs["attention_mask"].bool()
    flex, sdpa = (
        make_model(make_config(**config), attn_implementation=name)(**inputs).logits
        for name in ("flex_attention", "sdpa")
    )
    assert_close(flex[mask], sdpa[mask], atol=5e-5)


# Documentation


DOCUMENTED = [GPT4VideoModel, GPT4VideoForConditionalGeneration, GPT4VideoVisionModel, GPT4VideoAbstractor]


@pytest.mark.parametrize("cls", DOCUMENTED, ids=lambda cls: cls.__name__)
def test_documented_defaults_match_signature(cls) -> None:
    for method in (cls.forward, getattr(cls, "get_video_features", None), getattr(cls, "get_image_features", None)):
        if method is None:
            continue
        signature = inspect.signature(method).parameters
        documented = re.findall(r"^\s*(\w+) \(`.+defaults to `(.+?)`\)", method.__doc__, flags=re.MULTILINE)
        for name, default in documented:
            if name in signature:  # the library documents a `return_dict` that hides in `kwargs`
                assert str(signature[name].default) == default.strip("\"'"), name
        own = set(signature) - {"self", "kwargs"}
        assert own <= set(re.findall(r"^\s*(\w+) \(", method.__doc__, flags=re.MULTILINE))
