# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The denoiser of the drawing model: a small Latte that learns to turn noise into the latents of a clip by its text.

Flow matching: latents `x`, noise `n` and a noise level `s` in [0, 1] give `(1 - s) x + s n`, and the model names
`n - x`. Text enters as `LattePipeline` gives it for one prompt: the tokens of the prompt, or as many of the empty one.
"""

import itertools
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import LatteTransformer3DModel, UniPCMultistepScheduler
from diffusers.models.attention_processor import AttnProcessor2_0
from PIL import Image
from torch import nn

from .clips import BACKGROUNDS, MOTIONS, Scene
from .drawing_autoencoder import LATENT_CHANNELS, decode_all, encode_all
from .drawing_probe import PROPERTIES, Probe, figures_of
from .drawing_words import WIDTH, reword, tokenize
from .drawn_world import NUM_FRAMES, SIDE, Pool, label_of, scene_of
from .grading import Prompt
from .muon import Muon
from .resumable import Training
from .wording import write_prompt


CELLS = SIDE // 8
PATCH, HEADS, HEAD_WIDTH, LAYERS = 2, 4, 48, 5
BATCH, RATE, MATRIX_RATE, WARM_UP_STEPS, FALL_FROM = 48, 1e-3, 0.01, 60, 0.5
WEIGHT_DECAY, AVERAGE_DECAY = 0.01, 0.998
DROPPED_PROMPTS, PLAIN_PROMPTS = 0.1, 0.6
NOISE_MEAN, NOISE_SPREAD = 1.0, 1.4  # of the noise level's logit: towards high noise, where motion is decided
BOX_WEIGHT = 4.0
WORDINGS, LONGEST = 6, 20  # wordings of each scene beside the plain one, and their tokens at most
TEST_LEVELS = (0.95, 0.8, 0.5)


def build_denoiser(
    patch: int = PATCH, heads: int = HEADS, width: int = HEAD_WIDTH, layers: int = LAYERS, text: int = WIDTH
):
    """Build it with fresh weights; its output begins at zero."""
    model = LatteTransformer3DModel(
        num_attention_heads=heads,
        attention_head_dim=width,
        in_channels=LATENT_CHANNELS,
        # The pipeline drops the second half of the channels, which other schedulers use for a variance.
        out_channels=2 * LATENT_CHANNELS,
        num_layers=layers,
        cross_attention_dim=heads * width,
        attention_bias=True,
        sample_size=CELLS,
        patch_size=patch,
        activation_fn="gelu-approximate",
        num_embeds_ada_norm=1000,
        norm_type="ada_norm_single",
        norm_elementwise_affine=False,
        norm_eps=1e-6,
        caption_channels=text,
        video_length=NUM_FRAMES,
    )
    nn.init.zeros_(model.proj_out.weight)
    nn.init.zeros_(model.proj_out.bias)
    return model


def build_scheduler() -> UniPCMultistepScheduler:
    """The stock scheduler that fits flow matching and `LattePipeline`."""
    return UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=1.0)


def build_optimizers(model: LatteTransformer3DModel) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for all else."""
    matrices, others = [], []
    for name, param in model.named_parameters():
        (matrices if "transformer_blocks." in name and name.endswith("weight") else others).append(param)
    return [
        Muon(matrices, lr=MATRIX_RATE, weight_decay=WEIGHT_DECAY),
        torch.optim.AdamW(others, lr=RATE, betas=(0.9, 0.98), weight_decay=WEIGHT_DECAY),
    ]


class TextOnce(AttnProcessor2_0):
    """Attention that computes keys and values of the text once a clip; the stock one repeats that for every frame."""

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, **kwargs) -> torch.Tensor:
        """Attend; shapes and results are those of the stock processor."""
        if encoder_hidden_states is None:
            return super().__call__(attn, hidden_states, None, attention_mask, **kwargs)
        shape = hidden_states.shape
        queries = attn.to_q(hidden_states).view(shape[0] // NUM_FRAMES, -1, shape[2])
        text = encoder_hidden_states[::NUM_FRAMES]
        parts = [x.unflatten(2, (attn.heads, -1)).transpose(1, 2) for x in (queries, attn.to_k(text), attn.to_v(text))]
        bias = None if attention_mask is None else attention_mask[::NUM_FRAMES, None]
        found = nn.functional.scaled_dot_product_attention(*parts, attn_mask=bias)
        return attn.to_out[0](found.transpose(1, 2).reshape(shape))


def read_text_once(model: LatteTransformer3DModel) -> None:
    """Let a model that trains take the faster way to the same result."""
    for block in model.transformer_blocks:
        block.attn2.set_processor(TextOnce())


# --------------------------------------------------------------------------------------------------------------------
# Text


@dataclass(frozen=True)
class Texts:
    """Encoded prompts, `(num_texts, longest, width)`, with their lengths `(num_texts,)`."""

    states: torch.Tensor
    lengths: torch.Tensor

    def take(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return some of them, no longer than the longest of these."""
        lengths = self.lengths[index]
        return self.states[index, : int(lengths.max())], lengths


@torch.inference_mode()
def encode_texts(encoder, tokenizer, written: list[str], batch_size: int = 256) -> Texts:
    """Encode prompts as the pipeline does."""
    found = []
    for start in range(0, len(written), batch_size):
        inputs = tokenize(tokenizer, written[start : start + batch_size])
        found.append((encoder(**inputs).last_hidden_state, inputs["attention_mask"].sum(1)))
    longest = max(states.shape[1] for states, _ in found)
    states = [nn.functional.pad(states, (0, 0, 0, longest - states.shape[1])) for states, _ in found]
    return Texts(torch.cat(states).clone(), torch.cat([lengths for _, lengths in found]).clone())


@torch.inference_mode()
def encode_nothing(encoder, tokenizer) -> torch.Tensor:
    """Encode the empty prompt with its padding, cut by the pipeline to a prompt's length: `(2 * LONGEST, width)`."""
    inputs = tokenizer("", padding="max_length", max_length=2 * LONGEST, return_tensors="pt")
    return encoder(inputs.input_ids, attention_mask=inputs.attention_mask).last_hidden_state[0].clone()


def plain_prompt(scene: Scene) -> str:
    """The prompt of a scene as the embedded language model writes it."""
    return write_prompt(Prompt(scene.objects[0], scene.motions[0], scene.background))


def reworded(scenes: list[Scene], tokenizer, seed: int) -> list[str]:
    """`WORDINGS` wordings of each scene, none of them longer than `LONGEST` tokens, scene by scene."""
    rng, written = np.random.default_rng(seed), []
    for scene in scenes:
        fitting = (text for _ in itertools.count() if short(text := reword(scene, rng, "train"), tokenizer))
        written += itertools.islice(fitting, WORDINGS)
    return written


def short(text: str, tokenizer) -> bool:
    """Say whether a prompt has at most `LONGEST` tokens."""
    return len(tokenizer(text).input_ids) <= LONGEST


def hide(lengths: torch.Tensor, longest: int) -> torch.Tensor:
    """The attention bias `(batch_size * NUM_FRAMES, 1, longest)` that hides what lies beyond each prompt's length."""
    beyond = torch.arange(longest) >= lengths[:, None]
    return (beyond.float() * -1e4)[:, None].repeat_interleave(NUM_FRAMES, dim=0)


# --------------------------------------------------------------------------------------------------------------------
# Training


@dataclass(frozen=True)
class Latents:
    """The cached training set.

    Args:
        latents (`np.ndarray` of shape `(num_clips, NUM_FRAMES, C, h, w)`): Latents of clips, one of each scene after
            the other, again and again.
        boxes (`np.ndarray` of shape `(num_clips, NUM_FRAMES, 4)`): Where the object is.
        plain (`Texts`): The plain prompt of each scene.
        other (`Texts`): `WORDINGS` wordings of each scene.
        nothing (`torch.Tensor`): The empty prompt.
    """

    latents: np.ndarray
    boxes: np.ndarray
    plain: Texts
    other: Texts
    nothing: torch.Tensor


def weights_of(boxes: torch.Tensor) -> torch.Tensor:
    """Weights `(B, 1, T, h, w)` of the cells: `BOX_WEIGHT` where the object's box `(B, T, 4)` reaches."""
    edges = torch.arange(CELLS) / CELLS

    def inside(center: torch.Tensor, size: torch.Tensor) -> torch.Tensor:
        low, high = (center - size / 2)[..., None], (center + size / 2)[..., None]
        return (edges < high) & (edges + 1 / CELLS > low)

    rows, columns = inside(boxes[..., 1], boxes[..., 3]), inside(boxes[..., 0], boxes[..., 2])
    return 1 + (BOX_WEIGHT - 1) * (rows[..., :, None] & columns[..., None, :]).float()[:, None]


def sample_batch(data: Latents, count: int, generator: torch.Generator) -> tuple[torch.Tensor, ...]:
    """Draw latents `(B, C, T, h, w)`, weights, text states and lengths; some prompts are empty."""
    clips, scenes = len(data.latents), len(data.plain.lengths)
    index = torch.randint(clips, (count,), generator=generator)
    chance = torch.rand((count, 2), generator=generator)
    wording = torch.randint(WORDINGS, (count,), generator=generator)
    plain = chance[:, 0] < PLAIN_PROMPTS
    scene = index % scenes
    lengths = torch.where(plain, data.plain.lengths[scene], data.other.lengths[scene * WORDINGS + wording])
    longest = int(lengths.max())
    states = torch.zeros(count, longest, data.nothing.shape[1])
    for row in range(count):
        texts, at = (data.plain, scene[row]) if plain[row] else (data.other, scene[row] * WORDINGS + wording[row])
        states[row, : lengths[row]] = texts.states[at, : lengths[row]]
    states[chance[:, 1] < DROPPED_PROMPTS] = data.nothing[:longest]
    latents = torch.from_numpy(data.latents[index.numpy()]).float().transpose(1, 2)
    return latents, weights_of(torch.from_numpy(data.boxes[index.numpy()])), states, lengths


def velocity_loss(model, latents, weights, states, lengths, levels, noise) -> torch.Tensor:
    """Weighted squared error of the named velocity, one value for each clip."""
    level = levels[:, None, None, None, None]
    mixed = (1 - level) * latents + level * noise
    bias = hide(lengths, states.shape[1])
    named = model(mixed, timestep=levels * 1000, encoder_hidden_states=states, encoder_attention_mask=bias).sample
    error = (named[:, :LATENT_CHANNELS] - (noise - latents)) ** 2 * weights
    return error.mean((1, 2, 3, 4)) / weights.mean((1, 2, 3, 4))


def rate_at(step: int, steps: int) -> float:
    """Learning rate as a fraction: a warm-up, full speed, and a linear fall."""
    return min(1.0, (step + 1) / WARM_UP_STEPS, (1.02 - step / steps) / (1 - FALL_FROM))


def train(model, average, training: Training, optimizers: list, data: Latents, steps: int, watch=None) -> None:
    """Train to `steps` steps; `average` follows the weights, and `watch` is called after each step."""
    for step, generator in training.steps(steps):
        for optimizer, base in zip(optimizers, (MATRIX_RATE, RATE), strict=True):
            optimizer.param_groups[0]["lr"] = rate_at(step, steps) * base
        batch = sample_batch(data, BATCH, generator)
        levels = (NOISE_MEAN + NOISE_SPREAD * torch.randn(BATCH, generator=generator)).sigmoid()
        noise = torch.randn(batch[0].shape, generator=generator)
        loss = velocity_loss(model, *batch, levels, noise).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(optimizers[1].param_groups[0]["params"], 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        follow(average, model, min(AVERAGE_DECAY, (step + 1) / (step + 10)))
        if watch:
            watch(loss.item())


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the moving average of the weights towards the weights."""
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


# --------------------------------------------------------------------------------------------------------------------
# Figures


def swapped(scene: Scene, name: str, rng: np.random.Generator, objects: list[str]) -> Scene:
    """The scene with another object, motion or background."""
    names = {"object": objects, "motion": MOTIONS, "background": BACKGROUNDS}[name]
    kept = {"object": scene.objects[0], "motion": scene.motions[0], "background": scene.background}
    others = [other for other in names if other != kept[name]]
    kept[name] = others[int(rng.integers(len(others)))]
    return Scene("one", (kept["object"],), (kept["motion"],), kept["background"])


@torch.inference_mode()
def swap_test(model, latents: torch.Tensor, boxes: np.ndarray, scenes: list[Scene], encode, seed: int) -> dict:
    """Loss with the right prompt and with one property swapped, at some noise levels: is the text used?"""
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    objects = sorted({scene.objects[0] for scene in scenes})
    prompts = {"right": [plain_prompt(scene) for scene in scenes]}
    for name in PROPERTIES:
        prompts[name] = [plain_prompt(swapped(scene, name, rng, objects)) for scene in scenes]
    clean = latents.transpose(1, 2)
    weights = weights_of(torch.from_numpy(boxes))
    noise = torch.randn(clean.shape, generator=generator)
    texts = {name: encode(written) for name, written in prompts.items()}
    losses = {}
    for level in TEST_LEVELS:
        levels = torch.full((len(clean),), level)
        for name, text in texts.items():
            loss = velocity_loss(model, clean, weights, text.states, text.lengths, levels, noise)
            losses[f"{name}_{level}"] = round(float(loss.mean()), 4)
    return losses


@torch.inference_mode()
def draw(model, text: Texts, nothing: torch.Tensor, steps: int, guidance: float, seed: int) -> torch.Tensor:
    """Draw one clip for each prompt at once, as the pipeline draws one: latents `(B, T, C, h, w)`."""
    scheduler, count, longest = build_scheduler(), len(text.lengths), text.states.shape[1]
    scheduler.set_timesteps(steps)
    latents = torch.stack(
        [
            torch.randn((LATENT_CHANNELS, NUM_FRAMES, CELLS, CELLS), generator=torch.Generator().manual_seed(seed + i))
            for i in range(count)
        ]
    )
    states = torch.cat([nothing[:longest].expand(count, -1, -1), text.states])
    bias = hide(text.lengths.repeat(2), longest)
    for timestep in scheduler.timesteps:
        named = model(
            torch.cat([latents] * 2),
            timestep=timestep.expand(2 * count),
            encoder_hidden_states=states,
            encoder_attention_mask=bias,
        ).sample[:, :LATENT_CHANNELS]
        without, given = named.chunk(2)
        latents = scheduler.step(without + guidance * (given - without), timestep, latents, return_dict=False)[0]
    return latents.transpose(1, 2)


class Watch:
    """Looks at a training while it runs: the loss, the swapped-word test, and scored drawings, into its log.

    Args:
        training (`Training`): The training that is watched.
        average (`LatteTransformer3DModel`): The moving average of the weights.
        vae (`AutoencoderKL`): The trained autoencoder.
        probe (`Probe`): The judge.
        encode (`Callable[[list[str]], Texts]`): The frozen text encoder.
        nothing (`torch.Tensor`): The empty prompt.
        scenes (`list[Scene]`): Held-out scenes to draw.
        pool (`Pool`): Held-out clips of the swapped-word test.
        swap_seconds (`float`): Seconds between swapped-word tests.
        draw_seconds (`float`): Seconds between drawings.
    """

    def __init__(
        self,
        training: Training,
        average,
        vae,
        probe: Probe,
        encode,
        nothing,
        scenes: list[Scene],
        pool: Pool,
        swap_seconds: float,
        draw_seconds: float,
    ) -> None:
        self.training, self.average, self.vae, self.probe, self.encode = training, average, vae, probe, encode
        self.nothing, self.scenes, self.pool = nothing, scenes, pool
        self.latents = encode_all(vae, pool.frames)
        self.seconds = {"swap": swap_seconds, "draw": draw_seconds}
        self.last = dict.fromkeys(self.seconds, time.monotonic())
        self.running: float | None = None

    def __call__(self, loss: float) -> None:
        """Take the loss of a step, and look if it is time."""
        self.running = loss if self.running is None else 0.98 * self.running + 0.02 * loss
        for name, look in (("swap", self.swap), ("draw", self.draw)):
            if time.monotonic() - self.last[name] > self.seconds[name]:
                self.training.log(loss=round(self.running, 4), **{name: look()})
                self.last[name] = time.monotonic()

    def swap(self) -> dict[str, float]:
        """Loss of held-out clips with the right prompt and with one property of it swapped."""
        scenes = [scene_of(label) for label in self.pool.labels]
        return swap_test(self.average, self.latents, self.pool.boxes, scenes, self.encode, seed=0)

    def draw(self, steps: int = 12, guidance: float = 2.0, count: int = 48) -> dict[str, float]:
        """What the probe names of drawings of held-out scenes by their plain prompts."""
        scenes = [self.scenes[i * len(self.scenes) // count] for i in range(count)]
        figures, clips = score(self.average, self.vae, self.probe, scenes, self.encode, self.nothing, steps, guidance)
        write_sheet(self.training.folder / "drawings.png", clips[:24])
        return figures


@torch.inference_mode()
def score(
    model, vae, probe: Probe, scenes: list[Scene], encode, nothing, steps: int, guidance: float, seed: int = 1000
) -> tuple[dict[str, float], np.ndarray]:
    """What the probe names of drawings of scenes by their plain prompts, and the drawings, uint8."""
    parts = []
    for start in range(0, len(scenes), BATCH):
        prompts = [plain_prompt(scene) for scene in scenes[start : start + BATCH]]
        parts.append(decode_all(vae, draw(model, encode(prompts), nothing, steps, guidance, seed + start)))
    clips = np.concatenate(parts)
    return figures_of(probe, clips, np.array([label_of(scene) for scene in scenes])), clips


def write_sheet(path: Path, clips: np.ndarray, scale: int = 2) -> None:
    """Write clips `(num_clips, T, S, S, 3)` into one picture, a clip a row, in two columns."""
    rows = [np.concatenate(list(clip), axis=1) for clip in clips]
    half = -(-len(rows) // 2)
    columns = [np.concatenate(rows[start : start + half]) for start in (0, half)]
    sheet = np.full((len(columns[0]), 2 * columns[0].shape[1] + 8, 3), 255, np.uint8)
    for index, column in enumerate(columns):
        left = index * (column.shape[1] + 8)
        sheet[: len(column), left : left + column.shape[1]] = column
    image = Image.fromarray(sheet)
    image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST).save(path)
