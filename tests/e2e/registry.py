"""A registry as people run them: Debian's docker-registry, on loopback, with images that this pushes."""

import base64
import gzip
import hashlib
import json
import socket
import ssl
import subprocess
import tarfile
import urllib.error
import urllib.request
from contextlib import suppress

from deadline import eventually

# `node` with the password `secret`, as `htpasswd -B` writes it.
LOGIN = ("node", "secret")
HTPASSWD = "node:$2y$05$FOsXYg0dxNIXFDlR/MEZ9e/ewauZYeVtl62APPO5ziqxbO4Jl.t.2\n"
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Registry:
    """docker-registry in a folder of its own; with TLS under an authority of its own, or a login, if that is asked for."""

    def __init__(self, folder, tls=False, login=False):
        folder.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        http = {"addr": self.address, "secret": "x"}
        self.ca, self.login, context = None, login, None
        if tls:
            self.ca, certificate, key = authority(folder)
            http["tls"] = {"certificate": str(certificate), "key": str(key)}
            context = ssl.create_default_context(cafile=str(self.ca))
        config = {
            "version": 0.1,
            "log": {"level": "info", "accesslog": {"disabled": False}},
            "storage": {"filesystem": {"rootdirectory": str(folder / "storage")}, "delete": {"enabled": True}},
            "http": http,
        }
        if login:
            (folder / "htpasswd").write_text(HTPASSWD)
            config["auth"] = {"htpasswd": {"realm": "registry", "path": str(folder / "htpasswd")}}
        # JSON is YAML.
        (folder / "config.yml").write_text(json.dumps(config))
        self.url = f"http{'s' if tls else ''}://{self.address}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
        self.log = folder / "log"
        with self.log.open("wb") as log:
            arguments = ["docker-registry", "serve", str(folder / "config.yml")]
            self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually(self.is_up, "a registry")

    def is_up(self):
        assert self.process.poll() is None, self.log.read_text()
        with suppress(urllib.error.URLError, ConnectionError):
            return self.ask("GET", "/v2/").status == 200
        return False

    def end(self):
        self.process.kill()
        self.process.wait()

    def ask(self, method, path, body=None, **headers):
        url = path if path.startswith("http") else self.url + path
        if self.login:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(LOGIN).encode()).decode()
        return self.opener.open(urllib.request.Request(url, data=body, method=method, headers=headers), timeout=30)

    def asked(self, what):
        """How often something was asked for."""
        return sum(what in line and "response completed" in line for line in self.log.read_text().splitlines())

    # Pushing

    def blob(self, repository, content):
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        begun = self.ask("POST", f"/v2/{repository}/blobs/uploads/", b"").headers["Location"]
        joint = "&" if "?" in begun else "?"
        self.ask("PUT", f"{begun}{joint}digest={digest}", content, **{"Content-Type": "application/octet-stream"})
        return {"digest": digest, "size": len(content)}

    def document(self, repository, tag, kind, document):
        content = json.dumps({"schemaVersion": 2, "mediaType": kind} | document).encode()
        self.ask("PUT", f"/v2/{repository}/manifests/{tag}", content, **{"Content-Type": kind})
        return {"mediaType": kind, "digest": "sha256:" + hashlib.sha256(content).hexdigest(), "size": len(content)}

    def push(self, repository, tag, archive):
        """Pushes what `docker save` or `berth-demo pack` wrote; its descriptor."""
        with tarfile.open(archive) as files:
            read = lambda name: files.extractfile(name).read()  # noqa: E731
            image = json.loads(read("manifest.json"))[0]
            kind = "application/vnd.oci.image.config.v1+json"
            config = {"mediaType": kind} | self.blob(repository, read(image["Config"]))
            kind = "application/vnd.oci.image.layer.v1.tar+gzip"
            layers = [{"mediaType": kind} | self.blob(repository, gzip.compress(read(layer), 1)) for layer in image["Layers"]]
        return self.document(repository, tag, MANIFEST, {"config": config, "layers": layers})

    def index(self, repository, tag, here):
        """Gives a tag to an index in which one build is for this machine."""
        other = here | {"platform": {"os": "linux", "architecture": "s390x"}}
        return self.document(repository, tag, INDEX, {"manifests": [other, here | {"platform": {"os": "linux", "architecture": machine()}}]})


def machine():
    found = subprocess.run(["uname", "-m"], check=True, capture_output=True, text=True).stdout.strip()
    return {"x86_64": "amd64", "aarch64": "arm64"}[found]


def authority(folder):
    """An authority's certificate, and a certificate of this machine's loopback by it, with its key."""

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    ca, ca_key, key, request, certificate = (folder / name for name in ("ca.pem", "ca.key", "key.pem", "request", "cert.pem"))
    subject = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *subject, "-keyout", ca_key, "-out", ca, "-days", "2", "-subj", "/CN=an authority of tests")
    openssl("req", *subject, "-keyout", key, "-out", request, "-subj", "/CN=registry")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    by = ("-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-extfile", folder / "names")
    openssl("x509", "-req", "-in", request, "-out", certificate, "-days", "2", *by)
    return ca, certificate, key
