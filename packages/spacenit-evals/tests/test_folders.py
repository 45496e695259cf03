"""Where the data of benchmarks lie."""

from pathlib import Path

import pytest

from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import BENCHMARKS
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.folders import folder_of

WITH_VARIABLE = [name for name in BENCHMARKS.names() if BENCHMARKS.get(name).variable]


def test_the_setting_goes_before_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOS_DIR", str(tmp_path / "elsewhere"))
    assert folder_of(tmp_path, "MADOS_DIR", "mados", "its hub") == tmp_path
    with pytest.raises(UserError, match=r"elsewhere is no folder \(MADOS_DIR\)\n  its hub has the data of mados"):
        folder_of(None, "MADOS_DIR", "mados", "its hub")
    monkeypatch.setenv("MADOS_DIR", "  ")
    with pytest.raises(UserError, match="nowhere stated\n  set MADOS_DIR to their folder; its hub has them"):
        folder_of(None, "MADOS_DIR", "mados", "its hub")


@pytest.mark.parametrize("address", ["gs://bucket/sets", "s3://bucket/sets", "https://host/sets"])
def test_folders_elsewhere_are_refused_with_what_to_do(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOS_DIR", address)
    for stated in (None, Path(address)):
        with pytest.raises(UserError) as caught:
            folder_of(stated, "MADOS_DIR", "mados", "its hub")
        assert caught.value.message == f"{address} is not on this machine"
        hint = caught.value.hint or ""
        assert "copy it here, or mount it, and set MADOS_DIR" in hint
        assert "tasks_to_run=[...]" in hint and "enabled=False" in hint


@pytest.mark.parametrize("name", WITH_VARIABLE)
def test_every_benchmark_asks_for_its_folder_in_the_same_way(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config = BENCHMARKS.get(name)
    monkeypatch.setenv(config.variable, "gs://bucket/sets")
    every = ModelInputs(sensors=SensorSet.of(["sentinel2_l2a", "sentinel2", "sentinel1", "landsat"]), patch_size=4)
    with pytest.raises(UserError, match="gs://bucket/sets is not on this machine"):
        config().build(every)
    monkeypatch.delenv(config.variable)
    with pytest.raises(UserError, match=f"nowhere stated\n  set {config.variable} to their folder"):
        config().build(every)
