"""Options that set a benchmark of labelled rasters, each by the name that its setting has there or a shorter one."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from click.core import ParameterSource

from spacenit_core.cli.paths import PATH
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters

_DATE_RULES = ("last", "first", "spread")
_USUAL = LabelledRasters()
_SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)
_SENSOR = "Input of all embedders; repeatable. All imagery that the encoder saw if unset; maps only by name."


def _option(*names: str, of: str, **settings: Any) -> tuple[str, str, Callable[..., Any]]:
    """A setting, its option, and that option, with the setting's default."""
    usual = getattr(_USUAL, of)
    return of, names[0], click.option(*names, of, default=usual, show_default=usual not in (None, ()), **settings)


_OPTIONS = (
    _option(
        "--labels",
        of="labels",
        multiple=True,
        metavar="FILE[:BAND|:LAYER]",
        help="Raster of class codes, or polygons or points (GeoPackage, GeoJSON); repeatable.",
    ),
    _option(
        "--ignore",
        of="ignore",
        multiple=True,
        metavar="CODE|NAME|none",
        help="What means 'no label'; repeatable. 0 of rasters if unset; none makes every code a class.",
    ),
    _option(
        "--class-attribute",
        of="class_attribute",
        metavar="NAME",
        help="Attribute of polygons that holds the class, a code or a word.",
    ),
    _option(
        "--max-points",
        of="max_points",
        type=click.IntRange(1),
        help="Most labelled points; of more, so many are drawn at random.",
    ),
    _option(
        "--h5py_dir", "--h5py-dir", of="h5py_dir", type=PATH, help="Set that the labels lie in; the run's own if unset."
    ),
    _option(
        "--months-from",
        of="months_from",
        type=click.Choice(["0", "1"]),
        help="The number of January in that set; as trained if unset.",
    ),
    _option("--sensor", of="sensors", multiple=True, metavar="NAME", help=_SENSOR),
    _option(
        "--dates",
        of="dates",
        type=click.Choice(_DATE_RULES),
        help="What to keep of series that are longer than the encoder takes.",
    ),
    _option("--window", of="window", type=click.IntRange(1), help="Cells a side of a window."),
    _option(
        "--block",
        of="block",
        type=click.FloatRange(min=1),
        help="Metres a side of a square of ground; 64 cells if unset.",
    ),
    _option("--train-share", of="train_share", type=_SHARE, help="Share of the squares to train on."),
    _option(
        "--folds",
        of="folds",
        type=click.IntRange(2),
        help="Test all squares in turn, in so many parts, not in one split.",
    ),
    _option(
        "--draws",
        of="draws",
        type=click.IntRange(1),
        help="Draws of the squares to train on (or of the folds); scores are means over them.",
    ),
    _option("--seed", of="seed", type=click.IntRange(0), help="Seed of the draws."),
)


def label_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options; what is stated comes as one argument `of_labels`: setting -> option and value."""

    @wraps(command)
    def called(*given: Any, **values: Any) -> Any:
        found = {name: (option, _as_set(name, values.pop(name))) for name, option, _ in _OPTIONS}
        return command(*given, of_labels={name: pair for name, pair in found.items() if is_stated(name)}, **values)

    for _, _, option in reversed(_OPTIONS):
        called = option(called)
    return called


def is_stated(name: str) -> bool:
    """Whether an option of the present command was given, rather than left to its default."""
    return click.get_current_context().get_parameter_source(name) is not ParameterSource.DEFAULT


def _as_set(name: str, value: Any) -> Any:
    """The value of an option as the setting has it."""
    return int(value) if name == "months_from" and value is not None else value
