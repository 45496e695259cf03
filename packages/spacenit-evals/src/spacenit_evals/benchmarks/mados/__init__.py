"""MADOS: marine debris, oil spills and what is taken for them."""
