"""Holds compose.yaml and the emitted fragments against each other and against the certificates."""

import glob
import os
import subprocess
import sys

import yaml

environment = sys.argv[1]
whole = open("compose.yaml").read().replace("${ENVIRONMENT}", environment)
services = yaml.safe_load(whole)["services"]
secrets = set()

for path in sorted(glob.glob(f"deploy/{environment}/*/compose.tls.yaml")):
    fragment = yaml.safe_load(open(path))
    files = {name: secret["file"] for name, secret in fragment["secrets"].items()}
    assert not secrets & files.keys(), f"{path}: a secret of another service has the same name"
    secrets |= files.keys()
    for name, service in fragment["services"].items():
        services[name] |= service
        mounted = {secret["target"]: files[secret["source"]] for secret in service["secrets"]}
        for alias in service["networks"]["default"]["aliases"]:
            asked = ["openssl", "x509", "-noout", "-checkhost", alias, "-in", mounted["/etc/tls/tls.crt"]]
            said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
            assert "does match" in said and "_" not in alias, f"{name}: {said}"
            print(name, "answers to", alias)

for name, service in services.items():
    assert "secrets" in service, f"{name} has no certificate"
    for volume in service["volumes"]:
        assert os.path.exists(volume.split(":")[0]), f"{name}: {volume} is not there"
