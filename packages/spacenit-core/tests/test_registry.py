"""Entries by name, from real distributions on the path."""

import subprocess
import sys
from multiprocessing.reduction import ForkingPickler

import pytest

from spacenit_core.environment import install_line
from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import LOSSES
from spacenit_core.kinds.masking import MASKING
from spacenit_core.kinds.recipes import RECIPES
from spacenit_core.kinds.schedulers import SCHEDULERS
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.plugins import discovery
from spacenit_core.plugins.known import KNOWN
from spacenit_core.plugins.registry import kind_named, kinds, registry, singular

MASK = """
import attrs
from spacenit_core.kinds.masking import MaskingConfig

@attrs.frozen(kw_only=True)
class Checker(MaskingConfig):
    size: int = 2

def not_a_class():
    pass
"""


@pytest.fixture
def checker(install_plugin):
    install_plugin("acme-masks", {"masking": {"checker": "acme_masks:Checker"}}, {"acme_masks": MASK})


def refused(call, *arguments):
    with pytest.raises(UserError) as caught:
        call(*arguments)
    return str(caught.value)


def test_an_installed_entry_is_listed_without_being_imported_and_loaded_by_name(checker):
    assert "checker" in MASKING.names()
    assert "acme_masks" not in sys.modules

    config = MASKING.get("checker")

    assert config(size=4).size == 4
    assert MASKING.get("checker") is config


def test_an_entry_says_where_it_comes_from(checker):
    (entry,) = MASKING.entries("check*")

    assert (entry.kind, entry.name, entry.value) == ("masking", "checker", "acme_masks:Checker")
    assert (entry.distribution, entry.version, entry.qualified) == ("acme-masks", "1.0", "acme-masks/checker")
    assert "acme_masks" not in sys.modules


@pytest.mark.parametrize("spelling", ["CHECKER", "Checker", "acme-masks/checker", "Acme_Masks/Checker"])
def test_other_spellings_find_it(checker, spelling):
    assert MASKING.get(spelling).__name__ == "Checker"


def test_names_are_sorted_naturally_and_matched_by_patterns(install_plugin):
    points = {f"step{number}": "acme_masks:Checker" for number in (10, 9, 1)}
    install_plugin("acme-masks", {"masking": points}, {"acme_masks": MASK})

    assert MASKING.names("step*") == ["step1", "step9", "step10"]
    assert MASKING.names("STEP*") == []


def test_a_renamed_spelling_stands_for_the_present_name():
    for spelling in ("InfoNCE", "infonce", "INFONCE"):
        assert LOSSES.canonical(spelling) == "info_nce"
    assert LOSSES.canonical("modality_patch_discrimination_new") == "modality_patch_discrimination"
    assert SCHEDULERS.canonical("cos_with_warmup") == SCHEDULERS.canonical("CosWithWarmup") == "cosine_with_warmup"
    assert LOSSES.canonical("something_else") == "something_else"


def test_a_typo_is_answered_with_the_name_that_was_meant_and_all_names(checker):
    said = refused(MASKING.get, "cheker")

    assert "unknown masking 'cheker'" in said
    assert "did you mean checker?" in said
    assert "installed: " in said


def test_a_known_plugin_that_is_absent_is_answered_with_what_to_install(monkeypatch):
    monkeypatch.setitem(KNOWN["masking"], "far_away", "spacenit-far")

    for name in ("far_away", "Far-Away", "far_awey"):
        assert install_line("spacenit-far") in refused(MASKING.get, name)


def test_the_wrong_distribution_is_answered_with_the_right_one(checker):
    assert "did you mean acme-masks/checker?" in refused(MASKING.get, "other/checker")


def test_one_name_in_two_distributions_is_an_error_at_look_up_that_shows_both(checker, install_plugin):
    install_plugin("beta-masks", {"masking": {"checker": "beta_masks:Checker"}}, {"beta_masks": MASK}, version="2.3")

    assert MASKING.names().count("checker") == 1
    said = refused(MASKING.get, "checker")

    assert "acme-masks 1.0 (acme_masks:Checker) and beta-masks 2.3 (beta_masks:Checker)" in said
    assert "write acme-masks/checker or beta-masks/checker" in said
    assert MASKING.get("beta-masks/checker").__module__ == "beta_masks"
    assert MASKING.name_of(MASKING.get("beta-masks/checker")()) == "beta-masks/checker"


def test_a_broken_plugin_harms_nobody_and_fails_with_its_cause_when_it_is_chosen(checker, install_plugin):
    install_plugin(
        "broken", {"masking": {"bad": "broken_masks:Bad"}}, {"broken_masks": "import module_that_is_not_there"}
    )

    assert {"bad", "checker"} <= set(MASKING.names())
    assert MASKING.get("checker").__name__ == "Checker"
    said = refused(MASKING.get, "bad")

    assert "masking 'bad' of broken 1.0 (broken_masks:Bad) cannot be loaded: ModuleNotFoundError" in said
    assert "it needs the module 'module_that_is_not_there'" in said


@pytest.mark.parametrize("source", ["1 / 0", "raise SystemExit(3)", "def broken(:", "Bad = missing"])
def test_whatever_a_plugin_raises_at_import_keeps_its_cause(install_plugin, source):
    install_plugin("broken", {"masking": {"bad": "broken_masks:Bad"}}, {"broken_masks": source})

    with pytest.raises(UserError, match="plugins doctor") as caught:
        MASKING.get("bad")

    assert caught.value.__cause__ is not None
    assert type(caught.value.__cause__).__name__ in str(caught.value)


def test_something_of_another_kind_is_explained(install_plugin):
    points = {
        "masking": {"function": "acme_masks:not_a_class"},
        "losses": {"mask": "acme_masks:Checker"},
        "sensors": {"mask": "acme_masks:Checker"},
        "recipes": {"number": "acme_masks:__name__"},
    }
    install_plugin("acme-masks", points, {"acme_masks": MASK})

    assert (
        "is a function; entries of kind masking are classes that inherit spacenit_core.kinds.masking.MaskingConfig"
        in (refused(MASKING.get, "function"))
    )
    assert "is the class Checker; entries of kind losses are classes that inherit" in refused(LOSSES.get, "mask")
    assert "are values of spacenit_core.sensors.spec.SensorSpec" in refused(SENSORS.get, "mask")
    assert "is a str; entries of kind recipes are functions" in refused(RECIPES.get, "number")


def test_a_config_finds_its_name_without_loading_others(checker, install_plugin):
    install_plugin("broken", {"masking": {"bad": "broken_masks:Bad"}}, {"broken_masks": "1 / 0"})
    config = MASKING.get("checker")

    assert MASKING.name_of(config) == MASKING.name_of(config(size=3)) == "checker"


def test_a_config_finds_its_name_where_it_was_not_loaded_by_name(checker):
    from acme_masks import Checker

    assert MASKING.name_of(Checker()) == "checker"


def test_a_value_finds_its_name():
    sensor = SENSORS.get("sentinel1")

    assert SENSORS.name_of(sensor) == "sentinel1"


def test_what_nobody_declares_has_no_name():
    class Local(MASKING.base):
        pass

    assert "is not an installed entry of kind masking" in refused(MASKING.name_of, Local())


def test_a_plugin_that_was_installed_meanwhile_is_found_after_a_refresh(install_plugin):
    before = MASKING.names()
    install_plugin("acme-masks", {"masking": {"checker": "acme_masks:Checker"}}, {"acme_masks": MASK})
    discovery.refresh()

    assert set(MASKING.names()) == {*before, "checker"}


def test_an_installation_that_was_removed_by_half_breaks_no_list(checker, install_plugin):
    folder = install_plugin("half", {"masking": {"half": "half_masks:Half"}}, {})
    (folder / "half-1.0.dist-info" / "METADATA").unlink()
    discovery.refresh()

    (entry,) = MASKING.entries("half")
    assert (entry.distribution, entry.version) == ("unknown", "unknown")
    assert "masking 'half' of unknown unknown (half_masks:Half) cannot be loaded" in refused(MASKING.get, "half")


def test_a_registry_travels_to_other_processes_by_its_kind():
    assert ForkingPickler.loads(ForkingPickler.dumps(MASKING)) is MASKING


@pytest.mark.parametrize(
    ("text", "kind"),
    [("masking", "masking"), ("loss", "losses"), ("LOSSES", "losses"), ("patch", "patches"), ("sensor", "sensors")],
)
def test_kinds_are_found_in_singular_and_plural(text, kind):
    assert kind_named(text) == kind
    assert registry(text).kind == kind


def test_an_unknown_kind_is_answered_with_the_one_that_was_meant():
    assert "did you mean masking?" in refused(kind_named, "maskin")
    assert "kinds: attention, benchmarks, callbacks" in refused(registry, "qqqq")


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_has_a_registry_of_its_name(kind):
    assert registry(kind).kind == kind
    assert registry(singular(kind)) is registry(kind)


def test_listing_costs_one_look_at_what_is_installed(checker, monkeypatch):
    calls = []
    original = discovery.entry_points
    monkeypatch.setattr(discovery, "entry_points", lambda: calls.append(1) or original())
    discovery.refresh()

    for kind in kinds():
        registry(kind).names()

    assert len(calls) == 1


def test_registry_and_discovery_import_the_standard_library_alone():
    code = (
        "import sys; before = {name.partition('.')[0] for name in sys.modules}; "
        "import spacenit_core.plugins.registry; "
        "print(*{name.partition('.')[0] for name in sys.modules} - before - set(sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["spacenit_core"]
