import { ERROR_FACTS, type ErrorCode, type Outcome } from '../base/errors.ts';
import { type Row, violation } from './message-bytes.ts';
import { BODY_DEPTH_MAX } from './wire-limits.ts';

/**
 * No index, term, revision or count comes near this; a number above it is an attack or a bug, and
 * would soon be out of the range in which whole numbers are exact.
 */
export const WIRE_INTEGER_MAX: number = 2 ** 48;

const OUTCOMES: readonly Outcome[] = ['applied', 'not-applied', 'unknown'];

/**
 * Reads the fields of one row in order, and believes nothing: each has the type and the range that
 * is asked for, or the whole message is refused.
 *
 * @throws StoreError PROTOCOL_VIOLATION, naming the frame and the field
 */
export class FieldReader {
  readonly #frame: string;
  readonly #row: Row;
  #at: number;

  constructor(frame: string, row: Row, skip: number) {
    this.#frame = frame;
    this.#row = row;
    this.#at = skip;
  }

  /** A whole number from `min`, 0 by default, to `max`. */
  integer(name: string, min = 0, max: number = WIRE_INTEGER_MAX): number {
    return this.#integer(name, this.#next(), min, max);
  }

  optionalInteger(name: string, min = 0, max: number = WIRE_INTEGER_MAX): number | undefined {
    return this.#absent() ? undefined : this.integer(name, min, max);
  }

  /** A list of whole numbers, each 0 or more. */
  integers(name: string, lengthMax: number): readonly number[] {
    const values = this.list(name, lengthMax);
    return values.map((value) => this.#integer(name, value, 0, WIRE_INTEGER_MAX));
  }

  /** A string of at most `lengthMax` characters. */
  text(name: string, lengthMax: number): string {
    const value = this.#next();
    if (typeof value !== 'string' || value.length > lengthMax) {
      throw this.#wrong(name, `a string of at most ${lengthMax} characters`);
    }
    return value;
  }

  optionalText(name: string, lengthMax: number): string | undefined {
    return this.#absent() ? undefined : this.text(name, lengthMax);
  }

  /** A string of one character per byte. */
  binaryText(name: string, lengthMax: number): string {
    const value = this.text(name, lengthMax);
    for (let at = 0; at < value.length; at++) {
      if (value.charCodeAt(at) > 0xff) throw this.#wrong(name, 'a string of one character per byte');
    }
    return value;
  }

  flag(name: string): boolean {
    const value = this.#next();
    if (typeof value !== 'boolean') throw this.#wrong(name, 'true or false');
    return value;
  }

  bytes(name: string): Uint8Array {
    const value = this.#next();
    if (!(value instanceof Uint8Array)) throw this.#wrong(name, 'bytes');
    return value;
  }

  /** One of the words. */
  choice<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.#next();
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw this.#wrong(name, `one of ${choices.join(', ')}`);
    return choice;
  }

  code(name: string): ErrorCode {
    const value = this.#next();
    if (typeof value !== 'string' || !Object.hasOwn(ERROR_FACTS, value))
      throw this.#wrong(name, 'an error code');
    return value as ErrorCode;
  }

  outcome(name: string): Outcome {
    return this.choice(name, OUTCOMES);
  }

  list(name: string, lengthMax: number): readonly unknown[] {
    const value = this.#next();
    if (!Array.isArray(value) || value.length > lengthMax) {
      throw this.#wrong(name, `a list of at most ${lengthMax} items`);
    }
    return value;
  }

  /** A list of rows, each read by `read` from its first field on. */
  rows<T>(name: string, lengthMax: number, read: (fields: FieldReader) => T): readonly T[] {
    return this.list(name, lengthMax).map((item) => {
      if (!Array.isArray(item)) throw this.#wrong(name, 'a list of rows');
      return readRow(`${this.#frame} ${name}`, item, 0, read);
    });
  }

  /** A row, or null. */
  optionalRow<T>(name: string, read: (fields: FieldReader) => T): T | undefined {
    return this.#absent() ? undefined : this.row(name, read);
  }

  row<T>(name: string, read: (fields: FieldReader) => T): T {
    const row = this.#next();
    if (!Array.isArray(row)) throw this.#wrong(name, 'a row');
    return readRow(`${this.#frame} ${name}`, row, 0, read);
  }

  /** Any plain value, which the codec has seen to. */
  plain(name: string): unknown {
    if (this.#at >= this.#row.length) throw this.#wrong(name, 'there');
    return this.#next();
  }

  /** A plain value that will be wrapped again: nested at most `BODY_DEPTH_MAX` deep. */
  body(name: string): unknown {
    const value = this.plain(name);
    if (!isShallow(value, BODY_DEPTH_MAX)) throw this.#wrong(name, `nested at most ${BODY_DEPTH_MAX} deep`);
    return value;
  }

  /** There are no fields left. */
  end(): void {
    if (this.#at !== this.#row.length) {
      throw violation(`${this.#frame} has ${this.#row.length} fields instead of ${this.#at}`);
    }
  }

  /** Whether the next field is null; if so, it is read. */
  #absent(): boolean {
    if (this.#row[this.#at] !== null) return false;
    this.#at++;
    return true;
  }

  #integer(name: string, value: unknown, min: number, max: number): number {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      throw this.#wrong(name, `a whole number from ${min} to ${max}`);
    }
    return value;
  }

  #next(): unknown {
    return this.#row[this.#at++];
  }

  #wrong(name: string, expected: string): Error {
    return violation(`${this.#frame}: ${name} must be ${expected}`);
  }
}

/** Reads a whole row but its first `skip` fields: what `read` makes of it, if it reads all of it. */
export function readRow<T>(frame: string, row: Row, skip: number, read: (fields: FieldReader) => T): T {
  const fields = new FieldReader(frame, row, skip);
  const value = read(fields);
  fields.end();
  return value;
}

function isShallow(value: unknown, depthMax: number): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true;
  if (depthMax === 0) return false;
  // No array is made of the items: this runs for every request.
  if (Array.isArray(value)) return value.every((item) => isShallow(item, depthMax - 1));
  for (const name in value) {
    if (!isShallow((value as Readonly<Record<string, unknown>>)[name], depthMax - 1)) return false;
  }
  return true;
}
