"""Where a model is."""

from attrs import field, frozen

from sophia.ports.vault import Credential

__all__ = ["Endpoint"]


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
