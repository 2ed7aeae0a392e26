#!/usr/bin/env python3
"""Wires in an attacker's hands: they carry connections, write down every byte, and lead wherever the attacker wants.

wire.py DIRECTORY NAME=PORT...

DIRECTORY/NAME.to says where the wire leads, and is read for each connection: a port of this machine, and optionally the
address to call from and a line to say first. DIRECTORY/NAME.seen is what went over it, in both directions.
"""

import socket
import sys
import threading
from pathlib import Path


def main():
    directory = Path(sys.argv[1])
    for wire in sys.argv[2:]:
        name, port = wire.split("=")
        listener = socket.create_server(("127.0.0.1", int(port)))
        threading.Thread(target=serve, args=(listener, directory / name)).start()


def serve(listener, wire):
    while True:
        caller, _ = listener.accept()
        threading.Thread(target=carry, args=(caller, wire), daemon=True).start()


def carry(caller, wire):
    port, *more = wire.with_suffix(".to").read_text().strip().split(maxsplit=2)
    source = (more[0], 0) if more else None
    callee = socket.create_connection(("127.0.0.1", int(port)), source_address=source)
    if len(more) > 1:
        callee.sendall(more[1].encode() + b"\r\n")
    back = threading.Thread(target=copy, args=(callee, caller, wire), daemon=True)
    back.start()
    copy(caller, callee, wire)
    back.join()
    caller.close()
    callee.close()


def copy(one, other, wire):
    """Until one side has no more to say; the other is told."""
    try:
        while data := one.recv(65536):
            with wire.with_suffix(".seen").open("ab") as seen:
                seen.write(data)
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


main()
