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
"""GPT4Video configuration: sizes, counts and token ids of the vision tower, the abstractor and the whole model."""

import os
import shutil
from typing import Literal

from huggingface_hub.dataclasses import strict
from transformers import AutoConfig, PreTrainedConfig, dynamic_module_utils
from transformers.configuration_utils import SubConfigSpec
from transformers.utils import auto_docstring, logging
from transformers.utils.type_validators import interval


logger = logging.get_logger(__name__)
at_least_one = interval(min=1)  # of sizes and counts; the error names the field and the number


@auto_docstring
@strict
class GPT4VideoVisionConfig(PreTrainedConfig):
    r"""
    temporal_hidden_size (`int`, *optional*, defaults to 512):
        Width of the bottleneck of the local temporal block in each layer (half the hidden size in mPLUG-Owl).
    temporal_kernel_size (`int`, *optional*, defaults to 3):
        Number of neighbouring frames that the local temporal block mixes; odd.
    temporal_layer_norm_eps (`float`, *optional*, defaults to 1e-05):
        Epsilon of the layer norm of the local temporal block; the other norms use `layer_norm_eps`.
    frames_per_chunk (`int`, *optional*):
        How many frames a layer works on at a time. `None` takes all frames at once. Any value gives the same result:
        each chunk reads the neighbouring frames that its temporal block reaches.
    """

    model_type = "gpt4video_vision"
    base_config_key = "vision_config"

    hidden_size: int = at_least_one(default=1024)
    intermediate_size: int = at_least_one(default=4096)
    num_hidden_layers: int = 24
    num_attention_heads: int = at_least_one(default=16)
    num_channels: int = at_least_one(default=3)
    image_size: int = at_least_one(default=224)
    patch_size: int = at_least_one(default=14)
    hidden_act: str = "quick_gelu"
    layer_norm_eps: float = 1e-6
    temporal_hidden_size: int = at_least_one(default=512)
    temporal_kernel_size: int = at_least_one(default=3)
    temporal_layer_norm_eps: float = 1e-5
    attention_dropout: int | float = 0.0
    initializer_range: float = 0.02
    frames_per_chunk: int | None = None

    def validate_architecture(self) -> None:
        """Raise a `ValueError` if sizes do not fit each other, the temporal kernel is even, or a chunk is empty."""
        if self.hidden_size % self.num_attention_heads != 0:
            raise ValueError(
                f"vision_config.hidden_size ({self.hidden_size}) must be a multiple of num_attention_heads "
                f"({self.num_attention_heads})."
            )
        if self.image_size % self.patch_size != 0:
            raise ValueError(
                f"vision_config.image_size ({self.image_size}) must be a multiple of patch_size ({self.patch_size})."
            )
        if self.temporal_kernel_size % 2 == 0:
            raise ValueError(f"vision_config.temporal_kernel_size must be odd, got {self.temporal_kernel_size}.")
        if self.frames_per_chunk is not None and self.frames_per_chunk < 1:
            raise ValueError(f"vision_config.frames_per_chunk must be None or at least 1: {self.frames_per_chunk}.")


@auto_docstring
@strict
class GPT4VideoAbstractorConfig(PreTrainedConfig):
    r"""
    num_query_tokens (`int`, *optional*, defaults to 64):
        Number of spatial query tokens, and of temporal ones.
    mlp_layer_norm_eps (`float`, *optional*, defaults to 1e-06):
        Epsilon of the layer norm inside the MLP; the other norms use `layer_norm_eps`.
    frame_position_embedding (`str`, *optional*):
        `"sinusoidal"` adds the sine and cosine of the frame index to the normed frame tokens that keys and values are
        made of. `None` adds nothing, as in the original, which then cannot tell early frames from late ones.
    """

    model_type = "gpt4video_abstractor"
    base_config_key = "abstractor_config"

    hidden_size: int = at_least_one(default=1024)
    intermediate_size: int = at_least_one(default=2816)
    num_hidden_layers: int = 6
    num_attention_heads: int = at_least_one(default=16)
    num_query_tokens: int = at_least_one(default=64)
    hidden_act: str = "silu"
    layer_norm_eps: float = 1e-5
    mlp_layer_norm_eps: float = 1e-6
    attention_dropout: int | float = 0.1
    frame_position_embedding: Literal["sinusoidal"] | None = None
    initializer_range: float = 0.02

    def validate_architecture(self) -> None:
        """Raise a `ValueError` if heads or, where they have to, sine and cosine cannot share the hidden size."""
        if self.hidden_size % self.num_attention_heads != 0:
            raise ValueError(
                f"abstractor_config.hidden_size ({self.hidden_size}) must be a multiple of num_attention_heads "
                f"({self.num_attention_heads})."
            )
        if self.frame_position_embedding is not None and self.hidden_size % 2 != 0:
            raise ValueError(
                f"abstractor_config.frame_position_embedding needs an even hidden_size, got {self.hidden_size}."
            )


@auto_docstring
@strict
class GPT4VideoConfig(PreTrainedConfig):
    r"""
    abstractor_config (`dict` or `PreTrainedConfig`, *optional*):
        Configuration of the abstractor; its `hidden_size` must equal the vision tower's.

    Example:

    ```python
    >>> from transformers import AutoConfig

    >>> config = AutoConfig.from_pretrained(".", trust_remote_code=True)
    >>> config.num_video_tokens == config.abstractor_config.num_query_tokens + 1
    True
    ```"""

    model_type = "gpt4video"
    sub_configs_defaults = {
        "vision_config": GPT4VideoVisionConfig,
        "abstractor_config": GPT4VideoAbstractorConfig,
        "text_config": SubConfigSpec(config_class=AutoConfig, model_type="llama", init_kwargs={"vocab_size": 32002}),
    }

    vision_config: dict | PreTrainedConfig | None = None
    abstractor_config: dict | PreTrainedConfig | None = None
    text_config: dict | PreTrainedConfig | None = None
    video_token_id: int = 32000
    image_token_id: int = 32001
    tie_word_embeddings: bool = False

    def __post_init__(self, **kwargs):
        super().__post_init__(**kwargs)
        # The library ties by the flag at top level alone, while tied language models carry it in their own config.
        if not self.tie_word_embeddings and self.text_config.tie_word_embeddings:
            self.tie_word_embeddings = self.text_config.tie_word_embeddings

    def save_pretrained(self, save_directory: str | os.PathLike, **kwargs) -> None:
        """Save, as remote code with the files of its `custom_pipelines`, or without them if a file is not found."""
        pipelines = (getattr(self, "custom_pipelines", None) or {}) if self._auto_class else {}
        commit, files = type(self).__module__.split(".")[-2], []  # the loader's folder of a Hub repository's code
        try:
            for entry in pipelines.values():
                name = f"{entry['impl'].partition('.')[0]}.py"
                file = dynamic_module_utils.get_cached_module_file(self.name_or_path, name, revision=commit)
                files.append(os.path.join(dynamic_module_utils.HF_MODULES_CACHE, file))
        except (OSError, ValueError) as error:  # no such file, no such folder
            logger.warning(f"Saving without custom_pipelines, whose code is not found: {error}")
            del self.custom_pipelines
        super().save_pretrained(save_directory, **kwargs)
        for file in files:
            for source in (file, *dynamic_module_utils.get_relative_import_files(file)):
                shutil.copy(source, save_directory)

    @property
    def num_video_tokens(self) -> int:
        """Number of positions that one clip or image takes in the language model: the query tokens and the end row."""
        return self.abstractor_config.num_query_tokens + 1

    def validate_architecture(self) -> None:
        """Raise a `ValueError` if widths differ, or placeholder ids are equal or outside the vocabulary."""
        vision_size, abstractor_size = self.vision_config.hidden_size, self.abstractor_config.hidden_size
        if vision_size != abstractor_size:
            raise ValueError(
                f"abstractor_config.hidden_size ({abstractor_size}) must equal vision_config.hidden_size "
                f"({vision_size}): queries and frame tokens share one attention."
            )
        if self.video_token_id == self.image_token_id:
            raise ValueError(f"video_token_id and image_token_id must differ, both are {self.video_token_id}.")
        for name in ("video_token_id", "image_token_id"):
            if not 0 <= getattr(self, name) < self.text_config.vocab_size:
                raise ValueError(
                    f"{name} ({getattr(self, name)}) must be inside the vocabulary of text_config "
                    f"({self.text_config.vocab_size} tokens)."
                )


__all__ = ["GPT4VideoAbstractorConfig", "GPT4VideoConfig", "GPT4VideoVisionConfig"]
