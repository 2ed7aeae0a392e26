"""Handshakes in memory between two ssl contexts with VERIFY_X509_STRICT, both sides.

Reads a list of cases from standard input, {chain, key, roots, host, client_chain, client_key, client_roots, tls}, where
host and the client's files may be null; writes a list of {server, client}: null, or the reason of the refusal.
"""

import json
import ssl
import sys

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context(protocol, version, roots):
    made = ssl.SSLContext(protocol)
    made.minimum_version = made.maximum_version = VERSIONS[version]
    made.verify_flags |= ssl.VERIFY_X509_STRICT
    made.load_verify_locations(roots)
    return made


def reason(error):
    return getattr(error, "verify_message", None) or error.reason or str(error)


def run(case):
    server = context(ssl.PROTOCOL_TLS_SERVER, case["tls"], case["client_roots"])
    server.load_cert_chain(case["chain"], case["key"])
    server.verify_mode = ssl.CERT_REQUIRED
    client = context(ssl.PROTOCOL_TLS_CLIENT, case["tls"], case["roots"])
    client.check_hostname = case["host"] is not None
    if case["client_chain"]:
        client.load_cert_chain(case["client_chain"], case["client_key"])

    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = {
        "server": server.wrap_bio(to_server, to_client, server_side=True),
        "client": client.wrap_bio(to_client, to_server, server_hostname=case["host"]),
    }
    outcome, shaken, heard = {"server": None, "client": None}, set(), {"server": b"", "client": b""}
    # Each round moves both ends by one step; a TLS 1.3 client hears of its refusal only when it reads.
    for _ in range(20):
        for name, end in ends.items():
            if outcome[name] is not None:
                continue
            try:
                if name not in shaken:
                    end.do_handshake()
                    shaken.add(name)
                    end.write(name.encode())
                heard[name] += end.read(100)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
            except ssl.SSLError as error:
                outcome[name] = reason(error)
    other = {"server": b"client", "client": b"server"}
    for name in ends:
        if outcome[name] is None and heard[name] != other[name]:
            outcome[name] = "heard nothing"
    return outcome


json.dump([run(case) for case in json.load(sys.stdin)], sys.stdout)
