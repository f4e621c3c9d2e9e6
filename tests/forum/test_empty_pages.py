"""A site with people and nothing else: every page says so in words, and none shows a bare frame."""

import re

import pytest
from flask import Flask

from forum.accounts.models import Role
from forum.extensions import db
from tests.factories import make_member, sign_in

# A list, table or group of facts with nothing in it.
BARE = re.compile(r"<(ul|ol|dl|tbody|table|select|optgroup)\b[^>]*>\s*</\1>")


@pytest.mark.parametrize("role", ["visitor", "member", "volunteer", "lead", "admin"])
def test_no_page_is_bare_where_nothing_is_yet(app: Flask, role: str):
    """Every page without a thing in its address, for everyone whom it lets in."""
    with app.app_context():
        make_member("orang-kita", Role(role) if role != "visitor" else Role.MEMBER)
        db.session.commit()
    browser = (
        app.test_client()
        if role == "visitor"
        else sign_in(app, "orang-kita", second_step=role != "member")
    )
    seen = 0
    for rule in app.url_map.iter_rules():
        if rule.arguments or "GET" not in rule.methods or rule.endpoint == "live.stream":
            continue
        response = browser.get(rule.rule, buffered=True)
        assert response.status_code < 500 or rule.endpoint == "health.readyz", rule.rule
        if response.status_code != 200 or response.mimetype != "text/html":
            continue
        seen += 1
        page = response.get_data(as_text=True)
        assert not BARE.search(page), (rule.rule, BARE.search(page))
        assert re.search(r"<main.*?(<p|<form|<section)\b", page, re.DOTALL), rule.rule
    assert seen > 12
