"""Galileo and Presto on real labelled data, held to what was measured elsewhere (docs/results.md).

    python benchmarks/real_tables.py DATA [--only points france_arable ...] [--out FOLDER]

DATA is the folder that holds `evals` and `weights` (GALILEO_DIR and PRESTO_DIR name other weights). Prints a table in
Markdown for each benchmark, and each gate with what was found; ends with 1 where one is missed. With --out the reports
are kept, predictions included.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from attrs import field, frozen
from real_gates import Gate, ahead, ahead_resampled, at_least, near

from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.kinds.embedders import EmbedderConfig
from spacenit_core.kinds.protocols import ProtocolConfig
from spacenit_evals import evaluate
from spacenit_evals.benchmarks.harvest.algae_blooms import PrestoAlgaeBlooms
from spacenit_evals.benchmarks.harvest.fuel_moisture import PrestoFuelMoisture
from spacenit_evals.benchmarks.sen1floods11.config import Sen1Floods11
from spacenit_evals.benchmarks.terramesh.config import TerraMesh
from spacenit_evals.benchmarks.worldcereal.worldcereal_france import WorldCerealFrance
from spacenit_evals.benchmarks.worldcereal.worldcereal_points import WorldCerealPoints
from spacenit_evals.embedders.image_statistics import ImageStatistics
from spacenit_evals.embedders.raw_series import RawSeries
from spacenit_evals.evaluation import Report
from spacenit_evals.protocols.logistic_balanced import LogisticBalanced
from spacenit_evals.protocols.logistic_patches import LogisticPatches
from spacenit_evals.protocols.random_forest import RandomForest
from spacenit_evals.protocols.ridge import Ridge
from spacenit_evals.results.report import write_report
from spacenit_galileo.config import Galileo
from spacenit_presto.config import Presto

L1C = ("sentinel2", "sentinel1")
CHOSEN = LogisticBalanced(strengths=(1e-4, 1e-3, 1e-2, 0.1, 1.0))
"""C by three inner folds of groups."""


@frozen(kw_only=True)
class Table:
    """One benchmark with what is compared on it.

    Attributes:
        title: of the table.
        benchmark: by the folder of the data.
        protocols: by name.
        models: by name; the first is compared with the others.
        patch_size: cells along one side of a patch.
        gates: what has to hold.
    """

    title: str
    benchmark: Callable[[Path], BenchmarkConfig]
    protocols: Mapping[str, ProtocolConfig]
    models: Mapping[str, EmbedderConfig]
    patch_size: int = 1
    gates: tuple[Gate, ...] = field(default=())


def series_models(sensors: tuple[str, ...] = ("sentinel2_l2a", "sentinel1")) -> dict[str, EmbedderConfig]:
    """Both encoders, each beside its own random weights, and what needs no encoder."""
    return {
        "galileo": Galileo(sensors=sensors),
        "galileo_random": Galileo(sensors=sensors, random_init=True),
        "presto": Presto(sensors=sensors),
        "presto_random": Presto(sensors=sensors, random_init=True),
        "raw_series": RawSeries(),
        "image_statistics": ImageStatistics(),
    }


TABLES: dict[str, Table] = {
    "points": Table(
        title="WorldCereal, temporary crops or not",
        benchmark=lambda data: WorldCerealPoints(folder=data / "worldcereal_points", gaps="filled"),
        protocols={"C = 0.05": LogisticBalanced(), "C chosen": CHOSEN},
        models=series_models(),
        gates=(
            at_least("C = 0.05", "galileo", 0.78),
            at_least("C = 0.05", "presto", 0.73),
            *(ahead("C = 0.05", "galileo", other) for other in ("galileo_random", "raw_series", "image_statistics")),
            *(ahead("C = 0.05", "presto", other) for other in ("presto_random", "raw_series")),
            near("C chosen", "galileo", 0.80, 0.03),
            near("C chosen", "presto", 0.767, 0.03),
        ),
    ),
    "france_arable": Table(
        title="French crops, four kinds (F23-arable4)",
        benchmark=lambda data: WorldCerealFrance(folder=data / "worldcereal_france", target="arable", gaps="filled"),
        protocols={"C chosen": CHOSEN},
        models=series_models(),
        gates=(
            near("C chosen", "raw_series", 0.84, 0.03),
            near("C chosen", "image_statistics", 0.73, 0.03),
            ahead("C chosen", "raw_series", "image_statistics"),
        ),
    ),
    "france_groups": Table(
        title="French crops, five groups (F23-L3)",
        benchmark=lambda data: WorldCerealFrance(
            folder=data / "worldcereal_france", target="crop_groups", gaps="filled"
        ),
        protocols={"C chosen": CHOSEN},
        models=series_models(),
        gates=(
            near("C chosen", "galileo", 0.548, 0.03),
            *(
                ahead_resampled("C chosen", "galileo", other)
                for other in ("galileo_random", "raw_series", "image_statistics")
            ),
        ),
    ),
    "terramesh": Table(
        title="TerraMesh, eight classes of a land-cover map",
        benchmark=lambda data: TerraMesh(folder=data / "terramesh_examples", draws=3),
        protocols={"by patches": LogisticPatches()},
        models={
            "galileo": Galileo(sensors=("sentinel2_l2a",)),
            "galileo_random": Galileo(sensors=("sentinel2_l2a",), random_init=True),
            "raw_series": RawSeries(),
        },
        patch_size=4,
        gates=(
            *(ahead("by patches", "galileo", other) for other in ("galileo_random", "raw_series")),
            *(ahead_resampled("by patches", "galileo", other, 1000) for other in ("galileo_random", "raw_series")),
        ),
    ),
    "floods": Table(
        title="Sen1Floods11, one chip",
        benchmark=lambda data: Sen1Floods11(folder=data / "sen1floods11_spain", draws=3),
        protocols={"by patches": LogisticPatches()},
        models={
            "galileo": Galileo(sensors=("sentinel1",)),
            "galileo_random": Galileo(sensors=("sentinel1",), random_init=True),
            "raw_series": RawSeries(),
        },
        patch_size=4,
    ),
    "fuel_encoders": Table(
        title="Live fuel moisture, both encoders",
        benchmark=lambda data: PrestoFuelMoisture(folder=data / "presto_fuel_moisture"),
        protocols={"random forest": RandomForest(), "ridge": Ridge()},
        models={
            "presto": Presto(sensors=L1C),
            "presto_random": Presto(sensors=L1C, random_init=True),
            "galileo": Galileo(sensors=L1C),
            "galileo_random": Galileo(sensors=L1C, random_init=True),
        },
        gates=(near("random forest", "presto", 25.98, 25.98 * 0.07),),
    ),
    "fuel_raw": Table(
        title="Live fuel moisture, all numbers and the place",
        benchmark=lambda data: PrestoFuelMoisture(folder=data / "presto_fuel_moisture"),
        protocols={"random forest": RandomForest(), "ridge": Ridge()},
        models={"raw_series": RawSeries(location=True)},
        gates=(
            near("random forest", "raw_series", 23.84, 23.84 * 0.07),
            near("ridge", "raw_series", 28.20, 28.20 * 0.07),
        ),
    ),
    "algae": Table(
        title="Severity of algae blooms",
        benchmark=lambda data: PrestoAlgaeBlooms(folder=data / "presto_algae_blooms"),
        protocols={"random forest": RandomForest()},
        models=series_models(L1C),
    ),
}


def main() -> int:
    """Make the tables that are asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", nargs="+", choices=sorted(TABLES), default=list(TABLES))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    for variable, folder in (("GALILEO_DIR", "galileo_nano"), ("PRESTO_DIR", "presto")):
        os.environ.setdefault(variable, str(arguments.data / "weights" / folder))
    missed = 0
    for name in arguments.only:
        table, start = TABLES[name], time.monotonic()
        first, *others = table.models
        report = evaluate(
            table.models[first],
            table.benchmark(arguments.data / "evals"),
            table.protocols,
            beside={other: table.models[other] for other in others},
            patch_size=table.patch_size,
        )
        seconds = time.monotonic() - start
        print(f"### {table.title}\n\n{markdown(report)}\n\n{len(report.scores)} rows in {seconds:.0f} s\n")
        for gate in table.gates:
            held, found = gate.judge(report)
            missed += not held
            print(f"- {'holds' if held else 'MISSED'}: {gate.text}: {found}")
        print(flush=True)
        if arguments.out is not None:
            write_report(report, arguments.out / name)
    return int(missed > 0)


def markdown(report: Report) -> str:
    """Score with its interval, mean and deviation over the draws, and how far the first is ahead."""
    primary = report.primary
    head = f"| protocol | features | {primary} | draws: mean (deviation) | the first ahead by |"
    rows = [head, "|---|---|---|---|---|"]
    for score in report.scores:
        spread = f"{np.mean(score.draws):.3f} ({np.std(score.draws, ddof=1):.3f})" if len(score.draws) > 1 else ""
        gain = "" if score.gain is None else score.gain.text("+")
        rows.append(f"| {score.probe} | {score.features} | {score.metrics[primary]} | {spread} | {gain} |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
