"""Pages where admins keep the rules, one rule at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

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
from moderation.rules.gate import Refusal
from moderation.rules.operations import GateClosed, RulesChanged
from moderation.rules.queries import LoadedRules, find_draft, load_version, rules_in_force, versions

Change = Callable[[Lexicon], Lexicon]
Named = dict[str, Rule | Combination]


class Source(StrEnum):
    """Where the text of a rule that a page shows stands."""

    BOTH = "both"
    # In the draft, where it differs from the one in force.
    CHANGED = "changed"
    DRAFT_ONLY = "draft_only"
    # In force; the draft has no such rule.
    LEFT_OUT = "left_out"


@dataclass(frozen=True)
class Shown:
    """A rule and where its text comes from."""

    rule: Rule
    source: Source


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
    return _edit_page(form, None)


@rules.route("/aturan/<rule_id>", methods=["GET", "POST"])
def edit(rule_id: str) -> str | tuple[str, int] | Response:
    """Change a rule, or switch it off; as the draft has it, where there is one."""
    shown = _find_rule(rule_id)
    form = RuleForm()
    if request.method == "GET":
        form.fill(shown.rule)
    form.id.data = shown.rule.id
    if form.validate_on_submit() and (changed := _read_rule(form, rule_as_mapping(shown.rule))):
        if shown.source is Source.DRAFT_ONLY and not _to_draft():
            flash(_("This rule is in the draft only. Publish the draft to put it in force."))
            return _edit_page(form, shown), 409
        return _keep(form, lambda lexicon: operations.with_rules(lexicon, [changed]), shown)
    return _edit_page(form, shown)


@rules.route("/aturan/<rule_id>/hapus", methods=["POST"])
def remove(rule_id: str) -> str | tuple[str, int] | Response:
    """Take a rule out of the draft; the gate sees to it when the draft is published."""
    shown = _find_rule(rule_id)
    try:
        with reading(db.session):
            lexicon = operations.without_rule(operations.working_lexicon(), rule_id)
            prepared = operations.prepare(lexicon, gate=False)
    except operations.UnknownRule:
        # The draft left it out already.
        abort(404)
    operations.save_draft(current_user.member, prepared, f"- {rule_id}")
    db.session.commit()
    if shown.source is Source.DRAFT_ONLY:
        flash(_("The rule is out of the draft."))
    else:
        flash(_("The rule is out of the draft. It is in force until the draft is published."))
    return redirect(url_for("lab.draft"))


@rules.get("/aturan/<rule_id>/kena")
def fired(rule_id: str) -> str:
    """Show what a rule has fired on."""
    shown = _find_rule(rule_id)
    return render_page(
        "rules/fired.html", rule=shown.rule, source=shown.source.value, flags=flags_by(rule_id)
    )


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


def _to_draft() -> bool:
    """Return which of both buttons was pressed."""
    return request.form.get("to") == "draft"


def _keep(
    form: RuleForm, change: Change, shown: Shown | None = None
) -> str | tuple[str, int] | Response:
    """Put the changed rule in force, or into the draft, as the pressed button says."""
    to_draft = _to_draft()
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
        return _edit_page(form, shown), 409
    except GateClosed as closed:
        db.session.rollback()
        return _edit_page(form, shown, closed.refusals), 409
    except (RuleError, LexiconErrors) as error:
        db.session.rollback()
        form.patterns.errors = [str(error)]
        return _edit_page(form, shown), 422
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


def _edit_page(form: RuleForm, shown: Shown | None, refusals: tuple[Refusal, ...] = ()) -> str:
    return render_page(
        "rules/edit.html",
        form=form,
        rule=shown.rule if shown else None,
        source=shown.source.value if shown else "",
        refusals=refusals,
    )


def _find_rule(rule_id: str) -> Shown:
    """Return a rule as the draft has it, or as it is in force where the draft has none."""
    in_force = _named(rules_in_force().lexicon, rule_id)
    draft = find_draft()
    drafted = _named(load_version(draft).lexicon, rule_id) if draft else in_force
    if drafted == in_force:
        return Shown(in_force or abort(404), Source.BOTH)
    if drafted is None:
        return Shown(in_force or abort(404), Source.LEFT_OUT)
    return Shown(drafted, Source.CHANGED if in_force else Source.DRAFT_ONLY)


def _named(lexicon: Lexicon, rule_id: str) -> Rule | None:
    return next((rule for rule in lexicon.rules if rule.id == rule_id), None)
