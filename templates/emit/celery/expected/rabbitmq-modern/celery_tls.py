# Celery over TLS, as "backend". Made by pkictl <version>.
# Use:   app.config_from_object("celery_tls")
# Check: python3 -c 'import celery; app = celery.Celery(); app.config_from_object("celery_tls"); print(app.connection().ensure_connection(max_retries=1))'
import ssl

broker_url = "amqps://rabbit.example.com/shop"
# The user is the common name of the certificate: no password.
broker_login_method = "EXTERNAL"
broker_use_ssl = {
    # The certificate, then the intermediates; no root.
    "certfile": "/etc/tls/tls.crt",
    "keyfile": "/etc/tls/tls.key",
    "ca_certs": "/etc/tls/ca.crt",
    "cert_reqs": ssl.CERT_REQUIRED,
    # Without this line the name in the server's certificate is not looked at.
    "server_hostname": "rabbit.example.com",
    "tls_minimum_version": ssl.TLSVersion.TLSv1_3,
}
