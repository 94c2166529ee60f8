const POLL_MS = 5;

/** A little while, before one looks again. */
export function poll(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
