"""Retrieval on real collections: hybrid beside its two halves, on the same index."""

from pathlib import Path

import pytest
from retrieval import MODES, collections

from sophia.bootstrap.evaluation import evaluate_retrieval
from sophia.bootstrap.settings import Settings

DATA = Path(__file__).parents[3] / "shared" / "data" / "retrieval"
COLLECTIONS = {name: files for name, *files in collections(DATA)}

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(not DATA.exists(), reason="the collections lie beside the project, not in it"),
]


@pytest.mark.parametrize("name", COLLECTIONS)
def test_hybrid_beside_its_halves(name: str) -> None:
    found = evaluate_retrieval(Settings(), *COLLECTIONS[name], MODES)
    lexical, dense, hybrid = (found[mode].ndcg_10 for mode in MODES)
    print(f"{name}: nDCG@10 lexical {lexical:.4f}, dense {dense:.4f}, hybrid {hybrid:.4f}")
    if name == "attack":
        assert hybrid >= 1.25 * lexical
    elif name in {"xquad en->en", "xquad es->es"}:
        assert hybrid >= 0.97
    else:
        assert hybrid >= dense
