"""Durable jobs: nothing is lost, nothing is done twice, nobody waits for the broker."""

import socket
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from redis.exceptions import RedisError
from sqlalchemy import select

from forum import outbox
from forum.clock import now
from forum.extensions import db
from forum.outbox import LEASE, MAX_ATTEMPTS, Handler, Job, JobState, Waker, open_broker

done: list[int] = []
buried: list[int] = []


@pytest.fixture
def work(context, monkeypatch):
    """A kind of job whose deeds the test can count; it fails while `work.fail` is set."""
    done.clear()
    buried.clear()

    class Work:
        fail = False

        def run(self, subject_id: int) -> None:
            if self.fail:
                raise RuntimeError("secret words")
            done.append(subject_id)

        def bury(self, subject_id: int, job_id: int) -> None:
            buried.append(subject_id)

    work = Work()
    monkeypatch.setitem(outbox._handlers, "test", Handler(work.run, work.bury))
    return work


def enqueue(subject_id: int = 7) -> int:
    job = outbox.enqueue("test", subject_id)
    db.session.commit()
    return job.id


def state_of(job_id: int) -> Job:
    db.session.expire_all()
    return db.session.get_one(Job, job_id)


def test_a_job_is_done_once(work):
    job_id = enqueue()
    assert outbox.run_job(job_id)
    assert not outbox.run_job(job_id)
    assert done == [7]
    assert state_of(job_id).state is JobState.DONE


def test_a_rolled_back_post_leaves_no_job(work):
    outbox.enqueue("test", 1)
    db.session.rollback()
    assert db.session.scalars(select(Job)).all() == []


def test_a_leased_job_is_left_alone_until_its_lease_ends(work):
    job_id = enqueue()
    outbox._lease(job_id)
    assert not outbox.run_job(job_id)
    with time_machine.travel(now() + LEASE + timedelta(seconds=1)):
        assert outbox.run_job(job_id)
    assert done == [7]


def test_a_slow_worker_whose_lease_ran_out_does_not_do_the_job_again(work, monkeypatch):
    job_id = enqueue()

    def slow(subject_id: int) -> None:
        # Meanwhile someone else takes the job over and finishes it.
        with time_machine.travel(now() + LEASE + timedelta(seconds=1)):
            monkeypatch.setitem(outbox._handlers, "test", Handler(work.run, work.bury))
            assert outbox.run_job(job_id)
        done.append(subject_id)

    monkeypatch.setitem(outbox._handlers, "test", Handler(slow, work.bury))
    assert not outbox.run_job(job_id)
    assert state_of(job_id).state is JobState.DONE


def test_a_failing_job_waits_longer_each_time_and_then_is_a_humans(work):
    job_id = enqueue()
    work.fail = True
    waits = []
    for _ in range(MAX_ATTEMPTS):
        outbox.run_job(job_id)
        waits.append(state_of(job_id).run_at - now())
    assert waits[0] < waits[1] < waits[2] < waits[3]
    assert state_of(job_id).state is JobState.DEAD
    assert state_of(job_id).last_error == "RuntimeError"
    assert buried == [7]


def test_a_job_that_kills_its_worker_runs_five_times_at_most(work):
    job_id = enqueue()
    moment = now()
    for round_ in range(MAX_ATTEMPTS + 1):
        with time_machine.travel(moment + (LEASE + timedelta(seconds=1)) * round_):
            if round_ < MAX_ATTEMPTS:
                outbox._lease(job_id)  # and then the process dies
            else:
                outbox.run_job(job_id)
    assert state_of(job_id).state is JobState.DEAD
    assert (done, buried) == ([], [7])


def test_the_sweep_does_what_hints_have_missed(work):
    ids = [enqueue(number) for number in range(5)]
    assert outbox.due_jobs() == [], "a fresh job is the hint's for a second"
    with time_machine.travel(now() + timedelta(seconds=2)):
        assert outbox.due_jobs() == ids
        db.session.rollback()
        assert outbox.sweep(until=now() + timedelta(seconds=10)) == 5
    assert done == [0, 1, 2, 3, 4]


def test_a_clock_that_ran_ahead_holds_nothing_up(work):
    later = outbox.enqueue("test", 3, after=timedelta(days=1)).id
    db.session.commit()
    failed = enqueue(2)
    with time_machine.travel(now() + timedelta(hours=1)):
        fresh, leased = enqueue(0), enqueue(1)
        outbox._lease(leased)
        work.fail = True
        outbox.run_job(failed)
        work.fail = False
    assert sorted(outbox.due_jobs()) == sorted([fresh, leased, failed])
    db.session.rollback()
    assert outbox.sweep(until=now() + timedelta(seconds=10)) == 3
    assert sorted(done) == [0, 1, 2]
    assert state_of(later).state is JobState.PENDING, "what is for later keeps its time"


def test_many_workers_do_each_job_once(work, app):
    ids = [enqueue(number) for number in range(20)]

    def worker() -> None:
        with app.app_context():
            for job_id in ids:
                outbox.run_job(job_id)

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(20))


def test_hints_leave_after_the_commit_and_only_then(work, app, monkeypatch):
    hints = []

    class Recorder:
        def wake(self, job_id: int) -> None:
            hints.append(job_id)

    monkeypatch.setitem(app.extensions, "waker", Recorder())
    job = outbox.enqueue("test", 1)
    assert hints == []
    db.session.commit()
    assert hints == [job.id]
    outbox.enqueue("test", 2)
    db.session.rollback()
    db.session.commit()
    assert hints == [job.id]


@pytest.mark.parametrize("kind", ["refused", "frozen"])
def test_a_broken_broker_keeps_nobody_waiting(kind):
    """A frozen broker takes the connection and then says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if kind == "frozen":
            listener.listen()
        waker = Waker(f"redis://127.0.0.1:{listener.getsockname()[1]}/0")
        began = time.monotonic()
        for job_id in range(1000):
            waker.wake(job_id)
        # A wait of the socket's own, for each, would be minutes.
        assert time.monotonic() - began < 30


def test_a_frozen_broker_is_tried_once():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        broker = open_broker(f"redis://127.0.0.1:{listener.getsockname()[1]}/0")
        with pytest.raises(RedisError):
            broker.ping()
        broker.close()
        listener.accept()[0].close()
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
