"""The first promise under fire: a short run of `make chaos`, on both databases."""

import pytest

from tests.conftest import DATABASES
from tests.faults.chaos.faults import FAULTS
from tests.faults.chaos.plan import make_plan
from tests.faults.chaos.run import Order, carry_out

SEED = 20261123
HANGS_SECONDS = 8
# What is over in seconds; the rest is for the long run.
SHORT = (
    "web worker killed",
    "worker child killed",
    "worker group killed",
    "beat killed",
    "broker killed",
    "broker frozen",
    "broker emptied",
    "broker full",
    "database restarted",
    "connections cut",
    "tables locked",
    "clock jumps",
    "damaged rules",
)


@pytest.mark.parametrize("kind", DATABASES)
def test_nothing_is_lost_or_doubled_under_fire(kind):
    faults = [name for name in SHORT if kind in FAULTS[name].databases]
    order = Order(kind, posts=200, faults=len(faults), rate=12, seed=SEED, only=tuple(faults))
    result = carry_out(order, say=print, tick=lambda _: None)
    told = f"{result.broken}\n{result.ledger}"
    assert result.broken == [], told
    assert {done.fault for done in result.happenings} == set(faults), told
    assert result.ledger["acknowledged"] == result.ledger["present"] > order.posts, told
    assert result.ledger["flags"] > 0
    # It took 0.5 s on a machine with nothing else to do; what it must never do is hang.
    assert result.ledger["frozen_p99"] < HANGS_SECONDS, told


def test_a_plan_is_its_seeds_and_leaves_no_kind_out():
    names = list(FAULTS)
    plan = make_plan(names, 2 * len(names), 600, SEED)
    assert plan == make_plan(names, 2 * len(names), 600, SEED) != make_plan(names, 58, 600, 1)
    assert {step.fault for step in plan[: len(names) + 1]} == set(names)
    assert [step.at for step in plan] == sorted(step.at for step in plan)
