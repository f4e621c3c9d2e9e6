"""Who may open what: staff pages by the guard of their blueprint, all others by name, here.

What stands nowhere opens to nobody. `teduh permissions` prints the matrix of all routes, which
docs/permissions.md keeps and a test compares with what each route really answers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from flask import Flask

from forum.accounts.models import STAFF, Role

EVERYONE = frozenset(
    {
        *("static", "web.favicon", "web.quick_exit", "web.set_language"),
        *("health.healthz", "health.readyz", "health.metrics"),
        *("help.index", "help.limits", "help.agreement", "transparency.index_for_all"),
        *("help.no_answer", "help.barriers", "help.referral", "help.referral_to"),
        *("help.offline", "help.keeper"),
        *("groups.index", "groups.show"),
        *("rights.privacy", "rights.gone", "applications.index"),
        *("rooms.index", "rooms.unanswered_anywhere", "rooms.unanswered"),
        *("rooms.show", "posts.show_thread", "posts.show_newest", "posts.show_post"),
        *("accounts.join", "accounts.sign_in", "accounts.recover", "accounts.sign_out"),
    }
)
SIGNED_IN = frozenset(
    {
        *("posts.new_thread", "posts.reply", "reports.new", "reports.thanks"),
        *("accounts.own", "accounts.end_sessions", "accounts.letter_keys"),
        "accounts.change_passphrase",
        *("accounts.choose_zone", "groups.join", "groups.leave"),
        *("accounts.recovery_codes", "check_ins.index", "notices.index"),
        *("rights.ask", "rights.erase"),
        *("blocks.end", "reactions.react"),
        *("follows.index", "follows.follow", "follows.unread", "topics.choose"),
        *("tags.choose", "search.index"),
        *("applications.send", "applications.take_back", "applications.step_back"),
    }
)
# For members alone: staff read everybody.
MEMBERS = frozenset({"blocks.new"})
# For those who are signed in, and of what is there only their own: for others it is not there.
OWNERS = frozenset(
    {
        *("posts.edit", "posts.delete", "check_ins.show", "check_ins.reply"),
        *("groups.calendar", "groups.meet", "groups.look", "groups.say", "groups.hand"),
        "groups.how_was_it",
        *("notices.show", "appeals.show", "rights.download", "rights.drop"),
    }
)


class Answer(StrEnum):
    """How a route answers someone."""

    OPEN = "yes"
    OWN = "own"
    SIGN_IN = "signs in first"
    SECOND_STEP = "second step first"
    REFUSED = "no"


class Who(StrEnum):
    """Who asks. Staff before their second step are told apart by role, as guards do."""

    VISITOR = "visitor"
    MEMBER = "member"
    VOLUNTEER = "volunteer"
    MODERATOR = "moderator"
    LEAD = "lead"
    ADMIN = "admin"
    HALF_VOLUNTEER = "volunteer*"
    HALF_MODERATOR = "moderator*"
    HALF_LEAD = "lead*"
    HALF_ADMIN = "admin*"

    @property
    def role(self) -> Role:
        """The role of someone who is signed in."""
        return Role(self.value.rstrip("*"))

    @property
    def is_half_in(self) -> bool:
        """Whether their second step is still to come."""
        return self.value.endswith("*")


@dataclass(frozen=True)
class StaffOnly:
    """What a guard of `only_for` lets through."""

    roles: frozenset[Role]
    asks_factor: bool


@dataclass(frozen=True)
class Door:
    """One route: how it is called, where it is, and what it answers to whom."""

    endpoint: str
    methods: tuple[str, ...]
    rule: str
    answers: dict[Who, Answer]


def staff_only(app: Flask, endpoint: str) -> StaffOnly | None:
    """Return whom the guard of a route's blueprint lets through, if it has one."""
    guards: Iterable[object] = app.before_request_funcs.get(endpoint.rpartition(".")[0] or None, ())
    found = (getattr(guard, "lets_through", None) for guard in guards)
    return next((each for each in found if each), None)


def answer(app: Flask, endpoint: str, who: Who) -> Answer:
    """Return how a route answers someone; what has no entry refuses everyone."""
    guard = staff_only(app, endpoint)
    if guard is None and endpoint in EVERYONE:
        return Answer.OPEN
    if guard is None and endpoint not in SIGNED_IN | OWNERS | MEMBERS:
        return Answer.REFUSED
    if who is Who.VISITOR:
        return Answer.SIGN_IN
    if guard is None and endpoint in MEMBERS:
        return Answer.OPEN if who is Who.MEMBER else Answer.REFUSED
    if guard is None:
        return Answer.OWN if endpoint in OWNERS else Answer.OPEN
    if who.role not in guard.roles:
        return Answer.REFUSED
    return Answer.SECOND_STEP if guard.asks_factor and who.is_half_in else Answer.OPEN


def doors(app: Flask) -> Iterator[Door]:
    """Yield every route of the app, by its address."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        methods = tuple(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        answers = {who: answer(app, rule.endpoint, who) for who in Who}
        yield Door(rule.endpoint, methods, rule.rule, answers)


def write_matrix(app: Flask) -> str:
    """Return docs/permissions.md: a Markdown table of all routes."""
    shown = [who for who in Who if not who.is_half_in]
    lines = [
        MATRIX_HEAD,
        f"| route | name | {' | '.join(shown)} | staff before the second step |",
        f"|---|---|{'---|' * len(shown)}---|",
    ]
    for door in doors(app):
        half = {
            door.answers[who] for who in Who if who.is_half_in and who.role in _roles(app, door)
        }
        cells = [door.answers[who] for who in shown] + [" or ".join(sorted(half))]
        route = f"{' '.join(door.methods)} `{door.rule}`"
        lines.append(f"| {route} | `{door.endpoint}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _roles(app: Flask, door: Door) -> frozenset[Role]:
    guard = staff_only(app, door.endpoint)
    return guard.roles if guard else STAFF


MATRIX_HEAD = """\
# Who may open what

Made by `teduh permissions > docs/permissions.md`, from the routes and their guards; don't edit it.
`tests/forum/test_access.py` opens each route as each of these people and compares.

- **yes**: the page opens. What it shows, and what may be done there, can depend on more: see the
  table in [architecture](architecture.md).
- **own**: only what is one's own; for everybody else it is not there (404).
- **signs in first**, **second step first**: led there (302), and then back.
- **no**: refused (403). A route that nobody has decided about refuses everyone.

Before their second step staff open what members open, and no more: the last column, for those
roles that the route lets in after it.
"""
