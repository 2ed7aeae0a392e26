"""A service behind its proxy: what its database holds. PG* variables say where that is, whom to trust and who we are."""

import psycopg
from flask import Flask

app = Flask(__name__)


@app.get("/")
def entries():
    with psycopg.connect() as connection:
        found = [text for (text,) in connection.execute("SELECT text FROM entry ORDER BY text")]
        who = "SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        return {"entries": found, "read_by": connection.execute(who).fetchone()[0]}
