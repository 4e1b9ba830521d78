"""The weights of the small linear models that are shipped as package data: how they are stored, and how they add up.

They are small integers in base85, with a scale for each output; n-grams are hashed into a fixed number of cells.
"""

import base64
import sys
from array import array
from collections.abc import Sequence
from math import sqrt
from operator import mul
from zlib import crc32

__all__ = ["add_grams", "add_vector", "cell", "unpack_cells", "unpack_rows"]


def cell(gram: str, cells: int) -> int:
    """Which of so many cells an n-gram is hashed into."""
    return crc32(gram.encode()) % cells


def unpack_cells(stored: str) -> Sequence[int]:
    """The weights of the cells, one signed byte each: an output for each cell, cell by cell."""
    numbers = array("b")
    numbers.frombytes(base64.b85decode(stored))
    return numbers


def unpack_rows(stored: str, scales: Sequence[float]) -> tuple[tuple[float, ...], ...]:
    """A row of weights for each output, of little-endian 16-bit integers; none where there are no scales."""
    numbers = array("h")
    numbers.frombytes(base64.b85decode(stored))
    if sys.byteorder == "big":
        numbers.byteswap()
    width = len(numbers) // len(scales) if scales else 0
    return tuple(
        tuple(number * scale for number in numbers[at * width : (at + 1) * width]) for at, scale in enumerate(scales)
    )


def add_grams(totals: list[float], cells: Sequence[int], weights: Sequence[int], scales: Sequence[float]) -> None:
    """Add to each output what a message's n-grams weigh, divided by the root of how many there are.

    Args:
        totals: a number for each output, changed in place.
        cells: the cell of each n-gram.
        weights: as `unpack_cells` gives them.
        scales: one for each output.
    """
    norm, width = sqrt(len(cells)), len(totals)
    rows = [weights[at * width : (at + 1) * width] for at in cells]
    for output, column in enumerate(zip(*rows, strict=True)):
        totals[output] += sum(column) * scales[output] / norm


def add_vector(totals: list[float], rows: Sequence[Sequence[float]], vector: Sequence[float]) -> None:
    """Add to each output what an embedding weighs; changes ``totals`` in place.

    Raises:
        ValueError: the embedding has another length than the rows.
    """
    for output, row in enumerate(rows):
        if len(row) != len(vector):
            raise ValueError(f"weights for {len(row)} numbers, and {len(vector)} of them")
        totals[output] += sum(map(mul, row, vector))
