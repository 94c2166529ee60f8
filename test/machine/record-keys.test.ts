import fc from 'fast-check';
import { expect, test } from 'vitest';
import { binaryBytes, byteOrder } from '../../src/machine/binary-string.ts';
import { RecordKeys } from '../../src/machine/record-keys.ts';

const unit = fc.constantFrom('a', 'b', '\u0000', '\u007f', '\u0080', '\u00ff');
const keys = fc.oneof(
  fc.string({ unit, maxLength: 5 }),
  fc.nat(300).map((length) => 'k'.repeat(length)),
  fc.constantFrom(128, 16_383, 16_384, 70_000).map((length) => `${'a'.repeat(length - 1)}z`),
);

test('a key comes back as it was, and stands among others and texts as their bytes do', () => {
  fc.assert(
    fc.property(fc.array(keys, { minLength: 1, maxLength: 12 }), fc.string(), (list, other) => {
      const store = new RecordKeys();
      const kept = list.map((key, at) => {
        const bytes = binaryBytes(key)!;
        const room = new Uint8Array(bytes.length + at);
        room.set(bytes, at);
        const range = { bytes: room, from: at, to: room.length };
        return { key, range, handle: at % 2 === 0 ? store.store(key) : store.storeBytes(range) };
      });
      const gone = kept.pop()!;
      store.release(gone.handle);
      for (const { key, handle } of kept) {
        expect(store.textOf(handle)).toBe(key);
        for (const text of [other, gone.key, `${key}a`, key.slice(0, -1)]) {
          expect(store.is(handle, text)).toBe(key === text);
          expect(Math.sign(store.compareText(handle, text))).toBe(byteOrder(key, text));
        }
        for (const { key: second, handle: at, range } of kept) {
          expect(Math.sign(store.compare(handle, at))).toBe(byteOrder(key, second));
          expect(Math.sign(store.compareBytes(handle, range))).toBe(byteOrder(key, second));
          expect(store.is(handle, second)).toBe(key === second);
        }
      }
    }),
  );
});

test('a text with a character above one byte is no key, and no key is the same', () => {
  expect(binaryBytes('k\u0100')).toBeUndefined();
  const store = new RecordKeys();
  expect(store.is(store.store('k\u0000'), 'k\u0100')).toBe(false);
});
