"""What SOPHIA says when the answer of a model, or of an agent, is not whole, in the languages of its users."""

from attrs import frozen

__all__ = ["WORDINGS", "Wording"]


@frozen
class Wording:
    """The sentences of one language. All but the first are limitations."""

    refused: str
    filtered: str
    length: str
    time: str
    steps: str
    garbled: str
    stale: str


WORDINGS = {
    "es": Wording(
        refused="El filtro de contenido del modelo no deja responder a esta pregunta.",
        filtered="respuesta: el filtro de contenido del modelo la ha interrumpido",
        length="respuesta: cortada al llegar al límite de lo que el modelo puede escribir",
        time="respuesta: cortada al cabo de {seconds:g} s",
        steps="respuesta: el modelo quería consultar más de lo que permite un turno",
        garbled="respuesta: la conexión ha perdido o repetido parte del texto",
        stale="documentos: el almacén de Azure no se ha podido consultar; respondo con los pasajes encontrados aquí",
    ),
    "en": Wording(
        refused="The model's content filter does not let this question be answered.",
        filtered="answer: the model's content filter has interrupted it",
        length="answer: cut off at the limit of what the model may write",
        time="answer: cut off after {seconds:g} s",
        steps="answer: the model wanted to look up more than a turn allows",
        garbled="answer: the connection has lost or repeated part of the text",
        stale="documents: the store at Azure could not be searched; the answer is from the passages found here",
    ),
}
