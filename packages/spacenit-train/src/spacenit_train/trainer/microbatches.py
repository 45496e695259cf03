"""How a global batch is cut up."""

from spacenit_core.errors import UserError


def microbatches_per_rank(global_batch_size: int, microbatch_size: int, ranks: int) -> int:
    """How many micro-batches a rank computes per step.

    All must have one size: each counts alike in the mean, and the losses depend on it.

    Raises:
        UserError: where the sizes do not divide.
    """
    together = min(microbatch_size, -(-global_batch_size // ranks)) * ranks
    whole, rest = divmod(global_batch_size, together)
    if rest:
        choices = " or ".join(str(count * together) for count in (whole, whole + 1) if count)
        raise UserError(
            f"a global batch of {global_batch_size} cannot be cut into equal micro-batches of {microbatch_size} "
            f"for {ranks} process{'es' if ranks > 1 else ''}",
            f"give --data_loader.global_batch_size={choices}, or another --train_module.rank_microbatch_size",
        )
    return whole
