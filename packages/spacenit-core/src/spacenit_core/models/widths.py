"""What must fit between the parts of a model."""

from spacenit_core.kinds.encoders import EncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig


def check_prediction_width(encoder: EncoderConfig, decoder: PredictorConfig) -> None:
    """Refuse predictions that are not as wide as the tokens of a target made like the encoder.

    Raises:
        ValueError: with both widths.
    """
    width = getattr(encoder, "output_embedding_size", None) or encoder.embedding_size
    if decoder.output_embedding_size not in (None, width):
        raise ValueError(
            f"decoder.output_embedding_size ({decoder.output_embedding_size}) must be none or {width}, the width of "
            "the encoder's tokens, which the predictions are compared with"
        )
