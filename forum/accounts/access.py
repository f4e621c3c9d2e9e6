"""Who is asking: the cookie, the member behind it, and the guard of staff pages.

Flask-Login gives `current_user` and `login_required` and nothing more. Its own sign-in writes
an unsalted hash of address and browser into a readable cookie, which can be guessed back in
seconds, so our session is a row of ours and our cookie a random token.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta

from flask import Flask, Request, abort, current_app, flash, g, request, session, url_for
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin, current_user
from werkzeug.wrappers import Response

from forum.accounts.models import STAFF, Member, Role, SignIn
from forum.accounts.operations import end_sign_in, find_sign_in, touch_sign_in
from forum.accounts.permissions import EVERYONE, MEMBERS, OWNERS, SIGNED_IN, StaffOnly, staff_only
from forum.clock import now
from forum.database import writing
from forum.extensions import db, login_manager
from forum.web.typed import lead

# Where someone whose account is closed may still go: whole blueprints, and single endpoints.
OPEN_TO_CLOSED = frozenset(
    {
        *(
            "static",
            "web",
            "help",
            "health",
            "transparency",
            "check_ins",
            "notices",
            "appeals",
            "rights",
        ),
        *("accounts.own", "accounts.end_sessions", "accounts.sign_out"),
    }
)


class Visitor(AnonymousUserMixin):
    """Someone who is not signed in."""

    is_staff = False
    is_admin = False
    # What operations and queries take as their actor or viewer.
    member = None


def bind_access(app: Flask) -> None:
    """Let the app know who is asking."""
    login_manager.anonymous_user = Visitor
    login_manager.request_loader(_load_member)
    login_manager.unauthorized_handler(_ask_to_sign_in)
    # The default is the readable hash that this module exists to avoid.
    login_manager._session_identifier_generator = lambda: "-"  # noqa: SLF001 (no public name)
    login_manager.session_protection = None
    login_manager.init_app(app)
    app.before_request(_refuse_what_nobody_decided)
    app.before_request(_keep_closed_accounts_aside)
    app.after_request(_drop_stale_cookie)


def only_for(roles: Iterable[Role], *, factor: bool = True) -> Callable[[], Response | None]:
    """Return a guard for a blueprint's `before_request`: these roles, and nobody else.

    They come in after their second step; without `factor`, before it too.
    """
    allowed = frozenset(roles)

    def guard() -> Response | None:
        if not current_user.is_authenticated:
            return _ask_to_sign_in()
        if current_user.role not in allowed:
            abort(403)
        if factor and current_user.awaits_factor:
            return _ask_for_second_step()
        return None

    guard.lets_through = StaffOnly(allowed, factor)  # type: ignore[attr-defined]
    return guard


def this_sign_in() -> SignIn:
    """Return the session of this request, where someone is signed in."""
    row: SignIn = g.sign_in
    return row


def is_fresh() -> bool:
    """Return whether the second step of this session is recent enough for what reaches far."""
    if not current_app.config["STAFF_FACTOR"]:
        return True
    shown = this_sign_in().second_factor_at
    age = timedelta(minutes=current_app.config["STAFF_FRESH_MINUTES"])
    return shown is not None and now() - shown <= age


def see_a_visitor() -> None:
    """Ask no more who this is: the page that says that the database is away must not ask it."""
    g._login_user = Visitor()  # noqa: SLF001 (where Flask-Login keeps who asks)


def cookie_name() -> str:
    """Return the cookie's name; browsers guard the prefix, which needs HTTPS."""
    return "__Host-teduh" if current_app.config["HTTPS"] else "teduh"


def set_cookie(response: Response, token: str) -> Response:
    """Give the browser its token, until it is closed."""
    response.set_cookie(
        cookie_name(),
        token,
        secure=current_app.config["HTTPS"],
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def forget(response: Response) -> Response:
    """End the browser's session, here and there, and let it drop what it has kept.

    The form cookie goes by its own name too: not every browser knows `Clear-Site-Data`, and none
    obeys it over plain HTTP.
    """
    if token := request.cookies.get(cookie_name()):
        end_sign_in(token)
    response.delete_cookie(
        cookie_name(), path="/", secure=current_app.config["HTTPS"], httponly=True
    )
    session.clear()
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


def _load_member(request: Request) -> Member | None:
    token = request.cookies.get(cookie_name())
    if not token:
        return None
    row = find_sign_in(token)
    if row is None:
        g.stale_cookie = True
        return None
    g.sign_in = _touch(row)
    member: Member = g.sign_in.member
    is_half_in = member.role in STAFF and row.second_factor_at is None
    member.awaits_factor = bool(current_app.config["STAFF_FACTOR"]) and is_half_in
    return member


def _touch(row: SignIn) -> SignIn:
    """Note now and then that the session lives, in a short transaction of its own."""
    if touch_sign_in(row):
        with writing(db.session):
            touch_sign_in(row)
            db.session.commit()
    return row


def _refuse_what_nobody_decided() -> Response | None:
    """Open a route only to those whom it names: its blueprint's guard, or a list by name."""
    endpoint = request.endpoint
    if endpoint is None or endpoint in EVERYONE or staff_only(current_app, endpoint):
        return None
    if endpoint not in SIGNED_IN | OWNERS | MEMBERS:
        abort(403)
    return None if current_user.is_authenticated else _ask_to_sign_in()


def _keep_closed_accounts_aside() -> Response | None:
    """Lead someone whose account is closed to their messages, where they can appeal."""
    if request.endpoint is None or OPEN_TO_CLOSED & {request.blueprint, request.endpoint}:
        return None
    if not (current_user.is_authenticated and current_user.is_closed):
        return None
    return lead(
        url_for("check_ins.index"),
        _("Messages"),
        403,
        _("This page is not open to you"),
        _(
            "Your account is closed, so nothing was sent. Your text stands below, to copy it. "
            "Your messages say why, and how to appeal."
        ),
    )


def _drop_stale_cookie(response: Response) -> Response:
    if g.pop("stale_cookie", False) and not response.headers.get("Set-Cookie"):
        response.delete_cookie(
            cookie_name(), path="/", secure=current_app.config["HTTPS"], httponly=True
        )
    return response


def _ask_to_sign_in() -> Response:
    to_the_door = lead(
        url_for("accounts.sign_in", next=_way_back()),
        _("Sign in"),
        401,
        _("Please sign in first"),
        _(
            "You are signed out. Nothing was sent. "
            "Your text stands below: copy it, sign in, and send it again."
        ),
    )
    flash(_("Please sign in, then you can go on."))
    return to_the_door


def _ask_for_second_step() -> Response:
    return lead(
        url_for("factors.check", next=_way_back()),
        _("Go on"),
        401,
        _("Second step"),
        _(
            "Your second step is still missing, so nothing was sent. "
            "Your text stands below: copy it, go on, and send it again."
        ),
    )


def _way_back() -> str | None:
    """Return the address of this request, if a browser can open it."""
    if request.method == "GET":
        return request.full_path
    rule = request.url_rule
    return request.path if rule and rule.methods and "GET" in rule.methods else None
