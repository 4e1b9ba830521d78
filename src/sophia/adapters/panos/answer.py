"""What a device answers: success, or what is wrong with the question, the credential or the device."""

from xml.etree.ElementTree import Element, ParseError  # only their names: what is read is read by defusedxml

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from sophia.errors import Fault, InvalidInput, Unavailable

__all__ = ["result_of"]

_FINE = frozenset({"", "19", "20"})
_WRONG = frozenset({"1", "6", "7", "17", "400"})
_REFUSED = frozenset({"16", "22", "403"})
_LONGEST = 300


def result_of(name: str, body: bytes) -> Element:
    """The ``result`` of an answer. No entity of it is expanded, and no document type is read.

    Args:
        name: of the device, as errors call it.
        body: XML.

    Raises:
        InvalidInput: it says that the question is wrong.
        Unavailable: it is no answer, or says that something else is.
    """
    try:
        response = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Unavailable(name, "has sent no answer that can be read") from error
    code, result = response.get("code", ""), response.find("result")
    if response.tag == "response" and response.get("status") == "success" and code in _FINE and result is not None:
        return result
    told = " ".join(" ".join(text for part in response.iter() if (text := part.text)).split())[:_LONGEST]
    if code in _WRONG:
        raise InvalidInput(Fault("/view", f"the device says: {told or 'the command is wrong'}"))
    if code in _REFUSED:
        raise Unavailable(name, f"does not let SOPHIA's credential do this (code {code})")
    raise Unavailable(name, f"says: {told}" if told else "has sent no answer that can be read")
