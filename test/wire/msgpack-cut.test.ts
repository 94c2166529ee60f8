import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CutBytes } from '../../src/base/codec.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';

const LARGE = 64 * 1024;

const bytes = fc
  .tuple(fc.constantFrom(0, 1, LARGE - 1, LARGE, LARGE + 1, 3 * LARGE), fc.nat(255))
  .map(([length, fill]) => new Uint8Array(length).fill(fill));

const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, fc.integer(), fc.string(), fc.constantFrom(null, undefined, true), bytes, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(fc.string({ maxLength: 3 }), tie('value'), { maxKeys: 4, noNullPrototype: true }),
})); // prettier-ignore

test('what was cut is the encoding again when its parts are put back, and they are the bytes themselves', () => {
  fc.assert(
    fc.property(anything, (value) => {
      const cut = msgpackCodec.cut(value, LARGE);
      expect(whole(cut).equals(msgpackCodec.encode(value))).toBe(true);
      expect(cut.rest.length).toBeLessThan(1_000_000);
      for (const part of cut.parts) expect(part.bytes.length).toBeGreaterThanOrEqual(LARGE);
    }),
    { numRuns: 100 },
  );
  const large = new Uint8Array(LARGE);
  expect(msgpackCodec.cut([1, { large }], LARGE).parts[0]?.bytes).toBe(large);
});

function whole({ rest, parts }: CutBytes): Buffer {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const part of parts) {
    pieces.push(rest.subarray(from, part.at), part.bytes);
    from = part.at;
  }
  return Buffer.concat([...pieces, rest.subarray(from)]);
}
