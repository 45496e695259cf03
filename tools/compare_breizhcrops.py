"""Compare our reading of a small BreizhCrops with that of the publisher's package (GPL), in an environment of its own.

    python -m venv PEER && PEER/bin/pip install breizhcrops==0.0.4.1
    python tools/compare_breizhcrops.py PEER/bin/python

The package is never imported here: it runs as a program of its own and hands over numbers.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np

from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.breizhcrops.breizhcrops import BANDS, BreizhCrops

WRITER = Path(__file__).parents[1] / "packages" / "spacenit-evals" / "tests" / "breizhcrops_files.py"

PEER = """
import sys
import numpy as np
from breizhcrops import BreizhCrops
root, region, out = sys.argv[1:]
parcels = BreizhCrops(region, root=root, load_timeseries=False, transform=lambda x: x, target_transform=lambda y: y)
found = [parcels[number] for number in range(len(parcels))]
np.savez(
    out,
    rows=np.concatenate([x for x, _, _ in found]),
    lengths=[len(x) for x, _, _ in found],
    labels=[y for _, y, _ in found],
    classes=np.array([str(name) for name in parcels.classname]),
)
"""


def main(peer_python: str) -> None:
    """Write the small set, let both read it, and print what differs."""
    with tempfile.TemporaryDirectory() as temporary:
        root, copy = Path(temporary) / "set", Path(temporary) / "copy"
        _writer().write_breizhcrops(root)
        # The package writes into the folder that it reads.
        shutil.copytree(root, copy)
        for region in ("frh01", "frh04"):
            out = Path(temporary) / f"{region}.npz"
            subprocess.run([peer_python, "-c", PEER, str(copy), region, str(out)], check=True, cwd=temporary)
            _compare(root, region, np.load(out))


def _compare(root: Path, region: str, peer: np.lib.npyio.NpzFile) -> None:
    other = "frh02" if region == "frh01" else "frh01"
    config = BreizhCrops(folder=root, train=(other,), validation=(), test=(region,), series="dates")
    benchmark = config.build(ModelInputs(sensors=SensorSet.of(["sentinel2"]), patch_size=1))
    ((split,),) = benchmark.draws
    numbers = np.flatnonzero(split.test)
    order = [benchmark.inputs.sensors["sentinel2"].bands.index(band) for band in BANDS]
    starts = np.cumsum([0, *peer["lengths"]])
    largest = 0.0
    for place, (_, (sample,)) in enumerate(benchmark.samples(numbers, batch_size=1)):
        rows = peer["rows"][starts[place] : starts[place + 1]]
        rows = rows[np.argsort(rows[:, 16], kind="stable")]
        largest = max(largest, float(np.abs(sample.bands["sentinel2"][0, 0][:, order] - rows[:, :13]).max()))
        days = rows[:, 16].astype(np.int64).astype("datetime64[ns]").astype("datetime64[D]").astype(str).tolist()
        ours = [f"{year}-{month + 1:02}-{day:02}" for day, month, year in sample.timestamps]
        assert ours == days, f"{region}, parcel {place}: other days"
    assert peer["labels"].tolist() == benchmark.labels[numbers].tolist(), f"{region}: other labels"
    assert tuple(peer["classes"]) == benchmark.facts.classes, f"{region}: other classes"
    print(f"{region}: {len(numbers)} parcels, {len(peer['rows'])} dates: labels, classes and days equal, values within")
    print(f"  {largest:.2g} of reflectance x 10,000 (float32)")


def _writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("breizhcrops_files", WRITER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main(sys.argv[1])
