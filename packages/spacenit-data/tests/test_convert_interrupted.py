"""A conversion that is stopped anywhere goes on to the same bytes, and mixes with no other."""

import contextlib
import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from spacenit_core.errors import DataError, UserError
from spacenit_data.convert import conversion as conversion_module

from .converting import SMALL, content, convert


def _convert_slowly(root: Path, out: Path) -> None:
    # A pause before each ledger line spreads the work, so that kills hit every stage of it.
    original = conversion_module.ordered_map
    conversion_module.ordered_map = lambda *args, **kwargs: (time.sleep(0.02) or x for x in original(*args, **kwargs))
    convert(root, out, SMALL)


def test_a_killed_conversion_goes_on_to_the_same_bytes(world: tuple[Path, dict], tmp_path: Path) -> None:
    context, rng = multiprocessing.get_context("fork"), np.random.default_rng(3)
    start = time.perf_counter()
    expected = content(convert(world[0], tmp_path / "whole", SMALL).folder)
    seconds = time.perf_counter() - start + 0.1
    interrupted = 0
    for kill in range(5):
        out = tmp_path / str(kill)
        for _ in range(2):
            process = context.Process(target=_convert_slowly, args=(world[0], out))
            process.start()
            time.sleep(rng.uniform(0, seconds))
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            finished = list(out.glob("*/*/*/sample_metadata.csv"))
            interrupted += not finished
        report = convert(world[0], out, SMALL)
        assert content(report.folder) == expected
        assert not list(out.glob("*/*/.*"))
    assert interrupted >= 3


def test_every_point_of_interruption(world: tuple[Path, dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop before each write, rename and ledger line in turn; the next run ends with the same bytes."""
    expected = content(convert(world[0], tmp_path / "whole", SMALL).folder)
    steps = [
        ("spacenit_data.convert.conversion.write_atomically", (0, 2, 4)),
        ("spacenit_data.convert.staging.Staging.add", (1,)),
        ("spacenit_data.convert.staging.Staging.begin_moving", (0,)),
        ("spacenit_data.h5.writer.H5SetWriter.adopt", (0, 2)),
        ("spacenit_data.h5.metadata.write_atomically", (0, 1, 3)),
        ("spacenit_data.convert.staging.Staging.remove", (0,)),
        ("shutil.rmtree", (1,)),
    ]
    for target, moments in steps:
        for after in moments:
            out = tmp_path / f"{target}{after}"
            module, name = target.rsplit(".", 1)
            owner = module_or_class(module)
            original, calls = getattr(owner, name), iter(range(after))

            def stop(*args: object, _original: Callable = original, _calls: object = calls, **rest: object) -> object:
                if next(_calls, None) is None:
                    raise KeyboardInterrupt
                return _original(*args, **rest)

            with monkeypatch.context() as patch:
                patch.setattr(owner, name, stop)
                with contextlib.suppress(KeyboardInterrupt):
                    convert(world[0], out, SMALL)
            assert content(convert(world[0], out, SMALL).folder) == expected, (target, after)
            assert not list(out.glob("*/*/.*")), (target, after)


def module_or_class(path: str) -> object:
    """What a dotted path names."""
    import importlib

    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        module, name = path.rsplit(".", 1)
        return getattr(importlib.import_module(module), name)


def test_unfinished_work_of_other_settings_is_not_continued(world: tuple[Path, dict], tmp_path: Path) -> None:
    shutil.copytree(world[0], tmp_path / "raw", copy_function=os.link)
    victim = tmp_path / "raw" / "10_worldcover" / "EPSG:32633_180_-2000_10.tif"
    victim.unlink()
    with pytest.raises(DataError, match="is missing"):
        convert(tmp_path / "raw", tmp_path / "out", SMALL)
    with pytest.raises(UserError, match="unfinished conversion of other files"):
        convert(tmp_path / "raw", tmp_path / "out", evolve(SMALL, min_steps=10))


def test_samples_of_another_conversion_are_not_mixed_in(world: tuple[Path, dict], tmp_path: Path) -> None:
    first = convert(world[0], tmp_path, evolve(SMALL, min_steps=12))
    before = content(first.folder)
    with pytest.raises(UserError, match="holds other samples"):
        convert(world[0], tmp_path, evolve(SMALL, min_steps=11))
    assert content(first.folder) == before
