"""What beat starts, and how often. Deadlines are rows; beat only looks at them."""

SWEEP_SECONDS = 5
TIDY_SECONDS = 3600

SCHEDULE = {
    "sweep": {
        "task": "workers.sweep",
        "schedule": SWEEP_SECONDS,
        # A sweep that nobody took in time is replaced by the next one, not queued behind it.
        "options": {"expires": SWEEP_SECONDS},
    },
    "look": {
        "task": "workers.look",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "tidy": {
        "task": "workers.tidy",
        "schedule": TIDY_SECONDS,
        "options": {"expires": TIDY_SECONDS},
    },
}
