# How a client reaches Redis over TLS. Made by pkictl <version>.
# Use:   . ./redis-client.sh
# Check: redis_tls ping

# redis-cli checks who signed the server's certificate, and never which host it is for.
redis_tls() {
    redis-cli --tls --cacert '/it'\''s here/50%/ca.crt' --cert '/it'\''s here/50%/tls.crt' --key '/it'\''s here/50%/tls.key' \
        -h 2001:db8::5 -p 6379 "$@"
}

# For redis-py (`Redis.from_url`) and what is built on it; the host name is checked.
export REDIS_URL='rediss://[2001:db8::5]:6379/0?ssl_cert_reqs=required&ssl_check_hostname=true&ssl_ca_certs=/it%27s%20here/50%25/ca.crt&ssl_certfile=/it%27s%20here/50%25/tls.crt&ssl_keyfile=/it%27s%20here/50%25/tls.key'
