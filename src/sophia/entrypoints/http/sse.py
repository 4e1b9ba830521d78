"""Events as a stream of server-sent events."""

import json
import time
from collections.abc import Callable, Iterable, Iterator

from flask import Response, stream_with_context

from sophia.domain.runs import Sequenced
from sophia.entrypoints.contract import JsonObject
from sophia.errors import SophiaError
from sophia.logs import get_logger

__all__ = ["stream"]

_log = get_logger(__name__)


def stream(
    events: Iterable[Sequenced | None],
    render: Callable[[object], tuple[str, JsonObject]],
    still_allowed: Callable[[], object],
    check_every: float = 15.0,
) -> Response:
    """A response that sends events as they come, and a comment at once and whenever there is nothing to say.

    Servers hold the head of a response back until there is a body: by the first comment, whoever resumes a stream
    knows that it is there. ``still_allowed`` is called before each later one, and within ``check_every`` seconds of a
    stream that never falls silent; it raises when the caller may not listen any more. An error ends the
    stream before its last event: whoever asks again is told what it is.
    """

    def lines() -> Iterator[bytes]:
        yield b": here\n\n"
        checked = time.monotonic()
        try:
            for sequenced in events:
                if sequenced is None or time.monotonic() - checked >= check_every:
                    still_allowed()
                    checked = time.monotonic()
                if sequenced is None:
                    yield b": still here\n\n"
                    continue
                name, data = render(sequenced.event)
                line = json.dumps(data, ensure_ascii=False)
                yield f"id: {sequenced.sequence}\nevent: {name}\ndata: {line}\n\n".encode()
        except SophiaError as error:
            _log.info("stream.cut", error=type(error).__name__)

    return Response(
        stream_with_context(lines()),
        content_type="text/event-stream; charset=utf-8",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
