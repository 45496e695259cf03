"""What is done to vectors between an embedder and a protocol."""
