#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks at a release's bill of materials: what SPDX 2.3 requires of each element, that nothing named is missing, and that
digests are those of the files beside it.

    sbom_check.py FILE.spdx.json
"""

import hashlib
import json
import re
import sys
from pathlib import Path

# https://spdx.github.io/spdx-spec/v2.3/: what must be there, and what it must look like.
DOCUMENT = {"spdxVersion": r"SPDX-2\.3", "dataLicense": r"CC0-1\.0", "SPDXID": "SPDXRef-DOCUMENT", "name": ".+",
            "documentNamespace": r"[a-z]+:[^#\s]+"}
PACKAGE = {"SPDXID": r"SPDXRef-[A-Za-z0-9.-]+", "name": ".+", "versionInfo": ".+", "downloadLocation": ".+",
           "licenseConcluded": ".+", "licenseDeclared": ".+", "copyrightText": ".+", "supplier": r"Organization: .+"}
LICENCES = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "GPL-2.0-only", "GPL-3.0-or-later",
            "ISC", "LGPL-2.1-or-later", "MIT", "OpenSSL", "Zlib", "curl", "GCC-exception-3.1", "NOASSERTION"}
RELATIONS = {"DESCRIBES", "GENERATED_FROM", "STATIC_LINK", "BUILD_TOOL_OF", "TEST_DEPENDENCY_OF"}
PURL = r"pkg:deb/debian/(?:[a-z0-9.-]|%2B)+@[A-Za-z0-9%:.~-]+\?arch=[a-z0-9]+&distro=bookworm"


def must(true: bool, what: str) -> None:
    if not true:
        sys.exit(f"sbom_check: {what}")


def has(element: dict, fields: dict[str, str]) -> None:
    for field, pattern in fields.items():
        value = element.get(field)
        must(isinstance(value, str) and re.fullmatch(pattern, value) is not None,
             f"{element.get('SPDXID')}: {field} is {value!r}")


def main() -> None:
    path = Path(sys.argv[1])
    document = json.loads(path.read_text(encoding="utf-8"))
    has(document, DOCUMENT)
    has(document["creationInfo"], {"created": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"})
    must(all(re.match("(Tool|Organization|Person): ", one) for one in document["creationInfo"]["creators"]), "creators")
    packages = {one["SPDXID"]: one for one in document["packages"]}
    must(len(packages) == len(document["packages"]), "an SPDXID is there twice")
    for one in packages.values():
        has(one, PACKAGE)
        must(one["filesAnalyzed"] is False, f"{one['SPDXID']}: files were not analysed")
        for field in ("licenseConcluded", "licenseDeclared"):
            words = set(re.sub(r"[()]", " ", one[field]).split()) - {"AND", "OR", "WITH"}
            must(words <= LICENCES, f"{one['SPDXID']}: {words - LICENCES} is no SPDX licence that is known here")
        for sum_ in one.get("checksums", []):
            must(sum_["algorithm"] == "SHA256" and re.fullmatch("[0-9a-f]{64}", sum_["checksumValue"]) is not None,
                 f"{one['SPDXID']}: {sum_}")
        for reference in one.get("externalRefs", []):
            must(reference["referenceType"] == "purl" and reference["referenceCategory"] == "PACKAGE-MANAGER"
                 and re.fullmatch(PURL, reference["referenceLocator"]) is not None, f"{one['SPDXID']}: {reference}")
        must(one["SPDXID"].startswith("SPDXRef-debian-") == bool(one.get("externalRefs")), f"{one['SPDXID']}: purl")
    known, linked = {"SPDXRef-DOCUMENT", *packages}, set()
    for relation in document["relationships"]:
        must({relation["spdxElementId"], relation["relatedSpdxElement"]} <= known, f"{relation} names what is not there")
        must(relation["relationshipType"] in RELATIONS, f"{relation}")
        linked |= {relation["spdxElementId"], relation["relatedSpdxElement"]}
    must(linked == known, f"nothing leads to {known - linked}")
    programs = [one for one in packages.values() if one["SPDXID"].startswith("SPDXRef-program-")]
    must(len(programs) == 5, f"{len(programs)} programs")
    for one in programs:
        content = (path.parent / one["packageFileName"]).read_bytes()
        must(one["checksums"][0]["checksumValue"] == hashlib.sha256(content).hexdigest(), f"{one['name']}: digest")
        parts = {packages[r["relatedSpdxElement"]]["name"] for r in document["relationships"]
                 if r["spdxElementId"] == one["SPDXID"] and r["relationshipType"] == "STATIC_LINK"}
        must({"openssl", "curl", "zlib", "libc6-dev"} <= parts and "googletest" not in parts, f"{one['name']}: {parts}")
    print(f"{path.name}: {len(packages)} packages, {len(document['relationships'])} relationships")


main()
