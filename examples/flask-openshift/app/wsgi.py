"""The Flask services of the shop; SERVICE says which one it is. It does not deal with TLS."""

import os

from flask import Flask, request

app = Flask(__name__)


@app.get("/")
def answer():
    return {"service": os.environ["SERVICE"], "scheme": request.scheme}


@app.get("/articles")
def articles():
    import psycopg

    # Where the database is, whom to trust and who we are: the emitted PG* variables say it all.
    with psycopg.connect() as connection:
        who = "SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        names = [name for (name,) in connection.execute("SELECT name FROM article ORDER BY name")]
        return {"articles": names, "read_by": connection.execute(who).fetchone()[0]}
