"""The Flask extensions, unbound; `forum.app` binds them."""

from typing import TYPE_CHECKING, Any, cast

from flask import current_app
from flask_babel import Babel
from flask_limiter import Limiter
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import CursorResult, UpdateBase

from forum.database import Base
from forum.web.limits import limit_key

db = SQLAlchemy(
    model_class=Base,
    session_options={"expire_on_commit": False},
    # An error of the database quotes the row, and the row may be a post.
    engine_options={"hide_parameters": True},
)
migrate = Migrate(render_as_batch=True)
login_manager = LoginManager()
csrf = CSRFProtect()
babel = Babel()
limiter = Limiter(key_func=limit_key, headers_enabled=False)


def setting(name: str) -> Any:
    """Return a setting of the running app, for operations, which know no browser."""
    return current_app.config[name]


def count_rows(statement: UpdateBase) -> int:
    """Carry out an UPDATE or DELETE and return how many rows it met."""
    return cast(CursorResult[Any], db.session.execute(statement)).rowcount


def take_row(row: Base) -> None:
    """Read a row again, and keep it from everyone else until the transaction ends."""
    # What is not written yet would be lost by reading.
    db.session.flush()
    db.session.refresh(row, with_for_update={"of": type(row)})


if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model
