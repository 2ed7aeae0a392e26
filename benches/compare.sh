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

# Every run makes new files, as a first run does: those of the run before are moved out of the way. They are not deleted,
# for ext4 without a journal, as virtual machines have it, steps over all inodes that were deleted near by within the last
# minutes whenever it needs one: after a build or a test run that alone takes milliseconds. `file_system` tells.
compare() { # NAME OUR-COMMAND OUR-FILES PEER-NAME PEER-COMMAND PEER-FILES
  local away_ours="mv --backup=numbered $3 aside" away_peer="mv --backup=numbered $6 aside"
  $2 > first.log 2>&1
  $5 >> first.log 2>&1
  hyperfine -N --warmup 5 --runs "$runs" --export-json result.json \
    --prepare "$away_ours" "$2" --prepare "$away_peer" "$5" > hyperfine.log 2>&1
  $away_ours
  row "$1" "$4"
}

row() { # NAME PEER-NAME, of what hyperfine measured last
  python3 - "$1" "$2" << 'EOT'
import json, sys
ours, peer = (result["median"] * 1000 for result in json.load(open("result.json"))["results"])
print(f"| {sys.argv[1]} | {ours:.2f} ms | {sys.argv[2]}: {peer:.2f} ms | {ours / peer:.2f} |")
EOT
}

file_system() { # how long one new file takes, and one that is on disk
  python3 - << 'EOT'
import os, statistics, time
def median(durable):
    times = []
    for n in range(50):
        start = time.perf_counter()
        file = os.open(f"aside/{durable}{n}", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        if durable:
            os.write(file, b"x")
            os.fsync(file)
        times.append(time.perf_counter() - start)
        os.close(file)
    return statistics.median(times) * 1000
print(f"A new file takes {median(False):.3f} ms here, and one that is on disk {median(True):.3f} ms.")
EOT
}

mkdir aside
echo "Median of $runs runs on $(nproc) cores. pkictl waits until its files are on disk; its peers do not."
file_system
echo
echo "| what | pkictl | peer | ratio |"
echo "|---|---|---|---|"
issue="$pkictl issue server web.test --quiet"
made=pki/dev/certs/web.test
mkcert_made="web.test.pem web.test-key.pem"
export CAROOT=$work/default-root
unset TRUST_STORES
compare "issue, P-256" "$issue" $made "mkcert -ecdsa" "mkcert -ecdsa web.test" "$mkcert_made"
# As above it also looks whether its root is among those of the system. From here on it issues and does nothing else.
export TRUST_STORES=none
compare "issue, P-256" "$issue" $made \
  "mkcert -ecdsa, TRUST_STORES=none" "mkcert -ecdsa web.test" "$mkcert_made"
export CAROOT=$work/ecdsa-root
compare "issue, P-256" "$issue" $made \
  "the same, with a root made with -ecdsa" "mkcert -ecdsa web.test" "$mkcert_made"
compare "issue, P-256" "$issue" $made "openssl req and x509" "sh openssl.sh" "o.key o.csr o.crt"
compare "issue, P-256" "$issue" $made "certtool, twice" "sh certtool.sh" "c.key c.crt"
compare "issue, RSA-2048" "$issue --key-type rsa-2048" $made \
  "mkcert, TRUST_STORES=none" "mkcert web.test" "$mkcert_made"
hyperfine -N --warmup 5 --runs "$runs" --export-json result.json "$pkictl --version" /bin/true > hyperfine.log 2>&1
row "cold start, --version" "/bin/true"

echo
printf 'Release binary: %s KiB.\n' "$(($(stat -c %s "$pkictl") / 1024))"
if [ -x /usr/bin/time ]; then
  printf 'Peak memory of issue: %s KiB.\n' "$(/usr/bin/time -f %M $issue 2>&1 | tail -n 1)"
fi
