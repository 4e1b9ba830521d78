# language: es
Característica: Borrar
  Borrar un hilo borra lo que se dijo en él y todo lo que se sacó de ahí. Los tickets que ya son de VICTORIA
  siguen constando, sin las palabras del usuario.

  Escenario: De un hilo borrado no queda nada que encontrar
    Dado que Ana ha dicho "Te cuento: mi turno de guardia acaba el 14 de marzo"
    Cuando Ana borra ese hilo
    Entonces Ana no tiene ningún hilo
    Y no se encuentran sus mensajes, ni su ejecución, ni lo que se fue oyendo de ella
    Y Ana no encuentra nada al buscar en su historial "turno de guardia"
    Cuando Ana pregunta "¿Cuándo acaba mi turno de guardia?"
    Entonces la respuesta no dice "14 de marzo"

  Escenario: Los demás hilos siguen ahí
    Dado que Ana ha dicho "Te cuento: mi turno de guardia acaba el 14 de marzo"
    Y que Ana ha preguntado "¿Quién aprueba un cambio urgente?"
    Cuando Ana borra ese hilo
    Entonces Ana tiene un hilo
    Y lo primero que Ana encuentra en su historial al buscar "turno de guardia" es "Te cuento: mi turno de guardia acaba el 14 de marzo"

  Escenario: El ticket ya entregado consta sin las palabras del usuario
    Dado que Ana ha pedido "Bloquea la IP 203.0.113.7 en el firewall perimetral"
    Cuando Ana borra ese hilo
    Entonces Ana ve entre sus tickets ese, como entregado, sin sus palabras

  Escenario: El ticket en cola conserva sus palabras hasta que VICTORIA lo recibe
    Dado que la mesa de VICTORIA no responde la primera vez
    Y que Ana ha pedido "Bloquea la IP 203.0.113.7 en el firewall perimetral"
    Cuando Ana borra ese hilo
    Y pasa un minuto
    Entonces VICTORIA recibe un solo ticket de clase cambio, con esas mismas palabras
    Y Ana ve entre sus tickets ese, como entregado, sin sus palabras

  Escenario: Con el hilo se borra la respuesta guardada para reintentos
    Dado que Ana ha preguntado "¿Quién aprueba un cambio urgente?" con la clave de reintento "k-1"
    Cuando Ana borra ese hilo
    Y Ana pregunta "¿Quién aprueba un cambio urgente?" con la clave de reintento "k-1"
    Entonces la respuesta está en un hilo nuevo

  Esquema del escenario: El hilo de otro usuario no se encuentra
    Dado que Ana ha dicho "Te cuento: mi turno de guardia acaba el 14 de marzo"
    Cuando <quien> borra ese hilo
    Entonces se le contesta "not-found"
    Y Ana tiene un hilo

    Ejemplos:
      | quien         |
      | Marta         |
      | Ana de globex |
