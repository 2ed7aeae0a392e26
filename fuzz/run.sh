#!/usr/bin/env bash
# Runs fuzz targets, one after the other: `fuzz/run.sh SECONDS [TARGET...]`, all of them where none is named. What is found
# is in fuzz/artifacts/; it goes into fuzz/crashes/TARGET/, under a name that says what it is, together with the fix.
set -euo pipefail
cd "$(dirname "$0")/.."

main() {
    local seconds=${1:?usage: fuzz/run.sh SECONDS [TARGET...]} failed=() target
    shift
    (($#)) || mapfile -t targets < <(cargo +nightly fuzz list)
    (($#)) && targets=("$@")
    seeds
    for target in "${targets[@]}"; do
        printf '==> %s\n' "$target"
        mkdir -p "fuzz/target/found/$target" "fuzz/target/seeds/$target" "fuzz/crashes/$target"
        # What it finds interesting goes into the first directory; the others are read only.
        cargo +nightly fuzz run "$target" "fuzz/target/found/$target" "fuzz/target/seeds/$target" \
            "fuzz/corpus/$target" "fuzz/crashes/$target" -- \
            -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -print_final_stats=1 || failed+=("$target")
    done
    ((${#failed[@]} == 0)) || { printf 'found something: %s\n' "${failed[*]}" >&2; exit 1; }
}

# Certificates, requests and keys to begin with: no repository keeps them, so they are new each time.
seeds() {
    local place=fuzz/target/seeds made
    made=$(mktemp -d) && trap "rm -rf '$made'" EXIT
    rm -rf "$place" && mkdir -p "$place"/{pem,certificate,request}
    local pkictl=(cargo run --locked --quiet -- --pki "$made")
    "${pkictl[@]}" init --quiet --intermediate --permit-dns a.test --permit-ip 10.0.0.0/8
    "${pkictl[@]}" issue peer web.a.test --quiet --san 10.0.0.1
    "${pkictl[@]}" init --quiet --env open --key-type ed25519
    "${pkictl[@]}" issue spiffe web --quiet --env open --set trust_domain=example.org
    local file number=0
    while read -r file; do
        number=$((number + 1))
        cp "$file" "$place/pem/$number"
        [[ $file != *.crt ]] || openssl x509 -in "$file" -outform der -out "$place/certificate/$number"
        [[ $file != *.key ]] || openssl req -new -key "$file" -subj /CN=web -addext subjectAltName=DNS:web.a.test,IP:::1 \
            -outform der -out "$place/request/$number"
    done < <(find "$made" -name '*.crt' -o -name '*.key')
}

main "$@"
