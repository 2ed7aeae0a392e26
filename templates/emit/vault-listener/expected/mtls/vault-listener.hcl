# The listener of Vault with TLS, which admits only clients with a certificate from the authorities of ca.crt. Made by pkictl <version>.
# Use:   put it beside the rest of the configuration: vault server -config=DIR
# Check: vault status -address=https://web.apps.example.com:8443 -ca-cert=ca.crt -client-cert=tls.crt -client-key=tls.key   (it ends with 2 while the server is sealed; with a client's files)
# Renew: kill -HUP the server: it reads the certificate and the key again, but not the authorities of the clients.
listener "tcp" {
  address = "[::1]:8443"

  # The certificate, then the intermediates; no root. The server's user must be able to read the key.
  tls_cert_file = "/etc/tls/tls.crt"
  tls_key_file  = "/etc/tls/tls.key"
  tls_min_version = "tls13"

  # Authorities of the clients. Nobody comes in without a certificate; what a caller may do, its token says.
  tls_client_ca_file                 = "/etc/tls/ca.crt"
  tls_require_and_verify_client_cert = true
}
