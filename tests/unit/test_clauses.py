"""Which words of a message that asks for action ask to know something besides."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sophia.application.play_turn import _question_beside
from sophia.domain.asked import Action, Category, Intent
from sophia.domain.intent.clauses import asks_beside_order, parted
from sophia.domain.intent.reading import read


@pytest.mark.parametrize(
    ("text", "asked", "ordered"),
    [
        (
            "Bloquea la IP 203.0.113.9 y dime cada cuánto se hacen las copias",
            "dime cada cuánto se hacen las copias",
            "Bloquea la IP 203.0.113.9",
        ),
        (
            "¿Cada cuánto se hacen las copias? Y bloquea la 203.0.113.9",
            "¿Cada cuánto se hacen las copias?",
            "bloquea la 203.0.113.9",
        ),
        ("¿Me dices quién usa la cuenta y la borras?", "¿Me dices quién usa la cuenta", "la borras?"),
        (
            "Necesito que me digas qué reglas apuntan a srv-1 y que las borres todas",
            "Necesito que me digas qué reglas apuntan a srv-1",
            "que las borres todas",
        ),
        (
            "Me ha llegado un correo raro, ¿es legítimo? Bloquea ese dominio",
            "Me ha llegado un correo raro, ¿es legítimo?",
            "Bloquea ese dominio",
        ),
        (
            "Cuéntame qué ha cambiado en la firma 2290 y, si da falsos positivos, desactívala",
            "Cuéntame qué ha cambiado en la firma 2290",
            "si da falsos positivos, desactívala",
        ),
        ("What is LLMNR, and could you switch it off?", "What is LLMNR", "could you switch it off?"),
        (
            "Restart the collector and tell me how long logs and alerts are kept",
            "tell me how long logs and alerts are kept",
            "Restart the collector",
        ),
        (
            "Remind me what rule 112 does, and then remove it since the contract has ended",
            "Remind me what rule 112 does",
            "remove it since the contract has ended",
        ),
        (
            "Explain what «block all» means and unlock my account",
            "Explain what «block all» means",
            "unlock my account",
        ),
    ],
)
def test_the_words_that_ask_are_parted_from_those_that_order(text: str, asked: str, ordered: str) -> None:
    assert parted(read(text)) == (asked, ordered)


@pytest.mark.parametrize(
    "text",
    [
        "Bloquea la IP 203.0.113.9",
        "¿Podrías bloquear la IP 203.0.113.9 y reiniciar el colector?",
        "Block 203.0.113.9 and restart the collector, please",
        # What is asked is about what is acted on: it says nothing by itself.
        "Reinicia el nodo 3 y dime quién lo usa",
        "Restart node 3 and tell me who uses it",
        "",
    ],
)
def test_what_cannot_be_told_apart_is_left_whole(text: str) -> None:
    assert parted(read(text)) == ("", "")


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ("¿Me confirmas si la cuenta de Noa está bloqueada y la desbloqueas?", True),
        ("Who looks after mail-02, and could you restart it please?", True),
        ("Bloquea la IP 203.0.113.9 y reinicia el colector", False),
        ("¿Pueden ver por qué el cortafuegos se reinicia solo y repararlo?", False),
    ],
)
def test_a_question_word_beside_an_order_asks_to_know(text: str, beside: bool) -> None:
    assert asks_beside_order(read(text)) is beside


@given(st.text(alphabet="¿?,.:; yándbloqueatellmehow«»\n", max_size=200))
def test_only_words_of_the_message_are_given_back(text: str) -> None:
    for part in parted(read(text)):
        assert all(word in text for word in part.split())


MIXED = Intent(
    Category.CHANGE,
    0.99,
    question=True,
    actions=(Action("block", ("203.0.113.9",)),),
    asked="tell me how often backups run",
    ordered="block 203.0.113.9",
)
MESSAGE = "block 203.0.113.9 and tell me how often backups run"


def test_the_question_beside_an_order_is_what_asks() -> None:
    assert _question_beside(MESSAGE, MESSAGE, MIXED) == MIXED.asked


def test_where_it_cannot_be_told_it_is_the_message_without_what_is_acted_on() -> None:
    assert _question_beside(MESSAGE, MESSAGE, evolve(MIXED, asked="")) == "block and tell me how often backups run"


def test_of_a_message_that_is_partly_answered_it_is_the_rest() -> None:
    assert _question_beside("who owns 203.0.113.9?", MESSAGE, MIXED) == "who owns ?"
