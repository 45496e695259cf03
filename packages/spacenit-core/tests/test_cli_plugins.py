"""`spacenit-run plugins list`, `info` and `doctor`."""

import json
import re

import pytest

from spacenit_core.cli.doctor import diagnose
from spacenit_core.cli.main import run
from spacenit_core.plugins import discovery

GOOD = '''
from pathlib import Path
from typing import Literal

import attrs
from spacenit_core.config.fields import setting
from spacenit_core.kinds.masking import MaskingConfig


@attrs.frozen(kw_only=True)
class Checker(MaskingConfig):
    """A chess board of patches.

    More about it.
    """

    size: int = setting("patches along one side of a field", 2)
    colour: Literal["black", "white"] = setting("the fields that are encoded", "white")
    folder: Path | None = setting("where boards are kept", None)
    names: tuple[str, ...] = setting("players", factory=lambda: ("a", "b"))
    board: str = setting("which board")
'''

BAD = """
import attrs
import torch
from typing import TYPE_CHECKING
from spacenit_core.kinds.masking import MaskingConfig

if TYPE_CHECKING:
    from pathlib import Path

class Plain(MaskingConfig):
    pass

@attrs.define(kw_only=True)
class Mutable(MaskingConfig):
    size: int = 2

@attrs.frozen(kw_only=True)
class Typed(MaskingConfig):
    type: str = "x"

@attrs.frozen(kw_only=True)
class Unresolved(MaskingConfig):
    folder: "Path | None" = None

@attrs.frozen(kw_only=True)
class Invalid(MaskingConfig):
    size: int = attrs.field(default=2, validator=attrs.validators.gt(5))

@attrs.frozen(kw_only=True)
class Fine(MaskingConfig):
    size: int = 2

Alias = Fine

def recipe(argument):
    pass
"""


def said_of(findings, subject):
    return " | ".join(f"{finding.level}: {finding.message}" for finding in findings if finding.subject == subject)


def test_the_list_as_json_has_kind_name_distribution_and_version(install_plugin, capsys):
    install_plugin("acme-masks", {"masking": {"checker": "acme_masks:Checker"}}, {"acme_masks": "1 / 0"}, version="3.1")

    assert run(["plugins", "list", "masking", "--json"]) == 0

    expected = {"kind": "masking", "name": "checker", "distribution": "acme-masks", "version": "3.1"}
    assert expected in json.loads(capsys.readouterr().out)


def test_the_list_for_people_has_a_heading_and_one_line_per_entry(install_plugin, capsys):
    install_plugin("acme-masks", {"masking": {"checker": "acme_masks:Checker"}}, {}, version="3.1")

    assert run(["plugins", "list", "mask"]) == 2
    assert run(["plugins", "list", "masking"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["kind", "name", "distribution", "version"]
    assert ["masking", "checker", "acme-masks", "3.1"] in [line.split() for line in lines]


def test_info_tells_settings_with_types_defaults_and_meanings_and_how_to_select_it(install_plugin, capsys):
    folder = install_plugin("acme-masks", {"masking": {"checker": "acme_masks:Checker"}}, {"acme_masks": GOOD})

    assert run(["plugins", "info", "masking", "Checker"]) == 0

    out = capsys.readouterr().out
    rows = {line.split()[0]: line for line in out.splitlines() if line}
    assert out.startswith("checker: A chess board of patches.\n")
    assert "--plugin masking=checker" in out
    assert f"{folder / 'acme_masks.py'}:10" in re.sub(r"\s", "", out)
    assert "acme-masks 1.0" in rows["distribution"]
    assert re.split(r"\s{2,}", rows["size"]) == ["size", "a whole number", "2", "patches along one side of a field"]
    assert re.split(r"\s{2,}", rows["colour"])[1:3] == ["black or white", "white"]
    assert re.split(r"\s{2,}", rows["folder"])[1:3] == ["a path or none", "none"]
    assert rows["names"].split()[1:5] == ["a", "list", "such", "as"] and "[a,b]" in rows["names"]
    assert "(required)" in rows["board"]


def test_info_shows_the_attributes_of_a_value(capsys):
    assert run(["plugins", "info", "sensor", "SENTINEL1"]) == 0

    out = capsys.readouterr().out
    assert "BandGroup(bands=[vv, vh], gsd=10)" in out
    assert "--sensors=[sentinel1]" in out
    assert "radar.py:" in out


def test_info_describes_a_command(capsys):
    assert run(["plugins", "info", "commands", "plugins"]) == 0
    assert capsys.readouterr().out.startswith("plugins: List, explain, check and create plugins.\n")


def test_the_doctor_finds_what_is_wrong_with_each_entry_and_nothing_with_a_good_one(install_plugin):
    names = ("Plain", "Mutable", "Typed", "Unresolved", "Invalid", "Fine", "Alias", "recipe", "Missing")
    masking = {name.lower(): f"bad_masks:{name}" for name in names} | {"Upper": "bad_masks:Fine"}
    points = {"masking": masking, "maskin": {"fine": "bad_masks:Fine"}, "recipes": {"recipe": "bad_masks:recipe"}}
    install_plugin("bad-masks", points, {"bad_masks": BAD})

    findings, counts = diagnose(["bad_masks"])

    assert counts == {"bad-masks": 12}
    for subject, expected in {
        "masking/Upper": "error: names are lower snake case",
        "masking/plain": "error: is not an attrs class",
        "masking/mutable": "error: can be changed after it is made",
        "masking/typed": "error: has a setting 'type'",
        "masking/unresolved": "error: the type of a setting cannot be resolved (name 'Path' is not defined)",
        "masking/invalid": "error: its defaults are not valid: ValueError",
        "masking/alias": "note: is defined as bad_masks:Fine",
        "masking/recipe": "error: is a function; entries of kind masking are classes",
        "masking/missing": "error: cannot be loaded: AttributeError",
        "maskin/fine": "error: there is no kind 'maskin' (group spacenit.maskin); did you mean masking?",
        "recipes/recipe": "error: a recipe is called without arguments",
    }.items():
        assert expected in said_of(findings, subject)
    assert said_of(findings, "masking/fine") == ""
    assert [finding.message for finding in findings if "imports torch" in finding.message] != []


def test_the_doctor_reports_packages_that_cannot_be_loaded_and_goes_on(install_plugin, capsys):
    install_plugin("acme-masks", {"masking": {"checker": "acme_masks:Checker"}}, {"acme_masks": GOOD}, requires="")
    install_plugin("crash", {"masking": {"crash": "crash_masks:X"}}, {"crash_masks": "import os; os._exit(7)"})
    install_plugin("loud", {"masking": {"loud": "loud_masks:Checker"}}, {"loud_masks": "print('[')\n" + GOOD})
    bound = "spacenit-core>=0.1"
    install_plugin("hooked", {"hooks": {"hooked": "hooked_events"}}, {"hooked_events": "1 / 0"}, requires=bound)

    findings, _ = diagnose(["acme-masks", "crash", "loud", "hooked"])

    by_name = {finding.distribution: finding for finding in findings}
    assert (
        by_name["acme-masks"].level == "warning" and "does not require spacenit-core" in by_name["acme-masks"].message
    )
    assert "exit code 7" in by_name["crash"].message
    assert "loud" not in by_name
    assert "cannot be loaded: ZeroDivisionError" in said_of(findings, "hooks/hooked")
    assert "without an upper bound" in said_of(findings, "")


def test_the_doctor_does_not_wait_for_ever(install_plugin):
    install_plugin("hang", {"masking": {"hang": "hang_masks:X"}}, {"hang_masks": "import time; time.sleep(60)"})

    (finding,), _ = diagnose(["hang"], timeout_s=1)

    assert (finding.level, finding.message) == ("error", "was not loaded within 1 s")


def test_the_doctor_reports_one_name_in_two_distributions_and_fails(install_plugin, capsys):
    for name in ("one", "two"):
        install_plugin(name, {"masking": {"checker": f"masks_{name}:Checker"}}, {f"masks_{name}": GOOD})

    assert run(["plugins", "doctor", "one", "two"]) == 1

    out = capsys.readouterr().out
    assert "also declared by two" in out and "also declared by one" in out
    assert out.splitlines()[-1] == "2 errors, 0 warnings, 0 notes"


def test_the_doctor_is_content_with_this_package(capsys):
    assert run(["plugins", "doctor", "spacenit-core", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_doctor_asks_for_names_that_declare_something(capsys):
    assert run(["plugins", "doctor", "spacenit-cor"]) == 2
    assert "did you mean spacenit-core?" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["info", "masking", "qqqq"], ["info", "maskin", "random"], ["list", "maskin"]])
def test_a_typo_is_explained(capsys, arguments):
    assert run(["plugins", *arguments]) == 2
    assert "unknown" in capsys.readouterr().err


def test_the_doctor_says_which_package_was_removed_by_half(install_plugin, capsys):
    for name in ("half", "other-half"):
        module = name.replace("-", "_")
        folder = install_plugin(name, {"masking": {module: f"{module}_masks:Half"}}, {})
        (folder / f"{module}-1.0.dist-info" / "METADATA").unlink()
    # Its name in the metadata is not that of their folder.
    folder = install_plugin("renamed", {"masking": {"renamed": "renamed_masks:Half"}}, {"renamed_masks": GOOD})
    metadata = folder / "renamed-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("Name: renamed", "Name: called-otherwise"))
    discovery.refresh()

    assert run(["plugins", "doctor", "unknown", "called-otherwise"]) == 1

    out = capsys.readouterr().out
    assert out.count("was removed by half") == 2
    assert "half-1.0.dist-info" in out and "other_half-1.0.dist-info" in out and "Traceback" not in out
