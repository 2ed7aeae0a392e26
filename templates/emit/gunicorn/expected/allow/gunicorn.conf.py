# gunicorn with TLS, which admits only the callers that are named here. Made by pkictl <version>.
# Check: gunicorn --config gunicorn.conf.py --check-config wsgi:app
# Start: gunicorn --config gunicorn.conf.py wsgi:app
import ssl

bind = "0.0.0.0:8443"
# The certificate, then the intermediates; no root.
certfile = "/etc/tls/tls.crt"
keyfile = "/etc/tls/tls.key"
ca_certs = "/etc/tls/ca.crt"
cert_reqs = ssl.CERT_REQUIRED
ciphers = ":".join(
    [
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
    ]
)
accesslog = "-"


def ssl_context(conf, default_ssl_context_factory):
    context = default_ssl_context_factory()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


# The common names of the callers.
admitted = {"backend"}


def post_worker_init(worker):
    application = getattr(worker, "wsgi", None)
    if application is None:
        raise RuntimeError("this kind of worker runs no WSGI application, so no caller can be checked")

    def check(environ, start_response):
        subject = environ["gunicorn.socket"].getpeercert()["subject"]
        names = [value for part in subject for name, value in part if name == "commonName"]
        if len(names) == 1 and names[0] in admitted:
            return application(environ, start_response)
        worker.log.warning("not admitted: %r", names)
        start_response("403 Forbidden", [("Content-Type", "text/plain"), ("Content-Length", "0")])
        return []

    worker.wsgi = check
