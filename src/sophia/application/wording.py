"""What SOPHIA says of its own work, in the languages of its users."""

from collections.abc import Sequence

from sophia.domain.asked import Category
from sophia.domain.citing import without_markers
from sophia.domain.evidence import Evidence
from sophia.domain.handoff import HandoffReason
from sophia.domain.lookups import Cut, CutKind
from sophia.domain.readonly import explain
from sophia.domain.status_question import StatusQuestion
from sophia.domain.suspicion import Origin, Suspect
from sophia.domain.tickets import Ticket, TicketState, TicketStatus
from sophia.domain.urgency import Urgency
from sophia.errors import QueryRefused, SophiaError

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

    def given_up(self, days: int) -> str:
        """Why a ticket that could not be delivered is not tried any more."""
        return self._texts["ticket.given_up"].format(days=days)

    def repeated(self, ticket: Ticket) -> str:
        """Tells the user that what is asked for is in a ticket already."""
        return self._texts["ticket.repeated"].format(
            target=ticket.target, number=ticket.external_id or ticket.id, title=ticket.title
        )

    def asked(self, target: str, title: str) -> str:
        """Asks the user whether to open a ticket."""
        return self._texts["ticket.question"].format(target=target, title=title)

    def urgency(self, urgency: Urgency) -> str:
        """Why a ticket is as urgent as it is."""
        return self._texts[f"urgency.{urgency}"]

    def declined(self, reason: HandoffReason, target: str) -> str:
        """Tells the user why nothing was handed over."""
        return self._texts[f"declined.{reason}"].format(target=target)

    def reason(self, reason: HandoffReason) -> str:
        """Why the policy decided as it did."""
        return self._texts[f"reason.{reason}"]

    def settled(self, ticket: Ticket) -> str:
        """Tells how the delivery of a ticket went that the user was told is queued."""
        if ticket.status is TicketStatus.DELIVERED:
            return self._texts["ticket.delivered_later"].format(
                id=ticket.id, target=ticket.target, name=self._name(ticket)
            )
        return self.reported(ticket)

    def reported(self, ticket: Ticket) -> str:
        """Tells how far a ticket has come, and what the agent that acts has noted, as its words."""
        return f"{self._name(ticket)}: {self._how(ticket)}"

    def status(self, question: StatusQuestion, tickets: Sequence[Ticket], agents: Sequence[str]) -> str:
        """Answers what was asked about tickets: who has them, since when, how far they are; or that there are none."""
        if not tickets:
            if question.numbers:
                return self._texts["status.no_number"].format(numbers=", ".join(question.numbers).upper())
            if question.exact:
                return self._texts["status.none_about"].format(things=", ".join(sorted(question.exact)))
            return self._texts["status.none"].format(agents=", ".join(agents))
        lines = [
            self._texts["status.one"].format(
                name=self._name(ticket), since=f"{ticket.created_at:%Y-%m-%d %H:%M} UTC", how=self._how(ticket)
            )
            for ticket in tickets
        ]
        if len(lines) == 1:
            return lines[0]
        return "\n".join((self._texts["status.several"], *(f"- {line}" for line in lines)))

    def _name(self, ticket: Ticket) -> str:
        """The number of a ticket and, until its thread is deleted, the user's words."""
        number = ticket.external_id or ticket.id
        return self._texts["ticket.name"].format(number=number, title=ticket.title) if ticket.title else number

    def _how(self, ticket: Ticket) -> str:
        known = f"state.{ticket.state}" if ticket.state else f"how.{ticket.status}"
        how = self._texts[known].format(target=ticket.target, reason=ticket.reason or "")
        # A number in brackets would look like a citation.
        note = " ".join(without_markers(ticket.note or "").split())
        return f"{how} {self._texts['ticket.note'].format(target=ticket.target, note=note)}" if note else how

    def unembedded(self, pending: int) -> str:
        """Passages that cannot be found by meaning yet."""
        return self._texts["limitation.pending"].format(pending=pending)

    @property
    def nothing_read(self) -> str:
        """There is nothing to answer from, whatever is asked."""
        return self._texts["limitation.nothing_read"]

    @property
    def words_only(self) -> str:
        """The search went by words only."""
        return self._texts["limitation.embedder"]

    def tool_failed(self, tool: str, reason: str) -> str:
        """A tool that gave no result: what it would have found is not in the answer."""
        return self._texts["limitation.tool"].format(tool=tool, reason=reason)

    def tool_refused(self, tool: str, error: SophiaError) -> str:
        """A tool that was not run, and why."""
        reason = str(error)
        if isinstance(error, QueryRefused):
            reason = explain(error.rule, error.what, self._texts["language"])
        return self._texts["limitation.refused"].format(tool=tool, reason=reason.rstrip("."))

    def used_up(self, tool: str, source: str, most: int) -> str:
        """A system that the company has looked at as often as it may in a day."""
        return self._texts["limitation.used_up"].format(tool=tool, source=source, most=most)

    def looked_enough(self, tool: str, source: str, most: int) -> str:
        """A system that has been looked at as often as one answer may."""
        return self._texts["limitation.looked_enough"].format(tool=tool, source=source, most=most)

    def no_more_tools(self, tool: str) -> str:
        """A tool that was not run, because the turn has used as many as it may."""
        return self._texts["limitation.no_more_tools"].format(tool=tool)

    def cut(self, evidence: Evidence, cut: Cut) -> str:
        """Why a look-up has not found all that there is."""
        return self._texts[f"limitation.cut.{cut.kind}"].format(
            source=evidence.source, detail=cut.detail, kept=len(evidence.finding.rows), seen=evidence.finding.seen
        )

    def unverified(self, count: int) -> str:
        """Quotes that do not stand where they were said to."""
        return self._texts["limitation.quotes"].format(count=count)

    def suspected(self, suspect: Suspect) -> str:
        """A text that speaks to the assistant: the user should know what the answer was made with."""
        return self._texts[f"limitation.{suspect.origin}"].format(title=suspect.title)


_ES = Wording(
    {
        "language": "es",
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
        "ticket.given_up": "no se ha podido entregar en {days} días, y no se intenta más",
        "ticket.name": "{number} («{title}»)",
        "ticket.note": "Nota de {target}: «{note}»",
        "ticket.delivered_later": "El ticket {id} ya no está en cola: lo tiene {target} como {name}.",
        f"how.{TicketStatus.QUEUED}": "está en cola y se entregará a {target} en cuanto responda.",
        f"how.{TicketStatus.DELIVERED}": "lo tiene {target}, que aún no ha dicho nada más.",
        f"how.{TicketStatus.REJECTED}": "{target} no lo ha admitido: {reason}",
        f"how.{TicketStatus.UNKNOWN}": (
            "no sé si ha llegado: {target} no contestó y no hay forma de comprobarlo. Confírmalo con {target}."
        ),
        f"state.{TicketState.ACCEPTED}": "lo tiene {target}, que lo ha aceptado.",
        f"state.{TicketState.IN_PROGRESS}": "lo tiene {target}, que está en ello.",
        f"state.{TicketState.RESOLVED}": "{target} lo da por resuelto.",
        f"state.{TicketState.REJECTED}": "{target} lo ha rechazado.",
        f"state.{TicketState.RETURNED}": "{target} lo ha devuelto sin terminarlo.",
        "status.one": "{name}, pedido el {since}: {how}",
        "status.several": "Tus tickets, del más nuevo al más antiguo:",
        "status.no_number": "No encuentro ningún ticket {numbers} entre los tuyos.",
        "status.none_about": "No encuentro ningún ticket tuyo sobre {things}.",
        "status.none": "No tienes ningún ticket: no he pasado ninguna petición tuya a {agents}.",
        f"declined.{HandoffReason.NO_PERMISSION}": (
            "Pides una acción, pero tu usuario no tiene permiso para pasar peticiones a {target}. "
            "No he abierto ningún ticket."
        ),
        f"declined.{HandoffReason.SWITCHED_OFF}": (
            "Pides una acción, pero tu empresa no tiene activado el traspaso a {target}. No he abierto ningún ticket."
        ),
        f"declined.{HandoffReason.SAID_NO}": "De acuerdo: no abro ningún ticket.",
        f"declined.{HandoffReason.NOT_PLAIN}": (
            "Tu respuesta dice más que sí o no, así que no he abierto ningún ticket. "
            "Escribe la petición entera, tal como la quieres."
        ),
        f"declined.{HandoffReason.TOO_LATE}": (
            "Ha pasado demasiado tiempo desde que te lo pregunté, así que no he abierto ningún ticket. "
            "Si todavía hace falta, vuelve a pedirlo."
        ),
        "ticket.question": "¿Quieres que abra un ticket para que {target} se encargue de «{title}»? Responde sí o no.",
        "ticket.repeated": (
            "Eso ya está en {number}, el ticket de {target} sobre «{title}»; no he abierto otro. "
            "Si es otra cosa, dime que abra otro ticket."
        ),
        f"urgency.{Urgency.SAID}": "el usuario dice que es urgente",
        f"urgency.{Urgency.OUTAGE}": "hay algo caído o bajo ataque",
        f"urgency.{Urgency.MANY}": "afecta a varias personas",
        f"urgency.{Urgency.NONE}": "el mensaje no dice que sea urgente",
        f"reason.{HandoffReason.ONLY_PROPOSED}": "las palabras del usuario no piden ninguna acción",
        f"reason.{HandoffReason.CONFIRMED}": "el usuario ha confirmado su petición",
        f"reason.{HandoffReason.UNSURE}": "no está claro si el mensaje pide que se haga algo",
        f"reason.{HandoffReason.COMPANY_CONFIRMS}": "la empresa quiere que se confirme cada petición",
        f"reason.{HandoffReason.ALREADY_ASKED}": "lo mismo está pedido ya en este hilo",
        f"reason.{HandoffReason.SAID_NO}": "el usuario ha dicho que no",
        f"reason.{HandoffReason.NOT_PLAIN}": "la respuesta no es un sí o un no a secas",
        f"reason.{HandoffReason.TOO_LATE}": "la pregunta ya había caducado",
        f"reason.{HandoffReason.ACTION_REQUESTED}": "el mensaje pide que se haga algo",
        f"reason.{HandoffReason.NO_PERMISSION}": "el usuario no tiene el permiso «handoff»",
        f"reason.{HandoffReason.SWITCHED_OFF}": "la empresa tiene el traspaso desactivado",
        "limitation.pending": (
            "conocimiento: fragmentos de tus documentos que aún se encuentran solo por sus palabras, "
            "no por su significado: {pending}"
        ),
        "limitation.nothing_read": "conocimiento: todavía no se ha leído ningún documento de tu empresa",
        "limitation.embedder": "conocimiento: he buscado solo por palabras; la búsqueda por significado no responde",
        "limitation.tool": "{tool}: no ha dado resultado ({reason}); la respuesta no cuenta con ello",
        "limitation.used_up": (
            "{tool}: hoy ya se han hecho las {most} consultas a {source} que caben en un día (UTC); "
            "la respuesta no cuenta con ello"
        ),
        "limitation.looked_enough": (
            "{tool}: una respuesta no puede consultar {source} más de {most} veces; lo demás no se ha consultado"
        ),
        "limitation.no_more_tools": "{tool}: esta respuesta ya ha usado todas las herramientas que puede; falta algo",
        "limitation.refused": "{tool}: la consulta no se ha hecho ({reason}); la respuesta no cuenta con ello",
        f"limitation.cut.{CutKind.RANGE}": "{source}: solo se ha mirado lo último del periodo (máximo: {detail})",
        f"limitation.cut.{CutKind.ROWS}": "{source}: se han conservado {kept} filas de {seen} (máximo: {detail})",
        f"limitation.cut.{CutKind.BYTES}": "{source}: la respuesta era demasiado grande y se ha cortado a los {detail}",
        f"limitation.cut.{CutKind.TIME}": "{source}: la consulta se ha parado a los {detail}; puede faltar algo",
        f"limitation.cut.{CutKind.SERIES}": "{source}: se han leído solo las primeras series ({detail})",
        f"limitation.cut.{CutKind.PARTIAL}": "{source}: el sistema dice que el resultado está incompleto: {detail}",
        "limitation.quotes": "citas que no aparecen tal cual en el documento, marcadas como no verificadas: {count}",
        f"limitation.{Origin.DOCUMENT}": (
            "El documento «{title}» contiene instrucciones dirigidas al asistente: se tratan como datos y no se ha "
            "actuado según ellas"
        ),
        f"limitation.{Origin.SYSTEM}": (
            "Lo que ha devuelto «{title}» contiene instrucciones dirigidas al asistente: se tratan como datos y no se "
            "ha actuado según ellas"
        ),
        f"limitation.{Origin.QUOTATION}": (
            "El texto que citas contiene instrucciones dirigidas al asistente: se tratan como datos y no se ha actuado "
            "según ellas"
        ),
    }
)

_EN = Wording(
    {
        "language": "en",
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
        "ticket.given_up": "it could not be delivered within {days} days and is not tried any more",
        "ticket.name": "{number} (“{title}”)",
        "ticket.note": "Note from {target}: “{note}”",
        "ticket.delivered_later": "The ticket {id} is not queued any more: {target} has it as {name}.",
        f"how.{TicketStatus.QUEUED}": "it is queued and will be delivered as soon as {target} answers.",
        f"how.{TicketStatus.DELIVERED}": "{target} has it and has said nothing more yet.",
        f"how.{TicketStatus.REJECTED}": "{target} has not taken it: {reason}",
        f"how.{TicketStatus.UNKNOWN}": (
            "whether it arrived is unknown: {target} did not answer and there is no way to look. "
            "Please check with {target}."
        ),
        f"state.{TicketState.ACCEPTED}": "{target} has it and has accepted it.",
        f"state.{TicketState.IN_PROGRESS}": "{target} has it and is working on it.",
        f"state.{TicketState.RESOLVED}": "{target} says that it is resolved.",
        f"state.{TicketState.REJECTED}": "{target} has rejected it.",
        f"state.{TicketState.RETURNED}": "{target} has returned it unfinished.",
        "status.one": "{name}, asked for on {since}: {how}",
        "status.several": "Your tickets, newest first:",
        "status.no_number": "There is no ticket {numbers} among yours.",
        "status.none_about": "None of your tickets is about {things}.",
        "status.none": "You have no tickets: I have handed no request of yours over to {agents}.",
        f"declined.{HandoffReason.NO_PERMISSION}": (
            "You ask for action, but your user may not hand requests over to {target}. No ticket was opened."
        ),
        f"declined.{HandoffReason.SWITCHED_OFF}": (
            "You ask for action, but your company has switched off handing over to {target}. No ticket was opened."
        ),
        f"declined.{HandoffReason.SAID_NO}": "All right: I open no ticket.",
        f"declined.{HandoffReason.NOT_PLAIN}": (
            "Your reply says more than yes or no, so I have opened no ticket. "
            "Please write the whole request as you want it."
        ),
        f"declined.{HandoffReason.TOO_LATE}": (
            "Too much time has passed since I asked you, so I have opened no ticket. "
            "If it is still needed, please ask again."
        ),
        "ticket.question": "Shall I open a ticket to have {target} take care of “{title}”? Please answer yes or no.",
        "ticket.repeated": (
            "That is already in {number}, {target}’s ticket on “{title}”; I have not opened another. "
            "If it is something else, tell me to open another ticket."
        ),
        f"urgency.{Urgency.SAID}": "the user says that it is urgent",
        f"urgency.{Urgency.OUTAGE}": "something is down or under attack",
        f"urgency.{Urgency.MANY}": "several people are affected",
        f"urgency.{Urgency.NONE}": "the message does not say that it is urgent",
        f"reason.{HandoffReason.ONLY_PROPOSED}": "the user's own words ask for no action",
        f"reason.{HandoffReason.CONFIRMED}": "the user has confirmed the request",
        f"reason.{HandoffReason.UNSURE}": "it is not clear whether the message asks for something to be done",
        f"reason.{HandoffReason.COMPANY_CONFIRMS}": "the company wants every request confirmed",
        f"reason.{HandoffReason.ALREADY_ASKED}": "the same has been asked for in this thread already",
        f"reason.{HandoffReason.SAID_NO}": "the user has said no",
        f"reason.{HandoffReason.NOT_PLAIN}": "the reply is not a plain yes or no",
        f"reason.{HandoffReason.TOO_LATE}": "the question had lapsed",
        f"reason.{HandoffReason.ACTION_REQUESTED}": "the message asks for something to be done",
        f"reason.{HandoffReason.NO_PERMISSION}": "the user lacks the permission “handoff”",
        f"reason.{HandoffReason.SWITCHED_OFF}": "the company has switched handing over off",
        "limitation.pending": (
            "knowledge: passages of your documents that are found by their words only, not by meaning yet: {pending}"
        ),
        "limitation.nothing_read": "knowledge: none of your company's documents has been read yet",
        "limitation.embedder": "knowledge: searched by words only; search by meaning does not answer",
        "limitation.tool": "{tool}: gave no result ({reason}); the answer does without it",
        "limitation.used_up": (
            "{tool}: the {most} look-ups at {source} that a day (UTC) allows are used up; the answer does without it"
        ),
        "limitation.looked_enough": (
            "{tool}: one answer may look at {source} {most} times at the most; the rest was not looked up"
        ),
        "limitation.no_more_tools": "{tool}: this answer has used as many tools as it may; something is missing",
        "limitation.refused": "{tool}: the query was not run ({reason}); the answer does without it",
        f"limitation.cut.{CutKind.RANGE}": "{source}: only the end of the period was looked at (at most {detail})",
        f"limitation.cut.{CutKind.ROWS}": "{source}: {kept} of {seen} rows were kept (at most {detail})",
        f"limitation.cut.{CutKind.BYTES}": "{source}: the answer was too large and was cut at {detail}",
        f"limitation.cut.{CutKind.TIME}": "{source}: the query was stopped after {detail}; something may be missing",
        f"limitation.cut.{CutKind.SERIES}": "{source}: only the first series were read ({detail})",
        f"limitation.cut.{CutKind.PARTIAL}": "{source}: the result is incomplete, the system itself says: {detail}",
        "limitation.quotes": "citations that do not stand in the document word for word, marked unverified: {count}",
        f"limitation.{Origin.DOCUMENT}": (
            "The document “{title}” contains instructions addressed to the assistant: they are treated as data, and "
            "nothing was done because of them"
        ),
        f"limitation.{Origin.SYSTEM}": (
            "What “{title}” returned contains instructions addressed to the assistant: they are treated as data, and "
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
