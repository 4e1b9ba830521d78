"""The "model" of `sophia dev azure`: what it asks for, and what it says."""

import json

from sophia.testing.emulators.azure_agents.quoting import quote_the_nearest
from sophia.testing.emulators.azure_agents.script import Asked, Call, Say

TOOLS = [{"type": "function", "function": {"name": name}} for name in ("rag_search", "create_ticket")]
BACKUPS = "Backups\nBackups of the file servers are made every night at two. They are kept for thirty days."
VPN = "VPN\nThe VPN of the offices uses the ports 500 and 4500. It is open to everybody in the company."


def asked(question, *passages, outputs=(), tools=TOOLS, language="English"):
    shown = [json.dumps({"n": n, "text": text}) for n, text in enumerate(passages, 1)]
    text = "\n".join(["<passages>", *shown, "</passages>\n", "", question]) if passages else question
    run = {"tools": tools, "instructions": f"Answer.\n\nThe user's question is in {language}."}
    return Asked(run, ({"role": "user", "text": text},), dict(outputs))


def said(leg):
    (act,) = leg.acts
    assert isinstance(act, Say)
    return "".join(act.pieces)


def test_it_searches_for_the_question_alone():
    assert quote_the_nearest(asked("When are backups made?", VPN)).acts == (
        Call("rag_search", {"query": "When are backups made?"}),
    )


def test_it_asks_for_a_ticket_as_well_where_something_is_to_be_done():
    calls = quote_the_nearest(asked("¿Cuándo se hacen copias? Y bloquea la IP 203.0.113.7.")).acts
    assert [call.name for call in calls] == ["rag_search", "create_ticket"]


def test_it_quotes_the_sentence_that_shares_the_words_that_tell():
    found = {"call_1": json.dumps({"passages": [{"n": 2, "text": BACKUPS}]})}
    assert said(quote_the_nearest(asked("When are the backups of file servers made?", VPN, outputs=found.items()))) == (
        "Backups of the file servers are made every night at two. [2]"
    )
    assert said(quote_the_nearest(asked("Which ports does the VPN use?", VPN, BACKUPS, tools=[]))) == (
        "The VPN of the offices uses the ports 500 and 4500. [1]"
    )


def test_it_says_where_nothing_is_near():
    nothing = {"call_1": json.dumps({"passages": []})}
    assert said(quote_the_nearest(asked("Who won the cup?", BACKUPS, outputs=nothing.items()))) == (
        "I find nothing about this in the documents."
    )
    assert said(quote_the_nearest(asked("¿Quién ganó?", outputs=nothing.items(), language="Spanish"))) == (
        "No encuentro nada sobre esto en los documentos."
    )
