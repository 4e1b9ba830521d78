"""Answers that are sentences of the documents themselves: no model words anything."""
