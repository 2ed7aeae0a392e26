"""Takes a note, has the worker keep it, and answers with what became of it."""

import celery
import flask

# Answers come back through the broker, by the same connection.
queue = celery.Celery("notes", backend="rpc://")
queue.config_from_object("celery_tls")
app = flask.Flask(__name__)


@app.post("/notes")
def keep():
    text = flask.request.get_data(as_text=True)
    return queue.send_task("keep", (text,), retry=False).get(timeout=10), 201
