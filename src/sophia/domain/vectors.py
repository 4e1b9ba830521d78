"""Unit vectors, as numbers and as the little-endian float32 bytes in which they are kept."""

import math
import sys
from array import array
from collections.abc import Sequence

__all__ = ["blend", "pack", "unpack"]


def pack(vector: Sequence[float]) -> bytes:
    """The bytes that keep a vector; empty for an empty one."""
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def unpack(data: bytes) -> tuple[float, ...]:
    """The vector that bytes keep."""
    numbers = array("f")
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return tuple(numbers)


def blend(*parts: tuple[Sequence[float], float]) -> tuple[float, ...]:
    """The unit vector of a weighted sum of (vector, weight); vectors that are empty do not count."""
    present = [(vector, weight) for vector, weight in parts if len(vector)]
    if not present:
        return ()
    total = [math.fsum(column) for column in zip(*([x * w for x in v] for v, w in present), strict=True)]
    length = math.sqrt(math.fsum(x * x for x in total)) or 1.0
    return tuple(x / length for x in total)
