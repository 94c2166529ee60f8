import type { Parsed } from '../machine.ts';
import { type Fields, malformed, parseUnion, type Readers } from '../parse.ts';
import { prefixEnd } from '../records.ts';
import { KEY_BYTES_MAX, RANGE_LIMIT_MAX } from './kv-limits.ts';
import type { KvCommand, KvExpectation, KvQuery, KvRange } from './kv-types.ts';

/** Readers of commands, for values up to `valueBytesMax`. */
export function kvCommandReaders(valueBytesMax: number): Readers<KvCommand> {
  const readValue = (fields: Fields): Uint8Array => fields.bytes('value', { min: 0, max: valueBytesMax });
  const readExpectation = (fields: Fields, name: string): KvExpectation =>
    fields.object(name, (inner) => expectation(inner, valueBytesMax));
  return {
    put: (fields) => ({
      kind: 'put',
      key: readKey(fields, 'key'),
      value: readValue(fields),
      ...fields.optional('expect', (name) => readExpectation(fields, name)),
      ...readFlags(fields),
    }),
    'compare-and-set': (fields) => ({
      kind: 'compare-and-set',
      key: readKey(fields, 'key'),
      value: readValue(fields),
      expect: readExpectation(fields, 'expect'),
      ...readFlags(fields),
    }),
    delete: (fields) => ({
      kind: 'delete',
      key: readKey(fields, 'key'),
      ...fields.optional('expect', (name) => readExpectation(fields, name)),
      ...readFlags(fields),
    }),
    'delete-range': (fields) => ({
      kind: 'delete-range',
      from: readBound(fields, 'from'),
      ...fields.optional('to', (name) => readBound(fields, name)),
    }),
    'delete-prefix': (fields) => ({ kind: 'delete-prefix', prefix: readBound(fields, 'prefix') }),
  };
}

function readFlags(fields: Fields): { readonly previous?: boolean } {
  return fields.optional('previous', (name) => fields.boolean(name));
}

/** Reads a query; a prefix becomes a range. */
export function parseKvQuery(value: unknown): Parsed<KvQuery> {
  return parseUnion('kv query', value, QUERIES);
}

const QUERIES: Readers<KvQuery> = {
  get: (fields) => ({ kind: 'get', key: readKey(fields, 'key') }),
  range: (fields) => ({
    kind: 'range',
    ...readBounds(fields),
    limit: fields.either('limit', RANGE_LIMIT_MAX, (name) =>
      fields.integer(name, { min: 1, max: RANGE_LIMIT_MAX }),
    ),
    reverse: fields.either('reverse', false, (name) => fields.boolean(name)),
    keysOnly: fields.either('keysOnly', false, (name) => fields.boolean(name)),
    countOnly: fields.either('countOnly', false, (name) => fields.boolean(name)),
  }),
};

function readBounds(fields: Fields): Pick<KvRange, 'from' | 'to'> {
  if (!fields.has('prefix')) {
    fields.skip('prefix');
    return { from: readBound(fields, 'from'), ...fields.optional('to', (name) => readBound(fields, name)) };
  }
  if (fields.has('from') || fields.has('to')) malformed('range.prefix goes without range.from and range.to');
  const from = readBound(fields, 'prefix');
  const to = prefixEnd(from);
  fields.skip('from');
  fields.skip('to');
  return to === undefined ? { from } : { from, to };
}

function readKey(fields: Fields, name: string): string {
  return fields.key(name, { min: 1, max: KEY_BYTES_MAX });
}

/** A place between keys: it may be empty, which is before all keys, and may be one byte longer than any key. */
function readBound(fields: Fields, name: string): string {
  return fields.key(name, { min: 0, max: KEY_BYTES_MAX + 1 });
}

function expectation(fields: Fields, valueBytesMax: number): KvExpectation {
  const whole = { min: 0, max: Number.MAX_SAFE_INTEGER };
  const expect: KvExpectation = {
    ...fields.optional('modRevision', (name) => fields.integer(name, whole)),
    ...fields.optional('version', (name) => fields.integer(name, whole)),
    ...fields.optional('value', (name) => fields.bytes(name, { min: 0, max: valueBytesMax })),
  };
  if (Object.keys(expect).length === 0) malformed('expect must hold modRevision, version or value');
  return expect;
}
