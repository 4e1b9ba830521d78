"""What a message asks for: to know something, or that something be done."""

from enum import StrEnum

from attrs import frozen

__all__ = ["BOUNDARY", "UNSURE", "Action", "Category", "Intent"]


class Category(StrEnum):
    """What a message asks for. The first three are action, for another agent; the others SOPHIA answers."""

    PROVISIONING = "provisioning"
    CHANGE = "change"
    TROUBLESHOOTING = "troubleshooting"
    KNOWLEDGE = "knowledge"
    LOOKUP = "lookup"
    OTHER = "other"

    @property
    def is_action(self) -> bool:
        """Whether somebody has to change or repair something for it."""
        return self in (Category.PROVISIONING, Category.CHANGE, Category.TROUBLESHOOTING)


@frozen
class Action:
    """One thing that is asked to be done, and to what: in the user's own words."""

    action: str
    objects: tuple[str, ...] = ()


BOUNDARY = 0.5
"""Where a message's score for action turns from knowing to doing."""

UNSURE = (0.35, 0.65)
"""From the first score up to the second a message may be either: whoever wrote it is asked."""


@frozen
class Intent:
    """What a message asks for, as the classifier reads it.

    Attributes:
        score: how surely action is asked for, 0 to 1; `BOUNDARY` parts doing from knowing.
        question: the message also asks to know something.
        actions: what is asked to be done, if action is asked for or may be.
        asked, ordered: of a message that asks for action and to know something besides, the words that ask the one and
            the other, as written; empty where they cannot be told apart.
        likeliest_action: of the categories that are action the likeliest; None where none is likely.
    """

    category: Category
    score: float
    question: bool = False
    actions: tuple[Action, ...] = ()
    likeliest_action: Category | None = None
    asked: str = ""
    ordered: str = ""

    @property
    def action_category(self) -> Category | None:
        """What is to be done about it, if anything is."""
        return self.category if self.category.is_action else self.likeliest_action

    @property
    def is_unsure(self) -> bool:
        """Whether only who wrote the message can say if it asks for action."""
        least, most = UNSURE
        return least <= self.score < most and self.action_category is not None

    @property
    def asks_action(self) -> bool:
        """On which side of the boundary the message lies."""
        return self.score >= BOUNDARY
