"""The generated landscapes: realistic, balanced, and readable only through their seasons."""

import numpy as np
import pytest

from spacenit_core.sensors.selection import SensorSet
from spacenit_demo.world.fractal import blur, coarsen, fractal, rank
from spacenit_demo.world.generate import VERSION
from spacenit_demo.world.land_cover import (
    BUILT,
    CLASSES,
    CONIFER,
    EARLY_CROP,
    GRASS,
    LATE_CROP,
    WATER,
    WINTER_CEREAL,
)
from spacenit_demo.world.landscape import SERIES, Landscape, make_ground, make_landscape
from spacenit_demo.world.radar import sentinel1
from spacenit_demo.world.weather import make_sky

SIZE = 192
B02, B04, B08, B01 = 0, 2, 3, 10
COUNTS = [0, 1134, 1689, 1661, 4399, 3324, 1544, 649, 1984]
MEANS = {
    "sentinel2_l2a": 1924.0323,
    "sentinel1": -15.0308,
    "landsat": 16701.2139,
    "srtm": 362.2078,
    "worldcover": 31.0455,
}


@pytest.fixture(scope="module")
def landscape() -> Landscape:
    return make_landscape(3, 0, size=SIZE, latitude=47.0)


def ndvi(landscape: Landscape) -> np.ndarray:
    """Monthly NDVI, NaN under clouds, [H, W, 12]."""
    image = landscape.images["sentinel2_l2a"].astype(np.float64)
    index = (image[..., B08] - image[..., B04]) / (image[..., B08] + image[..., B04])
    return np.where(image[..., B02] > 1800, np.nan, index)


def test_the_same_seed_makes_the_same_landscape_and_another_does_not(landscape: Landscape) -> None:
    again = make_landscape(3, 0, size=SIZE, latitude=47.0)
    for name, image in landscape.images.items():
        np.testing.assert_array_equal(image, again.images[name])
    np.testing.assert_array_equal(landscape.labels, again.labels)
    others = make_ground(4, 0, size=SIZE, latitude=47.0), make_ground(3, 1, size=SIZE, latitude=47.0)
    for other in others:
        assert (other.land.cover != landscape.ground.land.cover).mean() > 0.5


def test_values_lie_in_the_range_of_their_sensor(landscape: Landscape) -> None:
    for spec in SensorSet.of(landscape.images):
        image = landscape.images[spec.name]
        low, high = spec.value_range
        assert image.shape == spec.shape(SIZE, SIZE, 12)
        assert low <= image.min() and image.max() <= high
        # A sensor that always reports nearly the same teaches nothing.
        assert image.std() > 0.01 * (image.max() - image.min())


def test_data_types_are_those_of_the_archives(landscape: Landscape) -> None:
    types = {name: image.dtype for name, image in landscape.images.items()}
    assert types == {
        "sentinel2_l2a": np.uint16,
        "landsat": np.uint16,
        "sentinel1": np.float32,
        "srtm": np.int16,
        "worldcover": np.uint8,
    }


def test_classes_are_balanced_enough_for_a_constant_to_fail() -> None:
    covers = [make_ground(0, number, size=SIZE, latitude=47.0).land.cover for number in range(6)]
    shares = np.bincount(np.concatenate([cover.ravel() for cover in covers]), minlength=len(CLASSES)) / (6 * SIZE**2)
    assert shares.min() > 0.02
    assert shares.max() < 0.35


def test_neighbours_are_alike_and_distant_cells_are_not(landscape: Landscape) -> None:
    cover = landscape.labels
    near, far = (cover[:, 1:] == cover[:, :-1]).mean(), (cover[:, 96:] == cover[:, :-96]).mean()
    assert near > 0.85
    assert far < 0.45


def test_crops_differ_in_timing_and_not_in_the_yearly_mean(landscape: Landscape) -> None:
    cover, green = landscape.ground.land.cover, landscape.ground.phenology.greenness
    days = np.arange(5, 365, 10)
    curves = {crop: np.array([green(day)[cover == crop].mean() for day in days]) for crop in (EARLY_CROP, LATE_CROP)}
    early, late = curves[EARLY_CROP], curves[LATE_CROP]
    assert abs(early.mean() - late.mean()) < 0.03
    assert 15 <= days[late.argmax()] - days[early.argmax()] <= 60
    cereal = np.array([green(day)[cover == WINTER_CEREAL].mean() for day in days])
    assert days[cereal.argmax()] < days[early.argmax()] - 30


def test_parcels_of_one_crop_are_sown_on_different_days(landscape: Landscape) -> None:
    land, start = landscape.ground.land, landscape.ground.phenology.start
    late = land.cover == LATE_CROP
    by_parcel = [start[late & (land.parcel == number)].mean() for number in np.unique(land.parcel[late])]
    assert 4 < np.std(by_parcel) < 20


def test_the_season_shows_in_the_images(landscape: Landscape) -> None:
    index, cover = ndvi(landscape), landscape.ground.land.cover
    june = {crop: np.nanmedian(index[cover == crop][:, 4:6]) for crop in (WINTER_CEREAL, LATE_CROP, CONIFER, WATER)}
    september = {crop: np.nanmedian(index[cover == crop][:, 8]) for crop in (WINTER_CEREAL, LATE_CROP)}
    assert june[WINTER_CEREAL] > june[LATE_CROP] + 0.1
    assert september[LATE_CROP] > september[WINTER_CEREAL] + 0.2
    assert june[WATER] < 0.1 < june[CONIFER]


def test_labels_lie_on_the_pixels_they_name(landscape: Landscape) -> None:
    near_infrared = np.median(landscape.images["sentinel2_l2a"][..., B08], axis=2)
    vv = np.median(landscape.images["sentinel1"][..., 0], axis=2)
    water, town = landscape.labels == WATER + 1, landscape.labels == BUILT + 1
    assert near_infrared[water].mean() < 0.5 * near_infrared[~water].mean()
    assert vv[water].mean() < vv[~water].mean() - 5 < vv[town].mean() - 5
    shifted = np.roll(water, 12, axis=1)
    assert near_infrared[water].mean() < near_infrared[shifted].mean()


def test_one_month_or_the_yearly_mean_does_not_tell_the_crops_apart(landscape: Landscape) -> None:
    """The best threshold on one number is far from perfect: classes are to be told by their year."""
    index, cover = ndvi(landscape), landscape.ground.land.cover
    early, late = index[cover == EARLY_CROP], index[cover == LATE_CROP]
    candidates = [*range(12), slice(None)]
    for months in candidates:
        a, b = (np.nanmean(np.atleast_3d(group[:, months]), axis=(1, 2)) for group in (early, late))
        a, b = a[~np.isnan(a)], b[~np.isnan(b)]
        if len(a) < 50 or len(b) < 50:
            continue
        best = max(abs((a > cut).mean() - (b > cut).mean()) for cut in np.quantile(np.r_[a, b], np.linspace(0, 1, 41)))
        assert (1 + best) / 2 < 0.95


def test_clouds_are_bright_cover_some_of_the_images_and_cast_shadows() -> None:
    rng = np.random.default_rng(0)
    skies = [make_sky(rng, 96, np.deg2rad(155), np.deg2rad(45)) for _ in range(60)]
    cover = np.array([(sky.cloud > 0.5).mean() for sky in skies])
    assert 0.15 < cover.mean() < 0.45
    assert (cover < 0.02).sum() >= 5 and (cover > 0.8).sum() >= 1
    assert max(sky.shadow.max() for sky in skies) > 0.4


def test_a_cloudy_image_is_brighter_in_the_blue_than_any_ground(landscape: Landscape) -> None:
    blue = landscape.images["sentinel2_l2a"][..., B02].astype(float)
    cloudy = (blue > 4000).mean(axis=(0, 1))
    assert cloudy.max() > 0.2
    assert cloudy.min() < 0.05
    clear = blue[..., cloudy < 0.01]
    assert np.quantile(clear, 0.99) < 3000


def test_coarse_bands_are_coarse(landscape: Landscape) -> None:
    image = landscape.images["sentinel2_l2a"][:, :, 5].astype(float)

    def roughness(band: int) -> float:
        return float(np.abs(np.diff(image[..., band], axis=1)).mean() / image[..., band].std())

    assert roughness(B01) < roughness(B04)


def test_speckle_has_the_looks_of_the_product() -> None:
    ground = make_ground(0, 0, size=SIZE, latitude=47.0)
    images = np.stack([sentinel1(seed, 0, 6, ground)[..., 0] for seed in range(12)])
    power = 10 ** (images / 10)
    steady = (ground.land.cover == CONIFER)[None] & np.ones(len(images), bool)[:, None, None]
    power = power / power.mean(axis=(1, 2), keepdims=True)
    by_pixel = power.reshape(len(images), -1)[:, steady[0].ravel()]
    looks = by_pixel.mean(axis=0) ** 2 / by_pixel.var(axis=0, ddof=1)
    assert 3.5 < np.median(looks) < 6.5


def test_the_global_map_merges_crops_and_is_mostly_right(landscape: Landscape) -> None:
    codes = np.array([kind.worldcover for kind in CLASSES])
    agreement = (landscape.images["worldcover"][..., 0, 0] == codes[landscape.ground.land.cover]).mean()
    assert 0.8 < agreement < 0.99
    assert len(set(codes)) == 5


def test_mown_grass_has_more_than_one_peak(landscape: Landscape) -> None:
    ground = landscape.ground
    green = np.stack([ground.phenology.greenness(day) for day in range(120, 260, 4)])
    mown = (ground.land.cover == GRASS) & np.isfinite(ground.phenology.cuts[0])
    drops = (np.diff(green, axis=0) < -0.1).sum(axis=0)
    assert (drops[mown] >= 2).mean() > 0.9


def test_sensors_see_different_days_of_a_month(landscape: Landscape) -> None:
    assert set(SERIES) <= set(landscape.images)
    pan = landscape.images["landsat"][..., 0].astype(float)
    green = landscape.images["sentinel2_l2a"][..., 1].astype(float)
    month = [np.corrcoef(pan[..., m].ravel(), green[..., m].ravel())[0, 1] for m in range(12)]
    assert np.min(month) < 0.6


def test_fractal_fields_are_standard_and_smoother_with_roughness() -> None:
    fields = [fractal(np.random.default_rng(0), 96, roughness) for roughness in (1.2, 2.2)]
    for field in fields:
        assert abs(field.mean()) < 1e-9 and abs(field.std() - 1) < 1e-9
    steps = [np.abs(np.diff(field, axis=0)).mean() for field in fields]
    assert steps[1] < 0.5 * steps[0]


def test_blur_and_coarsen_keep_the_mean_of_what_they_spread() -> None:
    point = np.zeros((24, 24))
    point[12, 12] = 1.0
    assert blur(point, 1.5).sum() == pytest.approx(1.0)
    assert blur(np.full((8, 8, 2), 3.0), 2.0) == pytest.approx(np.full((8, 8, 2), 3.0))
    values = np.arange(49.0).reshape(7, 7)
    coarse = coarsen(values, 3)
    assert coarse[:3, :3] == pytest.approx(values[:3, :3].mean())
    assert coarse[6, 6] == values[6, 6]


def test_rank_is_uniform() -> None:
    values = np.random.default_rng(0).standard_normal((9, 9))
    ranked = rank(values)
    assert ranked.min() == 0 and ranked.max() == 1
    assert ranked[values.argmax() // 9, values.argmax() % 9] == 1


def test_the_world_stays_as_it_was_fixed() -> None:
    """Numbers of version 1; a change of the world raises `VERSION` and replaces them."""
    world = make_landscape(0, 0, size=128, latitude=47.0)
    assert VERSION == 1
    assert np.bincount(world.labels.ravel(), minlength=9).tolist() == COUNTS
    means = {name: float(image.mean()) for name, image in world.images.items()}
    assert means == pytest.approx(MEANS, rel=1e-4)
