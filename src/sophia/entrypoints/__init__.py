"""Ways in: HTTP, the command line. They parse, call a use case, and render."""
