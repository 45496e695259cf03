"""Compare our reading of GEO-Bench v1 with that of the publisher's package, in an environment of its own.

    python -m venv PEER && PEER/bin/pip install --no-deps geobench==1.0.0
    PEER/bin/pip install "affine<3" h5py rasterio scipy tqdm requests
    python tools/compare_geobench_v1.py PEER/bin/python [FOLDER_OF_A_REAL_SET ...]

All twelve sets are compared in tiny files of the publisher's layout, real ones where folders are named. The package
unpickles what it reads: give it no files that are not trusted. It is never imported here.
"""

import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from spacenit_core.kinds.benchmarks import BENCHMARKS
from spacenit_evals.benchmarks.geobench_v1.sample_file import read_bands, read_facts, read_label_map
from spacenit_evals.benchmarks.geobench_v1.task_files import read_partition

TESTS = Path(__file__).parents[1] / "packages" / "spacenit-evals"

PEER = """
import json, sys
from pathlib import Path
import numpy as np
from geobench.dataset import Band, load_sample_hdf5
folder, out = Path(sys.argv[1]), Path(sys.argv[2])
arrays, facts = {}, {}
for path in sorted(folder.glob("*.hdf5")):
    sample = load_sample_hdf5(path)
    arrays |= {f"{path.stem}|{band.band_info.name}": band.data for band in sample.bands}
    arrays[f"{path.stem}|label"] = sample.label.data if isinstance(sample.label, Band) else np.asarray(sample.label)
    corners = [tuple(band.transform)[2:6:3] for band in sample.bands if band.transform is not None]
    facts[path.stem] = {"days": sorted({str(band.date) for band in sample.bands}), "corner": (corners or [None])[0]}
np.savez(out / "peer.npz", **arrays)
(out / "peer.json").write_text(json.dumps(facts))
"""


def main(peer_python: str, folders: list[str]) -> None:
    """Write the small sets, let both read them and what else is named, and print what was equal."""
    sys.path.insert(0, str(TESTS))
    sets = importlib.import_module("tests.geobench_v1_sets")
    with tempfile.TemporaryDirectory() as temporary:
        written = [sets.write_layout(Path(temporary), name) for name in sets.LAYOUTS]
        for folder in [*written, *map(Path, folders)]:
            home = {"GEO_BENCH_DIR": str(Path(temporary) / "peer"), "PATH": ""}
            subprocess.run([peer_python, "-c", PEER, str(folder), temporary], check=True, env=home)
            _compare(folder, np.load(f"{temporary}/peer.npz"), json.loads(Path(temporary, "peer.json").read_text()))


def _compare(folder: Path, peer: np.lib.npyio.NpzFile, said: dict[str, Any]) -> None:
    config = BENCHMARKS.get(folder.name.replace("-", "_").lower())()
    names = config.stored.of("as_published")
    for sample, theirs in said.items():
        path = folder / f"{sample}.hdf5"
        facts, bands = read_facts(path), read_bands(path, names)
        for band, pixels in bands.items():
            np.testing.assert_array_equal(pixels, peer[f"{sample}|{names[band]}"], f"{path}: {band}")
        label = read_label_map(path) if config.predicts == "segmentation" else facts.label
        np.testing.assert_array_equal(label, peer[f"{sample}|label"], f"{path}: label")
        assert theirs["days"] == [str(facts.day)], f"{path}: days {theirs['days']} and {facts.day}"
        assert theirs["corner"] == (facts.corner and list(facts.corner)), f"{path}: position"
    found = list(folder.glob("*_partition.json"))
    for partition in found:
        ours = read_partition(folder, partition.name.removesuffix("_partition.json"))
        assert ours == json.loads(partition.read_text()), f"{partition}: other samples"
    print(f"{folder.name}: {len(said)} samples, {len(names)} bands, {len(found)} partitions: all equal")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
