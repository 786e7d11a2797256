"""Element-wise layers in a norm's place, with the parameters and formulas of the code that publishes them."""

import torch
from torch import Tensor, nn


class ElementWise(nn.Module):
    """gain * curve(alpha * x + shift) + offset, under the parameter names of `names`; `kind` and `eps` are what a reader should find.

    `start` is what alpha is more than its stored value; then the gain is 1 more than its own."""

    def __init__(self, channels: int, eps: float, names: dict[str, str], alpha_shape: tuple[int, ...] = (1,), start: float | None = None):
        super().__init__()
        self.eps = eps
        self.names = names
        self.start = start
        self.kind = "derf" if "shift" in names else "dyt"
        for part, name in names.items():
            shape = (channels,) if part in ("gain", "offset") else alpha_shape
            self.register_parameter(name, nn.Parameter(torch.ones(shape)))

    def part(self, part: str) -> Tensor | None:
        return getattr(self, self.names[part]) if part in self.names else None

    def forward(self, x: Tensor) -> Tensor:
        z = (self.part("alpha") + (self.start or 0)) * x
        y = torch.erf(z + self.part("shift")) if "shift" in self.names else torch.tanh(z)
        if "gain" in self.names:
            y = y * (self.part("gain") + (0 if self.start is None else 1))
        return y + self.part("offset") if "offset" in self.names else y


DYT = {"alpha": "alpha", "gain": "weight", "offset": "bias"}
DYT_OF_LLAMA = {"alpha": "alpha", "gain": "weight"}
ALPHA_ALONE = {"alpha": "alpha"}
DERF = {"alpha": "alpha", "shift": "shift", "gain": "weight", "offset": "bias"}
X_TRANSFORMERS_DYT = {"alpha": "pre_tanh_scale", "gain": "gamma", "offset": "beta"}
X_TRANSFORMERS_DERF = {"alpha": "alpha", "shift": "s", "gain": "gamma", "offset": "beta"}
LIGER_DYT = {"alpha": "alpha", "gain": "gamma"}
