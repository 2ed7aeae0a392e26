"""Logs in to the broker with the `celery_tls` of a directory."""

import sys

import celery

sys.path.insert(0, sys.argv[1])
app = celery.Celery()
app.config_from_object("celery_tls")
app.connection().ensure_connection(max_retries=1, timeout=10)
print("logged in")
