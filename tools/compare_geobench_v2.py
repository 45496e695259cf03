"""Compare our reading of GEO-Bench v2 containers with that of the publisher's package, in an environment of its own.

    python -m venv PEER && PEER/bin/pip install "tacoreader==0.5.6" rasterio h5py
    python tools/compare_geobench_v2.py PEER/bin/python [CONTAINER ...]

Thirteen sets are compared in tiny containers, real ones where they are named. Versions from 2 on refuse these files.
The package is never imported here: it runs as a program of its own and hands over numbers.
"""

import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from spacenit_evals.benchmarks.geobench_v2.container import NESTED, Item, read_index

TESTS = Path(__file__).parents[1] / "packages" / "spacenit-evals"

PEER = """
import io, sys
import h5py, numpy as np, rasterio, tacoreader
path, out = sys.argv[1:]
found = {}

def put(key, row, where):
    if row["tortilla:file_format"] == "GTiff":
        with rasterio.open(where) as file:
            found[key] = file.read()
    else:
        start, length = map(int, where.removeprefix("/vsisubfile/").split(",")[0].split("_"))
        with open(path, "rb") as file:
            file.seek(start)
            content = io.BytesIO(file.read(length))
        with h5py.File(content) as file:
            found[key] = file["data"][()]

frame = tacoreader.load(path)
for number in range(len(frame)):
    inner = frame.read(number)
    for place in range(len(inner)):
        key = "/".join([frame.iloc[number]["tortilla:id"], frame.iloc[number]["tortilla:data_split"]])
        put(f"{key}/{place}/{inner.iloc[place]['tortilla:id']}", inner.iloc[place], inner.read(place))
np.savez(out, **found)
"""


def main(peer_python: str, containers: list[str]) -> None:
    """Write the small sets, let both read them and what else is named, and print what was equal."""
    sys.path.insert(0, str(TESTS))
    sets, files = (importlib.import_module(f"tests.{name}") for name in ("geobench_v2_sets", "tortilla_files"))
    with tempfile.TemporaryDirectory() as temporary:
        for slug, write in sets.SETS.items():
            files.write_parts(Path(temporary), slug, [write(number) for number in range(6)], 2)
        written = sorted(Path(temporary).glob("*/*.tortilla"))
        for path in [*written, *map(Path, containers)]:
            out = Path(temporary) / "peer.npz"
            subprocess.run([peer_python, "-c", PEER, str(path), str(out)], check=True, stderr=subprocess.DEVNULL)
            _compare(path, np.load(out))


def _compare(path: Path, peer: np.lib.npyio.NpzFile) -> None:
    ours = {
        f"{item.name}/{item.split}/{place}/{inner.name}": inner
        for item in read_index(path)
        for place, inner in enumerate(item.items())
    }
    assert sorted(ours) == sorted(peer.files), f"{path}: other names, splits or order"
    for key, item in ours.items():
        np.testing.assert_array_equal(_read(item), peer[key], f"{path}: {key}")
    print(f"{path.name}: {len(ours)} files of {len(read_index(path))} samples: names, splits, order and values equal")


def _read(item: Item) -> np.ndarray:
    assert item.format != NESTED
    return item.image() if item.format == "GTiff" else item.array()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
