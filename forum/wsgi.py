"""The app of this process: what gunicorn imports, and the worker."""

from forum.app import create_app
from forum.settings import SettingsError, load_settings
from forum.web.logs import configure_logs

try:
    _settings = load_settings()
except SettingsError as error:
    raise SystemExit(str(error)) from None
configure_logs(_settings)
app = create_app(_settings)
