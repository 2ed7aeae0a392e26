"""Runs the checks of pkilint's lint_pkix_cert on many certificates: {file: [finding, ...]}, WARNING and above."""

import json
import sys

from pkilint import loader
from pkilint.pkix import certificate, extension, name
from pkilint.validation import ValidationFindingSeverity

validator = certificate.create_pkix_certificate_validator_container(
    certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
    [
        certificate.create_issuer_validator_container([]),
        certificate.create_validity_validator_container(),
        certificate.create_subject_validator_container([]),
        certificate.create_extensions_validator_container([]),
        certificate.create_spki_validator_container([]),
    ],
)

report = {}
for path in sys.argv[1:]:
    with open(path) as file:
        document = loader.RFC5280CertificateDocumentLoader().load_pem_document(file.read(), path)
    report[path] = [
        {
            "severity": found.finding.severity.name,
            "code": found.finding.code,
            "message": found.message or "",
            "path": str(result.node.path),
        }
        for result in validator.validate(document.root)
        for found in result.finding_descriptions
        if found.finding.severity <= ValidationFindingSeverity.WARNING
    ]
json.dump(report, sys.stdout)
