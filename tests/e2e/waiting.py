"""Waits for conditions, never for time to pass."""

import os
import time

# Seconds; what takes longer has failed.
DEADLINE = float(os.environ.get("RIVULET_TEST_DEADLINE", "30"))


def wait_until(condition, what):
    """Waits for a true value and returns it. `what` may be a function."""
    give_up = time.monotonic() + DEADLINE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > give_up:
            said = what() if callable(what) else what
            raise AssertionError(f"waited {DEADLINE:g} s in vain for {said}")
        time.sleep(0.005)
