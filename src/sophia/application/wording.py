"""What SOPHIA says of its own work, in the languages of its users."""

from sophia.domain.asked import Category
from sophia.domain.handoff import HandoffReason
from sophia.domain.suspicion import Origin, Suspect
from sophia.domain.tickets import Ticket, TicketStatus

__all__ = ["Wording", "wording"]


class Wording:
    """The sentences of one language."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def handed_off(self, ticket: Ticket) -> str:
        """Tells the user what was handed over, to whom, and how far it has come."""
        outcome = self._texts[f"ticket.{ticket.status}"].format(
            target=ticket.target, number=ticket.external_id or ticket.id, reason=ticket.reason or ""
        )
        asked = self._texts["ticket.asked"].format(
            target=ticket.target, category=self._texts[f"category.{ticket.category}"], title=ticket.title
        )
        return f"{asked} {outcome}"

    def declined(self, reason: HandoffReason, target: str) -> str:
        """Tells the user why nothing was handed over."""
        return self._texts[f"declined.{reason}"].format(target=target)

    def reason(self, reason: HandoffReason) -> str:
        """Why the policy decided as it did."""
        return self._texts[f"reason.{reason}"]

    def unembedded(self, pending: int) -> str:
        """Passages that cannot be found by meaning yet."""
        return self._texts["limitation.pending"].format(pending=pending)

    @property
    def words_only(self) -> str:
        """The search went by words only."""
        return self._texts["limitation.embedder"]

    def tool_failed(self, tool: str, reason: str) -> str:
        """A tool that gave no result: what it would have found is not in the answer."""
        return self._texts["limitation.tool"].format(tool=tool, reason=reason)

    def unverified(self, count: int) -> str:
        """Quotes that do not stand where they were said to."""
        return self._texts["limitation.quotes"].format(count=count)

    def suspected(self, suspect: Suspect) -> str:
        """A text that speaks to the assistant: the user should know what the answer was made with."""
        return self._texts[f"limitation.{suspect.origin}"].format(title=suspect.title)


_ES = Wording(
    {
        f"category.{Category.PROVISIONING}": "alta",
        f"category.{Category.CHANGE}": "cambio",
        f"category.{Category.TROUBLESHOOTING}": "incidencia",
        "ticket.asked": "Esto lo tiene que hacer {target}, así que le he pasado tu petición ({category}): «{title}».",
        f"ticket.{TicketStatus.QUEUED}": "Está en cola con el número {number}; se entregará en cuanto responda.",
        f"ticket.{TicketStatus.DELIVERED}": "El ticket es {number}.",
        f"ticket.{TicketStatus.REJECTED}": "{target} lo ha rechazado: {reason}",
        f"ticket.{TicketStatus.UNKNOWN}": (
            "No sé si ha llegado: {target} no contestó y no hay forma de comprobarlo. "
            "Confírmalo con {target} ({number})."
        ),
        f"declined.{HandoffReason.NO_PERMISSION}": (
            "Pides una acción, pero tu usuario no tiene permiso para pasar peticiones a {target}. "
            "No he abierto ningún ticket."
        ),
        f"declined.{HandoffReason.SWITCHED_OFF}": (
            "Pides una acción, pero tu empresa no tiene activado el traspaso a {target}. No he abierto ningún ticket."
        ),
        f"reason.{HandoffReason.ACTION_REQUESTED}": "el mensaje pide que se haga algo",
        f"reason.{HandoffReason.NO_PERMISSION}": "el usuario no tiene el permiso «handoff»",
        f"reason.{HandoffReason.SWITCHED_OFF}": "la empresa tiene el traspaso desactivado",
        "limitation.pending": (
            "conocimiento: fragmentos de tus documentos que aún se encuentran solo por sus palabras, "
            "no por su significado: {pending}"
        ),
        "limitation.embedder": "conocimiento: he buscado solo por palabras; la búsqueda por significado no responde",
        "limitation.tool": "{tool}: no ha dado resultado ({reason}); la respuesta no cuenta con ello",
        "limitation.quotes": "citas que no aparecen tal cual en el documento, marcadas como no verificadas: {count}",
        f"limitation.{Origin.DOCUMENT}": (
            "El documento «{title}» contiene instrucciones dirigidas al asistente: se tratan como datos y no se ha "
            "actuado según ellas"
        ),
        f"limitation.{Origin.QUOTATION}": (
            "El texto que citas contiene instrucciones dirigidas al asistente: se tratan como datos y no se ha actuado "
            "según ellas"
        ),
    }
)

_EN = Wording(
    {
        f"category.{Category.PROVISIONING}": "provisioning",
        f"category.{Category.CHANGE}": "change",
        f"category.{Category.TROUBLESHOOTING}": "troubleshooting",
        "ticket.asked": "This is for {target} to do, so I have handed over your request ({category}): “{title}”.",
        f"ticket.{TicketStatus.QUEUED}": "It is queued as {number} and will be delivered as soon as {target} answers.",
        f"ticket.{TicketStatus.DELIVERED}": "The ticket is {number}.",
        f"ticket.{TicketStatus.REJECTED}": "{target} has rejected it: {reason}",
        f"ticket.{TicketStatus.UNKNOWN}": (
            "Whether it arrived is unknown: {target} did not answer and there is no way to look. "
            "Please check with {target} ({number})."
        ),
        f"declined.{HandoffReason.NO_PERMISSION}": (
            "You ask for action, but your user may not hand requests over to {target}. No ticket was opened."
        ),
        f"declined.{HandoffReason.SWITCHED_OFF}": (
            "You ask for action, but your company has switched off handing over to {target}. No ticket was opened."
        ),
        f"reason.{HandoffReason.ACTION_REQUESTED}": "the message asks for something to be done",
        f"reason.{HandoffReason.NO_PERMISSION}": "the user lacks the permission “handoff”",
        f"reason.{HandoffReason.SWITCHED_OFF}": "the company has switched handing over off",
        "limitation.pending": (
            "knowledge: passages of your documents that are found by their words only, not by meaning yet: {pending}"
        ),
        "limitation.embedder": "knowledge: searched by words only; search by meaning does not answer",
        "limitation.tool": "{tool}: gave no result ({reason}); the answer does without it",
        "limitation.quotes": "citations that do not stand in the document word for word, marked unverified: {count}",
        f"limitation.{Origin.DOCUMENT}": (
            "The document “{title}” contains instructions addressed to the assistant: they are treated as data, and "
            "nothing was done because of them"
        ),
        f"limitation.{Origin.QUOTATION}": (
            "The text that you quote contains instructions addressed to the assistant: they are treated as data, and "
            "nothing was done because of them"
        ),
    }
)

_LANGUAGES = {"es": _ES, "en": _EN}


def wording(language: str) -> Wording:
    """The sentences of a language; Spanish for one that SOPHIA does not speak."""
    return _LANGUAGES.get(language, _ES)
