"""The demo's pictures, one module each."""
