#!/bin/sh
# Hands the authority "issuing" with its private key to Vault, and makes roles. Made by pkictl <version>.
# Before: export VAULT_ADDR and VAULT_TOKEN.
# Start:  sh pki-dev.sh
# Check:  vault list pki-dev/roles
set -eu

vault secrets enable -path=pki-dev pki
vault secrets tune -max-lease-ttl=43801h pki-dev
# The key goes through standard input: arguments are seen by everybody on the machine.
vault write pki-dev/issuers/import/bundle pem_bundle=- > /dev/null <<'PEM'
<key of issuing>
<intermediate>
<root>
PEM
# Towards its own end, the issuer shortens certificates instead of refusing them.
vault patch pki-dev/issuer/default issuer_name=issuing leaf_not_after_behavior=truncate > /dev/null
