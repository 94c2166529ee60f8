/** How keys stand in the machine's space: as arrays, which take less space than objects, and less time to pack and to open. */
import type { RangeOptions, ReadRecords, RecordEntry, Records } from '../records.ts';
import type { KvRecord } from './kv-types.ts';

export type KvRow = readonly [
  createRevision: number,
  modRevision: number,
  version: number,
  value: Uint8Array,
];

export function getKv(records: ReadRecords, key: string): KvRecord | undefined {
  const row = records.get<KvRow>(key);
  return row === undefined ? undefined : fromKvRow(row);
}

export function putKv(
  records: Records,
  key: string,
  { createRevision, modRevision, version, value }: KvRecord,
): void {
  records.put(key, [createRevision, modRevision, version, value] satisfies KvRow);
}

export function* rangeKv(
  records: ReadRecords,
  from: string,
  to: string | undefined,
  options: RangeOptions,
): Generator<RecordEntry<KvRecord>, void, undefined> {
  for (const [key, row] of records.range<KvRow>(from, to, options)) yield [key, fromKvRow(row)];
}

export function fromKvRow([createRevision, modRevision, version, value]: KvRow): KvRecord {
  return { value, createRevision, modRevision, version };
}
