"""The weights of the shipped models: how they are read, and how they add up."""

import base64
from array import array

import pytest

from sophia.domain.intent import IntentClassifier
from sophia.domain.intent.classifier import DIMENSIONS
from sophia.domain.intent.classifier import OUTPUTS as INTENTS
from sophia.domain.named_lookups.learnt import OUTPUTS, LearntLookups
from sophia.domain.weights import add_grams, add_vector, cell, unpack_cells, unpack_rows


def test_rows_are_little_endian_integers_times_their_scale() -> None:
    stored = base64.b85encode(b"\x01\x00\xff\xff\x00\x01\x02\x00").decode()
    assert unpack_rows(stored, [0.5, 2.0]) == ((0.5, -0.5), (512.0, 4.0))
    assert unpack_rows("", []) == ()


def test_cells_are_signed_bytes() -> None:
    assert list(unpack_cells(base64.b85encode(array("b", [-128, 0, 127]).tobytes()).decode())) == [-128, 0, 127]


def test_grams_weigh_less_the_more_there_are_and_nothing_where_there_are_none() -> None:
    weights = [1, 10, 2, 20, 3, 30]  # three cells of two outputs
    totals = [1.0, 1.0]
    add_grams(totals, [], weights, [1.0, 0.1])
    assert totals == [1.0, 1.0]
    add_grams(totals, [0, 2, 2, 2], weights, [1.0, 0.1])
    assert totals == [1.0 + 10 / 2, 1.0 + 100 * 0.1 / 2]


def test_an_embedding_of_another_length_is_refused() -> None:
    totals = [0.0]
    add_vector(totals, [(1.0, 2.0)], (3.0, 4.0))
    assert totals == [11.0]
    with pytest.raises(ValueError, match="weights for 2 numbers, and 3 of them"):
        add_vector(totals, [(1.0, 2.0)], (3.0, 4.0, 5.0))


def test_a_gram_has_one_cell() -> None:
    assert cell("wañoche", 2048) == cell("wañoche", 8192) % 2048


def test_what_is_shipped_has_a_row_for_each_output() -> None:
    intent, lookups = IntentClassifier.load(), LearntLookups.load()
    assert [len(row) for row in intent.full.vector] == [DIMENSIONS] * INTENTS
    assert [len(row) for row in lookups.full.vector] == [DIMENSIONS] * len(OUTPUTS)
    assert (intent.words.vector, lookups.words.vector) == ((), ())
