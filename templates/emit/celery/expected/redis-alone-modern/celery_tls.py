# Celery over TLS, as "backend". Made by pkictl <version>.
# Use:   app.config_from_object("celery_tls")
# Check: python3 -c 'import celery; app = celery.Celery(); app.config_from_object("celery_tls"); print(app.connection().ensure_connection(max_retries=1))'
import ssl

broker_url = "rediss://cache.example.com:6379/0"
broker_use_ssl = {
    # The certificate, then the intermediates; no root.
    "ssl_certfile": "/it's here/tls.crt",
    "ssl_keyfile": "/it's here/tls.key",
    "ssl_ca_certs": "/it's here/ca.crt",
    "ssl_cert_reqs": ssl.CERT_REQUIRED,
    # redis-py before version 6 does not look at the name by itself.
    "ssl_check_hostname": True,
    "ssl_min_version": ssl.TLSVersion.TLSv1_3,
}
redis_backend_use_ssl = broker_use_ssl
result_backend = "rediss://cache.example.com:6379/1"
