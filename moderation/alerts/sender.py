"""Sends one message, in a process of its own: `python -m moderation.alerts.sender`.

Whatever a target does, the watcher ends this process after its time; a thread that hangs could
not be ended. Standard input is one JSON object, so that no list of processes shows an address.
Exit code 0 says that the target took it.
"""

import json
import sys
import urllib.request
from typing import Any

from forum.targets import load_apprise

PING_SECONDS = 10


def main() -> int:
    """Send or ping what standard input asks for. Returns the exit code."""
    errand: dict[str, Any] = json.load(sys.stdin)
    try:
        if "ping" in errand:
            return 0 if ping(errand["ping"]) else 1
        return 0 if send(**errand) else 1
    except Exception:  # noqa: BLE001 (its message may name the address)
        return 1


def send(url: str, title: str, body: str, *, urgent: bool) -> bool:
    """Send a message through apprise. Returns whether the target took it."""
    apprise = load_apprise()
    # Without these, apprise names itself and links to pictures on another host; and a redirect
    # could carry the message elsewhere.
    asset = apprise.AppriseAsset(
        app_id="Teduh",
        app_desc="Teduh",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,
        async_mode=False,
    )
    sender = apprise.Apprise(asset=asset)
    kind = apprise.NotifyType.FAILURE if urgent else apprise.NotifyType.WARNING
    return bool(
        sender.add(url)
        and sender.notify(
            body=body, title=title, notify_type=kind, body_format=apprise.NotifyFormat.TEXT
        )
    )


def ping(url: str) -> bool:
    """Ask for the address of a dead-man's switch. Returns whether it answered well."""
    with urllib.request.urlopen(url, timeout=PING_SECONDS) as answer:  # noqa: S310 (settings check it)
        return 200 <= int(answer.status) < 300


if __name__ == "__main__":
    sys.exit(main())
