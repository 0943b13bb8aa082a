"""Parity with the original: outputs it gave on a tiny random model, stage by stage (tests/fixtures/parity).

The weights go through the real key table of `convert_checkpoint.py`. The vocabulary stays the original's 320 rows; two
ids that no recorded prompt or answer contains are the placeholders. So softmax and losses compare exactly.
"""

from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from reference_gpt4video import Sizes, abstract, random_weights, vision
from safetensors.torch import load_file

from gpt4video.configuration_gpt4video import GPT4VideoConfig
from gpt4video.convert_checkpoint import convert_state_dict, rename_key
from gpt4video.modeling_gpt4video import GPT4VideoForConditionalGeneration, GPT4VideoModel


FIXTURES = Path(__file__).parent / "fixtures" / "parity"
VIDEO, IMAGE = 314, 315  # ids that occur nowhere in the recordings
NUM_VIDEO_TOKENS = 9

# Largest absolute differences allowed, float32 on CPU. Behind them the largest measured, eager / SDPA, one thread.
VISION_ATOL = 2e-5  # 3.1e-6 / 2.9e-6, values up to 13
ABSTRACTOR_ATOL = 2e-5  # 6.0e-6 / 6.7e-6
TEXT_ATOL = 5e-5  # hidden states of the language model: 1.4e-5 / 1.2e-5
LOGITS_ATOL = 1e-4  # 1.2e-5 / 1.6e-5, standard deviation 2.1
LOSS_ATOL = 1e-5  # 1.0e-6 / 1.0e-6
GRADIENT_ATOL = 1e-5  # 2.4e-6 / 4.2e-6
ADAM_ATOL = 1e-6  # LoRA weights after three steps of 1e-4: 1.1e-7 / 1.0e-7
# bfloat16 against float32, in units of what it moved the original by: 0.9 / 0.8 frame tokens, 1.0 / 1.0 video tokens,
# 1.0 / 1.3 logits. The original's loss is itself rounded to bfloat16, in steps of 2**-4 at this size.
BFLOAT16_FACTOR = 2.0
BFLOAT16_LOSS_ATOL = 2**-5  # 2.3e-2 / 2.2e-2
# Against the float64 reference, relative to the largest value: SDPA computes all of it in float64, eager attention has
# its softmax in float32, as the library's own models do.
REFERENCE_RTOL = {"sdpa": 1e-12, "eager": 5e-6}  # 5.1e-15, 5.7e-7


@pytest.fixture(scope="module")
def recorded() -> dict[str, torch.Tensor]:
    return load_file(FIXTURES / "outputs.safetensors")


@pytest.fixture(scope="module")
def inputs() -> dict[str, torch.Tensor]:
    tensors = load_file(FIXTURES / "inputs.safetensors")
    for name in list(tensors):
        if name.startswith("owl_"):
            ids = tensors[name]
            tensors[name] = ids.masked_fill(ids == -1, IMAGE).masked_fill(ids == -2, VIDEO)
    video = torch.full((2, NUM_VIDEO_TOKENS), VIDEO)
    prefix = torch.cat([tensors["prefix_ids"].expand(2, -1), video], dim=1)
    return tensors | {
        "clips": tensors["pixel_values_videos"].transpose(1, 2),  # the original has channels before frames
        "images": tensors["pixel_values_images"],
        "prefix": prefix,
        "video_ids": torch.cat([prefix, tensors["input_ids"]], dim=1),
        "video_prompt_ids": torch.cat([prefix, tensors["prompt_ids"]], dim=1),
    }


def load_original(attn_implementation: str, num_new_tokens: int = 0) -> GPT4VideoForConditionalGeneration:
    """Build the model of the fixture from the original's weights, by hand from the table in its README."""
    config = GPT4VideoConfig(
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": 28,
            "patch_size": 14,
            "temporal_hidden_size": 16,
        },
        abstractor_config={
            "hidden_size": 32,
            "intermediate_size": 256,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_query_tokens": 8,
        },
        text_config={
            "model_type": "llama",
            "vocab_size": 320 + num_new_tokens,
            "hidden_size": 48,
            "intermediate_size": 80,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "max_position_embeddings": 512,
            "rms_norm_eps": 1e-6,
        },
        video_token_id=VIDEO,
        image_token_id=IMAGE,
    )
    original = torch.load(FIXTURES / "pytorch_model.bin", weights_only=True)
    state_dict = convert_state_dict(original, num_attention_heads=4)
    for name in ("model.language_model.embed_tokens.weight", "lm_head.weight"):
        rows = state_dict[name]
        state_dict[name] = torch.cat([rows, rows.mean(dim=0).expand(num_new_tokens, -1)])
    model = GPT4VideoForConditionalGeneration._from_config(config, attn_implementation=attn_implementation)
    model.load_state_dict(state_dict)
    model.generation_config.update(bos_token_id=1, eos_token_id=None, pad_token_id=0, do_sample=False)
    return model.eval()


def load_lora(attn_implementation: str):
    """Put the original's LoRA delta on the original's weights."""
    delta = torch.load(FIXTURES / "gpt4video_delta.pth", weights_only=True)
    hyperparameters = delta["config"]
    lora = LoraConfig(
        r=hyperparameters["llm_r"],
        lora_alpha=hyperparameters["llm_alpha"],
        lora_dropout=0.0,
        target_modules=r".*language_model.*\.(q_proj|v_proj)",
    )
    model = get_peft_model(load_original(attn_implementation), lora)
    weights = {lora_name(key): tensor for key, tensor in delta["model"].items()}
    result = model.load_state_dict(weights, strict=False)
    assert not result.unexpected_keys and len(weights) == 8
    return model.eval()


def lora_name(key: str) -> str:
    """Give the name under PEFT here of a LoRA weight of the original."""
    module, _, end = key.partition(".lora_")
    new_module = rename_key(f"{module}.weight").removesuffix(".weight")
    return f"base_model.model.{new_module}.lora_{end}"


@pytest.fixture(scope="module", params=["eager", "sdpa"])
def attn_implementation(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def model(attn_implementation: str) -> GPT4VideoForConditionalGeneration:
    return load_original(attn_implementation)


@pytest.fixture(scope="module")
def lora_model(attn_implementation: str):
    return load_lora(attn_implementation)


@pytest.fixture(scope="module", params=["base", "lora"])
def variant(request, model, lora_model) -> tuple[str, torch.nn.Module]:
    """The original with and without its LoRA delta: prefix of the recordings, model."""
    return request.param, {"base": model, "lora": lora_model}[request.param]


def assert_parity(actual: torch.Tensor, expected: torch.Tensor, atol: float) -> None:
    torch.testing.assert_close(actual, expected, rtol=0, atol=atol)


@torch.no_grad()
def record(module: torch.nn.Module, run) -> dict[str, torch.Tensor]:
    """Run and keep what every submodule of `module` returned, by its name."""
    outputs = {}

    def hook(name: str):
        def keep(_module, _args, output) -> None:
            outputs[name] = output[0] if isinstance(output, tuple) else output

        return keep

    handles = [submodule.register_forward_hook(hook(name)) for name, submodule in module.named_modules()]
    outputs["return"] = run()
    for handle in handles:
        handle.remove()
    return outputs


@pytest.mark.parametrize("medium", ["vision", "image"])
def test_vision_tower(model, inputs, recorded, medium: str) -> None:
    tower = model.model.vision_tower
    pixels = inputs["clips"] if medium == "vision" else inputs["images"].unsqueeze(1)
    outputs = record(tower, lambda: tower(pixels, output_hidden_states=True))
    returned = outputs["return"]
    stages = {
        "patch_embed": outputs["embeddings.patch_embedding"],
        "embeddings": outputs["pre_layernorm"].unflatten(0, pixels.shape[:2]),
        "last_hidden_state": returned.last_hidden_state,
        "pooler_output": returned.pooler_output,
    }
    stages |= {f"hidden_states.{index}": states for index, states in enumerate(returned.hidden_states)}
    for index in range(2):
        for name, module in (("self_attn", "self_attn"), ("mlp", "mlp"), ("output", "")):
            stages[f"layers.{index}.{name}"] = outputs[f"layers.{index}.{module}".rstrip(".")]
        if medium == "vision":
            stages[f"layers.{index}.temporal"] = outputs[f"layers.{index}.temporal_block"]
    recordings = {
        name.removeprefix(f"{medium}.")
        for name in recorded
        if name.startswith(f"{medium}.") and "abstractor" not in name
    }
    assert recordings - {"attentions.0"} == set(stages)
    for name, actual in stages.items():
        assert_parity(actual, recorded[f"{medium}.{name}"], VISION_ATOL)


def test_vision_attentions(inputs, recorded) -> None:
    outputs = load_original("eager").model.vision_tower(inputs["clips"], output_attentions=True)
    assert len(outputs.attentions) == 2
    assert_parity(outputs.attentions[0], recorded["vision.attentions.0"], VISION_ATOL)


@pytest.mark.parametrize("medium", ["vision", "image"])
def test_abstractor(model, inputs, recorded, medium: str) -> None:
    model = model.model
    if medium == "vision":
        outputs = record(model.abstractor, lambda: model.get_video_features(inputs["clips"]))
        expected = recorded["abstractor.last_hidden_state"]
        # The original returns the first query of the last layer as its pooled output.
        assert_parity(outputs["layers.1"][:, 0], recorded["abstractor.pooler_output"], ABSTRACTOR_ATOL)
    else:
        outputs = record(model.abstractor, lambda: model.get_image_features(inputs["images"]))
        expected = recorded["image.abstractor.last_hidden_state"]
    for index in range(2):
        assert_parity(
            outputs[f"layers.{index}"], recorded[f"{medium}.abstractor.layers.{index}.output"], ABSTRACTOR_ATOL
        )
    assert_parity(outputs["return"].pooler_output, expected, ABSTRACTOR_ATOL)


@torch.no_grad()
def test_one_frame_clip_is_an_image(model, inputs, recorded) -> None:
    features = model.get_video_features(inputs["images"].unsqueeze(1)).pooler_output
    assert_parity(features, recorded["image.abstractor.last_hidden_state"], ABSTRACTOR_ATOL)


@torch.no_grad()
@pytest.mark.parametrize("case", ["masked_last_frame", "no_temporal_queries"])
def test_abstractor_options(model, inputs, recorded, case: str) -> None:
    frame_tokens = model.get_video_features(inputs["clips"]).last_hidden_state
    if case == "masked_last_frame":
        mask = torch.ones(2, 4, dtype=torch.long)
        mask[0, -1] = 0
        options = {"frame_attention_mask": mask}
    else:
        options = {"use_temporal_queries": False}
    features = model.model.multi_modal_projector(model.model.abstractor(frame_tokens, **options).last_hidden_state)
    assert_parity(features, recorded[f"abstractor.{case}.last_hidden_state"], ABSTRACTOR_ATOL)


def video_arguments(inputs: dict) -> dict:
    return {"input_ids": inputs["video_ids"], "pixel_values_videos": inputs["clips"]}


@torch.no_grad()
def test_merged_embeddings(variant, inputs, recorded) -> None:
    name, model = variant
    outputs = record(model, lambda: model(**video_arguments(inputs), output_hidden_states=True))
    embeds = outputs["return"].hidden_states[0][:, : inputs["prefix"].shape[1]]
    assert_parity(embeds, recorded[f"{name}.video.inputs_embeds_prefix_and_video"], ABSTRACTOR_ATOL)


@torch.no_grad()
def test_language_model_on_recorded_embeddings(variant, inputs, recorded) -> None:
    name, model = variant
    text = model.get_input_embeddings()(inputs["input_ids"])
    embeds = torch.cat([recorded[f"{name}.video.inputs_embeds_prefix_and_video"], text], dim=1)
    outputs = model(inputs_embeds=embeds, labels=inputs["labels"])
    assert_parity(outputs.logits, recorded[f"{name}.video.logits"], LOGITS_ATOL)
    assert_parity(outputs.loss, recorded[f"{name}.video.loss"], LOSS_ATOL)


@torch.no_grad()
@pytest.mark.parametrize("with_attention_mask", [False, True])
def test_video_path(variant, inputs, recorded, with_attention_mask: bool) -> None:
    name, model = variant
    arguments = video_arguments(inputs)
    keep = torch.ones_like(inputs["video_ids"], dtype=torch.bool)
    if with_attention_mask:
        # The original passes none; with causal attention that changes nothing but the padded positions themselves.
        arguments["attention_mask"] = (inputs["video_ids"] != 0).long()
        keep = arguments["attention_mask"].bool()
    outputs = model(**arguments, labels=inputs["labels"], output_hidden_states=True)
    for index in range(3):
        assert_parity(
            outputs.hidden_states[index][keep], recorded[f"{name}.video.hidden_states.{index}"][keep], TEXT_ATOL
        )
    assert_parity(outputs.logits[keep], recorded[f"{name}.video.logits"][keep], LOGITS_ATOL)
    assert_parity(outputs.loss, recorded[f"{name}.video.loss"], LOSS_ATOL)


@torch.no_grad()
def test_text_path(variant, inputs, recorded) -> None:
    name, model = variant
    outputs = model(input_ids=inputs["input_ids"], labels=inputs["labels_text_only"])
    assert_parity(outputs.logits, recorded[f"{name}.text.logits"], LOGITS_ATOL)
    assert_parity(outputs.loss, recorded[f"{name}.text.loss"], LOSS_ATOL)


def generate(model, input_ids: torch.Tensor, **kwargs):
    return model.generate(
        input_ids=input_ids,
        attention_mask=torch.ones_like(input_ids),
        return_dict_in_generate=True,
        output_logits=True,
        **kwargs,
    )


def assert_same_continuation(outputs, recorded: dict, name: str, num_prompt_ids: int) -> None:
    assert torch.equal(outputs.sequences[:, num_prompt_ids:], recorded[f"{name}.new_ids"])
    assert_parity(torch.stack(outputs.logits, dim=1), recorded[f"{name}.step_logits"], LOGITS_ATOL)


@pytest.mark.parametrize("path", ["video_first", "text"])
def test_greedy(variant, inputs, recorded, path: str) -> None:
    name, model = variant
    media = {"pixel_values_videos": inputs["clips"]} if path == "video_first" else {}
    ids = inputs["video_prompt_ids"] if path == "video_first" else inputs["prompt_ids"]
    outputs = generate(model, ids, max_new_tokens=16, **media)
    assert_same_continuation(outputs, recorded, f"{name}.greedy_{path}", ids.shape[1])


def test_greedy_stops_early(variant, inputs, recorded) -> None:
    name, model = variant
    eos_token_id = recorded[f"{name}.greedy_video_first_early_stop.eos_token_id"].item()
    ids = inputs["video_prompt_ids"]
    outputs = generate(model, ids, pixel_values_videos=inputs["clips"], max_new_tokens=16, eos_token_id=eos_token_id)
    expected = recorded[f"{name}.greedy_video_first_early_stop.sequences"][:, 1:]
    assert torch.equal(outputs.sequences[:, ids.shape[1] :], expected)


def test_three_beams(variant, inputs, recorded) -> None:
    name, model = variant
    ids = inputs["video_prompt_ids"]
    outputs = generate(model, ids, pixel_values_videos=inputs["clips"], num_beams=3, max_new_tokens=8, eos_token_id=2)
    expected = recorded[f"{name}.beam3_video_first.sequences"][:, 1:]
    assert torch.equal(outputs.sequences[:, ids.shape[1] :], expected)


@pytest.mark.parametrize("case", ["owl_image", "owl_video", "owl_mixed"])
def test_media_runs_of_mplug_owl(model, inputs, recorded, case: str) -> None:
    media = {}
    if case != "owl_video":
        media["pixel_values"] = inputs["images"]
    if case != "owl_image":
        media["pixel_values_videos"] = inputs["clips"]
    ids = inputs[f"{case}_input_ids"]
    outputs = generate(model, ids, max_new_tokens=16, **media)
    assert_same_continuation(outputs, recorded, case, ids.shape[1])


def test_added_token_rows_change_no_other_logit(inputs, recorded) -> None:
    model = load_original("sdpa", num_new_tokens=2)
    outputs = generate(model, inputs["video_prompt_ids"], pixel_values_videos=inputs["clips"], max_new_tokens=16)
    assert torch.equal(outputs.sequences[:, -16:], recorded["base.greedy_video_first.new_ids"])
    logits = torch.stack(outputs.logits, dim=1)
    assert logits.shape[-1] == 322
    assert_parity(logits[..., :320], recorded["base.greedy_video_first.step_logits"], LOGITS_ATOL)


def test_lora_training(attn_implementation: str, inputs) -> None:
    expected = load_file(FIXTURES / "train.safetensors")
    model = load_lora(attn_implementation)
    names = {lora_name(key.removeprefix("grad0.")): key.removeprefix("grad0.") for key in expected if "grad0." in key}
    trainable = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert set(trainable) == set(names)
    optimizer = torch.optim.Adam(model.parameters(), lr=expected["lr_per_epoch"][0].item())
    for step in range(3):
        optimizer.zero_grad()
        loss = model(**video_arguments(inputs), labels=inputs["labels"]).loss
        assert_parity(loss.detach(), expected[f"loss.{step}"], LOSS_ATOL)
        loss.backward()
        if step == 0:
            for name, original_name in names.items():
                assert_parity(trainable[name].grad, expected[f"grad0.{original_name}"], GRADIENT_ATOL)
        optimizer.step()
    for name, original_name in names.items():
        assert_parity(trainable[name].detach(), expected[f"after3.{original_name}"], ADAM_ATOL)
    with torch.no_grad():
        loss = model(**video_arguments(inputs), labels=inputs["labels"]).loss
    assert_parity(loss, expected["loss.3"], LOSS_ATOL)


@torch.no_grad()
def test_bfloat16(model, inputs, recorded) -> None:
    """bfloat16 moves our outputs no further from float32 than it moved the original's."""
    original = load_file(FIXTURES / "outputs_bf16.safetensors")
    low = load_original(model.config._attn_implementation).to(torch.bfloat16)
    features = low.get_video_features(inputs["clips"])
    outputs = low(**video_arguments(inputs), labels=inputs["labels"])
    stages = {
        "vision.last_hidden_state": features.last_hidden_state,
        "abstractor.last_hidden_state": features.pooler_output,
        "base.video.logits": outputs.logits,
    }
    for name, actual in stages.items():
        moved = (original[name] - recorded[name]).abs().max().item()
        assert_parity(actual.float(), recorded[name], BFLOAT16_FACTOR * moved)
    assert_parity(outputs.loss.float(), recorded["base.video.loss"], BFLOAT16_LOSS_ATOL)


REFERENCE_SIZES = {
    "other heads": Sizes(width=24, heads=6, reader_heads=2),
    "one head": Sizes(width=10, heads=1, reader_heads=1, text_width=6),
    "other layers": Sizes(layers=4, reader_layers=1),
    "other eps": Sizes(eps=0.1, temporal_eps=0.3, reader_eps=0.2, reader_mlp_eps=0.05),
    "wide kernel": Sizes(kernel=5, temporal_width=7),
    "pointwise kernel": Sizes(kernel=1),
    "other widths": Sizes(mlp=9, reader_mlp=50, queries=1, text_width=16),
    "one patch": Sizes(image=4, patch=4, channels=1),
}


@torch.no_grad()
@pytest.mark.parametrize("attn_implementation", ["eager", "sdpa"])
@pytest.mark.parametrize("num_frames", [1, 2, 7])
@pytest.mark.parametrize("name", REFERENCE_SIZES)
def test_float64_reference(make_config, name: str, num_frames: int, attn_implementation: str) -> None:
    sizes = REFERENCE_SIZES[name]
    config = make_config(
        vision={
            "hidden_size": sizes.width,
            "intermediate_size": sizes.mlp,
            "num_hidden_layers": sizes.layers,
            "num_attention_heads": sizes.heads,
            "num_channels": sizes.channels,
            "image_size": sizes.image,
            "patch_size": sizes.patch,
            "layer_norm_eps": sizes.eps,
            "temporal_hidden_size": sizes.temporal_width,
            "temporal_kernel_size": sizes.kernel,
            "temporal_layer_norm_eps": sizes.temporal_eps,
        },
        abstractor={
            "hidden_size": sizes.width,
            "intermediate_size": sizes.reader_mlp,
            "num_hidden_layers": sizes.reader_layers,
            "num_attention_heads": sizes.reader_heads,
            "num_query_tokens": sizes.queries,
            "layer_norm_eps": sizes.reader_eps,
            "mlp_layer_norm_eps": sizes.reader_mlp_eps,
        },
        text={"hidden_size": sizes.text_width, "num_attention_heads": 1, "num_key_value_heads": 1},
    )
    model = GPT4VideoModel._from_config(config, attn_implementation=attn_implementation).double().eval()
    weights = random_weights(sizes, seed=num_frames)
    converted = convert_state_dict(weights, num_attention_heads=sizes.heads)
    result = model.load_state_dict({key.removeprefix("model."): rows for key, rows in converted.items()}, strict=False)
    assert not result.unexpected_keys and all(key.startswith("language_model.") for key in result.missing_keys)

    pixels = torch.randn(3, num_frames, sizes.channels, sizes.image, sizes.image, dtype=torch.float64)
    keep = torch.ones(3, num_frames, dtype=torch.bool)
    keep[1, 1:] = False
    expected = vision(weights, pixels, sizes)
    actual = model.vision_tower(pixels, output_hidden_states=True)
    pairs = list(zip(actual.hidden_states, expected["hidden"], strict=True))
    pairs.append((actual.last_hidden_state, expected["last"]))
    pairs.append((actual.pooler_output, expected["pooled"]))
    pairs.append((model.get_video_features(pixels).pooler_output, abstract(weights, expected["last"], sizes)))
    masked = model.abstractor(actual.last_hidden_state, frame_attention_mask=keep).last_hidden_state
    pairs.append((model.multi_modal_projector(masked), abstract(weights, expected["last"], sizes, keep)))
    for ours, reference in pairs:
        assert_parity(ours, reference, REFERENCE_RTOL[attn_implementation] * reference.abs().max().item())
