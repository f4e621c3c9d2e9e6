"""Measures every answer by its route template."""

import time

from flask import Flask, Response, g, request

from forum.database import expect_reads
from forum.web.health import request_seconds, responses
from forum.web.origin import SAFE_METHODS


def time_requests(app: Flask) -> None:
    """Let the app measure its answers, and begin each request's transactions rightly."""

    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        view = app.view_functions.get(request.endpoint or "")
        g.only_reads = request.method in SAFE_METHODS and not getattr(view, "writes", False)
        expect_reads(only=g.only_reads)

    @app.after_request
    def measure(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        took = time.perf_counter() - g.started if "started" in g else None
        count_answer(route, request.method, response.status_code, took)
        return response


def count_answer(route: str, method: str, status: int, seconds: float | None) -> None:
    """Count an answer by its route template; `seconds` is how long it took, where that is known."""
    if seconds is not None:
        request_seconds.labels(route, method).observe(seconds)
    responses.labels(route, status).inc()
