"""How text becomes the terms of a lexical search. A home that the indexes share."""
