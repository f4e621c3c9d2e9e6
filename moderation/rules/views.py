"""Pages where admins keep the rules."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from forum.accounts.access import only_for
from forum.accounts.models import Role
from forum.extensions import db
from forum.web.pages import render_page
from moderation.cases.queries import fired_counts, flags_by
from moderation.risk.rules import Rule, RuleError, parse_rule, rule_as_mapping
from moderation.rules import operations
from moderation.rules.forms import RuleForm
from moderation.rules.queries import rules_in_force, versions

rules = Blueprint("rules", __name__)
rules.before_request(only_for({Role.ADMIN}))


@rules.get("/aturan")
def index() -> str:
    """Show the rules in force and how often each has fired."""
    in_force = rules_in_force()
    wanted = request.args.get("q", "").strip().casefold()
    shown = [
        rule
        for rule in in_force.lexicon.rules
        if not wanted or wanted in " ".join((rule.id, rule.category, *rule.patterns)).casefold()
    ]
    return render_page(
        "rules/index.html",
        rules=shown,
        total=len(in_force.lexicon.rules),
        query=request.args.get("q", ""),
        fired=fired_counts(),
        versions=versions(),
    )


@rules.route("/aturan/baru", methods=["GET", "POST"])
def new() -> str | Response:
    """Add a rule."""
    form = RuleForm()
    if form.validate_on_submit() and (rule := _read_rule(form, {})):
        try:
            operations.add_rule(current_user.member, rule, form.why.data)
        except operations.RuleExists:
            form.id.errors = [_("A rule has this name already. Another one, perhaps?")]
        else:
            return _done()
    return render_page("rules/edit.html", form=form, rule=None)


@rules.route("/aturan/<rule_id>", methods=["GET", "POST"])
def edit(rule_id: str) -> str | Response:
    """Change a rule, or switch it off."""
    rule = _find_rule(rule_id)
    form = RuleForm()
    if request.method == "GET":
        form.fill(rule)
    form.id.data = rule.id
    if form.validate_on_submit() and (changed := _read_rule(form, rule_as_mapping(rule))):
        operations.change_rule(current_user.member, changed, form.why.data)
        return _done()
    return render_page("rules/edit.html", form=form, rule=rule)


@rules.get("/aturan/<rule_id>/kena")
def fired(rule_id: str) -> str:
    """Show what a rule has fired on."""
    return render_page("rules/fired.html", rule=_find_rule(rule_id), flags=flags_by(rule_id))


def _read_rule(form: RuleForm, base: dict[str, object]) -> Rule | None:
    """Return the rule as typed, or put each of its mistakes beside its field."""
    try:
        return parse_rule(form.read(base))
    except RuleError as error:
        field = error.field if error.field in form else "patterns"
        form[field].errors = [*form[field].errors, str(error)]
        return None


def _done() -> Response:
    db.session.commit()
    flash(_("The rules are in force. The next post is read by them."))
    return redirect(url_for("rules.index"))


def _find_rule(rule_id: str) -> Rule:
    found = (rule for rule in rules_in_force().lexicon.rules if rule.id == rule_id)
    return next(found, None) or abort(404)
