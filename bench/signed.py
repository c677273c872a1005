"""An AWS client that costs as little as can be, so that what is measured is the server: one kept connection, JSON, signed by botocore."""

import http.client
import json
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TARGET = "AmazonEC2ContainerServiceV20141113"
# A connection that was not used for so long may have been closed by the server.
STALE_SECONDS = 5


class Ecs:
    """ECS at an address."""

    def __init__(self, address: str, environment: dict[str, str]):
        self.address = address
        self.connection = http.client.HTTPConnection(address, timeout=60)
        self.used = time.monotonic()
        credentials = Credentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
        self.auth = SigV4Auth(credentials, "ecs", environment["AWS_REGION"])

    def call(self, operation: str, **parameters) -> dict:
        body = json.dumps(parameters)
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{TARGET}.{operation}"}
        request = AWSRequest("POST", f"http://{self.address}/", data=body, headers=headers)
        self.auth.add_auth(request)
        if time.monotonic() - self.used > STALE_SECONDS:
            self.connection.close()
        self.used = time.monotonic()
        self.connection.request("POST", "/", body, dict(request.headers))
        answer = self.connection.getresponse()
        content = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.status} {content}")
        return content
