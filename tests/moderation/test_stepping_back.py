"""The end of a role: by oneself at any time, by an admin for others, and never the last admin's."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from forum.accounts.models import Member, Role, SignIn
from forum.clock import now
from forum.extensions import db
from forum.notices.models import Notice, NoticeKind
from moderation.applications.leaving import RoleStays, end_role, step_back
from moderation.audit.models import AuditEntry
from moderation.cases import operations as cases
from moderation.cases.models import CaseState
from moderation.factors.models import CodeApp
from moderation.risk.levels import Level
from moderation.rota import operations as rota
from moderation.rota.models import Turn
from moderation.rota.times import today
from moderation.training.queries import is_certified
from moderation.volunteers.models import Shift
from moderation.volunteers.operations import HoldsHeavy, begin_shift
from tests.factories import make_case, make_member, sign_in
from tests.pages import Page, send


def why(act, *people: Member) -> str:
    """Return the code with which a role stays."""
    with pytest.raises(RoleStays) as refusal:
        act(*people)
    return refusal.value.why


def number_of(model, *conditions) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions))


def test_who_steps_back_leaves_nothing_undone_and_keeps_what_they_learned(context):
    lead, rani = make_member("laras", Role.LEAD), make_member("rani", Role.MODERATOR)
    tomorrow = today() + timedelta(days=1)
    rota.sign_up(rani, rota.add_slot(lead, tomorrow.weekday(), 20, 2), tomorrow)
    begin_shift(rani)
    case = make_case(level=Level.AMBER)
    cases.claim(rani, case, case.version)
    step_back(rani)
    db.session.refresh(case)
    assert (rani.role, case.state, case.holder_id) == (Role.MEMBER, CaseState.WAITING, None)
    assert number_of(Turn) == 0
    assert number_of(Shift, Shift.ended_at.is_(None)) == 0
    assert is_certified(rani)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "end_role")).one()
    assert (entry.actor_id, entry.subject_id, entry.detail) == (
        rani.id,
        rani.id,
        {"role": "moderator"},
    )
    assert number_of(Notice, Notice.kind == NoticeKind.ROLE_ENDED) == 0
    assert why(step_back, rani) == "none"


@pytest.mark.parametrize("on_duty", [True, False])
def test_nobody_leaves_with_a_person_in_danger_in_hand(context, on_duty):
    rani = make_member("rani", Role.MODERATOR)
    if on_duty:
        begin_shift(rani)
    case = make_case(level=Level.RED)
    cases.claim(rani, case, case.version)
    with pytest.raises(HoldsHeavy):
        step_back(rani)
    assert (rani.role, case.holder_id) == (Role.MODERATOR, rani.id)


def test_the_last_admin_stays(context):
    wening, sari = make_member("wening", Role.ADMIN), make_member("sari", Role.ADMIN)
    make_member("lama", Role.ADMIN).closed_at = now()
    step_back(wening)
    assert why(step_back, sari) == "last"
    assert (wening.role, sari.role) == (Role.MEMBER, Role.ADMIN)


def test_admins_end_the_roles_of_others_but_not_of_admins(context):
    wening, sari = make_member("wening", Role.ADMIN), make_member("sari", Role.ADMIN)
    lead, rani = make_member("laras", Role.LEAD), make_member("rani", Role.MODERATOR)
    assert why(end_role, lead, rani) == "admin"
    assert why(end_role, wening, sari) == "admin"
    assert why(end_role, wening, make_member("baru")) == "none"
    end_role(wening, rani)
    assert rani.role is Role.MEMBER
    told = select(Notice.member_id).where(Notice.kind == NoticeKind.ROLE_ENDED)
    assert db.session.scalars(told).all() == [rani.id]


def test_on_the_page_it_takes_a_second_step_and_ends_all_sessions(app):
    with app.app_context():
        make_member("rani", Role.MODERATOR)
        make_member("wening", Role.ADMIN)
        db.session.commit()
    client = sign_in(app, "rani", second_step=True)
    assert "I would like to step back" in Page(client.get("/relawan")).text
    answer = send(client, "/relawan", "/relawan/mundur")
    assert answer.status_code == 422, "a slip of the finger ends nothing"
    answer = send(client, "/relawan", "/relawan/mundur", sure="y")
    assert answer.status_code == 302
    assert "You are a member now" in Page(client.get(answer.location)).text
    with app.app_context():
        rani = db.session.scalars(select(Member).where(Member.pseudonym == "rani")).one()
        assert rani.role is Role.MEMBER
        assert number_of(SignIn, SignIn.member_id == rani.id) == 0
        assert number_of(CodeApp, CodeApp.member_id == rani.id) == 0


def test_on_the_page_of_people_admins_alone_find_it(app):
    with app.app_context():
        for name, role in (("rani", Role.MODERATOR), ("laras", Role.LEAD), ("wening", Role.ADMIN)):
            make_member(name, role)
        db.session.commit()
    lead, admin = (sign_in(app, name, second_step=True) for name in ("laras", "wening"))
    assert "End this role" not in Page(lead.get("/meja/relawan")).text
    page = Page(admin.get("/meja/relawan"))
    forms = [form for form in page.forms if form.action == "/meja/relawan/peran/akhiri"]
    assert len(forms) == 2, "not for admins"
    for form in forms:
        assert lead.post(form.action, data=form.values).status_code in (400, 403)
        assert admin.post(form.action, data=form.values).status_code == 302
    with app.app_context():
        roles = dict(db.session.execute(select(Member.pseudonym, Member.role)).all())
        assert (roles["rani"], roles["laras"]) == (Role.MEMBER, Role.MEMBER)
    told = sign_in(app, "rani")
    links = Page(told.get("/pemberitahuan")).links
    notice = next(link for link in links if link.startswith("/pemberitahuan/"))
    assert "Your role in the team has ended." in Page(told.get(notice)).text
