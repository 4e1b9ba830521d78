"""Reading whether a message asks that something be done, or to know something.

A message goes through these modules, in this order:

1. `masking` blanks out what the user only quotes.
2. `reading` splits the rest into sentences and flags them (`patterns`, `problems`); `usage` finds their verbs (`verbs`
   knows the forms), `roles` tells what each is doing and `complements` what it is about. The result is in `parts`.
3. `cues` names what was found, and `classifier` weighs it together with the message's embedding.
4. `actions` takes from the text what is asked to be done, and to what; `clauses` parts a question from an order.

`searching` looks for many patterns at once. `words`, `words_es`, `words_en` and `phrases` are the vocabulary, as data.
The weights (`weights.json`) belong to all of it and to one embedder: whoever changes any of them runs
`benchmarks/fit_intent.py`.
"""

from sophia.domain.intent.classifier import IntentClassifier, IntentWeights

__all__ = ["IntentClassifier", "IntentWeights"]
