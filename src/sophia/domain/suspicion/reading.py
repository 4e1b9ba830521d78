"""Undoes what hides words from a reader: letters that look alike, characters that are not seen, markup, base64.

Sources: Unicode Technical Standard 39 (confusables), Unicode Standard Annex 9 (bidi), Unicode block Tags (U+E0000).
"""

import base64
import binascii
import html
import re
import string
import unicodedata
from collections.abc import Iterator

__all__ = ["folded", "uncovered"]

_UNSEEN = (
    (0xAD, 0xAD),  # soft hyphen
    (0x34F, 0x34F),  # combining grapheme joiner
    (0x61C, 0x61C),  # Arabic letter mark
    (0x180E, 0x180E),  # Mongolian vowel separator
    (0x200B, 0x200F),  # zero-width space to right-to-left mark
    (0x202A, 0x202E),  # bidi embeddings and overrides
    (0x2060, 0x206F),  # word joiner, invisible operators, bidi isolates
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xE0000, 0xE007F),  # tags
    (0xE0100, 0xE01EF),  # more variation selectors
)
# Cyrillic and Greek letters that are taken for Latin ones, and typographic quotes and dashes.
_ALIKE = str.maketrans(
    "аеорсухіјѕԁһӏԛԝвкмнтгАЕОРСУХІЈЅВКМНТԌԚԜαοερνικυτχηωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ’‘“”«»–—",
    'aeopcyxijsdhlqwbkmhtrAEOPCYXIJSBKMHTGQWaoepvikutxnwABEZHIKMNOPTYX\'\'""""--',
)
_READ_AS = {chr(code): "" for first, last in _UNSEEN for code in range(first, last + 1)} | {
    chr(code): chr(latin) for code, latin in _ALIKE.items()
}
_ODD = re.compile(
    "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _UNSEEN) + "".join(map(chr, _ALIKE)) + "]"
)
_ACCENTS = re.compile("[\u0300-\u036f]+")
_COMMENT = re.compile(r"<!-{2,}|-{2,}>")
_TAG = re.compile(
    r"</?(?:a|b|big|code|del|em|font|i|ins|kbd|mark|p|s|small|span|strong|sub|sup|tt|u|wbr)(?: [^<>\n]{0,200})?/?>"
)


def folded(text: str) -> str:
    """A text as its words are compared: small Latin letters without accents, nothing unseen, no markup in words."""
    if not text.isascii():
        # Compatibility forms and accented letters may hide letters that look alike, so that these are put right twice.
        text = _put_right(_ACCENTS.sub("", unicodedata.normalize("NFKD", _put_right(text))))
    if "&" in text:
        text = html.unescape(text)
    text = text.lower().replace("*", "").replace("`", "").replace("~", "")
    if "<" in text:
        text = _TAG.sub("", _COMMENT.sub("\n", text))
    return text


def _put_right(text: str) -> str:
    return _ODD.sub(lambda found: _READ_AS[found[0]], text)


_CODE = frozenset(string.ascii_letters + string.digits + "+/_-")
_RUNS = bytes(ord("a" if chr(code) in _CODE else " ") for code in range(128)) + b" " * 128
_LONG = b"a" * 24
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,8000}")
_TEXT = re.compile(r"[\w\s.,;:!?¡¿'\"()/@#%&+=<>\[\]{}_-]*\Z")
_TAGGED = re.compile("[\U000e0020-\U000e007e]{4,}")
_FLAG = "\U0001f3f4"  # the tags after it name a region
_REVERSED = re.compile("[\u202e\u2067]([^\n\u202c\u2069]{4,2000})")


def uncovered(text: str) -> Iterator[str]:
    """What stands in a text and is not seen as words, as words."""
    coded_runs = _BASE64.finditer(text) if _LONG in text.encode("ascii", "replace").translate(_RUNS) else ()
    for found in coded_runs:
        coded = found[0].replace("-", "+").replace("_", "/")
        try:
            decoded = base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue  # a digest, a key: no text
        if " " in decoded and _TEXT.match(decoded):
            yield decoded
    if text.isascii():
        return
    for found in _TAGGED.finditer(text):
        if text[found.start() - 1 : found.start()] != _FLAG:
            yield "".join(chr(ord(character) - 0xE0000) for character in found[0])
    for found in _REVERSED.finditer(text):
        yield found[1][::-1]
