"""The runner `galileo`: its settings and its step."""
