"""Pages of alerts: what waits, for all staff; where alerts go, for leads and admins."""

from flask import Blueprint, abort, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from forum.accounts.access import only_for
from forum.accounts.models import STAFF, Role
from forum.clock import now
from forum.extensions import db, setting
from forum.targets import Rung
from forum.web.pages import render_page
from moderation.alerts import operations, queries
from moderation.alerts.climbing import targets_of
from moderation.alerts.deliveries import Outcome
from moderation.alerts.models import DeliveryState
from moderation.alerts.operations import NotTrained, may_acknowledge
from moderation.alerts.wording import kind_name, rung_name
from moderation.audit.forms import WIB
from moderation.volunteers.duty import is_on_duty, on_duty

alerts = Blueprint("alerts", __name__)
alerts.before_request(only_for(STAFF))
alert_targets = Blueprint("alert_targets", __name__)
alert_targets.before_request(only_for({Role.LEAD, Role.ADMIN}))


@alerts.get("/meja/siaga")
def index() -> str:
    """Show what waits for a human, and who is on duty."""
    me = current_user.member
    return render_page(
        "alerts/index.html",
        alerts=[
            (alert, case, may_acknowledge(me, alert, case)) for alert, case in queries.open_alerts()
        ],
        kind_name=kind_name,
        rung_name=lambda rung: rung_name(Rung(rung)),
        on_duty=on_duty(),
        me_on_duty=is_on_duty(me),
        now=now(),
    )


@alerts.post("/meja/siaga/<alert_id>/lihat")
def acknowledge(alert_id: str) -> Response:
    """Say that a human has seen an alert."""
    found = queries.find_alert(alert_id)
    if found is None:
        flash(_("This alert has ended already."))
        return redirect(url_for("alerts.index"))
    try:
        seen = operations.acknowledge(current_user.member, *found)
    except NotTrained:
        abort(403)
    db.session.commit()
    flash(_("Noted. Nobody further is told.") if seen else _("Someone has seen it before you."))
    return redirect(url_for("alerts.index"))


@alert_targets.get("/meja/siaga/tujuan")
def index_of_targets() -> str:
    """Show where alerts go, and what became of the latest messages."""
    targets = setting("ALERT_TARGETS")
    return render_page(
        "alerts/targets.html",
        rungs=[(rung, rung_name(rung), [t for t in targets if t.rung is rung]) for rung in Rung],
        stand_ins={rung: targets_of(rung) for rung in Rung},
        services={target.key: target.service for target in targets},
        deliveries=queries.latest_deliveries(),
        rung_name=lambda rung: rung_name(Rung(rung)),
        states=_state_names(),
        errors=_error_names(),
        has_heartbeat=bool(setting("HEARTBEAT_URL")),
        zone=WIB,
    )


@alert_targets.post("/meja/siaga/tujuan/<target>/uji")
def test(target: str) -> Response:
    """Have a test message sent."""
    found = next((t for t in setting("ALERT_TARGETS") if t.key == target), None)
    if found is None:
        abort(404)
    operations.try_target(current_user.member, found)
    db.session.commit()
    flash(_("The test is on its way. Look again in a few seconds."))
    return redirect(url_for("alert_targets.index_of_targets"))


def _state_names() -> dict[DeliveryState, str]:
    return {
        DeliveryState.PENDING: _("waits"),
        DeliveryState.LEASED: _("on its way"),
        DeliveryState.SENT: _("sent"),
        DeliveryState.FAILED: _("failed"),
        DeliveryState.DROPPED: _("not needed any more"),
    }


def _error_names() -> dict[str, str]:
    return {
        Outcome.REFUSED: _("the target did not take it"),
        Outcome.TIMED_OUT: _("the target did not answer in time"),
        Outcome.NO_TARGET: _("the address is no longer set"),
    }
