"""Pages where leads and admins look after the help directory."""

from flask import Blueprint, abort, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from forum.accounts.access import only_for
from forum.accounts.models import Role
from forum.extensions import db
from forum.help.queries import has_source, is_fresh, silent_entries
from forum.help.regions import REGIONS
from forum.web.pages import render_page
from moderation.directory import operations
from moderation.directory.forms import DISPLAYS, CheckForm, EntryForm
from moderation.directory.queries import all_entries, find_any_entry

directory = Blueprint("directory", __name__)
directory.before_request(only_for({Role.LEAD, Role.ADMIN}))


@directory.get("/meja/bantuan")
def index() -> str:
    """Show every entry, those that want a check first."""
    return render_page(
        "directory/index.html",
        entries=all_entries(),
        silent=silent_entries(),
        displays=DISPLAYS,
        is_fresh=is_fresh,
        has_source=has_source,
    )


@directory.route("/meja/bantuan/baru", methods=["GET", "POST"])
def new() -> str | Response:
    """Add an entry."""
    form = EntryForm()
    if form.validate_on_submit():
        try:
            entry = operations.add(current_user.member, form.values())
        except operations.NameTaken:
            db.session.rollback()
            form.name.errors = [_("There is an entry of this name.")]
        else:
            db.session.commit()
            flash(_("The entry is there. Somebody should try it next."))
            return redirect(url_for("directory.show", slug=entry.slug))
    return render_page("directory/entry.html", entry=None, form=form, check=None, regions=REGIONS)


@directory.route("/meja/bantuan/<slug>", methods=["GET", "POST"])
def show(slug: str) -> str | Response:
    """Show an entry, and change it."""
    entry = find_any_entry(slug) or abort(404)
    form = EntryForm.of(entry)
    if form.validate_on_submit():
        changed = operations.change(current_user.member, entry, form.values())
        db.session.commit()
        flash(_("The entry is changed.") if changed else _("Nothing was different."))
        return redirect(url_for("directory.show", slug=slug))
    return render_page(
        "directory/entry.html",
        entry=entry,
        form=form,
        check=CheckForm(formdata=None),
        regions=REGIONS,
    )


@directory.post("/meja/bantuan/<slug>/cek")
def check(slug: str) -> Response:
    """Note that somebody of the team tried an entry."""
    entry = find_any_entry(slug) or abort(404)
    form = CheckForm()
    if form.validate_on_submit():
        reached = form.outcome.data == "reached"
        operations.note_check(current_user.member, entry, reached=reached)
        db.session.commit()
        flash(
            _("Thank you, it is noted.")
            if reached
            else _("Noted. It leaves the cards until it answers.")
        )
    else:
        flash(_("Please choose one of the two."))
    return redirect(url_for("directory.show", slug=slug))
