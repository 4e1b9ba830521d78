"""Many streams at once, and how late each piece of text arrives. Needs nothing but Python; takes uvloop where it is.

    python benchmarks/sse_load.py URL STREAMS [--body JSON] [--header 'Name: value'] [--pieces 20] [--ms 100]

All connections are made first; then the requests are sent evenly over half a second (``%d`` in the body: the stream's
number). A piece is three words, in whichever event they come: the server may put two pieces into one. The lag of
piece k is its arrival less (its request's sending + k * ms), so that what waits to be begun counts. With ``--stamped``
the first word of a piece is the time at which its source had it (``time.monotonic`` of the same machine), and the lag
behind the source is told as well. A stream is whole when every piece has come, every event has the number after the one
before, and the last says that it went well.
"""

import argparse
import asyncio
import json
import re
import resource
import time
import urllib.parse

EVENT = re.compile(rb"(?:id: (\d+)\n)?event: ([^\n]+)\ndata: ([^\n]*)\n\n")
TEXTS = {b"message": "content", b"message.delta": "text"}
LAST = {b"done": True, b"run.completed": True, b"run.failed": False, b"run.cancelled": False}
WORDS = 3


class Stream(asyncio.Protocol):
    """One request and what comes back."""

    def __init__(self):
        self.ended = asyncio.get_running_loop().create_future()
        self.status = self.sent = self.end = None
        self.went_well, self.in_order = False, True
        self.sequence = self.words = 0
        self.arrived, self.stamps = [], []
        self._left = b""

    def connection_made(self, transport):
        self.transport = transport

    def send(self, request):
        self.sent = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data):
        now = time.perf_counter()
        if self.status is None:
            self.status = int(data[9:12])
        self._left += data
        end = 0
        for event in EVENT.finditer(self._left):
            end = event.end()
            self._heard(event, now)
        self._left = self._left[end:]

    def _heard(self, event, now):
        sequence, name, text = event.groups()
        if sequence is not None:
            self.in_order &= int(sequence) == self.sequence + 1
            self.sequence = int(sequence)
        if name in TEXTS:
            words = json.loads(text)[TEXTS[name]].split()
            self.stamps += words[-self.words % WORDS :: WORDS]
            self.words += len(words)
            self.arrived += [now] * (self.words // WORDS - len(self.arrived))
        elif name in LAST:
            self.went_well = LAST[name]
            self._finish()

    def connection_lost(self, _):
        self._finish()

    def _finish(self):
        if not self.ended.done():
            self.end = time.perf_counter()
            self.ended.set_result(None)
            self.transport.close()


async def load(given):
    url = urllib.parse.urlsplit(given.url)
    loop = asyncio.get_running_loop()
    streams, refused = [], 0
    for _ in range(given.streams):
        try:
            streams.append((await loop.create_connection(Stream, url.hostname, url.port))[1])
        except OSError:
            refused += 1
    began = time.perf_counter()
    for number, stream in enumerate(streams):
        wait = began + 0.5 * number / len(streams) - time.perf_counter()
        if wait > 0.001:
            await asyncio.sleep(wait)
        stream.send(_request(url, given, number))
    await asyncio.wait([stream.ended for stream in streams], timeout=given.timeout)
    wall = time.perf_counter() - began
    whole = [s for s in streams if s.status == 200 and s.went_well and s.in_order and len(s.arrived) == given.pieces]
    every = given.ms / 1000
    lags = [at - s.sent - number * every for s in whole for number, at in enumerate(s.arrived, 1)]
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "streams": given.streams,
        "whole": len(whole),
        "refused": refused,
        "out_of_order": sum(not s.in_order for s in streams),
        "wall_s": round(wall, 2),
        "lag_p50": percentile(lags, 0.5),
        "lag_p99": percentile(lags, 0.99),
        "lag_max": percentile(lags, 1),
        **(_behind(whole) if given.stamped else {}),
        "first_piece_p50": percentile([s.arrived[0] - s.sent - every for s in whole], 0.5),
        "client_cpu_s": round(used.ru_utime + used.ru_stime, 2),
    }


def _behind(streams):
    lags = [at - float(due) for stream in streams for at, due in zip(stream.arrived, stream.stamps, strict=True)]
    return {"behind_p50": percentile(lags, 0.5), "behind_p99": percentile(lags, 0.99)}


def _request(url, given, number):
    body = given.body.replace("%d", str(number)).encode()
    headers = "".join(f"{header}\r\n" for header in given.header)
    head = f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n"
    return f"{head}{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def percentile(seconds, share):
    """In milliseconds; None of nothing."""
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 1) if ordered else None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("streams", type=int)
    parser.add_argument("--body", default='{"message":"hello there","stream":true,"session_id":"s-%d"}')
    parser.add_argument("--header", action="append", default=[])
    parser.add_argument("--pieces", type=int, default=20)
    parser.add_argument("--ms", type=float, default=100)
    parser.add_argument("--stamped", action="store_true")
    parser.add_argument("--timeout", type=float, default=60)
    arguments = parser.parse_args()
    try:
        from uvloop import run
    except ImportError:
        run = asyncio.run
    print("JSON " + json.dumps(run(load(arguments))))
