"""Named look-ups: the way from a user's message to a query that is known to be good, without a model.

A message goes through these modules, in this order: `times` and `readers` take from it when and about what;
`matching` tells which look-up its words (`concepts`) and its meaning ask for, the built-in ones as labelled messages
have taught it (`learnt`); `values` puts what was read into the look-up's query, where nothing but a value can stand
(`kinds`). What comes of it is a `plan`. `builtin` has the look-ups that every company has.
"""

from sophia.domain.named_lookups.builtin import BUILT_IN, EventNames, built_in
from sophia.domain.named_lookups.company import CompanyLookups
from sophia.domain.named_lookups.kinds import Kind
from sophia.domain.named_lookups.plan import Gap, GapKind, LookupPlan, PlannedLookup
from sophia.domain.named_lookups.values import NamedLookup, Parameter

__all__ = [
    "BUILT_IN",
    "CompanyLookups",
    "EventNames",
    "Gap",
    "GapKind",
    "Kind",
    "LookupPlan",
    "NamedLookup",
    "Parameter",
    "PlannedLookup",
    "built_in",
]
