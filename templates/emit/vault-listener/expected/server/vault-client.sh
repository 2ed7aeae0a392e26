# How a client reaches OpenBao and is sure that it is the right one. Made by pkictl <version>.
# Use:   . ./vault-client.sh
# Check: bao status   (it ends with 2 while the server is sealed)
export BAO_ADDR=https://web.apps.example.com:8200
# These authorities take the place of the system's; the host name is checked, too.
export BAO_CACERT=/etc/tls/ca.crt
