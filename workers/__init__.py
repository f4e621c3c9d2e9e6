"""Celery: it carries hints to the jobs in the database, and keeps the time."""
