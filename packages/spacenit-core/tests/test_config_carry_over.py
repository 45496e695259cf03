"""What outlives another type of a slot."""

import sys

import pytest

from spacenit_core.config import resolve
from spacenit_core.kinds.patches import Patch

OTHERS = """
from attrs import frozen
from spacenit_core.config.fields import between, setting
from spacenit_core.kinds.losses import LossConfig
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.optimizers import OptimizerConfig

@frozen(kw_only=True)
class Fine(MaskingConfig):
    ratio: float = setting("share of tokens", 0.25, validator=between(0, 0.5))
    width: str = setting("of a ring", "wide")
    maps: int = setting("how many", 0)

@frozen(kw_only=True)
class Holder(MaskingConfig):
    inner: MaskingConfig = setting("what is refined")
    spare: MaskingConfig | None = setting("another", None)

@frozen(kw_only=True)
class Both(MaskingConfig):
    inner: MaskingConfig = setting("what is refined", factory=Fine)
    spare: MaskingConfig | None = setting("another", factory=Fine)
"""


@pytest.fixture
def others(world, install_plugin):
    names = ("Fine", "Holder", "Both")
    install_plugin(
        "acme-others", {"masking": {name.lower(): f"acme_others:{name}" for name in names}}, {"acme_others": OTHERS}
    )
    __import__("acme_others")
    return sys.modules["acme_others"]


def test_settings_of_equal_name_are_carried_over_with_their_history(world):
    acme = sys.modules["acme_config"]
    base = world(masking=acme.Dots(ratio=0.125, maps=("landsat",)))

    resolved = resolve(base, plugins=["masking=rings"], source="recipe x")

    assert resolved.value.masking == acme.Rings(ratio=0.125, width=2)
    assert ("masking.ratio", 0.125, "carried over from dots (recipe x)") in resolved.rows()
    assert resolved.dropped == ("masking.maps=['landsat'] (recipe x): masking is now rings, which has no such setting",)


def test_a_value_counts_though_it_is_the_old_entrys_default(world):
    acme = sys.modules["acme_config"]

    resolved = resolve(world(masking=acme.Rings()), plugins=["masking=dots"])

    assert resolved.value.masking == acme.Dots(ratio=0.25)
    assert ("masking.ratio", 0.25, "carried over from rings") in resolved.rows()


@pytest.mark.parametrize("words", [["--masking.ratio=0.3"], ["--masking.type=rings", "--masking.ratio=0.3"]])
def test_what_is_given_wins(world, words):
    resolved = resolve(world(), plugins=["masking=rings"], overrides=words)

    assert resolved.value.masking.ratio == 0.3
    assert ("masking.ratio", 0.3, "--masking.ratio=0.3") in resolved.rows()


def test_over_two_changes_the_first_source_is_told(world):
    acme = sys.modules["acme_config"]
    patch = Patch(summary="s", overrides={"masking.type": "rings", "masking.ratio": "0.375"})

    resolved = resolve(world(), patches=[patch], plugins=["masking=dots"])

    assert resolved.value.masking == acme.Dots(ratio=0.375)
    (source,) = (source for path, _, source in resolved.rows() if path == "masking.ratio")
    assert source == "carried over from rings (patch 's')"


def test_what_the_new_entry_refuses_stays_behind_and_is_told(world, others):
    acme = sys.modules["acme_config"]
    base = world(masking=acme.Dots(ratio=0.8, maps=("landsat",)))

    resolved = resolve(base, plugins=["masking=fine"], source="recipe x")

    assert resolved.value.masking == others.Fine()
    refused, foreign = resolved.dropped
    assert refused.startswith("masking.ratio=0.8 (recipe x): masking is now fine, which does not take it (must lie")
    assert foreign.startswith("masking.maps=['landsat'] (recipe x): masking is now fine, which does not take it (expec")


def test_parts_are_carried_over_where_both_entries_fill_them(world, others):
    acme = sys.modules["acme_config"]
    holder = others.Holder(inner=acme.Rings(width=5), spare=acme.Dots())

    resolved = resolve(world(masking=holder), plugins=["masking=both"])
    assert resolved.value.masking == others.Both(inner=acme.Rings(width=5), spare=acme.Dots())
    # What one of them leaves empty is the new entry's own affair.
    back = resolve(world(masking=holder), plugins=["masking=both", "masking.inner=dots"])
    assert back.value.masking.inner == acme.Dots(ratio=0.25)
    empty = resolve(world(masking=others.Holder(inner=acme.Dots())), plugins=["masking=both"])
    assert empty.value.masking == others.Both(inner=acme.Dots(), spare=others.Fine())


def test_a_conflict_of_carried_values_names_them(world, refused, install_plugin):
    source = (
        "from attrs import frozen\nfrom spacenit_core.config.fields import setting\n"
        "from spacenit_core.kinds.masking import MaskingConfig\n"
        "@frozen(kw_only=True)\nclass Odd(MaskingConfig):\n    ratio: float = setting('share', 0.1)\n"
        "    def __attrs_post_init__(self):\n        if self.ratio > 0.2: raise ValueError('too much')\n"
    )
    install_plugin("acme-odd", {"masking": {"odd": "acme_odd:Odd"}}, {"acme_odd": source})

    message = refused(plugins=["masking=odd"])

    assert "too much" in message and "carried over from the entry before: ratio" in message
