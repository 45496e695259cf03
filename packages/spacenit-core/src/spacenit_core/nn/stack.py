"""Self-attention blocks, one after the other."""

from itertools import islice

import torch
from torch import Tensor, nn

from spacenit_core.nn.positions.rotary import RotaryPositions
from spacenit_core.nn.sequences import Sequences

TOKENS_AT_A_TIME = 2048


class BlockStack(nn.ModuleList):
    """Run packed tokens through some blocks, each ``(x [M, D], sequences, positions) -> [M, D]``.

    A sequence never looks at another one. Where nothing is kept for a backward pass, a CPU therefore takes a few
    sequences through all blocks before the next few: what happens inside stays in its cache.
    """

    def forward(
        self,
        x: Tensor,
        sequences: Sequences,
        positions: RotaryPositions | None = None,
        exits: Tensor | None = None,
        depth: int | None = None,
    ) -> Tensor:
        """From tokens ``[M, D]`` to ``[M, D]``.

        Args:
            x: the tokens.
            sequences: how they divide into sequences.
            positions: where they lie; None where nothing is turned.
            exits: after how many blocks each token is taken, int64 ``[M]``; None for all of them.
            depth: how many blocks run; None for all of them.
        """
        if torch.is_grad_enabled() or torch.compiler.is_compiling() or x.device.type != "cpu":
            return self._through(x, sequences, positions, exits, depth)
        results = []
        for rows, part in sequences.runs(TOKENS_AT_A_TIME):
            where = None if positions is None else positions.part(rows)
            results.append(self._through(x[rows], part, where, None if exits is None else exits[rows], depth))
        return results[0] if len(results) == 1 else torch.cat(results)

    def _through(
        self,
        x: Tensor,
        sequences: Sequences,
        positions: RotaryPositions | None,
        exits: Tensor | None,
        depth: int | None,
    ) -> Tensor:
        taken = x
        for number, block in enumerate(islice(self, depth), start=1):
            x = block(x, sequences, positions)
            if exits is not None:
                taken = torch.where((exits == number)[:, None], x, taken)
        return x if exits is None else taken
