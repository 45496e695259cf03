"""Names that kinds had in the release before."""

RENAMED_KINDS: dict[str, str] = {"baselines": "embedders", "probes": "protocols"}
"""Old name -> name. An old one is understood for one release, and then its line goes, with the old modules."""
