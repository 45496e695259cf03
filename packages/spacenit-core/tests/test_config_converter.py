import copy
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest

from spacenit_core.config import structure, unstructure
from spacenit_core.config.fields import at_least, setting
from spacenit_core.config.problems import Invalid
from spacenit_core.errors import UserError


class Colour(Enum):
    red = 1
    blue = 2


class Letter(StrEnum):
    alpha = "a"


class Level(IntEnum):
    low = 1


@attrs.frozen(kw_only=True)
class Inner:
    x: int = setting("x", 1, validator=at_least(0))
    y: float = setting("y", 2.0, validator=at_least(0))


@attrs.frozen(kw_only=True)
class Settings:
    whole: int = 1
    flag: bool = False
    number: float = 1.0
    text: str = "s"
    path: Path | None = None
    choice: Literal["auto"] | bool = "auto"
    many: tuple[int, ...] = (1, 2)
    pair: tuple[float, float] = (1.0, 2.0)
    by_name: dict[str, float] = attrs.field(factory=dict)
    inner: Inner = attrs.field(factory=Inner)
    spare: Inner | None = None
    colour: Colour = Colour.red
    letter: Letter = Letter.alpha
    level: Level = Level.low
    digit: Literal[1, 2] = 1
    anything: Any = None


def refused(data: Any) -> Invalid:
    with pytest.raises(Invalid) as caught:
        structure(data, Settings)
    return caught.value


@pytest.mark.parametrize(
    "data",
    [
        {"whole": True},
        {"whole": "64"},
        {"whole": 1.0},
        {"flag": "no"},
        {"flag": 1},
        {"number": True},
        {"number": "1e-4"},
        {"number": float("nan")},
        {"number": float("inf")},
        {"number": 10**400},
        {"text": 1},
        {"text": "\ud800"},
        {"path": ""},
        {"path": 3},
        {"path": "a\0b"},
        {"choice": "aut"},
        {"choice": 1},
        {"many": "12"},
        {"many": {"a": 1}},
        {"pair": [1.0]},
        {"by_name": [1]},
        {"by_name": {1: 2.0}},
        {"inner": 3},
        {"inner": None},
        {"colour": "green"},
        {"colour": 1},
        {"letter": "a"},
        {"level": 1},
        {"digit": True},
        {"digit": 3},
    ],
)
def test_a_value_of_another_type_is_refused_and_named(data):
    (name,) = data

    assert [problem.path[0] for problem in refused(data).problems] == [name]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"number": 3}, 3.0),
        ({"path": "~/x"}, Path.home() / "x"),
        ({"choice": True}, True),
        ({"many": [3]}, (3,)),
        ({"spare": {"x": 5}}, Inner(x=5)),
        ({"spare": None}, None),
        ({"letter": "alpha"}, Letter.alpha),
        ({"level": "low"}, Level.low),
        ({"anything": {"a": [1]}}, {"a": [1]}),
    ],
)
def test_a_value_of_the_right_type_is_taken(data, expected):
    ((name, _),) = data.items()

    assert getattr(structure(data, Settings), name) == expected


def test_what_is_written_is_plain_data_and_reads_back_equal():
    settings = Settings(path=Path("a/b"), spare=Inner(x=0), by_name={"a": 1.0}, colour=Colour.blue, choice=False)

    plain = unstructure(settings)

    assert plain["colour"] == "blue"
    assert plain["letter"] == "alpha"
    assert plain["path"] == "a/b"
    assert plain["many"] == [1, 2]
    assert structure(plain, Settings) == settings


def test_an_address_is_no_path():
    assert "not on this machine" in str(refused({"path": "gs://bucket/set"}))


def test_all_problems_are_told_at_once_each_with_its_path():
    error = refused({"whole": "1", "numbr": 2, "inner": {"x": -1, "y": -2, "z": 0}, "many": [1, "2", 3, True]})

    assert {".".join(problem.path) for problem in error.problems} == {
        "whole",
        "numbr",
        "inner.x",
        "inner.y",
        "inner.z",
        "many.1",
        "many.3",
    }
    assert "did you mean number?" in str(error)
    assert error.exit_code == 2


def test_a_validator_of_the_whole_class_speaks_for_its_path():
    @attrs.frozen(kw_only=True)
    class Range:
        low: int = 0
        high: int = 1

        def __attrs_post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError("low must not exceed high")

    @attrs.frozen(kw_only=True)
    class Holder:
        span: Range = attrs.field(factory=Range)

    with pytest.raises(Invalid) as caught:
        structure({"span": {"low": 2}}, Holder)

    assert str(caught.value) == "span: low must not exceed high"


def test_a_required_setting_is_asked_for():
    @attrs.frozen(kw_only=True)
    class Needy:
        must: int

    with pytest.raises(UserError, match="must: is required"):
        structure({}, Needy)


def test_problems_are_taken_apart_and_made_again_as_between_processes():
    error = refused({"whole": "1", "flag": 3})

    assert str(copy.copy(error)) == str(error)
    assert copy.copy(error).problems == error.problems
