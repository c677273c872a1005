"""Makes sigv4_vectors.json: requests signed by botocore, for crates/wire/src/sigv4/tests.rs to verify.

Run with a Python that has botocore: python crates/wire/tests/make_sigv4_vectors.py
"""

import datetime
import json
import pathlib
from urllib.parse import urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NOW = datetime.datetime(2026, 1, 31, 12, 0, 0)
KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
JSON_1_1 = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters", "Content-Type": "application/x-amz-json-1.1"}
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
LOCAL = "http://127.0.0.1:7300"

botocore.auth.get_current_datetime = lambda *_: NOW


def vector(name, signer, url, *, method="POST", headers=(), body=b"", service="ecs", region="us-east-1", token=None, expires=None):
    arguments = [Credentials(KEY_ID, SECRET, token), service, region]
    if expires:
        arguments.append(expires)
    request = AWSRequest(method=method, url=url, data=body)
    for key, value in dict(headers).items():
        for one in value if isinstance(value, list) else [value]:
            request.headers.add_header(key, one)
    signer(*arguments).add_auth(request)
    parts = urlsplit(request.url)
    host = [] if "host" in request.headers else [["Host", parts.netloc]]
    return {
        "name": name,
        "method": method,
        "path": parts.path or "/",
        "query": parts.query,
        "headers": [[key, value] for key, value in request.headers.items()] + host,
        "body": body.decode(),
        "service": service,
        "region": region,
        "verbatim_path": service == "s3",
    }


header, query = botocore.auth.SigV4Auth, botocore.auth.SigV4QueryAuth
s3_header, s3_query = botocore.auth.S3SigV4Auth, botocore.auth.S3SigV4QueryAuth
vectors = [
    vector("json", header, LOCAL, headers=JSON_1_1, body=b"{}"),
    vector("json over https", header, "https://ecs.eu-west-1.amazonaws.com/", headers=JSON_1_1, body=b'{"a":"\xc3\xa4"}', region="eu-west-1"),
    vector("session token", header, LOCAL, headers=JSON_1_1, body=b"{}", token="FwoGZXIvYXdzE//////////+a=="),
    vector("form", header, LOCAL, headers=FORM, body=b"Action=ListUsers&Version=2010-05-08", service="iam"),
    vector("spaces in headers", header, LOCAL, headers={"My-Header": "  a   b  c\t d ", "Other": ""}, body=b"x"),
    vector("headers that stand twice", header, LOCAL, headers={"My-Header": ["b", "a", " c  d"]}, body=b"x"),
    vector("headers that are not signed", header, LOCAL, headers={"User-Agent": "x", "X-Amzn-Trace-Id": "y", "Expect": "100-continue"}),
    vector("date header", header, LOCAL, headers={"Date": "any", **JSON_1_1}, body=b"{}"),
    vector("query string", header, LOCAL + "/ws?taskArn=arn%3Aaws%3Aecs%2Fa&clusterArn=b&a=&b=%20&a=0&c", method="GET"),
    vector("query string in odd order", header, LOCAL + "/?b=2&a=3&a=1&B=0&a-b=4&%C3%A4=5", method="GET"),
    vector("path with dots", header, LOCAL + "/a/./b/../c//d/", method="GET", service="execute-api"),
    vector("path that is encoded", header, LOCAL + "/tasks/arn%3Aaws%3Aecs%2Fx/a%20b/%C3%A4~_-.", method="DELETE", service="lambda"),
    vector("presigned", query, LOCAL + "/?Action=GetCallerIdentity&Version=2011-06-15", method="GET", service="sts", expires=60),
    vector("presigned with token and header", query, LOCAL + "/?Action=GetCallerIdentity&Version=2011-06-15", method="GET", service="sts",
           headers={"x-k8s-aws-id": "cluster"}, token="a/b+c==", expires=604800),
    vector("storage", s3_header, LOCAL + "/bucket/a//b/../c%20d%2Be~", method="PUT", service="s3", body=b"data"),
    vector("storage presigned", s3_query, LOCAL + "/bucket/a//b?versionId=1", method="GET", service="s3", expires=300),
]
out = {"now": int(NOW.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000), "key_id": KEY_ID, "secret": SECRET, "vectors": vectors}
pathlib.Path(__file__).with_name("sigv4_vectors.json").write_text(json.dumps(out, indent=1) + "\n")
