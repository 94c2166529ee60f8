import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LoggedCommand } from '../../src/machine/command.ts';
import { decodeLogged, encodeLogged } from '../../src/machine/logged-command.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';

const stamps = fc.record({
  id: fc.integer({ min: 1 }),
  sequence: fc.integer({ min: 1 }),
  ackedBelow: fc.integer({ min: 1 }),
});
const logged: fc.Arbitrary<LoggedCommand> = fc.record({
  machine: fc.string(),
  session: fc.option(stamps, { nil: undefined }),
  body: fc.oneof(
    fc.constant(null),
    fc.uint8Array(),
    fc.record({ kind: fc.constant('put'), key: fc.string() }),
  ),
  timeMs: fc.nat(),
  wallMs: fc.nat(),
});

test('a command comes back from its bytes as it was', () => {
  fc.assert(
    fc.property(logged, (command) => {
      expect(decodeLogged(msgpackCodec, encodeLogged(msgpackCodec, command))).toEqual(command);
    }),
  );
});

test('log time is whole, and what is no command of this release stops the node', () => {
  const command: LoggedCommand = { machine: 'kv', session: undefined, body: null, timeMs: 0.5, wallMs: 0 };
  expect(() => encodeLogged(msgpackCodec, command)).toThrow('whole milliseconds');
  for (const tuple of [null, [], [2, 0, 0, 0, 0, 0, 'kv', null], [1, 0, 0, 0, 0, 0, 'kv']]) {
    expect(() => decodeLogged(msgpackCodec, msgpackCodec.encode(tuple))).toThrow('this release');
  }
});
