/** Our own reasoning was wrong. Never caught: the process stops and the log stays safe. */
export class InvariantError extends Error {
  override readonly name: string = 'InvariantError';
}

/** One claim per assert, stated positively. Stays on in production. */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new InvariantError(claim);
}

/** The value, which is there by our own reasoning. */
export function present<T>(value: T | undefined, claim: string): T {
  if (value === undefined) throw new InvariantError(claim);
  return value;
}

/** Makes a forgotten member of a union a compile error. */
export function unreachable(value: never): never {
  throw new InvariantError(`no such case: ${JSON.stringify(value)}`);
}
