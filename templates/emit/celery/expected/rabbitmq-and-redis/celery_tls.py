# Celery over TLS, as "backend". Made by pkictl <version>.
# Use:   app.config_from_object("celery_tls")
# Check: python3 -c 'import celery; app = celery.Celery(); app.config_from_object("celery_tls"); print(app.connection().ensure_connection(max_retries=1))'
import ssl

broker_url = "amqps://rabbit.example.com:5671"
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
}
redis_backend_use_ssl = {
    # The certificate, then the intermediates; no root.
    "ssl_certfile": "/etc/tls/tls.crt",
    "ssl_keyfile": "/etc/tls/tls.key",
    "ssl_ca_certs": "/etc/tls/ca.crt",
    "ssl_cert_reqs": ssl.CERT_REQUIRED,
    # redis-py before version 6 does not look at the name by itself.
    "ssl_check_hostname": True,
}
result_backend = "rediss://cache.example.com:6379/0"
