"""`spacenit-run ablate`: a recipe and its ablations, trained on the same data and compared."""
