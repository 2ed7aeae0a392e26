# gunicorn with TLS. Made by pkictl <version>.
# Check: gunicorn --config gunicorn.conf.py --check-config wsgi:app
# Start: gunicorn --config gunicorn.conf.py wsgi:app
import ssl

bind = "0.0.0.0:8443"
# The certificate, then the intermediates; no root.
certfile = "/etc/tls/tls.crt"
keyfile = "/etc/tls/tls.key"
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
