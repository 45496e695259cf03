"""Command lines of the experiment on texts."""

from pathlib import Path


def words(command: str, texts: Path, folder: Path, *more: str) -> list[str]:
    """`spacenit-run COMMAND` on the texts of a folder, with `more` settings at the end."""
    place = [f"--data_loader.folder={texts}", f"--common.save_folder={folder}"]
    return [command, "letters", "prose", "local", *place, *more]
