"""Waiting for what happens in another process: by asking, never by sleeping for a guessed time."""

import time

INTERVAL = 0.02


def eventually(ask, what, within=20.0):
    """The first answer of `ask` that is true. Fails with `what` was awaited when the time is over."""
    deadline = time.monotonic() + within
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"within {within} s there was not: {what}")
        time.sleep(INTERVAL)
