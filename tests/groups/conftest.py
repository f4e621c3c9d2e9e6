"""What the tests of groups share."""

import pytest


@pytest.fixture(autouse=True)
def _no_worker_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker reads along in these tests, so a page need not wait for one."""
    monkeypatch.setattr("forum.groups.views.SCAN_WAIT_SECONDS", 0.0)
