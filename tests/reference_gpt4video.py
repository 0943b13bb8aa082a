"""The vision tower and the abstractor once more, from their written specification alone, in float64.

Plain functions over a dict of arrays in the original's names and layout (fused and head-interleaved Q/K/V, 3-D
convolutions). Nothing is shared with `modeling_gpt4video.py`, neither code nor structure: where both agree on random
sizes and random weights, nothing is hard-coded and nothing is transposed.
"""

from dataclasses import dataclass

import torch


@dataclass
class Sizes:
    """What the original's configuration says, and what it fixes in its code."""

    width: int = 24  # of the vision tower and of the abstractor
    heads: int = 3
    layers: int = 2
    mlp: int = 40
    image: int = 12
    patch: int = 4
    channels: int = 3
    temporal_width: int = 12
    kernel: int = 3
    eps: float = 1e-6
    temporal_eps: float = 1e-5
    queries: int = 5
    reader_heads: int = 4
    reader_layers: int = 3
    reader_mlp: int = 20
    reader_eps: float = 1e-5
    reader_mlp_eps: float = 1e-6
    text_width: int = 32


def random_weights(sizes: Sizes, seed: int) -> dict[str, torch.Tensor]:
    """Draw every parameter of the original's vision tower and abstractor."""
    width, tokens = sizes.width, (sizes.image // sizes.patch) ** 2 + 1
    shapes = {"query_tokens": (1, sizes.queries, width), "temporal_query_tokens": (1, sizes.queries, width)}

    def linear(name: str, outputs: int, inputs: int, *kernel: int) -> None:
        shapes.update({f"{name}.weight": (outputs, inputs, *kernel), f"{name}.bias": (outputs,)})

    def norm(name: str, size: int) -> None:
        shapes.update({f"{name}.weight": (size,), f"{name}.bias": (size,)})

    embeddings = "vision_model.embeddings."
    shapes[embeddings + "cls_token"] = (1, 1, width)
    shapes[embeddings + "position_embedding"] = (1, tokens, width)
    shapes[embeddings + "patch_embed.weight"] = (width, sizes.channels, sizes.patch, sizes.patch)
    norm(embeddings + "pre_layernorm", width)
    for index in range(sizes.layers):
        layer = f"vision_model.encoder.layers.{index}."
        norm(layer + "temporal.ln", width)
        linear(layer + "temporal.down_proj", sizes.temporal_width, width, 1, 1, 1)
        linear(layer + "temporal.conv", sizes.temporal_width, 1, sizes.kernel, 1, 1)
        linear(layer + "temporal.up_proj", width, sizes.temporal_width, 1, 1, 1)
        linear(layer + "self_attn.query_key_value", 3 * width, width)
        linear(layer + "self_attn.dense", width, width)
        linear(layer + "mlp.fc1", sizes.mlp, width)
        linear(layer + "mlp.fc2", width, sizes.mlp)
        norm(layer + "input_layernorm", width)
        norm(layer + "post_attention_layernorm", width)
    norm("vision_model.post_layernorm", width)
    for index in range(sizes.reader_layers):
        layer = f"abstractor.encoder.layers.{index}.crossattention."
        for name in ("query", "key", "value"):
            linear(layer + "attention." + name, width, width)
        linear(layer + "output.out_proj", width, width)
        linear(layer + "output.mlp.w1", sizes.reader_mlp, width)
        linear(layer + "output.mlp.w2", width, sizes.reader_mlp)
        linear(layer + "output.mlp.w3", sizes.reader_mlp, width)
        norm(layer + "output.mlp.ffn_ln", sizes.reader_mlp)
        for name in ("norm1", "normk", "output.norm2"):
            norm(layer + name, width)
    linear("abstractor.visual_fc", sizes.text_width, width)
    linear("abstractor.temporal_visual_fc", sizes.text_width, width)
    shapes["abstractor.vit_eos"] = (1, 1, sizes.text_width)

    generator = torch.Generator().manual_seed(seed)
    weights = {
        name: torch.randn(shape, generator=generator, dtype=torch.float64) * 0.3 for name, shape in shapes.items()
    }
    for name in weights:
        if name.endswith("weight") and weights[name].dim() == 1:
            weights[name] += 1
    return weights


def affine(weights: dict, name: str, x: torch.Tensor) -> torch.Tensor:
    """`x` times a weight of any convolution of kernel one, plus its bias."""
    weight = weights[f"{name}.weight"]
    return torch.einsum("...i,oi->...o", x, weight.reshape(weight.shape[:2])) + weights[f"{name}.bias"]


def norm(weights: dict, name: str, x: torch.Tensor, eps: float) -> torch.Tensor:
    """Layer norm over the last dimension."""
    centred = x - x.mean(-1, keepdim=True)
    scale = (centred.square().mean(-1, keepdim=True) + eps) ** -0.5
    return centred * scale * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def quick_gelu(x: torch.Tensor) -> torch.Tensor:
    """The activation of the vision tower."""
    return x / (1 + torch.exp(-1.702 * x))


def attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Attention of `(..., head, token, size)`, heads joined at the end: `(..., token, head * size)`."""
    scores = torch.einsum("...hqd,...hkd->...hqk", query, key) / query.shape[-1] ** 0.5
    scores = torch.exp(scores - scores.amax(-1, keepdim=True))
    mixed = torch.einsum("...hqk,...hkd->...qhd", scores / scores.sum(-1, keepdim=True), value)
    return mixed.reshape(*mixed.shape[:-2], -1)


def temporal(weights: dict, layer: str, x: torch.Tensor, sizes: Sizes) -> torch.Tensor:
    """The local temporal module on `(clip, frame, token, width)`; the class token goes through unchanged."""
    patches = affine(
        weights, layer + "temporal.down_proj", norm(weights, layer + "temporal.ln", x[:, :, 1:], sizes.temporal_eps)
    )
    kernel = weights[layer + "temporal.conv.weight"][:, 0, :, 0, 0]
    mixed = torch.zeros_like(patches) + weights[layer + "temporal.conv.bias"]
    num_frames, reach = x.shape[1], sizes.kernel // 2
    for frame in range(num_frames):
        for offset in range(-reach, reach + 1):
            if 0 <= frame + offset < num_frames:
                mixed[:, frame] += patches[:, frame + offset] * kernel[:, offset + reach]
    return torch.cat([x[:, :, :1], affine(weights, layer + "temporal.up_proj", quick_gelu(mixed))], 2)


def vision(weights: dict, pixels: torch.Tensor, sizes: Sizes) -> dict[str, torch.Tensor]:
    """Encode `(clip, frame, channel, side, side)`: `last`, `pooled`, and the list `hidden`."""
    clips, frames = pixels.shape[:2]
    grid, head = sizes.image // sizes.patch, sizes.width // sizes.heads
    name = "vision_model.embeddings."
    squares = pixels.reshape(clips, frames, sizes.channels, grid, sizes.patch, grid, sizes.patch)
    patches = torch.einsum("bfciujv,dcuv->bfijd", squares, weights[name + "patch_embed.weight"]).flatten(2, 3)
    class_token = weights[name + "cls_token"].expand(clips, frames, 1, sizes.width)
    x = torch.cat([class_token, patches], 2) + weights[name + "position_embedding"]
    x = norm(weights, name + "pre_layernorm", x, sizes.eps)
    hidden = [x]
    for index in range(sizes.layers):
        layer = f"vision_model.encoder.layers.{index}."
        if frames > 1:
            x = x + temporal(weights, layer, x, sizes)
        fused = affine(
            weights, layer + "self_attn.query_key_value", norm(weights, layer + "input_layernorm", x, sizes.eps)
        )
        fused = fused.reshape(clips, frames, -1, sizes.heads, 3, head).permute(4, 0, 1, 3, 2, 5)
        x = x + affine(weights, layer + "self_attn.dense", attend(*fused))
        inner = quick_gelu(
            affine(weights, layer + "mlp.fc1", norm(weights, layer + "post_attention_layernorm", x, sizes.eps))
        )
        x = x + affine(weights, layer + "mlp.fc2", inner)
        hidden.append(x)
    last = norm(weights, "vision_model.post_layernorm", x, sizes.eps)
    pooled = norm(weights, "vision_model.post_layernorm", last[:, :, 0].mean(1), sizes.eps)
    return {"last": last, "pooled": pooled, "hidden": hidden}


def abstract(
    weights: dict, frame_tokens: torch.Tensor, sizes: Sizes, keep: torch.Tensor | None = None
) -> torch.Tensor:
    """Condense `(clip, frame, token, width)` to `(clip, queries + 1, text_width)`; `keep` hides frames."""
    clips, frames, tokens, width = frame_tokens.shape
    x = weights["query_tokens"]
    if frames > 1:
        x = torch.cat([x, weights["temporal_query_tokens"]], 1)
    x = x.expand(clips, -1, -1)

    def read(clip: int, queries: torch.Tensor, keys: torch.Tensor, layer: str) -> torch.Tensor:
        if keep is not None:
            keys = keys.reshape(frames, tokens, width)[keep[clip]].flatten(0, 1)
        keys = torch.cat([queries, keys])
        parts = [
            affine(weights, layer + "attention." + name, states)
            .reshape(len(states), sizes.reader_heads, -1)
            .transpose(0, 1)
            for name, states in (("query", queries), ("key", keys), ("value", keys))
        ]
        return attend(*parts)

    for index in range(sizes.reader_layers):
        layer = f"abstractor.encoder.layers.{index}.crossattention."
        queries = norm(weights, layer + "norm1", x, sizes.reader_eps)
        keys = norm(weights, layer + "normk", frame_tokens.flatten(1, 2), sizes.reader_eps)
        mixed = torch.stack([read(clip, queries[clip], keys[clip], layer) for clip in range(clips)])
        x = queries + affine(weights, layer + "output.out_proj", mixed)
        z = norm(weights, layer + "output.norm2", x, sizes.reader_eps)
        gate = affine(weights, layer + "output.mlp.w1", z)
        inner = gate / (1 + torch.exp(-gate)) * affine(weights, layer + "output.mlp.w3", z)
        x = x + affine(
            weights, layer + "output.mlp.w2", norm(weights, layer + "output.mlp.ffn_ln", inner, sizes.reader_mlp_eps)
        )
    features = affine(weights, "abstractor.visual_fc", x[:, : sizes.queries])
    if frames > 1:
        features = features + affine(weights, "abstractor.temporal_visual_fc", x[:, sizes.queries :])
    return torch.cat([features, weights["abstractor.vit_eos"].expand(clips, -1, -1)], 1)
