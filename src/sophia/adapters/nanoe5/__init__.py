"""Embeddings in-process, by multilingual-e5-small in four bits."""
