"""Containers of GEO-Bench v2: what is in them, and what is wrong with damaged ones."""

from pathlib import Path

import numpy as np
import pytest

from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.geobench_v2.container import containers, read_index

from .tortilla_files import Stored, container, hdf5, levels


@pytest.fixture
def path(tmp_path: Path) -> Path:
    inner = [Stored("s2", levels(3, 8, np.uint16, 4), facts={"month": "May"}), Stored("series", hdf5(np.arange(4.0)))]
    samples = [Stored("a", inner, "train", {"lon": 7.0}), Stored("b", inner[:1], "test", {"lon": 8.0})]
    (tmp_path / "set.tortilla").write_bytes(container(samples))
    return tmp_path / "set.tortilla"


@pytest.mark.parametrize("mark", [b"#y", b"WX"])
def test_nested_files_are_found_by_their_own_offsets(mark: bytes, tmp_path: Path) -> None:
    inner = Stored("inner", [Stored("one", levels(1, 4, np.uint8)), Stored("two", levels(2, 4, np.uint8, 5))])
    (tmp_path / "set.tortilla").write_bytes(container([Stored("outer", [inner])], mark))
    ((outer,),) = [read_index(tmp_path / "set.tortilla")]
    (middle,) = outer.items()
    assert [item.name for item in middle.items()] == ["one", "two"]
    np.testing.assert_array_equal(middle.items()[1].image(), levels(2, 4, np.uint8, 5))


def test_rows_hold_what_the_index_says(path: Path) -> None:
    first, second = read_index(path)
    assert (first.name, first.split, first.format, first.facts["lon"]) == ("a", "train", "TORTILLA", 7.0)
    optical, series = first.items()
    assert optical.facts["month"] == "May" and second.items()[0].name == "s2"
    np.testing.assert_array_equal(optical.image(), levels(3, 8, np.uint16, 4))
    np.testing.assert_array_equal(series.array(), np.arange(4.0))


def test_damaged_containers_are_named(path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes()
    for content, text in [
        (b"", "is no container of GEO-Bench v2"),
        (b"PK" + whole[2:], "is no container of GEO-Bench v2"),
        (whole[:-10], "is cut short"),
        (whole[: len(whole) - 40] + b"\0" * 40, "its index cannot be read"),
    ]:
        path.write_bytes(content)
        with pytest.raises(DataError, match=text):
            read_index(path)
    with pytest.raises(DataError, match=r"absent.tortilla cannot be read"):
        read_index(tmp_path / "absent.tortilla")


def test_files_that_reach_beyond_their_container_are_refused(path: Path) -> None:
    far = {"tortilla:length": 10**9}
    path.write_bytes(container([Stored("far", levels(1, 4, np.uint8), facts=far)]))
    with pytest.raises(DataError, match="far lies beyond the end of the container"):
        read_index(path)
    inner = Stored("inner", [Stored("far", levels(1, 4, np.uint8), facts={"tortilla:length": 3000})])
    path.write_bytes(container([inner, Stored("next", levels(9, 32, np.uint16))]))
    with pytest.raises(DataError, match="far lies beyond the end of the container"):
        read_index(path)[0].items()


def test_files_that_are_no_images_are_named(path: Path) -> None:
    path.write_bytes(container([Stored("a", [Stored("s2", b"no image"), Stored("h", b"no table")])]))
    optical, table = read_index(path)[0].items()
    with pytest.raises(DataError, match=r"set.tortilla: s2 cannot be read"):
        optical.image()
    with pytest.raises(DataError, match=r"set.tortilla: h cannot be read"):
        table.array()


def test_parts_are_read_together_and_missed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no geobench_benv2.tortilla, and no part of one"):
        containers(tmp_path, "benv2")
    for part in (0, 1, 3):
        (tmp_path / f"geobench_pastis.{part:04}.part.tortilla").write_bytes(b"")
    with pytest.raises(DataError, match=r"lacks geobench_pastis.0002.part.tortilla"):
        containers(tmp_path, "pastis")
    (tmp_path / "geobench_pastis.0003.part.tortilla").unlink()
    assert [path.name[16:20] for path in containers(tmp_path, "pastis")] == ["0000", "0001"]
