"""Lists that are read a page at a time."""

from typing import Generic, TypeVar

from attrs import frozen

__all__ = ["Page"]

T = TypeVar("T")


@frozen
class Page(Generic[T]):
    """Some items of a longer list.

    Attributes:
        next: hand it back to get what follows; None at the end. Items that are added
            meanwhile never make a reader lose or repeat one.
    """

    items: tuple[T, ...]
    next: str | None = None
