"""`fully_shard` of each part of a model: weights are gathered when a part is called, nothing may use them outside."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import fully_shard

from spacenit_core.models.galileo.config import GalileoConfig
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.models.mae.config import MaskedAutoencoderConfig
from spacenit_core.models.output import EncodedViews, PredictedViews
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.nn.reconstructor_config import ReconstructorConfig
from spacenit_core.nn.spacenit.config import SpaceNitEncoderConfig

from .small_encoder import SENSORS, window

PARTS: dict[str, Any] = {
    "encoder": OlmoEarthEncoderConfig(embedding_size=32, depth=2, num_heads=2, max_patch_size=4, drop_path=0.0),
    "decoder": PredictorConfig(embedding_size=32, depth=1, num_heads=2),
    "reconstructor": ReconstructorConfig(decoder=PredictorConfig(embedding_size=32, depth=1, num_heads=2)),
}
OTHER = {**PARTS, "encoder": SpaceNitEncoderConfig(embedding_size=32, depth=2, num_heads=2, max_patch_size=4)}
DEEP = {"optical": 1}

CASES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "latent_mim": (LatentMIMConfig(**PARTS, target="projection"), ()),
    "latent_mim, whole target": (LatentMIMConfig(**PARTS, target="encoder"), ()),
    "latent_mim, exits": (LatentMIMConfig(**PARTS, target="encoder"), (DEEP,)),
    "galileo": (GalileoConfig(**PARTS, target="projection"), ("b",)),
    "mae": (MaskedAutoencoderConfig(**PARTS), (DEEP,)),
    "spacenit": (LatentMIMConfig(**OTHER, target="projection"), ()),
}


@pytest.fixture(scope="module")
def mesh() -> Iterator[DeviceMesh]:
    """One rank."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield init_device_mesh("cpu", (1,))
    dist.destroy_process_group()


def gradients(config: Any, given: tuple[Any, ...], shard: Callable[[nn.Module], Any]) -> dict[str, Tensor]:
    """The gradients of all that a model makes of two views, after `shard` was called with its parts and with it."""
    torch.manual_seed(0)
    model = config.build(SENSORS)
    for part in (*model.children(), model):
        shard(part)
    views: EncodedViews = model(window(views=1 if given == ("b",) else 2), *given)
    loss = views.projected.square().mean()
    loss = loss + torch.stack([pixels.square().mean() for pixels in (views.reconstructed or {}).values()]).sum()
    if isinstance(views, PredictedViews):
        loss = loss + (views.predicted - views.target).square().mean()
    loss.backward()
    found = {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None}
    return {name: getattr(grad, "full_tensor", lambda grad=grad: grad)() for name, grad in found.items()}


@pytest.mark.parametrize("case", CASES)
def test_every_part_can_be_sharded_by_itself(mesh: DeviceMesh, case: str) -> None:
    whole = gradients(*CASES[case], lambda part: None)
    sharded = gradients(*CASES[case], lambda part: fully_shard(part, mesh=mesh))
    assert sharded.keys() == whole.keys()
    assert any(name.startswith("encoder.projection") for name in whole)
    assert all(torch.equal(sharded[name], grad) for name, grad in whole.items())
