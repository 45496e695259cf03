"""Kinds that plugins add: a package as `plugins new --kind kinds` writes it, used like one of the core's."""

import subprocess
import sys
import tomllib

import pytest

from spacenit_core.cli.checks import check_distribution
from spacenit_core.cli.main import run
from spacenit_core.cli.new import create
from spacenit_core.config import structure, unstructure
from spacenit_core.config.shapes import kind_of
from spacenit_core.contracts.build import build
from spacenit_core.errors import PluginError, UserError
from spacenit_core.plugins.registry import kind_named, kinds, registry

WRONG = """
import attrs
from spacenit_acme_indices.kind import AcmeIndicesConfig

@attrs.frozen(kw_only=True)
class Wrong(AcmeIndicesConfig):
    def build(self):
        return lambda pixels: pixels
"""


@pytest.fixture
def install(tmp_path, monkeypatch, install_plugin):
    """Write a package with `plugins new` and put it on the path, here and in processes that are started."""

    def written(name, kind):
        folder = create(name, kind, tmp_path / name).folder
        monkeypatch.syspath_prepend(str(folder / "src"))
        project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        points = {group.removeprefix("spacenit."): found for group, found in project["entry-points"].items()}
        site = install_plugin(name, points, {})
        sources = [str(path / "src") for path in tmp_path.iterdir() if (path / "src").is_dir()]
        monkeypatch.setenv("PYTHONPATH", ":".join([str(site), *sources]))
        return folder

    yield written
    for module in [name for name in sys.modules if name.startswith(("spacenit_acme_indices", "acme_ratio"))]:
        del sys.modules[module]


def test_a_plugins_kind_is_listed_explained_checked_and_written_like_one_of_the_core(install, tmp_path, capsys):
    install("spacenit-acme-indices", "kinds")

    assert run(["plugins", "list", "acme-indices"]) == 0
    assert "acme_indices  difference  spacenit-acme-indices" in capsys.readouterr().out
    assert run(["plugins", "info", "acme_indices", "difference"]) == 0
    assert "place of the band that counts as positive" in capsys.readouterr().out
    assert run(["plugins", "info", "kinds", "acme_indices"]) == 0
    assert "one number for each pixel" in capsys.readouterr().out
    assert run(["plugins", "new", "--help"]) == 0
    assert "acme_indices" in capsys.readouterr().out
    assert run(["plugins", "doctor", "spacenit-acme-indices", "--deep"]) == 0

    folder = install("acme-ratio", "acme_indices")
    assert '"spacenit-acme-indices>=1.0,<1.1"' in (folder / "pyproject.toml").read_text()
    assert check_distribution("acme-ratio", deep=True) == []
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_slot_may_hold_entries_of_a_plugins_kind(install):
    install("spacenit-acme-indices", "kinds")
    found = registry("acme_indices")
    config = found.get("difference")(first=3)

    assert kind_of(type(config)) is found
    assert unstructure(config) == {"type": "difference", "first": 3, "second": 0}
    assert structure({"type": "difference", "first": 3}, found.base) == config
    with pytest.raises(UserError, match="unknown acme_indice 'differense'; did you mean difference"):
        found.get("differense")


def test_what_an_entry_of_a_plugins_kind_returns_is_held_to_the_plugins_contract(install, install_plugin):
    import numpy as np

    install("spacenit-acme-indices", "kinds")
    install_plugin("acme-wrong", {"acme_indices": {"wrong": "acme_wrong:Wrong"}}, {"acme_wrong": WRONG})

    with pytest.raises(PluginError) as caught:
        build(registry("acme_indices").get("wrong")())(np.zeros((2, 3), dtype=np.float32))

    assert "acme_indice 'wrong' of acme-wrong 1.0 (acme_wrong:Wrong) returned a ndarray" in str(caught.value)
    assert "the contract is in spacenit_acme_indices.kind" in str(caught.value)
    assert [finding.level for finding in check_distribution("acme-wrong", deep=True)] == ["error"]


KIND = """
from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry

class Base(EntryConfig):
    __slots__ = ()

TAKEN = Registry("masking", Base, contract="acme_kind")
OTHER = Registry("another", Base, contract="acme_kind")
FOREIGN = Registry("foreign", dict)
BARE = Registry("bare", Base, contract="acme_nowhere")
"""


def test_the_doctor_names_what_is_wrong_with_a_kind(install_plugin):
    points = {"masking": "acme_kind:TAKEN", "named": "acme_kind:OTHER", "bare": "acme_kind:BARE"}
    install_plugin("acme-kind", {"kinds": {**points, "foreign": "acme_kind:FOREIGN"}}, {"acme_kind": KIND})

    said = {(found.subject, found.level): found.message for found in check_distribution("acme-kind")}

    assert "is the name of a kind of spacenit-core" in said["kinds/masking", "error"]
    assert "calls its kind 'another'" in said["kinds/named", "error"]
    assert "does not inherit" in said["kinds/foreign", "error"]
    assert "cannot be loaded" in said["kinds/bare", "error"]
    assert registry("masking").base.__module__ == "spacenit_core.kinds.masking"
    with pytest.raises(UserError, match="both names must be the same"):
        registry("named")
    with pytest.raises(UserError, match="there is no template for bare, a kind of acme-kind"):
        create("my-bare", "bare")


def test_without_the_plugin_its_kind_is_unknown():
    assert "acme_indices" not in kinds()
    with pytest.raises(UserError, match="unknown kind"):
        kind_named("acme_indices")
