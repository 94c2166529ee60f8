import type { ReadRecords } from '../records.ts';
import { COUNT_LIMIT_MAX, RANGE_BYTES_MAX } from './kv-limits.ts';
import { getKv, rangeKv } from './kv-records.ts';
import type { KvAnswer, KvEntry, KvQuery, KvRange, KvRecord } from './kv-types.ts';

const NO_VALUE = new Uint8Array(0);

/** Answers a query. */
export function queryKv(records: ReadRecords, query: KvQuery): KvAnswer {
  if (query.kind === 'range') return query.countOnly ? count(records, query) : range(records, query);
  const record = getKv(records, query.key);
  return record === undefined
    ? { kind: 'get' }
    : { kind: 'get', entry: entryOf(query.key, record, record.value) };
}

/** Field by field: to spread the record takes longer than to find it. */
function entryOf(
  key: string,
  { createRevision, modRevision, version }: KvRecord,
  value: Uint8Array,
): KvEntry {
  return { key, value, createRevision, modRevision, version };
}

/** As many as were asked for, as fit into an answer; the first one always. */
function range(records: ReadRecords, query: KvRange): KvAnswer {
  const { from, to, limit, reverse, keysOnly } = query;
  const entries: KvEntry[] = [];
  let bytes = 0;
  let more = false;
  for (const [key, record] of rangeKv(records, from, to, { limit: limit + 1, reverse })) {
    const value = keysOnly ? NO_VALUE : record.value;
    bytes += key.length + value.length;
    more = entries.length === limit || (entries.length > 0 && bytes > RANGE_BYTES_MAX);
    if (more) break;
    entries.push(entryOf(key, record, value));
  }
  return { kind: 'range', entries, count: entries.length, more };
}

function count(records: ReadRecords, { from, to }: KvRange): KvAnswer {
  let found = 0;
  for (const _ of records.range(from, to, { limit: COUNT_LIMIT_MAX + 1 })) found++;
  const more = found > COUNT_LIMIT_MAX;
  return { kind: 'range', entries: [], count: more ? COUNT_LIMIT_MAX : found, more };
}
