"""Pages of versions: draft, shadow, back-test, publishing, going back, files, the ledger."""

from flask import Blueprint, Response, abort, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as Redirect

from forum.accounts.access import only_for
from forum.accounts.models import Role
from forum.database import reading
from forum.extensions import db
from forum.text import clean
from forum.web.pages import render_page
from moderation.factors.showing import ask_again
from moderation.lab.forms import DaysForm, ImportForm, WhyForm
from moderation.lab.ledger import miss_rate, rule_records, silent_rules
from moderation.lab.runs import start_back_test, start_re_scan
from moderation.lab.views import rules
from moderation.risk.rulefile import LexiconErrors
from moderation.rules import operations
from moderation.rules.diff import diff_lexicons
from moderation.rules.files import read_csv, read_yaml, write_csv, write_yaml
from moderation.rules.gate import check_version, golden_posts
from moderation.rules.models import RulesVersion, VersionState
from moderation.rules.operations import GateClosed, NoDraft, RulesChanged
from moderation.rules.queries import (
    DamagedRules,
    find_draft,
    find_shadow,
    find_version,
    is_unreadable,
    load_version,
    newest_version_id,
    rules_in_force,
    runs_of,
    shadow_counts,
    version_before,
)

lab = Blueprint("lab", __name__, url_prefix="/aturan/lab")
lab.before_request(only_for({Role.ADMIN}))

Page = str | tuple[str, int] | Redirect


@lab.get("/rancangan")
def draft() -> str:
    """Show what the draft changes, what the gate says of it, and its back-tests."""
    return _draft_page(WhyForm())


@lab.post("/rancangan/terbitkan")
def publish() -> Page:
    """Put the draft in force, if the gate lets it through."""
    form = WhyForm()
    if not form.validate_on_submit():
        return _draft_page(form), 422
    if page := ask_again():
        return page
    with reading(db.session):
        found = find_draft() or abort(404)
        prepared = operations.prepare(load_version(found).lexicon)
    try:
        operations.publish_draft(current_user.member, prepared, clean(form.why.data))
    except (GateClosed, RulesChanged, NoDraft):
        # The page shows the draft and the gate as they are now.
        db.session.rollback()
        return _draft_page(form), 409
    db.session.commit()
    flash(_("The rules are in force. The next post is read by them."))
    return redirect(url_for("rules.index"))


@lab.post("/rancangan/buang")
def drop() -> Redirect:
    """Give the draft up."""
    operations.drop_draft(current_user.member)
    db.session.commit()
    flash(_("The draft is gone. The rules in force stay as they are."))
    return redirect(url_for("rules.index"))


@lab.post("/rancangan/bayangan")
def shadow() -> Redirect:
    """Let the draft read along, or stop the version that does."""
    if find_shadow():
        operations.stop_shadow(current_user.member)
        flash(_("No version reads along any more."))
    else:
        try:
            operations.start_shadow(current_user.member, _("reads along"))
        except NoDraft:
            abort(404)
        flash(_("The draft reads along with every new post and acts on nothing."))
    db.session.commit()
    return redirect(url_for("lab.draft"))


@lab.post("/rancangan/uji-balik")
def back_test() -> Page:
    """Start a back-test of the draft over the last days."""
    form = DaysForm()
    found = find_draft() or abort(404)
    if not form.validate_on_submit():
        return _draft_page(WhyForm(), form), 422
    start_back_test(current_user.member, found, form.days.data)
    db.session.commit()
    return redirect(url_for("lab.draft", _anchor="runs"))


@lab.post("/baca-ulang")
def re_scan() -> Page:
    """Read old posts again by the rules in force."""
    form = DaysForm()
    if not form.validate_on_submit():
        return redirect(url_for("lab.version", version_id=newest_version_id()))
    run = start_re_scan(current_user.member, form.days.data)
    db.session.commit()
    return redirect(url_for("lab.version", version_id=run.version_id, _anchor="runs"))


@lab.get("/versi/<int:version_id>")
def version(version_id: int) -> str:
    """Show a version: who, why, and what it changed."""
    return _version_page(_published(version_id), WhyForm())


@lab.post("/versi/<int:version_id>/kembali")
def go_back(version_id: int) -> Page:
    """Put an earlier version in force again, to the byte."""
    found, form = _published(version_id), WhyForm()
    if not form.validate_on_submit():
        return _version_page(found, form), 422
    if page := ask_again():
        return page
    # Half a second where this process has not read it yet: not while others wait to write.
    with reading(db.session):
        load_version(found)
    operations.go_back(current_user.member, found, clean(form.why.data))
    db.session.commit()
    flash(_("The earlier rules are in force again."))
    return redirect(url_for("rules.index"))


@lab.get("/ekspor.<kind>")
def export(kind: str) -> Page:
    """Give the rules in force as a file."""
    if page := ask_again():
        return page
    lexicon = rules_in_force().lexicon
    if kind == "yaml":
        body, mime = write_yaml(lexicon), "application/yaml"
    elif kind == "csv":
        body, mime = write_csv(lexicon.rules), "text/csv"
    else:
        abort(404)
    headers = {"Content-Disposition": f"attachment; filename=teduh-rules.{kind}"}
    return Response(body, content_type=f"{mime}; charset=utf-8", headers=headers)


@lab.route("/impor", methods=["GET", "POST"])
def import_file() -> Page:
    """Read rules from a file's text into the draft; a bad file changes nothing."""
    form = ImportForm()
    if not form.validate_on_submit():
        return render_page("lab/import.html", form=form, errors=[])
    try:
        with reading(db.session):
            if form.kind.data == "csv":
                lexicon = operations.working_lexicon()
                lexicon = operations.with_rules(lexicon, read_csv(form.text.data, lexicon))
            else:
                lexicon = read_yaml(form.text.data)
            prepared = operations.prepare(lexicon, gate=False)
        operations.import_draft(current_user.member, prepared, clean(form.why.data))
    except LexiconErrors as problem:
        db.session.rollback()
        return render_page("lab/import.html", form=form, errors=problem.errors), 422
    db.session.commit()
    flash(_("The rules of the file are in the draft."))
    return redirect(url_for("lab.draft"))


@lab.get("/catatan")
def ledger() -> str:
    """Show what each rule is worth, and what the rules miss."""
    return render_page(
        "lab/ledger.html", records=rule_records(), silent=silent_rules(), miss_rate=miss_rate()
    )


@lab.errorhandler(DamagedRules)
@rules.errorhandler(DamagedRules)
def say_unreadable(problem: DamagedRules) -> Page:
    """Say that a version can't be read, and offer to drop the draft if it is that one."""
    db.session.rollback()
    found = find_draft()
    return render_page("lab/unreadable.html", draft=found and is_unreadable(found)), 409


def _draft_page(form: WhyForm, days: DaysForm | None = None) -> str:
    found = find_draft()
    if found is None:
        return render_page("lab/draft.html", draft=None)
    base, wanted = rules_in_force(), load_version(found)
    seen = find_shadow()
    return render_page(
        "lab/draft.html",
        draft=found,
        changes=diff_lexicons(base.lexicon, wanted.lexicon),
        refusals=check_version(base.ruleset, wanted.ruleset, golden_posts()),
        runs=runs_of(found),
        shadow=seen,
        shadow_counts=shadow_counts(seen) if seen else {},
        form=form,
        days_form=days or DaysForm(formdata=None),
    )


def _version_page(found: RulesVersion, form: WhyForm) -> str:
    earlier = version_before(found)
    lexicon = load_version(found).lexicon
    try:
        changes = diff_lexicons(load_version(earlier).lexicon, lexicon) if earlier else []
    except DamagedRules:
        changes = None
    return render_page(
        "lab/version.html",
        version=found,
        in_force=found.id == newest_version_id(),
        changes=changes,
        runs=runs_of(found),
        form=form,
        days_form=DaysForm(formdata=None),
    )


def _published(version_id: int) -> RulesVersion:
    found = find_version(version_id)
    if found is None or found.state is not VersionState.PUBLISHED:
        abort(404)
    return found
