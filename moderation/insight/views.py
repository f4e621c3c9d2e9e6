"""Pages of figures: for leads and admins, and a coarser one for everyone."""

import csv
import io
from collections.abc import Iterable

from flask import Blueprint, Response, abort, request
from flask_babel import format_date
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from forum.accounts.access import only_for
from forum.accounts.models import Role
from forum.clock import now
from forum.extensions import db
from forum.help.hours import ZONES
from forum.web.pages import render_page
from moderation.appeals.queries import reversals
from moderation.factors.showing import ask_again
from moderation.insight import periods, queries
from moderation.insight.charts import shade, waiting_chart
from moderation.insight.models import PublishedMonth
from moderation.insight.operations import FEWEST
from moderation.lab.ledger import miss_rate, rule_records

insight = Blueprint("insight", __name__)
insight.before_request(only_for({Role.LEAD, Role.ADMIN}))

transparency = Blueprint("transparency", __name__)

CHART_WIDTH = 480
NOISIEST = 5
MONTHS_SHOWN = 12


@insight.get("/meja/wawasan")
def index() -> str:
    """Show how long people waited, when help was there, who carried how much."""
    days = _days()
    period = periods.last_days(days, now())
    zone, ahead = _zone()
    levels = queries.level_figures(period)
    hours = queries.hours_of_week(period, ahead)
    records = rule_records()
    return render_page(
        "insight/index.html",
        days=days,
        choices=periods.CHOICES,
        period=period,
        levels=levels,
        chart=waiting_chart(levels, CHART_WIDTH),
        chart_width=CHART_WIDTH,
        zone=zone,
        zones=ZONES,
        week=[hours[day * 24 : day * 24 + 24] for day in range(7)],
        most=max(hour.urgent for hour in hours),
        shade=shade,
        loads=queries.loads(period),
        noisy=[record for record in records if record.is_noisy][:NOISIEST],
        miss_rate=miss_rate(),
        agreement=queries.agreement(),
        kappa=queries.practice_kappa(),
        kappa_least=queries.KAPPA_LEAST,
        reversals=reversals(period.start),
    )


@insight.get("/meja/wawasan/<table>.csv")
def download(table: str) -> BaseResponse | tuple[str, int]:
    """Give one table as CSV, with a head line, times in minutes."""
    if page := ask_again():
        return page
    period = periods.last_days(_days(), now())
    match table:
        case "waiting":
            rows = _waiting_rows(period)
        case "hours":
            rows = _hour_rows(period)
        case "people":
            rows = _people_rows(period)
        case _:
            abort(404)
    return Response(
        _as_csv(rows),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="teduh-{table}.csv"'},
    )


@transparency.get("/keterbukaan")
def index_for_all() -> str:
    """Show each month's figures to everyone, small numbers left out."""
    months = db.session.scalars(
        select(PublishedMonth).order_by(PublishedMonth.month.desc()).limit(MONTHS_SHOWN)
    )
    return render_page(
        "insight/transparency.html",
        months=[(format_date(month.month, "MMMM yyyy"), month) for month in months],
        fewest=FEWEST,
    )


def _days() -> int:
    days = request.args.get("days", periods.DEFAULT, type=int)
    return days if days in periods.CHOICES else periods.DEFAULT


def _zone() -> tuple[str, int]:
    wanted = request.args.get("zone", "")
    return next((zone for zone in ZONES if zone[0] == wanted), ZONES[0])


def _waiting_rows(period: periods.Period) -> Iterable[Iterable[object]]:
    yield (
        "level", "target", "cases_taken", "taken_p50", "taken_p95", "cases_answered",
        "answered_p50", "answered_p95", "in_time", "of", "still_waiting",
    )  # fmt: skip
    for found in queries.level_figures(period):
        yield (
            found.level.word, found.target_minutes, found.taken.cases, found.taken.p50,
            found.taken.p95, found.answered.cases, found.answered.p50, found.answered.p95,
            found.in_time.part, found.in_time.whole, found.waiting,
        )  # fmt: skip


def _hour_rows(period: periods.Period) -> Iterable[Iterable[object]]:
    zone, ahead = _zone()
    yield "weekday_from_monday", f"hour_{zone}", "red_and_crisis", "weeks_attended", "weeks"
    for number, hour in enumerate(queries.hours_of_week(period, ahead)):
        yield number // 24 + 1, number % 24, hour.urgent, hour.attended, hour.weeks


def _people_rows(period: periods.Period) -> Iterable[Iterable[object]]:
    yield "name", "cases", "red_and_crisis", "answers", "closed", "hours_with_acts"
    for load in queries.loads(period):
        # A sheet reads a cell that begins so as a formula.
        name = f"'{load.pseudonym}" if load.pseudonym[0] in "=+-@" else load.pseudonym
        yield name, load.taken, load.heavy, load.answers, load.closed, load.hours


def _as_csv(rows: Iterable[Iterable[object]]) -> str:
    sheet = io.StringIO()
    csv.writer(sheet).writerows(rows)
    return sheet.getvalue()
