"""Canaries: texts and ids that one user plants in a deployment and no other may ever see.

    from sophia.testing.canaries import Identity, release_canaries

    with httpx2.Client(base_url="https://sophia.example", timeout=60) as client:
        report = release_canaries(client, [
            Identity.by_key("acme", "ana", ACME_KEY),
            Identity.by_key("acme", "luis", ACME_KEY),
            Identity.by_key("globex", "grace", GLOBEX_KEY),
        ])
    print(report)
    assert report.is_clean

Everything goes over HTTP, by the ``openapi.yaml`` that the deployment itself serves. What it cannot see: times of
answering, and what never comes out over HTTP (logs, traces, backups).
"""

from sophia.testing.canaries.marks import CanaryReport, Identity, Leak, Planted
from sophia.testing.canaries.release import release_canaries

__all__ = ["CanaryReport", "Identity", "Leak", "Planted", "release_canaries"]
