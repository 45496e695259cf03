"""Learning rates of trained protocols: of the grid, and of each task where nothing is swept."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from spacenit_core.kinds.protocols import ProtocolConfig
from spacenit_evals.sweep.settings import has, with_settings

PROBE = (1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1, 5e-1)
FINETUNE = (1e-4, 5e-4, 1e-3)

OF_TASKS = (
    ("mados", 0.01),
    ("gb2_biomassters", 1e-3),
    ("lfmc*", 5e-5),
    ("pastis*", 0.1),
    ("sen1floods11*", 0.1),
    ("m_sa_crop_type", 0.1),
    ("m_cashew_plant", 0.1),
    ("fifty_cities*", 0.1),
    ("gb2_*", 0.1),
)
"""Pattern of a benchmark's name -> the rate of its linear probe in OlmoEarth's evaluation; the first that fits."""

SEVERAL, _ONE = "learning_rates", "learning_rate"


def is_trained(protocol: ProtocolConfig) -> bool:
    """Whether a protocol has a learning rate to sweep over."""
    return has(protocol, SEVERAL) or has(protocol, _ONE)


def rates_of(protocol: ProtocolConfig) -> tuple[float, ...]:
    """The learning rates of the grid."""
    return PROBE if has(protocol, SEVERAL) else FINETUNE


def usual_rate(protocol: ProtocolConfig, benchmark: str) -> float:
    """The learning rate where none is swept."""
    if not has(protocol, SEVERAL):
        return FINETUNE[0]
    return next((rate for pattern, rate in OF_TASKS if fnmatchcase(benchmark, pattern)), 0.01)


def with_rates(protocol: ProtocolConfig, rates: Sequence[float]) -> ProtocolConfig:
    """The protocol with one learning rate, or with several of which the validation samples choose one."""
    if has(protocol, SEVERAL):
        return with_settings(protocol, **{SEVERAL: tuple(rates)})
    (rate,) = rates
    return with_settings(protocol, **{_ONE: rate})
