"""The OpenShift router in small: HAProxy's configuration for Routes, in the router's own form.

router.py DIRECTORY HTTP-PORT HTTPS-PORT ROUTE.yaml=POD-PORT...   (the configuration goes to DIRECTORY/haproxy.config)
"""

import sys
from pathlib import Path

import yaml

directory, http, https = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
passthrough, terminated, redirect, certificates, backends = [], [], [], [], []


def write(name, text):
    path = directory / name
    path.write_text(text)
    return path


def admit(route, port):
    name, host, tls = route["metadata"]["name"], route["spec"]["host"], route["spec"]["tls"]
    termination = tls["termination"]
    mode, options = "http", ""
    if termination == "passthrough":
        mode = "tcp"
        passthrough.append(f"{host} {name}")
    else:
        terminated.append(f"{host} {name}")
        parts = [tls[part].strip() for part in ("key", "certificate", "caCertificate") if part in tls]
        certificates.append(f"{write(name + '.pem', chr(10).join(parts))} {host}")
    if termination == "reencrypt":
        authorities = write(name + "-pod.pem", tls["destinationCACertificate"])
        options = f" ssl verify required ca-file {authorities}"
    if tls.get("insecureEdgeTerminationPolicy") == "Redirect":
        redirect.append(f"{host} {name}")
    backends.append(f"backend {name}\n  mode {mode}\n  server pod 127.0.0.1:{port}{options}\n")


directory.mkdir(mode=0o700)
for argument in sys.argv[4:]:
    file, port = argument.rsplit("=", 1)
    admit(yaml.safe_load(Path(file).read_text()), port)


def table(name, lines):
    return write(name, "".join(line + "\n" for line in lines))


write(
    "haproxy.config",
    f"""\
global
  ssl-default-bind-options ssl-min-ver TLSv1.2

defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s

frontend public
  bind 127.0.0.1:{http}
  acl secure_redirect req.hdr(host),field(1,:),lower,map({table("redirect.map", redirect)}) -m found
  http-request redirect location https://%[req.hdr(host)]%[capture.req.uri] code 302 if secure_redirect

frontend public_ssl
  bind 127.0.0.1:{https}
  mode tcp
  tcp-request inspect-delay 5s
  tcp-request content accept if {{ req_ssl_hello_type 1 }}
  acl sni_passthrough req.ssl_sni,lower,map({table("passthrough.map", passthrough)}) -m found
  use_backend %[req.ssl_sni,lower,map({directory}/passthrough.map)] if sni_passthrough
  default_backend be_sni

backend be_sni
  mode tcp
  server fe_sni unix@{directory}/sni.sock send-proxy

frontend fe_sni
  bind unix@{directory}/sni.sock ssl crt-list {table("certificates.map", certificates)} accept-proxy
  use_backend %[req.hdr(host),field(1,:),lower,map({table("terminated.map", terminated)})]

{chr(10).join(backends)}""",
)
