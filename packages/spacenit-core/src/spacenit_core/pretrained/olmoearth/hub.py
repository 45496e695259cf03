"""Released models from the Hugging Face hub."""

import re
from pathlib import Path

from spacenit_core.environment import install_line
from spacenit_core.errors import DataError, UserError

FILES = ("config.json", "weights.pth")

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def is_hub_id(source: str) -> bool:
    """Whether a text has the form of a hub id: OWNER/NAME."""
    return _ID.fullmatch(source) is not None


def download(source: str) -> Path:
    """Get a released model, or find it among those that were downloaded before.

    Args:
        source: its hub id.

    Returns:
        The folder with its files.

    Raises:
        UserError: where the extra that talks to the hub is not installed.
        DataError: where the hub cannot be reached or does not have the model.
    """
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled
    except ImportError:
        raise UserError(
            f"{source!r} is no folder here, and getting it from the hub needs the package huggingface_hub",
            f"{install_line('spacenit-core[hub]')}, or download config.json and weights.pth and give their folder",
        ) from None
    try:
        paths = [Path(hf_hub_download(repo_id=source, filename=name)) for name in FILES]
    except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise DataError(
            f"{source!r} is no folder here and cannot be got from the hub: {reason}",
            f"look at the network and the name, or download {' and '.join(FILES)} elsewhere and give their folder",
        ) from error
    return paths[0].parent
