/**
 * Reads commands and queries that come from outside: a fresh object with known fields only, or a
 * message that names the field. Anything may come in, and nothing of it is trusted.
 */
import { isBinary } from './binary-string.ts';
import type { ParseCode, Parsed } from './machine.ts';

/** Thrown by readers, caught by `parse`. */
class ParseFailure extends Error {
  readonly code: ParseCode;

  constructor(code: ParseCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Refuses what is being parsed. The message says which field must be what. */
export function malformed(message: string, code: ParseCode = 'BAD_REQUEST'): never {
  throw new ParseFailure(code, message);
}

/** Runs a reader. */
export function parse<T>(read: () => T): Parsed<T> {
  try {
    return { kind: 'parsed', value: read() };
  } catch (error) {
    if (error instanceof ParseFailure) return { kind: 'malformed', code: error.code, message: error.message };
    throw error;
  }
}

/** A reader for each `kind` of a union. */
export type Readers<T> = Readonly<Record<string, (fields: Fields) => T>>;

/** Reads an object by its `kind`. `what` is what messages call it, such as `kv command`. */
export function parseUnion<T>(what: string, value: unknown, readers: Readers<T>): Parsed<T> {
  return parse(() => {
    const kind = isPlainObject(value) ? value['kind'] : undefined;
    const read = typeof kind === 'string' && Object.hasOwn(readers, kind) ? readers[kind] : undefined;
    if (typeof kind !== 'string' || read === undefined) {
      return malformed(`the kind of a ${what} must be one of ${Object.keys(readers).join(', ')}`);
    }
    const fields = new Fields(kind, value);
    fields.skip('kind');
    return fields.finish(read(fields));
  });
}

export interface TextLimits {
  /** Characters. */
  readonly min: number;
  readonly max: number;
  readonly pattern?: RegExp;
  /** What the pattern asks for, in words. */
  readonly rule?: string;
}

export interface NumberLimits {
  readonly min: number;
  readonly max: number;
}

export interface ListLimits {
  /** Items. */
  readonly max: number;
}

/** The fields of one object, each read once; what is not read is refused. */
export class Fields {
  readonly #path: string;
  readonly #object: Readonly<Record<string, unknown>>;
  /** Few: a list is found through sooner than a set is made. */
  readonly #read: string[] = [];

  /** @param path how messages call the object */
  constructor(path: string, value: unknown) {
    if (!isPlainObject(value)) malformed(`${path} must be an object`);
    this.#path = path;
    this.#object = value;
  }

  /** Takes note of a field that needs no reading. */
  skip(name: string): void {
    this.#read.push(name);
  }

  /** Hands on what was read, once every field of the object was. */
  finish<T>(value: T): T {
    for (const name of Object.keys(this.#object)) {
      if (!this.#read.includes(name))
        malformed(`${this.#path} has no field ${JSON.stringify(name.slice(0, 64))}`);
    }
    return value;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#object, name) && this.#object[name] !== undefined;
  }

  /** A field that may be missing: nothing, or itself as an object to spread. */
  optional<Name extends string, T>(name: Name, read: (name: Name) => T): { readonly [N in Name]?: T } {
    if (!this.has(name)) {
      this.skip(name);
      return {};
    }
    const field: { [N in Name]?: T } = {};
    field[name] = read(name);
    return field;
  }

  /** The field, or the fallback if it is missing. */
  either<T>(name: string, fallback: T, read: (name: string) => T): T {
    if (this.has(name)) return read(name);
    this.skip(name);
    return fallback;
  }

  /** Whole and safe. */
  integer(name: string, { min, max }: NumberLimits): number {
    const value = this.#take(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      malformed(`${this.#name(name)} must be a whole number from ${min} to ${max}`);
    }
    // Minus zero would not come back from the log.
    return value === 0 ? 0 : value;
  }

  boolean(name: string): boolean {
    const value = this.#take(name);
    if (typeof value !== 'boolean') malformed(`${this.#name(name)} must be true or false`);
    return value;
  }

  text(name: string, limits: TextLimits): string {
    return readText(this.#name(name), this.#take(name), limits);
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.#take(name);
    const choice = choices.find((each) => each === value);
    if (choice === undefined) malformed(`${this.#name(name)} must be one of ${choices.join(', ')}`);
    return choice;
  }

  bytes(name: string, { min, max }: NumberLimits): Uint8Array {
    const value = this.#take(name);
    if (!(value instanceof Uint8Array)) malformed(`${this.#name(name)} must be bytes`);
    if (value.length > max) {
      malformed(`${this.#name(name)} holds ${value.length} bytes of at most ${max}`, 'VALUE_TOO_LARGE');
    }
    if (value.length < min) malformed(`${this.#name(name)} must hold at least ${min} bytes`);
    return value;
  }

  /** A binary string; its faults have a code of their own. */
  key(name: string, { min, max }: NumberLimits): string {
    const value = this.#take(name);
    if (typeof value !== 'string') malformed(`${this.#name(name)} must be a string`, 'KEY_INVALID');
    if (value.length < min || value.length > max) {
      malformed(`${this.#name(name)} must hold ${min} to ${max} bytes, not ${value.length}`, 'KEY_INVALID');
    }
    if (!isBinary(value)) malformed(`${this.#name(name)} must hold one byte per character`, 'KEY_INVALID');
    return value;
  }

  list<T>(name: string, { max }: ListLimits, read: (path: string, item: unknown) => T): readonly T[] {
    const value = this.#take(name);
    if (!Array.isArray(value)) malformed(`${this.#name(name)} must be a list`);
    if (value.length > max) malformed(`${this.#name(name)} holds ${value.length} items of at most ${max}`);
    const items: readonly unknown[] = value;
    return Array.from(items, (item, at) => read(`${this.#name(name)}[${at}]`, item));
  }

  /** An object of texts under free names. */
  texts(
    name: string,
    { max }: ListLimits,
    names: TextLimits,
    values: TextLimits,
  ): Readonly<Record<string, string>> {
    const path = this.#name(name);
    const value = this.#take(name);
    if (!isPlainObject(value)) malformed(`${path} must be an object`);
    const entries = Object.entries(value);
    if (entries.length > max) malformed(`${path} holds ${entries.length} fields of at most ${max}`);
    const texts: Record<string, string> = {};
    for (const [key, text] of entries) {
      const known = readText(`a name in ${path}`, key, names);
      if (known === '__proto__') malformed(`${path} must have no field __proto__`);
      texts[known] = readText(`${path}.${known}`, text, values);
    }
    return texts;
  }

  object<T>(name: string, read: (fields: Fields) => T): T {
    const fields = new Fields(this.#name(name), this.#take(name));
    return fields.finish(read(fields));
  }

  #name(name: string): string {
    return `${this.#path}.${name}`;
  }

  #take(name: string): unknown {
    this.#read.push(name);
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
  }
}

/** A well-formed text within the limits. */
export function readText(path: string, value: unknown, limits: TextLimits): string {
  if (typeof value !== 'string') malformed(`${path} must be a string`);
  if (value.length < limits.min || value.length > limits.max) {
    malformed(`${path} must hold ${limits.min} to ${limits.max} characters, not ${value.length}`);
  }
  if (/\p{Surrogate}/u.test(value)) malformed(`${path} holds half a character`);
  if (limits.pattern !== undefined && !limits.pattern.test(value)) {
    malformed(`${path} must be ${limits.rule ?? `like ${limits.pattern.source}`}`);
  }
  return value;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}
