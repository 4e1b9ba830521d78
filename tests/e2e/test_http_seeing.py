"""What whoever runs it can see."""

import pytest
from harness import World

from sophia.application.health import Health, HealthState


class TestReadiness:
    @pytest.mark.parametrize(("state", "status"), [("ok", 200), ("degraded", 200), ("down", 503)])
    def test_the_worst_counts(self, world: World, state: str, status: int) -> None:
        found = world.sophia.services.check_health() | {"agent": Health(HealthState(state), "why")}
        response = world.nobody(app=world.app_with(check_health=lambda: found)).get("/readyz")
        assert (response.status_code, response.json()["status"]) == (status, state)
        assert response.json()["dependencies"]["agent"] == {"state": state, "detail": "why"}
        assert ("retry-after" in response.headers) == (status == 503)

    def test_a_server_that_stops_is_not_ready(self, world: World) -> None:
        assert world.nobody().get("/readyz").json()["status"] == "ok"
        world.sophia.services.background.stop()
        response = world.nobody().get("/readyz")
        assert (response.status_code, response.json()["status"]) == (503, "stopping")
        assert response.json()["dependencies"]["database"] == {"state": "ok"}
