"""Where a model is, and what a turn may ask of it."""

import os
import stat
from pathlib import Path

from attrs import frozen

from sophia.errors import ConfigurationError, Fault

__all__ = ["Endpoint", "Limits", "read_key"]

_MOST_KEY_BYTES = 16_384


@frozen
class Endpoint:
    """An OpenAI-compatible endpoint and a model there.

    Attributes:
        base_url: what ``/chat/completions`` is added to.
        key_file: holds the key, read anew for each request; None where the endpoint asks for none.
        temperature: None leaves it to the endpoint.
        timeout: seconds without a byte after which the endpoint is taken not to answer.
    """

    base_url: str
    model: str
    key_file: Path | None = None
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


def read_key(path: Path) -> str:
    """The key in a file that nobody else can read.

    Raises:
        ConfigurationError: it cannot be read, others can read it too, or there is no key in it.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_MOST_KEY_BYTES + 1)
    except OSError as error:
        raise _refused(f"cannot read {path}: {error.strerror}") from error
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        raise _refused(f"others can read or change {path}; take that right away (chmod o-rw)")
    key = content.decode("ascii", "replace").strip()
    if not key.isascii() or not key.isprintable() or not key or " " in key or len(content) > _MOST_KEY_BYTES:
        raise _refused(f"{path} holds no key: one line of ASCII is expected")
    return key


def _refused(detail: str) -> ConfigurationError:
    return ConfigurationError(Fault("/agent/openai/api_key_file", detail))
