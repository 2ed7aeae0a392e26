# How a client reaches Redis over TLS. Made by pkictl <version>.
# Use:   . ./redis-client.sh
# Check: redis_tls ping

# redis-cli checks who signed the server's certificate, and never which host it is for.
redis_tls() {
    redis-cli --tls --cacert /etc/tls/ca.crt \
        -h web.apps.example.com -p 6379 --sni web.apps.example.com "$@"
}

# For redis-py (`Redis.from_url`) and what is built on it; the host name is checked.
export REDIS_URL='rediss://web.apps.example.com:6379/0?ssl_cert_reqs=required&ssl_check_hostname=true&ssl_ca_certs=/etc/tls/ca.crt'
