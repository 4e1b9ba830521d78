# language: es
Característica: Confirmar antes de traspasar
  Una empresa puede querer que SOPHIA pregunte antes de abrir un ticket. El mensaje siguiente decide, y solo confirma lo
  que se preguntó: lo que pidió ese mismo usuario, en ese mismo hilo, hace diez minutos como mucho.

  Antecedentes:
    Dado que acme tiene el traspaso en "confirm"
    Y que Ana ha pedido "Bloquea la IP 203.0.113.7 en el firewall perimetral"

  Escenario: SOPHIA pregunta antes de abrir el ticket
    Entonces no se abre ningún ticket
    Y la respuesta dice "¿Quieres que abra un ticket para que VICTORIA se encargue de «Bloquea la IP 203.0.113.7 en el firewall perimetral»?"
    Y el motivo que se da es "la empresa quiere que se confirme cada petición"

  Esquema del escenario: Un sí a secas abre el ticket, con las palabras de la petición
    Cuando Ana sigue con "<sí>"
    Entonces VICTORIA recibe un ticket de clase cambio con las palabras "Bloquea la IP 203.0.113.7 en el firewall perimetral"
    Y la respuesta dice "El ticket es TCK-1."
    Y el motivo que se da es "el usuario ha confirmado su petición"

    Ejemplos:
      | sí                  |
      | Sí                  |
      | si                  |
      | SII POR FAVOR       |
      | vale gracias        |
      | dale                |
      | Dale, abrilo nomás  |
      | cofnirmo, ábrelo ya |
      | Yes, please         |
      | 👍                   |

  Esquema del escenario: Un no cierra la pregunta
    Cuando Ana sigue con "<no>"
    Entonces la respuesta dice "De acuerdo: no abro ningún ticket."
    Y no se abre ningún ticket
    Cuando Ana sigue con "Sí"
    Entonces no se abre ningún ticket

    Ejemplos:
      | no          |
      | No          |
      | no, gracias |
      | mejor no    |
      | ok, déjalo  |
      | 👎           |

  Escenario: Tras un no se contesta lo que se pregunta en su lugar
    Dado que acme tiene el documento "bloqueos.md":
      """
      # Bloqueos en el firewall

      Para bloquear una dirección se añade al grupo de direcciones hostiles del firewall perimetral.
      """
    Y que SOPHIA los ha leído
    Cuando Ana sigue con "No, mejor explícame cómo se bloquea una dirección"
    Entonces la respuesta dice "De acuerdo: no abro ningún ticket."
    Y la respuesta cita "se añade al grupo de direcciones hostiles" de "bloqueos.md"
    Y no se abre ningún ticket

  Esquema del escenario: Lo que dice más que sí no confirma nada
    Cuando Ana sigue con "<respuesta>"
    Entonces VICTORIA no recibe ningún ticket

    Ejemplos:
      | respuesta                                    |
      | sí, pero solo en el de Bilbao                |
      | Sí y además bloquea la IP 203.0.113.8        |
      | si bloqueas esa IP, ¿qué pasa con el correo? |
      | ¿vale?                                       |
      | gracias                                      |
      | no sé                                        |

  Escenario: Quien dice más que sí sabe que no se ha abierto nada
    Cuando Ana sigue con "sí, pero solo en el de Bilbao"
    Entonces la respuesta dice "Escribe la petición entera, tal como la quieres."

  Escenario: Otra petición en lugar de la respuesta es otra pregunta
    Cuando Ana sigue con "Sí y además bloquea la IP 203.0.113.8"
    Entonces la respuesta dice "se encargue de «Sí y además bloquea la IP 203.0.113.8»"
    Cuando Ana sigue con "Sí"
    Entonces VICTORIA recibe un ticket de clase cambio con las palabras "Sí y además bloquea la IP 203.0.113.8"

  Escenario: Un mensaje cualquiera deja la pregunta sin efecto
    Cuando Ana sigue con "¿Quién aprueba un cambio urgente?"
    Y Ana sigue con "Sí"
    Entonces no se abre ningún ticket

  Escenario: Confirmar dos veces es un solo ticket
    Cuando Ana sigue con "Sí"
    Y Ana sigue con "Sí"
    Entonces VICTORIA recibe un ticket de clase cambio con las palabras "Bloquea la IP 203.0.113.7 en el firewall perimetral"

  Escenario: La misma confirmación repetida por el cliente es un solo ticket
    Cuando Ana sigue con "Sí" y la clave de reintento "c-1"
    Y Ana sigue con "Sí" y la clave de reintento "c-1"
    Entonces VICTORIA recibe un ticket de clase cambio con las palabras "Bloquea la IP 203.0.113.7 en el firewall perimetral"

  Esquema del escenario: La pregunta caduca a los diez minutos
    Cuando pasan <minutos> minutos
    Y Ana sigue con "Sí"
    Entonces VICTORIA <recibe>
    Y la respuesta dice "<dice>"

    Ejemplos:
      | minutos | recibe                  | dice                                     |
      | 10      | recibe un ticket        | El ticket es TCK-1.                      |
      | 11      | no recibe ningún ticket | Si todavía hace falta, vuelve a pedirlo. |

  Escenario: En otro hilo un sí no confirma nada
    Cuando Ana dice "Sí"
    Entonces no se abre ningún ticket

  Escenario: Otro usuario no puede confirmar
    Cuando Marta sigue con "Sí"
    Entonces se le contesta "not-found"
    Y VICTORIA no recibe ningún ticket

  Escenario: Confirmar cuando la empresa ha desactivado el traspaso no abre nada
    Dado que acme tiene desactivado el traspaso
    Cuando Ana sigue con "Sí"
    Entonces la respuesta dice "no tiene activado el traspaso a VICTORIA"
    Y no se abre ningún ticket

  Escenario: Confirmar cuando se ha retirado el permiso no abre nada
    Dado que Ana ha perdido el permiso para pasar peticiones
    Cuando Ana sigue con "Sí"
    Entonces la respuesta dice "no tiene permiso para pasar peticiones a VICTORIA"
    Y no se abre ningún ticket

  Escenario: Lo que ya está pedido no se pregunta otra vez
    Dado que Ana ha confirmado con "Sí"
    Cuando Ana sigue con "Hay que bloquear ya 203.0.113.7"
    Entonces la respuesta dice "Eso ya está en TCK-1"
