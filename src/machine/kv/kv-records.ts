/** Keys stand under `k/` in the space of `kv`: what else it may come to hold has its room beside them. */
import type { RangeOptions, ReadRecords, RecordEntry, Records } from '../records.ts';
import { ScopedReadRecords } from '../scoped-records.ts';
import type { KvRecord } from './kv-types.ts';

const PREFIX = 'k/';

export function getRecord(records: ReadRecords, key: string): KvRecord | undefined {
  return records.get(PREFIX + key);
}

export function putRecord(records: Records, key: string, record: KvRecord): void {
  records.put(PREFIX + key, record);
}

export function deleteRecord(records: Records, key: string): void {
  records.delete(PREFIX + key);
}

/** From `from` on, and before `to` if it is given. */
export function rangeRecords(
  records: ReadRecords,
  from: string,
  to: string | undefined,
  options: RangeOptions,
): Iterable<RecordEntry<KvRecord>> {
  return new ScopedReadRecords(records, PREFIX).range(from, to, options);
}
