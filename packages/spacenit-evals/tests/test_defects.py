"""The register of known defects, and that benchmarks of the register offer both readings."""

import json
from typing import get_args

import attrs
import pytest

from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.kinds.benchmarks import BENCHMARKS
from spacenit_evals.defects import DEFECTS, defects_of

NAMES = sorted({name for defect in DEFECTS for name in defect.benchmarks})


def test_ids_are_their_own_and_every_row_is_whole() -> None:
    assert len({defect.id for defect in DEFECTS}) == len(DEFECTS) >= 10
    assert all(defect.wrong and defect.evidence and defect.reading for defect in DEFECTS)


@pytest.mark.parametrize("name", NAMES)
def test_each_benchmark_of_the_register_is_read_both_ways(name: str) -> None:
    variant = attrs.fields_dict(BENCHMARKS.get(name))["variant"]
    assert variant.default == "corrected" and set(get_args(variant.type)) == {"corrected", "as_published"}


def test_whoever_has_two_readings_says_why() -> None:
    """The sets of GEO-Bench and PASTIS share the setting, whether or not something is wrong with one."""
    offered = {name for name in BENCHMARKS.names() if "variant" in attrs.fields_dict(BENCHMARKS.get(name))}
    shared = {name for name in offered if name.startswith(("m_", "gb2_", "pastis"))}
    assert offered - shared <= set(NAMES)


def test_defects_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert spacenit_run(["evals", "defects"]) == 0
    out = capsys.readouterr().out
    assert all(defect.id in out for defect in DEFECTS)
    assert spacenit_run(["evals", "defects", "--json"]) == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == [defect.id for defect in DEFECTS]
    assert spacenit_run(["evals", "list", "--json"]) == 0
    rows = {row["name"]: row["defects"] for row in json.loads(capsys.readouterr().out)}
    assert rows["m_eurosat"] == ["eurosat-b8a"] and rows["worldcereal_points"] == []
    assert spacenit_run(["evals", "prepare", "m_eurosat"]) == 0
    assert "eurosat-b8a: the names of the last five bands are shifted" in " ".join(capsys.readouterr().out.split())
    assert defects_of("folder") == ()
