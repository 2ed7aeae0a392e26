#!/usr/bin/env bash
# From nothing to proof: certificates of test and prod, handshakes between all services, and, if installed, the
# shop's real servers with the emitted files. README.md explains it. Everything happens in a
# temporary directory.
set -euo pipefail
example=$(cd "$(dirname "$0")" && pwd)
. "$example/../lib.sh"

main() {
    begin "$example"
    certificates
    proof
    if have curl node haproxy postgres initdb psql gunicorn hadolint python:flask python:psycopg python:yaml npm:express; then
        real_servers
    fi
    finish
}

certificates() {
    step "a manifest becomes authorities, certificates, and what OpenShift and the servers need"
    "$PKICTL" apply
    admitted "what was applied is up to date, in both environments" "unchanged" "$PKICTL" plan --check
}

proof() {
    step "each declared caller is admitted, every other one is refused, and test and prod share nothing"
    "$PKICTL" verify -f pkictl.toml
    admitted "the Routes of the web page and the catalogue lead customers to their pods" " 0 failed" \
        "$PKICTL" verify --env test --route deploy/test/routes/{web,catalog}-route.yaml
    admitted "the Route of the REST API leads both back-ends to a pod that asks for certificates" " 0 failed" \
        "$PKICTL" verify --env test --route deploy/test/routes/rest-api-route.yaml \
        --pod-mtls --client backend-1 --client backend-2
}

real_servers() {
    read -r web catalog stranger rest_api database prices orders http https http_2 https_2 < <(free_ports 11)
    image
    serve_database
    serve_flask
    serve_express
    customers_read
    back_ends_call_the_rest_api
    only_the_rest_api_reads_the_database
    express
    router
}

image() {
    admitted "the Dockerfile of the image that trusts our CA has no fault" "" hadolint deploy/test/image/Dockerfile
    step "certificates go into the image, and no key"
    local found
    found=$(grep -rhoE 'BEGIN [A-Z ]+' deploy/test/image | sort -u)
    [[ $found == "BEGIN CERTIFICATE" ]] || fail "there is more in it: $found"
}

# --- Servers, with what was emitted for them; only addresses, ports and places of mounted files are this machine's.

serve_database() {
    hand_over
    (as_nobody initdb -D data -U postgres -A trust --no-sync) > log/initdb 2>&1 || fail "$(< log/initdb)"
    single_user postgres << 'SQL'
CREATE ROLE api LOGIN
CREATE DATABASE shop OWNER api
SQL
    single_user shop << 'SQL'
CREATE TABLE article (name text)
INSERT INTO article VALUES ('tea'), ('cup')
GRANT SELECT ON article TO api
SQL
    local emitted=$work/deploy/test/database
    printf "include '%s'\n" "$emitted/postgresql-tls.conf" >> data/postgresql.conf
    serve database "$database" as_nobody postgres -D data -p "$database" -c listen_addresses=127.0.0.1 -k "$work" \
        -c hba_file="$emitted/pg_hba.conf" -c ident_file="$emitted/pg_ident.conf" -c fsync=off
}

# single_user DATABASE: PostgreSQL without a network, for the commands that it reads.
single_user() {
    (as_nobody postgres --single -D data -c exit_on_error=true "$1") > log/initdb 2>&1 || fail "$(< log/initdb)"
}

serve_flask() {
    local emitted=deploy/test
    serve web "$web" flask_service web --bind "127.0.0.1:$web"
    # As its pod runs it: by the variable of the Deployment.
    GUNICORN_CMD_ARGS=$(variable test "$catalog") serve catalog "$catalog" flask_service catalog
    GUNICORN_CMD_ARGS=$(variable prod "$stranger") serve stranger "$stranger" flask_service catalog
    serve rest-api "$rest_api" with_database rest-api flask_service rest-api \
        --config "$emitted/rest-api/local/gunicorn.conf.py" --bind "127.0.0.1:$rest_api"
}

# gunicorn with the service's part of the application.
flask_service() { SERVICE=$1 exec gunicorn --chdir app --no-control-socket "${@:2}" wsgi:app; }

# GUNICORN_CMD_ARGS of catalog's Deployment, for the Secret of an environment that is mounted here.
variable() {
    "$peers/bin/python3" - "deploy/$1/catalog/gunicorn-deployment.yaml" << 'PYTHON' |
import sys, yaml
deployment = yaml.safe_load(open(sys.argv[1]))
print(deployment["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"])
PYTHON
        sed "s|/etc/tls|$work/pki/$1/certs/catalog|g; s|0\.0\.0\.0:8443|127.0.0.1:$2|"
}

# with_database CREDENTIAL COMMAND...: the emitted variables, with the certificate of a credential of test.
with_database() {
    . deploy/test/rest-api/postgres-client.sh
    export PGHOSTADDR=127.0.0.1 PGPORT=$database PGCONNECT_TIMEOUT=10
    export PGSSLCERT=${PGSSLCERT/rest-api/$1} PGSSLKEY=${PGSSLKEY/rest-api/$1}
    "${@:2}"
}

serve_express() {
    export NODE_PATH=$peers/npm/node_modules
    SERVICE=prices serve prices "$prices" node app/server.cjs deploy/test/prices/tls-server.cjs "$prices"
    SERVICE=orders serve orders "$orders" node app/server.cjs deploy/test/orders/tls-server.cjs "$orders"
}

# --- Clients. Names are those of the cluster, and are checked; only the address behind them is this machine's.

# customer PORT URL [OPTION...]: holds the root of test, and nothing else.
customer() {
    curl --silent --show-error --fail --noproxy '*' --max-time 20 --connect-to "::127.0.0.1:$1" \
        --cacert pki/test/certs/rest-api/ca.crt "${@:2}"
}

# caller ENVIRONMENT CREDENTIAL PORT URL: with a certificate, too.
caller() { customer "${@:3}" --cert "pki/$1/certs/$2/tls.crt" --key "pki/$1/certs/$2/tls.key"; }

node_client() { node app/client.cjs "$@"; }

# sql CREDENTIAL [NAME=VALUE...]: a login at the database, in a shell of its own.
sql() (
    query() { export "$@" && psql --no-psqlrc --tuples-only --no-align --command 'SELECT name FROM article'; }
    with_database "$1" query PGAPPNAME=sql "${@:2}"
)

# --- What is proven.

customers_read() {
    admitted "a customer with the root alone reads the catalogue" '"service":"catalog"' \
        customer "$catalog" https://catalog.shop-test.svc/
    refused "a customer of prod does not take test's server for it" "unable to get local issuer certificate" \
        customer "$catalog" https://catalog.shop-test.svc/ --cacert pki/prod/certs/catalog/ca.crt
    refused "nor does a customer take a server under another name" "no alternative certificate subject name matches" \
        customer "$catalog" https://rest-api.shop-test.svc/
}

back_ends_call_the_rest_api() {
    local url=https://rest-api.shop-test.svc
    refused_by rest-api "a customer cannot call the REST API" PEER_DID_NOT_RETURN_A_CERTIFICATE \
        customer "$rest_api" "$url/"
    admitted "backend-1 can, and the API reads the database with its own certificate" \
        '"articles":["cup","tea"],"read_by":"/CN=rest-api.shop-test.svc' \
        caller test backend-1 "$rest_api" "$url/articles"
    admitted "backend-2 can call the REST API, too" '"service":"rest-api"' \
        caller test backend-2 "$rest_api" "$url/"
    refused_by rest-api "reporting cannot call it: of the same CA, and not declared" "not admitted: ['reporting']" \
        caller test reporting "$rest_api" "$url/"
    refused_by rest-api "backend-1 of prod cannot call it" "unable to get local issuer certificate" \
        caller prod backend-1 "$rest_api" "$url/"
}

only_the_rest_api_reads_the_database() {
    admitted "the REST API logs in to PostgreSQL by its certificate alone" "tea" sql rest-api
    refused_by database "backend-1 cannot log in: PostgreSQL knows it, and does not admit it" \
        'no match in usermap "tls" for user "api" authenticated as "backend-1"' sql backend-1
    refused "no one can log in without a certificate" "connection requires a valid client certificate" \
        sql rest-api PGSSLCERT=none PGSSLKEY=none
    refused_by database "the REST API of prod cannot log in" "certificate verify failed" \
        sql rest-api PGSSLCERT=pki/prod/certs/rest-api/tls.crt PGSSLKEY=pki/prod/certs/rest-api/tls.key
    refused "a client does not take another server for the database" "does not match host name" \
        sql rest-api PGHOST=db.example
}

express() {
    local root=pki/test/certs/prices/ca.crt emitted=deploy/test/backend-2/tls-client.cjs
    admitted "a customer reads Express without a certificate" '"answers":"prices","caller":"a customer"' \
        node_client https://prices.shop-test.svc/ "$root" "$prices"
    refused "a customer of prod does not take it for prod's" "unable to get local issuer certificate" \
        node_client https://prices.shop-test.svc/ pki/prod/certs/prices/ca.crt "$prices"
    admitted "backend-2 calls Express with its certificate" '"answers":"orders","caller":"backend-2"' \
        node_client https://orders.shop-test.svc/ "$emitted" "$orders"
    refused "backend-2 does not take another server for it" ERR_TLS_CERT_ALTNAME_INVALID \
        node_client https://orders.shop-test.svc/ "$emitted" "$prices"
    refused_by orders "a customer cannot call the orders" "refused: ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE" \
        node_client https://orders.shop-test.svc/ "$root" "$orders"
    refused_by orders "backend-1 cannot call them: it is not declared" 'not admitted: "backend-1"' \
        caller test backend-1 "$orders" https://orders.shop-test.svc/
    refused_by orders "backend-2 of prod cannot call them" "refused: UNABLE_TO_GET_ISSUER_CERT_LOCALLY" \
        caller prod backend-2 "$orders" https://orders.shop-test.svc/
}

# HAProxy, configured from the emitted Routes as the router of OpenShift does it.
router() {
    local routes=deploy/test/routes domain=apps.test.example.com
    serve_router router "$http" "$https" "$routes/web-route.yaml=$web" "$routes/catalog-route.yaml=$catalog" \
        "$routes/rest-api-route.yaml=$rest_api"
    admitted "edge: the router ends TLS, and the pod is asked in plain HTTP" '"scheme":"http","service":"web"' \
        customer "$https" "https://web.$domain/"
    admitted "edge: who comes without TLS is sent to it" "https://web.$domain/ 302" \
        customer "$http" "http://web.$domain/" --write-out '%{redirect_url} %{http_code}'
    admitted "re-encrypt: the router re-encrypts, to a pod that it trusts" \
        '"scheme":"https","service":"catalog"' customer "$https" "https://catalog.$domain/"
    admitted "passthrough: the pod sees the certificate of backend-1" '"articles":["cup","tea"]' \
        caller test backend-1 "$https" "https://rest-api.$domain/articles"
    refused_by rest-api "passthrough: a customer cannot call the REST API, whichever way it takes" \
        PEER_DID_NOT_RETURN_A_CERTIFICATE customer "$https" "https://rest-api.$domain/"
    serve_router router-2 "$http_2" "$https_2" "$routes/catalog-route.yaml=$stranger"
    refused_by stranger "re-encrypt: the router does not take prod's pod for test's" "unknown ca" \
        customer "$https_2" "https://catalog.$domain/"
}

# serve_router NAME HTTP-PORT HTTPS-PORT ROUTE=POD-PORT...
serve_router() {
    "$peers/bin/python3" app/router.py "$work/$1" "${@:2}"
    serve "$1" "$3" haproxy -db -f "$work/$1/haproxy.config"
}

main
