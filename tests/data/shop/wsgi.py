"""What runs behind the servers of the tests: it says who answered, and under which scheme it was asked."""

import os

from flask import Flask, request

app = Flask(__name__)


@app.get("/")
@app.get("/<path:path>")
def answer(path=""):
    return {"service": os.environ["SERVICE"], "scheme": request.scheme}
