"""How gunicorn serves the site: `gunicorn -c python:forum.web.server forum.wsgi:app`.

Gunicorn reads the lower-case names below as its settings. Each one that is not a plain copy of
ours says why it is there.
"""

import os
import shutil
import socket
from typing import Any

from gunicorn import util
from gunicorn.glogging import Logger

from forum.memory import settle
from forum.settings import load_settings
from forum.web.headers import HEADERS


class GunicornLogger(Logger):
    """Gunicorn's own lines through our logs. It writes no access log, whatever is configured."""

    def setup(self, cfg: Any) -> None:
        """Let gunicorn's lines reach the root logger, and nothing else."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.access_log.handlers.clear()
        self.access_log.disabled = True

    def access(self, *args: Any, **kwargs: Any) -> None:
        """Write nothing: who asked for what is never stored."""


def refuse(client: socket.socket, status: int, reason: str, message: str) -> None:
    """Answer what never reached the app with our headers. The message repeats it, so it is left."""
    body = f"{status} {reason}\n".encode("ascii", "replace")
    headers = {
        "Connection": "close",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": len(body),
        "Cache-Control": "no-store",
        **HEADERS,
    }
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {headers[name]}" for name in headers)]
    util.write_nonblock(client, "\r\n".join([*lines, "", ""]).encode("ascii") + body)


# The only place where gunicorn answers by itself; it has no setting.
util.write_error = refuse

_settings = load_settings()
_metrics = _settings.runtime_dir / "metrics"

# The metrics library reads this once, when it is imported: nothing above may import it.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    # Counts of an earlier run would be added to those of this one.
    shutil.rmtree(_metrics, ignore_errors=True)
    _metrics.mkdir(mode=0o700)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)
os.environ["TEDUH_METRICS_SHARED"] = "1"

bind = f"{_settings.host}:{_settings.port}"
worker_class = "gthread"
workers = _settings.web_workers
threads = _settings.web_threads
# What a browser sends fits many times; a header flood is refused before it is read.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
# Import once, then fork: half the memory, and the site answers a second sooner.
preload_app = True
# An open event stream would hold the default 30 seconds.
graceful_timeout = 5
timeout = 30
# The heartbeat file must never wait for a slow disk.
worker_tmp_dir = str(_settings.runtime_dir)
# The control socket wants a home folder, which a read-only container has not.
control_socket_disable = True
# Who asked for what is never written down.
accesslog = None
logger_class = GunicornLogger
loglevel = "warning"
# The app alone decides whom to believe about where a visitor comes from, by TEDUH_PROXIES.
forwarded_allow_ips = ""


def when_ready(server: Any) -> None:
    """Keep what is loaded by now in memory that the workers share."""
    settle()
