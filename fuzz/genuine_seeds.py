#!/usr/bin/env python3
"""Writes seeds for the fuzz targets of evidence from genuine captures, which are third-party data and stay outside the
project. Standard library only.

usage: fuzz/genuine_seeds.py EVIDENCE FOLDER [PROGRAMS]
Makes FOLDER/TARGET/NAME from the evidence under EVIDENCE. With PROGRAMS, a folder with the fuzz_TARGET of a build, runs
each target over its seeds. Ends with 77 where EVIDENCE is not there: the test is then shown as skipped.
"""

import base64
import pathlib
import re
import subprocess
import sys


def pem_to_der(text):
    for block in re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", text, re.S):
        yield base64.b64decode("".join(block.split()))


def certificates(file):
    if file.suffix == ".der":
        yield file.read_bytes()
    elif file.suffix == ".pem":
        yield from pem_to_der(file.read_text())


def seeds(evidence):
    """(target, name, bytes); a target's own source says what its first byte means."""
    for file in sorted(path for path in evidence.rglob("*") if path.is_file()):
        name = f"{file.parent.name}-{file.name}"
        data = file.read_bytes()
        folder = file.parent.name
        if file.name == "report.bin" and folder.startswith("snp-"):
            yield "snp_report", name, data
            yield "collateral", name, b"\0" + data
        elif file.name in ("report.bin", "gpu_report.bin"):
            yield "nvidia_gpu", name, data
        elif file.name == "hcl_report.bin":
            yield "hcl_report", name, data
            yield "collateral", name, b"\2" + data
        elif file.name.endswith("quote.msg") and len(data) < 256:
            yield "tpm_quote", name, bytes([len(data)]) + data + file.with_suffix(".sig").read_bytes()
        elif file.name in ("quote.bin", "td_quote.bin"):
            yield "tdx", name, b"\0" + data
            yield "collateral", name, b"\1" + data
        elif file.name == "tcb_info.json":
            yield "tdx", name, b"\1" + data
        elif file.name == "qe_identity.json":
            yield "tdx", name, b"\2" + data
        elif file.suffix in (".xml", ".swidtag"):
            yield "nvidia_rim", name, data
        elif file.suffix == ".jwt":
            yield "tokens", name, b"\0" + data
            yield "tokens", name + "-maa", b"\3" + data
        elif file.name.endswith("jwks.json"):
            yield "tokens", name, b"\1" + data
        elif file.name.startswith("nras_"):
            yield "tokens", name, b"\2" + data
        if file.name.endswith("cert_chain.pem"):
            yield "collateral", name, b"\3" + data
        elif file.name.endswith("issuer_chain.pem"):
            yield "collateral", name, b"\4" + data
        if file.suffix == ".pem":
            yield "certificates", name + "-path", b"\3\x22\x38" + data  # 2024
            yield "certificates", name + "-later", b"\3\x25\x40" + data  # 2026
        if "crl" in file.name and file.suffix == ".der":
            yield "certificates", name, b"\1" + data
        else:
            for number, der in enumerate(certificates(file)):
                yield "certificates", f"{name}-{number}", b"\0" + der
        if folder.startswith("snp-") or file.name.startswith("amd_"):
            for number, der in enumerate(certificates(file)):
                yield "amd_endorsement", f"{name}-{number}", der


def main():
    evidence, folder = map(pathlib.Path, sys.argv[1:3])
    if not (evidence / "MANIFEST.json").is_file():
        print(f"genuine_seeds: {evidence} has no evidence")
        return 77
    counts = {}
    for target, name, data in seeds(evidence):
        (folder / target).mkdir(parents=True, exist_ok=True)
        (folder / target / name).write_bytes(data)
        counts[target] = counts.get(target, 0) + 1
    for target, count in sorted(counts.items()):
        print(f"{target}: {count} genuine seeds")
        if len(sys.argv) > 3:
            program = pathlib.Path(sys.argv[3]) / f"fuzz_{target}"
            subprocess.run([program, *sys.argv[4:], folder / target], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
