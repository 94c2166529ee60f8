import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MSGPACK_DEPTH_MAX } from '../../src/wire/msgpack-check.ts';
import { msgpackCodec, msgpackViewCodec } from '../../src/wire/msgpack-codec.ts';

const plainValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, undefined, true, false),
    fc.double({ noNaN: false }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.maxSafeInteger(),
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.uint8Array({ maxLength: 3000 }),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('value'),
      { noNullPrototype: true },
    ),
  ),
})).value;

test('every plain value comes back equal, from both codecs', () => {
  fc.assert(
    fc.property(plainValue, (value) => {
      for (const codec of [msgpackCodec, msgpackViewCodec]) {
        expect(codec.decode(codec.encode(value))).toStrictEqual(value);
      }
    }),
  );
});

test('undefined fields and items are kept', () => {
  const decoded = msgpackCodec.decode(msgpackCodec.encode({ a: undefined, b: [undefined, 1] }));
  expect(decoded).toStrictEqual({ a: undefined, b: [undefined, 1] });
});

test('decoded bytes are plain Uint8Arrays: copies from one codec, views from the other', () => {
  const frame = Buffer.from(msgpackCodec.encode([Uint8Array.of(1, 2, 3), new Uint8Array(5000).fill(7)]));
  const copies = msgpackCodec.decode(frame) as Uint8Array[];
  const views = msgpackViewCodec.decode(frame) as Uint8Array[];
  frame.fill(0);
  expect(copies).toStrictEqual([Uint8Array.of(1, 2, 3), new Uint8Array(5000).fill(7)]);
  expect(views).toStrictEqual([Uint8Array.of(0, 0, 0), new Uint8Array(5000)]);
});

test('large bytes that are nearly all of their message are kept with it, and never keep much more', () => {
  const lengths = [[100_000], [100_000, 30_000], [100_000, 60_000], [8_000], [50_000, 50_000]];
  const shares = lengths.map((each) => {
    const values = each.map((length, at) => new Uint8Array(length).fill(at));
    const message = msgpackCodec.encode(values);
    const decoded = msgpackCodec.decode(message) as Uint8Array[];
    expect(decoded).toStrictEqual(values);
    for (const { buffer, length } of decoded) expect(buffer.byteLength).toBeLessThan(1.35 * length);
    return decoded.map(({ buffer }) => buffer === message.buffer);
  });
  expect(shares).toStrictEqual([[true], [true, false], [false, false], [false], [false, false]]);
});

test('copies that share a slab do not overlap', () => {
  const values = Array.from({ length: 200 }, (_, at) => new Uint8Array(at * 5).fill(at));
  expect(msgpackCodec.decode(msgpackCodec.encode(values))).toStrictEqual(values);
});

test('what is encoded keeps no more memory than it needs, whatever was encoded before', () => {
  for (const codec of [msgpackCodec, msgpackViewCodec]) {
    codec.encode(new Uint8Array(4_000_000));
    expect(codec.encode('small').buffer.byteLength).toBeLessThanOrEqual(16 * 1024);
    expect(codec.encode(new Uint8Array(5000)).buffer.byteLength).toBe(5003);
  }
});

test('what was encoded stays as it is when more is encoded', () => {
  const values = Array.from({ length: 300 }, (_, at) => new Uint8Array(at * 10).fill(at));
  const encoded = values.map((value) => msgpackCodec.encode(value));
  expect(encoded.map((bytes) => msgpackCodec.decode(bytes))).toStrictEqual(values);
});

test('what is no plain value is refused when it is encoded', () => {
  for (const value of [10n, 2n ** 70n, new Date(0), [Symbol('x')]]) {
    expect(() => msgpackCodec.encode(value)).toThrow(Error);
  }
});

test('nesting is limited at both ends', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
  const deepest = nested(MSGPACK_DEPTH_MAX);
  expect(msgpackCodec.decode(msgpackCodec.encode(deepest))).toStrictEqual(deepest);
  expect(() => msgpackCodec.encode(nested(MSGPACK_DEPTH_MAX + 1))).toThrow('nested deeper');
  expect(() => msgpackCodec.decode(new Uint8Array(100_000).fill(0x91))).toThrow('nested deeper');
});

test.each([
  ['nothing', []],
  ['a cut string', [0xa5, 0x61]],
  ['bytes behind the value', [0x01, 0x02]],
  ['an array longer than the input', [0xdd, 0xff, 0xff, 0xff, 0xff, 0x01]],
  ['a number as a key', [0x81, 0x01, 0x01]],
  ['a record definition', [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01]],
  ['a timestamp', [0xd6, 0xff, 0, 0, 0, 0]],
  ['a 64-bit integer', [0xcf, 0, 0, 0, 0, 0, 0, 0, 1]],
  ['an unused type', [0xc1]],
])('%s is refused', (_, bytes) => {
  expect(() => msgpackCodec.decode(Uint8Array.from(bytes))).toThrow(RangeError);
});

test('garbage either decodes or throws an Error, and never gets a prototype', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        msgpackCodec.decode(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
  const hostile = Uint8Array.from([0x81, 0xa9, ...Buffer.from('__proto__'), 0x81, 0xa1, 0x61, 0x01]);
  expect((msgpackCodec.decode(hostile) as { a?: number }).a).toBeUndefined();
});
