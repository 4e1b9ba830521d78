"""Where a model is, and what a turn may ask of it."""

from attrs import field, frozen

from sophia.ports.vault import Credential

__all__ = ["Endpoint", "Limits"]


@frozen
class Endpoint:
    """An OpenAI-compatible endpoint and a model there.

    Attributes:
        base_url: what ``/chat/completions`` is added to.
        key: None where the endpoint asks for none.
        temperature: None leaves it to the endpoint.
        timeout: seconds without a byte after which the endpoint is taken not to answer.
    """

    base_url: str
    model: str
    key: Credential | None = field(default=None, repr=False)
    temperature: float | None = None
    timeout: float = 60.0


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
