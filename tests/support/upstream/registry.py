"""A small client of the registry HTTP API: pushes blobs and manifests. Safe to use from several threads."""

import base64
import hashlib
import http.client
import ssl
import threading
import urllib.parse
from pathlib import Path


class RegistryError(RuntimeError):
    """The registry refused a request."""


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Registry:
    def __init__(self, address: str, ca: Path, user: str | None = None, password: str | None = None):
        parsed = urllib.parse.urlsplit(address if "://" in address else f"https://{address}")
        if parsed.scheme != "https" or not parsed.hostname:
            raise RegistryError(f"'{address}' is not HOST:PORT or an https URL")
        self._host, self._port = parsed.hostname, parsed.port or 443
        self._tls = ssl.create_default_context(cafile=str(ca))
        self._headers = {}
        if user is not None:
            token = base64.b64encode(f"{user}:{password or ''}".encode()).decode()
            self._headers["Authorization"] = f"Basic {token}"
        self._thread = threading.local()
        self._homes: dict[str, str] = {}  # blob -> a repository that has it, to mount from

    def push_blob(self, repository: str, digest: str, body: bytes | Path) -> None:
        """Uploads a blob unless the repository has it; mounts it when another repository does."""
        if self._request("HEAD", f"/v2/{repository}/blobs/{digest}", expected=(200, 404))[0] == 404:
            home = self._homes.get(digest)
            query = f"?mount={digest}&from={urllib.parse.quote(home, safe='')}" if home else ""
            status, headers = self._request("POST", f"/v2/{repository}/blobs/uploads/{query}", expected=(201, 202))
            if status == 202:
                self._upload(headers["Location"], digest, body)
        self._homes[digest] = repository

    def push_manifest(self, repository: str, tag: str | None, media_type: str, body: bytes) -> str:
        """Puts a manifest under its tag, or only under its digest, and returns the digest."""
        digest = digest_of(body)
        _, headers = self._request("PUT", f"/v2/{repository}/manifests/{tag or digest}", body,
                                   {"Content-Type": media_type}, expected=(201,))
        if headers["Docker-Content-Digest"] != digest:
            raise RegistryError(f"{repository}: the registry stored {headers['Docker-Content-Digest']}, not {digest}")
        return digest

    def _upload(self, location: str, digest: str, body: bytes | Path) -> None:
        target = urllib.parse.urlsplit(location)
        query = "&".join(filter(None, [target.query, f"digest={urllib.parse.quote(digest, safe='')}"]))
        headers = {"Content-Type": "application/octet-stream"}
        if isinstance(body, Path):
            headers["Content-Length"] = str(body.stat().st_size)
            with body.open("rb") as handle:
                self._request("PUT", f"{target.path}?{query}", handle, headers, expected=(201,))
        else:
            self._request("PUT", f"{target.path}?{query}", body, headers, expected=(201,))

    def _request(self, method, path, body=None, headers=None, expected=(200,)):
        connection = getattr(self._thread, "connection", None)
        if connection is None:
            connection = http.client.HTTPSConnection(self._host, self._port, context=self._tls, timeout=120,
                                                     blocksize=1 << 18)
            self._thread.connection = connection
        try:
            connection.request(method, path, body=body, headers={**self._headers, **(headers or {})})
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise RegistryError(f"{method} https://{self._host}:{self._port}{path}: {error}") from error
        if response.status not in expected:
            said = text[:500].decode(errors="replace").strip()
            raise RegistryError(f"{method} {path}: {response.status} {response.reason}: {said}")
        return response.status, response.headers
