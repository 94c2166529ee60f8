import { InvariantError } from '../base/assert.ts';
import { systemCode } from './disk-error.ts';

/** An error on its way to another thread, which would lose its code and its cause on the usual one. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly cause: ErrorData | undefined;
}

const CAUSES_MAX = 5;

export function errorToData(error: unknown, causesMax: number = CAUSES_MAX): ErrorData {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: String(error), code: undefined, cause: undefined };
  }
  const { name, message, cause } = error;
  const told = cause === undefined || causesMax === 0 ? undefined : errorToData(cause, causesMax - 1);
  return { name, message, code: systemCode(error), cause: told };
}

export function errorFromData({ name, message, code, cause }: ErrorData): Error {
  if (name === 'InvariantError') return new InvariantError(message);
  const error = new Error(message, cause === undefined ? undefined : { cause: errorFromData(cause) });
  return Object.assign(error, { name }, code === undefined ? undefined : { code });
}
