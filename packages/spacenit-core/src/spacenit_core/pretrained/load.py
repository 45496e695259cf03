"""`load_model`: a trained model from wherever it lies."""

from pathlib import Path

import torch

from spacenit_core.errors import UserError
from spacenit_core.pretrained.hub import FILES, download, is_hub_id
from spacenit_core.pretrained.model import PretrainedModel
from spacenit_core.pretrained.names import WeightMap
from spacenit_core.pretrained.run import is_run, read_run
from spacenit_core.pretrained.translate import read_config
from spacenit_core.pretrained.weights import copy_weights, read_weights


def load_model(source: Path | str) -> PretrainedModel:
    """Load a trained model.

    Args:
        source: a folder with `config.json` and `weights.pth` as OlmoEarth models are released, a hub id
            (`allenai/OlmoEarth-v1-Base`), or a run of ours (its folder, or one of its checkpoints).

    Returns:
        The model in evaluation mode, on the CPU.

    Raises:
        UserError: where there is nothing, or config and weights do not fit together, with what differs.
        DataError: where a file is damaged or is not what it says.
    """
    folder = Path(source).expanduser()
    if not folder.is_dir():
        if isinstance(source, Path) or not is_hub_id(source):
            raise UserError(f"there is no folder {folder}", "give a folder, or a hub id: allenai/OlmoEarth-v1-Base")
        folder = download(source)
    if (folder / FILES[0]).is_file():
        return _released(folder, source)
    if is_run(folder):
        run = read_run(folder)
        return PretrainedModel(run.model, run.sensors, run.config, run.path).eval()
    raise UserError(
        f"{folder} holds no model that can be loaded", f"it needs {' and '.join(FILES)}, or the checkpoints of a run"
    )


def _released(folder: Path, source: Path | str) -> PretrainedModel:
    released = read_config(folder / FILES[0])
    theirs = read_weights(folder / FILES[1])
    with torch.random.fork_rng(devices=[]):
        model = released.config.build(released.sensors)
    loaded = PretrainedModel(model, released.sensors, released.config, source).eval()
    cells = loaded.encoder_module.config.max_patch_size
    copy_weights(model, theirs, WeightMap(released.sensors, cells, released.linear), folder)
    return loaded
