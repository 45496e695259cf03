"""`dry_run` in this process: its configuration, or what it refuses."""

import json
from typing import Any

from click.testing import CliRunner, Result

from spacenit_core.errors import UserError
from spacenit_train.cli.dry_run import dry_run


def invoke(*words: str) -> Result:
    return CliRunner().invoke(dry_run, list(words))


def config(*words: str) -> dict[str, Any]:
    result = invoke(*words, "--json")
    assert result.exit_code == 0, result.exception or result.output
    answer: dict[str, Any] = json.loads(result.stdout)["config"]
    return answer


def refused(*words: str) -> str:
    result = invoke(*words)
    assert isinstance(result.exception, UserError), result.output
    return str(result.exception)
