"""What Teduh's pages are held against: Flask that does nothing, and a page of Jinja alone.

gunicorn loads it as `benchmarks.parts.bare:app`, with the same settings as Teduh.
"""

import os

from flask import Flask, render_template_string

PAGE = """<!doctype html>
<html lang="id"><head><meta charset="utf-8"><title>{{ title }}</title></head>
<body><main><h1>{{ title }}</h1>
{% for post in posts %}
<article id="p-{{ post.id }}">
<header><b>{{ post.author }}</b> <time>{{ post.time }}</time></header>
{{ post.html|safe }}
<footer><a href="/reply/{{ post.id }}">reply</a> <a href="/report/{{ post.id }}">report</a></footer>
</article>
{% endfor %}
</main></body></html>
"""
POSTS = 20
# So much of each post is not its text.
AROUND = 190

app = Flask(__name__)
_bytes = int(os.environ.get("BARE_BYTES", "40000"))
_text = "kata " * (max(0, _bytes // POSTS - AROUND) // 5)
_posts = [
    {"id": f"post-{number}", "author": "hangat-kenari-64", "time": "kemarin", "html": _text}
    for number in range(POSTS)
]


@app.get("/healthz")
@app.get("/")
def index() -> str:
    """Answer a word."""
    return "ok"


@app.get("/jinja")
def jinja() -> str:
    """Answer a page of twenty posts, as large as Teduh's thread page."""
    return render_template_string(PAGE, title="Cerita", posts=_posts)
