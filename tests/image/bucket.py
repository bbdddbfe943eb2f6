"""As much of S3 as backups need, in memory: who asks is not asked for a signature, which the tests in Rust check."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


class Bucket(BaseHTTPRequestHandler):
    """Objects by `bucket/key`."""

    objects: dict[str, bytes] = {}
    protocol_version = "HTTP/1.1"

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        for name, value in {"ETag": '"x"', **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def key(self) -> str:
        return unquote(urlsplit(self.path).path.lstrip("/"))

    def do_PUT(self) -> None:
        self.objects[self.key()] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200)

    def do_DELETE(self) -> None:
        self.objects.pop(self.key(), None)
        self.answer(204)

    def do_HEAD(self) -> None:
        found = self.objects.get(self.key())
        if found is None:
            return self.answer(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(found)))
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.send_header("ETag", '"x"')
        self.end_headers()

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if "list-type" not in query:
            found = self.objects.get(self.key())
            return self.answer(404) if found is None else self.answer(200, found)
        bucket, prefix = self.key().rstrip("/"), query.get("prefix", [""])[0]
        names = [name.removeprefix(f"{bucket}/") for name in sorted(self.objects) if name.startswith(f"{bucket}/{prefix}")]
        items = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>x</ETag><Size>{len(self.objects[f'{bucket}/{name}'])}</Size></Contents>"
            for name in names
        )
        body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>"
        return self.answer(200, body.encode(), Content_Type="application/xml")

    def log_message(self, *_: object) -> None:
        pass


def start() -> str:
    """Starts it on a free port; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
