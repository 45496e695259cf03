"""From tokens to the vectors that views are compared by."""

from torch import Tensor, nn

from spacenit_core.nn.sequences import Sequences


class PooledProjection(nn.Module):
    """Linear layers with ReLUs between them, and the mean over each sequence's tokens before or after.

    Args:
        size: width of tokens and vectors.
        layers: number of linear layers.
        aggregate_first: take the mean before the layers, rather than after.

    Attributes:
        layers: `project_and_aggregate.projection` of the released models.
    """

    def __init__(self, size: int, layers: int, *, aggregate_first: bool) -> None:
        super().__init__()
        self.aggregate_first = aggregate_first
        modules: list[nn.Module] = [nn.Linear(size, size)]
        for _ in range(layers - 1):
            modules += [nn.ReLU(), nn.Linear(size, size)]
        self.layers = nn.Sequential(*modules)

    def forward(self, tokens: Tensor, sequences: Sequences) -> Tensor:
        """From tokens ``[M, D]`` to one vector per sequence, ``[S, D]``."""
        if self.aggregate_first:
            return self.layers(sequences.mean(tokens))
        return sequences.mean(self.layers(tokens))
