"""The runner `mae`: its settings and its step."""
