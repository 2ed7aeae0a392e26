#!/usr/bin/env bash
# Installs what the tests need and is not there (on Debian and its kin), then runs all of them. Arguments go to
# `cargo test`. Programs that are no Debian packages go into .peers, or into the directory that PKICTL_PEERS names.
set -euo pipefail
cd "$(dirname "$0")/.."

# A program and the Debian package that brings it.
readonly programs=(
    cc:build-essential openssl:openssl certtool:gnutls-bin curl:curl git:git python3:python3 javac:default-jdk-headless
    node:nodejs npm:npm chromium:chromium dot:graphviz buildah:buildah debootstrap:debootstrap
    unshare:util-linux setpriv:util-linux haproxy:haproxy nginx:nginx apache2:apache2-bin caddy:caddy
    psql:postgresql-client pg_ctlcluster:postgresql redis-server:redis-server redis-cli:redis-tools
    rabbitmq-server:rabbitmq-server mariadbd:mariadb-server mariadb:mariadb-client mosquitto:mosquitto
    uwsgi-core:uwsgi-core uwsgi_python3:uwsgi-plugin-python3
    mosquitto_pub:mosquitto-clients strace:strace tmux:tmux fish:fish zsh:zsh elvish:elvish man:man-db xz:xz-utils
)
export PKICTL_PEERS=${PKICTL_PEERS:-$PWD/.peers}
incomplete=()

main() {
    command -v cargo >/dev/null || fail "cargo is not installed: Rust comes first"
    packages
    virtual_environment
    npm_packages
    static_program
    other_systems
    if ((${#incomplete[@]} == 0)); then
        export PKICTL_REQUIRE_PEERS=1
    else
        printf 'not installed: %s\n' "${incomplete[@]}" >&2
        [[ -z ${CI:-} ]] || fail "a CI run needs every judge"
        say "tests that need these are skipped, by name"
    fi
    say "tests"
    cargo test --locked "$@"
    say "the library alone"
    cargo test --locked --no-default-features --lib
    cargo run --locked --quiet --no-default-features --example in_memory
    say "examples"
    cargo build --locked --examples
}

# Installs packages without starting the servers among them: the tests start their own.
readonly install='
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf "#!/bin/sh\nexit 101\n" > "$policy" && chmod 755 "$policy"
        trap "rm -f $policy" EXIT
    fi
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" > /dev/null'

# Debian packages of the programs that are missing.
packages() {
    local entry missing=()
    for entry in "${programs[@]}"; do
        found "${entry%%:*}" || missing+=("${entry##*:}")
    done
    python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    ((${#missing[@]})) || return 0
    say "packages: ${missing[*]}"
    if ! found apt-get; then
        incomplete+=("${missing[@]}")
        return
    fi
    retry as_root sh -c "$install" sh "${missing[@]}" || true
    for entry in "${programs[@]}"; do
        found "${entry%%:*}" || incomplete+=("${entry##*:}")
    done
}

# What tests/requirements.txt names, in the versions that it names.
virtual_environment() {
    up_to_date && return
    say "virtual environment: $PKICTL_PEERS"
    if [[ ! -x $PKICTL_PEERS/bin/python3 ]]; then
        python3 -m venv "$PKICTL_PEERS" || { incomplete+=("a virtual environment"); return; }
    fi
    retry "$PKICTL_PEERS/bin/python3" -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt ||
        incomplete+=("what tests/requirements.txt names")
}

up_to_date() {
    [[ -x $PKICTL_PEERS/bin/python3 ]] && "$PKICTL_PEERS/bin/python3" - tests/requirements.txt <<'PYTHON'
import importlib.metadata as metadata, sys
wanted = [line.strip().split("==") for line in open(sys.argv[1]) if "==" in line]
installed = {found.metadata["Name"].lower(): found.version for found in metadata.distributions()}
sys.exit(any(installed.get(name) != version for name, version in wanted))
PYTHON
}

# What tests/package.json names, in the versions of its lock file, beside the virtual environment.
npm_packages() {
    local place=$PKICTL_PEERS/npm
    [[ -d $place/node_modules ]] && cmp -s tests/package-lock.json "$place/package-lock.json" && return
    say "npm packages: $place"
    found npm || return 0
    mkdir -p "$place" && cp tests/package.json "$place/"
    # The lock file goes there last: it says that the rest is complete.
    cp tests/package-lock.json "$place/npm-shrinkwrap.json"
    if retry npm ci --prefix "$place" --ignore-scripts --no-audit --no-fund --loglevel=error; then
        mv "$place/npm-shrinkwrap.json" "$place/package-lock.json"
    else
        incomplete+=("what tests/package.json names")
    fi
}

# What `cargo static` makes, unoptimised and in a directory of its own: the tests look whether it needs anything else.
static_program() {
    say "static program"
    if cargo rustc --locked --quiet --target-dir target/static --bin pkictl -- \
        -C target-feature=+crt-static -C relocation-model=static; then
        export PKICTL_STATIC=$PWD/target/static/debug/pkictl
    else
        incomplete+=("a static C library")
    fi
}

# Windows and macOS are not here. So copies of the sources are judged whose conditions say that this is no Unix, or a Unix
# other than Linux: what stands behind cfg for those systems is compiled, and runs, and what they lack is not used.
other_systems() {
    say "as on Windows"
    other_system windows 's/\bunix\b/false/; s/target_os = "(linux|macos)"/false/g'
    find target/as-on-windows/src -name '*.rs' -exec sed -i 's/os::unix/os::not_there/' {} +
    sed -i "/^\[target.'cfg(unix)'/,/^$/d" target/as-on-windows/Cargo.toml
    on_other_system windows clippy --lib --bins -- -D warnings
    on_other_system windows test --lib
    say "as on macOS"
    other_system macos 's/target_os = "linux"/false/g; s/target_os = "macos"/true/g'
    on_other_system macos clippy --lib --bins -- -D warnings
}

# A copy of the sources, its conditions changed by a script for sed.
other_system() {
    local copy=target/as-on-$1
    rm -rf "$copy" && mkdir -p "$copy/tests"
    cp -r Cargo.toml Cargo.lock build.rs clippy.toml README.md src templates examples "$copy/"
    echo 'fn main() {}' > "$copy/tests/integration.rs"
    find "$copy/src" -name '*.rs' -exec sed -E -i "/cfg!?\(/{ $2 }" {} +
}

# Cargo for such a copy; what both depend on is built already.
on_other_system() {
    local copy=target/as-on-$1 command=$2
    shift 2
    CARGO_TARGET_DIR=$PWD/target cargo "$command" --quiet --offline --manifest-path "$copy/Cargo.toml" "$@"
}

# Administrators' programs are not on every user's PATH.
found() { PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null; }

as_root() {
    if ((EUID == 0)); then
        DEBIAN_FRONTEND=noninteractive "$@"
    elif found sudo; then
        sudo DEBIAN_FRONTEND=noninteractive "$@"
    else
        say "packages are installed by root only"
        return 1
    fi
}

# A download fails now and then.
retry() { "$@" || { sleep 5 && "$@"; }; }

say() { printf '==> %s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

main "$@"
