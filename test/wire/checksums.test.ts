import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry } from '../../src/raft/entry.ts';
import { checksumAround, entryChecksum } from '../../src/wire/checksums.ts';
import { decodeClientFrames, encodeClientFrames } from '../../src/wire/client-codec.ts';
import type { ClientFrame } from '../../src/wire/client-frames.ts';
import { continuedCrc, joinedCrc } from '../../src/wire/joined-crc.ts';
import { checksumOf, knownChecksum, LARGE_BYTES_MIN } from '../../src/wire/known-checksums.ts';
import { sealMessage } from '../../src/wire/message-bytes.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { decodePeerFrames, encodePeerFrames } from '../../src/wire/peer-codec.ts';
import type { PeerFrame } from '../../src/wire/peer-frames.ts';

const someBytes = fc.uint8Array({ maxLength: 300 });

test('the checksum of two pieces follows from those of each', () => {
  fc.assert(
    fc.property(someBytes, someBytes, (first, second) => {
      const whole = Buffer.concat([first, second]);
      expect(joinedCrc(crc32(first), crc32(second), second.length)).toBe(crc32(whole));
      expect(continuedCrc(crc32(first), second)).toBe(crc32(whole));
    }),
  );
  const [first, second] = [large(1), large(2, 3 * 1024 * 1024 + 1)];
  const whole = crc32(Buffer.concat([first, second]));
  expect(joinedCrc(crc32(first), crc32(second), second.length)).toBe(whole);
  expect(continuedCrc(whole, new Uint8Array(new ArrayBuffer(0)))).toBe(whole);
});

test('the checksum of a whole asks for those of its parts', () => {
  const bytes = large(3, 500);
  for (const places of [
    [],
    [[0, 500]],
    [[0, 10]],
    [[490, 500]],
    [
      [5, 7],
      [7, 7],
      [100, 400],
    ],
  ]) {
    // prettier-ignore
    const parts = places.map(([from = 0, to = 0]) => ({ at: from, bytes: bytes.subarray(from, to) }));
    const asked: Uint8Array[] = [];
    const crc = checksumAround(bytes, parts, (part) => {
      asked.push(part);
      return crc32(part);
    });
    expect(crc).toBe(crc32(bytes));
    expect(asked).toStrictEqual(parts.map((part) => part.bytes));
  }
});

test.each([
  ['a command with a large value', msgpackCodec.encode([1, 'kv', { key: 'k', value: large(4) }])],
  ['two large values and more behind', msgpackCodec.encode([large(5), { list: [large(6), 'end'] }])],
  ['bytes that are no msgpack', large(7)],
  ['little', Uint8Array.of(1, 2, 3)],
])('the checksum of an entry is that of its bytes: %s', (_, data) => {
  expect(entryChecksum(data)).toBe(crc32(data));
  expect(entryChecksum(data)).toBe(crc32(data));
  expect(checksumOf(data)).toBe(crc32(data));
});

test('a large entry makes a message that is checked over every byte, whatever was checked before', () => {
  const values = [large(8), large(9, 1024 * 1024), Uint8Array.of(1)];
  const entries = values.map((value, at): Entry => {
    return { index: 5 + at, term: 2, kind: 'command', data: msgpackCodec.encode([1, { value }, at]) };
  });
  const frame: PeerFrame = {
    kind: 'peer-messages',
    messages: [
      {
        kind: 'append-request',
        from: 1,
        to: 2,
        term: 2,
        previous: { index: 4, term: 1 },
        entries,
        commitIndex: 3,
      },
    ],
  };
  const message = encodePeerFrames([frame]);
  expect(new DataView(message.buffer).getUint32(1)).toBe(crc32(message.subarray(5)));
  expect(Buffer.compare(encodePeerFrames([frame]), message)).toBe(0);
  expectSame(message, frame);
  for (let at = 1; at < message.length; at += 99_991) {
    message[at] = (message[at] ?? 0) ^ 0x10;
    expect(() => decodePeerFrames(message)).toThrow(expect.objectContaining({ code: 'PROTOCOL_VIOLATION' }));
    message[at] = (message[at] ?? 0) ^ 0x10;
  }
  expectSame(message, frame);
});

test('a large value is read when a client sends it, and not again for the entry that it becomes', () => {
  const frame: ClientFrame = {
    kind: 'command',
    request: 1,
    machine: 'kv',
    session: undefined,
    body: { key: 'k', value: large(10), more: [large(11), large(12, 10)] },
  };
  const message = encodeClientFrames([frame]);
  const [decoded] = decodeClientFrames(message);
  if (decoded?.kind !== 'command') throw new TypeError('a command stays one');
  const entry = msgpackCodec.encode([1, decoded.body]);
  const [, body] = msgpackCodec.view(entry) as [number, { value: Uint8Array; more: Uint8Array[] }];
  const copies = [body.value, ...body.more];
  expect(copies.map(knownChecksum)).toStrictEqual([crc32(large(10)), crc32(large(11)), undefined]);
  expect(entryChecksum(entry)).toBe(crc32(entry));
  for (let at = 1; at < message.length; at += 9_991) {
    message[at] = (message[at] ?? 0) ^ 0x10;
    expect(() => decodeClientFrames(message)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_VIOLATION' }),
    );
    message[at] = (message[at] ?? 0) ^ 0x10;
  }
});

test('fields may come in any order in a message', () => {
  const body = msgpackCodec.encode([[2, 1, 'mine', null, { 1: large(13), 2: large(14) }]]);
  const key = Buffer.from([0xa1, 0x31]);
  const first = Buffer.from(body).indexOf(key);
  const second = Buffer.from(body).indexOf(Buffer.from([0xa1, 0x32, 0xc6]));
  body[first + 1] = 0x32;
  body[second + 1] = 0x31;
  const [frame] = decodeClientFrames(sealMessage(body));
  expect(frame).toMatchObject({ kind: 'command', body: { 1: { length: large(14).length } } });
});

test('entries that begin alike, or are parts of each other, are told apart in a message', () => {
  const alike = [large(0).fill(0), large(0, LARGE_BYTES_MIN + 1).fill(0), large(0).fill(0)];
  const entries = alike.map((data, at): Entry => ({ index: 1 + at, term: 1, kind: 'command', data }));
  const previous = { index: 0, term: 0 };
  const frame: PeerFrame = {
    kind: 'peer-messages',
    messages: [{ kind: 'append-request', from: 1, to: 2, term: 1, previous, entries, commitIndex: 0 }],
  };
  expectSame(encodePeerFrames([frame]), frame);
});

function large(seed: number, length: number = LARGE_BYTES_MIN): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 7 + (at >>> 8)) & 0xff);
}

/** Encoded again, since large bytes are long to compare otherwise. */
function expectSame(message: Uint8Array, frame: PeerFrame): void {
  expect(Buffer.compare(msgpackCodec.encode(decodePeerFrames(message)), msgpackCodec.encode([frame]))).toBe(
    0,
  );
}
