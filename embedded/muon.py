# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The Muon optimiser in float32; torch's own orthogonalises in bfloat16, which crawls on a CPU without support."""

import torch


class Muon(torch.optim.Optimizer):
    """Momentum with orthogonalised updates for weight matrices, in float32 (torch's own computes in bfloat16).

    The kernels of a convolution count as one matrix, a row for each output channel.

    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks".
    """

    def __init__(self, params, lr: float, momentum: float = 0.95, weight_decay: float = 0.0):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        """Apply one update; matrices of one shape are orthogonalised together."""
        for group in self.param_groups:
            by_shape = {}
            for param in group["params"]:
                if param.grad is None:
                    continue
                state = self.state[param]
                if not state:
                    state["momentum"] = torch.zeros_like(param)
                state["momentum"].lerp_(param.grad, 1 - group["momentum"])
                update = param.grad.lerp(state["momentum"], group["momentum"])
                by_shape.setdefault(update.flatten(1).shape, []).append((param, update))
            for (rows, columns), pairs in by_shape.items():
                updates = orthogonalise(torch.stack([update.flatten(1) for _, update in pairs]))
                scale = group["lr"] * max(1.0, rows / columns) ** 0.5
                for (param, _), update in zip(pairs, updates, strict=True):
                    param.mul_(1 - group["lr"] * group["weight_decay"]).sub_(update.view_as(param), alpha=scale)


def orthogonalise(matrices: torch.Tensor) -> torch.Tensor:
    """Push the singular values of `(N, rows, columns)` matrices towards 1 by five Newton-Schulz steps."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        gram = x @ x.mT
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x.mT if tall else x
