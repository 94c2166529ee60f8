import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allOf } from '../../src/base/byte-range.ts';
import { type Handle, RecordArena } from '../../src/machine/record-arena.ts';

interface Kept {
  readonly handle: Handle;
  readonly piece: Uint8Array;
}

const sizes = fc.oneof(fc.nat(100), fc.nat(2000), fc.integer({ min: 7000, max: 70_000 }));
const steps = fc.array(fc.record({ size: sizes, byte: fc.nat(255), releases: fc.nat(3), at: fc.nat() }), {
  maxLength: 300,
});

test('every piece is what it was until it is released', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const arena = new RecordArena();
      const kept: Kept[] = [];
      for (const { size, byte, releases, at } of list) {
        const piece = new Uint8Array(size).fill(byte);
        kept.push({ handle: arena.store(allOf(piece)), piece });
        expect(new Set(kept.map(({ handle }) => handle)).size).toBe(kept.length);
        for (let times = 0; times < releases && kept.length > 0; times++) {
          const [gone] = kept.splice(at % kept.length, 1);
          arena.release(gone!.handle);
        }
      }
      for (const { handle, piece } of kept) expect(arena.read(handle)).toEqual(piece);
    }),
  );
});

test('pages that hold nothing any more are given back', () => {
  const arena = new RecordArena();
  const handles = Array.from({ length: 10_000 }, () => arena.store(allOf(new Uint8Array(250))));
  expect(arena.bytes).toBeGreaterThan(10_000 * 250);
  expect(arena.bytes).toBeLessThan(10_000 * 300);
  for (const handle of handles) arena.release(handle);
  expect(arena.bytes).toBeLessThan(200_000);
  arena.store(allOf(new Uint8Array(900)));
  expect(() => arena.read(handles[0]!)).toThrow('a piece that is asked for is there');
});
