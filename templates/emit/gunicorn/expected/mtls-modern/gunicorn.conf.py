# gunicorn with TLS, which admits only clients with a certificate from the authorities of ca.crt. Made by pkictl <version>.
# Check: gunicorn --config gunicorn.conf.py --check-config wsgi:app
# Start: gunicorn --config gunicorn.conf.py wsgi:app
import ssl

bind = "0.0.0.0:8443"
# The certificate, then the intermediates; no root.
certfile = "/etc/tls/tls.crt"
keyfile = "/etc/tls/tls.key"
ca_certs = "/etc/tls/ca.crt"
cert_reqs = ssl.CERT_REQUIRED
accesslog = "-"


def ssl_context(conf, default_ssl_context_factory):
    context = default_ssl_context_factory()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
