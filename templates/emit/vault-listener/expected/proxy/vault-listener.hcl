# The listener of OpenBao with TLS. Made by pkictl <version>.
# Use:   put it beside the rest of the configuration: bao server -config=DIR
# Check: bao status -address=https://HOST:8200 -ca-cert=ca.crt   (it ends with 2 while the server is sealed)
# Renew: kill -HUP the server: it reads the certificate and the key again, but not the authorities of the clients.
listener "tcp" {
  address = "0.0.0.0:8200"

  # The certificate, then the intermediates; no root. The server's user must be able to read the key.
  tls_cert_file = "/run/tls/tls.crt"
  tls_key_file  = "/run/tls/tls.key"
  tls_min_version = "tls12"
  # Of TLS 1.2; those of TLS 1.3 are not to be chosen.
  tls_cipher_suites = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"

  # Only 10.0.0.0/8 tells the caller's address; what others say of it is passed over. Not "deny_unauthorized": one
  # connection from elsewhere, and the listener of OpenBao 2.7 is closed for everybody.
  proxy_protocol_behavior         = "allow_authorized"
  proxy_protocol_authorized_addrs = "10.0.0.0/8"
}
