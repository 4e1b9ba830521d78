"""What the runtimes with a model show it of a turn, and how they read what it asks for."""

from sophia.adapters.prompts.data import as_json, block, fitting, handed_over, recalled_message, shown, size
from sophia.adapters.prompts.replies import arguments, clean

__all__ = ["arguments", "as_json", "block", "clean", "fitting", "handed_over", "recalled_message", "shown", "size"]
