"""Checkpoints: directories that are either whole and verified, or not there.

A checkpoint is `<run folder>/step<N>/` with safetensors for tensors, JSON and YAML for the rest, and a manifest
with the size and hash of every file. It is written under a temporary name, forced to disk, sealed by the manifest and
then renamed, so that a reader never meets half of one; `latest` believes no name and no pointer, only what verifies.
"""

from spacenit_core.checkpoint.directory import clean, remove, write
from spacenit_core.checkpoint.discovery import check_run, checkpoints, latest, run_folders
from spacenit_core.checkpoint.manifest import MANIFEST, Manifest, real, verify

__all__ = [
    "MANIFEST",
    "Manifest",
    "check_run",
    "checkpoints",
    "clean",
    "latest",
    "real",
    "remove",
    "run_folders",
    "verify",
    "write",
]
