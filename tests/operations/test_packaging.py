"""The wheel: builds, installs elsewhere, and has templates, migrations and catalogues inside."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Return a folder with the wheel installed and nothing else."""
    dist = tmp_path_factory.mktemp("dist")
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(dist), cwd=ROOT)
    (wheel,) = dist.glob("teduh-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"forum", "moderation", "workers"}
    assert not [name for name in names if name.endswith((".env", ".db", ".po~", ".pyc"))]
    folder = tmp_path_factory.mktemp("site")
    run(
        "-m", "pip", "-q", "install", "--no-deps", "--no-index", "--target", str(folder), str(wheel)
    )
    return folder


def run(*arguments: str, cwd: Path | None = None, **variables: str) -> str:
    """Run this Python and return what it prints."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("TEDUH_", "REDIS_URL", "DATABASE_URL"))
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        env={**kept, **variables},
        cwd=cwd,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_everything_is_inside(site):
    assert (site / "forum/templates/base.html").is_file()
    assert (site / "forum/migrations/env.py").is_file()
    assert list((site / "forum/migrations/versions").glob("*.py"))
    assert (site / "forum/translations/id/LC_MESSAGES/messages.mo").is_file()
    assert (site / "forum/static/style.css").is_file()
    assert list((site / "moderation/risk/lexicon").glob("*.yaml"))
    assert (
        "teduh = forum.commands.main:main"
        in next(site.glob("teduh-*/entry_points.txt")).read_text()
    )


def test_works_elsewhere(site, tmp_path):
    variables = {"PYTHONPATH": str(site), "TEDUH_DEMO": "1", "TEDUH_DATA_DIR": str(tmp_path)}
    assert "newest schema" in run("-m", "forum.commands.main", "migrate", cwd=tmp_path, **variables)
    script = """
import forum
from forum.app import create_app
from forum.settings import load_settings
client = create_app(load_settings()).test_client()
page = client.get("/bantuan")
print(forum.__file__, page.status_code, "119" in page.text)
"""
    printed = run("-c", script, cwd=tmp_path, **variables).split()
    assert printed == [str(site / "forum/__init__.py"), "200", "True"]
