"""Make convert.json: what OlmoEarth Pretrain 0.1.2 makes of the raw world; run in an environment that has it."""

import hashlib
import json
import tempfile
from pathlib import Path

import h5py
import numpy as np
import raw_world
from olmoearth_pretrain.dataset.convert_to_h5py import ConvertToH5pyConfig


def describe(values: np.ndarray) -> dict[str, object]:
    """An array's shape and type, and its content: a hash, or samples of floating-point numbers."""
    facts: dict[str, object] = {"shape": list(values.shape), "dtype": str(values.dtype)}
    if values.dtype.kind == "f":
        return facts | {"values": values.reshape(-1)[:: max(1, values.size // 97)].tolist()}
    return facts | {"sha256": hashlib.sha256(values.tobytes()).hexdigest()}


def main() -> None:
    """Convert with tiles of 128 and write the golden file beside this script."""
    with tempfile.TemporaryDirectory() as folder:
        raw_world.build(Path(folder))
        config = ConvertToH5pyConfig(
            tile_path=folder,
            supported_modality_names=list(raw_world.GROUPS),
            tile_size=128,
            compression="zstd",
            compression_opts=3,
            multiprocessed_h5_creation=False,
        )
        config.build().run()
        out = next(Path(folder).glob("h5py_data*/*/*"))
        tiles: dict[str, list[dict[str, object]]] = {}
        for number in range(int(out.name)):
            with h5py.File(out / f"sample_{number}.h5") as file:
                latlon = ",".join(f"{value:.4f}" for value in file["latlon"][:])
                arrays = {k: describe(v[()]) for k, v in file.items() if k in raw_world.GROUPS}
                masks = {k: v[()].astype(int).tolist() for k, v in file["missing_timesteps_masks"].items()}
                tiles.setdefault(latlon, []).append(
                    {"arrays": arrays, "masks": masks, "timestamps": file["timestamps"][()].tolist()}
                )
        golden = {"folder": str(out.relative_to(folder)), "tiles": tiles}
    Path(__file__).with_name("convert.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
