/** All that the page says of its own, in the languages of its users; what SOPHIA answers comes in its own words. */

export const WORDS = {
  es: {
    skip: "Ir a escribir un mensaje",
    company: "Empresa",
    user: "Usuario",
    userOptional: "Usuario (solo con clave de acceso; opcional)",
    service: "(el servicio)",
    language: "Idioma",
    threads: "Conversaciones",
    newThread: "Nueva conversación",
    moreThreads: "Ver más antiguas",
    noThreads: "Todavía no hay ninguna.",
    deleteThread: "Borrar la conversación «{title}»",
    deleteTitle: "¿Borrar esta conversación?",
    deleteText: "Se borra todo lo dicho en ella y no se puede recuperar. Los tickets ya traspasados se conservan.",
    deleted: "Conversación borrada.",
    delete: "Borrar",
    cancel: "Cancelar",
    close: "Cerrar",
    welcome: "Pregunta por la seguridad de tu empresa",
    welcomeText:
      "SOPHIA responde con las frases exactas de los documentos de tu empresa y te enseña dónde están. "
      + "Si pides que se haga algo, se lo pasa como ticket a quien puede hacerlo.",
    examples: "Por ejemplo:",
    message: "Escribe tu mensaje",
    send: "Enviar",
    stop: "Parar",
    hint: "Intro envía; Mayús + Intro, línea nueva.",
    you: "Tú",
    answering: "Respondiendo…",
    using: "Consultando {name}…",
    waiting: "Se ha cortado la conexión. Reintentando…",
    stopped: "Has parado esta respuesta.",
    answered: "Respuesta de SOPHIA: {text}",
    citations: "Citas",
    cite: "Cita {index}: {title}",
    verified: "Comprobada: estas palabras están tal cual en el documento",
    unverified: "Sin comprobar: estas palabras no están tal cual en el documento",
    unsupported: "Lo subrayado con puntos no lo respalda ninguna cita comprobada.",
    unsupportedHere: "(sin respaldo)",
    verifiedRow: "Comprobada: esta fila está tal cual en lo que se encontró",
    unverifiedRow: "Sin comprobar: estas palabras no están tal cual en lo que se encontró",
    lookups: "Mirado en tus sistemas",
    lookedAt: "{system} · {ms} ms",
    splunk_query: "Splunk",
    palo_alto_status: "Palo Alto",
    grafana_fetch: "Grafana",
    system: "Sistema",
    query: "Consulta",
    range: "Periodo",
    fromTo: "Desde {start} hasta {end}",
    rows: "Filas",
    rowsOf: "{kept} de {seen}",
    table: "Tabla",
    noRows: "No hay ninguna fila.",
    takenAt: "Mirado",
    cuts: "Falta algo",
    "cut.range": "solo lo último del periodo (máximo: {detail})",
    "cut.rows": "filas de más (máximo: {detail})",
    "cut.bytes": "la respuesta se cortó a los {detail}",
    "cut.time": "la consulta se paró a los {detail}",
    "cut.series": "solo las primeras series ({detail})",
    "cut.partial": "el sistema dice que está incompleto: {detail}",
    evidenceGone: "Lo que se encontró ya no se guarda.",
    limitations: "Lo que no se ha podido comprobar",
    tools: { one: "{count} consulta", other: "{count} consultas" },
    tool: "{name}: {status}, {ms} ms",
    completed: "hecha",
    failed: "ha fallado",
    denied: "denegada",
    handed_off: "Traspasado a {target}",
    confirmation_required: "{target} espera tu confirmación",
    declined: "No se ha traspasado a {target}",
    number: "Número",
    category: "Tipo",
    provisioning: "alta",
    change: "cambio",
    troubleshooting: "incidencia",
    status: "Estado",
    queued: "en cola",
    delivered: "entregado",
    rejected: "rechazado",
    unknown: "sin respuesta: no se sabe si ha llegado",
    state: "Avance",
    accepted: "aceptado",
    in_progress: "en curso",
    resolved: "resuelto",
    returned: "devuelto",
    note: "Nota de {target}",
    ticketNews: "Noticias de un ticket",
    summary: "Petición",
    reason: "Motivo",
    source: "Fuente",
    section: "Apartado",
    version: "Versión",
    where: "Dónde está",
    original: "Abrir el original",
    loading: "Cargando…",
    versionGone: "Esa versión del documento ya no se guarda o no puedes leerla. Esto es lo que se citó:",
    document: "Texto guardado",
    sources: "Fuentes",
    refreshed: "Actualizada {ago}",
    neverRefreshed: "Sin actualizar todavía",
    documents: { one: "{count} documento", other: "{count} documentos" },
    pending: { one: "{count} fragmento sin preparar", other: "{count} fragmentos sin preparar" },
    failures: { one: "{count} documento con problemas", other: "{count} documentos con problemas" },
    wholeSource: "la fuente entera",
    noSources: "Esta empresa no tiene fuentes todavía.",
    refresh: "Actualizar ahora",
    refreshing: "Actualizando…",
    progress: "Documentos: {documents} de {documentsTotal}. Fragmentos: {chunks} de {chunksTotal}.",
    report: "Actualización terminada: {added} nuevos, {updated} cambiados, {removed} retirados, {unchanged} sin cambios.",
    accessTitle: "Entrar",
    accessText: "La clave se queda en esta pestaña y se olvida al cerrarla.",
    credential: "Clave de acceso o token",
    enter: "Entrar",
    signOut: "Salir",
    askAgain: "Preguntar de nuevo",
    again: "Reintentar",
    soon: "dentro de un momento",
    reload: "Recargar la página",
    draft: "Tu mensaje sigue en el cuadro de texto.",
    problem: {
      network: "No se puede conectar con SOPHIA.",
      "invalid-input": "SOPHIA no entiende la petición.",
      unauthenticated: "La clave no vale o ha caducado.",
      "permission-denied": "No tienes permiso para esto.",
      "company-mismatch": "La clave es de otra empresa.",
      "not-found": "Eso ya no existe, o no es tuyo.",
      "thread-busy": "En esta conversación se está respondiendo ya a otro mensaje; aquí va esa respuesta.",
      "refresh-failed": "La actualización ha fallado.",
      "refresh-in-progress": "Ya hay una actualización en marcha.",
      "body-too-large": "El mensaje es demasiado largo.",
      "limit-exceeded": "Has llegado a un límite. Prueba de nuevo {when}.",
      requests: "Tu empresa ha hecho demasiadas peticiones en un minuto. Prueba de nuevo {when}.",
      user_requests: "Has hecho demasiadas peticiones en un minuto. Prueba de nuevo {when}.",
      runs: "SOPHIA está respondiendo ya a todas las preguntas que tu empresa puede hacer a la vez. Prueba de nuevo {when}.",
      user_runs: "SOPHIA está respondiendo ya a todas las preguntas que puedes hacer a la vez. Prueba de nuevo {when}.",
      tokens: "Tu empresa ha agotado lo que puede usar del modelo en un día. Prueba de nuevo {when}.",
      user_tokens: "Has agotado lo que puedes usar del modelo en un día. Prueba de nuevo {when}.",
      unavailable: "Algo de lo que SOPHIA depende no responde. Prueba de nuevo {when}.",
      interrupted: "La respuesta se ha interrumpido. Vuelve a preguntar.",
      failed: "SOPHIA no ha podido responder.",
      internal: "Algo ha fallado dentro de SOPHIA.",
      other: "No ha podido ser.",
    },
  },
  en: {
    skip: "Skip to writing a message",
    company: "Company",
    user: "User",
    userOptional: "User (with an access key only; optional)",
    service: "(the service)",
    language: "Language",
    threads: "Conversations",
    newThread: "New conversation",
    moreThreads: "Show older ones",
    noThreads: "None yet.",
    deleteThread: "Delete the conversation “{title}”",
    deleteTitle: "Delete this conversation?",
    deleteText: "All that was said in it is erased for good. Tickets already handed over are kept.",
    deleted: "Conversation deleted.",
    delete: "Delete",
    cancel: "Cancel",
    close: "Close",
    welcome: "Ask about your company’s security",
    welcomeText:
      "SOPHIA answers with the exact sentences of your company’s documents and shows you where they stand. "
      + "If you ask for something to be done, it is handed over as a ticket to who can do it.",
    examples: "For example:",
    message: "Write your message",
    send: "Send",
    stop: "Stop",
    hint: "Enter sends; Shift + Enter, a new line.",
    you: "You",
    answering: "Answering…",
    using: "Asking {name}…",
    waiting: "The connection was lost. Trying again…",
    stopped: "You stopped this answer.",
    answered: "SOPHIA’s answer: {text}",
    citations: "Citations",
    cite: "Citation {index}: {title}",
    verified: "Verified: these very words stand in the document",
    unverified: "Not verified: these very words do not stand in the document",
    unsupported: "What is underlined with dots has no verified citation to support it.",
    unsupportedHere: "(unsupported)",
    verifiedRow: "Verified: this very row stands in what was found",
    unverifiedRow: "Not verified: these very words do not stand in what was found",
    lookups: "Looked up in your systems",
    lookedAt: "{system} · {ms} ms",
    splunk_query: "Splunk",
    palo_alto_status: "Palo Alto",
    grafana_fetch: "Grafana",
    system: "System",
    query: "Query",
    range: "Period",
    fromTo: "From {start} to {end}",
    rows: "Rows",
    rowsOf: "{kept} of {seen}",
    table: "Table",
    noRows: "There is no row.",
    takenAt: "Looked up",
    cuts: "Incomplete",
    "cut.range": "only the end of the period (at most {detail})",
    "cut.rows": "more rows than are kept (at most {detail})",
    "cut.bytes": "the answer was cut at {detail}",
    "cut.time": "the query was stopped after {detail}",
    "cut.series": "only the first series ({detail})",
    "cut.partial": "the system says that it is incomplete: {detail}",
    evidenceGone: "What was found is not kept any more.",
    limitations: "What could not be checked",
    tools: { one: "{count} look-up", other: "{count} look-ups" },
    tool: "{name}: {status}, {ms} ms",
    completed: "done",
    failed: "failed",
    denied: "denied",
    handed_off: "Handed over to {target}",
    confirmation_required: "{target} waits for your confirmation",
    declined: "Not handed over to {target}",
    number: "Number",
    category: "Kind",
    provisioning: "provisioning",
    change: "change",
    troubleshooting: "troubleshooting",
    status: "Status",
    queued: "queued",
    delivered: "delivered",
    rejected: "rejected",
    unknown: "no answer: it is not known whether it has arrived",
    state: "Progress",
    accepted: "accepted",
    in_progress: "in progress",
    resolved: "resolved",
    returned: "returned",
    note: "Note from {target}",
    ticketNews: "News of a ticket",
    summary: "Request",
    reason: "Reason",
    source: "Source",
    section: "Section",
    version: "Version",
    where: "Where it is",
    original: "Open the original",
    loading: "Loading…",
    versionGone: "That version of the document is not kept any more, or you may not read it. This is what was quoted:",
    document: "Stored text",
    sources: "Sources",
    refreshed: "Refreshed {ago}",
    neverRefreshed: "Not refreshed yet",
    documents: { one: "{count} document", other: "{count} documents" },
    pending: { one: "{count} passage not ready", other: "{count} passages not ready" },
    failures: { one: "{count} document with problems", other: "{count} documents with problems" },
    wholeSource: "the whole source",
    noSources: "This company has no sources yet.",
    refresh: "Refresh now",
    refreshing: "Refreshing…",
    progress: "Documents: {documents} of {documentsTotal}. Passages: {chunks} of {chunksTotal}.",
    report: "Refresh done: {added} new, {updated} changed, {removed} removed, {unchanged} unchanged.",
    accessTitle: "Sign in",
    accessText: "The key stays in this tab and is forgotten when you close it.",
    credential: "Access key or token",
    enter: "Sign in",
    signOut: "Sign out",
    askAgain: "Ask again",
    again: "Try again",
    soon: "in a moment",
    reload: "Reload the page",
    draft: "Your message is still in the text box.",
    problem: {
      network: "SOPHIA cannot be reached.",
      "invalid-input": "SOPHIA does not understand the request.",
      unauthenticated: "The key is not valid or has expired.",
      "permission-denied": "You may not do this.",
      "company-mismatch": "The key is another company’s.",
      "not-found": "That is not there any more, or it is not yours.",
      "thread-busy": "Another message of this conversation is being answered already; here is that answer.",
      "refresh-failed": "The refresh has failed.",
      "refresh-in-progress": "A refresh is under way already.",
      "body-too-large": "The message is too long.",
      "limit-exceeded": "You have reached a limit. Try again {when}.",
      requests: "Your company has sent too many requests in a minute. Try again {when}.",
      user_requests: "You have sent too many requests in a minute. Try again {when}.",
      runs: "SOPHIA is answering as many questions as your company may ask at once. Try again {when}.",
      user_runs: "SOPHIA is answering as many questions as you may ask at once. Try again {when}.",
      tokens: "Your company has used up its day’s share of the model. Try again {when}.",
      user_tokens: "You have used up your day’s share of the model. Try again {when}.",
      unavailable: "Something SOPHIA depends on does not answer. Try again {when}.",
      interrupted: "The answer was interrupted. Ask again.",
      failed: "SOPHIA could not answer.",
      internal: "Something went wrong inside SOPHIA.",
      other: "It could not be done.",
    },
  },
};

const REMEMBERED = "sophia.language";

let language = localStorage.getItem(REMEMBERED);
if (!(language in WORDS)) {
  language = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in WORDS) ?? "en";
}

export const currentLanguage = () => language;

/** Speak another language from now on, in this browser. */
export function speak(chosen) {
  language = chosen;
  localStorage.setItem(REMEMBERED, chosen);
}

/** The words of a name, with `{…}` filled in; plural forms are chosen by `values.count`. */
export function words(name, values = {}) {
  let text = WORDS[language][name] ?? name;
  if (typeof text !== "string") {
    text = text[new Intl.PluralRules(language).select(values.count)] ?? text.other;
  }
  return fill(text, values);
}

/** A problem as a sentence. */
export function inWords(problem) {
  const known = WORDS[language].problem;
  const when = problem.seconds ? fromNow(problem.seconds) : words("soon");
  return fill(known[problem.limit] ?? known[problem.code] ?? known.other, { when });
}

/** A time, to the second, as the reader's clock has it, and which clock that is. */
export function moment(time) {
  const locale = navigator.languages.find((tag) => tag.slice(0, 2) === language) ?? language;
  const parts = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" };
  return new Intl.DateTimeFormat(locale, { ...parts, timeZoneName: "short" }).format(new Date(time));
}

/** How long ago a time was. */
export function ago(time) {
  const seconds = (Date.now() - Date.parse(time)) / 1000;
  const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"]].find(([size]) => seconds >= size) ?? [1, "second"];
  const numeric = unit === "day" ? "always" : "auto"; // thirty hours ago may be yesterday or the day before
  return new Intl.RelativeTimeFormat(language, { numeric }).format(-Math.round(seconds / size), unit);
}

/** In how long: minutes and hours are rounded up. */
function fromNow(seconds) {
  const [size, unit] = [[3600, "hour"], [60, "minute"]].find(([size]) => seconds > 2 * size) ?? [1, "second"];
  return new Intl.RelativeTimeFormat(language).format(Math.ceil(seconds / size), unit);
}

/** Put the words of the present language into the page's fixed parts. */
export function wordPage() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-words]")) element.textContent = words(element.dataset.words);
  for (const element of document.querySelectorAll("[data-words-placeholder]")) {
    element.placeholder = words(element.dataset.wordsPlaceholder);
  }
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (slot, name) => values[name] ?? slot);
}
