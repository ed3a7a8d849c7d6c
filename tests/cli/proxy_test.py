# SPDX-License-Identifier: Apache-2.0
"""HTTP proxies between the connected side and its registries (F26): used, passed by, locked, absent, and prying."""
import base64
import os
import socket
import socketserver
import ssl
import subprocess
import threading
from unittest import mock

import upstream
from harness import AUTH, NETWORK, USAGE, Case, main


TLS = 21


def head_of(connection):
    """A request's head, empty when the client left; the builder's requests have no body."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            return ""
        head += byte
    return head.decode()


def copy(source, sink):
    try:
        while piece := source.recv(1 << 16):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # either side may leave whenever it likes


def connect(authority):
    host, port = authority.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=30)


class Proxy(socketserver.ThreadingTCPServer):
    """Tunnels CONNECT and passes absolute-form requests on; remembers in `asked` what it was asked for."""
    daemon_threads = True

    def __init__(self, case, login="", answer="200 OK", certificate=None):
        super().__init__(("127.0.0.1", 0), Talk)
        self.authority = f"127.0.0.1:{self.server_address[1]}"
        self.asked, self.answer, self.certificate = [], answer, certificate
        self.key = login and "Basic " + base64.b64encode(login.encode()).decode()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        case.addCleanup(self.server_close)
        case.addCleanup(self.shutdown)

    @property
    def tunnels(self):
        return [target for method, target in self.asked if method == "CONNECT"]

    def handle_error(self, request, client_address):
        pass  # a client that refuses our certificate, or is stopped, is what some tests are about


class Talk(socketserver.BaseRequestHandler):
    def handle(self):
        head = head_of(self.request)
        if not head:
            return
        method, target, _ = head.split("\r\n")[0].split(" ")
        self.server.asked.append((method, target))
        if self.server.key and f"Proxy-Authorization: {self.server.key}\r\n" not in head:
            self.refuse('407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"')
        elif self.server.answer != "200 OK":
            self.refuse(self.server.answer)
        elif method != "CONNECT":
            self.pass_on(head, self.request, connect(target.split("/")[2]))
        elif self.server.certificate:
            self.pry(target)
        else:
            self.tunnel(target)

    def refuse(self, answer):
        self.request.sendall(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

    def pass_on(self, head, client, server):
        """One request and its answer, which ends with the connection."""
        first, rest = head.split("\r\n", 1)
        method, target, version = first.split(" ")
        path = "/" + target.split("/", 3)[3] if "://" in target else target
        with server:
            server.sendall(f"{method} {path} {version}\r\nConnection: close\r\n{rest}".encode())
            copy(server, client)

    def tunnel(self, target):
        with connect(target) as server:
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=copy, args=(server, self.request), daemon=True)
            back.start()
            copy(self.request, server)
            back.join()

    def pry(self, target):
        self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ours.load_cert_chain(*self.server.certificate)
        with ours.wrap_socket(self.request, server_side=True) as client:
            head = head_of(client)
            self.server.asked.append(("inside", head.split("\r\n")[0]))
            blind = ssl._create_unverified_context()
            self.pass_on(head, client, blind.wrap_socket(connect(target)))


class Proxies(Case):
    def setUp(self):
        super().setUp()
        clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        patch = mock.patch.dict(os.environ, clean | {"SOURCE_DATE_EPOCH": "1790000000"}, clear=True)
        patch.start()
        self.addCleanup(patch.stop)
        self.make_key()
        self.plain = upstream.start_registry(self)
        upstream.push_image(self.plain, [1, 130000])
        self.tls = upstream.start_registry(self, self.certificate("registry"))
        self.write_specs("registry.crt")

    def certificate(self, name):
        """A certificate for 127.0.0.1 that is its own authority."""
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", certificate, "-days", "2", "-subj", f"/CN={name}", "-addext",
                        "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
        return certificate, key

    def write_specs(self, authority):
        (self.folder / "tls.yaml").write_text(upstream.spec(f'{{endpoint: "https://{self.tls}", ca: {authority}}}'))
        (self.folder / "plain.yaml").write_text(upstream.spec(f'{{endpoint: "http://{self.plain}", plainHttp: true}}'))

    def environment(self, **variables):
        return mock.patch.dict(os.environ, variables)

    def locked(self, spec="tls.yaml", *more):
        """The lock of a run in this environment."""
        self.run_ok("lock", spec, "--output", "new.lock", *more)
        text = (self.folder / "new.lock").read_bytes()
        (self.folder / "new.lock").unlink()
        return text


class Used(Proxies):
    def test_https_goes_through_a_tunnel(self):
        direct = self.locked()
        for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            proxy = Proxy(self)
            with self.subTest(variable), self.environment(**{variable: f"http://{proxy.authority}"}):
                self.assertEqual(self.locked(), direct)
                self.assertEqual(set(proxy.asked), {("CONNECT", self.tls)})

    def test_http_is_asked_for_by_its_whole_url(self):
        direct = self.locked("plain.yaml")
        proxy = Proxy(self)
        with self.environment(http_proxy=f"http://{proxy.authority}"):
            self.assertEqual(self.locked("plain.yaml"), direct)
        manifest = f"http://{self.plain}/v2/{upstream.REPOSITORY}/manifests/{upstream.TAG}"
        self.assertIn(manifest, [target for _, target in proxy.asked])
        self.assertTrue(all(target.startswith(f"http://{self.plain}/v2/") for _, target in proxy.asked))

    def test_upper_case_http_proxy_is_not_read(self):
        # As curl does: a CGI program's HTTP_PROXY comes from whoever sends a "Proxy:" header.
        proxy = Proxy(self)
        with self.environment(HTTP_PROXY=f"http://{proxy.authority}"):
            self.locked("plain.yaml")
        self.assertEqual(proxy.asked, [])

    def test_a_whole_build(self):
        self.run_ok("build", "tls.yaml", "--key", "site.key", "--output", "direct")
        proxy = Proxy(self)
        with self.environment(HTTPS_PROXY=f"http://{proxy.authority}"):
            self.run_ok("build", "tls.yaml", "--key", "site.key", "--output", "through")
        self.assertTrue(proxy.tunnels)
        self.assertEqual((self.folder / "through").read_bytes(), (self.folder / "direct").read_bytes())
        self.run_ok("verify", "through", "--deep", "--trust", "site.pub")

    def test_no_proxy_passes_it_by(self):
        for name in ("NO_PROXY", "no_proxy"):
            for value in ("127.0.0.1", "example.org,127.0.0.1", "127.0.0.0/8", "*"):
                proxy = Proxy(self)
                with self.environment(HTTPS_PROXY=f"http://{proxy.authority}", **{name: value}):
                    self.locked()
                self.assertEqual(proxy.asked, [], f"{name}={value}")
        proxy = Proxy(self)
        with self.environment(HTTPS_PROXY=f"http://{proxy.authority}", NO_PROXY="127.0.0.2,example.org"):
            self.locked()
        self.assertTrue(proxy.tunnels)


class Passwords(Proxies):
    def test_a_proxy_that_wants_one(self):
        for spec, variable in (("tls.yaml", "HTTPS_PROXY"), ("plain.yaml", "http_proxy")):
            for login in ("", "kim:wr0ng-secret@"):
                proxy = Proxy(self, login="kim:s3cret")
                with self.subTest(spec=spec, login=login), \
                        self.environment(**{variable: f"http://{login}{proxy.authority}"}):
                    error = self.refused(AUTH, "lock", spec, says="the proxy wants credentials")
                    self.assertIn("_PROXY", error.splitlines()[1].upper())
                    verbose = self.run_program("--verbose", "lock", spec)
                    self.assertNotIn("wr0ng", error + verbose.stdout + verbose.stderr)
                # Two runs; asking again what was refused can only lock the account.
                self.assertEqual(len(proxy.asked), 2)

    def test_in_the_url_it_works_and_is_never_shown(self):
        for spec, variable in (("tls.yaml", "HTTPS_PROXY"), ("plain.yaml", "http_proxy")):
            proxy = Proxy(self, login="kim:s3cret")
            with self.subTest(spec), self.environment(**{variable: f"http://kim:s3cret@{proxy.authority}"}):
                done = self.run_program("--verbose", "build", spec, "--key", "site.key", "--output", f"{spec}.tar")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("s3cret", done.stdout + done.stderr)
                self.assertNotIn(b"s3cret", (self.folder / f"{spec}.tar").read_bytes() + self.locked(spec))
            self.assertTrue(proxy.asked)

    def test_an_unusable_url_is_no_reason_to_show_it(self):
        # A "/" or "#" in a password ends the URL's authority: what is left has no port.
        for url in ("http://kim:s3cret/@127.0.0.1:3128", "http://kim:s3cret#1@127.0.0.1:3128",
                    "http://kim:s3cret@[::", "nonsense://kim:s3cret@127.0.0.1:3128"):
            with self.subTest(url), self.environment(HTTPS_PROXY=url):
                for more in ([], ["--verbose"]):
                    done = self.run_program(*more, "lock", "tls.yaml")
                    self.assertEqual(done.returncode, USAGE, done.stderr)
                    self.assertIn("proxy", done.stderr.splitlines()[0])
                    self.assertIn("HTTPS_PROXY", done.stderr)
                    self.assertNotIn("s3cret", done.stdout + done.stderr)


class Trouble(Proxies):
    def test_nobody_there_names_the_proxy(self):
        for spec, variable in (("tls.yaml", "HTTPS_PROXY"), ("plain.yaml", "http_proxy")):
            absent = f"127.0.0.1:{upstream.free_port()}"
            with self.subTest(spec), self.environment(**{variable: f"http://{absent}"}):
                error = self.refused(NETWORK, "lock", spec, says="no connection to the proxy")
                self.assertIn(absent.split(":")[1], error.splitlines()[0])
                self.assertIn("_PROXY", error.splitlines()[1])

    def test_an_absent_registry_is_not_blamed_on_the_proxy(self):
        self.tls = f"127.0.0.1:{upstream.free_port()}"
        self.write_specs("registry.crt")
        error = self.refused(NETWORK, "lock", "tls.yaml", says="no connection (")
        self.assertIn(self.tls, error)

    def test_a_proxy_that_refuses_the_tunnel(self):
        proxy = Proxy(self, answer="403 Forbidden")
        with self.environment(HTTPS_PROXY=f"http://{proxy.authority}"):
            error = self.refused(NETWORK, "lock", "tls.yaml", says="the proxy refuses the connection")
        self.assertIn("403", error)
        self.assertEqual(len(proxy.asked), 1)

    def test_a_proxy_that_looks_into_tls(self):
        proxy = Proxy(self, certificate=self.certificate("prying"))
        with self.environment(HTTPS_PROXY=f"http://{proxy.authority}"):
            error = self.refused(TLS, "lock", "tls.yaml", says=self.tls)
            self.assertIn("CA file", error.splitlines()[1])
            self.assertEqual([line for kind, line in proxy.asked if kind == "inside"], [])
            self.write_specs("prying.crt")
            through = self.locked()
        self.assertIn("inside", [kind for kind, _ in proxy.asked])
        self.write_specs("registry.crt")
        self.assertEqual(through, self.locked())


if __name__ == "__main__":
    main()
