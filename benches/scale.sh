#!/usr/bin/env bash
# Scale: manifests of 1,000 and 10,000 services applied (durable: on disk before success is said), applied again without
# change, and proven; against loops of mkcert and openssl over 100 certificates, and handshakes against openssl s_time,
# all in the same run. Prints Markdown.
#
#   benches/scale.sh [ROUNDS]
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd)
rounds=${1:-3}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2> /dev/null || true; rm -rf "$work"' EXIT

for tool in mkcert openssl python3 cargo /usr/bin/time; do
  command -v "$tool" > /dev/null || { echo "benches/scale.sh needs $tool" >&2; exit 1; }
done

cargo build --release --locked --quiet --manifest-path "$project/Cargo.toml"
pkictl=${CARGO_TARGET_DIR:-$project/target}/release/pkictl
cd "$work"
export TRUST_STORES=none CAROOT=$work/mkcert

manifest() { # SERVICES: each with a name of its own, every tenth calls the one before it
  echo 'version = 1'
  echo 'environments = ["bench"]'
  for ((n = 0; n < $1; n++)); do
    printf '[service.s%d]\nnames = ["s%d.bench.example.com"]\n' "$n" "$n"
    if ((n % 10 == 1)); then printf 'callers = ["s%d"]\n' "$((n - 1))"; fi
  done
}

# Best wall seconds of some rounds, and the largest peak memory in KiB. Before each round, PREPARE.
measure() { # PREPARE COMMAND...
  local prepare=$1 best= most=0
  shift
  for ((round = 0; round < rounds; round++)); do
    eval "$prepare"
    sync
    /usr/bin/time -o time.txt -f '%e %M' "$@" > out.txt 2>&1 || { cat out.txt >&2; exit 1; }
    read -r seconds kib < time.txt
    if [ -z "$best" ] || awk "BEGIN { exit !($seconds < $best) }"; then best=$seconds; fi
    if ((kib > most)); then most=$kib; fi
  done
  echo "$best $most"
}

ratio() { awk "BEGIN { printf \"%.2f\", $1 / $2 }"; }

mkcert -ecdsa warm.test > mkcert.log 2>&1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=bench -days 30 \
  -keyout ca.key -out ca.crt 2> openssl.log
printf 'subjectAltName=DNS:web.test\nextendedKeyUsage=serverAuth\n' > leaf.ext
cat > mkcert.sh << 'EOT'
for ((n = 0; n < 100; n++)); do mkcert -ecdsa "s$n.bench.example.com"; done
EOT
cat > openssl.sh << 'EOT'
for ((n = 0; n < 100; n++)); do
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=s$n.test" -keyout "o$n.key" -out o.csr
  openssl x509 -req -in o.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile leaf.ext -out "o$n.crt"
done
EOT

echo "Best of $rounds rounds on $(nproc) cores."
echo
echo "| what | seconds | peak memory |"
echo "|---|---|---|"
for services in 100 1000 10000; do
  mkdir -p "n$services"
  manifest "$services" > "n$services/pkictl.toml"
  read -r seconds kib < <(measure "rm -rf n$services/pki" "$pkictl" apply -f "n$services/pkictl.toml" --quiet)
  echo "| apply $services services | $seconds | $((kib / 1024)) MiB |"
  if [ "$services" = 100 ]; then ours=$seconds; fi
  read -r seconds kib < <(measure : "$pkictl" apply -f "n$services/pkictl.toml" --quiet)
  echo "| apply $services again, no change | $seconds | $((kib / 1024)) MiB |"
done
read -r peer _ < <(measure : bash mkcert.sh)
echo "| 100 times mkcert -ecdsa | $peer (pkictl: $(ratio "$ours" "$peer")) | |"
read -r peer _ < <(measure : bash openssl.sh)
echo "| 100 times openssl req, x509 | $peer (pkictl: $(ratio "$ours" "$peer")) | |"

# Thirty services that all call one another: 1,800 connections with client certificates, and everything around them.
mkdir -p matrix
python3 - > matrix/pkictl.toml << 'EOT'
names = [f"s{n}" for n in range(30)]
print('version = 1\nenvironments = ["bench"]')
for name in names:
    callers = ", ".join(f'"{other}"' for other in names)
    print(f'[service.{name}]\nnames = ["{name}.bench.example.com"]\ncallers = [{callers}]')
EOT
"$pkictl" apply -f matrix/pkictl.toml --quiet > apply.log
read -r seconds kib < <(measure : "$pkictl" verify -f matrix/pkictl.toml --format json)
mutual=$(python3 -c 'import json; report = json.load(open("out.txt")); print(sum(1 for one in report["environments"] for check in one["checks"] if check["group"] == "policy"))')
echo "| verify 30 x 30, TLS 1.3 and 1.2, $mutual policy checks | $seconds | $((kib / 1024)) MiB |"

# A new connection with client certificate each time; both ends on this machine, as in verify.
certs=matrix/pki/bench/certs
openssl s_server -accept 127.0.0.1:0 -naccept 100000 -quiet -tls1_3 -cert $certs/s0/tls.crt -key $certs/s0/tls.key \
  -CAfile $certs/s0/ca.crt -Verify 1 -verify_return_error > server.log 2>&1 &
server=$!
for ((try = 0; try < 50; try++)); do
  port=$(python3 - "$server" << 'EOT'
import os, sys
inodes = {os.readlink(f"/proc/{sys.argv[1]}/fd/{fd}") for fd in os.listdir(f"/proc/{sys.argv[1]}/fd")}
for line in open("/proc/net/tcp").read().splitlines()[1:]:
    part = line.split()
    if part[3] == "0A" and f"socket:[{part[9]}]" in inodes:
        print(int(part[1].split(":")[1], 16))
EOT
)
  [ -n "$port" ] && break
  sleep 0.1
done
openssl s_time -connect "127.0.0.1:$port" -new -time 3 -cert $certs/s1/tls.crt -key $certs/s1/tls.key \
  -CAfile $certs/s0/ca.crt > s_time.txt 2>&1
python3 - "$mutual" "$seconds" "$(nproc)" << 'EOT'
import re, sys
mutual, seconds, cores = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
text = open("s_time.txt").read()
count, real = re.search(r"(\d+) connections in (\d+) real seconds", text).groups()
(client,) = re.search(r"([\d.]+) connections/user sec", text).groups()
ours, peer = mutual / seconds / cores, int(count) / int(real) / cores
print(f"\nNew mTLS connections a second and core, both ends: pkictl verify {ours:.0f} (its other checks included).")
print(f"openssl s_time -new: {peer:.0f} by the clock (ratio {ours / peer:.1f}); {float(client):.0f} a second of its client's own CPU time.")
EOT
