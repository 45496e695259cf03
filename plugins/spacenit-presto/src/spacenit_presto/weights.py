"""Presto's weights."""

import torch

from spacenit_core.errors import DataError
from spacenit_core.foreign_weights import ForeignWeights, fit_exactly, read_state
from spacenit_presto.network import PrestoEncoder

FILES = ForeignWeights(
    model="presto",
    files=("default_model.pt",),
    variable="PRESTO_DIR",
    page="https://github.com/nasaharvest/presto (data/default_model.pt)",
    folders=("data",),
)

_ENCODER, _DECODER = "encoder.", "decoder."


def load_encoder(source: str | None) -> PrestoEncoder:
    """The pretrained encoder; the decoder that lies beside it is left.

    Args:
        source: a folder with `default_model.pt`, or `hf://OWNER/NAME/FOLDER`; None for what the environment variable
            PRESTO_DIR names.

    Raises:
        UserError: where there is none.
        DataError: where it is damaged, or does not fit this network exactly.
    """
    path = FILES.find(source) / FILES.files[0]
    state = read_state(path)
    strange = [name for name in state if not name.startswith((_ENCODER, _DECODER))]
    if strange:
        raise DataError(f"{path} does not fit presto: it holds {strange[0]!r}")
    encoder = PrestoEncoder()
    inside = {name.removeprefix(_ENCODER): values for name, values in state.items() if name.startswith(_ENCODER)}
    fit_exactly(encoder, inside, path)
    return encoder


def parameters() -> int:
    """How many numbers the published encoder learned."""
    with torch.device("meta"):
        return sum(weight.numel() for weight in PrestoEncoder().parameters())
