#!/usr/bin/env bash
# Five ways into a cluster, from nothing to a table of what was seen: HAProxy as load balancer, HAProxy or nginx as
# ingress, Apache httpd as the application, and an attacker on every wire behind the load balancer. Nothing is left behind.
#
#   examples/ingress-variants/run.sh
set -euo pipefail
example=$(cd "$(dirname "$0")" && pwd)
. "$example/../lib.sh"

readonly visitor=127.7.7.7 attacker=127.5.5.5 invented=6.6.6.6 proxy=127.0.0.1
readonly hosts=(- passthrough.example.com offload.apps.example.com shop.example.com portal.example.com mail.example.com)
# The hops of each way: load balancer, ingress, application. Way 2 has no ingress.
readonly hops=(- "1 2 3" "1 2" "1 2 3" "1 2 3" "1 2 3")
declare -A port wire cell

main() {
    begin "$example"
    choose_ports
    certificates
    servers
    for way in 1 2 3 4 5; do
        a_visit "$way"
        who_reads "$way"
        an_impostor "$way"
    done
    behind_passthrough
    behind_offload
    behind_shop
    behind_portal
    behind_mail
    table
    finish
}

# Two free ports for each in the manifest: one where the server listens, and one of the wire that leads there.
choose_ports() {
    local way hop free
    read -ra free <<< "$(free_ports 33)"
    for way in 1 2 3 4 5; do
        for hop in ${hops[way]}; do
            port[$way$hop]=${free[0]} wire[$way$hop]=${free[1]} free=("${free[@]:2}")
            sed -i -E "s/port = 44${way}0$hop/port = ${port[$way$hop]}/; s/127\.0\.0\.1:44${way}0$hop/127.0.0.1:${wire[$way$hop]}/" pkictl.toml
        done
    done
    port[impostor]=${free[0]} port[impostor behind PROXY]=${free[1]} port[impostor without TLS]=${free[2]}
    port[forged 1]=${free[3]} port[forged 5]=${free[4]}
}

certificates() {
    step "one manifest makes five authorities, their certificates, and the configuration of every hop"
    "$PKICTL" apply -f pkictl.toml --no-input > log/apply 2>&1 || fail "$(< log/apply)"
    step "nothing is left to do"
    "$PKICTL" plan -f pkictl.toml --check > log/plan 2>&1 || fail "$(< log/plan)"
    step "who may call whom holds in handshakes: only the declared callers"
    "$PKICTL" verify -f pkictl.toml > log/verify 2>&1 || fail "$(< log/verify)"
    attackers=(--cert attacker/dev/certs/visitor/tls.crt --key attacker/dev/certs/visitor/tls.key)
    # Visitors trust these two roots.
    cat pki/test.extern/ca/root/ca.crt pki/test.wildcard/ca/root/ca.crt > visitors.pem
    # The attacker has a CA, and certificates with all the right names.
    "$PKICTL" init --org Example --pki attacker > log/attacker 2>&1
    "$PKICTL" issue server impostor --pki attacker --san passthrough.example.com --san shop.db.internal \
        --san portal.cluster.internal --san webmail.mail.internal >> log/attacker 2>&1
    "$PKICTL" issue client visitor --pki attacker >> log/attacker 2>&1
    "$PKICTL" emit apache --pki attacker --cert impostor --local --bind 127.0.0.1 --port "${port[impostor]}" \
        -o impostor/tls.conf >> log/attacker 2>&1
    "$PKICTL" emit apache --pki attacker --cert impostor --local --bind 127.0.0.1 --proxy-protocol \
        --port "${port[impostor behind PROXY]}" -o impostor/proxy.conf >> log/attacker 2>&1
}

servers() {
    local wires=() way hop
    mkdir wires
    for way in 1 2 3 4 5; do
        for hop in ${hops[way]#1 }; do
            wires+=("$way$hop=${wire[$way$hop]}")
            lead "$way$hop" "${port[$way$hop]}"
        done
    done
    # Two more start at the attacker's address, and claim that the caller has another one.
    lead forged-1 "${port[13]} $attacker PROXY TCP4 $invented 127.0.0.1 1 443"
    lead forged-5 "${port[52]} $attacker PROXY TCP4 $invented 127.0.0.1 1 443"
    wires+=("forged-1=${port[forged 1]}" "forged-5=${port[forged 5]}")
    hand_over
    serve wires "${port[forged 5]}" python3 network/wire.py wires "${wires[@]}"
    apache application "${port[22]}" 'deploy/test/*/application/*.conf'
    apache impostor "${port[impostor without TLS]}" 'impostor/*.conf'
    for way in 1 2 3 4 5; do
        haproxy balancer "$way" 1
    done
    haproxy ingress 1 2
    haproxy ingress 3 2
    serve nginx "${port[52]}" as_nobody nginx -p "$work" -c network/nginx.conf
}

# haproxy ROLE WAY HOP: one with the emitted file and nothing else.
haproxy() { serve "$2-$1" "${port[$2$3]}" as_nobody haproxy -db -f "deploy/test/$2/$1/haproxy.cfg"; }

# apache NAME PORT-WITHOUT-TLS EMITTED-FILES
apache() {
    serve "$1" "$2" as_nobody apache2 -D FOREGROUND -C "Define here $work" -C "Define who $1" -C "Define plain $2" \
        -C "Define sites $3" -f "$work/application/httpd.conf"
}

# lead WIRE PORT [ADDRESS FIRST-LINE]: where a wire leads from now on.
lead() { printf '%s\n' "$2" > "wires/$1.to"; }

# ask NAME PORT CURL-OPTIONS...: /seen of who has this name, at this port.
ask() {
    timeout 20 curl --silent --show-error --fail --include --http1.1 --cacert visitors.pem --resolve "$1:$2:127.0.0.1" \
        --header "X-Forwarded-For: $invented" "${@:3}" "https://$1:$2/seen" 2>&1
}

# as AUTHORITY SERVICE: sets the options that show this certificate.
as() { shown=(--cert "pki/$1/certs/$2/tls.crt" --key "pki/$1/certs/$2/tls.key"); }

# The visitor of a way: presents a certificate if asked, sends a false address, and a secret.
visit() {
    as test.extern visitor
    ask "${hosts[$1]}" "${port[${1}1]}" "${shown[@]}" --interface "$visitor" --header 'Authorization: Bearer swordfish'
}

# seen FIELD ANSWER: what the application saw.
seen() { sed -n "s/^$1=//p" <<< "$2"; }

# The header X-Forwarded-For as it reached the application, which sends it back.
forwarded() { tr -d '\r' <<< "$1" | sed -n 's/^x-forwarded-for: //Ip'; }

# same WHAT EXPECTED FOUND
same() { [[ $2 == "$3" ]] || fail "$1: expected \"$2\", found \"$3\""; }

# What the application sees of the visitor's address and identity.
a_visit() {
    local way=$1 answer header identity
    header=(- "$invented" "$invented, $visitor" "$invented, $visitor" "$invented, $visitor, $proxy" "$invented, $visitor")
    identity=(- CN=visitor none CN=balancer-of-shop CN=ingress.cluster.internal CN=ingress-of-mail)
    step "way $way: the application knows the visitor's address, whatever the client claims; the certificate that it sees: ${identity[way]}"
    answer=$(visit "$way") || fail "$answer"
    cell[$way peer]=$(seen peer "$answer")
    cell[$way header]=$(forwarded "$answer")
    cell[$way believed]=$(seen believed "$answer")
    cell[$way identity]=$(seen certificate "$answer")
    same answer application "$(seen answer "$answer")"
    same peer "$proxy" "${cell[$way peer]}"
    same X-Forwarded-For "${header[way]}" "${cell[$way header]}"
    same "the address" "$visitor" "${cell[$way believed]}"
    same "the certificate" "${identity[way]}" "${cell[$way identity]}"
}

# Who could read the visitor's request: servers that write its path into their logs, and wires that carry its secret.
who_reads() {
    local way=$1 hop readers=() expected
    expected=(- "no one" "balancer, wire to application" balancer "balancer, ingress" ingress)
    step "way $way: who can read the request between visitor and application: ${expected[way]}"
    settled "$way-balancer" "$visitor:"
    ! grep -q 'GET /seen' "log/$way-balancer" || readers+=(balancer)
    # The ingress of 1 and 3 has no key: it sees what the wire to it carries.
    if [[ $way == [45] ]]; then
        settled nginx-requests "${hosts[way]} "
        ! grep -q "^${hosts[way]} GET /seen" log/nginx-requests || readers+=(ingress)
    fi
    for hop in ${hops[way]#1 }; do
        [[ -s wires/$way$hop.seen ]] || fail "nothing went over the wire $way$hop"
        grep -q swordfish "wires/$way$hop.seen" || continue
        [[ $hop == "${hops[way]: -1}" ]] && readers+=("wire to application") || readers+=("wire to ingress")
    done
    ((${#readers[@]})) || readers=("no one")
    cell[$way readers]=$(printf '%s, ' "${readers[@]}" | sed 's/, $//')
    same readers "${expected[way]}" "${cell[$way readers]}"
}

# settled LOG TEXT: waits for the line with TEXT, which servers write when a connection has come to its end.
settled() {
    local deadline=$((SECONDS + 5))
    until grep -qsF -- "$2" "log/$1"; do
        ((SECONDS < deadline)) || fail "$1 never said \"$2\""
        sleep 0.05
    done
}

# The last wire leads to an impostor, who has all the right names, and a certificate of another authority.
an_impostor() {
    local way=$1 last="$1${hops[$1]: -1}" answer
    case $way in
        1)
            lead "$last" "${port[impostor behind PROXY]}"
            refused "way 1: the visitor himself refuses an impostor" "unable to get local issuer certificate" visit 1
            cell[$way impostor]="the visitor refuses it"
            ;;
        2)
            lead "$last" "${port[impostor without TLS]}"
            step "way 2: an impostor in the application's place answers unnoticed"
            answer=$(visit 2) || fail "$answer"
            same answer impostor "$(seen answer "$answer")"
            cell[$way impostor]="answers"
            ;;
        3)
            lead "$last" "${port[impostor]}"
            refused_by impostor-errors "way 3: the load balancer refuses an impostor" "alert unknown ca" visit 3
            cell[$way impostor]="the balancer refuses it"
            ;;
        *)
            lead "$last" "${port[impostor]}"
            refused_by nginx "way $way: the ingress refuses an impostor" \
                "(21:unable to verify the first certificate) while SSL handshaking to upstream" visit "$way"
            cell[$way impostor]="the ingress refuses it"
            ;;
    esac
    lead "$last" "${port[$last]}"
}

# knock AUTHORITY HOST PORT CURL-OPTIONS...: an attacker who reaches a server behind the load balancer, and trusts it.
# With TLS 1.2, the reason for the refusal arrives within the handshake.
knock() {
    ask "$2" "$3" --interface "$attacker" --tls-max 1.2 --cacert "pki/$1/ca/root/ca.crt" "${@:4}"
}

# What an attacker can do who is behind the load balancer already.
behind_passthrough() {
    local answer
    refused "way 1: straight to the application: no certificate, no answer" "alert handshake failure" \
        knock test.extern passthrough.example.com "${port[forged 1]}"
    refused "way 1: straight to the application: a certificate of another authority is refused" "alert unknown ca" \
        knock test.extern passthrough.example.com "${port[forged 1]}" "${attackers[@]}"
    step "way 1: straight to the application: a visitor with a certificate can forge the address in the PROXY line"
    as test.extern visitor
    answer=$(knock test.extern passthrough.example.com "${port[forged 1]}" "${shown[@]}") || fail "$answer"
    same "the address" "$invented" "$(seen believed "$answer")"
    cell[1 straight]="refused without a certificate; with a visitor's, any address is believed"
}

behind_offload() {
    local answer
    step "way 2: straight to the application: anyone is answered, without TLS; a forged address is not believed"
    answer=$(timeout 20 curl --silent --show-error --fail --include --interface "$attacker" \
        --header "X-Forwarded-For: $invented" "http://127.0.0.1:${port[22]}/seen" 2>&1) || fail "$answer"
    same answer application "$(seen answer "$answer")"
    same "the address" "$attacker" "$(seen believed "$answer")"
    cell[2 straight]="answered"
}

behind_shop() {
    refused "way 3: straight to the application: no certificate, no answer" "alert handshake failure" \
        knock test.db shop.db.internal "${port[33]}"
    as test.extern visitor
    refused "way 3: straight to the application: what visitors have is of another authority" "alert unknown ca" \
        knock test.db shop.db.internal "${port[33]}" "${shown[@]}"
    as test.db report-of-shop
    refused "way 3: straight to the application: the right authority, but no declared caller" "error: 403" \
        knock test.db shop.db.internal "${port[33]}" "${shown[@]}"
    cell[3 straight]="refused"
}

behind_portal() {
    refused_by nginx "way 4: straight to the ingress: no certificate, no answer" \
        "client sent no required SSL certificate while reading client request headers, client: $attacker" \
        knock test ingress.cluster.internal "${port[42]}"
    refused_by nginx "way 4: straight to the ingress: a certificate of another authority is refused" \
        "client SSL certificate verify error: (21:unable to verify the first certificate)" \
        knock test ingress.cluster.internal "${port[42]}" "${attackers[@]}"
    refused "way 4: straight to the application: no certificate, no answer" "alert handshake failure" \
        knock test portal.cluster.internal "${port[43]}"
    as test balancer-of-portal
    refused "way 4: straight to the application: not even the load balancer may leave the ingress out" "error: 403" \
        knock test portal.cluster.internal "${port[43]}" "${shown[@]}"
    cell[4 straight]="refused"
}

behind_mail() {
    local answer
    refused "way 5: straight to the application: no certificate, no answer" "alert handshake failure" \
        knock test.mail webmail.mail.internal "${port[53]}"
    as test.db balancer-of-shop
    refused "way 5: straight to the application: another team's certificate is refused" "alert unknown ca" \
        knock test.mail webmail.mail.internal "${port[53]}" "${shown[@]}"
    step "way 5: straight to the ingress: a PROXY line that is not the load balancer's is not believed"
    answer=$(knock test.extern mail.example.com "${port[forged 5]}") || fail "$answer"
    same "the address" "$attacker" "$(seen believed "$answer")"
    cell[5 straight]="refused; at the ingress, an invented address is not believed"
}

# What was seen; the README shows the same.
table() {
    local way name row column
    name=(- "L4 passthrough" "TLS offload" "inspect, then pass through" "three HTTPS hops" "inspecting ingress")
    step "the README's table is what was seen"
    say "| way | peer | X-Forwarded-For | address it believes | certificate it sees | who can read | impostor in its place | straight to it |"
    say "|---|---|---|---|---|---|---|---|"
    for way in 1 2 3 4 5; do
        row="| $way ${name[way]} |"
        for column in peer header believed identity readers impostor straight; do row+=" ${cell[$way $column]} |"; done
        say "$row"
        grep -qxF -- "$row" README.md || fail "the README says something else"
    done
}

main
