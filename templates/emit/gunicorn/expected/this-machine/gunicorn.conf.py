# gunicorn with TLS, which admits only clients with a certificate from the authorities of ca.crt. Made by pkictl <version>.
# Check: gunicorn --config gunicorn.conf.py --check-config wsgi:app
# Start: gunicorn --config gunicorn.conf.py wsgi:app
import ssl

bind = "127.0.0.1:8443"
# The certificate, then the intermediates; no root.
certfile = "pki/it's here/web/tls.crt"
keyfile = "pki/it's here/web/tls.key"
ca_certs = "pki/it's here/web/ca.crt"
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
