# Copyright 2026 The GPT4Video contributors. All rights reserved.
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""PyTorch GPT4Video model.

The way of a clip through this file, with `num_tokens` = patches of a frame + 1:

1. `GPT4VideoVisionModel`: pixels `(num_clips, num_frames, 3, height, width)` become frame tokens
   `(num_clips, num_frames, num_tokens, hidden_size)`. Attention stays inside a frame; a local temporal block in each
   layer mixes neighbouring frames.
2. `GPT4VideoAbstractor`: spatial and temporal query tokens read all frame tokens:
   `(num_clips, 2 * num_query_tokens, hidden_size)`, or `num_query_tokens` rows for a single frame.
3. `GPT4VideoMultiModalProjector`: both halves are projected to the width of the language model and added, an end row
   follows: `(num_clips, num_query_tokens + 1, text_hidden_size)`, however many frames there were.
4. `GPT4VideoModel`: these rows replace the placeholder embeddings of the prompt; any decoder-only language model reads
   the result.
5. `GPT4VideoForConditionalGeneration`: logits, loss, `generate`.

The original is mPLUG-Owl's video model as used by GPT4Video (arXiv 2311.16511); what differs is listed in the README.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from transformers import initialization as init
from transformers.activations import ACT2FN
from transformers.cache_utils import Cache
from transformers.generation import GenerationConfig, GenerationMixin
from transformers.generation.logits_process import LogitsProcessorList, SuppressTokensLogitsProcessor
from transformers.masking_utils import create_bidirectional_mask
from transformers.modeling_layers import GradientCheckpointingLayer
from transformers.modeling_outputs import (
    BaseModelOutput,
    BaseModelOutputWithPast,
    BaseModelOutputWithPooling,
    ModelOutput,
)
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS, PreTrainedModel, slice_logits_to_keep
from transformers.models.auto import AutoModel
from transformers.processing_utils import Unpack
from transformers.utils import TransformersKwargs, auto_docstring, logging, torch_compilable_check
from transformers.utils.generic import can_return_tuple, merge_with_config_defaults
from transformers.utils.output_capturing import capture_outputs

from .configuration_gpt4video import GPT4VideoAbstractorConfig, GPT4VideoConfig, GPT4VideoVisionConfig


logger = logging.get_logger(__name__)

# What language models do to their logits beyond a linear layer: fields that scale or cap them, and, by family, the
# field that is true where the head has a bias (`model_type` where it always has).
LOGIT_CHANGES = ("final_logit_softcapping", "logits_soft_cap", "logit_scale", "logits_scaling", "lm_head_multiplier")
HEAD_BIASES = dict.fromkeys(("codegen", "ctrl", "gptj", "phi"), "model_type") | {"ernie4_5_moe": "use_bias"}


@auto_docstring(custom_intro="Base class for GPT4Video outputs without a language modeling head.")
@dataclass
class GPT4VideoModelOutputWithPast(BaseModelOutputWithPast):
    r"""
    image_hidden_states (`torch.FloatTensor` of shape `(num_images, num_video_tokens, hidden_size)`, *optional*):
        What the language model reads in place of the image placeholders.
    video_hidden_states (`torch.FloatTensor` of shape `(num_clips, num_video_tokens, hidden_size)`, *optional*):
        What the language model reads in place of the clip placeholders.
    """

    image_hidden_states: torch.FloatTensor | None = None
    video_hidden_states: torch.FloatTensor | None = None


@auto_docstring(custom_intro="Base class for GPT4Video causal language model (or autoregressive) outputs.")
@dataclass
class GPT4VideoCausalLMOutputWithPast(ModelOutput):
    r"""
    loss (`torch.FloatTensor` of shape `(1,)`, *optional*, returned when `labels` is provided):
        Next-token cross-entropy, in nats per labelled token.
    logits (`torch.FloatTensor` of shape `(batch_size, sequence_length, config.text_config.vocab_size)`):
        Scores of the next token before SoftMax.
    past_key_values (`Cache`, *optional*, returned when `use_cache=True`):
        Keys and values of the language model.
    image_hidden_states (`torch.FloatTensor` of shape `(num_images, num_video_tokens, hidden_size)`, *optional*):
        What the language model reads in place of the image placeholders.
    video_hidden_states (`torch.FloatTensor` of shape `(num_clips, num_video_tokens, hidden_size)`, *optional*):
        What the language model reads in place of the clip placeholders.
    """

    loss: torch.FloatTensor | None = None
    logits: torch.FloatTensor | None = None
    past_key_values: Cache | None = None
    hidden_states: tuple[torch.FloatTensor, ...] | None = None
    attentions: tuple[torch.FloatTensor, ...] | None = None
    image_hidden_states: torch.FloatTensor | None = None
    video_hidden_states: torch.FloatTensor | None = None


def eager_attention_forward(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    **kwargs: Unpack[TransformersKwargs],
) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention by plain matrix products: `(B, heads, L, head_dim)` in, `(B, L, heads, head_dim)` and weights out."""
    attn_weights = torch.matmul(query, key.transpose(-1, -2)) * scaling
    if attention_mask is not None:
        attn_weights = attn_weights + attention_mask
    attn_weights = nn.functional.softmax(attn_weights, dim=-1, dtype=torch.float32).to(query.dtype)
    attn_weights = nn.functional.dropout(attn_weights, p=dropout, training=module.training)
    attn_output = torch.matmul(attn_weights, value).transpose(1, 2).contiguous()
    return attn_output, attn_weights


class GPT4VideoAttention(nn.Module):
    """Multi-head attention: within a frame in the vision tower, from queries to frame tokens in the abstractor."""

    def __init__(self, config: GPT4VideoVisionConfig | GPT4VideoAbstractorConfig):
        super().__init__()
        self.config = config
        self.head_dim = config.hidden_size // config.num_attention_heads
        self.scaling = self.head_dim**-0.5
        self.is_causal = False
        self.q_proj = nn.Linear(config.hidden_size, config.hidden_size)
        self.k_proj = nn.Linear(config.hidden_size, config.hidden_size)
        self.v_proj = nn.Linear(config.hidden_size, config.hidden_size)
        self.out_proj = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(
        self,
        hidden_states: torch.Tensor,
        key_value_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Attend from `hidden_states` `(B, L, D)` to `key_value_states` `(B, K, D)`, by default to itself.

        Returns:
            The attended states `(B, L, D)` and, where the attention implementation gives them, the weights
            `(B, num_heads, L, K)`.
        """
        if key_value_states is None:
            key_value_states = hidden_states
        queries, keys, values = (
            projection(states).unflatten(-1, (-1, self.head_dim)).transpose(1, 2)  # (B, num_heads, L or K, head_dim)
            for projection, states in (
                (self.q_proj, hidden_states),
                (self.k_proj, key_value_states),
                (self.v_proj, key_value_states),
            )
        )
        attention_interface: Callable = ALL_ATTENTION_FUNCTIONS.get_interface(
            self.config._attn_implementation, eager_attention_forward
        )
        attn_output, attn_weights = attention_interface(
            self,
            queries,
            keys,
            values,
            attention_mask,
            scaling=self.scaling,
            dropout=self.config.attention_dropout if self.training else 0.0,
            **kwargs,
        )
        return self.out_proj(attn_output.flatten(2)), attn_weights


class GPT4VideoVisionMLP(nn.Module):
    def __init__(self, config: GPT4VideoVisionConfig):
        super().__init__()
        self.activation_fn = ACT2FN[config.hidden_act]
        self.fc1 = nn.Linear(config.hidden_size, config.intermediate_size)
        self.fc2 = nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        return self.fc2(self.activation_fn(self.fc1(hidden_states)))


class GPT4VideoVisionEmbeddings(nn.Module):
    def __init__(self, config: GPT4VideoVisionConfig):
        super().__init__()
        self.config = config
        self.num_positions = (config.image_size // config.patch_size) ** 2 + 1
        self.class_embedding = nn.Parameter(torch.zeros(config.hidden_size))
        self.patch_embedding = nn.Conv2d(
            config.num_channels, config.hidden_size, config.patch_size, stride=config.patch_size, bias=False
        )
        self.position_embedding = nn.Embedding(self.num_positions, config.hidden_size)
        self.position_ids = nn.Buffer(torch.arange(self.num_positions), persistent=False)

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Turn frames `(num_frames, 3, height, width)` into `(num_frames, num_tokens, D)`, class token first."""
        expected = (self.config.num_channels, self.config.image_size, self.config.image_size)
        if tuple(pixel_values.shape[1:]) != expected:
            raise ValueError(
                f"Frames of shape {tuple(pixel_values.shape[1:])} do not fit a vision tower for {expected} "
                "(channels, height, width); prepare them with the model's own processor."
            )
        patches = self.patch_embedding(pixel_values.to(self.patch_embedding.weight.dtype))
        patches = patches.flatten(2).transpose(1, 2)  # (num_frames, num_patches, D)
        class_tokens = self.class_embedding.expand(patches.shape[0], 1, -1)
        return torch.cat([class_tokens, patches], dim=1) + self.position_embedding(self.position_ids)


class GPT4VideoTemporalUpProjection(nn.Linear):
    """Starts at zero: a fresh temporal block adds nothing to the patches, a tower of still images stays what it is."""


class GPT4VideoLocalTemporalBlock(nn.Module):
    """Mixes each patch with the same patch of the neighbouring frames through a depthwise convolution.

    Source: mPLUG-Owl's local temporal module, there 3-D convolutions with kernels (1, 1, 1), (3, 1, 1), (1, 1, 1).
    """

    def __init__(self, config: GPT4VideoVisionConfig):
        super().__init__()
        self.layer_norm = nn.LayerNorm(config.hidden_size, eps=config.temporal_layer_norm_eps)
        self.down_proj = nn.Linear(config.hidden_size, config.temporal_hidden_size)
        self.conv = nn.Conv1d(
            config.temporal_hidden_size,
            config.temporal_hidden_size,
            config.temporal_kernel_size,
            padding=config.temporal_kernel_size // 2,
            groups=config.temporal_hidden_size,
        )
        self.activation_fn = ACT2FN[config.hidden_act]
        self.up_proj = GPT4VideoTemporalUpProjection(config.temporal_hidden_size, config.hidden_size)

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Map frame tokens `(num_clips, num_frames, num_tokens, D)` to what is added to them, of the same shape.

        The class token comes back unchanged, so that adding the result doubles it: mPLUG-Owl's weights expect that.
        """
        num_clips, num_frames, num_tokens, _ = hidden_states.shape
        class_token, patches = hidden_states[:, :, :1], hidden_states[:, :, 1:]
        patches = self.down_proj(self.layer_norm(patches))
        patches = patches.permute(0, 2, 3, 1).flatten(0, 1)  # (num_clips * num_patches, temporal_hidden_size, T)
        patches = self.activation_fn(self.conv(patches))
        patches = patches.unflatten(0, (num_clips, num_tokens - 1)).permute(0, 3, 1, 2)
        return torch.cat([class_token, self.up_proj(patches)], dim=2)


class GPT4VideoVisionLayer(GradientCheckpointingLayer):
    def __init__(self, config: GPT4VideoVisionConfig):
        super().__init__()
        self.config = config
        self.temporal_block = GPT4VideoLocalTemporalBlock(config)
        self.layer_norm1 = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.self_attn = GPT4VideoAttention(config)
        self.layer_norm2 = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.mlp = GPT4VideoVisionMLP(config)

    def forward(self, hidden_states: torch.Tensor, **kwargs: Unpack[TransformersKwargs]) -> torch.Tensor:
        """Map frame tokens `(num_clips, num_frames, num_tokens, D)` to frame tokens, a chunk of frames at a time."""
        num_frames = hidden_states.shape[1]
        frames_per_chunk = self.config.frames_per_chunk or num_frames
        chunks = [
            self.encode_frames(hidden_states, start, min(start + frames_per_chunk, num_frames), **kwargs)
            for start in range(0, num_frames, frames_per_chunk)
        ]
        return chunks[0] if len(chunks) == 1 else torch.cat(chunks, dim=1)

    def encode_frames(self, hidden_states: torch.Tensor, start: int, stop: int, **kwargs) -> torch.Tensor:
        """Encode frames `start:stop` of `(num_clips, num_frames, num_tokens, D)`, exactly as within the whole clip."""
        frames = hidden_states[:, start:stop]
        num_clips, num_frames = frames.shape[:2]
        if hidden_states.shape[1] > 1:
            reach = self.config.temporal_kernel_size // 2
            first = max(start - reach, 0)
            mixed = self.temporal_block(hidden_states[:, first : stop + reach])
            frames = frames + mixed[:, start - first : stop - first]
        frames = frames.flatten(0, 1)  # (num_clips * num_frames, num_tokens, D)
        attn_output, _ = self.self_attn(self.layer_norm1(frames), **kwargs)
        frames = frames + attn_output
        frames = frames + self.mlp(self.layer_norm2(frames))
        return frames.unflatten(0, (num_clips, num_frames))


class GPT4VideoAbstractorMLP(nn.Module):
    def __init__(self, config: GPT4VideoAbstractorConfig):
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size)
        self.layer_norm = nn.LayerNorm(config.intermediate_size, eps=config.mlp_layer_norm_eps)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size)
        self.activation_fn = ACT2FN[config.hidden_act]

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        hidden_states = self.activation_fn(self.gate_proj(hidden_states)) * self.up_proj(hidden_states)
        return self.down_proj(self.layer_norm(hidden_states))


class GPT4VideoAbstractorLayer(GradientCheckpointingLayer):
    def __init__(self, config: GPT4VideoAbstractorConfig):
        super().__init__()
        self.query_layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.key_layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.cross_attn = GPT4VideoAttention(config)
        self.layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.mlp = GPT4VideoAbstractorMLP(config)

    def forward(
        self,
        hidden_states: torch.Tensor,
        frame_tokens: torch.Tensor,
        frame_positions: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> torch.Tensor:
        """Let queries `(num_clips, num_queries, D)` read each other and `frame_tokens` `(num_clips, num_keys, D)`."""
        # mPLUG-Owl's residual starts from the normed queries, not from the queries themselves.
        queries = self.query_layer_norm(hidden_states)
        keys = self.key_layer_norm(frame_tokens)
        if frame_positions is not None:
            keys = keys + frame_positions
        keys = torch.cat([queries, keys], dim=1)
        attn_output, _ = self.cross_attn(queries, key_value_states=keys, attention_mask=attention_mask, **kwargs)
        hidden_states = queries + attn_output
        return hidden_states + self.mlp(self.layer_norm(hidden_states))


@auto_docstring
class GPT4VideoPreTrainedModel(PreTrainedModel):
    config: GPT4VideoConfig
    base_model_prefix = "model"
    input_modalities = ("image", "video", "text")
    supports_gradient_checkpointing = True
    _no_split_modules = [
        "GPT4VideoVisionEmbeddings",
        "GPT4VideoVisionLayer",
        "GPT4VideoAbstractorLayer",
        "GPT4VideoMultiModalProjector",
    ]
    _skip_keys_device_placement = ["past_key_values"]
    _supports_flash_attn = True
    _supports_sdpa = True
    _supports_flex_attn = True
    _supports_attention_backend = True
    _can_compile_fullgraph = True

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, GPT4VideoVisionEmbeddings):
            init.normal_(module.class_embedding, std=module.config.initializer_range)
            init.copy_(module.position_ids, torch.arange(module.num_positions))
        elif isinstance(module, GPT4VideoTemporalUpProjection):
            init.zeros_(module.weight)
            init.zeros_(module.bias)
        elif isinstance(module, GPT4VideoAbstractor):
            init.normal_(module.query_tokens, std=module.config.initializer_range)
            init.normal_(module.temporal_query_tokens, std=module.config.initializer_range)
        elif isinstance(module, GPT4VideoMultiModalProjector):
            init.normal_(module.end_embedding, std=module.config.abstractor_config.initializer_range)


@auto_docstring(custom_intro="The ViT with a local temporal block in each layer.")
class GPT4VideoVisionModel(GPT4VideoPreTrainedModel):
    config: GPT4VideoVisionConfig
    main_input_name = "pixel_values_videos"
    input_modalities = ("video",)
    _input_embed_layer = "patch_embedding"
    _can_record_outputs = {"hidden_states": GPT4VideoVisionLayer, "attentions": GPT4VideoAttention}

    def __init__(self, config: GPT4VideoVisionConfig):
        super().__init__(config)
        self.embeddings = GPT4VideoVisionEmbeddings(config)
        self.pre_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.layers = nn.ModuleList([GPT4VideoVisionLayer(config) for _ in range(config.num_hidden_layers)])
        self.post_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.gradient_checkpointing = False
        self.post_init()

    @merge_with_config_defaults
    @capture_outputs(tie_last_hidden_states=False)
    @auto_docstring
    def forward(
        self, pixel_values_videos: torch.FloatTensor, **kwargs: Unpack[TransformersKwargs]
    ) -> BaseModelOutputWithPooling:
        r"""
        pixel_values_videos (`torch.FloatTensor` of shape `(num_clips, num_frames, 3, height, width)`):
            Frames in display order, CLIP-normalised RGB, `height` and `width` equal to `config.image_size`.
            A clip of one frame skips the temporal blocks, as an image does in mPLUG-Owl.

        Returns:
            `last_hidden_state` of shape `(num_clips, num_frames, num_patches + 1, hidden_size)` and `pooler_output` of
            shape `(num_clips, hidden_size)`, the class token averaged over the frames. With `frames_per_chunk` set,
            `attentions` has one entry per layer and chunk.
        """
        if pixel_values_videos.dim() != 5:
            raise ValueError(
                "pixel_values_videos must have the shape (num_clips, num_frames, 3, height, width), got "
                f"{tuple(pixel_values_videos.shape)}."
            )
        num_clips, num_frames = pixel_values_videos.shape[:2]
        hidden_states = self.pre_layernorm(self.embeddings(pixel_values_videos.flatten(0, 1)))
        hidden_states = hidden_states.unflatten(0, (num_clips, num_frames))
        for layer in self.layers:
            hidden_states = layer(hidden_states, **kwargs)
        last_hidden_state = self.post_layernorm(hidden_states)
        # mPLUG-Owl norms the pooled class token a second time.
        pooler_output = self.post_layernorm(last_hidden_state[:, :, 0].mean(dim=1))
        return BaseModelOutputWithPooling(last_hidden_state=last_hidden_state, pooler_output=pooler_output)


@auto_docstring(custom_intro="Condenses the frame tokens of a clip into a fixed number of query tokens.")
class GPT4VideoAbstractor(GPT4VideoPreTrainedModel):
    config: GPT4VideoAbstractorConfig
    main_input_name = "frame_tokens"
    input_modalities = ("video",)
    _can_record_outputs = {"hidden_states": GPT4VideoAbstractorLayer, "attentions": GPT4VideoAttention}

    def __init__(self, config: GPT4VideoAbstractorConfig):
        super().__init__(config)
        self.query_tokens = nn.Parameter(torch.zeros(1, config.num_query_tokens, config.hidden_size))
        self.temporal_query_tokens = nn.Parameter(torch.zeros(1, config.num_query_tokens, config.hidden_size))
        self.layers = nn.ModuleList([GPT4VideoAbstractorLayer(config) for _ in range(config.num_hidden_layers)])
        self.gradient_checkpointing = False
        self.post_init()

    def get_frame_positions(self, frame_tokens: torch.Tensor) -> torch.Tensor | None:
        """Sine and cosine of the frame index of each frame token: `(1, num_frames * num_tokens, D)`."""
        # CODEPATH: None for converted original weights, "sinusoidal" for the embedded checkpoint.
        if self.config.frame_position_embedding is None:
            return None
        _, num_frames, num_tokens, hidden_size = frame_tokens.shape
        steps = torch.arange(0, hidden_size, 2, device=frame_tokens.device, dtype=torch.float32) / hidden_size
        frames = torch.arange(num_frames, device=frame_tokens.device, dtype=torch.float32)
        angles = frames[:, None] * torch.pow(10000.0, -steps)[None]
        positions = torch.cat([angles.sin(), angles.cos()], dim=-1).to(frame_tokens.dtype)  # (num_frames, D)
        return positions.repeat_interleave(num_tokens, dim=0)[None]

    @merge_with_config_defaults
    @capture_outputs(tie_last_hidden_states=False)
    @auto_docstring
    def forward(
        self,
        frame_tokens: torch.FloatTensor,
        frame_attention_mask: torch.Tensor | None = None,
        use_temporal_queries: bool = True,
        **kwargs: Unpack[TransformersKwargs],
    ) -> BaseModelOutput:
        r"""
        frame_tokens (`torch.FloatTensor` of shape `(num_clips, num_frames, num_tokens, hidden_size)`):
            What the vision tower returns.
        frame_attention_mask (`torch.Tensor` of shape `(num_clips, num_frames)`, *optional*):
            1 for frames to read, 0 for frames to leave out.
        use_temporal_queries (`bool`, *optional*, defaults to `True`):
            Whether clips of more than one frame are read by the temporal query tokens as well.

        Returns:
            `last_hidden_state` of shape `(num_clips, 2 * num_query_tokens, hidden_size)`, spatial queries first, or
            `(num_clips, num_query_tokens, hidden_size)` without temporal queries.
        """
        num_clips, num_frames, num_tokens, _ = frame_tokens.shape
        queries = self.query_tokens
        if use_temporal_queries and num_frames > 1:
            queries = torch.cat([queries, self.temporal_query_tokens], dim=1)
        hidden_states = queries.expand(num_clips, -1, -1)
        frame_positions = self.get_frame_positions(frame_tokens)
        frame_tokens = frame_tokens.flatten(1, 2)  # (num_clips, num_frames * num_tokens, D)
        attention_mask = None
        if frame_attention_mask is not None:
            mask = frame_attention_mask.bool().repeat_interleave(num_tokens, dim=1)
            mask = torch.cat([mask.new_ones(num_clips, queries.shape[1]), mask], dim=1)
            attention_mask = create_bidirectional_mask(
                config=self.config,
                inputs_embeds=hidden_states,
                attention_mask=mask,
                encoder_hidden_states=torch.cat([hidden_states, frame_tokens], dim=1),
            )
        for layer in self.layers:
            hidden_states = layer(
                hidden_states, frame_tokens, frame_positions=frame_positions, attention_mask=attention_mask, **kwargs
            )
        return BaseModelOutput(last_hidden_state=hidden_states)


class GPT4VideoMultiModalProjector(nn.Module):
    """Adds the projected spatial and temporal queries position by position and appends the learned end row."""

    def __init__(self, config: GPT4VideoConfig):
        super().__init__()
        self.config = config
        self.num_query_tokens = config.abstractor_config.num_query_tokens
        self.spatial_proj = nn.Linear(config.abstractor_config.hidden_size, config.text_config.hidden_size)
        self.temporal_proj = nn.Linear(config.abstractor_config.hidden_size, config.text_config.hidden_size)
        self.end_embedding = nn.Parameter(torch.zeros(1, 1, config.text_config.hidden_size))

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Map `(num_clips, num_query_tokens or twice as many, D)` to `(num_clips, num_video_tokens, E)`."""
        features = self.spatial_proj(hidden_states[:, : self.num_query_tokens])
        if hidden_states.shape[1] > self.num_query_tokens:
            features = features + self.temporal_proj(hidden_states[:, self.num_query_tokens :])
        return torch.cat([features, self.end_embedding.expand(features.shape[0], -1, -1)], dim=1)


@auto_docstring(custom_intro="The GPT4Video model: vision tower, abstractor and language model, without a head.")
class GPT4VideoModel(GPT4VideoPreTrainedModel):
    # A headless model opened from a full checkpoint leaves the head aside on purpose.
    _keys_to_ignore_on_load_unexpected = [r"^lm_head\."]

    def __init__(self, config: GPT4VideoConfig):
        super().__init__(config)
        self.vision_tower = GPT4VideoVisionModel._from_config(config.vision_config)
        self.abstractor = GPT4VideoAbstractor._from_config(config.abstractor_config)
        self.multi_modal_projector = GPT4VideoMultiModalProjector(config)
        self.language_model = AutoModel.from_config(config.text_config)
        family, hidden_size = config.text_config.model_type, config.text_config.hidden_size
        if "past_key_values" not in inspect.signature(self.language_model.forward).parameters:
            raise ValueError(f"{family} takes no past_key_values; choose a language model with an attention cache.")
        if (width := self.language_model.get_input_embeddings().embedding_dim) != hidden_size:
            raise ValueError(
                f"Token embeddings of this {family} are {width} wide, but text_config.hidden_size is {hidden_size}; "
                "choose a language model in which both are equal."
            )
        self.post_init()

    def encode_clips(self, pixel_values_videos: torch.FloatTensor, **kwargs) -> BaseModelOutputWithPooling:
        """Encode clips of equal length `(num_clips, num_frames, 3, height, width)`; see `get_video_features`."""
        frames = self.vision_tower(pixel_values_videos, return_dict=True, **kwargs)
        queries = self.abstractor(frames.last_hidden_state, return_dict=True, **kwargs).last_hidden_state
        return BaseModelOutputWithPooling(
            last_hidden_state=frames.last_hidden_state,
            pooler_output=self.multi_modal_projector(queries),
            hidden_states=frames.hidden_states,
            attentions=frames.attentions,
        )

    @can_return_tuple
    @auto_docstring(custom_intro="Encode clips into the fixed number of rows that the language model reads.")
    def get_video_features(
        self,
        pixel_values_videos: torch.FloatTensor,
        video_num_frames: torch.LongTensor | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> tuple | BaseModelOutputWithPooling:
        r"""
        pixel_values_videos (`torch.FloatTensor` of shape `(num_clips, num_frames, 3, height, width)`):
            Frames in display order, CLIP-normalised RGB.
        video_num_frames (`torch.LongTensor` of shape `(num_clips,)`, *optional*):
            Number of real frames of each clip, where shorter ones were padded at the end. Clips of one length are
            encoded together, so that padding changes nothing. Their lengths are read from the tensor: leave it out
            under `torch.compile(fullgraph=True)`, whose clips must have one length.

        Returns:
            `pooler_output` of shape `(num_clips, num_video_tokens, text_hidden_size)` and `last_hidden_state`, the
            frame tokens, of shape `(num_clips, num_frames, num_patches + 1, vision_hidden_size)`, zero on padding.
            Without `video_num_frames` also the vision tower's `hidden_states` and `attentions`, if asked for.
        """
        if video_num_frames is None:
            return self.encode_clips(pixel_values_videos, **kwargs)
        num_clips, max_frames = pixel_values_videos.shape[:2]
        lengths = video_num_frames.tolist()
        if len(lengths) != num_clips or not all(1 <= length <= max_frames for length in lengths):
            raise ValueError(
                f"video_num_frames must give each of {num_clips} clips a length from 1 to {max_frames}, got {lengths}."
            )
        frame_tokens, features = [None] * num_clips, [None] * num_clips
        for length in sorted(set(lengths)):
            rows = [row for row in range(num_clips) if lengths[row] == length]
            outputs = self.encode_clips(pixel_values_videos[rows, :length], **kwargs)
            for row, tokens, feature in zip(rows, outputs.last_hidden_state, outputs.pooler_output, strict=True):
                frame_tokens[row], features[row] = tokens, feature
        return BaseModelOutputWithPooling(
            last_hidden_state=nn.utils.rnn.pad_sequence(frame_tokens, batch_first=True),
            pooler_output=torch.stack(features),
        )

    @can_return_tuple
    @auto_docstring(custom_intro="Encode images: clips of one frame, which skip everything temporal.")
    def get_image_features(
        self, pixel_values: torch.FloatTensor, **kwargs: Unpack[TransformersKwargs]
    ) -> tuple | BaseModelOutputWithPooling:
        r"""
        pixel_values (`torch.FloatTensor` of shape `(num_images, 3, height, width)`):
            CLIP-normalised RGB.

        Returns:
            `pooler_output` of shape `(num_images, num_video_tokens, text_hidden_size)` and `last_hidden_state` of
            shape `(num_images, 1, num_patches + 1, vision_hidden_size)`.
        """
        return self.encode_clips(pixel_values.unsqueeze(1), **kwargs)

    def get_placeholder_mask(
        self,
        input_ids: torch.LongTensor | None,
        inputs_embeds: torch.FloatTensor,
        token_id: int,
        features: torch.FloatTensor | None,
        name: str,
    ) -> torch.BoolTensor:
        """Find the positions, as `(batch_size, sequence_length, 1)`, that the rows of one modality replace.

        The rows are `features` `(num_clips, num_video_tokens, hidden_size)`, or `None`; `name` says what they show.
        Without `input_ids`, positions whose embedding equals that of the placeholder `token_id` count.

        Raises:
            ValueError: If the number of placeholders is not the number of rows.
        """
        if input_ids is None:
            placeholder = self.get_input_embeddings()(
                torch.full((), token_id, dtype=torch.long, device=inputs_embeds.device)
            )
            mask = (inputs_embeds == placeholder).all(-1)
        else:
            mask = input_ids == token_id
        num_tokens = mask.sum()
        num_rows = 0 if features is None else features.shape[0] * features.shape[1]
        torch_compilable_check(
            num_tokens == num_rows,
            lambda: (
                f"The prompt has {num_tokens} {name} placeholder tokens, but the {name}s given make {num_rows} rows "
                f"({self.config.num_video_tokens} each). Pass as many {name}s as the prompt shows."
            ),
        )
        return mask.unsqueeze(-1)

    def get_placeholder_masks(
        self,
        input_ids: torch.LongTensor | None,
        inputs_embeds: torch.FloatTensor | None,
        features: dict[str, torch.FloatTensor],
        is_prompt: bool,
    ) -> dict[str, torch.BoolTensor]:
        """Find the positions of the rows in `features`, `"image"` and `"video"`; see `get_placeholder_mask`.

        In a prompt, given as `input_ids`, a modality without rows must have no placeholders either.
        """
        if input_ids is None and len(features) == 2:
            ids = torch.tensor([self.config.image_token_id, self.config.video_token_id], device=inputs_embeds.device)
            image, video = self.get_input_embeddings()(ids)
            torch_compilable_check(
                (image != video).any(),
                "Placeholders of images and clips have the same embedding; pass input_ids, not inputs_embeds.",
            )
        return {
            name: self.get_placeholder_mask(input_ids, inputs_embeds, token_id, features.get(name), name)
            for name, token_id in (("image", self.config.image_token_id), ("video", self.config.video_token_id))
            if name in features or (is_prompt and input_ids is not None)
        }

    @merge_with_config_defaults
    @can_return_tuple
    @auto_docstring
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        pixel_values: torch.FloatTensor | None = None,
        pixel_values_videos: torch.FloatTensor | None = None,
        video_num_frames: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.LongTensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: torch.FloatTensor | None = None,
        use_cache: bool | None = None,
        mm_encoder_outputs: dict[str, BaseModelOutputWithPooling] | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> tuple | GPT4VideoModelOutputWithPast:
        r"""
        pixel_values (`torch.FloatTensor` of shape `(num_images, 3, height, width)`, *optional*):
            All images of the batch, in the order of their placeholders.
        pixel_values_videos (`torch.FloatTensor` of shape `(num_clips, num_frames, 3, height, width)`, *optional*):
            All clips of the batch, in the order of their placeholders; rows of the batch may have any number of them.
        video_num_frames (`torch.LongTensor` of shape `(num_clips,)`, *optional*):
            Number of real frames of each clip, where shorter ones were padded at the end.
        mm_encoder_outputs (`dict`, *optional*):
            `{"image": ..., "video": ...}`, what `get_image_features` and `get_video_features` returned, in place of
            pixels.
        """
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("You must specify exactly one of input_ids or inputs_embeds.")
        if (pixel_values is not None or pixel_values_videos is not None) and mm_encoder_outputs:
            raise ValueError("Pass either pixels (pixel_values, pixel_values_videos) or mm_encoder_outputs, not both.")
        if inputs_embeds is None:
            inputs_embeds = self.get_input_embeddings()(input_ids)

        features = {
            name: output.pooler_output for name, output in (mm_encoder_outputs or {}).items() if output is not None
        }
        if pixel_values is not None:
            features["image"] = self.get_image_features(pixel_values, return_dict=True).pooler_output
        if pixel_values_videos is not None:
            features["video"] = self.get_video_features(
                pixel_values_videos, video_num_frames, return_dict=True
            ).pooler_output
        # Placeholders among tokens that the model wrote, or that a decoding strategy proposes, ask for no clip.
        is_prompt = past_key_values is None or (
            not past_key_values.is_compileable and past_key_values.get_seq_length() == 0
        )
        for name, mask in self.get_placeholder_masks(input_ids, inputs_embeds, features, is_prompt).items():
            if name in features:
                rows = features[name].to(inputs_embeds.device, inputs_embeds.dtype)
                inputs_embeds = inputs_embeds.masked_scatter(mask, rows)

        outputs = self.language_model(
            inputs_embeds=inputs_embeds,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            use_cache=use_cache,
            **kwargs,
        )
        return GPT4VideoModelOutputWithPast(
            last_hidden_state=outputs.last_hidden_state,
            past_key_values=outputs.past_key_values,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
            image_hidden_states=features.get("image"),
            video_hidden_states=features.get("video"),
        )


@auto_docstring(custom_intro="GPT4Video with a language modeling head: clips and text in, text out.")
class GPT4VideoForConditionalGeneration(GPT4VideoPreTrainedModel, GenerationMixin):
    _tp_plan = {"lm_head": "colwise_gather_output"}

    def __init__(self, config: GPT4VideoConfig):
        super().__init__(config)
        text_config = config.text_config
        for name in LOGIT_CHANGES:
            if getattr(text_config, name, None) not in (None, 1):
                raise ValueError(
                    f"text_config.{name} is {getattr(text_config, name)}, but the head here is a plain linear layer; "
                    "choose a language model whose logits are neither scaled nor capped."
                )
        if getattr(text_config, HEAD_BIASES.get(text_config.model_type, "lm_head_bias"), False):
            raise ValueError(f"{text_config.model_type} has a head with a bias, GPT4Video has none; choose another.")
        self.model = GPT4VideoModel(config)
        self.lm_head = nn.Linear(config.text_config.hidden_size, config.text_config.vocab_size, bias=False)
        # Language models name their embedding `embed_tokens`, `embed_in`, `wte`, ...
        embedding = self.get_input_embeddings()
        name = next(name for name, module in self.named_modules() if module is embedding)
        self._tied_weights_keys = {"lm_head.weight": f"{name}.weight"}
        self.post_init()

    def get_output_embeddings(self) -> nn.Module:
        """Return the head, a plain linear layer: trainers compute their losses from it."""
        return self.lm_head

    def _get_logits_processor(self, *args, **kwargs) -> LogitsProcessorList:
        """Let `generate` never write a placeholder, which without a cache would ask for a clip at the next step."""
        processors = super()._get_logits_processor(*args, **kwargs)
        placeholders = [self.config.image_token_id, self.config.video_token_id]
        processors.insert(0, SuppressTokensLogitsProcessor(placeholders, device=kwargs.get("device", "cpu")))
        return processors

    def _maybe_prepare_encoder_kwargs_for_generation(
        self,
        inputs_tensor: torch.Tensor,
        model_kwargs: dict,
        model_input_name: str | None,
        generation_config: GenerationConfig,
    ) -> dict:
        """Let `generate` encode clips and images once, before the prefill, and check that the prompt shows as many.

        transformers 5.23 drops surplus clips without a word where it repeats them for beams or prefills in chunks, and
        writes what it repeats into the caller's `mm_encoder_outputs`, which a next turn needs as they were.
        """
        model_kwargs["mm_encoder_outputs"] = dict(model_kwargs.get("mm_encoder_outputs") or {})
        model_kwargs = super()._maybe_prepare_encoder_kwargs_for_generation(
            inputs_tensor, model_kwargs, model_input_name, generation_config
        )
        encoded = model_kwargs["mm_encoder_outputs"].items()
        features = {name: output.pooler_output for name, output in encoded if output is not None}
        model_kwargs["mm_encoder_outputs"] = {
            name: BaseModelOutputWithPooling(pooler_output=rows) for name, rows in features.items()
        }
        is_text = model_input_name == "input_ids"
        prompt, past_key_values = inputs_tensor, model_kwargs.get("past_key_values")
        attention_mask = model_kwargs.get("attention_mask")
        length = getattr(generation_config, "_mask_length", -1) if attention_mask is None else attention_mask.shape[1]
        if past_key_values is not None and prompt.shape[1] == length:
            prompt = prompt[:, past_key_values.get_seq_length() :]
        self.model.get_placeholder_masks(
            prompt if is_text else None, None if is_text else prompt, features, is_prompt=True
        )
        return model_kwargs

    @auto_docstring
    def get_video_features(
        self,
        pixel_values_videos: torch.FloatTensor,
        video_num_frames: torch.LongTensor | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> tuple | BaseModelOutputWithPooling:
        r"""
        pixel_values_videos (`torch.FloatTensor` of shape `(num_clips, num_frames, 3, height, width)`):
            Frames in display order, CLIP-normalised RGB.
        video_num_frames (`torch.LongTensor` of shape `(num_clips,)`, *optional*):
            Number of real frames of each clip, where shorter ones were padded at the end.
        """
        return self.model.get_video_features(pixel_values_videos, video_num_frames, **kwargs)

    @auto_docstring
    def get_image_features(
        self, pixel_values: torch.FloatTensor, **kwargs: Unpack[TransformersKwargs]
    ) -> tuple | BaseModelOutputWithPooling:
        r"""
        pixel_values (`torch.FloatTensor` of shape `(num_images, 3, height, width)`):
            CLIP-normalised RGB.
        """
        return self.model.get_image_features(pixel_values, **kwargs)

    @can_return_tuple
    @auto_docstring
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        pixel_values: torch.FloatTensor | None = None,
        pixel_values_videos: torch.FloatTensor | None = None,
        video_num_frames: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.LongTensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: torch.FloatTensor | None = None,
        labels: torch.LongTensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | torch.Tensor = 0,
        mm_encoder_outputs: dict[str, BaseModelOutputWithPooling] | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> tuple | GPT4VideoCausalLMOutputWithPast:
        r"""
        pixel_values (`torch.FloatTensor` of shape `(num_images, 3, height, width)`, *optional*):
            All images of the batch, in the order of their placeholders.
        pixel_values_videos (`torch.FloatTensor` of shape `(num_clips, num_frames, 3, height, width)`, *optional*):
            All clips of the batch, in the order of their placeholders; rows of the batch may have any number of them.
        video_num_frames (`torch.LongTensor` of shape `(num_clips,)`, *optional*):
            Number of real frames of each clip, where shorter ones were padded at the end.
        mm_encoder_outputs (`dict`, *optional*):
            `{"image": ..., "video": ...}`, what `get_image_features` and `get_video_features` returned, in place of
            pixels. `generate` uses it to encode each clip once.

        Example:

        ```python
        >>> from transformers import AutoModel, AutoProcessor

        >>> model = AutoModel.from_pretrained(".", trust_remote_code=True)
        >>> processor = AutoProcessor.from_pretrained(".", trust_remote_code=True)
        >>> content = [{"type": "video", "path": "clip.mp4"}, {"type": "text", "text": "What happens here?"}]
        >>> inputs = processor.apply_chat_template(
        ...     [{"role": "user", "content": content}],
        ...     tokenize=True,
        ...     add_generation_prompt=True,
        ...     return_dict=True,
        ...     return_tensors="pt",
        ... )
        >>> output = model.generate(**inputs, max_new_tokens=64)
        ```"""
        outputs = self.model(
            input_ids=input_ids,
            pixel_values=pixel_values,
            pixel_values_videos=pixel_values_videos,
            video_num_frames=video_num_frames,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            mm_encoder_outputs=mm_encoder_outputs,
            **kwargs,
        )
        logits = self.lm_head(slice_logits_to_keep(outputs.last_hidden_state, logits_to_keep))
        loss = None
        if labels is not None:
            loss = self.loss_function(
                logits=logits, labels=labels, vocab_size=self.config.text_config.vocab_size, **kwargs
            )
        return GPT4VideoCausalLMOutputWithPast(
            loss=loss,
            logits=logits,
            past_key_values=outputs.past_key_values,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
            image_hidden_states=outputs.image_hidden_states,
            video_hidden_states=outputs.video_hidden_states,
        )


__all__ = [
    "GPT4VideoAbstractor",
    "GPT4VideoForConditionalGeneration",
    "GPT4VideoModel",
    "GPT4VideoPreTrainedModel",
    "GPT4VideoVisionModel",
]
