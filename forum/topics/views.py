"""The page where a member chooses how topics are shown."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from forum.extensions import db
from forum.topics.forms import TOPICS, TopicsForm
from forum.topics.operations import choose_topics
from forum.web.pages import render_page

topics = Blueprint("topics", __name__)


@topics.route("/akun/topik", methods=["GET", "POST"])
@login_required
def choose() -> str | Response:
    """Choose how each topic is shown."""
    form = TopicsForm()
    if request.method == "GET":
        for topic in TOPICS:
            form[topic.value].data = current_user.member.showing_of(topic)
    if form.validate_on_submit():
        choose_topics(current_user.member, form.choices)
        db.session.commit()
        flash(_("Kept. You can change it any time."))
        return redirect(url_for("topics.choose"))
    return render_page("topics/choose.html", form=form, topics=TOPICS)
