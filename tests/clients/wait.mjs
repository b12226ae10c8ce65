// Waiting for a condition, never for time to pass.
const LIMIT_MS = 20_000;
const POLL_MS = 5;

/** Waits until `condition` holds; past the limit says what did not come to be. */
export async function until(condition, what) {
  const deadline = Date.now() + LIMIT_MS;
  while (!await condition()) {
    if (Date.now() > deadline) {
      throw new Error(`waited in vain for ${typeof what === 'function' ? what() : what}`);
    }
    await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
  }
}
