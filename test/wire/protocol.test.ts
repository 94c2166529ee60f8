/** Pins the protocol: a change here is a change that other releases cannot read. */
import { expect, test } from 'vitest';
import type { StoreError } from '../../src/base/errors.ts';
import { CLIENT_KINDS, decodeClientFrames, encodeClientFrames } from '../../src/wire/client-codec.ts';
import { WIRE_INTEGER_MAX } from '../../src/wire/field-reader.ts';
import { encodeRows, MESSAGE_FORMAT } from '../../src/wire/message-bytes.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { decodePeerFrames, encodePeerFrames, PEER_KINDS } from '../../src/wire/peer-codec.ts';
import { ENTRY_KINDS, MESSAGE_KINDS } from '../../src/wire/raft-message-codec.ts';
import { WATCHES_PER_FRAME_MAX } from '../../src/wire/wire-limits.ts';
import { decodeServerFrames, encodeServerFrames, SERVER_KINDS } from '../../src/wire/server-codec.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What decoding these rows is refused with. */
function refusal(decode: (message: Uint8Array) => unknown, rows: readonly (readonly unknown[])[]): string {
  try {
    decode(encodeRows(msgpackCodec, rows));
  } catch (error) {
    return `${(error as StoreError).code}: ${(error as StoreError).message}`;
  }
  return 'not refused';
}

test('the numbers of the kinds are fixed', () => {
  expect({
    MESSAGE_FORMAT,
    CLIENT_KINDS,
    SERVER_KINDS,
    PEER_KINDS,
    MESSAGE_KINDS,
    ENTRY_KINDS,
  }).toMatchInlineSnapshot(`
    {
      "CLIENT_KINDS": {
        "command": 2,
        "hello": 1,
        "join": 10,
        "leader-transfer": 11,
        "member-change": 9,
        "member-list": 8,
        "ping": 7,
        "query": 3,
        "status-request": 6,
        "unwatch": 5,
        "watch": 4,
      },
      "ENTRY_KINDS": {
        "command": 1,
        "configuration": 2,
        "noop": 0,
      },
      "MESSAGE_FORMAT": 1,
      "MESSAGE_KINDS": {
        "append-accepted": 6,
        "append-rejected": 7,
        "append-request": 5,
        "heartbeat-request": 8,
        "heartbeat-response": 9,
        "pre-vote-request": 1,
        "pre-vote-response": 2,
        "read-index-request": 12,
        "read-index-response": 13,
        "repair-request": 15,
        "repair-response": 16,
        "snapshot-request": 10,
        "snapshot-response": 11,
        "state-hash": 17,
        "timeout-now": 14,
        "vote-request": 3,
        "vote-response": 4,
      },
      "PEER_KINDS": {
        "peer-goodbye": 34,
        "peer-hello": 32,
        "peer-messages": 33,
      },
      "SERVER_KINDS": {
        "cluster": 27,
        "error": 18,
        "goodbye": 24,
        "members": 25,
        "placed": 26,
        "pong": 23,
        "result": 17,
        "status": 22,
        "watch-ended": 21,
        "watch-events": 20,
        "watch-started": 19,
        "welcome": 16,
      },
    }
  `);
});

test('the bytes of client frames are fixed', () => {
  expect(
    hex(
      encodeClientFrames([
        { kind: 'hello', clusterId: undefined, client: 'test/1' },
        {
          kind: 'command',
          request: 1,
          machine: 'kv',
          session: { id: 7, sequence: 2, ackedBelow: 2 },
          body: ['put'],
        },
        { kind: 'query', request: 2, machine: 'kv', body: null, consistency: 'stale' },
        { kind: 'watch', request: 3, machine: 'kv', key: 'a\u00ff', prefix: true, fromRevision: 9 },
        { kind: 'unwatch', request: 3 },
        { kind: 'status-request', request: 4 },
        { kind: 'ping' },
      ]),
    ),
  ).toMatchInlineSnapshot(
    `"012f2af9a9979301c0a6746573742f31950201a26b769307020291a3707574960302a26b76a57374616c65c0c0960403a26b76a361c3bfc3099205039206049107"`,
  );
});

test('the bytes of server frames are fixed', () => {
  expect(
    hex(
      encodeServerFrames([
        {
          kind: 'welcome',
          clusterId: 'c',
          nodeId: 1,
          members: [{ id: 1, address: 'h:1' }],
          leader: undefined,
        },
        { kind: 'result', request: 1, result: true, revision: 5, index: 6 },
        { kind: 'error', request: 2, code: 'NOT_LEADER', outcome: 'not-applied', message: 'm', leader: 3 },
        { kind: 'watch-started', request: 3, fromRevision: 6 },
        {
          kind: 'watch-events',
          requests: [3, 4],
          after: 6,
          revision: 6,
          events: [{ revision: 6, machine: 'kv', kind: 'put', key: 'a', value: new Uint8Array([1]) }],
        },
        { kind: 'watch-ended', request: 3, code: 'NO_LEADER', message: '' },
        { kind: 'pong' },
        { kind: 'goodbye', code: 'SHUTTING_DOWN', message: '' },
      ]),
    ),
  ).toMatchInlineSnapshot(
    `"0109e3071d989510a16301919201a3683a31c09611010506c0c3961202aa4e4f545f4c4541444552ab6e6f742d6170706c696564a16d039313030695149203040606919506a26b76a3707574a161c40101941503a94e4f5f4c4541444552a091179318ad5348555454494e475f444f574ea0"`,
  );
});

test('the bytes of peer frames are fixed', () => {
  const to = { from: 1, to: 2, term: 3 };
  expect(
    hex(
      encodePeerFrames([
        {
          kind: 'peer-hello',
          clusterId: 'c',
          nodeId: 1,
          to: 2,
          incarnation: 'i',
          address: 'h:2',
          formed: true,
          knownIncarnation: undefined,
          protocolMin: 1,
          protocol: 2,
        },
        {
          kind: 'peer-messages',
          messages: [
            { kind: 'vote-request', ...to, last: { index: 4, term: 2 }, transfer: false },
            { kind: 'timeout-now', ...to },
            { kind: 'vote-response', ...to, granted: true },
            {
              kind: 'append-request',
              ...to,
              previous: { index: 4, term: 2 },
              commitIndex: 4,
              entries: [{ index: 5, term: 3, kind: 'command', data: new Uint8Array([255]) }],
            },
            {
              kind: 'append-rejected',
              ...to,
              previousIndex: 4,
              hint: { index: 3, term: 2 },
              needsSnapshot: false,
            },
            { kind: 'heartbeat-request', ...to, commitIndex: 4, readRound: 1, sentMs: 70 },
            {
              kind: 'snapshot-response',
              ...to,
              snapshot: { index: 4, term: 2 },
              nextChunk: 1,
              data: Uint8Array.of(7),
            },
          ],
        },
        { kind: 'peer-goodbye', code: 'AMNESIA', message: 'm' },
      ]),
    ),
  ).toMatchInlineSnapshot(
    `"0114cd4fae939a20a1630102a169a3683a32c3c0010292219797030102030402c2940e0102039504010203c39805010203040204930301c401ff9807010203040302c29708010203040146980b010203040201c401079322a7414d4e45534941a16d"`,
  );
});

test('damage on the way is told apart from a peer that breaks the protocol', () => {
  const damaged = encodePeerFrames([{ kind: 'peer-messages', messages: [] }]);
  damaged[damaged.length - 1] = 0x91;
  expect(() => decodePeerFrames(damaged)).toThrow('damaged on its way');
});

test('another protocol version is told apart from garbage', () => {
  const other = encodeClientFrames([{ kind: 'ping' }]);
  other[0] = 2;
  expect(() => decodeClientFrames(other)).toThrowError(expect.objectContaining({ code: 'PROTOCOL_VERSION' }));
  expect(() => decodeClientFrames(new Uint8Array())).toThrowError(
    expect.objectContaining({ code: 'PROTOCOL_VIOLATION' }),
  );
});

test('a client frame with one wrong field is refused, and the message names the field', () => {
  const deep = JSON.parse('['.repeat(40) + ']'.repeat(40)) as unknown;
  const refused = [
    [99],
    ['hello'],
    [],
    [CLIENT_KINDS.hello, 5, 'c'],
    [CLIENT_KINDS.hello, null, 'c'.repeat(257)],
    [CLIENT_KINDS.hello, null, 'c', 1],
    [CLIENT_KINDS.command, -1, 'kv', null, null],
    [CLIENT_KINDS.command, 1.5, 'kv', null, null],
    [CLIENT_KINDS.command, 1, 'kv', [1, 0, 0], null],
    [CLIENT_KINDS.command, 1, 'kv', [1, 1], null],
    [CLIENT_KINDS.command, 1, 'kv', null],
    [CLIENT_KINDS.command, 1, 'kv', null, deep],
    [CLIENT_KINDS.query, 1, 'kv', 'sometimes', null, null],
    [CLIENT_KINDS.query, 1, 'kv', 'stale', -1, null],
    [CLIENT_KINDS.query, 1, 'kv', 'lease', 5, null],
    [CLIENT_KINDS.watch, 1, 'kv', '€', true, null],
    [CLIENT_KINDS.watch, 1, 'kv', 'a', 1, null],
    [CLIENT_KINDS.watch, 1, 'kv', 'a', true, 2 ** 53],
    [CLIENT_KINDS.ping, 0],
  ].map((row) => refusal(decodeClientFrames, [row]));
  expect(refused).toMatchInlineSnapshot(`
    [
      "PROTOCOL_VIOLATION: a client sends no frame of this kind",
      "PROTOCOL_VIOLATION: a client sends no frame of this kind",
      "PROTOCOL_VIOLATION: a client sends no frame of this kind",
      "PROTOCOL_VIOLATION: hello: clusterId must be a string of at most 128 characters",
      "PROTOCOL_VIOLATION: hello: client must be a string of at most 256 characters",
      "PROTOCOL_VIOLATION: hello has 4 fields instead of 3",
      "PROTOCOL_VIOLATION: command: request must be a whole number from 0 to 281474976710656",
      "PROTOCOL_VIOLATION: command: request must be a whole number from 0 to 281474976710656",
      "PROTOCOL_VIOLATION: command session: sequence must be a whole number from 1 to 281474976710656",
      "PROTOCOL_VIOLATION: command session: ackedBelow must be a whole number from 0 to 281474976710656",
      "PROTOCOL_VIOLATION: command: body must be there",
      "PROTOCOL_VIOLATION: command: body must be nested at most 32 deep",
      "PROTOCOL_VIOLATION: query: consistency must be one of linearizable, lease, stale",
      "PROTOCOL_VIOLATION: query: maxStaleMs must be a whole number from 0 to 281474976710656",
      "PROTOCOL_VIOLATION: query: maxStaleMs is for stale queries",
      "PROTOCOL_VIOLATION: watch: key must be a string of one character per byte",
      "PROTOCOL_VIOLATION: watch: prefix must be true or false",
      "PROTOCOL_VIOLATION: watch: fromRevision must be a whole number from 0 to 281474976710656",
      "PROTOCOL_VIOLATION: ping has 2 fields instead of 1",
    ]
  `);
});

test('events with one wrong field are refused, and the message names the field', () => {
  const event = [7, 'kv', 'put', 'a', null];
  const refused = [
    [[3], 6, 7],
    [3, 6, 7, [event]],
    [[3, -1], 6, 7, [event]],
    [[3, '4'], 6, 7, [event]],
    [[3, 2 ** 53], 6, 7, [event]],
    [Array.from({ length: WATCHES_PER_FRAME_MAX + 1 }, (_, at) => at), 6, 7, [event]],
    [[3], null, 7, [event]],
    [[3], 6, 7.5, [event]],
    [[3], 6, 7, [7]],
    [[3], 6, 7, [[7, 'kv', 'put', '€', null]]],
    [[3], 6, 7, [event], 1],
  ].map((fields) => refusal(decodeServerFrames, [[SERVER_KINDS['watch-events'], ...fields]]));
  expect(refused).toMatchInlineSnapshot(`
    [
      "PROTOCOL_VIOLATION: watch-events: events must be a list of at most 1048576 items",
      "PROTOCOL_VIOLATION: watch-events: requests must be a list of at most 65536 items",
      "PROTOCOL_VIOLATION: watch-events: requests must be a whole number from 0 to 281474976710656",
      "PROTOCOL_VIOLATION: watch-events: requests must be a whole number from 0 to 281474976710656",
      "PROTOCOL_VIOLATION: watch-events: requests must be a whole number from 0 to 281474976710656",
      "PROTOCOL_VIOLATION: watch-events: requests must be a list of at most 65536 items",
      "PROTOCOL_VIOLATION: watch-events: after must be a whole number from 0 to 281474976710656",
      "PROTOCOL_VIOLATION: watch-events: revision must be a whole number from 0 to 281474976710656",
      "PROTOCOL_VIOLATION: watch-events: events must be a list of rows",
      "PROTOCOL_VIOLATION: watch-events events: key must be a string of one character per byte",
      "PROTOCOL_VIOLATION: watch-events has 6 fields instead of 5",
    ]
  `);
});

test('a peer frame with one wrong field is refused, and the message names the field', () => {
  const messages = [
    'vote',
    [],
    [99, 1, 2, 3],
    [MESSAGE_KINDS['vote-request'], 1, 2, WIRE_INTEGER_MAX + 1, 1, 1],
    [MESSAGE_KINDS['vote-request'], 0, 2, 3, 1, 1],
    [MESSAGE_KINDS['vote-response'], 1, 2, 3, 1],
    [MESSAGE_KINDS['append-request'], 1, 2, 3, 0, 0, 0, [3, 1]],
    [MESSAGE_KINDS['append-request'], 1, 2, 3, 0, 0, 0, [3, 3, new Uint8Array()]],
    [MESSAGE_KINDS['append-request'], 1, 2, 3, 0, 0, 0, [3, 2, new Uint8Array()]],
    [MESSAGE_KINDS['timeout-now'], 1, 2, 3, 4],
    [MESSAGE_KINDS['vote-request'], 1, 2, 3, 1, 1, 1],
    [MESSAGE_KINDS['append-request'], 1, 2, 3, 0, 0, 0, [4, 1, new Uint8Array()]],
    [MESSAGE_KINDS['append-request'], 1, 2, 3, 9, 2, 0, [1, 1, new Uint8Array()]],
    [MESSAGE_KINDS['append-request'], 1, 2, 3, 0, 0, 0, [3, 1, 'text']],
    [MESSAGE_KINDS['snapshot-request'], 1, 2, 3, 4, 3, 0, true, null],
  ];
  expect(messages.map((message) => refusal(decodePeerFrames, [[PEER_KINDS['peer-messages'], [message]]])))
    .toMatchInlineSnapshot(`
      [
        "PROTOCOL_VIOLATION: a message between nodes is a row",
        "PROTOCOL_VIOLATION: message: from must be a whole number from 1 to 281474976710656",
        "PROTOCOL_VIOLATION: Raft has no message of this kind",
        "PROTOCOL_VIOLATION: message: term must be a whole number from 0 to 281474976710656",
        "PROTOCOL_VIOLATION: message: from must be a whole number from 1 to 281474976710656",
        "PROTOCOL_VIOLATION: message: granted must be true or false",
        "PROTOCOL_VIOLATION: append-request: an entry is cut off",
        "PROTOCOL_VIOLATION: entry: kind must be a whole number from 0 to 2",
        "PROTOCOL_VIOLATION: append-request: entry 1 is no configuration of a cluster",
        "PROTOCOL_VIOLATION: message has 5 fields instead of 4",
        "PROTOCOL_VIOLATION: message: transfer must be true or false",
        "PROTOCOL_VIOLATION: append-request: the term of entry 1 is out of order",
        "PROTOCOL_VIOLATION: append-request: the term of entry 10 is out of order",
        "PROTOCOL_VIOLATION: entry: data must be bytes",
        "PROTOCOL_VIOLATION: message: data must be bytes",
      ]
    `);
  expect(
    refusal(decodePeerFrames, [[PEER_KINDS['peer-hello'], 'c', 1, 2, 3, true, null]]),
  ).toMatchInlineSnapshot(
    `"PROTOCOL_VIOLATION: peer-hello: incarnation must be a string of at most 64 characters"`,
  );
  expect(refusal(decodeServerFrames, [[SERVER_KINDS.goodbye, 'OH_NO', '']])).toMatchInlineSnapshot(
    `"PROTOCOL_VIOLATION: goodbye: code must be an error code"`,
  );
});
