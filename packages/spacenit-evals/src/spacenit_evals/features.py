"""From labelled points to feature vectors: one window around each point, read once for all extractors."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
from attrs import evolve, frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.baselines import FeatureExtractor
from spacenit_core.nn.base_encoder import BaseEncoder
from spacenit_core.nn.pooling import pool_patches
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.samples.visibility import ENCODE
from spacenit_core.sensors.selection import SensorSet
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_data.loader.collate import visible_batch
from spacenit_evals.dates import DateCut

Progress = Callable[[int, int], None]
"""Called with the number of windows done and of all windows."""


@frozen(kw_only=True, eq=False)
class WindowLocations:
    """n square windows of one size.

    Attributes:
        sample: int ``[n]``, sample numbers.
        row: int ``[n]``, first cell row.
        column: int ``[n]``, first cell column.
        cells: cells along one side.
    """

    sample: np.ndarray
    row: np.ndarray
    column: np.ndarray
    cells: int

    def __len__(self) -> int:
        return len(self.sample)

    def take(self, chosen: np.ndarray) -> "WindowLocations":
        """Some of the windows, by bool ``[n]`` or by their numbers."""
        return evolve(self, sample=self.sample[chosen], row=self.row[chosen], column=self.column[chosen])

    @classmethod
    def around(
        cls, sample: np.ndarray, row: np.ndarray, column: np.ndarray, *, cells: int, tile_size: int
    ) -> "WindowLocations":
        """The windows whose middle is nearest to some cells; near the edge of a sample they are pushed inside.

        Raises:
            UserError: if a window is larger than a sample.
        """
        if cells > tile_size:
            what = f"windows of {cells} cells do not fit into samples of {tile_size}"
            raise UserError(what, "choose a smaller window{window}", things=("window",))
        first = [np.clip(place - cells // 2, 0, tile_size - cells) for place in (row, column)]
        return cls(sample=sample, row=first[0], column=first[1], cells=cells)


class EncoderFeatures:
    """Pooled tokens of an encoder; implements `FeatureExtractor`.

    Args:
        encoder: the encoder; put into evaluation mode.
        device: where to compute.
    """

    def __init__(self, encoder: BaseEncoder, device: torch.device | str = "cpu") -> None:
        self.encoder = encoder.to(device).eval()
        self.device = device

    @torch.inference_mode()
    def __call__(self, batch: Batch) -> np.ndarray:
        """The mean over the encoded tokens of each window, float32 ``[B, D]``."""
        batch = batch.to(self.device)
        return self.encoder(batch, batch.visibility[0]).pooled().float().cpu().numpy()

    @torch.inference_mode()
    def patches(self, batch: Batch) -> np.ndarray:
        """The mean over the encoded tokens of each patch, float32 ``[B, rows, columns, D]``; NaN without tokens."""
        batch = batch.to(self.device)
        encoded = self.encoder(batch, batch.visibility[0])
        return pool_patches(encoded, batch.layout).float().cpu().numpy()


def tokens_present(batch: Batch) -> np.ndarray:
    """How many tokens of each sensor hold pixels in a window, float32 ``[B, S]``; implements `FeatureExtractor`."""
    seen = (batch.visibility[0] == ENCODE).cpu().numpy()
    counts = [seen[:, block.tokens].sum(axis=1) for block in batch.layout.blocks]
    return np.stack(counts, axis=1).astype(np.float32)


def extract(
    dataset: H5Tiles,
    windows: WindowLocations,
    extractors: Mapping[str, FeatureExtractor],
    *,
    patch_size: int,
    batch_size: int = 128,
    cut: DateCut | None = None,
    progress: Progress | None = None,
) -> dict[str, np.ndarray]:
    """Compute the features of all windows.

    Args:
        dataset: where the windows lie; its sensors are the ones that the extractors get.
        windows: n windows.
        extractors: name -> what makes the vectors; all get the same batches.
        patch_size: cells along one side of a patch.
        batch_size: windows at a time.
        cut: cuts the series that are too long for the extractors; None for none.
        progress: told how far it is.

    Returns:
        Name -> float32 ``[n, F]``, in the order of the windows. Vectors of a batch that are shorter than those of
        another end in NaN.
    """
    rows: dict[str, list[np.ndarray]] = {name: [] for name in extractors}
    order: list[np.ndarray] = []
    done = 0
    for numbers, batch in batches(dataset, windows, patch_size=patch_size, batch_size=batch_size, cut=cut):
        for name, extractor in extractors.items():
            rows[name].append(np.asarray(extractor(batch), dtype=np.float32))
        order.append(numbers)
        done += len(numbers)
        if progress is not None:
            progress(done, len(windows))
    back = np.argsort(np.concatenate(order), kind="stable")
    return {name: _joined(parts)[back] for name, parts in rows.items()}


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    width = max(part.shape[1] for part in parts)
    filled = [np.pad(part, ((0, 0), (0, width - part.shape[1])), constant_values=np.nan) for part in parts]
    return np.concatenate(filled)


def batches(
    dataset: H5Tiles, windows: WindowLocations, *, patch_size: int, batch_size: int, cut: DateCut | None = None
) -> Iterator[tuple[np.ndarray, Batch]]:
    """Read windows sample by sample; gives the windows' numbers with each batch of them."""
    waiting: list[tuple[int, SampleWindow]] = []
    for number, tile in _tiles(dataset, windows, cut):
        waiting.append((number, tile))
        if len(waiting) == batch_size:
            yield _batch(waiting, dataset.sensors, patch_size)
            waiting = []
    if waiting:
        yield _batch(waiting, dataset.sensors, patch_size)


def _batch(numbered: list[tuple[int, SampleWindow]], sensors: SensorSet, patch_size: int) -> tuple[np.ndarray, Batch]:
    numbers, tiles = zip(*numbered, strict=True)
    return np.array(numbers), visible_batch(tiles, sensors, patch_size=patch_size)


def _tiles(dataset: H5Tiles, windows: WindowLocations, cut: DateCut | None) -> Iterator[tuple[int, SampleWindow]]:
    """Each window's number and tile; a sample is read once, as far as its windows reach."""
    place = {int(number): index for index, number in enumerate(dataset.index.numbers)}
    for sample in np.unique(windows.sample):
        if int(sample) not in place:
            raise UserError(
                f"sample {sample} of {dataset.folder} has none of the sensors {', '.join(dataset.sensors.names)}",
                "choose sensors that all labelled samples have",
            )
        numbers = np.flatnonzero(windows.sample == sample)
        top, left = int(windows.row[numbers].min()), int(windows.column[numbers].min())
        reach = max(int(windows.row[numbers].max()) - top, int(windows.column[numbers].max()) - left)
        cells = reach + windows.cells
        if dataset.tile_size is not None:
            top, left = min(top, dataset.tile_size - cells), min(left, dataset.tile_size - cells)
        whole = dataset.read_window(place[int(sample)], row=top, column=left, cells=cells)
        whole = whole if cut is None else cut(whole, dataset.sensors)
        for number in numbers:
            row, column = int(windows.row[number]) - top, int(windows.column[number]) - left
            yield int(number), _cut(whole, dataset.sensors, row, column, windows.cells)


def _cut(tile: SampleWindow, sensors: SensorSet, row: int, column: int, cells: int) -> SampleWindow:
    bands = {}
    for name, values in tile.bands.items():
        if sensors[name].spatial:
            k = sensors[name].pixels_per_cell
            values = values[row * k : (row + cells) * k, column * k : (column + cells) * k]
        bands[name] = values
    return evolve(tile, bands=bands, row=tile.row + row, column=tile.column + column)
