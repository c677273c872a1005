"""HTTP requests made by hand, and signed by botocore's signer: right, or wrong in one chosen way."""

import http.client
import json
import re
import socket
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ECS = "AmazonEC2ContainerServiceV20141113"
JSON = "application/x-amz-json-1.1"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


class Door:
    """The door of an installation, knocked at with one key."""

    def __init__(self, address, key, region="us-east-1"):
        self.address = address
        self.key = key
        self.region = region

    def ecs(self, operation, body, headers=(), **signing):
        """Calls an ECS operation with a body: bytes as they are, anything else as JSON."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {"Content-Type": JSON, "X-Amz-Target": f"{ECS}.{operation}", **dict(headers)}
        return self.send(self.signed(body=body, headers=told, **signing))

    def sts(self, body, **signing):
        """Calls STS with a form."""
        return self.send(self.signed(body=body, headers={"Content-Type": FORM}, service="sts", **signing))

    def signed(
        self,
        method="POST",
        path="/",
        headers=(),
        body=b"",
        service="ecs",
        region=None,
        secret=None,
        key_id=None,
        token=None,
        age=timedelta(),
        presigned_for=None,
    ):
        """A signed request. `age` is how long ago it was signed; `presigned_for` signs in the query, for so many seconds."""
        request = AWSRequest(method, f"http://{self.address}{path}", dict(headers), body)
        request.context["timestamp"] = (datetime.now(timezone.utc) - age).strftime(SIGV4_TIMESTAMP)
        who = Credentials(key_id or self.key.id, secret or self.key.secret, token)
        scope = (who, service, region or self.region)
        signer = SigV4Auth(*scope) if presigned_for is None else SigV4QueryAuth(*scope, expires=presigned_for)
        # What add_auth does, with a time of our own.
        signer._modify_request_before_signing(request)
        signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        signer._inject_signature_to_request(request, signature)
        return request

    def send(self, request):
        """Sends a request as it is now, also if it was changed after it was signed."""
        url = urlsplit(request.url)
        path = f"{url.path}?{url.query}" if url.query else url.path
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            connection.request(request.method, path, request.data or b"", dict(request.headers.items()))
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def connect(self):
        """A bare connection."""
        host, port = self.address.rsplit(":", 1)
        return socket.create_connection((host, int(port)), timeout=30)

    def head(self, request, **replaced):
        """A request's line and headers as bytes, for a bare connection; a header of None is left out."""
        url = urlsplit(request.url)
        headers = {"Host": self.address, **dict(request.headers.items())}
        headers |= {name.replace("_", "-"): value for name, value in replaced.items()}
        lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return "\r\n".join([f"{request.method} {url.path} HTTP/1.1", *lines, "", ""]).encode()


class Answer:
    """An HTTP answer and what it says, whatever the protocol."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The error's code."""
        if self.body.startswith(b"<"):
            return self.xml("Code")
        return self.json["__type"].rsplit("#", 1)[-1]

    @property
    def text(self):
        """The error's message."""
        if self.body.startswith(b"<"):
            return self.xml("Message")
        return self.json.get("message") or self.json.get("Message")

    def xml(self, element):
        found = re.search(rf"<{element}>(.*?)</{element}>", self.body.decode(), re.DOTALL)
        return found and found.group(1)


def assert_refused(answer, status, code, text=""):
    assert (answer.status, answer.code) == (status, code), answer.body
    assert text in answer.text, answer.text
    assert answer.headers["x-amzn-requestid"]
