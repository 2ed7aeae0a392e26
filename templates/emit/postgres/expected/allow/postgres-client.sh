# How a client reaches PostgreSQL and is sure that it is the right one. Made by pkictl <version>.
# Use:   . ./postgres-client.sh
# Check: psql -c 'SELECT ssl, version, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
# The key: libpq takes it only with mode 0600 if it belongs to the user, or with mode 0640 if it belongs to root.
export PGHOST=web.apps.example.com
export PGPORT=5432
export PGUSER=app
export PGDATABASE=shop
# The only mode that checks the host name, too.
export PGSSLMODE=verify-full
export PGSSLROOTCERT=/etc/tls/ca.crt
export PGSSLCERT=/etc/tls/tls.crt
export PGSSLKEY=/etc/tls/tls.key
# With a Kerberos ticket libpq would encrypt by that, whatever PGSSLMODE says.
export PGGSSENCMODE=disable
# The same as a URI, for drivers that want one.
export DATABASE_URL='postgresql://app@web.apps.example.com:5432/shop?sslmode=verify-full&sslrootcert=/etc/tls/ca.crt&sslcert=/etc/tls/tls.crt&sslkey=/etc/tls/tls.key'
