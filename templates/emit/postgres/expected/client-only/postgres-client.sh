# How a client reaches PostgreSQL and is sure that it is the right one. Made by pkictl <version>.
# Use:   . ./postgres-client.sh
# Check: psql -c 'SELECT ssl, version, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
# The key: libpq takes it only with mode 0600 if it belongs to the user, or with mode 0640 if it belongs to root.
export PGHOST=2001:db8::5
export PGPORT=5432
export PGUSER=backend
# The only mode that checks the host name, too.
export PGSSLMODE=verify-full
export PGSSLROOTCERT='/it'\''s here/50%/ca.crt'
export PGSSLCERT='/it'\''s here/50%/tls.crt'
export PGSSLKEY='/it'\''s here/50%/tls.key'
# With a Kerberos ticket libpq would encrypt by that, whatever PGSSLMODE says.
export PGGSSENCMODE=disable
# The same as a URI, for drivers that want one.
export DATABASE_URL='postgresql://backend@[2001:db8::5]:5432/?sslmode=verify-full&sslrootcert=/it%27s%20here/50%25/ca.crt&sslcert=/it%27s%20here/50%25/tls.crt&sslkey=/it%27s%20here/50%25/tls.key'
