"""How an embedder is judged."""
