import re

import pytest

from spacenit_core.kinds.patches import PATCHES
from spacenit_train.run import resolve_run

OURS = [entry.name for entry in PATCHES.entries() if entry.value.startswith("spacenit_ablations.")]


def test_the_ablations_are_found_by_name():
    assert {"no_contrastive", "s2_only"} <= set(OURS)


@pytest.mark.parametrize("name", OURS)
def test_a_patch_says_what_it_does_and_how(name):
    patch = PATCHES.get(name)

    assert patch.summary
    assert patch.theme
    assert patch.overrides
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)*", path) for path in patch.overrides)
    assert PATCHES.name_of(patch) == name


def test_random_masking_without_lists_feeds_maps_to_the_encoder_as_it_says():
    masking = resolve_run("base+random_masking", "r").experiment.train_module.masking

    assert masking.only_decode_modalities == ()
