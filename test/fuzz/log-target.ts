import { assert } from '../../src/base/assert.ts';
import { StoreError } from '../../src/base/errors.ts';
import type { SeededRandom } from '../../src/base/seeded-random.ts';
import { decodeRecords, encodeRecords } from '../../src/storage/log/log-records.ts';
import { command, logOn, threeSegments } from '../storage/log-fixture.ts';
import type { Target } from './fuzz.ts';
import { damage } from './mutate.ts';

const sound = threeSegments();
const files = sound.disk.list('/log').map((name) => (name.startsWith('/') ? name : `/log/${name}`));
const record = encodeRecords({
  id: 1,
  hardState: { term: 3, vote: 1 },
  truncateFrom: 4,
  entries: [command(4, 3), command(5, 3)],
  compactTo: 2,
});

/** A log of which any bits are flipped: what is read from it is what was written, or it is refused by name. */
const damagedFiles: Target = {
  name: 'log files',
  attack: (random) => {
    const disk = sound.disk.copy();
    for (let n = random.pick([1, 1, 2, 5, 50, 300]); n > 0; n--) {
      const path = random.pick(files);
      disk.flipBit(path, random.integer(0, disk.contents(path).length * 8 - 1));
    }
    const log = logOn(disk);
    try {
      const { entries, base } = log.open();
      log.close();
      for (const entry of entries) {
        const written = sound.contents.entries[entry.index - 1];
        assert(written !== undefined && entry.index > base.index, 'an entry stands in its place');
        assert(
          entry.term === written.term && entry.data.length === written.data.length,
          'an entry is as written',
        );
        assert(
          entry.data.every((byte, at) => byte === written.data[at]),
          'an entry is as written',
        );
      }
      return 'taken';
    } catch (error) {
      if (error instanceof StoreError) return 'refused';
      throw error;
    }
  },
};

/** The body of a frame whose checksum holds, though it was never written so. */
const records: Target = {
  name: 'log records',
  attack: (random: SeededRandom) => {
    try {
      for (const each of decodeRecords(damage(record, random)))
        assert(each.kind !== undefined, 'a record has a kind');
      return 'taken';
    } catch (error) {
      // What the reader of the log takes for damage.
      if (error instanceof RangeError && !error.message.includes('call stack')) return 'refused';
      throw error;
    }
  },
};

export const LOG_TARGETS: readonly Target[] = [damagedFiles, records];
