"""JSON logs that hold ids and never what a person wrote, chose or came from.

Every line passes `keep_ids_only` or `quiet_foreign`, whoever wrote it: ours, Flask's, gunicorn's or
Celery's. An exception leaves its type and the places in our code, never its message or its
variables: database errors quote the row, and the row may be a post.
"""

import logging
import re
import secrets
import sys
from logging import LogRecord
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from forum.settings import Settings

_FORBIDDEN = """
    address answer body code codes content cookie cookies data display_name email form headers
    invite ip key member_name message name note passphrase password payload phone phrase pseudonym
    query recovery_code referrer remote_addr secret session subject summary text title token url
    user_agent username warning words
"""
FORBIDDEN_KEYS = frozenset(_FORBIDDEN.split())
MAX_VALUE_LENGTH = 200
MAX_FRAMES = 6
OUR_FOLDERS = ("forum", "moderation", "workers")
OUR_LOGGERS = ("teduh", *OUR_FOLDERS)

_PLAIN_NAME = re.compile(r"[\w.:@-]{1,64}")
_ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"
    r"|(?<![\w:])(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}(?![\w:])"
    r"|(?<![\w:])[0-9a-fA-F:]*::[0-9a-fA-F:.]*(?!\w)"
)
_ROOT = Path(__file__).parents[2]

log = structlog.get_logger("teduh")


def configure_logs(settings: Settings) -> None:
    """Send all logs of this process to stderr, one JSON object a line.

    Safe to call again. Commands keep stdout for their own answer.
    """
    ours: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_error,
        keep_ids_only,
    ]
    structlog.configure(
        processors=[*ours, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            pass_foreign_args=True,
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                quiet_foreign,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(sort_keys=False, ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OUR_LOGGERS:
        logging.getLogger(name).setLevel(settings.log_level.upper())
    logging.captureWarnings(capture=True)
    # Python's own report of a failed log line would print the values that we left out.
    logging.raiseExceptions = False


def log_incident(error: BaseException, route: str | None) -> str:
    """Log an error that nobody expected, and return its id for the error page.

    Takes the error and the route's template, such as `/utas/<thread_id>`, never the address that
    was asked for. The id is 8 random hex digits: the person may tell it to an operator.
    """
    incident = secrets.token_hex(4)
    log.error("unexpected error", incident=incident, route=route, exc_info=error)
    return incident


def describe_error(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the error's type and the places in our code that it passed."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = _type_name(error)
        event["at"] = _find_places(error.__traceback__)
        if error.__cause__ is not None:
            event["cause"] = _type_name(error.__cause__)
    event.pop("stack_info", None)
    return event


def keep_ids_only(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Drop every field that may hold a person's words, name or origin, and every long string."""
    kept: EventDict = {}
    dropped = []
    for key, value in event.items():
        too_long = isinstance(value, str) and len(value) > MAX_VALUE_LENGTH
        if key.lower() in FORBIDDEN_KEYS or too_long or not _is_plain(value):
            dropped.append(key)
        else:
            kept[key] = value
    if dropped:
        kept["dropped"] = sorted(dropped)
    return kept


def quiet_foreign(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Reduce a line of a library to its wording: no addresses, no values, no error messages."""
    if event["_from_structlog"]:
        return event
    record = event["_record"]
    event["event"] = _word(record, event.pop("positional_args", ()))
    return describe_error(logger, method, event)


def _word(record: LogRecord, args: Any) -> str:
    template = str(record.msg)
    if record.name == "gunicorn.error" and template.startswith("Invalid request from"):
        return "a request that is not proper HTTP"
    try:
        if isinstance(args, dict):
            template = template % {key: _safe(value) for key, value in args.items()}
        elif args:
            template = template % tuple(_safe(value) for value in args)
    except (TypeError, ValueError, KeyError):
        # A wording that asks for a type that we replaced: the bare wording must do.
        pass
    return _ADDRESS.sub("-", template)[:MAX_VALUE_LENGTH]


def _safe(value: object) -> object:
    if isinstance(value, BaseException):
        return _type_name(value)
    if isinstance(value, bool | int | float):
        return value
    return value if isinstance(value, str) and _PLAIN_NAME.fullmatch(value) else "-"


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(isinstance(item, str | int) for item in value)
    return value is None or isinstance(value, str | bool | int | float)


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _find_places(traceback: TracebackType | None) -> list[str]:
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        path = Path(code.co_filename)
        if path.is_relative_to(_ROOT) and path.relative_to(_ROOT).parts[0] in OUR_FOLDERS:
            places.append(f"{path.relative_to(_ROOT)}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return places[-MAX_FRAMES:]
