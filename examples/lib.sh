# What the examples share: a place to work in, servers that end with the example, and steps that say what they prove.
# Read by each run.sh; `begin` comes first, `finish` last.

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
steps=0
left_out=
servers=()

# Copies the example in DIRECTORY into a temporary one that is removed at the end, and goes there.
begin() {
    if [[ -z ${PKICTL:-} ]]; then
        say "building pkictl, which takes some minutes the first time"
        cargo build --release --locked --quiet --manifest-path "$project/Cargo.toml"
        PKICTL=${CARGO_TARGET_DIR:-$project/target}/release/pkictl
    fi
    PKICTL=$(realpath "$PKICTL")
    peers=${PKICTL_PEERS:-$project/.peers}
    [[ ! -d $peers ]] || peers=$(realpath "$peers")
    # A build machine may set what its clients trust.
    unset SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE GIT_SSL_CAINFO PIP_CERT
    unset PKICTL_DIR PKICTL_ENV PKICTL_PASSPHRASE
    work=$(mktemp -d)
    trap stop EXIT
    cp -R "$1/." "$work"
    rm -rf "$work/pki" "$work/deploy"
    cd "$work"
    mkdir log
    # Programs keep caches and sockets there.
    export HOME=$work PYTHONDONTWRITEBYTECODE=1
    # Programs of the peers first; administrators' programs, and those of PostgreSQL, are on no PATH by default.
    local postgres
    postgres=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    PATH=$peers/bin:$PATH:/usr/sbin:/sbin:$postgres:/usr/lib/rabbitmq/bin
}

stop() {
    local status=$?
    # In reverse order: later servers may need the earlier ones.
    for ((i = ${#servers[@]} - 1; i >= 0; i--)); do
        kill "${servers[i]}" 2> /dev/null || true
        wait "${servers[i]}" 2> /dev/null || true
    done
    cd /
    rm -rf "$work"
    exit "$status"
}

finish() { say "all $steps steps hold$left_out"; }

say() { printf '%s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# have WHAT...: whether all of these are installed: programs, modules of Python (python:NAME), packages of npm (npm:NAME).
# If not, it says what is missing and what that leaves out; under PKICTL_REQUIRE_PEERS=1 everything must be there.
have() {
    local what missing=
    for what; do
        installed "$what" || missing="$missing ${what#*:}"
    done
    [[ -n $missing ]] || return 0
    [[ ${PKICTL_REQUIRE_PEERS:-} != 1 ]] || fail "not installed:$missing"
    left_out="; those with real servers were left out"
    say "The steps with real servers need what is not installed here:$missing. On Debian, tests/run.sh installs it."
    return 1
}

installed() {
    case $1 in
        python:*) command -v python3 > /dev/null && python3 -c "import ${1#*:}" 2> /dev/null ;;
        npm:*) [[ -d $peers/npm/node_modules/${1#*:} ]] ;;
        *) command -v "$1" > /dev/null ;;
    esac
}

# What follows is a step; TEXT says what it proves.
step() {
    steps=$((steps + 1))
    say "$steps. $*"
}

# admitted SENTENCE TEXT COMMAND...: the command succeeds, and TEXT is in what it prints.
admitted() {
    local output
    step "$1"
    output=$("${@:3}" 2>&1) || fail "it was refused: ${*:3}"$'\n'"$output"
    [[ $output == *"$2"* ]] || fail "\"$2\" is not in the output of ${*:3}"$'\n'"$output"
}

# refused SENTENCE REASON COMMAND...: the command fails, and says this REASON.
refused() {
    local output
    step "$1"
    if output=$("${@:3}" 2>&1); then fail "it was admitted: ${*:3}"$'\n'"$output"; fi
    [[ $output == *"$2"* ]] || fail "the reason is not \"$2\": ${*:3}"$'\n'"$output"
}

# refused_by SERVER SENTENCE REASON COMMAND...: the command fails, and the server's log says the REASON.
refused_by() {
    local output before deadline=$((SECONDS + 5))
    step "$2"
    before=$(wc -c < "log/$1")
    if output=$("${@:4}" 2>&1); then fail "it was admitted: ${*:4}"$'\n'"$output"; fi
    until tail -c "+$((before + 1))" "log/$1" | grep -qF -- "$3"; do
        ((SECONDS < deadline)) || fail "$1 never said \"$3\""$'\n'"$(< "log/$1")"$'\n'"$output"
        sleep 0.05
    done
}

# start NAME COMMAND...: starts a program that listens nowhere. What it says goes to log/NAME.
start() {
    "${@:2}" > "log/$1" 2>&1 < /dev/null &
    servers+=("$!")
}

# serve NAME PORT COMMAND...: starts a server and waits until it listens. What it says goes to log/NAME.
serve() {
    local name=$1 port=$2 server deadline=$((SECONDS + 120))
    if (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then fail "port $port for $name is in use"; fi
    start "$name" "${@:3}"
    server=${servers[-1]}
    until (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do
        kill -0 "$server" 2> /dev/null || fail "$name has ended"$'\n'"$(< "log/$name")"
        ((SECONDS < deadline)) || fail "$name does not listen on $port"$'\n'"$(< "log/$name")"
        sleep 0.05
    done
}

# Ports of this machine that are free, as many as are asked for, in one line; to be called once. None of those that the
# system gives to outgoing connections, and others than those of examples that run at the same time: either could take
# one before a server of ours listens on it.
free_ports() {
    python3 - "$1" "$$" << 'PYTHON'
import socket, sys
wanted, process = map(int, sys.argv[1:])
port, free = 10000 + process % 140 * 100, []
while len(free) < wanted:
    port += 1
    try:
        socket.create_server(("127.0.0.1", port)).close()
        free.append(port)
    except OSError:
        pass
print(*free)
PYTHON
}

# Servers that refuse to run as root run as the user nobody, which owns everything here: `hand_over` before, `as_nobody` to run.
hand_over() { ((EUID != 0)) || chown -R 65534:65534 "$work"; }

as_nobody() {
    if ((EUID == 0)); then
        exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
    else
        exec "$@"
    fi
}

# logged SERVER TEXT: waits until the server's log says TEXT.
logged() {
    local deadline=$((SECONDS + 120))
    until grep -qF -- "$2" "log/$1"; do
        ((SECONDS < deadline)) || fail "$1 never said \"$2\""$'\n'"$(< "log/$1")"
        sleep 0.05
    done
}
