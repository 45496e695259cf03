"""The plugin `acme-text`, installed for this process and those that it starts, and texts to train on."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from spacenit_core.plugins import discovery

ENTRIES = {
    "recipes": "letters = acme_text.experiment:letters",
    "loaders": "texts = acme_text.loader:TextLoaderConfig",
    "models": "letters = acme_text.model:LettersConfig",
    "runners": "next_byte = acme_text.runner:NextByteConfig",
    "patches": "narrow_letters = acme_text.experiment:NARROW",
}
METADATA = "Metadata-Version: 2.1\nName: acme-text\nVersion: 1.0\nRequires-Dist: spacenit-core<0.2\n"


@pytest.fixture(scope="module", autouse=True)
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the plugin is installed."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(Path(__file__).parent / "acme_text", folder / "acme_text")
    info = folder / "acme_text-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA)
    points = "".join(f"[spacenit.{kind}]\n{line}\n" for kind, line in ENTRIES.items())
    (info / "entry_points.txt").write_text(points)
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        inherited = os.environ.get("PYTHONPATH")
        patch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *([inherited] if inherited else [])]))
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.delenv("WORLD_SIZE", raising=False)
        patch.syspath_prepend(folder)
        discovery.refresh()
        yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme_text"]:
        del sys.modules[name]
    discovery.refresh()


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three files, 24 batches of four pieces of 16 bytes."""
    folder = tmp_path_factory.mktemp("texts")
    for number in range(3):
        lines = [f"{count} of {number} and {count * count} more make a line" for count in range(number, 40, 3)]
        (folder / f"{number}.txt").write_text("\n".join(lines))
    return folder
