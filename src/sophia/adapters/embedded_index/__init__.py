"""The knowledge index inside the process: tantivy for words, an exact scan for meaning."""
