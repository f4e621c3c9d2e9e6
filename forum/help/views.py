"""Pages of help, limits and the agreement. Reading them is never limited, and open to everyone."""

from flask import Blueprint, abort, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forum.extensions import csrf, db, limiter
from forum.help import choices, operations
from forum.help.forms import ReferralForm
from forum.help.models import HelpEntry
from forum.help.offline import keeper_script, offline_page
from forum.help.queries import Shown, Wanted, directory, find_entry, matching, next_after
from forum.help.regions import ABROAD, ELSEWHERE_ABROAD, PLACES
from forum.web.kept import kept_for_visitors
from forum.web.language import LANGUAGES
from forum.web.pages import render_page

help_pages = Blueprint("help", __name__)

# In the browser's form cookie: at which entries nobody answered, so that each counts once.
TRIED = "tried"
MAX_TRIED = 8


@help_pages.get("/bantuan")
@kept_for_visitors
def index() -> str:
    """Show the ways to help: the floor first, then the directory, or what of it was asked for."""
    wanted = Wanted(
        region=_asked("daerah", PLACES),
        need=_asked("butuh", choices.NEEDS),
        language=_asked("bahasa", choices.LANGUAGES),
        way=_asked("lewat", choices.WAYS),
        open_now=bool(request.args.get("buka")),
    )
    everything = directory()
    usual = matching(everything, Wanted())
    silent_at = request.args.get("setelah", "")
    return render_page(
        "help/index.html",
        shown=matching(everything, wanted),
        wanted=wanted,
        is_filtered=wanted != Wanted(),
        regions=_regions_of(everything, wanted.region),
        choices=choices,
        after=next_after(silent_at, usual, _tried()) if silent_at else None,
        has_tried=bool(silent_at),
    )


@help_pages.post("/bantuan/tidak-dijawab")
@csrf.exempt
@limiter.limit("20 per hour")
def no_answer() -> Response:
    """Note that nobody answered, and lead to the next way. Who said it is not kept.

    Without a token, as the language switch: forum.web.origin refuses what other sites send.
    """
    entry = find_entry(request.form.get("slug", "")) or abort(404)
    tried = _tried()
    if entry.slug not in tried and len(tried) < MAX_TRIED:
        operations.note_silence(entry)
        db.session.commit()
        session[TRIED] = [*tried, entry.slug]
    flash(_("That was not because of you. Another way may be open right now."))
    return redirect(url_for("help.index", setelah=entry.slug))


@help_pages.get("/bantuan/ragu")
def barriers() -> str:
    """Answer what keeps people from reaching out."""
    return render_page("help/barriers.html")


@help_pages.get("/bantuan/luring/<language>")
def offline(language: str) -> str:
    """Show the copy of the help page that a browser may keep: the same for everybody."""
    if language not in LANGUAGES:
        abort(404)
    return offline_page(language)


@help_pages.get("/penjaga.js")
def keeper() -> Response:
    """Give browsers the script that keeps that copy, or one that takes it away again."""
    return Response(keeper_script(), mimetype="text/javascript")


@help_pages.route("/rujukan", methods=["GET", "POST"])
def referral() -> str:
    """Ask what for and where, and answer with a sheet to print. Nothing of it is kept."""
    form = ReferralForm()
    if not form.validate_on_submit():
        return render_page("help/referral.html", form=form, routes=choices.ROUTES)
    reason, region = form.reason.data, form.region.data
    return _sheet(choices.ROUTES_FOR[reason], choices.NEED_OF.get(reason, "listening"), region)


@help_pages.get("/rujukan/<route>")
def referral_to(route: str) -> str:
    """Show the sheet about one way to professionals, for those who were told of it."""
    if route not in choices.ROUTES:
        abort(404)
    return _sheet((route,), "emergency" if route == "igd" else "listening", "")


@help_pages.get("/batas")
def limits() -> str:
    """Say what Teduh is and is not."""
    return render_page("help/limits.html")


@help_pages.get("/kesepakatan")
def agreement() -> str:
    """Show the agreement."""
    return render_page("help/agreement.html")


def _sheet(routes: tuple[str, ...], need: str, region: str) -> str:
    found = matching(directory(), Wanted(region=region))
    by_slug = {one.entry.slug: one.entry for one in found}
    lines: list[HelpEntry] = [
        one.entry for one in found if need in one.entry.topics and one.entry.channels
    ]
    return render_page(
        "help/sheet.html",
        routes=routes,
        names=choices.ROUTES,
        entries={route: by_slug.get(choices.ENTRIES_OF.get(route, "")) for route in routes},
        lines=[entry for entry in lines if not entry.never_crisis][:4],
        region=PLACES.get(region, ""),
        is_abroad=region in ABROAD,
    )


def _asked(name: str, known: dict[str, str]) -> str:
    value = request.args.get(name, "")
    return value if value in known else ""


def _tried() -> list[str]:
    found = session.get(TRIED, [])
    return [str(slug) for slug in found] if isinstance(found, list) else []


def _regions_of(everything: list[Shown], chosen: str) -> dict[str, str]:
    """Return the places with lines of their own, and the one chosen; a list of 38 is no help."""
    known = {code for one in everything for code in one.entry.regions}
    known |= {chosen, "lain", ELSEWHERE_ABROAD}
    return {code: name for code, name in PLACES.items() if code in known}
