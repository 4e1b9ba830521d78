# language: es
Característica: Abstenerse
  Si ningún documento responde, SOPHIA lo dice. Nunca da por respuesta una política que no viene al caso.

  Antecedentes:
    Dados los documentos de ejemplo de acme:
      | politica-de-accesos.md     |
      | runbook-cambios-firewall.md |
      | guia-siem-splunk.md        |
    Y que SOPHIA los ha leído

  @quoting
  Esquema del escenario: De lo que no tratan los documentos no se cita nada
    Cuando Ana pregunta "<pregunta>"
    Entonces la respuesta no cita nada
    Y la respuesta dice "No hay ningún documento tuyo que trate de eso"
    Y la respuesta no ofrece nada como cercano

    Ejemplos:
      | pregunta                                          |
      | ¿A qué temperatura se hornea el pan de masa madre? |
      | ¿Quién ganó el Mundial de fútbol de 2010?         |

  @quoting
  Esquema del escenario: De un identificador que nadie ha escrito no se dice nada
    Cuando Ana pregunta "<pregunta>"
    Entonces la respuesta no cita nada
    Y la respuesta dice "no aparece «<identificador>»"

    Ejemplos:
      | identificador | pregunta                                              |
      | CVE-2031-0001 | ¿Qué versión corrige CVE-2031-0001?                   |
      | GP-7731       | A un usuario le sale el error GP-7731, ¿qué significa? |
      | CAM-99812     | ¿Quién aprobó el cambio CAM-99812?                    |

  @quoting
  Escenario: Lo cercano se ofrece, sin darlo por respuesta
    Cuando Ana pregunta "¿Quién fabrica el servidor de Splunk?"
    Entonces la respuesta no cita nada
    Y la respuesta dice "nada que responda a eso"
    Y la respuesta ofrece como cercano "Arquitectura" de "Guía de uso del SIEM (Splunk)"

  @quoting
  Escenario: De lo que no es seguro que responda se dice, antes de citarlo
    Cuando Ana pregunta "¿Cuántos días se conserva en línea el índice dns de Splunk?"
    Entonces la respuesta está en español y empieza por "No estoy segura de que esto responda"
    Y la respuesta cita "60 días" de "guia-siem-splunk.md"

  Escenario: Sin buscar por significado se busca por palabras, y se dice
    Dado que el cálculo del significado no responde
    Cuando Ana pregunta "¿Cuánto se conserva el vídeo de las sesiones privilegiadas en el almacén de la bóveda?"
    Entonces la respuesta cita "se conserva 180 días" de "politica-de-accesos.md"
    Y la respuesta advierte de que "he buscado solo por palabras"
