"""How several processes share one model: the entries of kind `strategies`, a file or folder each."""
