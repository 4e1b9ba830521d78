import hashlib
import re
import struct
from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sophia.adapters.extractive.evidence import Evidence, confidence
from sophia.adapters.extractive.expected import Expected, expected
from sophia.adapters.extractive.rendering import plain, with_marker
from sophia.adapters.extractive.runtime import ExtractiveAgentRuntime
from sophia.adapters.extractive.units import Unit, UnitKind, units
from sophia.adapters.extractive.wording import WORDINGS, small_talk
from sophia.adapters.extractive.words import contains, identifiers, names, terms
from sophia.domain.agents import Cited, Spoken, Turn
from sophia.domain.citation import find_unsupported, prove
from sophia.domain.conversation import FoundMessage, Message, Role
from sophia.domain.knowledge import ChunkKind, Passage
from sophia.errors import Unavailable

DIMENSION = 64


class WordEmbedder:
    """Vectors that are near where texts share words, in the narrow band in which e5 puts its own."""

    version = "words-1"
    dimension = DIMENSION

    def __init__(self):
        self.embedded = []

    def embed_query(self, text):
        vector = [0.0] * DIMENSION
        for term in terms(text):
            vector[1 + hashlib.sha256(term.encode()).digest()[0] % (DIMENSION - 1)] += 1.0
        length = sum(x * x for x in vector) ** 0.5 or 1.0
        vector = [0.5 * x / length for x in vector]
        vector[0] = 0.75**0.5
        return tuple(vector)

    def embed_passages(self, texts):
        self.embedded.extend(texts)
        return [struct.pack(f"<{DIMENSION}f", *self.embed_query(text)) for text in texts]


class SilentEmbedder(WordEmbedder):
    version = "silent"

    def embed_passages(self, texts):
        raise Unavailable("embedder", "it does not answer")


PASSWORDS = """## Contraseñas

La contraseña de una cuenta **nominal** no caduca. La de una cuenta *privilegiada* caduca a los [120 días](https://x.es/a).

| Tipo | Longitud | Historial |
| --- | --- | --- |
| Nominal | 14 caracteres | 15 contraseñas |
| Privilegiada | 22 caracteres | 30 contraseñas |
"""
GATEWAY = """## Caída de una pasarela

Si cae una pasarela de la VPN se hace lo siguiente:

1. Confirmar la caída con la sonda `sonda-ext-1`.
2. Quitar el registro de la pasarela en el portal.
3. Avisar en el canal `#redes-avisos`.

Para expulsar a una persona:

```
request global-protect-gateway client-logout gateway gw-madrid-N
```
"""
BACKUPS = """Backups of the ERP are taken every 4 hours. They are kept for 35 days in `bkp-madrid-1`.

Laptops are not backed up."""


def passage(
    text, number=0, *, title="Norma", language="es", start=0, similarity=None, heading=(), kind=ChunkKind.PROSE
):
    return Passage(
        chunk_id=f"chk_{number}",
        document_id=f"doc_{title}",
        document_version="sha256:0",
        source="docs",
        title=title,
        uri=f"file:///{title}",
        language=language,
        heading=heading,
        start=start,
        end=start + len(text),
        text=text,
        kind=kind,
        similarity=similarity,
    )


PASSAGES = (
    passage(PASSWORDS, 1, title="Política de contraseñas", similarity=0.85, start=40),
    passage(GATEWAY, 2, title="Runbook de la VPN", similarity=0.8, start=900),
    passage(BACKUPS, 3, title="Backup policy", language="en", similarity=0.8),
)


def respond(question, passages=PASSAGES, *, language="es", vectors=True, embedder=None, **given):
    embedder = embedder or WordEmbedder()
    vector = embedder.embed_query(question) if vectors else ()
    turn = Turn("thr_1", "run_1", question, language, vector, passages=tuple(passages), **given)
    return list(ExtractiveAgentRuntime(embedder).respond(turn, tools=None))


def text_of(events):
    return "".join(event.text for event in events if isinstance(event, Spoken))


def quotes_of(events):
    return [event.quote for event in events if isinstance(event, Cited)]


def assert_honest(events):
    """Each quote stands where it says, each marker has its quote, and no claim goes beyond what is quoted."""
    text, claims = "", []
    for event in events:
        if isinstance(event, Spoken):
            if event.claim:
                claims.append((len(text), len(text) + len(event.text)))
            text += event.text
    quotes = quotes_of(events)
    for quote in quotes:
        place = quote.passage
        assert place.text[quote.start - place.start : quote.end - place.start] == quote.text
        assert quote.text
    assert {int(n) for n in re.findall(r"\[(\d+)\]", text)} == {quote.index for quote in quotes}
    assert len({quote.index for quote in quotes}) == len(quotes)
    citations = [prove(quote, "\0" * quote.passage.start + quote.passage.text) for quote in quotes]
    assert find_unsupported(text, claims, citations) == ()


def test_quotes_the_sentence_that_answers():
    events = respond("¿Cuándo caduca la contraseña de una cuenta privilegiada?")
    assert_honest(events)
    assert "La de una cuenta privilegiada caduca a los 120 días [1]." in text_of(events)
    assert text_of(events).startswith("Esto dice «Política de contraseñas»")
    assert quotes_of(events)[0].text.endswith("*privilegiada* caduca a los [120 días](https://x.es/a).")


def test_reads_a_row_with_its_header():
    events = respond("¿Qué longitud tiene la contraseña privilegiada?")
    assert_honest(events)
    assert "- Privilegiada — Longitud: 22 caracteres; Historial: 30 contraseñas [1]" in text_of(events)


def test_gives_the_whole_list_where_the_list_answers():
    events = respond("¿Qué se hace si cae una pasarela de la VPN?")
    assert_honest(events)
    steps = [line for line in text_of(events).splitlines() if line.startswith("- ")]
    assert [step[:9] for step in steps] == ["- Confirm", "- Quitar ", "- Avisar "]
    assert "Si cae una pasarela de la VPN se hace lo siguiente [1]:" in text_of(events)


def test_code_comes_with_what_introduces_it():
    events = respond("¿Cómo puedo expulsar a una persona de la VPN?")
    assert_honest(events)
    assert "Para expulsar a una persona [1]:\n\n```\nrequest global-protect-gateway" in text_of(events)


def test_answers_in_the_language_of_the_question_from_a_document_in_another():
    text = text_of(respond("How often are ERP backups taken?", language="en"))
    assert text.startswith("This is what “Backup policy” says:")
    text = text_of(respond("¿Cada cuánto hay backups del ERP?", [PASSAGES[2]]))
    assert "(en inglés)" in text or text.startswith("No ")


def test_neighbouring_sentences_stay_together():
    events = respond("How often are backups of the ERP taken?", language="en")
    assert (
        "Backups of the ERP are taken every 4 hours [1]. They are kept for 35 days in `bkp-madrid-1` [1]."
        in text_of(events)
    )
    assert len(quotes_of(events)) == 1


@pytest.mark.parametrize("vectors", [True, False])
def test_says_so_where_the_documents_say_nothing(vectors):
    events = respond("¿Cómo se hornea el pan de centeno?", vectors=vectors)
    assert not quotes_of(events)
    assert not any(event.claim for event in events)
    assert text_of(events).startswith(("No he encontrado", "No hay ningún documento"))


@pytest.mark.parametrize(("language", "question"), [("es", "¿Caduca la nominal?"), ("en", "Is the ERP kept?")])
def test_says_first_that_what_it_quotes_may_be_beside_the_point(language, question):
    unsure = ExtractiveAgentRuntime(WordEmbedder(), answers_from=1.0, quotes_from=0.0)
    turn = Turn("thr_1", "run_1", question, language, vector=WordEmbedder().embed_query(question), passages=PASSAGES)
    events = list(unsure.respond(turn, None))
    assert_honest(events)
    assert text_of(events).startswith(WORDINGS[language].unsure)
    assert 1 <= len(quotes_of(events)) <= 2


def test_does_not_answer_about_something_that_is_only_named_alike():
    events = respond("¿Cuándo caduca la contraseña de adm-sevilla-7?")
    assert not quotes_of(events)
    assert "«adm-sevilla-7»" in text_of(events)


def test_names_what_is_missing_beside_what_is_there():
    found = passage(
        "## Casos\n\nCVE-2024-3400 se trató como P1 el 12 de abril de 2024.", title="Parches", similarity=0.88
    )
    events = respond("¿Cómo se trató CVE-2024-3400 y CVE-2023-9999?", [found])
    assert_honest(events)
    assert text_of(events).startswith("En lo que he encontrado no aparece «CVE-2023-9999»")
    assert "12 de abril de 2024 [1]" in text_of(events)


def test_bread_is_not_an_operating_system():
    found = passage("## Actualización de PAN-OS\n\nSe hace primero en el pasivo.", title="Runbook", similarity=0.86)
    assert not quotes_of(respond("¿Cómo se hace pan?", [found]))


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How long must my password be?", Expected.NUMBER),
        ("how long does an admin password have to be", Expected.NUMBER),
        ("How long are our PINs?", Expected.NUMBER),
        ("How long must signing keys be kept?", Expected.STRETCH),
        ("How long are passwords valid?", Expected.STRETCH),
        ("How long is the password of a guest valid for?", Expected.STRETCH),
    ],
)
def test_the_length_of_a_password_is_not_how_long_it_lasts(question, kind):
    assert expected(question) is kind


def test_a_statement_is_taken_note_of():
    assert text_of(respond("Mi firewall es fw-madrid-2.")) == WORDINGS["es"].noted
    assert text_of(respond("My firewall is fw-madrid-2", language="en")) == WORDINGS["en"].noted


def test_no_passages():
    assert text_of(respond("¿Qué puerto usa la VPN?", ())) == WORDINGS["es"].nothing_here


def test_an_unknown_language_falls_back_to_the_company_s():
    turn = Turn("thr_1", "run_1", "Wie geht das?", "de")
    assert text_of(ExtractiveAgentRuntime(WordEmbedder(), default_language="en").respond(turn, None)).startswith("None")
    assert text_of(ExtractiveAgentRuntime(WordEmbedder()).respond(turn, None)).startswith("No hay")


def test_goes_by_words_where_the_embedder_is_silent():
    events = respond("¿Cuándo caduca la contraseña de una cuenta privilegiada?", embedder=SilentEmbedder())
    assert_honest(events)
    assert "120 días" in text_of(events)


def test_a_sentence_is_embedded_once():
    embedder = WordEmbedder()
    runtime = ExtractiveAgentRuntime(embedder)
    turn = Turn("t", "r", "¿Cuándo caduca la contraseña?", "es", embedder.embed_query("contraseña"), passages=PASSAGES)
    list(runtime.respond(turn, None))
    once = len(embedder.embedded)
    list(runtime.respond(turn, None))
    assert 0 < once == len(embedder.embedded) <= 12


def said(text, *, thread="thr_0", role=Role.USER, day=3):
    return Message(f"msg_{day}", thread, "run_0", role, text, "es", datetime(2026, 5, day, tzinfo=UTC))


def test_a_followup_leans_on_the_question_before_it():
    history = (said("¿Cuándo caduca la contraseña de una cuenta nominal?", thread="thr_1"),)
    events = respond("¿Y la privilegiada?", history=history)
    assert_honest(events)
    assert "120 días" in text_of(events)


def test_remembers_what_the_user_said():
    recalled = (FoundMessage(said("Mi firewall es fw-madrid-2."), 0.9),)
    events = respond("¿Cuál es mi firewall?", recalled=recalled)
    assert text_of(events).startswith("Según lo que me dijiste el 3 de mayo de 2026: «Mi firewall es fw-madrid-2.»")
    assert not events[0].claim
    events = respond("Which firewall did I say is mine?", language="en", recalled=recalled)
    assert text_of(events).startswith("You told me on 3 May 2026: “Mi firewall es fw-madrid-2.”")


@pytest.mark.parametrize(
    "message",
    [
        said("¿Cuál es mi firewall?"),
        said("Tu firewall es fw-madrid-2.", role=Role.ASSISTANT),
        said("Mi impresora es imp-3."),
        said("mi firewall"),
    ],
)
def test_remembers_nothing_else(message):
    assert "dijiste" not in text_of(respond("¿Cuál es mi firewall?", recalled=(FoundMessage(message, 0.9),)))


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Hola", "greeting"),
        ("hola SOPHIA, buenos días!", "greeting"),
        ("Hi there", "greeting"),
        ("muchas gracias!!", "thanks"),
        ("Perfecto, gracias", "thanks"),
        ("thanks, bye", "thanks"),
        ("¿Quién eres?", "about"),
        ("Hola, ¿qué puedes hacer?", "about"),
        ("What can you do?", "about"),
        ("who are you", "about"),
        ("adiós", "goodbye"),
    ],
)
def test_small_talk(message, kind):
    assert small_talk(message) == kind
    assert text_of(respond(message)) == WORDINGS["es"].small_talk[kind]


@pytest.mark.parametrize(
    "message", ["", "Hola, ¿qué puerto usa la VPN?", "ayuda con la VPN", "gracias a quién se avisa"]
)
def test_what_asks_something_is_no_small_talk(message):
    assert small_talk(message) is None


def test_both_languages_say_the_same_things():
    assert set(WORDINGS["es"].small_talk) == set(WORDINGS["en"].small_talk)


def test_units_are_slices_that_know_their_section_and_lead():
    found = units(passage(GATEWAY), 0)
    assert [unit.kind.value for unit in found] == ["sentence", "item", "item", "item", "sentence", "code"]
    assert {unit.section for unit in found} == {"Caída de una pasarela"}
    assert found[1].lead == found[3].lead == (found[0].start, found[0].end)
    assert found[5].lead == (found[4].start, found[4].end)
    assert all(GATEWAY[unit.start : unit.end] == unit.text for unit in found)


@pytest.mark.parametrize(
    "text",
    [
        "- [OWASP](https://owasp.org)\n- [NIST](https://nist.gov)",
        "![logo](a.png)",
        "---",
        "<!-- nota -->",
        "## Solo un título",
        "Página 3",
        "La lista sigue en otra parte:",
    ],
)
def test_what_says_nothing_is_no_unit(text):
    assert units(passage(text), 0) == []


def test_a_bare_code_passage_is_code():
    found = units(passage("| stats count\n| sort - count", kind=ChunkKind.CODE), 0)
    assert [unit.kind for unit in found] == [UnitKind.CODE]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Se usa TLS 1.3. No se usa SSL.", 2),
        ("Use a vault, e.g. HashiCorp Vault. Rotate keys.", 2),
        ("Se admite, p. ej. Microsoft Authenticator. Nada más.", 2),
        ("Lo firma el Dr. Soto.", 1),
        ("**Never do this.** It is unsafe!", 2),
    ],
)
def test_sentences(text, count):
    assert len(units(passage(text), 0)) == count


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("**Use [Argon2id](#a)** with _care_.", "Use Argon2id with care."),
        ("See `snake_case_name` and a_b_c", "See `snake_case_name` and a_b_c"),
        ("Roles «alta» y «baja», juntos", "Roles ‘alta’ y ‘baja’, juntos"),
        ("It says so [3] already", "It says so (3) already"),
        ("Tags `<frame>` stay, <b>these</b> go", "Tags `<frame>` stay, these go"),
        ("a\n  b", "a b"),
        ("`a[0]` and `b`", "`a[ 0]` and `b`"),
    ],
)
def test_markdown_is_read_as_words(text, read):
    assert plain(Unit(0, 0, len(text), text, UnitKind.SENTENCE, 0)) == read


def test_a_marker_stands_before_the_stop_of_each_sentence():
    assert with_marker("Uno. Dos y tres", 4) == "Uno [4]. Dos y tres [4]"
    assert with_marker("Se hace lo siguiente:", 1) == "Se hace lo siguiente [1]:"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("¿Qué pasó con CVE-2024-3400?", ("CVE-2024-3400",)),
        ("estado de fw-madrid-2 y 10.20.8.15", ("fw-madrid-2", "10.20.8.15")),
        ("el rol soc_senior y HIP-ACME-Base", ("soc_senior", "HIP-ACME-Base")),
        ("incidente P1 en 2025 con TLS 1.2", ()),
        ("Cross-Site Scripting en Wi-Fi", ()),
    ],
)
def test_identifiers(text, found):
    assert identifiers(text) == found


def test_names_are_told_from_the_first_word():
    assert names("¿Cómo uso Splunk con AWS?") == ("Splunk", "AWS")
    assert names("Network rules and IP ranges") == ()


@pytest.mark.parametrize(
    ("text", "name", "holds"),
    [
        ("usa SHA‑256 siempre", "SHA256", True),
        ("fw-madrid-21", "fw-madrid-2", False),
        ("El FW-Madrid-2.", "fw-madrid-2", True),
        ("", "x", False),
    ],
)
def test_a_name_is_contained_whole(text, name, holds):
    assert contains(text, name) is holds


def test_confidence_grows_with_the_evidence():
    weak = Evidence(cosine=0.78, words=0.1, contrast=0.02, unnamed=1.0, shown=False, crossed=False)
    strong = Evidence(cosine=0.9, words=0.8, contrast=0.06, unnamed=0.0, shown=False, crossed=False)
    assert confidence(weak) < 0.05
    assert confidence(strong) > 0.95
    assert confidence(evolve(weak, shown=True)) > confidence(weak)
    assert confidence(Evidence(None, 0.1, 0.05, 0.0, shown=False, crossed=False)) < 0.5
    assert confidence(Evidence(None, 0.9, 0.05, 0.0, shown=False, crossed=False)) > 0.5


markdown = st.text(
    alphabet=st.sampled_from(list("abcAB ñé¿?.:,;\n\n|-#*_`~[]()<>!«»“”1234/\\…\t")) | st.characters(codec="utf-8"),
    max_size=400,
)
documents = st.builds(
    passage,
    st.one_of(
        markdown,
        st.lists(
            st.sampled_from(
                [
                    PASSWORDS,
                    GATEWAY,
                    BACKUPS,
                    "- contraseña: a\n",
                    "| contraseña |\n",
                    "```\n",
                    "[1] «contraseña».\n",
                    "x[1] = `a[2]`",
                ]
            )
        ).map("".join),
    ),
    st.integers(0, 9),
    title=st.sampled_from(["Norma", "Guía [1]", ""]),
    start=st.integers(0, 5000),
    similarity=st.none() | st.floats(0.7, 0.95),
    kind=st.sampled_from(ChunkKind),
)


@given(
    st.lists(documents, max_size=6),
    st.sampled_from(["¿Cuándo caduca la contraseña?", "pasarela VPN", "ERP backups", "", "?", "contraseña abc"])
    | markdown,
    st.booleans(),
)
def test_whatever_the_passages_are_the_answer_is_honest(passages, question, vectors):
    assert_honest(respond(question, passages, vectors=vectors))


@given(markdown)
def test_units_slice_back_whatever_the_text(text):
    for unit in units(passage(text), 0):
        assert text[unit.start : unit.end] == unit.text
        assert unit.start < unit.end
