"""What an open page of the desk asks: is there anything new? By a stream, or again and again."""

from flask import Blueprint, Flask, Response, current_app, request
from flask_login import current_user

from forum.accounts.access import cookie_name, only_for
from forum.accounts.models import STAFF
from forum.accounts.operations import find_sign_in
from moderation.cases.news import parse_mark, read_recent
from moderation.cases.queue import read_or_none
from moderation.cases.streams import Stream, Streams, tell

live = Blueprint("live", __name__)
live.before_request(only_for(STAFF))


def add_streams(app: Flask) -> None:
    """Let pages of this app hear of news. A stream may take half of the threads at most."""
    most = min(app.config["DESK_STREAMS"], app.config["WEB_THREADS"] // 2)
    app.extensions["desk_streams"] = Streams(app, most)


@live.get("/meja/kabar-baru")
def stream() -> Response:
    """Tell of news as it comes; 204, which ends an EventSource, if there are streams enough."""
    row = find_sign_in(request.cookies.get(cookie_name(), ""))
    asked = parse_mark(request.args.get("since", ""))
    if row is None:
        return Response(status=204)
    streams: Streams = current_app.extensions["desk_streams"]
    wanted = Stream(row.token_hash, row.member_id, asked)
    spoken = streams.open(wanted)
    if spoken is None:
        return Response(status=204)
    answer = Response(spoken, mimetype="text/event-stream")
    answer.call_on_close(lambda: streams.close(wanted))
    # A proxy that collects the answer would hold it back.
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


@live.get("/meja/kabar-baru/sekarang")
def look() -> Response:
    """Tell of news once, for a page without a stream."""
    asked = Stream("", current_user.id, parse_mark(request.args.get("since", "")))
    return Response(tell(read_or_none(read_recent), asked), mimetype="application/json")
