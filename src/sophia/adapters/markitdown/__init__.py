"""Documents to Markdown, by markitdown and its relatives, in a process of their own."""
