"""Letters without their accents."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia.domain.accents import without_accents


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("¿Cuándo caduca la contraseña?", "¿Cuando caduca la contrasena?"),
        ("plain ASCII, as it is\n", "plain ASCII, as it is\n"),
        ("e\u0301te\u0323\u0301", "ete"),
        ("ﬁ ② Å", "fi 2 A"),
        ("ברֵאשִׁית", "בראשית"),
    ],
)
def test_what_combines_with_a_letter_is_left_out(text: str, plain: str) -> None:
    assert without_accents(text) == plain


@given(st.text())
def test_nothing_that_combines_is_left_and_nothing_else_is_lost(text: str) -> None:
    parts = unicodedata.normalize("NFKD", text)
    assert without_accents(text) == "".join(c for c in parts if not unicodedata.combining(c))
