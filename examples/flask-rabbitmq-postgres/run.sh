#!/usr/bin/env bash
# From nothing to a note in the database: the manifest is applied, nginx, uWSGI, RabbitMQ, a Celery worker and
# PostgreSQL are started with exactly what it makes, and are asked by those who may call them and by those who may not.
#
#   examples/flask-rabbitmq-postgres/run.sh
#
# PKICTL names the program (it is built if not), PKICTL_PEERS the directory of what comes from PyPI (.peers).
set -euo pipefail
example=$(cd "$(dirname "$0")" && pwd)
. "$example/../lib.sh"

# What is made for the environment, below the directory in which the example runs.
readonly deploy=deploy/test certs=pki/test/certs
# The same names in certificates from a foreign CA.
readonly foreign=elsewhere/test/certs
# A visitor knows the root, and nothing else.
readonly curl=(curl --silent --show-error --max-time 30)
readonly visit=("${curl[@]}" --cacert certs/ca.crt)

main() {
    begin "$example"
    choose_ports
    the_manifest_is_applied
    make_foreigners
    hand_over
    start_database
    start_broker
    start_worker
    start_web
    start_edge
    a_note_goes_all_the_way
    visitors_know_whom_they_reach
    uwsgi_admits_the_edge_alone
    rabbitmq_knows_callers_by_their_common_names
    postgresql_admits_the_worker_alone
    callers_refuse_a_server_of_another_name
    finish
}

# The manifest's ports may be in use on this machine: free ones take their places.
choose_ports() {
    read -r https uwsgi amqps postgres epmd distribution misnamed < <(free_ports 7)
    sed -i "s/8443/$https/; s/9443/$uwsgi/; s/5671/$amqps/; s/5432/$postgres/" pkictl.toml
}

the_manifest_is_applied() {
    step "a manifest becomes an authority, certificates and configurations"
    "$PKICTL" apply -f pkictl.toml
    admitted "nothing is left to do" "5 unchanged" "$PKICTL" plan -f pkictl.toml --check
    step "every pair of services proves by handshakes who is admitted, and who is not"
    "$PKICTL" verify -f pkictl.toml
    step "the certificate and its key have the file names that nginx has always known"
    cmp certs/nginx-selfsigned.crt "$certs/edge/tls.crt"
    cmp certs/nginx-selfsigned.key "$certs/edge/tls.key"
    admitted "the Diffie-Hellman parameters are there at once, and are sound" "DH parameters appear to be ok." \
        openssl dhparam -in certs/dhparam.pem -check -noout
}

make_foreigners() {
    "$PKICTL" init --pki elsewhere --env test --org Example --intermediate --quiet
    "$PKICTL" issue client edge --pki elsewhere --env test --quiet
    "$PKICTL" issue client worker --pki elsewhere --env test --quiet
}

start_database() {
    (as_nobody initdb -D data --no-sync > log/initdb 2>&1)
    echo "include '$work/$deploy/database/postgresql-tls.conf'" >> data/postgresql.conf
    serve database "$postgres" as_nobody postgres -D data -k "$work" \
        -c fsync=off -c listen_addresses=127.0.0.1 \
        -c "hba_file=$work/$deploy/database/pg_hba.conf" -c "ident_file=$work/$deploy/database/pg_ident.conf"
    logged database "ready to accept connections"
    administer postgres -f database/schema.sql
}

# Through the socket, as the system's user whom the data belongs to.
administer() { (as_nobody psql -h "$work" -p "$postgres" -v ON_ERROR_STOP=1 -qAt -d "$@"); }

start_broker() {
    # It tells nodes where the others are; this one has its own, because a shared one would stay.
    serve epmd "$epmd" as_nobody epmd -address 127.0.0.1 -port "$epmd"
    # Debian's own script before this one insists on another user. With NOTIFY_SOCKET, as under systemd, it becomes the
    # server, which ends when it is asked.
    serve broker "$amqps" as_nobody env NOTIFY_SOCKET="$work/nobody-listens" ERL_EPMD_PORT="$epmd" \
        RABBITMQ_NODENAME="notes$amqps@localhost" RABBITMQ_DIST_PORT="$distribution" \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
        RABBITMQ_CONFIG_FILE="$work/$deploy/broker/rabbitmq.conf" RABBITMQ_CONF_ENV_FILE=/dev/null \
        RABBITMQ_ENABLED_PLUGINS_FILE="$work/$deploy/broker/enabled_plugins" \
        RABBITMQ_MNESIA_BASE="$work/mnesia" RABBITMQ_LOG_BASE="$work/log" RABBITMQ_LOGS=- \
        /usr/lib/rabbitmq/bin/rabbitmq-server
    logged broker "Server startup complete"
}

start_worker() {
    start worker env PYTHONPATH="$deploy/worker:worker" sh -c ". $deploy/database/postgres-client.sh
        exec celery -A tasks worker --pool solo --without-gossip --without-mingle --loglevel info"
    logged worker "ready."
}

start_web() {
    local packages
    packages=$(python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    serve web "$uwsgi" env PYTHONPATH="$packages:$deploy/web:web" \
        uwsgi-core --plugin http --plugin python3 --ini "$deploy/web/uwsgi-tls.ini" --module notes:app
}

# The emitted file, and beside it the same one with a mistake: it expects another name of the server behind it.
start_edge() {
    mkdir -p other/edge
    sed "s/:$https ssl/:$misnamed ssl/; s/proxy_ssl_name .*;/proxy_ssl_name elsewhere;/" \
        "$deploy/edge/nginx-site.conf" > other/edge/misnamed.conf
    serve edge "$https" nginx -p "$work/" -c nginx.conf
}

a_note_goes_all_the_way() {
    admitted "a note goes through nginx, uWSGI and RabbitMQ to the worker, and its answer comes back" \
        '"subject":"/CN=worker"' \
        "${visit[@]}" "https://localhost:$https/notes" --fail-with-body --data "every hop verified"
    step "it is in PostgreSQL, written by the role that the worker's certificate names"
    [[ $(administer notes -c "SELECT text, writer FROM note") == "every hop verified|worker" ]] ||
        fail "the note is not there"
}

visitors_know_whom_they_reach() {
    local other=elsewhere
    refused "a visitor who does not know the root goes no further" "unable to get local issuer certificate" \
        "${curl[@]}" "https://localhost:$https/notes"
    refused "a visitor who looks for another host goes no further" "no alternative certificate subject name matches" \
        "${visit[@]}" --resolve "$other:$https:127.0.0.1" "https://$other:$https/notes"
}

uwsgi_admits_the_edge_alone() {
    local note=("${visit[@]}" "https://localhost:$uwsgi/notes" --fail --data "past nginx")
    admitted "uWSGI admits the edge" '"writer":"worker"' \
        "${note[@]}" --cert "$certs/edge/tls.crt" --key "$certs/edge/tls.key"
    refused "uWSGI refuses the worker, whom the same authority certifies" "error: 403" \
        "${note[@]}" --cert "$certs/worker/tls.crt" --key "$certs/worker/tls.key"
    # With TLS 1.2 the refusal belongs to the handshake; with TLS 1.3 the alert may be lost with the connection.
    refused "uWSGI refuses a client without a certificate" "alert handshake failure" "${note[@]}" --tls-max 1.2
    refused "uWSGI refuses an edge that another authority certifies" "alert unknown ca" \
        "${note[@]}" --tls-max 1.2 --cert "$foreign/edge/tls.crt" --key "$foreign/edge/tls.key"
}

rabbitmq_knows_callers_by_their_common_names() {
    admitted "RabbitMQ admits the worker" "logged in" python3 worker/login.py "$deploy/worker"
    other_settings undeclared "s,certs/worker/,certs/edge/,"
    refused_by broker "RabbitMQ refuses the edge, whom the same authority certifies" \
        "EXTERNAL login refused: user 'edge'" python3 worker/login.py other/undeclared
    other_settings foreign "s,$certs/worker/tls,$foreign/worker/tls,"
    refused_by broker "RabbitMQ refuses a worker that another authority certifies" "Fatal - Unknown CA" \
        python3 worker/login.py other/foreign
}

# other_settings NAME EDIT: the worker's settings, changed.
other_settings() {
    mkdir -p "other/$1"
    sed "$2" "$deploy/worker/celery_tls.py" > "other/$1/celery_tls.py"
}

postgresql_admits_the_worker_alone() {
    local as_web=(PGSSLCERT="$certs/web/tls.crt" PGSSLKEY="$certs/web/tls.key")
    admitted "PostgreSQL admits the worker" "worker" query
    refused "PostgreSQL refuses the web application, whom the same authority certifies" \
        'no pg_hba.conf entry for host "127.0.0.1", user "web"' query "${as_web[@]}" PGUSER=web
    refused "PostgreSQL refuses the web application that says it is the worker" \
        'certificate authentication failed for user "worker"' query "${as_web[@]}"
    refused "PostgreSQL refuses a client without a certificate" "requires a valid client certificate" \
        query PGSSLCERT=none PGSSLKEY=none
    refused_by database "PostgreSQL refuses a worker that another authority certifies" "certificate verify failed" \
        query PGSSLCERT="$foreign/worker/tls.crt" PGSSLKEY="$foreign/worker/tls.key"
    refused "the worker refuses a PostgreSQL of another name" 'does not match host name "elsewhere"' \
        query PGHOST=elsewhere PGHOSTADDR=127.0.0.1
}

# query VARIABLE=VALUE...: with what the worker has for the database, changed by these.
query() (
    . "$deploy/database/postgres-client.sh"
    export PGCONNECT_TIMEOUT=20 "$@"
    psql -wAtc "SELECT current_user"
)

# The servers are the right ones, but not those that were asked for.
callers_refuse_a_server_of_another_name() {
    # An address of this machine that the certificate does not name.
    other_settings misnamed "s,localhost,127.1,"
    refused "the worker refuses a RabbitMQ of another name" "certificate is not valid for '127.1'" \
        python3 worker/login.py other/misnamed
    refused_by edge "nginx refuses an uWSGI of another name" \
        'upstream SSL certificate does not match "elsewhere"' \
        "${visit[@]}" "https://localhost:$misnamed/notes" --fail --data "from the proxy"
    step "none of those who were refused has left a note"
    [[ $(administer notes -c "SELECT count(*) FROM note") == 2 ]] || fail "there are others"
}

main
