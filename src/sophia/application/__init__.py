"""The use cases: verbs, each a class with ``__call__``. The only code that talks to ports."""
