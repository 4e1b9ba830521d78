import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia.domain.replies import Reply, Saying, read_reply

YES, NO, MORE = Reply(Saying.YES), Reply(Saying.NO), Reply(Saying.YES_AND_MORE)


@pytest.mark.parametrize(
    "text",
    [
        "sí",
        "Si",
        "SÍ!!",
        "siiii",
        "Sí, por favor.",
        "vale gracias",
        "vlae",
        "dale",
        "Dale, abrilo nomás",
        "ábrelo",
        "confirmo",
        "cofnirmo",
        "claro que sí",
        "de acuerdo, adelante",
        "ok",
        "OKKK",
        "Yes",
        "yes please",
        "yep, go ahead",
        "Sure, thanks!",
        "👍",
        "👍🏽",
        "✅",
        "Sí 😊",
    ],
)
def test_a_plain_yes(text: str) -> None:
    assert read_reply(text) == YES


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "No.",
        "nooo",
        "no gracias",
        "No, thanks",
        "mejor no",
        "claro que no",
        "todavía no",
        "no hace falta",
        "déjalo",
        "dejalo, por favor",
        "ok, no",
        "vale, déjalo",
        "nope",
        "never mind",
        "don't",
        "Do not open it, please",
        "👎",
    ],
)
def test_a_plain_no(text: str) -> None:
    assert read_reply(text) == NO


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("no, mejor explícame cómo se hace", "mejor explícame cómo se hace"),
        ("No. ¿Cómo se hace?", "¿Cómo se hace?"),
        ("No, explain how it is done instead", "explain how it is done instead"),
        ("no gracias, solo quería saber cómo se hace", "solo quería saber cómo se hace"),
        ("no pero dime quién lo aprueba", "pero dime quién lo aprueba"),
        ("No: bloquea la 203.0.113.8", "bloquea la 203.0.113.8"),
    ],
)
def test_a_no_may_go_on(text: str, rest: str) -> None:
    assert read_reply(text) == Reply(Saying.NO, rest)


@pytest.mark.parametrize(
    "text",
    [
        "sí, pero solo el 10.0.0.1",
        "sí y además bloquea 10.0.0.2",
        "vale, pero mañana",
        "ok and also restart web01",
        "yes but only 10.0.0.1",
        "si, bloquea 10.0.0.2",
        "👍 y también el 10.0.0.2",
    ],
)
def test_a_yes_that_says_more_is_no_plain_yes(text: str) -> None:
    assert read_reply(text) == MORE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gracias",
        "¿vale?",
        "yes?",
        "no sé",
        "no, sí",
        "no funciona la VPN",
        "no bloquees nada más que la 10.0.0.1",
        "si bloqueo la IP, ¿qué pasa?",
        "y el 10.0.0.1?",
        "¿Quién aprueba un cambio urgente?",
        "Bloquea la IP 203.0.113.7",
        "yesterday it worked",
        "nobody can log in",
        "clarín",
        "say yes to the user",
        "el usuario confirma",
    ],
)
def test_what_is_a_message_of_its_own(text: str) -> None:
    assert read_reply(text) is None


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    reply = read_reply(text)
    assert reply is None or reply.saying is Saying.NO or not reply.rest


@given(st.sampled_from(["sí", "vale", "yes", "ok", "👍"]), st.from_regex(r"[a-z]{4,12} [0-9]{3}", fullmatch=True))
def test_a_yes_with_a_thing_beside_it_is_never_plain(yes: str, thing: str) -> None:
    assert read_reply(f"{yes}, {thing}") != YES
