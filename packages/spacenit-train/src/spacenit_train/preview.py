"""Looking at the data of an experiment without training on them."""

from typing import Protocol, cast

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.kinds.datasets import TileDataset
from spacenit_core.kinds.loaders import Loader, LoaderContext, TrainingBatch
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_data.loader.schedule import max_timesteps
from spacenit_train.experiment import Experiment

_LOOKED_AT = 64


def open_loader(experiment: Experiment) -> Loader[TrainingBatch]:
    """The loader of a run of one process, reading in this process.

    Raises:
        SpaceNitError: where there is no data set, or it does not fit.
    """
    return experiment.open_loader(LoaderContext(run_folder=experiment.trainer.save_folder, inline=True))


@frozen(kw_only=True)
class Look:
    """What some samples of a data set look like.

    Attributes:
        samples: how many were read.
        present: sensor -> how many of them have it.
        dates: time steps of the longest series among them; 0 where there are none.
        unreadable: sample number -> what is wrong with it.
    """

    samples: int
    present: dict[str, int]
    dates: int
    unreadable: dict[int, str]


class Dated(Protocol):
    """A data set that knows how its months are counted."""

    def checked_months(self) -> str:
        """What was found, in words; a UserError where months are read otherwise."""
        ...


def months_of(dataset: TileDataset) -> str:
    """How a data set counts months, in words; empty for one that does not tell.

    Raises:
        UserError: where its dates show that they are read a month off.
    """
    return cast(Dated, dataset).checked_months() if hasattr(dataset, "checked_months") else ""


def look(dataset: TileDataset) -> Look:
    """Read a corner of up to 64 samples, spread over the whole set."""
    count = min(_LOOKED_AT, len(dataset))
    present, unreadable, dates = dict.fromkeys(dataset.sensors.names, 0), {}, 0
    for index in sorted({number * len(dataset) // count for number in range(count)}):
        try:
            tile = dataset.read_window(index, row=0, column=0, cells=1)
        except DataError as error:
            unreadable[index] = error.message
            continue
        for name in tile.bands:
            present[name] += 1
            if dataset.sensors[name].temporal:
                dates = max(dates, int(tile.present[name].sum()))
    return Look(samples=count, present=present, dates=dates, unreadable=unreadable)


@frozen(kw_only=True)
class WindowRow:
    """What the token budget leaves to windows of one size.

    Attributes:
        patches: along one side.
        steps: time steps that the budget allows.
        tokens: per sample and view, where none of the dates that there are is missing.
        patch_sizes: how many of the patch sizes fit into a sample.
    """

    patches: int
    steps: int
    tokens: int
    patch_sizes: int


def window_table(config: TileLoaderConfig, dataset: TileDataset, dates: int) -> list[WindowRow]:
    """The sizes of windows that a run draws from, smallest first.

    Args:
        config: the loader's settings.
        dataset: what windows are drawn from.
        dates: time steps of the longest series, which tokens are counted of.

    Raises:
        UserError: where a size does not fit the token budget.
    """
    rows = []
    for patches in sorted(config.sampled_hw_p_list):
        steps = max_timesteps(dataset.sensors, patches, config.token_budget, config.token_budget_groups)
        tokens = sum(
            len(spec.token_groups) * (patches**2 if spec.spatial else 1) * (min(steps, dates) if spec.temporal else 1)
            for spec in dataset.sensors
        )
        sizes = range(config.min_patch_size, config.max_patch_size + 1)
        fitting = sum(dataset.tile_size is None or patches * size <= dataset.tile_size for size in sizes)
        rows.append(WindowRow(patches=patches, steps=steps, tokens=tokens, patch_sizes=fitting))
    return rows


def filled_steps(batch: Batch) -> np.ndarray:
    """Which time steps of each sample have a token of a series, bool ``[B, T]``: the others only fill windows up."""
    layout = batch.layout
    filled = np.zeros((len(batch), layout.timesteps), bool)
    there = batch.visibility.numpy() != MISSING
    for block in layout.blocks:
        if block.sensor.temporal:
            tokens = there[:, :, block.tokens].reshape(-1, len(batch), *block.shape)
            filled |= tokens.any(axis=(0, 2, 3, 5))
    return filled


def tokens_at_dates(batch: Batch) -> np.ndarray:
    """Which tokens are not at steps that only fill windows up, bool ``[B, N]``."""
    filled = filled_steps(batch)
    found = np.ones(batch.visibility.shape[1:], bool)
    for block in batch.layout.blocks:
        if block.sensor.temporal:
            steps = np.broadcast_to(filled[:, None, None, :, None], (len(batch), *block.shape))
            found[:, block.tokens] = steps.reshape(len(batch), -1)
    return found


def shares(batch: Batch) -> dict[str, float]:
    """The shares of encoded, predicted and missing tokens at the dates that the samples have, over all views."""
    tokens = batch.visibility.numpy()[:, tokens_at_dates(batch)]
    names = {ENCODE: "encoded", DECODE: "predicted", MISSING: "missing"}
    return {name: float((tokens == value).mean()) if tokens.size else 0.0 for value, name in names.items()}


def described(batch: Batch, row: int | None = None) -> str:
    """The size of a batch's windows, or of one sample's, in words: patches, and the dates that there are."""
    layout, filled = batch.layout, filled_steps(batch).sum(axis=1)
    counts = filled if row is None else filled[row : row + 1]
    size = f"{layout.rows} x {layout.columns} patches, patch size {layout.patch_size}"
    if not any(block.sensor.temporal for block in layout.blocks):
        return size
    low, high = int(counts.min()), int(counts.max())
    return f"{size}, {low if low == high else f'{low} to {high}'} date{'s' * (high != 1)} of at most {layout.timesteps}"
