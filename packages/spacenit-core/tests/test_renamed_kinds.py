"""Old names of kinds: understood for one release, for people and for plugins that are installed."""

import pytest

from spacenit_core.cli.checks import check_distribution
from spacenit_core.cli.main import run
from spacenit_core.kinds.masking import MASKING
from spacenit_core.plugins import discovery
from spacenit_core.plugins import registry as registry_module
from spacenit_core.plugins.registry import kind_named, kinds, registry
from spacenit_core.plugins.renamed_kinds import RENAMED_KINDS

MASK = """
import attrs
from spacenit_core.kinds.masking import MaskingConfig

@attrs.frozen(kw_only=True)
class Checker(MaskingConfig):
    size: int = 2
"""


@pytest.fixture(autouse=True)
def screens_became_masking(monkeypatch):
    monkeypatch.setitem(RENAMED_KINDS, "screens", "masking")
    registry_module._note_renamed.cache_clear()
    discovery.refresh()
    yield
    discovery.refresh()


def test_each_old_name_leads_to_a_kind():
    real = {old: kind for old, kind in RENAMED_KINDS.items() if old != "screens"}

    assert set(real.values()) <= set(kinds())
    assert not set(real) & set(kinds())


@pytest.mark.parametrize("text", ["screens", "screen", "SCREENS"])
def test_a_person_may_say_the_old_name_and_is_told_the_new_one_once(text, caplog):
    assert kind_named(text) == "masking"
    assert registry(text) is MASKING

    assert [record.getMessage() for record in caplog.records] == [
        "the kind screens is called masking now; the next release will not know the old name"
    ]


def test_an_entry_of_the_old_group_is_one_of_the_kind(install_plugin, capsys):
    install_plugin("acme-masks", {"screens": {"checker": "acme_masks:Checker"}}, {"acme_masks": MASK})

    assert MASKING.get("checker").__name__ == "Checker"
    assert "screens" not in discovery.declared_kinds()
    assert run(["plugins", "list", "screens"]) == 0
    assert "masking  checker" in capsys.readouterr().out


def test_the_doctor_warns_of_the_old_group(install_plugin):
    install_plugin("acme-masks", {"screens": {"checker": "acme_masks:Checker"}}, {"acme_masks": MASK})

    (finding,) = check_distribution("acme-masks")

    assert (finding.level, finding.subject) == ("warning", "masking/checker")
    assert "in the group spacenit.screens, which is called spacenit.masking now" in finding.message


def test_a_plugin_for_two_releases_declares_both_groups_and_has_one_entry(install_plugin):
    both = {kind: {"checker": "acme_masks:Checker"} for kind in ("masking", "screens")}
    install_plugin("acme-masks", both, {"acme_masks": MASK})

    assert [entry.group for entry in MASKING.entries("checker")] == ["spacenit.masking"]
    assert check_distribution("acme-masks") == []


PROBE = """
import attrs
from spacenit_core.kinds.probes import ProbeConfig

@attrs.frozen(kw_only=True)
class Nearest(ProbeConfig):
    def build(self):
        return self

    def fit_predict(self, train, labels, test, groups=None):
        distance = abs(test[:, None] - train[None]).sum(-1)
        return labels[distance.argmin(1)]
"""


def test_a_probe_of_the_release_before_is_a_protocol_and_the_doctor_says_so(install_plugin):
    install_plugin("acme-probes", {"probes": {"nearest": "acme_probes:Nearest"}}, {"acme_probes": PROBE})

    assert registry("probe").get("nearest").__name__ == "Nearest"
    said = [finding.message for finding in check_distribution("acme-probes", deep=True)]

    assert any("in the group spacenit.probes, which is called spacenit.protocols now" in text for text in said)
    assert any("ProtocolConfig in place of ProbeConfig" in text for text in said)
    assert not [finding for finding in check_distribution("acme-probes", deep=True) if finding.level == "error"]
