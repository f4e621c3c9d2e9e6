# Teduh for docker compose: one image for web, worker, beat, migrate and backup, and one for the TLS
# proxy. Nothing in them is writable but what compose mounts, and nothing runs as root.

FROM caddy:2-alpine AS proxy
# A copy has no file capabilities, which could not be had without new privileges: it serves ports
# above 1023. A new volume takes its owner from here.
RUN cp /usr/bin/caddy /usr/bin/caddy-plain && mv /usr/bin/caddy-plain /usr/bin/caddy \
    && chown -R 10001:10001 /data /config
USER 10001:10001

FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/teduh
COPY requirements.lock .
RUN /opt/teduh/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY forum forum
COPY moderation moderation
COPY workers workers
COPY templates templates
COPY migrations migrations
RUN /opt/teduh/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin teduh \
    && install -d -o teduh -g teduh -m 700 /data
COPY --from=build /opt/teduh /opt/teduh
ENV PATH=/opt/teduh/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TEDUH_DATA_DIR=/data \
    TEDUH_HOST=0.0.0.0
USER 10001:10001
WORKDIR /data
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "-c", "python:forum.web.server", "forum.wsgi:app"]
