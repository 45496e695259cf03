"""What the fork server runs as `spacenit-run`."""

from spacenit_core.cli.main import main


def spacenit_run(words: list[str], limit: str = "") -> None:
    """Run a command line to its exit, after statements that take something away from the process."""
    import sys

    exec(limit, {})
    sys.argv = ["spacenit-run", *words]
    main()
