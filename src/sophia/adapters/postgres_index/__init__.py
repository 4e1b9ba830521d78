"""The knowledge index inside the Postgres of the records: its text search for words, pgvector for meaning."""
