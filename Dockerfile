# Teduh for docker compose: one image for web, worker, beat and migrate. Nothing in it is writable
# but what compose mounts, and nothing runs as root.

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
