#!/usr/bin/env bash
# Compares pkictl with its peers, pair by pair in the same run: certificates with P-256 and RSA-2048 keys, cold start,
# size and peak memory. Needs hyperfine, mkcert, openssl, certtool and GNU time. Prints a Markdown table with ratios.
#
#   benches/compare.sh [RUNS]
#   PKICTL=FILE benches/compare.sh [RUNS]    a program that was built in another way than by `cargo static`
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd)
runs=${1:-60}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for tool in hyperfine mkcert openssl certtool python3 cargo; do
  command -v "$tool" > /dev/null || { echo "benches/compare.sh needs $tool" >&2; exit 1; }
done

if [ -z "${PKICTL:-}" ]; then
  # As README says to install it on Linux.
  (cd "$project" && CARGO_TERM_QUIET=true cargo static)
fi
pkictl=$(realpath "${PKICTL:-${CARGO_TARGET_DIR:-$project/target}/release/pkictl}")

cd "$work"
export TRUST_STORES=none
"$pkictl" init --org Bench --quiet
# mkcert's root has an RSA-3072 key unless its very first run says otherwise.
CAROOT=$work/default-root mkcert -ecdsa=false warm.test > mkcert.log 2>&1
CAROOT=$work/ecdsa-root mkcert -ecdsa warm.test >> mkcert.log 2>&1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=bench -days 30 \
  -keyout ca.key -out ca.crt 2> openssl.log
printf 'subjectAltName=DNS:web.test\nextendedKeyUsage=serverAuth\n' > leaf.ext
printf 'cn = web.test\ndns_name = web.test\ntls_www_server\nsigning_key\nexpiration_days = 30\n' > leaf.tmpl
cat > openssl.sh << 'EOT'
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=web.test -keyout o.key -out o.csr
openssl x509 -req -in o.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile leaf.ext -out o.crt
EOT
cat > certtool.sh << 'EOT'
certtool --generate-privkey --key-type ecdsa --curve secp256r1 --outfile c.key
certtool --generate-certificate --load-privkey c.key --load-ca-certificate ca.crt --load-ca-privkey ca.key \
  --template leaf.tmpl --outfile c.crt
EOT

compare() { # NAME OUR-COMMAND PEER-NAME PEER-COMMAND [PREPARE-OURS]
  hyperfine -N --warmup 5 --runs "$runs" --prepare "${5:-true}" "$2" --prepare true "$4" \
    --export-json result.json > hyperfine.log 2>&1
  python3 - "$1" "$3" << 'EOT'
import json, sys
ours, peer = (result["median"] * 1000 for result in json.load(open("result.json"))["results"])
print(f"| {sys.argv[1]} | {ours:.2f} ms | {sys.argv[2]}: {peer:.2f} ms | {ours / peer:.2f} |")
EOT
}

echo "Median of $runs runs on $(nproc) cores. pkictl waits until its files are on disk; its peers do not."
echo
echo "| what | pkictl | peer | ratio |"
echo "|---|---|---|---|"
issue="$pkictl issue server web.test --quiet"
# Each certificate of ours is a new one: nothing is replaced, as in a first run. The one before is moved and not removed,
# for ext4 looks long for a new inode among many that were just deleted.
mkdir aside
$issue
aside='mv --backup=numbered -T pki/dev/certs/web.test aside/web.test'
export CAROOT=$work/default-root
compare "issue, P-256" "$issue" "mkcert -ecdsa, its default root" "mkcert -ecdsa web.test" "$aside"
export CAROOT=$work/ecdsa-root
compare "issue, P-256" "$issue" "mkcert -ecdsa, a root made with -ecdsa" "mkcert -ecdsa web.test" "$aside"
compare "issue, P-256" "$issue" "openssl req and x509" "sh openssl.sh" "$aside"
compare "issue, P-256" "$issue" "certtool, twice" "sh certtool.sh" "$aside"
compare "issue, RSA-2048" "$issue --key-type rsa-2048" "mkcert" "mkcert web.test" "$aside"
compare "cold start, --version" "$pkictl --version" "/bin/true" "/bin/true"

echo
printf 'Release binary: %s KiB.\n' "$(($(stat -c %s "$pkictl") / 1024))"
if [ -x /usr/bin/time ]; then
  $aside
  printf 'Peak memory of issue: %s KiB.\n' "$(/usr/bin/time -f %M $issue 2>&1 | tail -n 1)"
fi
