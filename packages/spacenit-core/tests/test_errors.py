"""Errors name things; commands add their options."""

from copy import copy

import pytest

from spacenit_core.errors import DataError, UserError, naming_options


def wrong() -> DataError:
    return DataError("{a}.h5 is cut short", "copy it again{skip}, or a part{part} of {it}", things=("skip", "part"))


def test_a_hint_names_the_options_that_the_command_has() -> None:
    error = wrong()
    assert error.hint == "copy it again, or a part of {it}"

    error.name_options({"skip": " (--skip)", "other": " (--other)"})

    assert str(error) == "{a}.h5 is cut short\n  copy it again (--skip), or a part of {it}"


def test_what_is_nearest_to_the_error_names_the_option() -> None:
    @naming_options({"skip": " (--outer)", "part": " (--part)"})
    def command() -> None:
        with naming_options({"skip": " (--inner)"}):
            raise wrong()

    with pytest.raises(DataError) as caught:
        command()
    assert caught.value.hint == "copy it again (--inner), or a part (--part) of {it}"


def test_errors_of_other_processes_can_be_named_too() -> None:
    # As loader workers send them.
    error = copy(wrong())

    error.name_options({"skip": " (--skip)"})

    assert error.hint == "copy it again (--skip), or a part of {it}"
    assert copy(error).hint == error.hint


def test_a_hint_may_be_left_out() -> None:
    error = UserError("no", things=("skip",))
    error.name_options({"skip": " (--skip)"})
    assert error.hint is None and str(error) == "no"
