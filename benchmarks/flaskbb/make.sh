#!/usr/bin/env bash
# Makes an environment with FlaskBB 2.2.0: benchmarks/flaskbb/make.sh FOLDER [PYTHON]
# It wants Python 3.12 or newer, and one more line in a dozen of its files: on 3.12 and 3.13 it does
# not import, because names that only type checkers see stand in its annotations.
set -euo pipefail
folder=${1:?name a folder for the environment}
python=${2:-}
if [ -z "$python" ]; then
    for python in python3.14 python3.13 python3.12 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2> /dev/null; then break; fi
    done
fi
"$python" -m venv "$folder"
"$folder/bin/python" -m pip --disable-pip-version-check -qq install \
    flaskbb==2.2.0 gunicorn psycopg2-binary setuptools
package=$("$folder/bin/python" -c \
    'import importlib.util; print(importlib.util.find_spec("flaskbb").submodule_search_locations[0])')
grep -rlZ --include='*.py' TYPE_CHECKING "$package" | while IFS= read -r -d '' file; do
    "$folder/bin/python" - "$file" <<'PATCH'
import ast
import sys
from pathlib import Path

file = Path(sys.argv[1])
text = file.read_text("utf-8")
line = "from __future__ import annotations"
if line not in text:
    first = ast.parse(text).body[0]
    has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    lines = text.splitlines(keepends=True)
    lines.insert(first.end_lineno if has_docstring else 0, f"{line}\n")
    file.write_text("".join(lines), "utf-8")
PATCH
done
"$folder/bin/python" -c 'import flaskbb; print("FlaskBB", flaskbb.__version__, "imports")'
