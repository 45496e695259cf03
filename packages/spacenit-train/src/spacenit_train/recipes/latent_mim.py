"""Recipe `latent_mim`: the base size of OlmoEarth v1, on one view and without a contrastive term."""

from attrs import evolve

from spacenit_train.recipes import v1
from spacenit_train.runners.contrastive_latent_mim.config import ContrastiveLatentMIMConfig
from spacenit_train.runners.latent_mim.config import LatentMIMRunnerConfig
from spacenit_train.tile_experiment import TileExperiment


def latent_mim() -> TileExperiment:
    """Encoder of 89 million parameters, trained to predict what is masked in one view, and nothing else."""
    contrastive = v1.base()
    module = contrastive.train_module
    assert isinstance(module, ContrastiveLatentMIMConfig)
    return evolve(
        contrastive,
        train_module=LatentMIMRunnerConfig(
            masking=module.masking,
            loss=module.loss,
            optim=module.optim,
            scheduler=module.scheduler,
            rank_microbatch_size=module.rank_microbatch_size,
            max_grad_norm=module.max_grad_norm,
            ema_decay=module.ema_decay,
        ),
    )
