"""Writes the digest of each bundled protocol: run it when a version is new, never to quiet a test."""

from itertools import groupby

from test_catalogue import DIGESTS, all_versions, digest

if __name__ == "__main__":
    lines = [
        "# A digest for each version of the bundled content. A figure that changes needs a new version.",
        "",
    ]
    versions = sorted(all_versions(), key=lambda protocol: (protocol.id, protocol.version_key))
    for name, each in groupby(versions, key=lambda protocol: protocol.id):
        lines += [f'["{name}"]', *(f'"{p.version}" = "{digest(p)}"' for p in each), ""]
    DIGESTS.write_text("\n".join(lines), encoding="utf-8")
