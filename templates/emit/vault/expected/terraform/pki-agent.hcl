# The agent of OpenBao keeps certificates fresh, and runs a command when one is new. Made by pkictl <version>.
# Before: export BAO_ADDR; /run/secrets/token holds a token that may write pki/issue/*.
# Check:  bao agent -config=pki-agent.hcl -exit-after-auth
# Start:  bao agent -config=pki-agent.hcl
auto_auth {
  method "token_file" {
    config = {
      token_file_path = "/run/secrets/token"
    }
  }
}

# web.apps.example.com: the certificate and the issuer in one file, the key beside it. It is the file that the agent reads
# again to see when to renew, so it must hold the certificate.
template {
  destination = "/etc/tls/web-apps-example-com/tls.crt"
  perms       = "0644"
  contents    = <<TEMPLATE
{{- with pkiCert "pki/issue/web-apps-example-com" "common_name=web.apps.example.com" -}}
{{ .Cert }}{{ .CA }}
{{ .Key | writeToFile "/etc/tls/web-apps-example-com/tls.key" "" "" "0600" }}
{{- end -}}
TEMPLATE
  exec {
    command = ["nginx", "-s", "reload"]
  }
}

template {
  destination = "/etc/tls/web-apps-example-com/ca.crt"
  contents    = "<root>\n"
}

# *.apps.example.com: the certificate and the issuer in one file, the key beside it. It is the file that the agent reads
# again to see when to renew, so it must hold the certificate.
template {
  destination = "/etc/tls/wildcard-apps-example-com/tls.crt"
  perms       = "0644"
  contents    = <<TEMPLATE
{{- with pkiCert "pki/issue/wildcard-apps-example-com" "common_name=*.apps.example.com" -}}
{{ .Cert }}{{ .CA }}
{{ .Key | writeToFile "/etc/tls/wildcard-apps-example-com/tls.key" "" "" "0600" }}
{{- end -}}
TEMPLATE
  exec {
    command = ["nginx", "-s", "reload"]
  }
}

template {
  destination = "/etc/tls/wildcard-apps-example-com/ca.crt"
  contents    = "<root>\n"
}

# 2001:db8::1: the certificate and the issuer in one file, the key beside it. It is the file that the agent reads
# again to see when to renew, so it must hold the certificate.
template {
  destination = "/etc/tls/2001-db8--1/tls.crt"
  perms       = "0644"
  contents    = <<TEMPLATE
{{- with pkiCert "pki/issue/2001-db8--1" "ip_sans=2001:db8::1" -}}
{{ .Cert }}{{ .CA }}
{{ .Key | writeToFile "/etc/tls/2001-db8--1/tls.key" "" "" "0600" }}
{{- end -}}
TEMPLATE
  exec {
    command = ["nginx", "-s", "reload"]
  }
}

template {
  destination = "/etc/tls/2001-db8--1/ca.crt"
  contents    = "<root>\n"
}

# backend: the certificate and the issuer in one file, the key beside it. It is the file that the agent reads
# again to see when to renew, so it must hold the certificate.
template {
  destination = "/etc/tls/backend/tls.crt"
  perms       = "0644"
  contents    = <<TEMPLATE
{{- with pkiCert "pki/issue/backend" "common_name=backend" -}}
{{ .Cert }}{{ .CA }}
{{ .Key | writeToFile "/etc/tls/backend/tls.key" "" "" "0600" }}
{{- end -}}
TEMPLATE
  exec {
    command = ["nginx", "-s", "reload"]
  }
}

template {
  destination = "/etc/tls/backend/ca.crt"
  contents    = "<root>\n"
}
