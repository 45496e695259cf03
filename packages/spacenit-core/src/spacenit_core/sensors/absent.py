"""Bands of which a set has no pixel at all: what a model does not see for want of them, and what to set."""

from collections.abc import Collection

from spacenit_core.sensors.spec import SensorSpec
from spacenit_core.text import listed


def absent_bands_note(spec: SensorSpec, present: Collection[str]) -> str:
    """What to tell a person whose samples never have some bands of a sensor; empty where they have all, or none.

    Args:
        spec: the sensor, in the groups that it is embedded by.
        present: its bands that have pixels in some sample.
    """
    used = [band for group in spec.token_groups for band in group]
    absent = [band for band in used if band not in present]
    if not absent or len(absent) == len(used):
        return ""
    note = f"{spec.name}: no sample has a pixel of {listed(absent)}"
    lost = [band for group in spec.token_groups if set(group) & set(absent) for band in group if band in present]
    if lost:
        note += (
            f", and so a model never sees {listed(lost)} either: bands of one token count as missing together. "
            f"To train on them: {regrouping(spec, present)}"
        )
    return note


def regrouping(spec: SensorSpec, present: Collection[str]) -> str:
    """The setting with which the bands that are there are embedded."""
    there = [[band for band in group if band in present] for group in spec.token_groups]
    groups = ",".join(f"[{','.join(group)}]" for group in there if group)
    return f"--band_groups.{spec.name}=[{groups}]"
