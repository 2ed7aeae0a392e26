"""Writes notes into the database. Where that is, and the certificate for it, libpq finds in the environment."""

import celery
import psycopg

app = celery.Celery("notes", backend="rpc://")
app.config_from_object("celery_tls")

WHO = "SELECT version, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


@app.task(name="keep")
def keep(text):
    with psycopg.connect() as connection:
        number, writer = connection.execute(
            "INSERT INTO note (text) VALUES (%s) RETURNING id, writer", (text,)
        ).fetchone()
        version, subject = connection.execute(WHO).fetchone()
    return {"id": number, "writer": writer, "subject": subject, "tls": version}
