"""Collections in the format of BEIR, for measuring retrieval."""
