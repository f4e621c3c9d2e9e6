"""What `teduh up` prints when all is ready: what runs where, who may sign in, how to stop."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from forum.accounts.demo import demo_logins
from forum.commands.processes import Family
from forum.settings import Settings

ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 (compared, never bound)


def report(settings: Settings, family: Family, seconds: float) -> None:
    """Print the report. Takes how long the start took."""
    console = Console(highlight=False, soft_wrap=True)
    address = site_address(settings)
    places = {
        "broker": settings.redis_url,
        "web": address,
        "worker": f"scans posts, {settings.scan_workers} at a time",
        "beat": "looks every few seconds for what was missed",
        "watch": f"raises alerts, to {_count(settings)}",
    }
    running = Table("runs", "pid", "where", title=f"Teduh is ready after {seconds:.1f} s")
    for child in family.children:
        running.add_row(child.name, str(child.pid), places[child.name])
    running.add_row("database", "", settings.sqlalchemy_url.split("@")[-1])
    running.add_row("logs", "", str(log_path(settings, "*")))
    console.print(running)
    if settings.demo:
        people = Table("name", "passphrase", "role", title="Demo logins")
        for login in demo_logins():
            people.add_row(*login)
        console.print(people)
    console.print(f"Open {address} in a browser. Ctrl-C stops everything.")


def _count(settings: Settings) -> str:
    number = len(settings.alert_targets)
    return f"{number} target{'' if number == 1 else 's'}" if number else "nobody: no target is set"


def log_path(settings: Settings, name: str) -> Path:
    """Return where the child of that name writes its log."""
    return settings.data_dir.absolute() / "logs" / f"{name}.log"


def site_address(settings: Settings) -> str:
    """Return the address at which this machine finds the site."""
    host = "localhost" if settings.host in ANYWHERE else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/"
