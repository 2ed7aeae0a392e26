# How a client reaches PostgreSQL and is sure that it is the right one. Made by pkictl <version>.
# Use:   . ./postgres-client.sh
# Check: psql -c 'SELECT ssl, version, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
export PGHOST=web.apps.example.com
export PGPORT=5432
# The only mode that checks the host name, too.
export PGSSLMODE=verify-full
export PGSSLROOTCERT=/etc/tls/ca.crt
# With a Kerberos ticket libpq would encrypt by that, whatever PGSSLMODE says.
export PGGSSENCMODE=disable
# The same as a URI, for drivers that want one.
export DATABASE_URL='postgresql://web.apps.example.com:5432/?sslmode=verify-full&sslrootcert=/etc/tls/ca.crt'
