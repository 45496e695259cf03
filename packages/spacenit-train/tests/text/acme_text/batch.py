"""What the loader gives to the runner."""

from collections.abc import Iterable, Iterator

import torch
from attrs import frozen


@frozen(eq=False)
class Texts:
    """Pieces of text and the byte behind each: int64 ``[B, T + 1]``."""

    tokens: torch.Tensor

    @classmethod
    def of(cls, pieces: Iterable[bytes]) -> "Texts":
        """Pieces of one length."""
        return cls(torch.tensor([list(piece) for piece in pieces]))

    def __len__(self) -> int:
        return len(self.tokens)

    def to(self, device: torch.device | str) -> "Texts":
        """The texts on a device."""
        return Texts(self.tokens.to(device, non_blocking=True))

    def pin_memory(self) -> "Texts":
        """The texts in page-locked memory."""
        return Texts(self.tokens.pin_memory())

    def micro_batches(self, size: int) -> Iterator["Texts"]:
        """Chunks of `size` texts."""
        yield from map(Texts, self.tokens.split(size))

    def token_count(self) -> int:
        """Bytes that are predicted."""
        return self.tokens[:, 1:].numel()
