# How a client reaches Vault and is sure that it is the right one. Made by pkictl <version>.
# Use:   . ./vault-client.sh
# Check: vault status   (it ends with 2 while the server is sealed)
export VAULT_ADDR=https://web.apps.example.com:8443
# These authorities take the place of the system's; the host name is checked, too.
export VAULT_CACERT=/etc/tls/ca.crt
# The certificate, then the intermediates; no root.
export VAULT_CLIENT_CERT=/etc/tls/tls.crt
export VAULT_CLIENT_KEY=/etc/tls/tls.key
