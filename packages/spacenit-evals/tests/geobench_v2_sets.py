"""Six samples of each set of GEO-Bench v2, as its publisher stores them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .tortilla_files import SPLITS, Stored, classes, hdf5, levels, seconds

SIZE = 16
DAY = seconds("2018-05-29")
MONTHS = ("September", "October", "January", "August")


def sample(number: int, files: list[Stored], **facts: Any) -> Stored:
    """A sample; two lie in each block of 5 km."""
    place = {"lon": 7.0 + 0.2 * (number // 2), "lat": 50.0, "stac:time_start": DAY}
    return Stored(f"sample_{number}", files, SPLITS[number], place | facts)


def benv2(number: int) -> Stored:
    files = [Stored("s1", levels(2, SIZE, np.float32, number, -8.0)), Stored("s2", levels(12, SIZE, np.uint16, number))]
    names = [["Pastures"], ["Pastures", "Marine waters"], ["Inland waters", "Mixed forest"]][number % 3]
    return sample(number, files, labels=names)


def treesatai(number: int) -> Stored:
    wrapped = np.stack([np.full((304, 304), -7 - number), np.full((304, 304), -12 - number), np.ones((304, 304))])
    files = [
        Stored("aerial", levels(4, 304, np.uint8, number)),
        Stored("s1", wrapped.astype(np.int16).view(np.uint16)),
        Stored("s2", levels(12, 304, np.uint16, number)),
    ]
    return sample(number, files, species_labels=["Picea", "Fagus"][: 1 + number % 2], dist_labels=[0.6, 0.4])


def biomassters(number: int) -> Stored:
    radar = levels(4, SIZE, np.float32, number, -4.0)
    radar[2:, :, : SIZE // 2] = -9999.0
    files = [Stored(f"a_S1_{month}", radar, facts={"modality": "S1", "month": month}) for month in MONTHS]
    optical = levels(11, SIZE, np.uint16, number)
    files += [Stored(f"a_S2_{month}", optical, facts={"modality": "S2", "month": month}) for month in MONTHS[1:]]
    target = np.linspace(0, 200, SIZE * SIZE, dtype=np.float32).reshape(1, SIZE, SIZE)
    files.append(Stored("a_AGBM", target, facts={"modality": "AGBM", "month": None}))
    return Stored(f"sample_{number}", files, SPLITS[number])


def burn_scars(number: int) -> Stored:
    labels = classes(SIZE, 3, number, np.int16) - 1
    files = [Stored("image", levels(6, SIZE, np.float32, number, 10.0) / 1e4), Stored("label", labels.astype(np.int16))]
    return Stored(f"sample_{number}", files, SPLITS[number], {"stac:centroid": f"POINT ({7 + number} 50.5)"})


def caffe(number: int) -> Stored:
    files = [Stored("img", levels(1, SIZE, np.uint8, 30 * number)), Stored("mask", classes(SIZE, 4, number))]
    return sample(number, files)


def cloudsen12(number: int) -> Stored:
    files = [Stored("s2l2a", levels(14, SIZE, np.uint16, number)), Stored("target", classes(SIZE, 4, number))]
    return sample(number, files)


def dynamic_earthnet(number: int) -> Stored:
    planet = [
        Stored(
            f"planet_{day}",
            levels(4, SIZE, np.int16, 20 * number + day),
            facts={"modality": "planet", "stac:time_start": seconds(f"2018-03-0{day + 1}")},
        )
        for day in range(3)
    ]
    optical = [Stored("s2", levels(12, SIZE, np.int16, number), facts={"modality": "s2"})] if number != 2 else []
    label = Stored("label", classes(SIZE, 7, number), facts={"modality": "label"})
    return sample(number, [*planet, *optical, label])


def flair2(number: int) -> Stored:
    labels = classes(SIZE, 18, number) + 1
    return sample(
        number, [Stored("aerial", levels(5, SIZE, np.uint8, number)), Stored("mask", labels.astype(np.uint8))]
    )


def fotw(number: int) -> Stored:
    files = [
        Stored(name, levels(4, SIZE, np.uint16, number, step)) for name, step in (("win_a", 10.0), ("win_b", 20.0))
    ]
    masks = [Stored(name, classes(SIZE, 4, number)) for name in ("instance_mask", "semantic_3class_mask")]
    return sample(number, [*files, *masks], **{"stac:time_start": 2021.0})


def kuro_siwo(number: int) -> Stored:
    power = [levels(2, SIZE, np.float32, 0, 0.01 * (step + 1)) for step in range(3)]
    names = ("pre_event_1", "pre_event_2", "post_event")
    valid = np.ones((1, SIZE, SIZE), np.uint8)
    valid[:, 0] = 0
    height = levels(1, SIZE, np.float32, number)
    height[:, 1] = -9999.0
    files = [Stored(name, image) for name, image in zip(names, power, strict=True)]
    files += [Stored("dem", height), Stored("mask", classes(SIZE, 4, number)), Stored("invalid_data", valid)]
    return sample(number, files, flood_date="2020-02-24 00:00:00")


def pastis(number: int) -> Stored:
    optical = np.stack([levels(10, SIZE, np.int16, shift) for shift in (0, 2, 40)])
    radar = np.stack([levels(3, SIZE, np.float16, shift, -6.0) for shift in (0, 1)])
    labels = np.concatenate([classes(SIZE, 20, number)] * 3)
    files = [
        Stored("s2", hdf5(optical), facts={"dates": [20180917, 20180922, 20181007]}),
        Stored("s1a", hdf5(radar), facts={"dates": [20181001, 20181007]}),
        Stored("s1d", hdf5(radar + np.float16(2)), facts={"dates": [20181002, 20181108]}),
        Stored("semantic", hdf5(labels), facts={"dates": []}),
        Stored("instance", hdf5(np.zeros((SIZE, SIZE), np.int64)), facts={"dates": []}),
    ]
    return sample(number, files)


def spacenet2(number: int) -> Stored:
    files = [
        Stored("ps-ms", levels(8, SIZE, np.uint16, 3 * number)),
        Stored("pan", levels(1, SIZE, np.uint16, number, 500.0)),
        Stored("semantic_mask", classes(SIZE, 2, number)),
        Stored("instance_mask", classes(SIZE, 9, number, np.uint16)),
    ]
    return sample(number, files)


def spacenet7(number: int) -> Stored:
    return sample(
        number, [Stored("images", levels(4, SIZE, np.uint8, 3 * number)), Stored("mask", classes(SIZE, 2, number))]
    )


SETS: dict[str, Callable[[int], Stored]] = {
    function.__name__: function
    for function in (
        *(benv2, biomassters, burn_scars, caffe, cloudsen12, dynamic_earthnet, flair2),
        *(fotw, kuro_siwo, pastis, spacenet2, spacenet7, treesatai),
    )
}
