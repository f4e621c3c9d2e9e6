"""`teduh failed`: tell the admins that a unit beside the site has failed, such as the backup."""

import click
from flask_babel import force_locale
from flask_babel import gettext as _

from forum.app import create_app
from forum.commands.errors import OperatorError
from forum.settings import load_settings
from forum.targets import Target
from moderation.alerts.sender import send


@click.command()
@click.argument("unit")
def failed(unit: str) -> None:
    """Tell the admins' targets for alerts that UNIT has failed; systemd calls this.

    Needs no database. Exit code 1 says that no target took the message.
    """
    settings = load_settings()
    last = max((target.rung for target in settings.alert_targets), default=None)
    if last is None:
        raise OperatorError("TEDUH_ALERT_ADMINS: there is no target for alerts; nobody was told.")
    with create_app(settings).app_context(), force_locale(settings.alert_language):
        title = _("Teduh: %(unit)s has failed", unit=unit)
        body = _("On the machine: journalctl -u %(unit)s", unit=unit)
    told = [_tell(each, title, body) for each in settings.alert_targets if each.rung == last]
    click.echo(f"{sum(told)} of {len(told)} targets took the message.")
    raise SystemExit(0 if any(told) else 1)


def _tell(target: Target, title: str, body: str) -> bool:
    try:
        return send(target.url.get_secret_value(), title, body, urgent=False)
    except Exception:  # noqa: BLE001 (its message may name the address)
        return False
