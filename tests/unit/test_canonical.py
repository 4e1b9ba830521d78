"""Canonical JSON: the same bytes, or the same refusal, as the reference writes."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from sophia.domain.asked import Category
from sophia.domain.canonical import canonical_json

texts = (
    st.text() | st.text(alphabet='"\\/\x00\x08\x09\x0a\x0c\x0d\x1f\x7f\u2028é€😀\ufb33<>&') | st.sampled_from(Category)
)
numbers = st.integers() | st.integers(2**53 - 2, 2**53 + 2) | st.floats()
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)


def written(by, value: object) -> bytes | type[Exception]:
    try:
        return by(value)
    except ValueError:
        return ValueError


@given(values)
def test_it_is_what_the_reference_writes(value: object) -> None:
    assert written(canonical_json, value) == written(rfc8785.dumps, value)


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), float("nan"), "\ud800", {"a": ["\udfff"]}, {"\ud800": 1}, {1: 2}, {1}]
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        canonical_json(value)


def test_keys_stand_in_the_order_of_their_utf_16() -> None:
    assert (
        canonical_json({"\ufb33": 1, "😀": 2, "é": 3, "a": 4, "B": 5})
        == '{"B":5,"a":4,"é":3,"😀":2,"\ufb33":1}'.encode()
    )
