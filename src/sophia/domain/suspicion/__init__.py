"""Text that is not the user's and speaks to the assistant: seen, told and recorded, so that somebody looks at it.

What keeps such text from acting is not in here: only the user's own words reach the classifier, the policy and the
ticket. This is the lamp beside the lock. `reading` undoes what hides words from a reader, `rules` knows what an attack
has to say: that earlier instructions no longer count, what the assistant is to do, that the user agrees. It does not
judge whether words are hostile, and it leaves alone what a policy tells people to do.

Sources: K. Greshake et al., "Not what you've signed up for" (2023); Q. Zhan et al., "InjecAgent" (2024); OWASP
LLM01:2025.
"""

from sophia.domain.suspicion.rules import Sign
from sophia.domain.suspicion.suspects import Origin, Suspect, signs_of_injection, suspects

__all__ = ["Origin", "Sign", "Suspect", "signs_of_injection", "suspects"]
