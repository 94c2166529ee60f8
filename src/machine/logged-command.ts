import { assert } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import type { LoggedCommand } from './command.ts';

/** Of the tuple below. A node that meets another one must not guess. */
const FORMAT = 1;

type Tuple = readonly [
  format: number,
  timeMs: number,
  wallMs: number,
  /** 0: no session. */
  session: number,
  sequence: number,
  ackedBelow: number,
  machine: string,
  body: unknown,
];

/** The bytes of a command, as they stand in the log. */
export function encodeLogged(codec: Codec, command: LoggedCommand): Uint8Array {
  const { timeMs, wallMs, session, machine, body } = command;
  assert(Number.isSafeInteger(timeMs) && timeMs >= 0, 'log time is whole milliseconds from 0 up');
  const { id, sequence, ackedBelow } = session ?? { id: 0, sequence: 0, ackedBelow: 0 };
  const tuple: Tuple = [FORMAT, timeMs, wallMs, id, sequence, ackedBelow, machine, body];
  return codec.encode(tuple);
}

/** The command again. The log holds what `encodeLogged` wrote: anything else stops the node. */
export function decodeLogged(codec: Codec, bytes: Uint8Array): LoggedCommand {
  const tuple = codec.decode(bytes);
  assert(
    Array.isArray(tuple) && tuple.length === 8 && tuple[0] === FORMAT,
    'the log holds commands of this release',
  );
  const [, timeMs, wallMs, id, sequence, ackedBelow, machine, body] = tuple as unknown as Tuple;
  return {
    timeMs,
    wallMs,
    session: id === 0 ? undefined : { id, sequence, ackedBelow },
    machine,
    body,
  };
}
