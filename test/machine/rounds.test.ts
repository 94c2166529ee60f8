import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allOf, copyOf } from '../../src/base/byte-range.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { all } from './store.ts';

const packing = { codec: msgpackCodec, openRecordsMax: 4 };
const keys = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(20)).map(([space, key]) => `${space}/${key}`);
const values = fc.oneof(fc.nat(9), fc.uint8Array({ maxLength: 300 }));
const changes = fc.array(fc.record({ key: keys, value: fc.option(values, { nil: undefined }) }), {
  maxLength: 12,
});

interface Written {
  readonly batch: number;
  readonly key: string;
  readonly encoded: Uint8Array | undefined;
  readonly bytes: number;
  readonly stamp: number;
}

/** A storage that writes everything behind what it wrote last, and forgets what rounds allow it to. */
class Behind {
  written: Written[] = [];
  #batch = 0;
  #roundFrom = 0;

  take(tree: RecordTree): void {
    const taken = tree.takeForStorage(++this.#batch);
    if (taken.beginsRound === true) {
      this.written = this.written.filter(({ batch }) => batch >= this.#roundFrom);
      this.#roundFrom = this.#batch;
    }
    for (const change of taken) {
      const { key, bytes, stamp } = change;
      const encoded = stamp === 0 ? undefined : copyOf(change.encoded(msgpackCodec));
      this.written.push({ batch: this.#batch, key, encoded, bytes, stamp });
    }
  }

  read(): RecordTree {
    const tree = RecordTree.untracked(packing);
    for (const { batch, key, encoded = new Uint8Array(), bytes, stamp } of this.written.toReversed()) {
      tree.loads(batch >= this.#roundFrom);
      const rest = allOf(Buffer.from(key.slice(2), 'latin1'));
      tree.space(key.slice(0, 1)).loadEarlier(rest, allOf(encoded), bytes, stamp);
    }
    tree.track();
    return tree;
  }
}

test('what was stored since the last round but one began is all that is needed, over restarts too', () => {
  const batch = fc.record({ list: changes, restarts: fc.boolean() });
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 40 }), (batches) => {
      const storage = new Behind();
      let tree = storage.read();
      for (const { list, restarts } of batches) {
        for (const { key, value } of list) {
          if (value === undefined) tree.delete(key);
          else tree.put(key, value);
        }
        storage.take(tree);
        const read = storage.read();
        expect(all(read)).toEqual(all(tree));
        expect(read.bytes).toBe(tree.bytes);
        if (restarts) tree = read;
      }
    }),
  );
});

test('a storage holds some times what is needed, however often little of it changes', () => {
  const storage = new Behind();
  const tree = storage.read();
  const records = 1000;
  for (let key = 0; key < records; key++) tree.put(`a/${key}`, new Uint8Array(100));
  storage.take(tree);
  for (let times = 0; times < 2000; times++) {
    for (let key = 0; key < 10; key++)
      tree.put(`a/${(times * 7 + key * 131) % records}`, new Uint8Array(100));
    storage.take(tree);
    expect(storage.written.length).toBeLessThan(5 * records);
  }
  expect(all(storage.read())).toEqual(all(tree));
});
