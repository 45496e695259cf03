"""Encoder `presto`: the tokens of our batches as Presto encodes them, and training that goes on from there."""

import shutil

import pytest
import torch
import torch.distributed as dist
from attrs import evolve
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from spacenit_core.checkpoint.tensors import unpack
from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.contracts.build import build
from spacenit_core.contracts.trial import try_out
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EMBEDDERS
from spacenit_core.kinds.encoders import ENCODERS
from spacenit_core.kinds.patches import PATCHES
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.pooling import pool_patches
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.visibility import DECODE, ENCODE
from spacenit_core.sensors.selection import SensorSet
from spacenit_data.loader.collate import visible_batch
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
from spacenit_evals.checkpoint import load_evaluated
from spacenit_evals.embedders.encoder import ModelEncoder
from spacenit_evals.embedders.random_init import RandomInit
from spacenit_evals.evaluation import evaluate
from spacenit_evals.protocols.knn import KNN

from .conftest import WEIGHTS, needs_real_data, sample

S2_GROUPS = (("B04", "B03", "B02"), ("B05", "B06", "B07"), ("B08",), ("B8A",), ("B11", "B12"))
SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1"], band_groups={"sentinel2_l2a": S2_GROUPS})
MORE = SensorSet.of(
    ["sentinel2_l2a", "sentinel1", "srtm", "era5_10", "latlon", "naip_10"],
    band_groups={"sentinel2_l2a": (*S2_GROUPS, ("B01", "B09"))},
)


def encoder(sensors=SENSORS, **settings):
    torch.manual_seed(0)
    return build(ENCODERS.get("presto")(**{"random_init": True, **settings}), sensors)


def batch(sensors=SENSORS, patch_size=1, count=2, **settings):
    return visible_batch(
        [sample(seed, sensors=sensors, **settings) for seed in range(count)], sensors, patch_size=patch_size
    )


@needs_real_data
def test_its_tokens_are_those_that_the_embedder_averages():
    given, inputs = batch(), ModelInputs(sensors=SENSORS, patch_size=1)
    presto = build(EMBEDDERS.get("presto")(weights=str(WEIGHTS), location=False), None, inputs)
    network = encoder(weights=str(WEIGHTS), random_init=False)
    read, _ = presto.reader([sample(0), sample(1)])
    known = {name: values for name, values in read.values.items() if name != "NDVI"}
    series = evolve(read, values=known, seen={name: read.seen[name] for name in known})
    network.norm, norm = torch.nn.Identity(), network.norm
    with torch.inference_mode():
        tokens = network(given, given.visibility[0])
        found = norm(pool_patches(tokens, given.layout))
        expected = presto.encoder(series)

    torch.testing.assert_close(found.flatten(0, 2), expected, atol=1e-4, rtol=0)


def test_what_is_not_encoded_moves_nothing_and_views_are_encoded_apart():
    given, network = batch(), encoder()
    visibility = torch.full((2, 2, len(given.layout)), DECODE, dtype=torch.uint8)
    visibility[0, :, ::3], visibility[1, :, 5:40], visibility[1, 1] = ENCODE, ENCODE, DECODE
    both = network(given, visibility, project=True)
    first, second = (network(given, view) for view in visibility)

    torch.testing.assert_close(both.packed, torch.cat([first.packed, second.packed]), atol=1e-5, rtol=0)
    assert both.projected.shape == (4, 128) and both.projected.isfinite().all()
    assert (visibility[1, :, given.layout["sentinel1"].tokens] == DECODE).all()
    given.pixels["sentinel1"] += 1
    torch.testing.assert_close(network(given, visibility[1]).packed, second.packed)
    assert (network(given, visibility[0]).packed - first.packed).abs().max() > 1e-3
    both.packed.square().mean().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


def test_cells_attend_to_themselves_alone():
    given, network = batch(), encoder()
    before = pool_patches(network(given, given.visibility[0]), given.layout)
    given.pixels["sentinel1"][:, 3, 5] += 1
    moved = (pool_patches(network(given, given.visibility[0]), given.layout) - before).abs().amax(dim=(0, 3))
    assert moved[3, 5] > 1e-3
    moved[3, 5] = 0
    assert moved.max() < 1e-5


def test_exits_take_tokens_after_so_many_blocks():
    given, network = batch(), encoder()
    view = given.visibility[0]
    none = dict.fromkeys(SENSORS.names, 0)
    torch.testing.assert_close(network(given, view, None, none).packed, network.target_projection()(given, view).packed)
    whole = network(given, view).packed
    torch.testing.assert_close(network(given, view, None, dict.fromkeys(SENSORS.names, 2)).packed, whole)
    mixed = network(given, view, None, {"sentinel2_l2a": 2, "sentinel1": 1})
    radar = torch.tensor(given.layout.sensor == SENSORS.names.index("sentinel1"))[mixed.selection.position]
    torch.testing.assert_close(mixed.packed[~radar], whole[~radar])
    assert (mixed.packed[radar] - whole[radar]).abs().max() > 1e-3
    with pytest.raises(UserError, match="token exits"):
        network(given, view, None, {"sentinel1": 1})


def test_sensors_that_presto_does_not_know_have_tokens_of_their_own():
    given, network = batch(MORE), encoder(MORE)
    encoded = network(given, given.visibility[0])
    assert encoded.packed.shape == (int((given.visibility == ENCODE).sum()), 128)
    # Targets have the names of the encoder's weights, which moving averages go by.
    names = dict(network.named_parameters())
    assert all(name in names for name, _ in network.target_projection().named_parameters())


def test_the_doctor_tries_it_without_weights(monkeypatch):
    monkeypatch.delenv("PRESTO_DIR", raising=False)
    try_out("encoders", ENCODERS.get("presto").for_trial())


def test_every_part_can_be_sharded_by_itself():
    settings = {
        "encoder": ENCODERS.get("presto")(random_init=True),
        "decoder": PredictorConfig(embedding_size=32, depth=1, num_heads=2),
    }
    given = batch(MORE)
    views = given.visibility.repeat(2, 1, 1)
    views[0, :, ::2][views[0, :, ::2] == ENCODE] = DECODE
    views[1, :, 1::2][views[1, :, 1::2] == ENCODE] = DECODE
    given.visibility = views

    def gradients(shard):
        torch.manual_seed(0)
        model = LatentMIMConfig(**settings, target="projection").build(MORE)
        for part in (*model.children(), model):
            shard(part)
        made = model(given)
        (made.projected.square().mean() + (made.predicted - made.target).square().mean()).backward()
        found = {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None}
        return {name: getattr(grad, "full_tensor", lambda grad=grad: grad)() for name, grad in found.items()}

    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        mesh = init_device_mesh("cpu", (1,))
        whole, sharded = gradients(lambda part: None), gradients(lambda part: fully_shard(part, mesh=mesh))
    finally:
        dist.destroy_process_group()
    assert sharded.keys() == whole.keys() and any(name.startswith("encoder.encodings") for name in whole)
    assert all(torch.equal(sharded[name], grad) for name, grad in whole.items())


def test_other_groups_patches_and_series_are_refused():
    with pytest.raises(UserError, match=r"other groups of bands(?s:.*)patch presto_series, or --band_groups"):
        encoder(SensorSet.of(["sentinel2_l2a"]), random_init=False)
    given = batch()
    with pytest.raises(UserError, match="patches of 4 cells were given to presto"):
        encoder()(batch(patch_size=4), batch(patch_size=4).visibility[0])
    with pytest.raises(UserError, match="windows of 5 steps"):
        encoder(max_sequence_length=3)(given, given.visibility[0])
    assert PATCHES.get("presto_series").overrides["band_groups.sentinel2_l2a"].startswith("[[B02,")


def trained(folder, h5py_dir, weights):
    return spacenit_run(
        [
            "train",
            "nano+presto_series",
            "from_presto",
            "local",
            "--plugin",
            "encoder=presto",
            f"--model.encoder.weights={weights}",
            "--sensors=[sentinel2_l2a,sentinel1]",
            f"--common.save_folder={folder}",
            f"--dataset.h5py_dir={h5py_dir}",
            "--model.decoder.depth=1",
            "--data_loader.num_workers=0",
            "--data_loader.sampled_hw_p_list=[2,3]",
            "--data_loader.token_budget=160",
            "--data_loader.global_batch_size=4",
            "--train_module.rank_microbatch_size=2",
            "--train_module.scheduler.warmup_steps=2",
            "--trainer.max_duration.value=4",
            "--trainer.max_duration.unit=steps",
            "--trainer.callbacks.checkpointer.save_interval=2",
        ]
    )


def weights_of(folder, step):
    return unpack(folder / f"step{step}" / "model.safetensors")


@needs_real_data
def test_training_goes_on_from_the_weights_and_resumes_to_the_bit(tmp_path, h5py_dir, labels, capfd):
    weights = shutil.copytree(WEIGHTS, tmp_path / "weights")
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    assert trained(whole, h5py_dir, weights) == 0, capfd.readouterr().err
    shutil.copytree(whole, halves)
    shutil.rmtree(halves / "step4")
    assert [path.name for path in halves.glob("step*")] == ["step2"]
    assert trained(halves, h5py_dir, weights) == 0, capfd.readouterr().err

    once, twice = weights_of(whole, 4), weights_of(halves, 4)
    assert once.keys() == twice.keys() and all(torch.equal(once[name], twice[name]) for name in once)
    published = torch.load(WEIGHTS / "default_model.pt", map_location="cpu", weights_only=True)
    moved = (once["encoder.blocks.0.attn.qkv.weight"] - published["encoder.blocks.0.attn.qkv.weight"]).abs().max()
    assert 0 < moved < 1e-2

    # What is loaded and evaluated afterwards needs the published weights no more.
    shutil.rmtree(weights)
    benchmark = LabelledRasters(labels=(str(labels),), window=4, block=80.0, draws=1)
    report = evaluate(whole, benchmark, KNN(k=3), beside={"random_init": RandomInit()}, patch_size=1)
    assert [score.features for score in report.scores] == ["pretrained", "random_init"]
    run = load_evaluated(whole)
    fresh = RandomInit().build(run, ModelEncoder().takes(run, 1)).encoder
    assert not torch.equal(fresh.norm.weight, run.model.encoder.norm.weight)
