"""`{}` empties a mapping, and is refused where nothing could be taken away."""

from pathlib import Path

import pytest

from spacenit_core.config import dump_yaml
from spacenit_core.config.parsing import parse
from spacenit_core.config.problems import Invalid


def test_it_empties_a_mapping_of_entries(lay, tmp_path):
    assert lay().values["callbacks"]
    assert lay("--callbacks={}").values["callbacks"] == {}
    file = tmp_path / "settings.yaml"
    file.write_text("callbacks: {}\n")
    assert lay(files=[file]).values["callbacks"] == {}
    assert lay("--callbacks={}").sources["callbacks"] == "--callbacks={}"


def test_what_the_same_command_adds_is_laid_upon_nothing(lay):
    values = lay("--callbacks={}", "--callbacks.bell.enabled=false").values["callbacks"]
    assert list(values) == ["bell"] and values["bell"]["enabled"] is False


def test_what_was_stated_before_is_told(lay, tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("callbacks: {logger: {enabled: false}}\n")
    dropped = lay("--callbacks={}", files=[file]).dropped
    assert any("callbacks.logger.enabled" in line and "was emptied" in line for line in dropped)


@pytest.mark.parametrize("path", ["size", "masking"])
def test_it_is_refused_where_settings_keep_their_values(refused, path):
    assert f"--{path}={{}}" in refused(f"--{path}={{}}") and "changes nothing here" in refused(f"--{path}={{}}")


@pytest.mark.parametrize("path", ["masking", "masking.type"])
def test_an_entry_without_a_name_is_refused(refused, path):
    assert "unknown" in refused(f"--{path}=")


@pytest.mark.parametrize("text", ["{}", "[]", "null"])
def test_a_text_is_not_spelled_by_signs_for_nothing(text):
    for annotation in (str, Path):
        with pytest.raises(Invalid, match="expected"):
            parse(text, annotation)
    assert parse("none", str) == "none"
    assert parse("null", str | None) is None


def test_a_whole_configuration_reads_itself(lay, tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text(dump_yaml(lay("--callbacks={}").value))
    assert lay(files=[file]).values == lay("--callbacks={}").values
