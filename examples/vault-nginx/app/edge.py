"""The edge: one page, made of what the services behind it answer. USERS and POSTS say where they are."""

import http.client
import json
import os
import socket
import ssl
import sys
from urllib.parse import urlsplit

from flask import Flask

app = Flask(__name__)

# What compose mounts; on another machine TLS says where it is.
TLS = os.environ.get("TLS", "/etc/tls")


class Service(http.client.HTTPSConnection):
    """A service by its name; where ADDRESS is set, all names lead there. What is checked is the name."""

    def connect(self):
        address = os.environ.get("ADDRESS", self.host)
        plain = socket.create_connection((address, self.port), timeout=10)
        self.sock = context().wrap_socket(plain, server_hostname=self.host)


def context():
    """Our certificate, and one authority to trust. Read each time, so that a new certificate needs no restart."""
    chosen = ssl.create_default_context(cafile=f"{TLS}/ca.crt")
    chosen.load_cert_chain(f"{TLS}/tls.crt", f"{TLS}/tls.key")
    return chosen


def ask(url):
    """What a service answers."""
    parts = urlsplit(url)
    connection = Service(parts.hostname, parts.port)
    connection.request("GET", "/")
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200:
        raise RuntimeError(f"{url} answers {answer.status}: {text}")
    return json.loads(text)


@app.get("/")
def page():
    return {"users": ask(os.environ["USERS"]), "posts": ask(os.environ["POSTS"])}


if __name__ == "__main__":
    try:
        print(json.dumps(ask(sys.argv[1])))
    except (OSError, RuntimeError) as error:
        sys.exit(str(error))
