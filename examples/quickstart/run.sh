#!/usr/bin/env bash
# From nothing to a green report: a CA for test, the certificates of a REST API and of those who call it, proof by
# handshakes, and what OpenShift and a container image need. Everything goes into a temporary directory, or into DIR.
#
#   examples/quickstart/run.sh [DIR]
set -euo pipefail

project=$(cd "$(dirname "$0")/../.." && pwd)
if [ -z "${PKICTL:-}" ]; then
  cargo build --release --locked --quiet --manifest-path "$project/Cargo.toml"
  PKICTL=${CARGO_TARGET_DIR:-$project/target}/release/pkictl
fi
directory=${1:-}
if [ -z "$directory" ]; then
  directory=$(mktemp -d)
  trap 'rm -rf "$directory"' EXIT
fi
cd "$directory"
export PKICTL_ENV=test

"$PKICTL" init --org Example
"$PKICTL" issue server rest-api --san rest-api.shop.svc --san rest-api.apps.sandbox.example.com --san localhost
"$PKICTL" issue client backend-1
"$PKICTL" issue wildcard '*.apps.sandbox.example.com'
# Production has a CA of its own: its clients must not be taken in test.
PKICTL_ENV=prod "$PKICTL" init --org Example --quiet
PKICTL_ENV=prod "$PKICTL" issue client backend-1 --quiet

"$PKICTL" emit route reencrypt rest-api --cert '*.apps.sandbox.example.com' --dest-cert rest-api \
  --service rest-api --port 8443 --hostname rest-api.apps.sandbox.example.com -o route.yaml
"$PKICTL" emit dockerfile --base ubi -d image
"$PKICTL" emit gunicorn --cert rest-api --mtls -d gunicorn

"$PKICTL" verify
