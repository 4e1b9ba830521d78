"""What a message is planned to look up, and how the runtime without a model tells what came of it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from test_toolbox import HeardLog, Search, box

from sophia.adapters.extractive.runtime import ExtractiveAgentRuntime
from sophia.application.look_up import LookUp
from sophia.application.plan_lookups import PlanLookups
from sophia.domain.agents import Cited, Limitation, Spoken, Turn
from sophia.domain.citation import find_unsupported, prove
from sophia.domain.conversation import Message, Role
from sophia.domain.intent import IntentClassifier
from sophia.domain.lookups import Finding, Lookup, LookupCaps, Operation, System, TimeRange
from sophia.domain.named_lookups import CompanyLookups, GapKind, LookupPlan, NamedLookup, built_in
from sophia.domain.tenancy import USUAL, Permission, TenantScope, reader_group
from sophia.errors import InvalidInput, Unavailable
from sophia.testing.fakes.embedder import FailingEmbedder, HashingEmbedder
from sophia.testing.fakes.security_source import FailingSecuritySource, MemorySecuritySource
from sophia.testing.fakes.system import FrozenClock, SequentialIds
from sophia.testing.scopes import user_scope

NOW = FrozenClock().now()
MADRID = ZoneInfo("Europe/Madrid")
TEXT = {"type": "string"}
OPERATIONS = {
    System.SPLUNK: (
        Operation("search", "", {"search": TEXT}, ("search",), ranged=True),
        Operation("fired_alerts", "", ranged=True),
    ),
    System.PANOS: (Operation("show", "", {"view": TEXT, "target": TEXT}, ("view",)),),
    System.GRAFANA: (Operation("alerts", ""), Operation("annotations", "", ranged=True)),
}
LOGINS = (("user", "src", "count"), (("m.serrano", "203.0.113.66", "47"), ("j.robles", "203.0.113.66", "22")))
NONE = (("user", "src", "count"), ())


class Told(MemorySecuritySource):
    """A system that has one table, whatever it is asked."""

    def __init__(self, name, system, table=LOGINS, **more) -> None:
        super().__init__(name, system, **more)
        self.table = table

    @property
    def operations(self):
        return OPERATIONS[self.system]

    def look_up(self, scope, lookup: Lookup, check) -> Finding:
        self.asked.append(lookup)
        columns, rows = self.table
        return Finding(self.name, lookup.operation, columns, rows, len(rows))


class Silent(Told):
    def look_up(self, scope, lookup, check):
        raise Unavailable(self.name, "does not answer")


class Strict(Told):
    def look_up(self, scope, lookup, check):
        raise InvalidInput


def systems() -> dict[str, Told]:
    return {
        "siem": Told("siem", System.SPLUNK),
        "panorama": Told("panorama", System.PANOS),
        "board": Told("board", System.GRAFANA),
    }


FIREWALLS = ("fw-madrid-1", "fw-madrid-2", "fw-valencia-1")
COMPANY = CompanyLookups(
    tuple(lookup for system in System for lookup in built_in(system)),
    {"panorama": FIREWALLS},
    MADRID,
    {"bea": ZoneInfo("America/Bogota")},
)
CLASSIFY = IntentClassifier.load()


def planner(there=None, company=COMPANY, embedder=None) -> PlanLookups:
    sources = tuple((systems() if there is None else there).values())
    look_up = LookUp(lambda _: sources, lambda _: company, lambda *_: None, FrozenClock(), SequentialIds())
    return PlanLookups(lambda _: company, look_up, embedder or HashingEmbedder(), CLASSIFY, FrozenClock())


def said(text: str, role: Role = Role.USER, language: str = "es") -> Message:
    return Message("msg_1", "thr_1", "run_1", role, text, language, NOW)


def plan(text: str, *before: Message, scope: TenantScope | None = None, **more) -> LookupPlan:
    return planner(**more)(scope or user_scope(), said(text), before, CLASSIFY(text), ())


def names(found: LookupPlan) -> list[str]:
    return [one.lookup.name for one in found.planned]


def test_a_question_becomes_a_call() -> None:
    found = plan("¿Cuántos logins fallidos tuvo m.serrano anoche?")
    (one,) = found.planned
    assert (one.lookup.name, one.source, one.tool, one.about) == (
        "failed-logins-of-user",
        "siem",
        "splunk_query",
        ("m.serrano",),
    )
    assert one.when == "anoche"
    assert one.arguments["operation"] == "search"
    assert 'user="m.serrano"' in str(one.arguments["search"])
    assert one.arguments["earliest"] == one.span.start.isoformat()
    assert one.span.end - one.span.start == timedelta(hours=5)  # it is one in the morning in Madrid
    assert (found.rest, found.gaps, found.settles, found.zone) == ("", (), True, "Europe/Madrid")


def test_without_a_time_it_is_the_last_day() -> None:
    (one,) = plan("¿Cuántos logins fallidos ha habido?").planned
    assert (one.span, one.when) == (TimeRange(NOW - timedelta(hours=24), NOW), "")


def test_what_is_as_it_is_now_has_no_range() -> None:
    (one,) = plan("¿Qué alertas hay activas en Grafana hoy?").planned
    assert one.span is None
    assert "earliest" not in one.arguments


def test_a_company_s_own_of_what_takes_no_range_has_none() -> None:
    own = NamedLookup("jobs", {"es": "Tareas de los cortafuegos"}, System.PANOS, "show", {"view": "jobs"})
    assert own.ranged  # as the settings have it unless they say otherwise
    (one, *_) = plan("¿Qué tareas de los cortafuegos hay hoy?", company=evolve(COMPANY, lookups=(own,))).planned
    assert (one.span, one.when) == (None, "")
    assert not {"earliest", "latest"} & one.arguments.keys()


def test_midnight_is_its_user_s() -> None:
    (madrid,) = plan("logins fallidos de hoy").planned
    (bogota,) = plan("logins fallidos de hoy", scope=user_scope(user="bea")).planned
    assert madrid.span.start.astimezone(MADRID).hour == 0
    assert bogota.span.start.astimezone(ZoneInfo("America/Bogota")).hour == 0


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("¿Está sincronizado el HA de fw-madrid-2?", ["fw-madrid-2"]),
        ("¿Está sincronizado el HA de Madrid?", ["fw-madrid-1", "fw-madrid-2"]),
        ("¿Está sincronizado el HA?", list(FIREWALLS)),
    ],
)
def test_firewalls_behind_a_panorama_are_its_targets(text, targets) -> None:
    assert [one.arguments["target"] for one in plan(text).planned] == targets


@pytest.mark.parametrize(
    "text", ["¿Está sincronizado el HA de fw-bilbao-1?", "¿Está sincronizado el clúster de Bilbao?"]
)
def test_another_firewall_does_not_stand_for_one_that_there_is_not(text) -> None:
    found = plan(text)
    (gap,) = found.gaps
    assert (found.planned, gap.kind, gap.known) == ((), GapKind.UNKNOWN, FIREWALLS)


def test_many_firewalls_are_not_all_asked() -> None:
    many = evolve(COMPANY, firewalls={"panorama": tuple(f"fw-{n}" for n in range(20))})
    assert [gap.kind for gap in plan("¿Está sincronizado el HA?", company=many).gaps] == [GapKind.MANY]
    assert len(plan("¿Está sincronizado el HA de fw-7?", company=many).planned) == 1


@pytest.mark.parametrize(
    ("permissions", "readers", "detail"),
    [({Permission.CHAT}, None, "lookup:splunk"), (USUAL, frozenset({reader_group("soc")}), "")],
)
def test_who_may_not_look_is_told(permissions, readers, detail) -> None:
    there = systems()
    if readers:
        there["siem"] = Told("siem", System.SPLUNK, readers=readers)
    found = plan("¿Cuántos logins fallidos hubo anoche?", scope=user_scope(permissions=permissions), there=there)
    assert [(gap.kind, gap.detail) for gap in found.gaps] == [(GapKind.DENIED, detail)]
    assert found.planned == ()


def test_what_is_missing_is_asked_for() -> None:
    only = evolve(COMPANY, lookups=tuple(one for one in COMPANY.lookups if one.name == "denied-traffic-of-address"))
    (gap,) = plan("¿Qué tráfico denegado hay de una dirección IP?", company=only).gaps
    assert (gap.kind, gap.detail) == (GapKind.MISSING, "ip")


def test_what_a_look_up_cannot_tell_apart_is_named() -> None:
    (one,) = plan("¿Cuántos logins fallidos hubo anoche en dc-madrid-1?").planned
    assert one.ignored == ("dc-madrid-1",)


def test_several_questions_are_several_look_ups_of_one_time() -> None:
    found = plan("Anoche, ¿cuántos logins fallidos hubo y qué alertas de Splunk saltaron?")
    assert names(found) == ["failed-logins", "fired-alerts"]
    assert {one.when for one in found.planned} == {"Anoche"}


def test_what_else_is_asked_is_left() -> None:
    found = plan("¿Cuántos logins fallidos hubo anoche? ¿Cada cuánto se cambia la contraseña?")
    assert (names(found), found.rest, found.settles) == (
        ["failed-logins"],
        "¿Cada cuánto se cambia la contraseña?",
        False,
    )


def test_what_is_to_be_done_is_not_looked_up_and_lends_its_object() -> None:
    found = plan("Bloquea 203.0.113.66 y dime cuántas conexiones suyas se han denegado desde ayer")
    assert [one.about for one in found.planned] == [("203.0.113.66",)]
    assert (found.rest, found.settles) == ("", False)


@pytest.mark.parametrize(
    "text",
    [
        "Bloquea la IP 203.0.113.66 en el firewall",
        "¿Qué dice la política sobre los logins fallidos?",
        "¿Qué es un ataque de fuerza bruta?",
        "Hola",
    ],
)
def test_other_messages_are_left_as_they_are(text) -> None:
    assert plan(text) == LookupPlan(rest=text, zone="Europe/Madrid")


@pytest.mark.parametrize(
    "text",
    ["¿Qué enlaces del cortafuegos están caídos?", "errores de login de hoy", "errores de login de m.serrano ayer"],
)
def test_a_question_that_reads_like_a_fault_is_a_question(text) -> None:
    assert CLASSIFY(text).asks_action
    assert plan(text).settles


@pytest.mark.parametrize("text", ["Errores de login en mi cuenta desde ayer", "La interfaz de fw-madrid-1 está caída"])
def test_somebody_s_own_trouble_stays_trouble(text) -> None:
    assert CLASSIFY(text).asks_action
    assert not plan(text).settles


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("failed logins last night", "failed-logins"),
        ("logins fallidos de anoche", "failed-logins"),
        ("denied traffic from 203.0.113.66 today", "denied-traffic-of-address"),
        ("active alerts", "firing-alerts"),
        ("who is connected to the VPN", "vpn-users"),
    ],
)
def test_a_question_needs_no_question_mark(text, name) -> None:
    found = plan(text)
    assert set(names(found)) == {name}
    assert found.settles


@pytest.mark.parametrize(
    "text",
    [
        "The VPN users cannot log in since 9",
        "Los usuarios de la VPN no pueden entrar desde las 9",
        "Bloquea las IPs que han fallado el login anoche",
        "Lock the account with the most failed logins",
        "Silencia las alertas que están sonando",
        "How many failed logins did m.serrano have last night, and lock him out",
        "List the failed logins of last night then disable the worst account",
        "mira qué interfaces están caídas y levántalas",
        "check the HA state and fail over to fw-madrid-2",
        "Tráfico denegado de 203.0.113.66 hoy, ábrele paso",
        "denied traffic from 203.0.113.66 today, let it through please",
        "failed logins for svc-backup since yesterday, reset its password",
        "interfaces down on fw-madrid-1 since noon, get them fixed",
        "La interfaz ethernet1/5 de fw-madrid-2 está caída desde anoche",
        "Logins are failing since last night",
        "Los logins fallan desde anoche",
    ],
)
def test_what_somebody_has_to_see_to_is_not_settled_by_looking(text) -> None:
    assert CLASSIFY(text).asks_action
    assert not plan(text).settles


def test_a_proposal_to_act_is_not_settled_by_looking() -> None:
    assert not plan("¿Bloqueamos la IP 203.0.113.66 en el cortafuegos?").settles


def test_a_question_leans_on_the_one_before() -> None:
    before = (said("¿Cuántos logins fallidos hubo anoche?"), said("69", Role.ASSISTANT))
    (one,) = plan("¿Y ayer?", *before).planned
    assert (one.lookup.name, one.when) == ("failed-logins", "ayer")
    (one,) = plan("¿Y de m.serrano?", *before).planned
    assert (one.lookup.name, one.about, one.when) == ("failed-logins-of-user", ("m.serrano",), "anoche")


def test_a_question_leans_on_those_before_as_long_as_they_do() -> None:
    asked = ("¿Cuántos logins fallidos tuvo m.serrano anoche?", "¿Y de j.robles?")
    before = tuple(message for text in asked for message in (said(text), said("47", Role.ASSISTANT)))
    (one,) = plan("¿Y anteayer?", *before).planned
    assert (one.about, one.when, one.ignored) == (("j.robles",), "anteayer", ())


@pytest.mark.parametrize(
    ("earlier", "newest", "about", "ignored"),
    [
        ("¿Cuántos logins fallidos tuvo m.serrano anoche?", "¿Y de j.robles?", [("j.robles",)], ()),
        ("¿Se ha bloqueado tráfico de 203.0.113[.]9?", "¿y de 198.51.100.77?", [("198.51.100.77",)], ()),
        ("¿Cuántos logins fallidos hubo anoche en dc-madrid-1?", "¿y en dc-madrid-2?", [()], ("dc-madrid-2",)),
        ("¿Cuántos logins fallidos hubo anoche en dc-madrid-1?", "¿y ayer?", [()], ("dc-madrid-1",)),
        ("¿Está sincronizado el HA de fw-madrid-1?", "¿Y fw-madrid-2?", [("fw-madrid-2",)], ()),
        ("¿Está sincronizado el HA de Madrid?", "¿Y el de Valencia?", [("fw-valencia-1",)], ()),
    ],
)
def test_what_is_named_anew_stands_in_the_place_of_what_was_named(earlier, newest, about, ignored) -> None:
    found = plan(newest, said(earlier), said("…", Role.ASSISTANT))
    assert [one.about for one in found.planned] == about
    assert found.planned[0].ignored == ignored


def test_what_cannot_be_looked_up_is_answered_with_what_can() -> None:
    found = plan("¿Cuántos correos de phishing llegaron ayer?")
    assert found.live
    assert found.offered[0] == "Inicios de sesión fallidos"
    nobody = user_scope(permissions={Permission.CHAT})
    assert not plan("¿Cuántos correos de phishing llegaron ayer?", scope=nobody).live


def test_a_company_without_systems_plans_nothing_and_embeds_nothing() -> None:
    embedder = HashingEmbedder()
    found = plan("¿Cuántos logins fallidos hubo anoche?", company=CompanyLookups(), embedder=embedder)
    assert found == LookupPlan(rest="¿Cuántos logins fallidos hubo anoche?")
    assert embedder.queries == []


def test_an_example_is_embedded_once() -> None:
    embedder = HashingEmbedder()
    own = tuple(evolve(lookup, name=f"our-{lookup.name}") for lookup in COMPANY.lookups)
    planning = planner(embedder=embedder, company=evolve(COMPANY, lookups=own))
    text = "¿Cuántos logins fallidos hubo anoche?"
    vector = HashingEmbedder().embed_query(text)
    for _ in range(3):
        planning(user_scope(), said(text), (), CLASSIFY(text), vector)
    assert 0 < len(embedder.queries) == len(set(embedder.queries)) <= 16


def test_the_built_in_ones_take_no_embedding_but_the_message_s() -> None:
    embedder = HashingEmbedder()
    text = "¿Cuántos logins fallidos hubo anoche?"
    found = planner(embedder=embedder)(
        user_scope(), said(text), (), CLASSIFY(text), HashingEmbedder().embed_query(text)
    )
    assert (names(found), embedder.queries) == (["failed-logins"], [])


def test_without_meaning_the_words_decide() -> None:
    text = "¿Cuántos logins fallidos hubo anoche? ¿Y quién está conectado a la VPN?"
    found = planner(embedder=FailingEmbedder())(user_scope(), said(text), (), CLASSIFY(text), (1.0,))
    assert names(found) == ["failed-logins", "vpn-users", "vpn-users", "vpn-users"]


# Told without a model


class Answered:
    """A turn, played by the extractive runtime."""

    def __init__(self, text: str, there=None, language: str = "es", log: HeardLog | None = None, **more) -> None:
        there = systems() if there is None else there
        message = said(text, language=language)
        planned = planner(there, **more)(user_scope(), message, (), CLASSIFY(text), ())
        self.log = log or HeardLog()
        self.tools = box(Search(), self.log, systems=tuple(there.values()))
        turn = Turn("thr_1", "run_1", text, language, lookups=planned)
        events = list(ExtractiveAgentRuntime(HashingEmbedder()).respond(turn, self.tools))
        self.text, self.claims = "", []
        for event in events:
            if isinstance(event, Spoken):
                if event.claim:
                    self.claims.append((len(self.text), len(self.text) + len(event.text)))
                self.text += event.text
        self.quotes = [event.quote for event in events if isinstance(event, Cited)]
        self.limitations = [event.text for event in events if isinstance(event, Limitation)]

    @property
    def proved(self):
        stored = {evidence.id: evidence.text for evidence in self.log.evidence}
        return [prove(quote, stored.get(quote.passage.document_id)) for quote in self.quotes]


def test_a_finding_is_a_sentence_and_a_table_each_line_cited() -> None:
    answer = Answered("¿Cuántos logins fallidos hubo anoche?")
    sentence, *table = [line for line in answer.text.splitlines() if line]
    assert sentence.startswith("Inicios de sesión fallidos, en siem, del ")
    assert sentence.endswith("(Europe/Madrid, «anoche»): 69 en total, en 2 filas [1].")
    assert table == [
        "| user | src | count |",
        "|---|---|---|",
        "| m.serrano | 203.0.113.66 | 47 [1] |",
        "| j.robles | 203.0.113.66 | 22 [1] |",
    ]
    assert all(citation.verified for citation in answer.proved)
    assert find_unsupported(answer.text, answer.claims, answer.proved) == ()
    assert len(answer.claims) == 2


def test_it_is_told_in_the_language_of_the_question() -> None:
    answer = Answered("How many failed logins were there last night?", language="en")
    assert answer.text.startswith("Failed logins, in siem, from ")
    assert "(Europe/Madrid, “last night”): 69 in total, in 2 rows [1]." in answer.text


def test_ten_rows_are_shown_and_the_others_counted() -> None:
    rows = tuple((f"u{n}", "203.0.113.66", "1") for n in range(25))
    there = systems() | {"siem": Told("siem", System.SPLUNK, (LOGINS[0], rows))}
    answer = Answered("¿Cuántos logins fallidos hubo anoche?", there)
    assert "25 en total, en 25 filas" in answer.text
    assert answer.text.count("[1] |") == 10
    assert answer.text.endswith("… y 15 filas más.")
    assert all(citation.verified for citation in answer.proved)


def test_no_rows_are_none_found_and_no_silence() -> None:
    there = systems() | {"siem": Told("siem", System.SPLUNK, NONE)}
    answer = Answered("¿Cuántos logins fallidos hubo anoche?", there)
    assert answer.text.endswith("«anoche»): no consta ninguno [1].")
    assert [(quote.text, cited.verified) for quote, cited in zip(answer.quotes, answer.proved, strict=True)] == [
        ("(0 rows)", True)
    ]


def test_none_in_part_of_the_time_is_not_none() -> None:
    there = systems() | {"siem": Told("siem", System.SPLUNK, NONE, caps=LookupCaps(hours=1))}
    answer = Answered("¿Cuántos logins fallidos hubo anoche?", there)
    assert "ninguno en lo que se ha podido mirar, que no es todo [1]" in answer.text
    assert answer.tools.limitations != []


def test_a_sum_is_not_told_of_rows_that_are_cut() -> None:
    there = systems() | {"siem": Told("siem", System.SPLUNK, caps=LookupCaps(hours=1))}
    answer = Answered("¿Cuántos logins fallidos hubo anoche?", there)
    assert "en total" not in answer.text
    assert "2 filas [1]" in answer.text


@pytest.mark.parametrize(
    ("source", "own", "said_by_tools"),
    [
        (Silent("siem", System.SPLUNK), [], 1),
        (Strict("siem", System.SPLUNK), ["Inicios de sesión fallidos: sin mirar en siem"], 1),
    ],
)
def test_what_could_not_be_looked_at_is_no_all_clear(source, own, said_by_tools) -> None:
    answer = Answered("¿Cuántos logins fallidos hubo anoche?", systems() | {"siem": source})
    assert "no he podido mirarlo" in answer.text
    assert "no sé si hay algo" in answer.text
    assert "no consta" not in answer.text
    assert [limitation.split(" (")[0] for limitation in answer.limitations] == own
    assert len(answer.tools.limitations) == said_by_tools
    assert answer.quotes == []


def test_one_that_fails_does_not_take_the_others_with_it() -> None:
    there = systems() | {"siem": Silent("siem", System.SPLUNK)}
    answer = Answered("¿Cuántos logins fallidos hubo anoche? ¿Qué alertas hay activas en Grafana?", there)
    assert "no he podido mirarlo" in answer.text
    assert "Alertas activas de Grafana, en board, ahora: 2 filas [1]." in answer.text


def test_only_the_rows_that_are_meant_are_told() -> None:
    table = (("name", "state"), (("ethernet1/1", "up"), ("ethernet1/5", "down"), ("ae1", "up")))
    there = systems() | {"panorama": Told("panorama", System.PANOS, table)}
    answer = Answered("¿Hay alguna interfaz caída en fw-madrid-2?", there)
    assert "una fila [1]" in answer.text
    assert "| ethernet1/5 | down [1] |" in answer.text
    assert "ae1" not in answer.text
    assert [quote.text for quote in answer.quotes] == ["| ethernet1/5 | down |"]
    assert all(citation.verified for citation in answer.proved)
    up = systems() | {"panorama": Told("panorama", System.PANOS, (("name", "state"), (("ethernet1/1", "up"),)))}
    assert "ninguna de las 1 filas [1]" in Answered("¿Hay alguna interfaz caída en fw-madrid-2?", up).text


def test_a_cell_cannot_pass_for_a_citation() -> None:
    there = systems() | {"siem": Told("siem", System.SPLUNK, (LOGINS[0], (("[7]", "see [2]", "3"),)))}
    answer = Answered("¿Cuántos logins fallidos hubo anoche?", there)
    assert "| (7) | see (2) | 3 [1] |" in answer.text


def test_what_else_is_asked_is_answered_from_the_documents() -> None:
    answer = Answered("¿Cuántos logins fallidos hubo anoche? ¿Cada cuánto se hacen las copias?")
    assert [call.name for call in answer.tools.calls] == ["splunk_query", "rag_search"]
    assert "69 en total" in answer.text


def test_several_are_cited_apart() -> None:
    answer = Answered("¿Cuántos logins fallidos hubo anoche? ¿Qué alertas hay activas en Grafana?")
    assert [quote.index for quote in answer.quotes] == [1, 2]
    assert all(citation.verified for citation in answer.proved)


def test_what_can_be_looked_up_is_listed_for_who_asks_for_something_else() -> None:
    answer = Answered("¿Cuántos correos de phishing llegaron ayer?")
    assert answer.text.startswith("No tengo ninguna consulta para eso.")
    assert "- Alertas activas de Grafana" in answer.text
    assert answer.tools.calls == []


def test_a_company_s_look_up_is_told_in_its_words() -> None:
    own = NamedLookup(
        "orders",
        {"": "Pedidos retenidos en el muelle"},
        System.SPLUNK,
        "search",
        {"search": "index=orders"},
        ("¿cuántos pedidos hay retenidos en el muelle?",),
        source="siem",
        total="count",
    )
    company = evolve(COMPANY, lookups=(*COMPANY.lookups, own))
    answer = Answered("¿Hay pedidos retenidos en el muelle desde ayer?", company=company)
    assert answer.text.startswith("Pedidos retenidos en el muelle, en siem, del ")


def test_a_model_is_told_of_calls_that_work() -> None:
    sources = tuple(systems().values())
    look_up = LookUp(lambda _: sources, lambda _: COMPANY, lambda *_: None, FrozenClock(), SequentialIds())
    told = {spec.name: spec.description for spec in look_up.tools(user_scope())}
    assert 'Failed logins of a user: {"operation": "search"' in told["splunk_query"]
    assert '{"operation": "show", "view": "ha"}' in told["palo_alto_status"]
    assert "Failed logins" not in told["palo_alto_status"]
    many = evolve(COMPANY, lookups=tuple(evolve(COMPANY.lookups[0], name=f"n{n}") for n in range(200)))
    bounded = LookUp(lambda _: sources, lambda _: many, lambda *_: None, FrozenClock(), SequentialIds()).tools(
        user_scope()
    )
    assert len(bounded[0].description) < 5_000


def test_a_system_that_is_down_is_told_through_the_port_alone() -> None:
    source = FailingSecuritySource("siem", System.SPLUNK)
    company = CompanyLookups(
        (
            NamedLookup(
                "l", {"es": "Logins"}, System.SPLUNK, "search", {"query": "x"}, ("¿cuántos logins fallidos hubo?",)
            ),
        )
    )
    answer = Answered("¿Cuántos logins fallidos hubo hoy?", {"siem": source}, company=company)
    assert "no he podido mirarlo" in answer.text
