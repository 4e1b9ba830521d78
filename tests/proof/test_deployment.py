"""The canary suite as a user runs it: over a socket, with many requests put together by chance."""

from pathlib import Path

import httpx2
import pytest
from harness import KEYS, PATIENCE
from serving import served

from sophia.testing.canaries import Identity, Planted, release_canaries

pytestmark = pytest.mark.proof

REQUESTS = 10_000

WHO = [
    Identity.by_key(company, user, KEYS[company])
    for company, user in (("acme", "ana"), ("acme", "luis"), ("globex", "ana"))
]
DOCUMENTS = [Planted("Paid monthly", "acme", frozenset({"ana"})), Planted("Globex backs up on Sundays", "globex")]


@pytest.mark.parametrize("seed", [1, 2])
def test_no_canary_crosses(tmp_path: Path, seed: int) -> None:
    with served(tmp_path) as (_, url), httpx2.Client(base_url=url, timeout=PATIENCE) as client:
        report = release_canaries(client, WHO, documents=DOCUMENTS, requests=REQUESTS, seed=seed)
    print(f"\n{report}")
    assert report.is_clean, str(report)
