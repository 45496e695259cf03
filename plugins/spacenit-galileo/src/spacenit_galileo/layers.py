"""The layers of Galileo, under the names of its weights."""

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional


class Table(nn.Module):
    """Rows that are looked up and never trained.

    Args:
        rows: float ``[N, D]``.
    """

    weight: Tensor

    def __init__(self, rows: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", rows)

    def forward(self, number: Tensor) -> Tensor:
        """From int64 ``[...]`` to ``[..., D]``."""
        return self.weight[number]


class PatchEmbedding(nn.Module):
    """A linear map of patches whose weights are resized to the patches' size (FlexiViT, arXiv 2212.08013).

    Args:
        bands: of a pixel, C.
        width: of a token, D.
        largest: pixels along one side of the patches that the weights are stored for.
    """

    def __init__(self, bands: int, width: int, largest: int) -> None:
        super().__init__()
        self.largest = largest
        self.proj = nn.Conv2d(bands, width, kernel_size=largest, stride=largest)

    def forward(self, pixels: Tensor, patch: int) -> Tensor:
        """Embed each patch of each date.

        Args:
            pixels: ``[B, H, W, T, C]``, or ``[B, H, W, C]`` without dates.
            patch: pixels along one side of a patch.

        Returns:
            ``[B, h, w, T, D]``, or ``[B, h, w, D]``.
        """
        batch, height, width, *dates, bands = pixels.shape
        cut = pixels.reshape(batch, height // patch, patch, width // patch, patch, -1, bands)
        flat = cut.permute(0, 1, 3, 5, 6, 2, 4).flatten(4)
        tokens = functional.linear(flat, self._weight(patch), self.proj.bias)
        return tokens if dates else tokens.squeeze(3)

    def _weight(self, patch: int) -> Tensor:
        """The weights for patches of a size, ``[D, C * patch * patch]``."""
        weight = self.proj.weight.flatten(2)
        if patch != self.largest:
            weight = weight @ weight_resizing(self.largest, patch).to(weight).T
        return weight.flatten(1)


@lru_cache(maxsize=32)
def weight_resizing(stored: int, patch: int) -> Tensor:
    """What takes flattened weights of one patch size to another, ``[patch * patch, stored * stored]``.

    The product with a patch that was resized is then as near as can be to the product of both before.
    """
    # It is kept: what was made in inference mode could not be trained through afterwards.
    with torch.inference_mode(False), torch.no_grad():
        pixels = torch.eye(stored * stored).reshape(-1, 1, stored, stored)
        resized = functional.interpolate(pixels, (patch, patch), mode="bicubic", antialias=True)
        return torch.linalg.pinv(resized.flatten(1))


class Attention(nn.Module):
    """Every token of a sample attends to those that are seen."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """From ``[B, N, D]`` and bool ``[B, 1, 1, N]``, None for all, to ``[B, N, D]``."""
        q, k, v = (layer(x).unflatten(2, (self.heads, -1)).transpose(1, 2) for layer in (self.q, self.k, self.v))
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        out: Tensor = self.proj(mixed.transpose(1, 2).flatten(2))
        return out


class Mlp(nn.Module):
    """Two layers for each token."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        """From ``[..., D]`` to ``[..., D]``."""
        out: Tensor = self.fc2(functional.gelu(self.fc1(x)))
        return out


class Block(nn.Module):
    """Attention and layers, each of what was normalised before, added to what came in."""

    def __init__(self, width: int, heads: int, mlp_ratio: float) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.mlp = Mlp(width, int(width * mlp_ratio))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """As `Attention.forward`."""
        x = x + self.attn(self.norm1(x), mask)
        out: Tensor = x + self.mlp(self.norm2(x))
        return out
