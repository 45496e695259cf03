"""Making the parts of a model that stand on its encoder."""

from torch import Tensor

from spacenit_core.kinds.encoders import TokenEncoder
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.predictor import Predictor
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.nn.reconstructor import Reconstructor
from spacenit_core.nn.reconstructor_config import ReconstructorConfig
from spacenit_core.samples.batch import Batch


def make_decoder(config: PredictorConfig, encoder: TokenEncoder) -> Predictor:
    """A predictor for an encoder's tokens, with its sensors and attention backend."""
    return config.build(
        encoder.sensors,
        encoder_size=encoder.embedding_size,
        max_timesteps=encoder.config.max_sequence_length,
        attention=encoder.config.attention,
    )


def make_reconstructor(config: ReconstructorConfig | None, encoder: TokenEncoder) -> Reconstructor | None:
    """A reconstructor for an encoder's tokens, with its sensors and attention backend; None for no settings."""
    if config is None:
        return None
    return config.build(
        encoder.sensors,
        encoder_size=encoder.embedding_size,
        max_timesteps=encoder.config.max_sequence_length,
        attention=encoder.config.attention,
    )


def reconstructed(
    reconstructor: Reconstructor | None, batch: Batch, encoded: EncodedTokens, reconstruct_all: bool
) -> dict[str, Tensor] | None:
    """The pixels of all views of a batch, see `Reconstructor`; None without one."""
    if reconstructor is None:
        return None
    return reconstructor(batch, batch.visibility, encoded, reconstruct_all=reconstruct_all)
