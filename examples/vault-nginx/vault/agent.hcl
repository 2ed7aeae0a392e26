# What the agent may do: ask for these two certificates, and nothing else.
path "pki/issue/assets" {
  capabilities = ["update"]
}

path "pki/issue/edge" {
  capabilities = ["update"]
}
