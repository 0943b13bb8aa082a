"""The configuration: defaults, round trip, strict types, and what each validation says."""

import pytest
from huggingface_hub.errors import StrictDataclassClassValidationError, StrictDataclassFieldValidationError
from transformers import LlamaConfig

from gpt4video.configuration_gpt4video import GPT4VideoAbstractorConfig, GPT4VideoConfig, GPT4VideoVisionConfig


def test_defaults_are_the_7b_model_of_the_paper() -> None:
    config = GPT4VideoConfig()
    vision, abstractor, text = config.vision_config, config.abstractor_config, config.text_config
    assert config.model_type == "gpt4video"
    assert (vision.hidden_size, vision.intermediate_size, vision.num_hidden_layers) == (1024, 4096, 24)
    assert (vision.num_attention_heads, vision.image_size, vision.patch_size) == (16, 224, 14)
    assert (vision.layer_norm_eps, vision.temporal_layer_norm_eps) == (1e-6, 1e-5)
    assert (vision.temporal_hidden_size, vision.temporal_kernel_size, vision.hidden_act) == (512, 3, "quick_gelu")
    assert (vision.attention_dropout, vision.frames_per_chunk) == (0.0, None)
    assert (abstractor.hidden_size, abstractor.intermediate_size, abstractor.num_hidden_layers) == (1024, 2816, 6)
    assert (abstractor.num_attention_heads, abstractor.num_query_tokens) == (16, 64)
    assert (abstractor.layer_norm_eps, abstractor.mlp_layer_norm_eps) == (1e-5, 1e-6)
    assert (abstractor.attention_dropout, abstractor.frame_position_embedding) == (0.1, None)
    assert (text.model_type, text.hidden_size, text.num_hidden_layers, text.vocab_size) == ("llama", 4096, 32, 32002)
    assert (config.video_token_id, config.image_token_id, config.num_video_tokens) == (32000, 32001, 65)
    assert not config.tie_word_embeddings


def test_number_of_video_tokens_follows_the_queries(make_config) -> None:
    config = make_config(abstractor={"num_query_tokens": 11})
    assert config.num_video_tokens == 12


def test_json_round_trip(make_config, tmp_path) -> None:
    config = make_config(
        vision={"frames_per_chunk": 3, "temporal_kernel_size": 5},
        abstractor={"frame_position_embedding": "sinusoidal"},
        text={"rope_parameters": {"rope_type": "default", "rope_theta": 123.0}},
    )
    config.save_pretrained(tmp_path)
    again = GPT4VideoConfig.from_pretrained(tmp_path)
    assert again.to_dict() == config.to_dict()
    assert isinstance(again.vision_config, GPT4VideoVisionConfig)
    assert isinstance(again.abstractor_config, GPT4VideoAbstractorConfig)
    assert isinstance(again.text_config, LlamaConfig)
    assert again.vision_config.frames_per_chunk == 3
    assert again.text_config.rope_parameters["rope_theta"] == 123.0


def test_sub_configurations_as_objects(make_config) -> None:
    config = make_config()
    again = GPT4VideoConfig(
        vision_config=config.vision_config,
        abstractor_config=config.abstractor_config,
        text_config=config.text_config,
        video_token_id=97,
        image_token_id=98,
    )
    assert again.to_dict() == config.to_dict()
    assert again.get_text_config() is again.text_config


@pytest.mark.parametrize("in_text_config", [False, True])
def test_tie_flag_is_lifted_from_the_language_model(make_config, in_text_config: bool) -> None:
    config = make_config(text={"tie_word_embeddings": in_text_config})
    assert config.tie_word_embeddings is in_text_config


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("vision", {"hidden_size": "24"}),
        ("vision", {"frames_per_chunk": 1.5}),
        ("abstractor", {"num_query_tokens": 6.0}),
        ("abstractor", {"frame_position_embedding": "learned"}),
    ],
)
def test_types_are_strict(make_config, part: str, changes: dict) -> None:
    with pytest.raises(StrictDataclassFieldValidationError, match=next(iter(changes))):
        make_config(**{part: changes})


def test_types_of_the_token_ids_are_strict(make_config) -> None:
    with pytest.raises(StrictDataclassFieldValidationError, match="video_token_id"):
        make_config(video_token_id="97")


@pytest.mark.parametrize("value", [0, -1, None])
@pytest.mark.parametrize(
    ("part", "name"),
    [("vision", name) for name in ("hidden_size", "intermediate_size", "num_attention_heads", "num_channels")]
    + [("vision", name) for name in ("image_size", "patch_size", "temporal_hidden_size", "temporal_kernel_size")]
    + [("abstractor", name) for name in ("hidden_size", "intermediate_size", "num_attention_heads")]
    + [("abstractor", "num_query_tokens")],
)
def test_sizes_are_at_least_one(make_config, part: str, name: str, value: int | None) -> None:
    with pytest.raises(StrictDataclassFieldValidationError, match=rf"field '{name}'(?s:.+)\b(got|value:) {value}"):
        make_config(**{part: {name: value}})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"vision": {"num_attention_heads": 5}},
            r"vision_config.hidden_size \(24\) must be a multiple of num_attention_heads \(5\)",
        ),
        ({"vision": {"patch_size": 5}}, r"image_size \(12\) must be a multiple of patch_size \(5\)"),
        ({"vision": {"temporal_kernel_size": 4}}, "temporal_kernel_size must be odd, got 4"),
        ({"vision": {"frames_per_chunk": 0}}, "frames_per_chunk must be None or at least 1: 0"),
        (
            {"abstractor": {"num_attention_heads": 7}},
            r"abstractor_config.hidden_size \(24\) must be a multiple of num_attention_heads \(7\)",
        ),
        (
            {"abstractor": {"hidden_size": 15, "num_attention_heads": 3, "frame_position_embedding": "sinusoidal"}},
            "frame_position_embedding needs an even hidden_size, got 15",
        ),
        (
            {"abstractor": {"hidden_size": 32}},
            r"abstractor_config.hidden_size \(32\) must equal vision_config.hidden_size \(24\)",
        ),
        ({"image_token_id": 97}, "video_token_id and image_token_id must differ, both are 97"),
        ({"video_token_id": 99}, r"video_token_id \(99\) must be inside the vocabulary of text_config \(99 tokens\)"),
        ({"image_token_id": -1}, r"image_token_id \(-1\) must be inside the vocabulary"),
    ],
)
def test_validation_names_the_field_and_the_values(make_config, arguments: dict, message: str) -> None:
    with pytest.raises(StrictDataclassClassValidationError) as error:
        make_config(**arguments)
    assert isinstance(error.value.__cause__, ValueError)
    with pytest.raises(ValueError, match=message):
        raise error.value.__cause__
