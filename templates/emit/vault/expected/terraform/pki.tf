# The authority "issuing" for OpenBao, and a role for each credential, as Terraform has them. Made by pkictl <version>.
# Before: export VAULT_ADDR and VAULT_TOKEN, which the provider reads for OpenBao, too; terraform init
# Check:  terraform validate
# Apply:  TF_VAR_pki_bundle="$(cat pki-bundle.pem)" terraform apply
# pki-bundle.pem holds the private key. Terraform writes it into its state in the clear: encrypt the state, or use the script.
terraform {
  required_providers {
    vault = {
      source  = "hashicorp/vault"
      version = ">= 4.0"
    }
  }
}

variable "pki_bundle" {
  description = "Private key and certificates of issuing"
  type        = string
  sensitive   = true
}

resource "vault_mount" "pki" {
  path                  = "pki"
  type                  = "pki"
  max_lease_ttl_seconds = 157683600
}

resource "vault_pki_secret_backend_config_ca" "pki" {
  backend    = vault_mount.pki.path
  pem_bundle = var.pki_bundle
}

# Towards its own end, the issuer shortens certificates instead of refusing them.
resource "vault_pki_secret_backend_issuer" "pki" {
  backend                 = vault_pki_secret_backend_config_ca.pki.backend
  issuer_ref              = "default"
  issuer_name             = "issuing"
  leaf_not_after_behavior = "truncate"
}

# web.apps.example.com: web.apps.example.com
resource "vault_pki_secret_backend_role" "web-apps-example-com" {
  backend                     = vault_mount.pki.path
  issuer_ref                  = vault_pki_secret_backend_issuer.pki.issuer_ref
  name                        = "web-apps-example-com"
  key_type                    = "ec"
  key_bits                    = 256
  allowed_domains             = ["web.apps.example.com"]
  allow_bare_domains          = true
  allow_subdomains            = false
  allow_wildcard_certificates = false
  allow_localhost             = false
  allow_ip_sans               = false
  allowed_uri_sans            = []
  server_flag                 = true
  client_flag                 = false
  key_usage                   = ["DigitalSignature"]
  organization                = []
  max_ttl                     = 34304400
}

# *.apps.example.com: *.apps.example.com
# A role has no word for a wildcard alone: every name below it is allowed as well.
resource "vault_pki_secret_backend_role" "wildcard-apps-example-com" {
  backend                     = vault_mount.pki.path
  issuer_ref                  = vault_pki_secret_backend_issuer.pki.issuer_ref
  name                        = "wildcard-apps-example-com"
  key_type                    = "ec"
  key_bits                    = 256
  allowed_domains             = ["apps.example.com"]
  allow_bare_domains          = false
  allow_subdomains            = true
  allow_wildcard_certificates = true
  allow_localhost             = false
  allow_ip_sans               = false
  allowed_uri_sans            = []
  server_flag                 = true
  client_flag                 = false
  key_usage                   = ["DigitalSignature"]
  organization                = []
  max_ttl                     = 34304400
}

# 2001:db8::1: 2001:db8::1
# A role has no list of addresses: any address is allowed.
resource "vault_pki_secret_backend_role" "_2001-db8--1" {
  backend                     = vault_mount.pki.path
  issuer_ref                  = vault_pki_secret_backend_issuer.pki.issuer_ref
  name                        = "2001-db8--1"
  key_type                    = "ec"
  key_bits                    = 256
  allowed_domains             = []
  allow_bare_domains          = false
  allow_subdomains            = false
  allow_wildcard_certificates = false
  allow_localhost             = false
  allow_ip_sans               = true
  allowed_uri_sans            = []
  require_cn                  = false
  server_flag                 = true
  client_flag                 = false
  key_usage                   = ["DigitalSignature"]
  organization                = []
  max_ttl                     = 34304400
}

# backend: backend
resource "vault_pki_secret_backend_role" "backend" {
  backend                     = vault_mount.pki.path
  issuer_ref                  = vault_pki_secret_backend_issuer.pki.issuer_ref
  name                        = "backend"
  key_type                    = "ec"
  key_bits                    = 256
  allowed_domains             = ["backend"]
  allow_bare_domains          = true
  allow_subdomains            = false
  allow_wildcard_certificates = false
  allow_localhost             = false
  allow_ip_sans               = false
  allowed_uri_sans            = []
  server_flag                 = false
  client_flag                 = true
  key_usage                   = ["DigitalSignature"]
  organization                = []
  max_ttl                     = 34304400
}
