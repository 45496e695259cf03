"""Write patch_embedding.npz: what OlmoEarth Pretrain's patch embeddings and reconstructor make of random images.

Run in an environment with `olmoearth-pretrain[training]==0.1.2` and `setuptools<81`:

    python make_patch_embedding.py patch_embedding.npz

Weights, images and tokens that go in are noise of a known seed, so that the file needs only names and shapes. Of each
gradient it has the scalar product with a noise and the sum of squares.
"""

import json
import logging
import sys
import warnings

import numpy as np
import torch

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from olmoearth_pretrain.data.constants import Modality  # noqa: E402
from olmoearth_pretrain.datatypes import MaskedOlmoEarthSample, TokensAndMasks  # noqa: E402
from olmoearth_pretrain.nn.flexi_vit import (  # noqa: E402
    MultiModalPatchEmbeddings,
    PredictorConfig,
    ReconstructorConfig,
)
from olmoearth_pretrain.nn.tokenization import ModalityTokenization, TokenizationConfig  # noqa: E402

SAMPLES, SIZE = 2, 16
CASES = [(1, 3, 1), (3, 2, 2), (4, 2, 1), (8, 1, 2)]  # patch size, patches per side, months
SINGLE = {
    "sentinel2_l2a": [["B02", "B03", "B04", "B08", "B05", "B06", "B07", "B8A", "B11", "B12", "B01", "B09"]],
    "landsat": [["B8", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B9", "B10", "B11"]],
}
MIXED = {"sentinel2_l2a": [["B12", "B02", "B05"], ["B09", "B08"]], "sentinel1": [["vh", "vv"]]}
VARIANTS = {
    "conv": ({}, ["sentinel2_l2a", "worldcover", "era5_10", "latlon"], {"use_linear_patch_embed": False}),
    "linear": (SINGLE, ["sentinel2_l2a", "landsat"], {}),
    "hidden": (SINGLE, ["sentinel2_l2a", "landsat", "srtm", "era5_10"], {"patch_embed_hidden_sizes": [4]}),
    "deep": (
        MIXED,
        ["sentinel2_l2a", "sentinel1", "latlon"],
        {"patch_embed_hidden_sizes": [6, 3], "post_proj_hidden_sizes": [12, SIZE]},
    ),
}


def tokenization(groups: dict) -> TokenizationConfig:
    """The band groups as the reference takes them."""
    return TokenizationConfig(overrides={k: ModalityTokenization(band_groups=v) for k, v in groups.items()})


def noise(shape: tuple, seed: int) -> torch.Tensor:
    """Normal noise."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(tuple(shape), dtype=np.float32))


def trained(module: torch.nn.Module) -> list[tuple[str, torch.nn.Parameter]]:
    """Weights by name, without the fixed table of months."""
    return [(name, parameter) for name, parameter in module.named_parameters() if "month_embed" not in name]


def randomize(module: torch.nn.Module, scale: float) -> np.ndarray:
    """Make the weights noise; returns their names and shapes as JSON."""
    with torch.no_grad():
        for number, (name, parameter) in enumerate(trained(module)):
            parameter.copy_(scale * noise(parameter.shape, 1000 + number) + (1 if name.endswith("norm.weight") else 0))
    return np.array(json.dumps([[name, list(parameter.shape)] for name, parameter in trained(module)]))


def pixels_of(names: list[str], patch: int, side: int, steps: int) -> dict[str, np.ndarray]:
    """Random images by sensor; a fixed seed, so that they need not be stored."""
    rng = np.random.default_rng(100 * patch + side)
    pixels = {}
    for name in names:
        spec = Modality.get(name)
        space = (side * patch,) * 2 if spec.is_spatial else ()
        time = (steps if spec.is_multitemporal else 1,) if spec.is_spatial or spec.is_multitemporal else ()
        shape = (SAMPLES, *space, *time, len(spec.band_order))
        pixels[name] = rng.random(shape, dtype=np.float32)
    return pixels


def gradients(module: torch.nn.Module, outputs: list[torch.Tensor]) -> np.ndarray:
    """Two numbers for each weight's gradient of the outputs times noise; NaN where it has none."""
    module.zero_grad()
    sum((output * noise(output.shape, number)).sum() for number, output in enumerate(outputs)).backward()
    found = []
    for number, (_, parameter) in enumerate(trained(module)):
        grad = parameter.grad
        found.append([np.nan] * 2 if grad is None else [(grad * noise(grad.shape, number)).sum(), grad.square().sum()])
    return np.array(found, dtype=np.float32)


def embeddings() -> dict[str, np.ndarray]:
    """Weights, tokens and gradients of each variant and patch size."""
    arrays = {}
    for variant, (groups, names, options) in VARIANTS.items():
        torch.manual_seed(0)
        module = MultiModalPatchEmbeddings(names, 8, SIZE, tokenization_config=tokenization(groups), **options)
        arrays[f"{variant}/weights"] = randomize(module, 0.05)
        for patch, side, steps in CASES:
            pixels = pixels_of(names, patch, side, steps)
            fields = {"timestamps": torch.ones(SAMPLES, steps, 3, dtype=torch.int64)}
            for name in names:
                values = torch.from_numpy(pixels[name])
                sets = module.tokenization_config.get_num_bandsets(name)
                fields |= {name: values, f"{name}_mask": torch.zeros(*values.shape[:-1], sets, dtype=torch.int64)}
            found = module(MaskedOlmoEarthSample(**fields), patch)
            tokens = torch.cat([found[name].reshape(SAMPLES, -1, SIZE) for name in names], dim=1)
            key = f"{variant}/case{patch}"
            arrays[f"{key}/tokens"] = tokens.detach().numpy()
            arrays[f"{key}/gradients"] = gradients(module, [tokens])
    return arrays


def dropped_shares(draws: int = 40000) -> dict[str, np.ndarray]:
    """How often how many of 2, 3 and 12 bands are dropped, at fixed and random rates."""
    arrays = {}
    torch.manual_seed(0)
    for bands in (2, 3, 12):
        for rate in (0.2, 0.6, 1.0):
            kept = MultiModalPatchEmbeddings._apply_band_dropout(torch.ones(draws, bands), rate)
            rates = (torch.rand(400) * rate).tolist()
            drawn = [MultiModalPatchEmbeddings._apply_band_dropout(torch.ones(100, bands), one) for one in rates]
            for kind, values in (("fixed", kept), ("random", torch.cat(drawn))):
                counts = torch.bincount((values == 0).sum(1), minlength=bands + 1)
                arrays[f"dropout/{kind}/{bands}/{rate}"] = (counts / counts.sum()).numpy()
    return arrays


def reconstruction() -> dict[str, np.ndarray]:
    """Encoded tokens, weights, reconstructed pixels and gradients of a reconstructor."""
    names = ["sentinel2_l2a", "sentinel1", "srtm"]
    config = tokenization({"sentinel2_l2a": SINGLE["sentinel2_l2a"]})
    decoder = PredictorConfig(
        supported_modality_names=names,
        encoder_embedding_size=SIZE,
        decoder_embedding_size=SIZE,
        num_heads=2,
        depth=1,
        mlp_ratio=2.0,
        max_sequence_length=12,
        tokenization_config=config,
    )
    module = ReconstructorConfig(decoder_config=decoder, supported_modality_names=names, tokenization_config=config)
    module = module.build()
    arrays = {"reconstructor/weights": randomize(module, 0.1)}
    for patch, side, steps in [(1, 3, 2), (4, 2, 1), (8, 1, 2)]:
        rng = np.random.default_rng(patch)
        fields, key = {}, f"reconstructor/case{patch}"
        for number, name in enumerate(names):
            spec = Modality.get(name)
            shape = (SAMPLES, side, side, steps if spec.is_multitemporal else 1, config.get_num_bandsets(name))
            mask = rng.choice([0, 1, 2], size=shape) if name != "srtm" else np.full(shape, 2)
            mask[..., 0, 0][:, 0, 0] = 0 if name != "srtm" else 2
            mask = torch.from_numpy(mask)
            fields |= {name: noise((*shape, SIZE), 2000 + number) * (mask == 0)[..., None], f"{name}_mask": mask}
            arrays[f"{key}/mask/{name}"] = mask.numpy().astype(np.uint8)
        months = [[(1, (3 * row + step) % 12, 2020) for step in range(steps)] for row in range(SAMPLES)]
        made = module(TokensAndMasks(**fields), torch.tensor(months), patch)
        outputs = []
        for name in names:
            # One band group per sensor here, so its mask is that of all bands.
            decoded = fields[f"{name}_mask"].repeat_interleave(patch, 1).repeat_interleave(patch, 2) == 2
            outputs.append(getattr(made, name) * decoded)
            arrays[f"{key}/pixels/{name}"] = getattr(made, name).detach().numpy()
        arrays[f"{key}/gradients"] = gradients(module, outputs)
    return arrays


def main(path: str) -> None:
    """Write the golden file."""
    np.savez_compressed(path, **embeddings(), **dropped_shares(), **reconstruction())


if __name__ == "__main__":
    main(sys.argv[1])
