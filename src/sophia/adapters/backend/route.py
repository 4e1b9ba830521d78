"""Where the backend takes the tickets of an agent."""

from attrs import field, frozen

from sophia.ports.vault import Credential

__all__ = ["Route"]


@frozen
class Route:
    """Where one agent takes tickets.

    Attributes:
        path: below the backend's address.
        token: what SOPHIA shows there.
    """

    path: str
    token: Credential = field(repr=False)
