"""What several features check about answers."""

from drivers import Driver, Person, Reply

CLASSES = {"alta": "provisioning", "cambio": "change", "incidencia": "troubleshooting"}


def assert_quotes(driver: Driver, who: Person, reply: Reply, words: str, name: str) -> None:
    """The answer quotes these words from the document of this name, and shows them."""
    names = {document.id: document.name for document in driver.documents(who)}
    quoting = [c for c in reply.citations if words in c.quote and names.get(c.document_id) == name]
    assert quoting, f"{words!r} of {name} is not among {[c.quote for c in reply.citations]}; it says {reply.text!r}"
    assert all(citation.verified and f"[{citation.index}]" in reply.text for citation in quoting)
