"""Options that say what the labels are: of every command that reads some."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from spacenit_core.errors import UserError

if TYPE_CHECKING:
    from spacenit_data.datasets.h5_tiles import H5Tiles
    from spacenit_evals.labels import LabelledPoints

_LABELS = "Raster of class codes, or polygons or points (GeoPackage, GeoJSON); repeatable."
_IGNORE = "What means 'no label'; repeatable. 0 of rasters if unset; none makes every code a class."
_ATTRIBUTE = "Attribute of polygons that holds the class, a code or a word."
_POINTS = "Most labelled points; of more, so many are drawn at random."

MOST_POINTS = 500_000
"""Points at most where the command line says nothing: their memory stays bounded, however large labels and set are."""

_OPTIONS = (
    click.option(
        "--labels",
        multiple=True,
        required=True,
        metavar="FILE[:BAND|:LAYER]",
        help=_LABELS,
    ),
    click.option("--ignore", multiple=True, metavar="CODE|NAME|none", help=_IGNORE),
    click.option("--class-attribute", metavar="NAME", help=_ATTRIBUTE),
    click.option("--max-points", default=MOST_POINTS, show_default=True, type=click.IntRange(1), help=_POINTS),
)


@frozen(kw_only=True)
class Labels:
    """What the command line says of the labels.

    Attributes:
        paths: the files.
        ignore: codes, names of classes, or `none`.
        attribute: which attribute of polygons holds the class.
        most: the most points.
    """

    paths: tuple[Path | str, ...]
    ignore: tuple[str, ...] = ()
    attribute: str | None = None
    most: int | None = None

    def read(self, dataset: "H5Tiles") -> "LabelledPoints":
        """Read them, and place them in a set.

        Raises:
            UserError: if they do not fit, or are of one class; see `read_labels`.
            DataError: if they cannot be read.
        """
        from spacenit_evals.labels import read_labels

        points = read_labels(
            self.paths,
            dataset.folder,
            dataset.tile_size or 1,
            ignore=self._ignored,
            attribute=self.attribute,
            most=self.most,
        )
        if len(points.codes) > 1:
            return points
        if points.found > len(points):
            raise UserError(
                f"all {len(points)} points that were drawn of {points.found} have the code {points.codes[0]}",
                "let more be drawn (--max-points)",
            )
        without = ", ".join(self.ignore) or "0 of a raster"
        raise UserError(
            f"all {len(points)} labelled pixels in {dataset.folder} have the code {points.codes[0]}; {without} means "
            '"no label"',
            "give --labels of two classes at least; in a mask of 0 and 1 `--ignore none` makes 0 a class",
        )

    @property
    def _ignored(self) -> list[int | str] | None:
        if not self.ignore:
            return None
        words = [word for word in self.ignore if word.lower() != "none"]
        return [int(word) if word.lstrip("-").isdigit() else word for word in words]


def label_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options, and hand them to it as one argument, `labels`."""

    @wraps(command)
    def called(
        *given: Any,
        labels: tuple[str, ...],
        ignore: tuple[str, ...],
        class_attribute: str | None,
        max_points: int,
        **others: Any,
    ) -> Any:
        chosen = Labels(paths=labels, ignore=ignore, attribute=class_attribute, most=max_points)
        return command(*given, labels=chosen, **others)

    for option in reversed(_OPTIONS):
        called = option(called)
    return called
