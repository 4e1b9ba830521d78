"""Documents that were made to do harm are refused with the reason, or do none; and the next one is read."""

import functools
import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from sophia.adapters.markitdown.converter import KINDS, MarkItDownConverter
from sophia.domain.knowledge import RawDocument
from sophia.errors import DocumentRejected
from sophia.testing.emulators.server import LoopbackServer

ALTAS = Path(__file__).parents[1] / "data" / "documents" / "altas.docx"
BODY = "word/document.xml"
RELATIONS = "word/_rels/document.xml.rels"


DRAWN = "http://schemas.openxmlformats.org/drawingml/2006"
PICTURE = (
    f'<w:p><w:r><w:drawing><wp:inline xmlns:wp="{DRAWN}/wordprocessingDrawing"><wp:docPr id="1" name="x" descr="y"/>'
    f'<a:graphic xmlns:a="{DRAWN}/main"><a:graphicData><pic:pic xmlns:pic="{DRAWN}/picture"><pic:blipFill>'
    '<a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:link="evil{n}"/>'
    "</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
)


@pytest.fixture(scope="module")
def converter():
    """With less time and memory than usual, so that what exhausts them does it sooner."""
    converter = MarkItDownConverter(max_seconds=30, max_memory=2**29)
    yield converter
    assert converter.convert(raw("a.html", "<html>the next one")).text == "the next one"
    converter.close()


@pytest.fixture
def small():
    """Takes no long text."""
    converter = MarkItDownConverter(max_characters=10_000)
    yield converter
    converter.close()


def raw(name, content):
    content = content.encode() if isinstance(content, str) else content
    return RawDocument(name, name, content, f"memory://{name}")


def refusal(converter, name, content):
    with pytest.raises(DocumentRejected) as caught:
        converter.convert(raw(name, content))
    return caught.value.reason


def text_or_reason(converter, name, content):
    try:
        return converter.convert(raw(name, content)).text
    except DocumentRejected as rejected:
        return rejected.reason


def docx(**changed):
    """A Word document with parts changed (by a function of their text) or added."""
    made = io.BytesIO()
    with zipfile.ZipFile(ALTAS) as whole, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in [*whole.namelist(), *(name for name in changed if name not in whole.namelist())]:
            change = changed.get(name, lambda text: text)
            before = whole.read(name) if name in whole.namelist() else b""
            target.writestr(name, change(before.decode()) if name in changed else before)
    return made.getvalue()


def pdf(*objects):
    """A PDF of these objects, numbered from 1; the first is its catalog."""
    made, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return (
        made
        + head
        + table
        + b"trailer <</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (
            len(objects) + 1,
            len(made),
        )
    )


def one_page(stream, filters=b"/FlateDecode"):
    return pdf(
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
        b" /Resources <</Font <</F1 <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>>>>>",
        b"<</Length %d /Filter %s>>\nstream\n%s\nendstream" % (len(stream), filters, stream),
    )


def laughs(levels=12, each=10):
    """XML entities of which each is ten of the one before (Billion Laughs, CVE-2003-1564)."""
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * each}">' for n in range(1, levels))
    return f"<!DOCTYPE bomb [{entities}]>", f"&a{levels - 1};"


@pytest.mark.parametrize(
    "name", ["a.svg", "a.xml", "a.xhtml", "a.xlsx", "a.pptx", "a.epub", "a.zip", "a.docm", "a.exe"]
)
def test_what_is_not_taken_is_not_opened(converter, name):
    assert Path(name).suffix not in KINDS
    assert "are not taken" in refusal(converter, name, "<x>words</x>")


class TestHtml:
    def test_entities_are_not_expanded(self, converter):
        declared, used = laughs()
        for page in (f"<!doctype html>{declared}<html><body>A page {used}", f"<html><svg>{declared}{used}</svg>A page"):
            assert len(converter.convert(raw("a.html", page)).text) < 3000

    def test_nothing_is_fetched(self, converter):
        with LoopbackServer(lambda _, exchange: exchange.send(200, b"fetched")) as server:
            page = f"""<!DOCTYPE html [<!ENTITY x SYSTEM "{server.url}/x"><!ENTITY f SYSTEM "file:///etc/passwd">]>
            <html><head><base href="{server.url}"><link rel="stylesheet" href="/x"></head><body>A page &x; &f;
            <img src="{server.url}/x" alt="y"><iframe src="{server.url}"></iframe><object data="{server.url}"></object>
            <svg><image href="{server.url}"/></svg></body></html>"""
            assert "root:" not in converter.convert(raw("a.html", page)).text
            assert server.requests == []

    def test_what_is_nested_too_deeply_is_refused(self, converter):
        reason = refusal(converter, "a.html", "<html><body>" + "<div>" * 3_000 + "deep")
        assert _is_refusal(reason)

    def test_a_cell_does_not_become_millions(self, converter):
        rows = "<tr><td colspan=99999999 rowspan=99999999>x</td><td>y</td></tr>" * 20
        converted = converter.convert(raw("a.html", f"<html><body><table>{rows}</table>"))
        assert len(converted.text) < 200_000

    def test_a_gigantic_table_is_refused(self, small):
        table = "<html><body><table>" + "<tr>" + "<td>cell" * 100 + "</tr>"
        assert "longer than" in refusal(small, "a.html", table * 20)


class TestTables:
    def test_columns_are_counted(self, converter):
        assert "columns" in refusal(converter, "a.csv", "x;" * 5000)

    def test_a_field_without_an_end_is_refused(self, converter):
        assert "no valid CSV" in refusal(converter, "a.csv", 'a,b\n"' + "x\n" * 200_000)

    def test_rows_are_not_kept_beyond_the_limit(self, small):
        assert "longer than" in refusal(small, "a.csv", "a,b\n" * 2_000_000)


class TestDocx:
    @pytest.mark.parametrize("part", [BODY, "word/styles.xml", RELATIONS, "docProps/core.xml"])
    def test_entities_are_not_expanded(self, converter, part):
        declared, used = laughs()

        def bomb(text):
            start = text.index("?>") + 2
            end = text.rindex("</")
            return f"{text[:start]}{declared}{text[start:end]}{used}{text[end:]}"

        # Expat stops it by itself, where the part is read at all (https://libexpat.github.io/doc/api/latest/#billion-laughs).
        assert "haha" not in text_or_reason(converter, "a.docx", docx(**{part: bomb}))

    def test_no_file_and_no_address_is_read_for_an_image(self, converter, tmp_path):
        (tmp_path / "secret.txt").write_text("what only this machine knows")
        with LoopbackServer(lambda _, exchange: exchange.send(200, b"fetched")) as server:
            targets = [server.url, (tmp_path / "secret.txt").as_uri(), "/etc/passwd", "../../../../etc/passwd"]
            pictures = "".join(PICTURE.format(n=n) for n in range(len(targets)))
            related = "".join(
                f'<Relationship Id="evil{n}" TargetMode="External" Target="{target}" Type="http://schemas.'
                'openxmlformats.org/officeDocument/2006/relationships/image"/>'
                for n, target in enumerate(targets)
            )
            made = docx(
                **{
                    BODY: lambda text: text.replace("<w:sectPr", f"{pictures}<w:sectPr", 1),
                    RELATIONS: lambda text: text.replace("</Relationships>", f"{related}</Relationships>"),
                }
            )
            text = text_or_reason(converter, "a.docx", made)
            assert server.requests == []
            for told in ("what only", "root:", "d2hhdCBvbmx5", "cm9vdDo", "ZmV0Y2hlZA"):
                assert told not in text

    def test_an_archive_that_lies_about_its_size_is_refused(self, converter):
        made = bytearray(docx(**{BODY: lambda text: text + " " * (30 * 2**20)}))
        true = struct.pack("<I", _size_of(bytes(made), BODY))
        made = made.replace(true, struct.pack("<I", 5000))
        assert "broken" in refusal(converter, "a.docx", bytes(made))

    def test_what_would_unpack_to_too_much_is_refused(self, converter):
        many = docx(**{f"word/media/{n}.bin": lambda _: "\0" * (15 * 2**20) for n in range(20)})
        assert "unpack" in refusal(converter, "a.docx", many)

    def test_names_with_path_tricks_lead_nowhere(self, converter, tmp_path):
        tricks = ["../../../tmp/evil", "/etc/evil", "C:\\evil", "word/../../evil", "word/\0evil"]
        converted = converter.convert(raw("a.docx", docx(**{name: lambda _: "evil" for name in tricks})))
        assert "evil" not in converted.text
        assert not Path("/tmp/evil").exists()

    def test_what_is_nested_too_deeply_is_refused(self, converter):
        deep = "<w:tbl><w:tr><w:tc>" * 3_000 + "</w:tc></w:tr></w:tbl>" * 3_000
        reason = refusal(
            converter, "a.docx", docx(**{BODY: lambda text: text.replace("<w:sectPr", deep + "<w:sectPr", 1)})
        )
        assert _is_refusal(reason)


def _size_of(archive, name):
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.getinfo(name).file_size


class TestPdf:
    def test_a_stream_that_unpacks_to_a_gigabyte_is_refused(self, converter):
        packed = _packed_spaces()
        assert len(packed) < 5 * 2**20
        assert _is_refusal(refusal(converter, "a.pdf", one_page(packed)))

    def test_one_that_is_packed_twice_is_refused(self, converter):
        packed = zlib.compress(_packed_spaces())
        assert len(packed) < 100_000
        assert _is_refusal(refusal(converter, "a.pdf", one_page(packed, b"[/FlateDecode /FlateDecode]")))

    def test_a_tree_of_pages_that_leads_back_to_itself_is_refused(self, converter):
        made = pdf(b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [2 0 R 2 0 R] /Count 400>>")
        assert _is_refusal(refusal(converter, "a.pdf", made))

    def test_pages_are_counted(self, converter):
        made = pdf(b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [3 0 R] /Count 2000000000>>", b"<<>>")
        assert _is_refusal(refusal(converter, "a.pdf", made))

    def test_a_million_marks_on_a_page_end_in_time(self):
        converter = MarkItDownConverter(max_seconds=0.5)
        assert converter.convert(raw("a.html", "<html>started")).text == "started"
        drawn = b"BT /F1 9 Tf 50 700 Td " + b"(x) Tj 0 -1 Td " * 400_000 + b"ET"
        try:
            reason = refusal(converter, "a.pdf", one_page(zlib.compress(drawn)))
            assert _is_refusal(reason)
        finally:
            converter.close()


@functools.cache
def _packed_spaces():
    """A gigabyte of them: the same packed block again and again, in the form of zlib (RFC 1950)."""
    packer, piece, times, check = zlib.compressobj(6, zlib.DEFLATED, -15), b" " * 2**24, 64, 1
    block = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(times):
        check = zlib.adler32(piece, check)
    return b"\x78\x9c" + block * times + b"\x03\x00" + check.to_bytes(4, "big")


def _is_refusal(reason):
    words = ("memory", "crashed", "broken", "seconds", "pages", "longer than", "no text", "OCR", "deeply")
    return any(word in reason for word in words)
