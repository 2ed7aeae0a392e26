#!/bin/sh
# Hands the authority "issuing" with its private key to OpenBao, and makes roles. Made by pkictl <version>.
# Before: export BAO_ADDR and BAO_TOKEN.
# Start:  sh pki.sh
# Check:  bao list pki/roles
#         bao write pki/issue/web-apps-example-com common_name=web.apps.example.com
#         bao write pki/issue/wildcard-apps-example-com common_name='*.apps.example.com'
#         bao write pki/issue/2001-db8--1 ip_sans=2001:db8::1
#         bao write pki/issue/backend common_name=backend
set -eu

bao secrets enable -path=pki pki
bao secrets tune -max-lease-ttl=43801h pki
# The key goes through standard input: arguments are seen by everybody on the machine.
bao write pki/issuers/import/bundle pem_bundle=- > /dev/null <<'PEM'
<key of issuing>
<intermediate>
<root>
PEM
# Towards its own end, the issuer shortens certificates instead of refusing them.
bao patch pki/issuer/default issuer_name=issuing leaf_not_after_behavior=truncate > /dev/null

# web.apps.example.com: web.apps.example.com
bao write pki/roles/web-apps-example-com - > /dev/null <<'JSON'
{
  "key_type": "ec",
  "key_bits": 256,
  "allowed_domains": ["web.apps.example.com"],
  "allow_bare_domains": true,
  "allow_subdomains": false,
  "allow_wildcard_certificates": false,
  "allow_localhost": false,
  "allow_ip_sans": false,
  "allowed_uri_sans": [],
  "server_flag": true,
  "client_flag": false,
  "key_usage": ["DigitalSignature"],
  "organization": [],
  "max_ttl": "9529h"
}
JSON

# *.apps.example.com: *.apps.example.com
# A role has no word for a wildcard alone: every name below it is allowed as well.
bao write pki/roles/wildcard-apps-example-com - > /dev/null <<'JSON'
{
  "key_type": "ec",
  "key_bits": 256,
  "allowed_domains": ["apps.example.com"],
  "allow_bare_domains": false,
  "allow_subdomains": true,
  "allow_wildcard_certificates": true,
  "allow_localhost": false,
  "allow_ip_sans": false,
  "allowed_uri_sans": [],
  "server_flag": true,
  "client_flag": false,
  "key_usage": ["DigitalSignature"],
  "organization": [],
  "max_ttl": "9529h"
}
JSON

# 2001:db8::1: 2001:db8::1
# A role has no list of addresses: any address is allowed.
bao write pki/roles/2001-db8--1 - > /dev/null <<'JSON'
{
  "key_type": "ec",
  "key_bits": 256,
  "allowed_domains": [],
  "allow_bare_domains": false,
  "allow_subdomains": false,
  "allow_wildcard_certificates": false,
  "allow_localhost": false,
  "allow_ip_sans": true,
  "allowed_uri_sans": [],
  "require_cn": false,
  "server_flag": true,
  "client_flag": false,
  "key_usage": ["DigitalSignature"],
  "organization": [],
  "max_ttl": "9529h"
}
JSON

# backend: backend
bao write pki/roles/backend - > /dev/null <<'JSON'
{
  "key_type": "ec",
  "key_bits": 256,
  "allowed_domains": ["backend"],
  "allow_bare_domains": true,
  "allow_subdomains": false,
  "allow_wildcard_certificates": false,
  "allow_localhost": false,
  "allow_ip_sans": false,
  "allowed_uri_sans": [],
  "server_flag": false,
  "client_flag": true,
  "key_usage": ["DigitalSignature"],
  "organization": [],
  "max_ttl": "9529h"
}
JSON
