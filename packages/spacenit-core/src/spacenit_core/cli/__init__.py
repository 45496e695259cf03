"""The command line: `spacenit-run`."""
