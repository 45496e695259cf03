"""`--plugin KIND=NAME`: the slot that it fills, and what it says where there is none."""

import sys

import pytest

from spacenit_core.config import resolve
from spacenit_core.errors import UserError


def test_plugin_sets_the_only_slot_of_its_kind(lay):
    acme = sys.modules["acme_config"]

    for option in ("masking=rings", "maskings=rings", "Masking=rings"):
        resolved = lay(plugins=[option])
        assert resolved.value.masking == acme.Rings(ratio=0.75)
        assert ("masking.type", "rings", f"--plugin {option}") in resolved.rows()
    # The empty slot `contrast` does not count.
    assert lay(plugins=["losses=contrast"]).value.loss == acme.Contrast()
    assert lay(plugins=["contrast=contrast"]).value.contrast == acme.Contrast()
    assert lay("--contrast.weight=3", plugins=["contrast=contrast"]).value.contrast.weight == 3.0


def test_plugin_reaches_slots_that_another_plugin_brings(lay):
    acme = sys.modules["acme_config"]

    for options in (["masking.inner=rings", "masking=nested"], ["masking=nested", "masking.inner=rings"]):
        assert lay(plugins=options).value.masking == acme.Nested(inner=acme.Rings())


def test_plugin_lists_the_slots_where_there_are_several(world):
    acme = sys.modules["acme_config"]
    base = world(contrast=acme.Contrast())

    with pytest.raises(UserError) as caught:
        resolve(base, plugins=["losses=contrast"])

    assert "--plugin loss=contrast (now contrast)" in str(caught.value)
    assert "--plugin contrast=contrast (now contrast)" in str(caught.value)


def test_plugin_adds_to_a_mapping_of_entries(lay):
    assert list(lay(plugins=["callbacks=logger"]).value.callbacks) == ["bell", "logger"]
    assert list(lay(plugins=["callbacks.mine=logger"]).value.callbacks) == ["bell", "mine"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("masking", "expected KIND=NAME"),
        ("=x", "expected KIND=NAME"),
        ("masking=", "expected KIND=NAME"),
        ("maskign=rings", "did you mean masking?"),
        ("masking=rigns", "did you mean rings?"),
        ("protocols=knn", "no slot of kind protocols"),
        ("sensors=landsat", "--sensors=["),
        ("size.width=3", "holds no entry"),
    ],
)
def test_a_plugin_option_that_cannot_be_placed_says_why(refused, option, message):
    assert message in refused(plugins=[option])


def test_two_plugins_for_one_slot_are_an_error(refused):
    assert "two different values for masking" in refused(plugins=["masking=rings", "masking=dots"])


def test_a_plugin_whose_types_cannot_be_resolved_is_refused_when_it_is_chosen(lay, refused, install_plugin):
    source = (
        "from __future__ import annotations\nfrom attrs import frozen\n"
        "from spacenit_core.kinds.masking import MaskingConfig\n"
        "@frozen(kw_only=True)\nclass Odd(MaskingConfig):\n    {field}\n"
    )
    install_plugin("acme-odd", {"masking": {"odd": "acme_odd:Odd"}}, {"acme_odd": source.format(field="x: Absent = 1")})
    install_plugin(
        "acme-even", {"masking": {"even": "acme_even:Odd"}}, {"acme_even": source.format(field="x: int = 1")}
    )

    assert "name 'Absent' is not defined" in refused("--masking=odd")
    assert lay("--masking=even", "--masking.x=2").value.masking.x == 2
