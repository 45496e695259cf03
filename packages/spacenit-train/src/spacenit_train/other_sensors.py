"""Weights that were trained on other sensors than those that a run begins with."""

from pathlib import Path

from spacenit_core.cli.saying import say
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.stored import differences, read_stored
from spacenit_train.trainer.resume import listed


def say_other_sensors(source: Path, sensors: SensorSet) -> None:
    """Say where sensors are not those that weights were trained on: training changes the weights, so it may begin."""
    content = read_stored(source)
    found = differences(content, sensors, source) if content is not None else []
    if found:
        text = f"note: the weights in {source} were trained on other sensors:\n  {listed(found)}"
        say(text, err=True)
