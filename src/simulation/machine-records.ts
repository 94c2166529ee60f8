import type { RangeOptions, ReadRecords, RecordEntry } from '../machine/records.ts';

/** The records of one machine, as it sees them, out of those of a whole node. */
export function machineRecords(records: ReadRecords, machine: string): ReadRecords {
  const prefix = `${machine}/`;
  // `0` follows `/`: the first string behind all that begin with the prefix.
  const end = `${machine}0`;
  return {
    get: <T>(key: string): T | undefined => records.get<T>(prefix + key),
    *range<T>(from: string, to: string | undefined, options?: RangeOptions): Generator<RecordEntry<T>> {
      const until = to === undefined ? end : prefix + to;
      for (const [key, value] of records.range<T>(prefix + from, until, options)) {
        yield [key.slice(prefix.length), value];
      }
    },
  };
}
