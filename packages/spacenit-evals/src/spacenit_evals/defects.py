"""What is known to be wrong with published data, and how they are read right.

A benchmark that is in the register has a setting `variant`: "corrected" (its default) or "as_published", which repeats
published numbers. Every report says which.
"""

from collections.abc import Iterable

from attrs import frozen


@frozen(kw_only=True)
class Defect:
    """One thing that is wrong.

    Attributes:
        id: short and lasting, for reports.
        benchmarks: the names of the benchmarks of these data, read here or not.
        wrong: what is wrong.
        evidence: how that is known.
        reading: the right reading.
    """

    id: str
    benchmarks: tuple[str, ...]
    wrong: str
    evidence: str
    reading: str


DEFECTS: tuple[Defect, ...] = (
    Defect(
        id="eurosat-b8a",
        benchmarks=("m_eurosat",),
        wrong="the names of the last five bands are shifted: EuroSAT stores B8A last",
        evidence="geo-bench issues 28 and 29; in sample id_1905 the band named B09 has a mean of 7.6, that named B12 "
        "2306",
        reading="the bands named B8A, B09, B10, B11, B12 hold B09, B10, B11, B12, B8A",
    ),
    Defect(
        id="brick-13",
        benchmarks=("m_brick_kiln",),
        wrong="band names and channels do not match",
        evidence="geo-bench issues 28 and 29 and its README; the hub's data were not made anew",
        reading="channels 0 to 12 hold B01, B02, B03, B04, B05, B07, B8A, B08, B11, B12 and a picture in red, green, "
        "blue of 8 bit; B06, B09, B10 are absent",
    ),
    Defect(
        id="benv2-vhvv",
        benchmarks=("gb2_benv2",),
        wrong="Sentinel-1 is stored as VH, VV and named VV, VH",
        evidence="its generator lists VH, VV; the published means are -19.4 and -12.6 dB; VV is above VH everywhere on "
        "the ground",
        reading="channel 0 is VH",
    ),
    Defect(
        id="treesatai-wrap",
        benchmarks=("gb2_treesatai",),
        wrong="Sentinel-1 in decibels was cut to integers and written as unsigned ones of 16 bit, in which negative "
        "numbers wrap",
        evidence="the means of real samples are 63,724 and 65,528",
        reading="signed integers of 16 bit: whole decibels; a third band is the ratio of the two",
    ),
    Defect(
        id="dynamicearthnet-order",
        benchmarks=("gb2_dynamic_earthnet",),
        wrong="the channels of Sentinel-2 are stored by resolution and named by wavelength, with B10 in place of B09",
        evidence="by these names red is far brighter than anywhere on the ground, and B8A is 0.76 times B08",
        reading="channels are B02, B03, B04, B08, B05, B06, B07, B8A, B11, B12, B01, B09",
    ),
    Defect(
        id="breizh-order",
        benchmarks=("breizhcrops",),
        wrong="the publisher's package hands bands on in alphabetical order, and published statistics list those under "
        "the names of the spectral order",
        evidence="breizhcrops 0.0.4.1; the mean that is listed for blue is that of cirrus, 288",
        reading="the files hold the spectral order: B1 to B8, B8A, B9 to B12",
    ),
    Defect(
        id="sacrop-8bit",
        benchmarks=("m_sa_crop_type",),
        wrong="pixels have 8 bit and are no reflectance times 10,000; the band after B12 is a cloud mask",
        evidence="the means of its band_stats.json lie between 12 and 84; the publisher's converter",
        reading="its own statistics alone: a model's statistics do not fit",
    ),
    Defect(
        id="forestnet-8bit",
        benchmarks=("m_forestnet",),
        wrong="a composite of Landsat 8 of 8 bit, faded outside of the mask of the loss",
        evidence="the publisher's converter",
        reading="six bands, blue, green, red, NIR and two of SWIR, with their own statistics alone",
    ),
    Defect(
        id="cashew-gsd",
        benchmarks=("m_cashew_plant",),
        wrong="0.5 m is declared as ground size, and each of 25 dates is a sample of its own",
        evidence="the publisher's converter",
        reading="10 m; dates stand in the names of the bands",
    ),
    Defect(
        id="so2sat-unit",
        benchmarks=("m_so2sat",),
        wrong="Sentinel-2 is reflectance of 0 to 2.8, and the eight channels of Sentinel-1 are no decibels",
        evidence="the publisher's converter: real and imaginary parts of VH and VV, and filtered ones",
        reading="Sentinel-2 times 10,000; Sentinel-1 is left out",
    ),
    Defect(
        id="nzcattle-position",
        benchmarks=("m_nz_cattle",),
        wrong="positions lie 25 degrees beside the ground",
        evidence="the publisher's converter moves the corner by 250 pixels of 0.1, and takes metres for degrees",
        reading="distances between samples alone, for groups; no sample has a position",
    ),
    Defect(
        id="awf-dates",
        benchmarks=("awf", "lfmc", "nandi"),
        wrong="published evaluations give all samples the dates from September 2022 on",
        evidence="the metadata of the windows say otherwise",
        reading="AWF January to December 2023, Nandi September 2022 to September 2023",
    ),
    Defect(
        id="pastis-s1-dates",
        benchmarks=(
            "pastis_sentinel1",
            "pastis_sentinel1_sentinel2",
            "pastis128_sentinel1",
            "pastis128_sentinel1_sentinel2",
        ),
        wrong="the tensors that OlmoEarth makes hold Sentinel-1 under the dates of Sentinel-2, and not all of it",
        evidence="its processing counts the images of both by the dates of Sentinel-2; the publisher's metadata list "
        "dates-S2 and dates-S1A",
        reading="each sensor by its own dates, from the publisher's arrays; those tensors are refused",
    ),
    Defect(
        id="mados-bands",
        benchmarks=("mados",),
        wrong="the tensors that OlmoEarth makes hold the mean of B05 and B07 as B06, and B8A as B09",
        evidence="its processing; the publisher's scenes have a band at 740 nm",
        reading="B06 as published; B09 and B10 are absent",
    ),
    Defect(
        id="floods-dry",
        benchmarks=("sen1floods11",),
        wrong="the tensors that OlmoEarth makes lack all tiles without water, the hardest ones of a map of floods",
        evidence="its processing keeps tiles with a label above 0",
        reading="all tiles of the publisher's chips",
    ),
    Defect(
        id="cities-no-power",
        benchmarks=("fifty_cities", "fifty_cities_by_city", "fifty_cities_by_continent"),
        wrong="in the tiles that OlmoEarth makes, pixels without radar power are -60 dB",
        evidence="its processing raises power to a millionth before it takes the logarithm",
        reading="they are missing",
    ),
    Defect(
        id="nodata-class",
        benchmarks=("m_cashew_plant", "m_chesapeake", "m_sa_crop_type", "gb2_caffe", "gb2_kuro_siwo", "gb2_pastis"),
        wrong="pixels without a label count as a class of their own in published scores",
        evidence="the publishers' tables of classes: no data, not known, void",
        reading="these pixels do not count",
    ),
)
"""The register."""


def defects_of(benchmark: str) -> tuple[Defect, ...]:
    """What is known to be wrong with the data of a benchmark, by its name."""
    return tuple(defect for defect in DEFECTS if benchmark in defect.benchmarks)


def sentences(defects: Iterable[Defect]) -> list[str]:
    """One line for each."""
    return [f"{defect.id}: {defect.wrong}. Right: {defect.reading}." for defect in defects]
