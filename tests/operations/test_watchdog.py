"""What a worker looks after besides its tasks."""

import pytest
import time_machine
from redis.exceptions import ConnectionError as Unreachable

from forum import outbox
from forum.clock import now
from forum.extensions import db
from forum.heartbeats import WORKER, Heartbeat
from forum.outbox import Handler, Job, JobState
from workers import watchdog
from workers.watchdog import OVERDUE, Ear


def test_an_ear_is_deaf_when_messages_lie_and_none_is_taken_up():
    waiting = 0

    def ask() -> int:
        if waiting < 0:
            raise Unreachable
        return waiting

    ear = Ear(ask, patience=0.0)
    assert not ear.is_deaf(), "nothing waits"
    waiting = 3
    assert ear.is_deaf()
    ear = Ear(ask, patience=60.0)
    assert not ear.is_deaf(), "patience"
    waiting = -1
    assert not Ear(ask, patience=0.0).is_deaf(), "a broker that is away says nothing of us"


def test_a_worker_does_what_nobody_came_for(context, monkeypatch):
    done = []
    monkeypatch.setitem(outbox._handlers, "test", Handler(done.append, lambda *_: None))
    job_id = outbox.enqueue("test", 7).id
    db.session.commit()
    ear = Ear(lambda: 0)
    watchdog.look_after(ear)
    assert done == [], "the hint and the sweep come first"
    with time_machine.travel(now() + OVERDUE + 2 * outbox.HEAD_START):
        watchdog.look_after(ear)
    assert done == [7]
    db.session.expire_all()
    assert db.session.get_one(Job, job_id).state is JobState.DONE
    assert db.session.get_one(Heartbeat, WORKER)


def test_a_deaf_worker_ends(context, monkeypatch):
    monkeypatch.setattr(watchdog.os, "_exit", lambda code: pytest.fail(f"ended {code}"))
    with pytest.raises(pytest.fail.Exception, match="ended 1"):
        watchdog.look_after(Ear(lambda: 1, patience=0.0))
