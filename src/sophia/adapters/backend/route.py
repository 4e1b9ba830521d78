"""Where the backend takes the tickets of an agent."""

from pathlib import Path

from attrs import frozen

__all__ = ["Route"]


@frozen
class Route:
    """Where one agent takes tickets.

    Attributes:
        path: below the backend's address.
        token_file: holds the token that SOPHIA shows there, read anew for each ticket.
    """

    path: str
    token_file: Path
