import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia.domain.chunking import chunk
from sophia.domain.knowledge import ChunkKind
from sophia.domain.markdown import first_heading

WORDS = st.text("abcñ áé.,:;!?|-*_`#>1)[]()<>\t", min_size=1, max_size=40)
SENTENCES = st.lists(
    st.sampled_from(["La regla caduca.", "¿Quién avisa?", "See Dr. Who, e.g. now.", "x" * 90]), max_size=12
)


def _table(rows: int) -> str:
    return "\n".join(["| a | b |", "| --- | --- |", *(f"| fila {row} | valor {row} |" for row in range(rows))])


BLOCKS = st.one_of(
    WORDS,
    SENTENCES.map(" ".join),
    SENTENCES.map("\n".join),
    SENTENCES.map(lambda items: "\n".join(f"- {item}" for item in items)),
    SENTENCES.map(lambda items: "\n\n".join(f"{n}. {item}\n   más" for n, item in enumerate(items, start=1))),
    SENTENCES.map(lambda lines: "```sh\n" + "\n\n".join(lines) + "\n```"),
    SENTENCES.map(lambda lines: "\n".join(f"    {line}" for line in lines)),
    SENTENCES.map(lambda lines: "\n".join(f"> {line}" for line in lines)),
    SENTENCES.map(lambda cells: "<table>\n" + "\n".join(f"<tr><td>{cell}</td></tr>" for cell in cells) + "\n</table>"),
    st.integers(0, 60).map(_table),
    st.tuples(st.integers(1, 6), WORDS).map(lambda heading: f"{'#' * heading[0]} {heading[1]}"),
    st.sampled_from(
        [
            "Título\n======",
            "Sub\n---",
            "---",
            "***",
            "![foto](a.png)",
            "<!-- nota -->",
            "<div>",
            "```",
            "~~~~",
            "<table>",
            "<!--",
        ]
    ),
    st.text(max_size=60),
)
MARKDOWN = st.lists(BLOCKS, max_size=14).flatmap(
    lambda blocks: st.lists(st.sampled_from(["\n", "\n\n", "\n\n\n"]), min_size=len(blocks), max_size=len(blocks)).map(
        lambda gaps: "".join(block + gap for block, gap in zip(blocks, gaps, strict=True))
    )
)


@given(MARKDOWN, st.integers(1, 300), st.integers(0, 200))
def test_chunks_are_exact_ordered_and_within_the_limit(text, target, more):
    chunks = chunk(text, target=target, limit=target + more)
    for place, found in enumerate(chunks):
        assert text[found.start : found.end] == found.text
        assert found.text.strip()
        assert len(found.text) <= target + more
        assert found.ordinal == place
        assert all(found.heading)
    assert all(before.end <= after.start for before, after in pairwise(chunks))


@given(MARKDOWN)
def test_only_headings_and_markup_are_left_out(text):
    covered = [False] * len(text)
    for found in chunk(text):
        covered[found.start : found.end] = [True] * (found.end - found.start)
    left = re.sub(
        r"<!--.*?-->",
        "",
        "".join(" " if inside else char for char, inside in zip(text, covered, strict=True)),
        flags=re.DOTALL,
    )
    lines = left.split("\n")
    for number, line in enumerate(lines):
        is_heading = re.match(r" {0,3}#{1,6}([ \t]|$)", line) or any(
            re.fullmatch(r"\s*(=+|-+)\s*", below) for below in lines[number + 1 : number + 4]
        )
        bare = re.sub(
            r"!\[.*?\]\(.*?\)|<[^<>]+>|\{[^{}]*\}|\[\]\([^()]*\)", "", re.sub(r"!\[.*?\]\(.*?\)|<[^<>]+>", "", line)
        )
        assert is_heading or not any(map(str.isalnum, bare)), line


def test_heading_is_the_path_of_titles_without_markup():
    text = """# Manual de [VPN](https://x.example/a_b) {#vpn}

Intro con texto.

## **Alta** de `usuarios` ![](x.png)

Pida el alta.

Baja
----

Pida la baja, por favor.

### Urgente {: style="color:red" }

Llame ya mismo.
"""
    assert [(found.heading, found.text) for found in chunk(text)] == [
        (
            ("Manual de VPN",),
            (
                "Intro con texto.\n\n## **Alta** de `usuarios` ![](x.png)\n\n"
                "Pida el alta.\n\nBaja\n----\n\nPida la baja, por favor."
            ),
        ),
        (("Manual de VPN", "Baja", "Urgente"), "Llame ya mismo."),
    ]


def test_sections_that_are_not_tiny_stay_apart():
    body = "Esta sección dice lo suyo con cierta calma, hasta que ya no es tan corta como para juntarla. " * 2
    text = f"# A\n\n{body}\n\n## B\n\n{body}\n\n# C\n\n{body}"
    assert [found.heading for found in chunk(text)] == [("A",), ("A", "B"), ("C",)]


def test_a_heading_alone_is_no_chunk():
    assert chunk("# Solo un título\n") == ()
    assert chunk("") == ()
    assert chunk("---\n\n![x](y.png)\n\n<!-- nada -->\n") == ()


def test_hashes_in_code_are_no_headings():
    text = "# Guía\n\n```sh\n# comentario\nls\n```\n\n- paso\n\n  ```\n  # otro\n  ```\n"
    (only,) = chunk(text)
    assert only.heading == ("Guía",)


def test_a_large_table_is_cut_between_rows():
    text = "Las zonas son estas:\n\n" + _table(120)
    first, *others = chunk(text)
    assert first.text.startswith("Las zonas son estas:\n\n| a | b |\n| --- | --- |\n| fila 0 |")
    assert {found.kind for found in (first, *others)} == {ChunkKind.TABLE}
    for found in others:
        assert found.text.startswith("| fila ")
        assert found.text.endswith(" |")


def test_a_list_keeps_the_sentence_that_leads_in():
    filler = "Una frase cualquiera que ocupa sitio. " * 22
    text = f"{filler}\n\nAntes de empezar, compruebe:\n\n" + "\n".join(f"- punto {n} de la lista" for n in range(12))
    first, second = chunk(text)
    assert second.text.startswith("Antes de empezar, compruebe:\n\n- punto 0")
    assert second.kind is ChunkKind.LIST
    assert first.kind is ChunkKind.PROSE


def test_long_paragraphs_are_cut_at_sentence_ends():
    sentence = "El art. 5 lo pide el Sr. Pérez, p. ej. a las 9.30 horas, ¿de acuerdo? "
    for found in chunk(sentence * 60):
        assert found.text.startswith("El art. 5")
        assert found.text.endswith("¿de acuerdo?")


def test_long_code_is_cut_at_blank_lines_and_keeps_its_indentation():
    function = "    def f():\n        return 1\n\n"
    found = chunk(function * 80)
    assert len(found) > 1
    assert all(one.text.startswith("    def f():") for one in found)
    assert {one.kind for one in found} == {ChunkKind.CODE}


def test_records_are_cut_at_lines():
    log = "\n".join(f"2026-01-{day:02} 10:00:00 Deny. Source 10.0.0.{day}. Rule X." for day in range(1, 29)) * 3
    assert all(re.match(r"2026-|Rule", found.text) for found in chunk(log))


def test_first_heading():
    assert first_heading("texto\n\n```\n# no\n```\n\n## Sí, *este*\n") == "Sí, este"
    assert first_heading("nada") == ""


def test_target_above_limit_is_an_error():
    with pytest.raises(ValueError, match="target"):
        chunk("x", target=10, limit=9)


HOSTILE = {
    "one word": "a",
    "spaces": " ",
    "brackets": "[",
    "images": "![",
    "tables never closed": "<table\n",
    "fences never closed": "- ~~~a\n",
    "comments": "<!-- a\n",
    "comments closed by the last": "<!-- a\n",
    "quotes": "> ",
    "underlines": "-\n",
    "minified": "function(){return a.b(c);}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_takes_linear_time(name):
    text = HOSTILE[name] * (500_000 // len(HOSTILE[name])) + (" --> x" if "last" in name else "")
    before = time.process_time()
    chunk(text)
    # Some 20 times what it takes; anything quadratic takes minutes.
    assert time.process_time() - before < 15
