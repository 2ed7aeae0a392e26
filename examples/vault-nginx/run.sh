#!/usr/bin/env bash
# From nothing to proof: certificates of test and prod, the blog's real servers with what was emitted for them, OpenBao
# that takes over issuing, and who gets in and who does not. README.md explains it. Nothing is left behind.
set -euo pipefail
example=$(cd "$(dirname "$0")" && pwd)
. "$example/../lib.sh"

readonly certs=pki/test/certs root=pki/test/certs/edge/ca.crt foreign=pki/prod/certs

main() {
    begin "$example"
    choose_ports
    certificates
    compose
    serve_databases
    serve_services
    the_edge_reaches_both_services
    nobody_else_does
    each_database_admits_its_own_service
    openbao_takes_over
    roles_allow_what_was_declared
    nginx_serves_what_openbao_issues
    prod_is_not_test
    finish
}

# The ports of the manifest may be in use on this machine: free ones take their places.
choose_ports() {
    read -r edge user_service user_app user_db blog_service blog_app blog_db assets vault < <(free_ports 9)
    sed -i "s/18441/$edge/; s/18442/$user_service/; s/18443/$user_app/; s/18444/$user_db/; s/18445/$blog_service/
        s/18446/$blog_app/; s/18447/$blog_db/; s/18448/$assets/; s/18449/$vault/" pkictl.toml
}

certificates() {
    "$PKICTL" apply > log/apply 2>&1 || fail "$(< log/apply)"
    admitted "what was applied is up to date, in both environments" "9 unchanged" "$PKICTL" plan --check
    admitted "each declared caller is admitted, every other one is refused, and test and prod share nothing" " 0 failed" \
        "$PKICTL" verify -f pkictl.toml
}

# No host name has an underscore, names of services in compose do.
compose() {
    admitted "compose leads to user_service by the name in its certificate" \
        "user_service answers to user-service.test.internal" "$peers/bin/python3" names_in_compose.py test
    admitted "and the same holds in prod" \
        "user_service answers to user-service.prod.internal" "$peers/bin/python3" names_in_compose.py prod
}

# --- Servers, with what was emitted for them.

serve_databases() {
    hand_over
    (as_nobody initdb -D data --no-sync) > log/initdb 2>&1 || fail "$(< log/initdb)"
    serve_database user_db "$user_db" users
    serve_database blog_db "$blog_db" posts
}

serve_database() {
    local emitted=$work/deploy/test/$1
    cp -a data "data-$1"
    printf "include '%s'\n" "$emitted/postgresql-tls.conf" >> "data-$1/postgresql.conf"
    serve "$1" "$2" as_nobody postgres -D "data-$1" -c listen_addresses=127.0.0.1 -k "$work" \
        -c hba_file="$emitted/pg_hba.conf" -c ident_file="$emitted/pg_ident.conf" -c fsync=off
    # The administrator comes through the socket.
    (as_nobody psql -h "$work" -p "$2" -X -q -v ON_ERROR_STOP=1 -d postgres -f "database/$3.sql") > log/schema 2>&1 ||
        fail "$(< log/schema)"
}

serve_services() {
    serve user_app "$user_app" application user_app user_db
    serve blog_app "$blog_app" application blog_app blog_db
    serve proxies "$user_service" nginx -e stderr -p "$work/" -c nginx-proxies.conf
    # Names are those of compose everywhere, and are checked; only the address behind them is this machine's.
    export ADDRESS=127.0.0.1
    USERS=https://user-service.test.internal:$user_service/ POSTS=https://blog-service.test.internal:$blog_service/ \
        TLS=$work/$certs/edge serve edge "$edge" gunicorn --config deploy/test/edge/gunicorn.conf.py \
        --chdir app --no-control-socket edge:app
}

# application NAME DATABASE: with the variables that lead to its database.
application() {
    . "deploy/test/$2/postgres-client.sh"
    export PGHOSTADDR=127.0.0.1
    exec gunicorn --config "deploy/test/$1/gunicorn.conf.py" --chdir app --no-control-socket service:app
}

serve_openbao() {
    serve vault "$vault" bao server -config=vault/storage.hcl -config=deploy/test/vault/vault-listener.hcl
    . deploy/test/vault/vault-client.sh
    export BAO_ADDR=${BAO_ADDR/vault.test.internal/127.0.0.1} BAO_TLS_SERVER_NAME=vault.test.internal BAO_TOKEN
    local keys
    keys=$(bao operator init -key-shares=1 -key-threshold=1 -format=json)
    BAO_TOKEN=$(field '["root_token"]' <<< "$keys")
    bao operator unseal "$(field '["unseal_keys_b64"][0]' <<< "$keys")" > log/unseal
}

# --- Clients.

# visitor PORT URL [OPTION...]: holds the root, and nothing else.
visitor() {
    curl --silent --show-error --fail-with-body --noproxy '*' --max-time 20 --connect-to "::127.0.0.1:$1" \
        --cacert "$root" "${@:2}"
}

# caller DIRECTORY PORT URL: with a certificate, too.
caller() { visitor "${@:2}" --cert "$1/tls.crt" --key "$1/tls.key"; }

# edge_with DIRECTORY URL: what the edge does, with the files of a directory.
edge_with() { TLS=$1 "$peers/bin/python3" app/edge.py "$2"; }

# login DIRECTORY DATABASE: with a certificate, in a shell of its own.
login() (
    . "deploy/test/$2/postgres-client.sh"
    export PGHOSTADDR=127.0.0.1 PGCONNECT_TIMEOUT=10 PGSSLCERT=$1/tls.crt PGSSLKEY=$1/tls.key
    psql -X -A -t -c 'SELECT text FROM entry ORDER BY text'
)

# --- What is proven.

the_edge_reaches_both_services() {
    admitted "a visitor with the root alone reads the page, which the edge has from both services" \
        '"posts":{"entries":["first post","second post"],"read_by":"/CN=blog-app.test.internal"}' \
        visitor "$edge" https://edge.test.internal/
    admitted "the edge reaches user_service by the name in its certificate" '"entries": ["ada", "grace"]' \
        edge_with "$certs/edge" "https://user-service.test.internal:$user_service/"
    refused "by the name in compose.yaml it goes no further" "certificate is not valid for 'user_service'" \
        edge_with "$certs/edge" "https://user_service:$user_service/"
    refused "nor does it accept blog_service as user_service" "certificate is not valid for 'user-service.test.internal'" \
        edge_with "$certs/edge" "https://user-service.test.internal:$blog_service/"
}

nobody_else_does() {
    local url=https://user-service.test.internal/
    refused "user_service refuses a visitor" "No required SSL certificate was sent" visitor "$user_service" "$url"
    refused "it refuses blog_service: of the same CA, and not declared" "403 Forbidden" \
        caller "$certs/blog_service" "$user_service" "$url"
    refused "it refuses its own application, which is only called" "403 Forbidden" \
        caller "$certs/user_app" "$user_service" "$url"
    refused_by user_app "the application behind it refuses the edge, which must come through nginx" \
        "not admitted: ['edge.test.internal']" caller "$certs/edge" "$user_app" https://user-app.test.internal/
}

each_database_admits_its_own_service() {
    admitted "user_app logs in to user_db by its certificate alone" "grace" login "$certs/user_app" user_db
    admitted "blog_app logs in to blog_db" "first post" login "$certs/blog_app" blog_db
    refused_by user_db "user_db knows blog_app, and does not admit it" \
        'no match in usermap "tls" for user "users" authenticated as "blog-app.test.internal"' \
        login "$certs/blog_app" user_db
    refused "no one logs in without a certificate" "connection requires a valid client certificate" login none user_db
}

openbao_takes_over() {
    serve_openbao
    step "OpenBao takes over the issuing CA, with a role for each certificate; the root's key stays here"
    sh deploy/test/vault/pki.sh > log/pki 2>&1 || fail "$(< log/pki)"
    [[ $(bao list -format=json pki/keys | field '.__len__()') == 1 ]] || fail "there are more keys than the issuer's"
    bao policy write agent vault/agent.hcl > log/policy
    (umask 077 && bao token create -policy=agent -field=token > vault/token)
    step "its agent writes what the roles issue, with a token that may do nothing else"
    agent
    refused "that token cannot change a role" "permission denied" \
        env BAO_TOKEN="$(< vault/token)" bao write pki/roles/assets allow_any_name=true
}

agent() {
    BAO_TOKEN='' timeout 60 bao agent -config=deploy/test/vault/pki-agent.hcl -exit-after-auth > log/agent 2>&1 ||
        fail "$(< log/agent)"
}

roles_allow_what_was_declared() {
    local name issued=vault/tls/assets/tls.crt
    local judge=(openssl verify -CAfile "$root" -untrusted "$issued")
    admitted "what the role issues leads to our root, for the name that was declared" "$issued: OK" \
        "${judge[@]}" -purpose sslserver -verify_hostname assets.test.internal "$issued"
    refused "it is for servers only, as it was declared" "unsuitable certificate purpose" \
        "${judge[@]}" -purpose sslclient "$issued"
    for name in user-service.test.internal more.assets.test.internal localhost; do
        refused "the role issues nothing for $name" "not allowed by this role" \
            bao write pki/issue/assets common_name="$name"
    done
    bao write pki/roles/careless allow_any_name=true key_type=ec key_bits=256 > log/careless
    bao write -field=certificate pki/issue/careless common_name=edge.prod.internal > careless.crt
    refused "clients refuse what a careless role issues for a name of prod" "permitted subtree violation" \
        "${judge[@]}" careless.crt
}

nginx_serves_what_openbao_issues() {
    local before url=https://assets.test.internal/
    serve assets "$assets" nginx -e stderr -p "$work/" -c nginx-assets.conf
    admitted "a visitor reads from the nginx whose certificate OpenBao issued" "Welcome to nginx" visitor "$assets" "$url"
    refused "and not under the name of another service" "no alternative certificate subject name matches" \
        visitor "$assets" https://edge.test.internal/
    admitted "the edge is admitted with a certificate of OpenBao as well, and no proxy was changed" '"grace"' \
        edge_with vault/tls/edge "https://user-service.test.internal:$user_service/"
    step "the agent renews, and nginx serves the new certificate without a restart"
    before=$(serial)
    rm vault/tls/assets/tls.crt
    # It stays, as in production: one that exits after its work may end before its command does.
    start staying_agent env BAO_TOKEN= bao agent -config=deploy/test/vault/pki-agent.hcl
    soon_other_than "$before"
}

# The serial number of the certificate that is served.
serial() {
    openssl s_client -connect "127.0.0.1:$assets" -servername assets.test.internal -CAfile "$root" \
        -verify_return_error < /dev/null 2> log/s_client | openssl x509 -noout -serial
}

soon_other_than() {
    local deadline=$((SECONDS + 60))
    while [[ $(serial) == "$1" ]]; do
        ((SECONDS < deadline)) || fail "nginx still serves $1"$'\n'"$(< log/staying_agent)"
        sleep 0.1
    done
}

prod_is_not_test() {
    local user=https://user-service.test.internal
    refused "user_service of test refuses the edge of prod" "The SSL certificate error" \
        caller "$foreign/edge" "$user_service" "$user/"
    refused "the edge of prod does not accept user_service of test as its own" "unable to get local issuer certificate" \
        edge_with "$foreign/edge" "$user:$user_service/"
    refused_by user_db "user_db of test refuses user_app of prod" "certificate verify failed" login "$foreign/user_app" user_db
    refused "a visitor of prod does not accept what OpenBao issues in test" "unable to get local issuer certificate" \
        visitor "$assets" https://assets.test.internal/ --cacert "$foreign/edge/ca.crt"
}

# A field of the JSON that comes in.
field() { python3 -c "import json, sys; print(json.load(sys.stdin)$1)"; }

main
