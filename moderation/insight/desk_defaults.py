"""What `teduh simulate --desk` assumes unless told otherwise, and where each number is from.

"Promise" marks what Teduh asks of a desk; "assumption" marks a guess that no data of a running
site stands behind. A site that has figures of its own should put those in.
"""

from typing import Final

from moderation.cases.order import AMBER_TURN
from moderation.insight.desk_model import Plan
from moderation.risk.levels import Level

# Assumption: cases an hour from 00 to 23 WIB. The shape follows Dutta and others, BMC Psychiatry
# 2021, doi 10.1186/s12888-021-03268-1: posts to a suicide support forum peak at 02-05 and are
# fewest at 11-14. The amount, 66 a day, is made up to keep the default desk busy, not drowned.
ARRIVALS: Final = (
    *(5.0, 5.5, 6.0, 5.5, 4.5, 3.0),  # 00 to 05
    *(2.0, 1.5, 1.3, 1.2, 1.2, 1.0),  # 06 to 11
    *(1.0, 1.0, 1.3, 1.5, 1.7, 2.0),  # 12 to 17
    *(2.3, 2.7, 3.1, 3.5, 4.0, 4.5),  # 18 to 23
)
# Assumption. Green cases are the random sample, new accounts' first posts and false alarms.
SHARES: Final = {Level.CRISIS: 6.0, Level.RED: 18.0, Level.AMBER: 42.0, Level.GREEN: 34.0}
# Assumption: median minutes from taking a case to being free again.
HANDLING: Final = {Level.CRISIS: 35.0, Level.RED: 15.0, Level.AMBER: 7.0, Level.GREEN: 2.0}
# Assumption: with 0.6, one case in twenty takes more than 2.7 times the median.
SPREAD: Final = 0.6
# Promise: 15 minutes, 1 hour and 12 hours of staffed time. The queue gives green amber's time.
TARGETS: Final = {Level.CRISIS: 15.0, Level.RED: 60.0, Level.AMBER: 720.0, Level.GREEN: 720.0}
# Promise: an amber case rings after 8 hours, and from then on takes its turn among red.
ALARM: Final = 480.0
# Promise: shifts of at most two hours, at most five crisis or red in one, and five to ten
# minutes of nothing after a crisis; never alone at night.
SHIFT: Final = 120
BUDGET: Final = 5
PAUSE: Final = 10.0
PEOPLE: Final = 2
# Assumption: from the evening until the peak is over, in WIB.
STAFFED: Final = (20 * 60, 4 * 60)
DAYS: Final = 90
SEED: Final = 1

DEFAULT_PLAN: Final = Plan(
    arrivals=ARRIVALS,
    shares=SHARES,
    handling=HANDLING,
    spread=SPREAD,
    staffed=STAFFED,
    shift=SHIFT,
    people=PEOPLE,
    moderators=PEOPLE,
    budget=BUDGET,
    pause=PAUSE,
    targets=TARGETS,
    alarm=ALARM,
    turn=AMBER_TURN,
    days=DAYS,
    seed=SEED,
)
