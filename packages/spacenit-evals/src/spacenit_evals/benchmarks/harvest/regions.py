"""The four test sets of CropHarvest."""

from typing import Literal

from attrs import frozen

from spacenit_evals.benchmarks.harvest.label_table import Place

RegionName = Literal["togo", "kenya", "brazil", "china"]


@frozen(kw_only=True)
class Region:
    """A country whose places are trained on, and what is tested there.

    Attributes:
        box: west, south, east, north of its mainland (Natural Earth, 1:50 million), in degrees.
        crop: what is told from anything else; None for crops of any kind.
        tests: how names of its test files begin.
    """

    box: tuple[float, float, float, float]
    crop: str | None
    tests: str

    def label(self, place: Place) -> int | None:
        """Its label here; None where a place is not trained on: outside, kept for tests, or of no known crop."""
        west, south, east, north = self.box
        inside = west <= place.lon <= east and south <= place.lat <= north
        if place.is_test or not inside or (self.crop and place.is_crop and place.label is None):
            return None
        return int(place.label == self.crop if self.crop else place.is_crop)


REGIONS: dict[RegionName, Region] = {
    "togo": Region(box=(-0.09019, 6.0894, 1.77793, 11.11562), crop=None, tests="togo-eval"),
    "kenya": Region(box=(33.9, -4.69238, 41.88398, 5.49229), crop="maize", tests="Kenya_maize"),
    "brazil": Region(box=(-74.00205, -33.74219, -34.80547, 5.25796), crop="coffee", tests="Brazil_coffee"),
    "china": Region(box=(73.60732, 20.26372, 134.75234, 53.55562), crop=None, tests="china-crop"),
}
