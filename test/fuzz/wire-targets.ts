import fc from 'fast-check';
import type { Codec } from '../../src/base/codec.ts';
import { StoreError } from '../../src/base/errors.ts';
import type { SeededRandom } from '../../src/base/seeded-random.ts';
import { decodeClientFrames, encodeClientFrames } from '../../src/wire/client-codec.ts';
import { decodeRows, sealMessage } from '../../src/wire/message-bytes.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { decodePeerFrames, encodePeerFrames } from '../../src/wire/peer-codec.ts';
import { decodeServerFrames, encodeServerFrames } from '../../src/wire/server-codec.ts';
import { clientFrame, peerFrame, serverFrame } from '../wire/arbitraries.ts';
import type { Target } from './fuzz.ts';
import { damage, mutate, noise } from './mutate.ts';

/** Sound messages, of which hostile ones are made. */
const SAMPLES = 400;

type Decode = (message: Uint8Array) => unknown;

const client = samplesOf(fc.array(clientFrame, { minLength: 1, maxLength: 3 }).map(encodeClientFrames));
const server = samplesOf(fc.array(serverFrame, { minLength: 1, maxLength: 3 }).map(encodeServerFrames));
const peer = samplesOf(fc.array(peerFrame, { minLength: 1, maxLength: 3 }).map(encodePeerFrames));

function samplesOf(messages: fc.Arbitrary<Uint8Array>): readonly Uint8Array[] {
  return fc.sample(messages, { seed: 1, numRuns: SAMPLES });
}

/** What comes over a connection: noise, damaged bytes, and fields of other types and sizes than they should be. */
export const WIRE_TARGETS: readonly Target[] = [
  ...targetsOf('client frames', client, decodeClientFrames),
  ...targetsOf('server frames', server, decodeServerFrames),
  ...targetsOf('peer frames', peer, decodePeerFrames),
  { name: 'msgpack', attack: (random) => attackCodec(msgpackCodec, random) },
];

function targetsOf(name: string, samples: readonly Uint8Array[], decode: Decode): readonly Target[] {
  return [
    { name: `${name}, bytes`, attack: (random) => judge(decode, damaged(random.pick(samples), random)) },
    { name: `${name}, fields`, attack: (random) => judge(decode, misshapen(random.pick(samples), random)) },
  ];
}

/** Half of them with a checksum that holds: whoever is hostile can count too. */
function damaged(message: Uint8Array, random: SeededRandom): Uint8Array {
  if (random.chance(0.5)) return damage(message, random);
  return sealMessage(damage(message.subarray(5), random));
}

function misshapen(message: Uint8Array, random: SeededRandom): Uint8Array {
  const rows = mutate(decodeRows(msgpackCodec, message), random);
  try {
    return sealMessage(msgpackCodec.encode(rows));
  } catch {
    // This end could not even send it.
    return noise(1, random);
  }
}

function judge(decode: Decode, message: Uint8Array): 'taken' | 'refused' {
  try {
    decode(message);
    return 'taken';
  } catch (error) {
    if (error instanceof StoreError && error.code.startsWith('PROTOCOL_')) return 'refused';
    throw error;
  }
}

function attackCodec(codec: Codec, random: SeededRandom): 'taken' | 'refused' {
  const bytes = damage(random.pick(client).subarray(5), random);
  let value: unknown;
  try {
    value = codec.decode(bytes);
  } catch (error) {
    // Errors of the codec's own are what callers expect; those of the machine are not.
    if (error instanceof RangeError && error.message.includes('call stack')) throw error;
    return 'refused';
  }
  if (Object.getPrototypeOf(Object(value)) === null) throw new Error('a value without a prototype');
  return 'taken';
}
