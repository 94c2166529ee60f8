import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StoreError } from '../../src/base/errors.ts';
import { decodeClientFrames, encodeClientFrames } from '../../src/wire/client-codec.ts';
import { sealMessage } from '../../src/wire/message-bytes.ts';
import { decodePeerFrames, encodePeerFrames } from '../../src/wire/peer-codec.ts';
import { decodeServerFrames, encodeServerFrames } from '../../src/wire/server-codec.ts';
import { clientFrame, peerFrame, serverFrame } from './arbitraries.ts';

const decoders = [decodeClientFrames, decodeServerFrames, decodePeerFrames];

/** Whatever the bytes are, a decoder gives frames or a StoreError. */
function expectNoCrash(message: Uint8Array): void {
  for (const decode of decoders) {
    try {
      decode(message);
    } catch (error) {
      expect(error).toBeInstanceOf(StoreError);
      expect(['PROTOCOL_VERSION', 'PROTOCOL_VIOLATION']).toContain((error as StoreError).code);
    }
  }
}

test('client frames come back as they were', () => {
  fc.assert(
    fc.property(fc.array(clientFrame, { maxLength: 5 }), (frames) => {
      expect(decodeClientFrames(encodeClientFrames(frames))).toEqual(frames);
    }),
  );
});

test('server frames come back as they were', () => {
  fc.assert(
    fc.property(fc.array(serverFrame, { maxLength: 5 }), (frames) => {
      expect(decodeServerFrames(encodeServerFrames(frames))).toEqual(frames);
    }),
  );
});

test('peer frames come back as they were', () => {
  fc.assert(
    fc.property(fc.array(peerFrame, { maxLength: 5 }), (frames) => {
      expect(decodePeerFrames(encodePeerFrames(frames))).toEqual(frames);
    }),
  );
});

test('random bytes never cause anything but a StoreError', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), expectNoCrash), { numRuns: 2000 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (body) => expectNoCrash(sealMessage(body))),
    { numRuns: 2000 },
  );
});

test('a message of which a bit was flipped, or the end cut off, is refused', () => {
  const frames = fc.array(peerFrame, { maxLength: 3 });
  fc.assert(
    fc.property(frames, fc.nat(), fc.nat({ max: 7 }), fc.boolean(), (sent, at, bit, cuts) => {
      const message = encodePeerFrames(sent);
      const damaged = message.slice(0, cuts ? at % message.length : message.length);
      if (!cuts) damaged[at % damaged.length] = (damaged[at % damaged.length] ?? 0) ^ (1 << bit);
      expect(() => decodePeerFrames(damaged)).toThrow(StoreError);
    }),
    { numRuns: 2000 },
  );
});

test('mutated messages never cause anything but a StoreError', () => {
  const message = fc.oneof(
    fc.array(clientFrame, { maxLength: 3 }).map(encodeClientFrames),
    fc.array(serverFrame, { maxLength: 3 }).map(encodeServerFrames),
    fc.array(peerFrame, { maxLength: 3 }).map(encodePeerFrames),
  );
  const mutations = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(message, mutations, fc.nat(), (original, changes, cut) => {
      const mutated = original.slice(0, cut % 3 === 0 ? cut % (original.length + 1) : original.length);
      for (const [at, byte] of changes) {
        if (mutated.length > 0) mutated[at % mutated.length] = byte;
      }
      expectNoCrash(mutated);
      expectNoCrash(sealMessage(mutated.subarray(5))); // and if the checksum did not catch it
    }),
    { numRuns: 3000 },
  );
});

test('what is kept of a peer message does not share the memory of the frame', () => {
  const data = new Uint8Array([1, 2, 3]);
  const message = encodePeerFrames([
    {
      kind: 'peer-messages',
      messages: [
        {
          kind: 'append-request',
          from: 1,
          to: 2,
          term: 1,
          previous: { index: 0, term: 0 },
          commitIndex: 0,
          entries: [{ index: 1, term: 1, kind: 'command', data }],
        },
      ],
    },
  ]);
  const decoded = decodePeerFrames(message);
  message.fill(0);
  expect(decoded[0]).toMatchObject({ messages: [{ entries: [{ data }] }] });
});
