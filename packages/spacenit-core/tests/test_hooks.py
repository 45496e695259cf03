"""Events that plugins hear."""

import logging

import pytest

from spacenit_core.plugins.hooks import hooks

LISTENER = """
from spacenit_core.plugins.hookspecs import hookimpl

heard = []

@hookimpl
def spacenit_checkpoint_saved(path, step):
    heard.append((path, step))

@hookimpl
def spacenit_check_experiment(experiment):
    return [f"{experiment} has no sensors"]
"""

MISSPELT = """
from spacenit_core.plugins.hookspecs import hookimpl

@hookimpl
def spacenit_checkpoint_save(path):
    pass
"""


@pytest.fixture(autouse=True)
def fresh():
    hooks.cache_clear()
    yield
    hooks.cache_clear()


def test_every_listener_hears_an_event(install_plugin):
    install_plugin("one", {"hooks": {"one": "listener_one"}}, {"listener_one": LISTENER})
    install_plugin("two", {"hooks": {"two": "listener_two"}}, {"listener_two": LISTENER})

    hooks().hook.spacenit_checkpoint_saved(path="folder", step=3)
    problems = hooks().hook.spacenit_check_experiment(experiment="base")

    import listener_one
    import listener_two

    assert listener_one.heard == listener_two.heard == [("folder", 3)]
    assert problems == [["base has no sensors"]] * 2


@pytest.mark.parametrize("source", ["1 / 0", MISSPELT])
def test_a_broken_listener_is_left_out_and_said(install_plugin, caplog, source):
    install_plugin("good", {"hooks": {"good": "listener_good"}}, {"listener_good": LISTENER})
    install_plugin("bad", {"hooks": {"bad": "listener_bad"}}, {"listener_bad": source})

    with caplog.at_level(logging.WARNING):
        hooks().hook.spacenit_checkpoint_saved(path="folder", step=3)

    import listener_good

    assert listener_good.heard == [("folder", 3)]
    assert "bad/bad (listener_bad) are left out" in caplog.text


def test_events_without_listeners_are_fine():
    assert hooks().hook.spacenit_environment() == []
    assert hooks() is hooks()
