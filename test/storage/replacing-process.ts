/** Puts states in place of each other until it is killed: state n holds n in each of its records. */
import { present } from '../../src/base/assert.ts';
import { LevelState } from '../../src/storage/state/level-state.ts';
import { PACKING, StoredRecords } from '../contract/stored-records.ts';

const RECORDS = 300;
const CHUNK_RECORDS = 50;

const directory = present(process.argv[2], 'the directory is told');
const state = new LevelState({ directory, packing: PACKING });
const { applied } = await state.open();
for (let index = applied.index + 1; ; index++) {
  const stored = new StoredRecords();
  for (let from = 0; from < RECORDS; from += CHUNK_RECORDS) {
    const keys = Array.from({ length: CHUNK_RECORDS }, (_, at) => `m/${from + at}`);
    await state.stage(keys.map((key) => stored.staged(key, index)));
  }
  process.send?.({ staged: index });
  await state.replace({ index, term: 1 });
  process.send?.({ replaced: index });
}
