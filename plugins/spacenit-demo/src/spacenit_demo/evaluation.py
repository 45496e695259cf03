"""What the demo asks of a trained encoder: the land cover at labelled pixels, and a map of one landscape."""

import numpy as np
import rasterio

from spacenit_core.kinds.benchmarks import BATCH_SIZE
from spacenit_core.kinds.datasets import GeoreferencedDataset
from spacenit_core.kinds.embedders import Embedder
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_demo.figures.landscape import LandscapeView, natural_colour
from spacenit_demo.settings import BLOCK, PATCH_SIZE, SENSORS, TRAIN_SHARE, WINDOW
from spacenit_demo.world.generate import World, WorldSize
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
from spacenit_evals.benchmarks.labelled_rasters.windows import WindowLocations, read_windows
from spacenit_evals.checkpoint import TrainedRun
from spacenit_evals.embedders.encoder import ModelEncoder
from spacenit_evals.embedders.random_init import RandomInit
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.evaluation import evaluate
from spacenit_evals.labels import LabelledPoints
from spacenit_evals.protocols.knn import KNN
from spacenit_evals.protocols.logistic_blocks import LogisticBlocks
from spacenit_evals.results.found import Report
from spacenit_evals.vectors.embeddings import Progress

LOGISTIC_BLOCKS = LogisticBlocks()
PROTOCOLS = {"knn": KNN(), "logistic_blocks": LOGISTIC_BLOCKS}


def benchmark(run: TrainedRun, world: World, seed: int) -> LabelledRasters:
    """The land cover at the world's labelled pixels, from what the run trained on without maps."""
    return LabelledRasters(
        labels=tuple(map(str, world.points)),
        max_points=None,
        h5py_dir=world.h5py_dir,
        sensors=tuple(spec.name for spec in run.sensors if spec.name in SENSORS),
        window=WINDOW,
        block=BLOCK,
        train_share=TRAIN_SHARE,
        seed=seed,
    )


def evaluate_demo(run: TrainedRun, world: World, seed: int, progress: Progress) -> Report:
    """Classify the land cover at the world's labelled pixels."""
    beside = {"random_init": RandomInit(), "raw_pixels": RawPixels()}
    return evaluate(
        run, benchmark(run, world, seed), PROTOCOLS, beside=beside, patch_size=PATCH_SIZE, progress=progress
    )


def view_landscape(
    run: TrainedRun, world: World, size: WorldSize, seed: int, landscape: int, progress: Progress
) -> LandscapeView:
    """Encode a whole landscape window by window, and let a logistic regression draw its map.

    The probe is trained on the training points of the evaluation, those of the other landscapes included.
    """
    encoder = ModelEncoder()
    opened = benchmark(run, world, seed).build(encoder.takes(run, PATCH_SIZE))
    dataset, points, around = opened.dataset, opened.points, opened.windows
    known, grid = opened.draws[0][0].train, _grid(size, landscape)
    windows = WindowLocations(
        sample=np.concatenate([around.sample[known], grid.sample]),
        row=np.concatenate([around.row[known], grid.row]),
        column=np.concatenate([around.column[known], grid.column]),
        cells=WINDOW,
    )
    vectors = _embedded(encoder.build(run, opened.inputs), dataset, windows, progress)
    train, vectors = vectors[: known.sum()], vectors[known.sum() :]
    labels, blocks = points.label[known], opened.groups[known]
    predicted = LOGISTIC_BLOCKS.build().fit_predict(train, labels, vectors, blocks)
    side = size.tiles * size.tile_size // WINDOW
    with rasterio.open(world.truth[landscape]) as file:
        truth, corner = file.read(1), (file.transform.c, file.transform.f)
    return LandscapeView(
        colour=natural_colour(dataset, landscape * size.tiles**2 + np.arange(size.tiles**2).reshape(size.tiles, -1)),
        vectors=vectors.reshape(side, side, -1),
        predicted=np.asarray(points.codes, dtype=np.uint8)[predicted].reshape(side, side),
        truth=truth,
        train=_training_ground(truth.shape, corner, points, known),
    )


def _embedded(
    embedder: Embedder, dataset: GeoreferencedDataset, windows: WindowLocations, progress: Progress
) -> np.ndarray:
    """The vector of each window, float32 ``[n, D]``."""
    vectors: list[np.ndarray] = []
    windows_done: list[int] = []
    for numbers, samples in read_windows(dataset, windows, batch_size=BATCH_SIZE):
        vectors.append(embedder.pooled(samples))
        windows_done.extend(numbers)
        progress(len(windows_done), len(windows))
    return np.concatenate(vectors)[np.argsort(windows_done)]


def most_complete(world: World, size: WorldSize) -> int:
    """The landscape whose tiles lack the fewest sensors; of equals the first."""
    listed = H5Tiles(h5py_dir=world.h5py_dir, training_modalities=SENSORS).index.listed
    having = np.sum([listed[name] for name in SENSORS], axis=0).reshape(size.landscapes, -1).sum(axis=1)
    return int(having.argmax())


def _grid(size: WorldSize, landscape: int) -> WindowLocations:
    """Windows that cover a landscape without overlap, row by row."""
    side = size.tiles * size.tile_size
    row, column = (axis.reshape(-1) for axis in np.mgrid[0:side:WINDOW, 0:side:WINDOW])
    tile = row // size.tile_size * size.tiles + column // size.tile_size
    return WindowLocations(
        sample=landscape * size.tiles**2 + tile,
        row=row % size.tile_size,
        column=column % size.tile_size,
        cells=WINDOW,
    )


def _training_ground(
    shape: tuple[int, ...], corner: tuple[float, float], points: LabelledPoints, known: np.ndarray
) -> np.ndarray:
    """Which cells lie in a block whose labels the probe was trained on, bool ``[H, W]``."""
    used = _blocks(points.x, points.y)[known]
    row, column = (axis.reshape(-1) for axis in np.indices(shape))
    x, y = corner[0] + 10.0 * (column + 0.5), corner[1] - 10.0 * (row + 0.5)
    cells = _blocks(x, y)
    return (cells[:, None] == np.unique(used, axis=0)[None]).all(axis=-1).any(axis=-1).reshape(shape)


def _blocks(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.floor(np.stack([x, y], axis=1) / BLOCK).astype(np.int64)
