"""This process's place among others, as torchrun writes it into the environment. Imports no torch."""

import os

from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.text import listed

_ADDRESS = ("MASTER_ADDR", "MASTER_PORT")


@frozen(kw_only=True)
class RankEnvironment:
    """One process among those that train one model.

    Attributes:
        rank: this process, from 0.
        size: how many there are.
        local_rank: this process among those of its machine, from 0.
    """

    rank: int
    size: int
    local_rank: int


def started_as() -> RankEnvironment | None:
    """The place that torchrun gave this process; None where nothing did. A variable without a value is none.

    Raises:
        UserError: where the variables name no place: one is missing, is no number, or lies beyond another.
    """
    values = {name: value for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK") if (value := _value(name))}
    if "WORLD_SIZE" not in values:
        return None
    wrong = [name for name, value in values.items() if not value.isdecimal()]
    if wrong:
        raise _no_place(f"{listed(wrong)} {'is no number' if len(wrong) == 1 else 'are no numbers'}")
    size, rank = int(values["WORLD_SIZE"]), int(values.get("RANK", 0))
    if not rank < size:
        raise _no_place(f"ranks of {size} processes go from 0 to {size - 1}" if size else "there is no process")
    if size == 1:
        return (
            RankEnvironment(rank=0, size=1, local_rank=int(values.get("LOCAL_RANK", 0))) if "RANK" in values else None
        )
    missing = [name for name in ("RANK", "LOCAL_RANK", *_ADDRESS) if not _value(name)]
    if missing:
        raise _no_place(f"{listed(missing)} {'is' if len(missing) == 1 else 'are'} not set")
    if not _value("MASTER_PORT").isdecimal():
        raise _no_place(f"MASTER_PORT={_value('MASTER_PORT')} is no number")
    return RankEnvironment(rank=rank, size=size, local_rank=int(values["LOCAL_RANK"]))


def _value(name: str) -> str:
    return os.environ.get(name, "").strip()


def _no_place(problem: str) -> UserError:
    given = ", ".join(f"{name}={os.environ[name]}" for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK") if _value(name))
    return UserError(
        f"the environment has {given}, but {problem}",
        "--nproc_per_node=N and torchrun set all that processes need to meet; for one process: unset WORLD_SIZE RANK",
    )
