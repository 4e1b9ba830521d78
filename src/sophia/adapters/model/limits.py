"""What a turn may ask of a model."""

from attrs import frozen

__all__ = ["Limits"]


@frozen
class Limits:
    """What one turn may cost; each is looked at before the model is asked again.

    Attributes:
        steps: times that the model is asked.
        tokens: that it may write, in all steps together.
        context: tokens that one request may hold, what the model writes included.
        seconds: for the whole turn.
    """

    steps: int = 6
    tokens: int = 4_000
    context: int = 32_000
    seconds: float = 300.0

    @property
    def longest(self) -> int:
        """What the model may write in one step; the rest of the context is for the question."""
        return min(self.tokens, self.context // 4)
