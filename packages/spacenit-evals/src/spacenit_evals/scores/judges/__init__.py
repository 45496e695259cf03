"""How what was predicted is judged, one task per file."""
