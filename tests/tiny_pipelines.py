"""Tiny random text-to-video pipelines of diffusers, one of each class of the gallery, written as folders.

Their sizes differ from those of the real models and from each other, so that a rule which is not read from the model
shows.
"""

import os
from collections.abc import Callable
from pathlib import Path

import diffusers
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    LlamaConfig,
    LlamaModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
    UMT5Config,
    UMT5EncoderModel,
)


LETTERS = [chr(code) for code in range(32, 127)]


def tokenizer(max_length: int, begin: bool = False) -> PreTrainedTokenizerFast:
    """Give a tokenizer of printable letters, one token each, that ends, and may begin, a text with a token."""
    special = ["<pad>", "</s>", "<s>", "<unk>"]
    vocabulary = {token: number for number, token in enumerate([*special, *LETTERS])}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>" if begin else "$A </s>", special_tokens=[("<s>", 2), ("</s>", 1)]
    )
    names = {"pad_token": "<pad>", "eos_token": "</s>", "bos_token": "<s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=max_length, **names)


def clip_text(width: int, max_length: int) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=99,
            hidden_size=width,
            intermediate_size=2 * width,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=max_length,
            pad_token_id=0,
            eos_token_id=1,
            bos_token_id=2,
        )
    )


def t5_text(width: int) -> T5EncoderModel:
    return T5EncoderModel(T5Config(vocab_size=99, d_model=width, d_kv=4, d_ff=20, num_layers=1, num_heads=2))


def image_vae(**kwargs) -> diffusers.AutoencoderKL:
    return diffusers.AutoencoderKL(
        block_out_channels=(4, 8),
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
        latent_channels=4,
        norm_num_groups=2,
        **kwargs,
    )


def unet_scheduler() -> diffusers.DDIMScheduler:
    return diffusers.DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=False)


def flow_scheduler() -> diffusers.FlowMatchEulerDiscreteScheduler:
    return diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)


def zeroscope() -> dict:
    unet = diffusers.UNet3DConditionModel(
        block_out_channels=(4, 8),
        layers_per_block=1,
        sample_size=12,
        down_block_types=("CrossAttnDownBlock3D", "DownBlock3D"),
        up_block_types=("UpBlock3D", "CrossAttnUpBlock3D"),
        cross_attention_dim=6,
        attention_head_dim=4,
        norm_num_groups=2,
    )
    text = {"text_encoder": clip_text(6, 40), "tokenizer": tokenizer(40, begin=True)}
    return {"unet": unet, "vae": image_vae(), "scheduler": unet_scheduler(), **text}


def animatediff() -> dict:
    unet = diffusers.UNet2DConditionModel(
        block_out_channels=(4, 8),
        layers_per_block=1,
        sample_size=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=6,
        attention_head_dim=2,
        norm_num_groups=2,
    )
    adapter = diffusers.MotionAdapter(
        block_out_channels=(4, 8),
        motion_layers_per_block=1,
        motion_norm_num_groups=2,
        motion_num_attention_heads=2,
        motion_max_seq_length=11,
    )
    text = {"text_encoder": clip_text(6, 40), "tokenizer": tokenizer(40, begin=True)}
    nothing = {"feature_extractor": None, "image_encoder": None}
    return {
        "unet": unet,
        "motion_adapter": adapter,
        "vae": image_vae(),
        "scheduler": unet_scheduler(),
        **text,
        **nothing,
    }


def latte() -> dict:
    transformer = diffusers.LatteTransformer3DModel(
        sample_size=12,
        patch_size=2,
        video_length=6,
        num_layers=1,
        num_attention_heads=2,
        attention_head_dim=8,
        in_channels=4,
        out_channels=8,
        cross_attention_dim=16,
        caption_channels=10,
        attention_bias=True,
        norm_type="ada_norm_single",
        norm_elementwise_affine=False,
        num_embeds_ada_norm=1000,
        activation_fn="gelu-approximate",
    )
    scheduler = diffusers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=1.0
    )
    text = {"text_encoder": t5_text(10), "tokenizer": tokenizer(512)}
    return {"transformer": transformer, "vae": image_vae(), "scheduler": scheduler, **text}


def wan() -> dict:
    vae = diffusers.AutoencoderKLWan(
        base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )
    transformer = diffusers.WanTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        text_dim=10,
        freq_dim=8,
        ffn_dim=12,
        num_layers=1,
        rope_max_seq_len=32,
    )
    text = UMT5EncoderModel(UMT5Config(vocab_size=99, d_model=10, d_kv=4, d_ff=20, num_layers=1, num_heads=2))
    parts = {"transformer": transformer, "vae": vae, "text_encoder": text, "tokenizer": tokenizer(512)}
    return parts | {"scheduler": flow_scheduler()}


def ltx() -> dict:
    vae = diffusers.AutoencoderKLLTXVideo(
        latent_channels=8,
        block_out_channels=(4, 4, 4, 4),
        decoder_block_out_channels=(4, 4, 4, 4),
        spatio_temporal_scaling=(True, True, False, False),
        decoder_spatio_temporal_scaling=(True, True, False, False),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
        patch_size=1,
        decoder_causal=False,
    )
    transformer = diffusers.LTXVideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        num_attention_heads=2,
        attention_head_dim=8,
        cross_attention_dim=16,
        num_layers=1,
        caption_channels=10,
    )
    parts = {"transformer": transformer, "vae": vae, "text_encoder": t5_text(10), "tokenizer": tokenizer(128)}
    return parts | {"scheduler": flow_scheduler()}


def cogvideox() -> dict:
    vae = diffusers.AutoencoderKLCogVideoX(
        down_block_types=("CogVideoXDownBlock3D",) * 4,
        up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(4, 4, 4, 4),
        latent_channels=4,
        layers_per_block=1,
        norm_num_groups=2,
        temporal_compression_ratio=4,
    )
    transformer = diffusers.CogVideoXTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=16,
        in_channels=4,
        out_channels=4,
        time_embed_dim=2,
        text_embed_dim=10,
        num_layers=1,
        sample_width=4,
        sample_height=2,
        sample_frames=9,
        max_text_seq_length=226,
    )
    parts = {"transformer": transformer, "vae": vae, "text_encoder": t5_text(10), "tokenizer": tokenizer(226)}
    return parts | {"scheduler": diffusers.CogVideoXDDIMScheduler()}


def hunyuan() -> dict:
    vae = diffusers.AutoencoderKLHunyuanVideo(
        latent_channels=4,
        down_block_types=("HunyuanVideoDownBlock3D",) * 4,
        up_block_types=("HunyuanVideoUpBlock3D",) * 4,
        block_out_channels=(4, 4, 4, 4),
        layers_per_block=1,
        norm_num_groups=2,
    )
    transformer = diffusers.HunyuanVideoTransformer3DModel(
        in_channels=4,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=10,
        num_layers=1,
        num_single_layers=1,
        num_refiner_layers=1,
        patch_size=1,
        guidance_embeds=True,
        text_embed_dim=12,
        pooled_projection_dim=6,
        rope_axes_dim=(2, 4, 4),
    )
    llama = LlamaConfig(
        vocab_size=99, hidden_size=12, intermediate_size=20, num_hidden_layers=3, num_attention_heads=2, pad_token_id=0
    )
    return {
        "transformer": transformer,
        "vae": vae,
        "scheduler": flow_scheduler(),
        "text_encoder": LlamaModel(llama),
        "tokenizer": tokenizer(2048),
        "text_encoder_2": clip_text(6, 77),
        "tokenizer_2": tokenizer(77, begin=True),
    }


def mochi() -> dict:
    vae = diffusers.AutoencoderKLMochi(
        latent_channels=12,
        encoder_block_out_channels=(32, 32, 32, 32),
        decoder_block_out_channels=(32, 32, 32, 32),
        layers_per_block=(1, 1, 1, 1, 1),
    )
    transformer = diffusers.MochiTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        num_layers=2,
        pooled_projection_dim=16,
        in_channels=12,
        text_embed_dim=16,
        time_embed_dim=4,
        max_sequence_length=256,
    )
    parts = {"transformer": transformer, "vae": vae, "text_encoder": t5_text(16), "tokenizer": tokenizer(256)}
    return parts | {"scheduler": flow_scheduler()}


def allegro() -> dict:
    vae = diffusers.AutoencoderKLAllegro(
        down_block_types=("AllegroDownBlock3D",) * 4,
        up_block_types=("AllegroUpBlock3D",) * 4,
        block_out_channels=(4, 4, 4, 4),
        latent_channels=4,
        layers_per_block=1,
        norm_num_groups=2,
        sample_size=128,
    )
    transformer = diffusers.AllegroTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=4,
        out_channels=4,
        num_layers=1,
        cross_attention_dim=24,
        caption_channels=10,
        sample_width=6,
        sample_height=4,
        sample_frames=4,
    )
    parts = {"transformer": transformer, "vae": vae, "text_encoder": t5_text(10), "tokenizer": tokenizer(512)}
    return parts | {"scheduler": diffusers.EulerAncestralDiscreteScheduler()}


PARTS: dict[str, Callable[[], dict]] = {
    "TextToVideoSDPipeline": zeroscope,
    "AnimateDiffPipeline": animatediff,
    "LattePipeline": latte,
    "WanPipeline": wan,
    "LTXPipeline": ltx,
    "CogVideoXPipeline": cogvideox,
    "HunyuanVideoPipeline": hunyuan,
    "MochiPipeline": mochi,
    "AllegroPipeline": allegro,
}


def write_pipeline(name: str, folder: str | os.PathLike) -> Path:
    """Write a tiny random pipeline of the class `name` into a folder, the same each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(sum(map(ord, name)))
        getattr(diffusers, name)(**PARTS[name]()).save_pretrained(folder)
    return Path(folder)
