"""Damaged sets of samples: flipped bits, cut files, wrong shapes, a CSV that is at odds with the files, NaN."""

import shutil

import h5py
import numpy as np
import pytest

from spacenit_core.cli.main import run
from spacenit_data.h5.writer import H5SetWriter


@pytest.fixture(scope="module")
def clean_losses(pristine, tmp_path_factory, helpers):
    """The losses of a run on the whole set."""
    folder = tmp_path_factory.mktemp("clean") / "run"
    assert run(helpers.training("train_single", pristine, folder)) == 0
    return helpers.losses(folder)


def test_a_flipped_bit_is_noticed_or_changes_nothing(spacenit, data, tmp_path, helpers, clean_losses):
    path = data / "sample_4.h5"
    whole = path.read_bytes()
    noticed = 0
    for number, place in enumerate(np.random.default_rng(0).integers(len(whole), size=14)):
        helpers.flip(path, int(place), bit=number % 8)
        checked = spacenit("data", "validate", data, "--workers", "1")
        run = tmp_path / f"run{number}"
        trained = spacenit.train(data, run)
        if trained.code:
            trained.refused(1, "sample_4.h5", "data_loader.on_corrupt=skip")
            checked.refused(1, "sample_4.h5")
            noticed += 1
        else:
            assert helpers.losses(run) == clean_losses, f"byte {place}"
        assert helpers.leftovers(run) == []
        path.write_bytes(whole)
    assert noticed >= 7


@pytest.mark.parametrize("origin", ["pristine", "foreign"])
def test_a_file_cut_short_is_refused(origin, request, spacenit, tmp_path, helpers):
    data = shutil.copytree(request.getfixturevalue(origin), tmp_path / "set")
    path = data / "sample_7.h5"
    whole = path.read_bytes()
    for length in (0, 5, 1000, len(whole) // 2, -1):
        helpers.cut(path, length)
        spacenit.train(data, tmp_path / f"run{length}").refused(1, str(path), "cut short")
        spacenit("data", "validate", data, "--workers", "1").refused(1, "sample_7.h5")
        spacenit("data", "convert", "--from-h5", data, "--out", tmp_path / f"out{length}", "--workers", "1").refused(
            1, str(path), "copy"
        )
        assert not list(tmp_path.glob(f"out{length}/**/sample_metadata.csv"))
        path.write_bytes(whole)


def wrong_arrays():
    return {
        "a band less": ("sentinel2_l2a", lambda values: values[..., :11], "12 bands"),
        "a step less than the mask": ("sentinel2_l2a", lambda values: values[:, :, :2], "2 time steps"),
        "another size than the others": ("sentinel1", lambda values: values[:4, :4], "differ in cells"),
        "not square": ("worldcover", lambda values: values[:4], "square"),
        "no pixel": ("sentinel2_l2a", lambda values: values[:0, :0], "0 x 0"),
        "no time axis": ("sentinel2_l2a", lambda values: values[:, :, 0], "shape"),
        "text": ("worldcover", lambda values: np.full(values.shape, b"tree"), "not numbers"),
        "NaN": ("sentinel1", lambda values: np.where(values > -12, values, np.nan), "NaN"),
        "infinity": ("worldcover", lambda values: np.full_like(values, np.inf), "infinite"),
        "dates as one number": ("timestamps", lambda values: values[:, 0], "shape"),
        "month 13": ("timestamps", lambda values: values + 12, "months"),
        "no date": ("timestamps", lambda values: values[:0], "shape"),
        "no step": ("missing_timesteps_masks/sentinel1", lambda values: values & False, "mask"),
        "a mask of other length": ("missing_timesteps_masks/sentinel1", lambda values: values[:2], "shape"),
    }


@pytest.mark.parametrize("fault", wrong_arrays())
def test_arrays_that_do_not_fit_are_refused(fault, spacenit, data, tmp_path, helpers):
    name, change, words = wrong_arrays()[fault]
    path = data / "sample_2.h5"
    with h5py.File(path, "r+") as file:
        values = change(file[name][()])
        del file[name]
        file[name] = values
    spacenit.train(data, tmp_path / "run").refused(1, str(path), name.rpartition("/")[2], words)
    assert helpers.leftovers(tmp_path / "run") == []
    spacenit("data", "validate", data, "--workers", "1").refused(1, "sample_2.h5")
    # These look at less, and may not notice; where they do, they say which file it is.
    for command in (("stats", data), ("view", data, "2"), ("convert", "--from-h5", data, "--out", tmp_path / "out")):
        seen = spacenit("data", *command)
        assert seen.code == 0 or str(path) in seen.text or str(data) in seen.text, seen.text


CSV_FAULTS = {
    "a file that is not there": (lambda lines: [*lines, "12,1,1,1"], 1, "sample_12.h5"),
    "a sensor that the file lacks": (lambda lines: [*lines[:1], "0,1,1,1", *lines[2:]], 1, "sentinel1"),
    "a number twice": (lambda lines: [*lines, lines[-1]], 1, "more than once"),
    "no column of numbers": (lambda lines: [line.partition(",")[2] for line in lines], 1, "sample_index"),
    "a cut line": (lambda lines: [*lines[:-1], lines[-1][:4]], 1, "sample_metadata.csv"),
    "words": (lambda lines: [*lines[:-1], "eleven,1,1,1"], 1, "sample_metadata.csv"),
    "NaN": (lambda lines: [*lines[:-1], "nan,1,1,1"], 1, "sample_metadata.csv"),
    "half a number": (lambda lines: [*lines[:-1], "10.5,1,1,1"], 1, "sample_metadata.csv"),
    "one column too many": (lambda lines: [*lines[:1], *(f"{line},1" for line in lines[1:])], 1, "columns"),
    "no line": (lambda lines: lines[:1], 1, "lists no samples"),
    "nothing": (lambda lines: [], 1, "sample_index"),
    "other sensors": (lambda lines: ["sample_index,landsat", *(f"{n},1" for n in range(12))], 2, "--sensors"),
}


@pytest.mark.parametrize("fault", CSV_FAULTS)
def test_a_csv_at_odds_with_the_files_is_refused(fault, spacenit, data, tmp_path, helpers):
    change, code, words = CSV_FAULTS[fault]
    path = data / "sample_metadata.csv"
    path.write_text("\n".join([*change(path.read_text().splitlines()), ""]))
    spacenit.train(data, tmp_path / "run").refused(code, str(data), words)
    assert not (tmp_path / "run").exists() or helpers.leftovers(tmp_path / "run") == []
    spacenit.train(data, tmp_path / "other", command="prep").refused(code, str(data), words)
    assert not (tmp_path / "other").exists()
    spacenit("data", "validate", data, "--workers", "1").refused(1, "csv")


def test_files_that_the_csv_does_not_list_are_left_out_and_reported(spacenit, data, tmp_path):
    path = data / "sample_metadata.csv"
    path.write_text("\n".join([*path.read_text().splitlines()[:-2], ""]))
    assert "10 samples" in spacenit.train(data, tmp_path / "run", "--trainer.max_duration.steps=1").text
    spacenit("data", "validate", data, "--workers", "1").refused(1, "sample_10.h5", "sample_11.h5", "is not listed")


@pytest.mark.parametrize("name", ["latlon_distribution.npy", "sample_metadata.csv"])
def test_bytes_that_are_no_text_and_no_array(name, spacenit, data, tmp_path):
    (data / name).write_bytes(np.random.default_rng(0).bytes(600))
    spacenit.train(data, tmp_path / "run").refused(1, str(data / name), "copy it again")
    spacenit("data", "validate", data, "--workers", "1").refused(1, name)


def test_windows_larger_than_the_samples_name_the_settings(spacenit, data, tmp_path, nothing_written, helpers):
    with nothing_written():
        for sizes in ("[9]", "[2,9]"):
            settings = (f"--data_loader.sampled_hw_p_list={sizes}", "--data_loader.token_budget=9000")
            for command in ("train", "train_single", "prep", "visualize"):
                seen = spacenit.train(data, tmp_path / "run", *settings, command=command)
                seen.refused(2, "data_loader.sampled_hw_p_list", "8 cells a side")
        spacenit.train(data, tmp_path / "run", "--data_loader.sampled_hw_p_list=[0]").refused(2, "sampled_hw_p_list")


def write_set(root, helpers, empty):
    """A set of twelve samples, some of them without any pixel."""
    writer = H5SetWriter(root, ("sentinel2_l2a", "sentinel1", "worldcover"), count=12, tile_size=8)
    for number in range(12):
        sample = helpers.sample(number)
        if number in empty:
            for sensor, values in sample.bands.items():
                sample.bands[sensor] = np.full(values.shape, -99999, np.float32)
        writer.write(number, sample)
    return writer.finish()


def test_windows_without_any_pixel_are_trained_as_missing(spacenit, tmp_path, helpers):
    data = write_set(tmp_path, helpers, empty={2, 5})
    assert spacenit.train(data, tmp_path / "run").code == 0
    assert np.isfinite(helpers.losses(tmp_path / "run")).all()
    spacenit("data", "validate", data, "--workers", "1").refused(1, "sample_2.h5", "sample_5.h5", "empty (6)")


@pytest.mark.parametrize("duration", ["steps=3", "steps=50", "tokens=100"])
def test_nothing_but_missing_pixels_ends_the_run(duration, spacenit, tmp_path, helpers):
    data = write_set(tmp_path, helpers, empty=set(range(12)))
    words = [f"--trainer.max_duration.{duration}"]
    spacenit.train(data, tmp_path / "run", *words).refused(1, "missing", "spacenit-run data validate", "-99999")
    assert not list((tmp_path / "run").glob("step*"))
