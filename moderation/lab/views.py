"""Pages where admins keep the rules, one rule at a time."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from forum.accounts.access import only_for
from forum.accounts.models import Role
from forum.database import reading
from forum.extensions import db
from forum.text import clean
from forum.web.pages import render_page
from moderation.care.reviewers import REVIEWERS
from moderation.cases.queries import fired_counts, flags_by
from moderation.factors.showing import ask_again
from moderation.lab.forms import RuleForm, TryForm
from moderation.lab.wording import explain_reading
from moderation.risk.assess import Assessment, Context, assess
from moderation.risk.rulefile import LexiconErrors
from moderation.risk.rules import Combination, Lexicon, Rule, RuleError, parse_rule, rule_as_mapping
from moderation.rules import operations
from moderation.rules.operations import GateClosed, RulesChanged
from moderation.rules.queries import LoadedRules, find_draft, load_version, rules_in_force, versions

Change = Callable[[Lexicon], Lexicon]
Named = dict[str, Rule | Combination]

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
        draft=find_draft(),
        reviewers=REVIEWERS,
    )


@rules.route("/aturan/baru", methods=["GET", "POST"])
def new() -> str | tuple[str, int] | Response:
    """Add a rule, in force at once or in the draft."""
    form = RuleForm()
    if form.validate_on_submit() and (rule := _read_rule(form, {})):
        try:
            return _keep(form, lambda lexicon: operations.with_new_rule(lexicon, rule))
        except operations.RuleExists:
            form.id.errors = [_("A rule has this name already. Another one, perhaps?")]
    return render_page("rules/edit.html", form=form, rule=None)


@rules.route("/aturan/<rule_id>", methods=["GET", "POST"])
def edit(rule_id: str) -> str | tuple[str, int] | Response:
    """Change a rule, or switch it off."""
    rule = _find_rule(rule_id)
    form = RuleForm()
    if request.method == "GET":
        form.fill(rule)
    form.id.data = rule.id
    if form.validate_on_submit() and (changed := _read_rule(form, rule_as_mapping(rule))):
        return _keep(form, lambda lexicon: operations.with_changed_rule(lexicon, changed), rule)
    return render_page("rules/edit.html", form=form, rule=rule)


@rules.route("/aturan/<rule_id>/hapus", methods=["POST"])
def remove(rule_id: str) -> str | tuple[str, int] | Response:
    """Take a rule out of the draft; the gate sees to it when the draft is published."""
    rule = _find_rule(rule_id)
    with reading(db.session):
        lexicon = operations.without_rule(operations.working_lexicon(), rule.id)
        prepared = operations.prepare(lexicon, gate=False)
    operations.save_draft(current_user.member, prepared, f"- {rule.id}")
    db.session.commit()
    flash(_("The rule is out of the draft. It is in force until the draft is published."))
    return redirect(url_for("lab.draft"))


@rules.get("/aturan/<rule_id>/kena")
def fired(rule_id: str) -> str:
    """Show what a rule has fired on."""
    return render_page("rules/fired.html", rule=_find_rule(rule_id), flags=flags_by(rule_id))


@rules.route("/aturan/uji", methods=["GET", "POST"])
def tester() -> str:
    """Try a text on the rules in force, and on the draft beside them. Nothing is kept."""
    form = TryForm()
    results = []
    if form.validate_on_submit():
        results.append(_try(_("In force"), rules_in_force(), form))
        if draft := find_draft():
            results.append(_try(_("Draft"), load_version(draft), form))
    return render_page(
        "rules/tester.html", form=form, results=results, explain_reading=explain_reading
    )


def _try(name: str, loaded: LoadedRules, form: TryForm) -> tuple[str, Assessment, Named]:
    """Return what rules make of a text, under a name, with the rules by their ids."""
    is_reply = form.is_reply.data
    context = Context(is_reply=is_reply, is_thread_start=not is_reply)
    lexicon = loaded.lexicon
    named = {entry.id: entry for entry in (*lexicon.rules, *lexicon.combinations)}
    return name, assess(form.text.data, loaded.ruleset, context), named


def _keep(
    form: RuleForm, change: Change, rule: Rule | None = None
) -> str | tuple[str, int] | Response:
    """Put the changed rule in force, or into the draft, as the pressed button says."""
    to_draft = request.form.get("to") == "draft"
    if not to_draft and (page := ask_again()):
        return page
    try:
        with reading(db.session):
            before = operations.working_lexicon() if to_draft else rules_in_force().lexicon
            prepared = operations.prepare(change(before), gate=not to_draft)
        keep = operations.save_draft if to_draft else operations.publish
        keep(current_user.member, prepared, clean(form.why.data))
    except RulesChanged:
        db.session.rollback()
        flash(_("Other rules came in force meanwhile. Please look at the rule again."))
        return render_page("rules/edit.html", form=form, rule=rule), 409
    except GateClosed as closed:
        db.session.rollback()
        page = render_page("rules/edit.html", form=form, rule=rule, refusals=closed.refusals)
        return page, 409
    except (RuleError, LexiconErrors) as error:
        db.session.rollback()
        form.patterns.errors = [str(error)]
        return render_page("rules/edit.html", form=form, rule=rule), 422
    db.session.commit()
    if to_draft:
        flash(_("The change is in the draft. The rules in force stay as they are."))
        return redirect(url_for("lab.draft"))
    flash(_("The rules are in force. The next post is read by them."))
    return redirect(url_for("rules.index"))


def _read_rule(form: RuleForm, base: dict[str, object]) -> Rule | None:
    """Return the rule as typed, or put its mistake beside its field."""
    try:
        return parse_rule(form.read(base))
    except RuleError as error:
        name = error.field.split("[")[0]
        field = form[name if name in form else "patterns"]
        field.errors = [*field.errors, str(error)]
        return None


def _find_rule(rule_id: str) -> Rule:
    found = (rule for rule in rules_in_force().lexicon.rules if rule.id == rule_id)
    return next(found, None) or abort(404)
