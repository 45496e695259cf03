"""The windows, weights and options that encoder.npz was made with; numpy only, so that both sides can import it.

Nothing random is stored: every array is drawn from PCG64, seeded by its name.
"""

import zlib
from typing import Any

import numpy as np

SAMPLES = 3
# Sensor -> has a grid, has time, bands, band groups.
SENSORS = {
    "sentinel1": (True, True, 2, 1),
    "landsat": (True, True, 11, 2),
    "worldcover": (True, False, 1, 1),
    "latlon": (False, False, 2, 1),
    "era5_10": (False, True, 6, 1),
}
# Patch size -> patches per side, months.
WINDOWS = {1: (3, 2), 3: (2, 3), 4: (2, 2), 8: (2, 1)}
ENCODER: dict[str, Any] = {"embedding_size": 48, "depth": 2, "num_heads": 4, "mlp_ratio": 2.0, "drop_path": 0.0}
DECODER: dict[str, Any] = {"embedding_size": 32, "depth": 2, "num_heads": 2, "mlp_ratio": 2.0, "drop_path": 0.0}
MODES = ("absolute", "rope", "rope_mixed", "rope_3d", "rope_3d_mixed", "none")
_MONTHLY = {"position_encoding": "rope_3d_mixed", "rope_mixed_base": 10000.0, "rope_temporal_coordinate_scale": 1 / 30}
_SCALED = {
    "position_encoding": "rope_3d",
    "rope_base": 1000.0,
    "rope_coordinate_scale": 0.5,
    "rope_temporal_base": 100.0,
    "rope_temporal_coordinate_scale": 0.1,
}
# Name -> options of encoder and predictor, of the encoder, of the predictor.
OPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    **{mode: ({"position_encoding": mode}, {}, {}) for mode in MODES},
    "rope_3d_mixed": (_MONTHLY, {}, {}),
    "scaled": (_SCALED, {"temporal_rope_dim_frac": 0.6}, {"temporal_rope_dim_frac": 0.5}),
    "qk_norm": ({"position_encoding": "rope", "qk_norm": True}, {}, {}),
    "registers": (_MONTHLY, {"num_register_tokens": 3, "log_token_norm_stats": True}, {}),
    "projection": ({}, {"num_projection_layers": 3}, {}),
    "project_first": ({}, {"num_projection_layers": 2, "aggregate_then_project": False}, {}),
    "output": ({}, {"output_embedding_size": 24}, {"output_embedding_size": 40}),
    "channels": ({"learnable_channel_embeddings": False, "random_channel_embeddings": True}, {}, {}),
    "frozen": ({}, {"frozen_patch_embeddings": True}, {}),
}
RUNS = [(option, patch) for option in OPTIONS for patch in (WINDOWS if option in MODES else [3])]
EXITS = {
    "none": dict.fromkeys(SENSORS, 0),
    "some": {"sentinel1": 0, "landsat": 1, "worldcover": 2, "latlon": 0, "era5_10": 1},
    "all": dict.fromkeys(SENSORS, 1),
}


def draw(*name: object) -> np.random.Generator:
    """The generator of one array."""
    return np.random.default_rng(zlib.crc32("/".join(map(str, name)).encode()))


def grid(sensor: str, patch: int) -> tuple[int, ...]:
    """Shape of a sensor's tokens, without samples and band groups: (rows, columns,) (steps)."""
    spatial, temporal, _, _ = SENSORS[sensor]
    side, steps = WINDOWS[patch]
    # A sensor with a grid and without time has one step; one with neither has no axis at all.
    return ((side, side) if spatial else ()) + ((steps if temporal else 1,) if spatial or temporal else ())


def visibility(patch: int, full: bool = False) -> dict[str, np.ndarray]:
    """Sensor -> uint8 ``[B, ..., groups]``; ragged, with sensors and months that miss; or nearly all encoded."""
    masks = {}
    for name, (*_, groups) in SENSORS.items():
        shape = (SAMPLES, *grid(name, patch), groups)
        masks[name] = draw("mask", name, patch).choice([0, 0, 1, 2], size=shape).astype(np.uint8)
        if full:
            masks[name][:] = 0
    if full:
        masks["worldcover"][:, 0] = 2
        return masks
    masks["landsat"][1] = 3
    masks["worldcover"][2] = 3
    masks["sentinel1"][0, :, :, -1] = 3
    masks["latlon"][:, 0] = 0, 2, 0
    return masks


def pixels(patch: int) -> dict[str, np.ndarray]:
    """Sensor -> float32 ``[B, (H, W,) (T,) C]``."""
    values = {}
    for name, (spatial, _, bands, _) in SENSORS.items():
        cells = grid(name, patch)
        if spatial:
            cells = (cells[0] * patch, cells[1] * patch, *cells[2:])
        values[name] = draw("pixels", name, patch).random((SAMPLES, *cells, bands), dtype=np.float32)
    return values


def timestamps(patch: int) -> np.ndarray:
    """Day, month and year, int64 ``[B, T, 3]``."""
    _, steps = WINDOWS[patch]
    rows = [[(5 + 7 * row, (4 * row + step) % 12, 2016 + 3 * row) for step in range(steps)] for row in range(SAMPLES)]
    return np.array(rows, dtype=np.int64)


def weight(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A parameter by its name in the oracle, of a size that makes every stage matter."""
    noise = draw("weight", name).standard_normal(shape, dtype=np.float32)
    if name.endswith("month_embed.weight"):
        raise ValueError("the table of months is no random weight")
    scaled = noise * np.float32(0.02 if "patch_embeddings" in name else 0.2)
    return scaled + 1 if "norm" in name and name.endswith(".weight") else scaled


def marks(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Random numbers to multiply by: a tensor's products with two of them stand for it in the file."""
    return draw("marks", name, shape).standard_normal(shape, dtype=np.float32)
