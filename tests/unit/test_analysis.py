"""Words of two languages, and identifiers, as terms."""

import pytest
import tantivy

from sophia.adapters.embedded_index.terms import (
    add_fields,
    coverage_query,
    idf,
    lexical_fields,
    lexical_query,
    register_analyzers,
)
from sophia.adapters.terms.analysis import IDENTIFIERS, WORDS, QueryTerm, analyse_query


def lexical_terms(text):
    return "".join(c if c.isalnum() else " " for c in text).split()


class Shelf:
    """The lexical half of an index, over a few texts."""

    def __init__(self, *texts):
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("at", stored=True, fast=True)
        add_fields(builder)
        self.schema = builder.build()
        index = tantivy.Index(self.schema)
        register_analyzers(index)
        writer = index.writer(15_000_000, 1)
        for at, text in enumerate(texts):
            writer.add_document(tantivy.Document(at=at, **lexical_fields(text)))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self.searcher = index.searcher()

    def _run(self, query):
        hits = self.searcher.search(query, 10).hits
        return {self.searcher.doc(address)["at"][0]: score for score, address in hits}

    def find(self, text, synonyms=None):
        return list(self._run(lexical_query(self.schema, analyse_query(text, synonyms))))

    def coverage(self, text, synonyms=None):
        return self._run(coverage_query(self.schema, analyse_query(text, synonyms), self.searcher))


@pytest.mark.parametrize(
    "identifier",
    [
        "CVE-2024-3400",
        "T1059.001",
        "10.0.0.0/8",
        "fw-madrid-2",
        "ana.ruiz@acme.es",
        "HKLM\\Software\\Run",
        "rundll32.exe",
        "fe80::1",
        "_vba_project",
    ],
)
class TestIdentifier:
    def test_whole_it_comes_first(self, identifier):
        parts = " ".join(reversed(lexical_terms(identifier)))
        shelf = Shelf(f"{parts} {parts} {parts}", f"Se vio {identifier.lower()}. Nada más que contar aquí hoy.", "otro")
        assert shelf.find(f"¿Qué es {identifier.upper()}?")[0] == 1

    def test_its_parts_find_it(self, identifier):
        shelf = Shelf("otro", f"see `{identifier}`, please")
        assert all(shelf.find(part) == [1] for part in lexical_terms(identifier))


def test_the_neighbour_of_an_identifier_comes_after_it():
    shelf = Shelf("CVE-2024-3401 CVE-2024-3401", "CVE-2024-3400", "CVE-2023-3400")
    assert shelf.find("cve-2024-3400")[0] == 1


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("configuraciones", "La configuración del equipo"),
        ("autenticacion", "La autenticación de usuarios"),
        ("POLÍTICAS", "una politica"),
        ("contraseñas", "cambiar la contrasena"),
        ("running", "the job runs nightly"),
        ("vulnerabilities", "a vulnerability"),
        ("café", "cafe\u0301 cerrado"),
        ("ficheros", "un \ufb01chero"),
    ],
)
def test_forms_and_accents_of_a_word_meet(asked, written):
    assert Shelf("otra cosa", written).find(asked) == [1]


def test_cognates_meet_across_languages():
    assert Shelf("nothing of the kind", "firewall configuration").find("configuración") == [1]


def test_words_without_meaning_of_their_own_do_not_count():
    shelf = Shelf("No, de la que no", "no one de facto")
    assert shelf.find("¿Qué no es de la red?") == []
    assert analyse_query("What is the DNS?") == (QueryTerm(WORDS, (("dns",),)),)


def test_a_query_of_nothing_else_is_searched_all_the_same():
    assert Shelf("otra cosa", "to be or not to be").find("to be") == [1]


def test_a_query_without_words_asks_for_nothing():
    assert analyse_query("¿? …") == ()
    assert Shelf("algo").find("¿? …") == []


def test_what_stands_in_backticks_or_quotes_is_preferred_as_it_stands():
    shelf = Shelf("info of the system: show info, show system", "run show system info on the device once")
    for query in ("`show system info`", '"show system info"', "«show system info»"):
        assert shelf.find(query)[0] == 1
        assert len(analyse_query(query)) == 4


def test_a_synonym_widens_a_term_without_asking_for_more():
    shelf = Shelf("Se exige MFA en la red", "multi user factor", "multi-factor authentication", "doble factor")
    synonyms = {"doble factor": ("MFA", "multi factor")}
    assert sorted(shelf.find("el doble factor", synonyms)) == [0, 1, 2, 3]
    assert shelf.coverage("doble factor", synonyms)[0] == pytest.approx(1.0)
    assert shelf.coverage("doble factor", synonyms)[1] < 1
    assert shelf.find("otro doble", synonyms) == [3]


def test_coverage_is_the_share_of_the_querys_idf():
    shelf = Shelf("alpha beta", "alpha", "gamma")
    stems = {word: analyse_query(word)[0].alternatives[0] for word in ("alpha", "beta", "delta")}
    weights = {word: idf(shelf.searcher, WORDS, stem) for word, stem in stems.items()}
    assert weights["alpha"] < weights["beta"] < weights["delta"]
    found = shelf.coverage("alpha beta delta")
    total = sum(weights.values())
    assert found == {
        0: pytest.approx((weights["alpha"] + weights["beta"]) / total),
        1: pytest.approx(weights["alpha"] / total),
    }


def test_identifiers_are_cut_from_the_sentence_around_them():
    terms = [t.alternatives for t in analyse_query("(10.0.0.0/8), fw-madrid-2. T1059.001:") if t.field == IDENTIFIERS]
    assert terms == [(("10.0.0.0/8",),), (("fw-madrid-2",),), (("t1059.001",),)]


def test_what_is_too_long_to_be_a_word_is_left_out():
    assert Shelf("x" * 300 + " short").find("short") == [0]
    assert analyse_query("x" * 300) == ()
