"""The command line as people call it, a tiny data set to damage, and what was there before."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pytest
import torch
from attrs import frozen

from spacenit_core.cli.main import run
from spacenit_data.h5.writer import H5SetWriter, SampleArrays

SENSORS = ("sentinel2_l2a", "sentinel1", "worldcover")

SETTINGS = (
    f"--sensors=[{','.join(SENSORS)}]",
    "--model.encoder.depth=1",
    "--model.encoder.embedding_size=16",
    "--model.encoder.num_heads=2",
    "--model.decoder.depth=1",
    "--model.decoder.embedding_size=16",
    "--model.decoder.num_heads=2",
    "--data_loader.max_patch_size=2",
    "--data_loader.sampled_hw_p_list=[2,3]",
    "--data_loader.token_budget=160",
    "--data_loader.global_batch_size=4",
    "--data_loader.num_workers=0",
    "--train_module.rank_microbatch_size=2",
    "--trainer.max_duration.steps=3",
)
"""A model and windows that train in milliseconds; three steps read each of the twelve samples once."""


@frozen
class Outcome:
    """How a command ended: its exit code and everything that it printed."""

    code: int
    text: str

    def refused(self, code: int, *parts: str) -> None:
        """Assert that the command ended with `code`, and said `parts`."""
        assert self.code == code, self.text
        for part in parts:
            assert part in self.text, f"{part!r} is not in:\n{self.text}"


class SpacenitRun:
    """The program `spacenit-run`."""

    def __init__(self, capture: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> None:
        self._capture = capture
        self._request = request

    def __call__(self, *words: str | Path) -> Outcome:
        """Run a command line in this process. What is no mistake of the user's passes through as an exception."""
        self._capture.readouterr()
        code = run([str(word) for word in words])
        said = self._capture.readouterr()
        return _without_traceback(code, said.out + said.err)

    def train(self, data: Path, folder: Path, *settings: str, command: str = "train_single") -> Outcome:
        """Train the tiny model."""
        return self(*training(command, data, folder, *settings))

    def process(self, *words: str | Path, ranks: int = 1, limit: str = "") -> Outcome:
        """Run a command line in a process of its own, or in several that meet as ranks.

        Args:
            words: the command line.
            ranks: the number of processes.
            limit: Python statements that run before, to take something away from the process.
        """
        forks = self._request.getfixturevalue("fork_server")
        forks.start_command([str(word) for word in words], ranks, limit)
        codes = set(forks.wait())
        assert len(codes) == 1, forks.log.read_text()
        return _without_traceback(codes.pop(), forks.log.read_text())


def _without_traceback(code: int, text: str) -> Outcome:
    assert "Traceback" not in text, text
    return Outcome(code, text)


def training(command: str, data: Path, folder: Path, *settings: str) -> list[str]:
    """The words that train the tiny model; `settings` take the place of its own."""
    given = {_path(word) for word in settings}
    rest = [word for word in SETTINGS if _path(word) not in given]
    place = [f"--dataset.h5py_dir={data}", f"--trainer.save_folder={folder}"]
    return [command, "nano", "tiny", "local", *place, *rest, *settings]


def _path(word: str) -> str:
    path = word.partition("=")[0]
    return path.rpartition(".")[0] if "max_duration" in path else path


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def spacenit(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> SpacenitRun:
    """The program, called in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return SpacenitRun(capfd, request)


def sample(number: int, size: int = 8) -> SampleArrays:
    """A sample of two series, each with three of four steps, and a map; every third has no sentinel1."""
    rng = np.random.default_rng(number)
    bands = {
        "sentinel2_l2a": rng.integers(0, 4000, (size, size, 3, 12)).astype(np.uint16),
        "worldcover": rng.choice([10.0, 40.0, 80.0], (size, size, 1, 1)).astype(np.float32),
    }
    if number % 3:
        bands["sentinel1"] = rng.normal(-12, 4, (size, size, 3, 2)).astype(np.float32)
    mask = np.array([True, True, False, True])
    return SampleArrays(
        bands=bands,
        present={name: mask for name in bands if name != "worldcover"},
        timestamps=np.array([[1, month, 2021] for month in range(4)]),
        latlon=np.array([47.0, 8.0 + number], np.float32),
    )


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of twelve samples, as our writer leaves it."""
    writer = H5SetWriter(tmp_path_factory.mktemp("pristine"), SENSORS, count=12, tile_size=8)
    for number in range(12):
        writer.write(number, sample(number))
    return writer.finish()


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory, pristine: Path) -> Path:
    """The same samples as OlmoEarth Pretrain stores them: each array one chunk of zstd, without checksums."""
    folder = tmp_path_factory.mktemp("foreign")
    for source in sorted(pristine.iterdir()):
        if source.suffix != ".h5":
            shutil.copy(source, folder)
            continue
        with h5py.File(source) as ours, h5py.File(folder / source.name, "w") as file:

            def copy(name: str, item: object, file: h5py.File = file) -> None:
                if isinstance(item, h5py.Dataset):
                    file.create_dataset(name, data=item[()], chunks=item.shape, **hdf5plugin.Zstd(clevel=3))

            ours.visititems(copy)
    return folder


@pytest.fixture
def data(pristine: Path, tmp_path: Path) -> Path:
    """A copy of the set, to be damaged."""
    return Path(shutil.copytree(pristine, tmp_path / "data"))


def listing(folder: Path) -> dict[str, str]:
    """Every file and folder below a folder, hidden ones too, with the hash of its content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        found[str(path.relative_to(folder))] = content
    return found


@pytest.fixture
def nothing_written(tmp_path: Path) -> Callable[[], "Iterator[None]"]:
    """A context in which no file of the test's folder appears, changes or goes."""

    @contextmanager
    def watch() -> Iterator[None]:
        before = listing(tmp_path)
        yield
        assert listing(tmp_path) == before

    return watch  # type: ignore[return-value]


def losses(folder: Path) -> list[float]:
    """The loss of each step of a run."""
    return [json.loads(line)["loss"] for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="session")
def helpers() -> "Helpers":
    """Functions for tests, which cannot import this file."""
    return Helpers()


class Helpers:
    """What tests do to files, and read from them."""

    losses = staticmethod(losses)
    listing = staticmethod(listing)
    sample = staticmethod(sample)
    training = staticmethod(training)

    @staticmethod
    def flip(path: Path, place: int, bit: int = 3) -> None:
        """Flip one bit of a file."""
        content = bytearray(path.read_bytes())
        content[place] ^= 1 << bit
        path.write_bytes(content)

    @staticmethod
    def cut(path: Path, length: int) -> None:
        """Keep the first bytes of a file; as many as -length less where it is negative."""
        path.write_bytes(path.read_bytes()[:length])

    @staticmethod
    def leftovers(folder: Path) -> list[str]:
        """Names below a folder of what was not written to its end."""
        return [name for name in listing(folder) if ".tmp" in name or ".gone" in name or "unfinished" in name]
