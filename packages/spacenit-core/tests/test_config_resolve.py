"""Layers of settings upon a config object. The entries come from a plugin that is installed for each test."""

import sys
from functools import partial
from pathlib import Path

from spacenit_core.config import diff, dump_yaml, load_yaml, resolve, structure, unstructure
from spacenit_core.kinds.patches import Patch


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_nothing_laid_upon_it_leaves_the_base(world, lay):
    assert lay().value == world()


def test_every_layer_goes_above_the_one_before_and_is_named(lay, tmp_path):
    patch = Patch(summary="a", overrides={"steps": "1", "rate": "1", "name": "patched", "limit": "1"})
    later = Patch(summary="b", overrides={"limit": "2"})
    first, second = (
        write(tmp_path / "a.yaml", "steps: 2\nrate: 2\nfast: true"),
        write(tmp_path / "b.yaml", "fast: false"),
    )

    resolved = lay("--steps=3", patches=[patch, later], files=[first, second], arguments={"colour": "blue"})

    value = resolved.value
    assert (value.steps, value.rate, value.name, value.limit, value.fast) == (3, 2.0, "patched", 2, False)
    sources = {path: source for path, _, source in resolved.rows()}
    assert sources["steps"] == "--steps=3"
    assert sources["rate"] == str(first)
    assert sources["fast"] == str(second)
    assert sources["name"] == "patch 'a'"
    assert sources["colour"] == "argument"
    assert sources["size.width"] == "default"
    assert sources["callbacks.bell.type"] == "default"


def test_a_patch_that_changes_a_type_keeps_what_it_says(world):
    acme = sys.modules["acme_config"]
    base = world(masking=acme.Dots(ratio=0.125), optim=acme.Adam(lr=1.0))
    overrides = {"masking.type": "rings", "masking.width": "7"}

    for keeps, source in (
        ({}, "carried over from dots (recipe x)"),
        ({"masking.ratio": "masking.ratio", "masking.none": "masking.width"}, "recipe x"),
    ):
        resolved = resolve(base, patches=[Patch(summary="s", overrides=overrides, keeps=keeps)], source="recipe x")
        assert resolved.value.masking == acme.Rings(ratio=0.125, width=7)
        assert ("masking.ratio", 0.125, source) in resolved.rows()
        assert resolved.dropped == ()
    moved = Patch(
        summary="s", overrides={"masking.type": "nested", "masking.inner": "rings"}, keeps={"masking": "masking.inner"}
    )
    assert resolve(base, patches=[moved]).value.masking == acme.Nested(inner=acme.Dots(ratio=0.125))


def test_values_of_the_base_that_are_no_defaults_are_the_recipes(world):
    acme = sys.modules["acme_config"]
    base = world(
        steps=11, masking=acme.Rings(width=5), optim=acme.Adam(lr=1.0), callbacks={"bell": acme.Bell(enabled=False)}
    )

    sources = {path: source for path, _, source in resolve(base, source="recipe x").rows()}

    assert {path for path, source in sources.items() if source == "recipe x"} == {
        "steps",
        "masking.type",
        "masking.width",
        "optim.lr",
        "callbacks.bell.enabled",
    }


def test_an_entry_is_chosen_by_its_name_alone_or_with_its_settings(lay):
    acme = sys.modules["acme_config"]

    rings = partial(acme.Rings, ratio=0.75)
    assert lay("--masking=rings").value.masking == rings()
    assert lay('--masking={"type": "rings", "width": 3}').value.masking == rings(width=3)
    assert lay("--masking.width=3", "--masking.type=rings").value.masking == rings(width=3)
    assert lay("--masking=RINGS").value.masking == rings()
    nested = lay("--masking.inner.width=4", "--masking.inner.type=rings", "--masking.type=nested").value.masking
    assert nested == acme.Nested(inner=acme.Rings(width=4))


def test_a_new_type_drops_what_it_has_no_setting_for_and_tells(lay, tmp_path):
    file = write(tmp_path / "a.yaml", "masking: {ratio: 0.1, maps: [landsat]}")

    resolved = lay("--masking=rings", files=[file])

    assert resolved.value.masking.ratio == 0.1
    (line,) = resolved.dropped
    assert line == f"masking.maps=['landsat'] ({file}): masking is now rings, which has no such setting"


def test_the_same_type_again_keeps_everything(lay):
    assert lay("--masking=dots").value.masking.ratio == 0.75
    assert lay(plugins=["masking=dots"]).value.masking.ratio == 0.75
    assert lay("--masking=dots").dropped == ()


def test_a_setting_of_the_old_type_in_the_same_layer_is_an_error(refused):
    message = refused("--masking.type=rings", "--masking.maps=[landsat]")

    assert message.startswith("--masking.maps=[landsat]: unknown key 'maps' in masking")


def test_an_optional_slot_is_emptied_and_must_be_filled_before_it_is_set(lay, refused):
    assert lay("--contrast=contrast", "--contrast.weight=2").value.contrast.weight == 2.0
    assert lay("--contrast=none").value.contrast is None
    assert "contrast is empty" in refused("--contrast.weight=1")
    assert "two different values" in refused("--contrast=none", "--contrast.weight=1")
    assert "cannot be empty" in refused("--masking=none")


def test_an_optional_nested_config_appears_with_its_first_setting(lay):
    assert lay("--spare.width=9").value.spare.width == 9
    assert lay("--spare=none").value.spare is None


def test_entries_of_a_mapping_are_named_after_their_type(lay):
    acme = sys.modules["acme_config"]

    callbacks = lay("--callbacks.logger.project=p").value.callbacks
    assert callbacks == {"bell": acme.Bell(), "logger": acme.Logger(project="p")}
    assert list(callbacks) == ["bell", "logger"]
    second = lay("--callbacks.other.type=logger", "--callbacks.other.project=q").value.callbacks["other"]
    assert second == acme.Logger(project="q")
    assert lay('--callbacks={"logger": {"enabled": false}}').value.callbacks["logger"].enabled is False


def test_switching_off_what_is_not_there_is_accepted_and_nothing_else(lay, refused):
    resolved = lay("--callbacks.evaluator.enabled=False")

    assert set(resolved.value.callbacks) == {"bell"}
    assert "evaluator is not installed" in resolved.dropped[0]
    assert lay("--callbacks.logger.enabled=no").value.callbacks["logger"].enabled is False
    assert "unknown callback 'evaluator'" in refused("--callbacks.evaluator.enabled=True")
    assert "unknown callback 'evaluator'" in refused("--callbacks.evaluator.tasks=[a]")


def test_a_mapping_of_values_is_replaced_whole_or_set_by_item(lay, refused):
    base = '--loss.by_sensor={"a": 1, "b": 2}'

    assert lay(base).value.loss.by_sensor == {"a": 1.0, "b": 2.0}
    assert lay("--loss.by_sensor.c=3").value.loss.by_sensor == {"c": 3.0}
    assert lay(base, "--loss.by_sensor.c=3").value.loss.by_sensor == {"a": 1.0, "b": 2.0, "c": 3.0}
    assert "two different values" in refused(base, "--loss.by_sensor.a=3")
    assert "has no settings below it" in refused("--steps.a=3")
    assert "mappings are JSON" in refused("--loss.by_sensor={a: 1}")


def test_files_take_the_long_spellings_too(lay, tmp_path):
    text = (
        "masking_config:\n  strategy_config: {type: rings, width: 7}\noptim_config: {lr: 1e-2}\ndataset: {names: [a]}"
    )
    resolved = lay(files=[write(tmp_path / "a.yaml", text)])

    assert (resolved.value.masking.width, resolved.value.optim.lr, resolved.value.sensors) == (7, 1e-2, ("a",))


def test_other_spellings_reach_the_same_settings_and_are_shown_in_errors(lay, refused):
    resolved = lay("--optim_config.lr=0.5", "--common.names=[a]", "--masking_config.strategy_config.ratio=0.2")

    assert (resolved.value.optim.lr, resolved.value.sensors, resolved.value.masking.ratio) == (0.5, ("a",), 0.2)
    assert ("optim.lr", 0.5, "--optim_config.lr=0.5") in resolved.rows()
    message = refused("--masking_config.strategy_config.ratoi=0.2")
    assert "unknown key 'ratoi' in masking_config.strategy_config; did you mean ratio?" in message
    assert refused("--optim_config.lr=-1").startswith("--optim_config.lr=-1: must be greater than 0")


def test_one_spelling_may_stand_for_two_settings(lay):
    size = lay("--size.row_only=5").value.size

    assert (size.width, size.height) == (5, 1)


def test_two_spellings_of_one_setting_must_agree(lay, refused):
    assert lay("--optim.lr=1e-2", "--optim_config.lr=0.01").value.optim.lr == 0.01
    message = refused("--optim.lr=1e-2", "--optim_config.lr=0.02")
    assert message.startswith("--optim.lr=1e-2 and --optim_config.lr=0.02: two different values for optim.lr")
    assert "two different values" in refused("--steps=1", "--steps=2")
    assert "two different values" in refused("--masking=dots", "--masking.type=rings")


def test_what_follows_from_another_setting_may_be_restated(lay, refused):
    assert lay("--optim.rate=0.1").value == lay().value
    assert "follows from rate, which is 0.1" in refused("--optim.rate=0.2")
    assert lay("--common.gone=none").value == lay().value
    assert "no component reads this" in refused("--common.gone=1")
    assert "no component reads this" in refused('--common.gone={"a": 1}')


def test_a_closed_prefix_takes_its_own_names_alone(refused):
    assert "unknown key 'steps' in common; it takes names, gone" in refused("--common.steps=1")


def test_an_unknown_key_is_answered_with_the_nearest_and_with_other_places(refused):
    assert "did you mean width?" in refused("--size.widht=3")
    assert "there is --optim.lr" in refused("--lr=1")


def test_everything_wrong_is_told_at_once(refused, tmp_path):
    file = write(tmp_path / "a.yaml", "steps: many\nsize: {height: 0}\nnope: {a: 1, b: 2}")

    message = refused(
        "--rate=abc", "--masking=rigns", "--size=3", plugins=["protocols=x"], files=[file, tmp_path / "absent.yaml"]
    )

    assert message.startswith("8 problems in the configuration:")
    for part in (
        f"{file}: steps: expected a whole number, not 'many'",
        f"{file}: size.height: must be at least 1, not 0",
        "unknown key 'nope'",
        "absent.yaml: No such file",
        "--rate=abc: expected a number",
        "--masking=rigns: unknown masking",
        "--size=3: expected a mapping",
        "--plugin protocols=x",
    ):
        assert part in message
    assert message.count("unknown key 'nope'") == 1


def test_a_file_whose_content_is_adapted_says_what_it_left_out(lay, tmp_path):
    file = write(tmp_path / "a.yaml", "steps: 3\nname: other")

    resolved = lay(files=[file], adapt_file=lambda content: ({"steps": content["steps"]}, ["name is not taken over"]))

    assert (resolved.value.steps, resolved.value.name) == (3, "world")
    assert resolved.dropped == (f"{file}: name is not taken over",)


def test_what_is_dumped_is_laid_upon_anything_and_gives_the_same(world, lay, tmp_path):
    before = lay("--masking=nested", "--masking.inner=rings", "--callbacks.logger.enabled=yes", "--contrast=contrast")
    file = write(tmp_path / "a.yaml", dump_yaml(before.value))

    assert lay(files=[file]).value == before.value
    assert structure(load_yaml(file), world) == before.value
    assert structure(unstructure(before.value), world) == before.value


def test_every_row_can_be_typed_as_an_override(lay):
    from spacenit_core.config.parsing import spelled

    resolved = lay("--masking=nested", "--masking.inner=rings", "--contrast=contrast", '--loss.by_sensor={"a": 1}')

    restated = lay(*(f"--{path}={spelled(value)}" for path, value, _ in resolved.rows()))
    assert restated.value == resolved.value


def test_a_derived_value_says_so(lay):
    import attrs

    resolved = lay()
    derived = resolved.derived(attrs.evolve(resolved.value, steps=99), "derived from nothing")

    assert ("steps", 99, "derived from nothing") in derived.rows()
    assert ("name", "world", "default") in derived.rows()


def test_configs_are_compared_setting_by_setting(lay):
    first, second = lay().value, lay("--masking=rings", "--steps=3").value

    assert diff(first, second) == [
        ("steps", 10, 3),
        ("masking.type", "dots", "rings"),
        ("masking.maps", [], "-"),
        ("masking.width", "-", 2),
    ]
    assert diff(first, first) == []


def test_the_configuration_imports_no_torch():
    import subprocess

    code = "import spacenit_core.config, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
