import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { expect, test } from 'vitest';
import { Slab } from '../../src/base/slab.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { decodeNumberRow, encodeNumberRow } from '../../src/wire/number-rows.ts';

const packr = new Packr({ useRecords: false, mapsAsObjects: true, moreTypes: false });
const edges = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const numbers = fc.oneof(fc.constantFrom(...edges), fc.nat(), fc.nat(300));
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(255, 256, 257, 600).map((length) => new Uint8Array(length).fill(length)),
);
const rows = fc.array(fc.oneof(numbers, bytes), { maxLength: 15, size: 'max' });
const others = fc.oneof(
  fc.constantFrom(-1, 0.5, 2 ** 32, NaN, 'a', null, true, [], {}, new Uint8Array(5000)),
  fc.array(fc.nat(), { minLength: 16, maxLength: 20, size: 'max' }),
);

test('a row is encoded as msgpackr does, and comes back', () => {
  fc.assert(
    fc.property(rows, (row) => {
      const encoded = encodeNumberRow(row);
      // Many long bytes may not fit.
      if (encoded === undefined) return fc.pre(false);
      expect(Buffer.from(encoded).equals(packr.encode(row))).toBe(true);
      const decoded = decodeNumberRow(encoded, new Slab());
      expect(decoded).toEqual(row);
      expect(msgpackCodec.decode(Buffer.from(encoded))).toEqual(row);
      for (const item of decoded ?? []) if (typeof item === 'object') expect(item).not.toBeInstanceOf(Buffer);
    }),
  );
});

test('what is no row is left to msgpackr', () => {
  expect(encodeNumberRow('a')).toBeUndefined();
  expect(encodeNumberRow({ length: 1 })).toBeUndefined();
  fc.assert(
    fc.property(rows, others, fc.nat(14), (row, other, at) => {
      const value =
        Array.isArray(other) && other.length > 0 ? other : (row as unknown[]).toSpliced(at, 0, other);
      expect(encodeNumberRow(value)).toBeUndefined();
      const encoded = packr.encode(value);
      expect(decodeNumberRow(encoded, new Slab())).toBeUndefined();
      expect(msgpackCodec.decode(encoded)).toEqual(value);
    }),
  );
});

test('of bytes that are not a whole row nothing is made', () => {
  fc.assert(
    fc.property(rows, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 3 }), (row, cut, more) => {
      const encoded = packr.encode(row);
      const short = encoded.subarray(0, cut % encoded.length);
      expect(decodeNumberRow(short, new Slab())).toBeUndefined();
      expect(() => msgpackCodec.decode(short)).toThrow(Error);
      expect(decodeNumberRow(Buffer.concat([encoded, more]), new Slab())).toBeUndefined();
    }),
  );
});
