"""How worker and clock wait for the broker: a frozen one must not freeze them for ever."""

WAIT_SECONDS = 5
TIMEOUTS = {"socket_timeout": WAIT_SECONDS, "socket_connect_timeout": WAIT_SECONDS}
