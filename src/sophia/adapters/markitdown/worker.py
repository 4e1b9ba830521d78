"""The process in which foreign documents are opened: ``python -m sophia.adapters.markitdown.worker``.

It reads requests from its standard input and answers on its standard output, each message a frame: a JSON head on
one line, then as many bytes as the head's ``size`` says. It holds no secret, may not write files, has a ceiling on
memory, kills itself when one document takes too long, and ends with its parent. What is hostile can thus break no
more than this process.
"""

import io
import json
import os
import re
import resource
import signal
import sys
import threading
import time
import warnings
import zipfile
from collections.abc import Callable
from typing import Any, BinaryIO

from bs4 import BeautifulSoup, Comment, Tag
from bs4.dammit import EncodingDetector
from markitdown import StreamInfo
from markitdown.converters import DocxConverter, HtmlConverter
from pypdfium2 import PdfiumError  # type: ignore[import-untyped]

from sophia.adapters.markitdown.pdf import pdf_to_markdown
from sophia.errors import DocumentRejected

__all__ = ["main", "read_frame", "write_frame"]

CLUTTER = (
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "iframe",
    "object",
    "form",
    "nav",
    "footer",
    "button",
    "dialog",
)
ADMONITION = re.compile(r"note|warning|admonition|tip|caution|danger|important|callout|alert", re.IGNORECASE)
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
DATA_IMAGE = re.compile(r"!\[([^\]\n]{0,500})\]\((?:data:[^()\n]{0,200})?\)")
MARKDOWN: dict[str, Any] = {"escape_asterisks": False, "escape_underscores": False, "table_infer_header": True}
DOCX_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Título'] => h1:fresh
p[style-name='Título 1'] => h1:fresh
p[style-name='Título 2'] => h2:fresh
p[style-name='Título 3'] => h3:fresh
p[style-name='Título 4'] => h4:fresh
p[style-name='Code'] => pre:separator('\\n')
p[style-name='HTML Preformatted'] => pre:separator('\\n')
"""

Converted = tuple[str, str]


def read_frame(stream: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """The next message.

    Raises:
        EOFError: the other side has gone.
    """
    head = stream.readline(4096)
    if not head.endswith(b"\n"):
        raise EOFError
    fields: dict[str, Any] = json.loads(head)
    body = stream.read(fields["size"])
    if len(body) < fields["size"]:
        raise EOFError
    return fields, body


def write_frame(stream: BinaryIO, head: dict[str, Any], body: bytes = b"") -> None:
    """Sends a message."""
    stream.write(json.dumps({**head, "size": len(body)}).encode() + b"\n")
    stream.write(body)
    stream.flush()


# --- the three kinds


def _pdf(content: bytes, limits: dict[str, Any]) -> Converted:
    try:
        return pdf_to_markdown(content, max_pages=limits["max_pages"])
    except PdfiumError as exc:
        if "password" in str(exc).lower() or "security" in str(exc).lower():
            raise DocumentRejected("it is encrypted and needs a password; store a copy without one") from exc
        raise


def _docx(content: bytes, limits: dict[str, Any]) -> Converted:
    del limits
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        core = archive.read("docProps/core.xml") if "docProps/core.xml" in archive.namelist() else b""
    title = BeautifulSoup(core, "html.parser").find("dc:title")
    docx: Any = DocxConverter
    result = docx().convert(
        io.BytesIO(content), StreamInfo(extension=".docx"), style_map=DOCX_STYLES, strict=True, **MARKDOWN
    )
    return (title.get_text().strip() if title else ""), DATA_IMAGE.sub(r"\1", result.markdown)


def _html(content: bytes, limits: dict[str, Any]) -> Converted:
    del limits
    soup = BeautifulSoup(_decoded(content), "html.parser")
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    main = soup.find("main") or soup.select_one("[role=main]")
    articles = soup.find_all("article")
    if not main and len(articles) == 1:
        main = articles[0]
    body = main if isinstance(main, Tag) else soup.body or soup
    for comment in body.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for tag in body.find_all([*CLUTTER, "aside", "img", True]):
        if not tag.decomposed and _is_clutter(tag):
            tag.decompose()
    heading = body.find("h1")
    name = heading.get_text(" ", strip=True).rstrip("¶# ") if heading else ""
    text = HtmlConverter().convert_string(str(body), strict=True, code_language_callback=_language, **MARKDOWN).markdown
    # "Page | Site": the page is the title.
    return (name if name and (name in title or not title) else title), DATA_IMAGE.sub(r"\1", text)


def _is_clutter(tag: Tag) -> bool:
    if tag.name in CLUTTER or tag.has_attr("hidden") or tag.get("aria-hidden") == "true":
        return True
    if tag.name == "img" and not tag.get("alt"):
        return True
    if tag.name == "aside":
        # An aside that warns is part of the matter.
        return not ADMONITION.search(" ".join([*(tag.get_attribute_list("class")), str(tag.get("role"))]))
    if tag.name == "header":
        # The page's banner; a header with a heading belongs to what it heads.
        return tag.parent is not None and tag.parent.name == "body" and tag.find(["h1", "h2"]) is None
    if tag.name == "a" and "headerlink" in tag.get_attribute_list("class"):
        return True
    return bool(HIDDEN.search(str(tag.get("style", ""))))


def _language(tag: Tag) -> str:
    inner = tag.find("code")
    names = [*tag.get_attribute_list("class"), *(inner.get_attribute_list("class") if isinstance(inner, Tag) else [])]
    found = (re.fullmatch(r"(?:language|lang|highlight)-([\w+#.-]{1,30})", str(name)) for name in names)
    return next((match.group(1) for match in found if match), "")


def _decoded(content: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    declared = EncodingDetector.find_declared_encoding(content[:4096], is_html=True)
    for name in ("utf-8", declared or "utf-8", "cp1252"):
        try:
            return content.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("latin-1")


CONVERTERS: dict[str, Callable[[bytes, dict[str, Any]], Converted]] = {"pdf": _pdf, "docx": _docx, "html": _html}


# --- the process


def _answer(head: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    kind = head["kind"]
    try:
        title, text = CONVERTERS[kind](content, head)
    except DocumentRejected as exc:
        return {"refused": exc.reason}, b""
    except MemoryError:
        return {"refused": "converting it takes more memory than is allowed"}, b""
    except RecursionError:
        return {"refused": "it is nested too deeply"}, b""
    # Parsers of foreign bytes raise whatever they like; it all means the same.
    except Exception as exc:  # noqa: BLE001
        return {"refused": f"it is broken or no valid {kind.upper()} ({type(exc).__name__})"}, b""
    if len(text) > head["max_characters"]:
        return {"refused": f"its text is longer than the {head['max_characters']:,} characters that are allowed"}, b""
    return {"title": title[:1000]}, text.encode("utf-8", "replace")


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def main() -> None:
    """Answers requests until the parent closes the pipe or is gone."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not get between the frames.
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    memory = int(sys.argv[1])
    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(limit, (value, value))
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()
    while True:
        try:
            head, content = read_frame(requests)
        except EOFError:
            return
        # Should the parent be stopped or slow to kill: the signal ends the process even within C code.
        signal.setitimer(signal.ITIMER_REAL, head["max_seconds"] + 5)
        answer, body = _answer(head, content)
        signal.setitimer(signal.ITIMER_REAL, 0)
        write_frame(answers, answer, body)


if __name__ == "__main__":
    main()
