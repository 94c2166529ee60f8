/** Raft's messages as rows. The numbers and the order of the fields are the protocol. */
import { assert, unreachable } from '../base/assert.ts';
import { decodeConfiguration } from '../raft/configuration-codec.ts';
import type { Term } from '../base/flavor.ts';
import type { Entry, EntryKind, Position } from '../raft/entry.ts';
import type { AppendRequest, Envelope, HeartbeatResponse, Message } from '../raft/message.ts';
import { LARGE_BYTES_MIN } from './known-checksums.ts';
import { type FieldReader, readRow } from './field-reader.ts';
import { type Row, violation } from './message-bytes.ts';
import { ENTRIES_PER_APPEND_MAX } from './wire-limits.ts';

export const MESSAGE_KINDS: Readonly<Record<Message['kind'], number>> = {
  'pre-vote-request': 1,
  'pre-vote-response': 2,
  'vote-request': 3,
  'vote-response': 4,
  'append-request': 5,
  'append-accepted': 6,
  'append-rejected': 7,
  'heartbeat-request': 8,
  'heartbeat-response': 9,
  'snapshot-request': 10,
  'snapshot-response': 11,
  'read-index-request': 12,
  'read-index-response': 13,
  'timeout-now': 14,
  'repair-request': 15,
  'repair-response': 16,
  'state-hash': 17,
};

export const ENTRY_KINDS: Readonly<Record<EntryKind, number>> = { noop: 0, command: 1, configuration: 2 };

const ENTRY_KIND_OF: ReadonlyMap<number, EntryKind> = new Map(
  Object.entries(ENTRY_KINDS).map(([kind, number]) => [number, kind as EntryKind]),
);

/** Fields of one entry in an append request: its index follows from its place. */
const ENTRY_FIELDS = 3;

export function messageRow(message: Message): Row {
  const head = [MESSAGE_KINDS[message.kind], message.from, message.to, message.term];
  switch (message.kind) {
    case 'pre-vote-request':
      return [...head, message.last.index, message.last.term];
    case 'vote-request':
      return [...head, message.last.index, message.last.term, message.transfer];
    case 'timeout-now':
      return head;
    case 'state-hash':
      return [...head, message.index, message.hash];
    case 'repair-request':
      return [...head, message.first, message.last];
    case 'repair-response':
      return [
        ...head,
        message.entries.flatMap(({ index, term, kind, data }) => [index, term, ENTRY_KINDS[kind], data]),
      ];
    case 'pre-vote-response':
    case 'vote-response':
      return [...head, message.granted];
    case 'append-request':
      return [
        ...head,
        message.previous.index,
        message.previous.term,
        message.commitIndex,
        flatEntries(message),
      ];
    case 'append-accepted':
      return [...head, message.matchIndex];
    case 'append-rejected':
      return [...head, message.previousIndex, message.hint.index, message.hint.term, message.needsSnapshot];
    case 'heartbeat-request':
      return [...head, message.commitIndex, message.readRound, message.sentMs];
    case 'heartbeat-response':
      return [...head, message.readRound, message.sentMs, message.clockMs, message.promiseMs];
    case 'read-index-request':
      return [...head, message.id, message.lease];
    case 'read-index-response':
      return [...head, message.id, message.index ?? null];
    case 'snapshot-request':
      return [
        ...head,
        message.snapshot.index,
        message.snapshot.term,
        message.chunk,
        message.last,
        message.data,
      ];
    case 'snapshot-response':
      return [...head, message.snapshot.index, message.snapshot.term, message.nextChunk, message.data];
    default:
      return unreachable(message);
  }
}

/** Adds the large data of entries that stand in a row, if it is one with entries. */
export function pushLargeEntries(large: Uint8Array[], row: unknown): void {
  if (!Array.isArray(row) || row[0] !== MESSAGE_KINDS['append-request']) return;
  const flat: unknown = row.at(-1);
  if (!Array.isArray(flat)) return;
  for (const item of flat) {
    if (item instanceof Uint8Array && item.length >= LARGE_BYTES_MIN) large.push(item);
  }
}

/** @throws StoreError PROTOCOL_VIOLATION */
export function messageFromRow(row: unknown): Message {
  if (!Array.isArray(row)) throw violation('a message between nodes is a row');
  return readRow('message', row, 1, (fields) => readMessage(row[0], fields));
}

function readMessage(kind: unknown, fields: FieldReader): Message {
  const from = fields.integer('from', 1);
  const to = fields.integer('to', 1);
  const term = fields.integer('term');
  // Spread, it would make an object of a shape that no optimized code keeps up with.
  const envelope = { from, to, term };
  switch (kind) {
    case MESSAGE_KINDS['pre-vote-request']:
      return { kind: 'pre-vote-request', from, to, term, last: readPosition('last', fields) };
    case MESSAGE_KINDS['pre-vote-response']:
      return { kind: 'pre-vote-response', from, to, term, granted: fields.flag('granted') };
    case MESSAGE_KINDS['vote-request']:
      return {
        kind: 'vote-request',
        from,
        to,
        term,
        last: readPosition('last', fields),
        transfer: fields.flag('transfer'),
      };
    case MESSAGE_KINDS['timeout-now']:
      return { kind: 'timeout-now', from, to, term };
    case MESSAGE_KINDS['vote-response']:
      return { kind: 'vote-response', from, to, term, granted: fields.flag('granted') };
    case MESSAGE_KINDS['append-request']:
      return readAppendRequest(envelope, fields);
    case MESSAGE_KINDS['append-accepted']:
      return { kind: 'append-accepted', from, to, term, matchIndex: fields.integer('matchIndex') };
    case MESSAGE_KINDS['append-rejected']:
      return {
        kind: 'append-rejected',
        from,
        to,
        term,
        previousIndex: fields.integer('previousIndex'),
        hint: readPosition('hint', fields),
        needsSnapshot: fields.flag('needsSnapshot'),
      };
    default:
      return readFurther(kind, envelope, fields);
  }
}

/** What keeps a leadership up, or ends it, and what it is good for. */
function readFurther(kind: unknown, envelope: Envelope, fields: FieldReader): Message {
  const { from, to, term } = envelope;
  switch (kind) {
    case MESSAGE_KINDS['heartbeat-request']:
      return {
        kind: 'heartbeat-request',
        from,
        to,
        term,
        commitIndex: fields.integer('commitIndex'),
        readRound: fields.integer('readRound'),
        sentMs: fields.integer('sentMs'),
      };
    case MESSAGE_KINDS['heartbeat-response']:
      return readHeartbeatResponse(envelope, fields);
    case MESSAGE_KINDS['read-index-request']:
      return {
        kind: 'read-index-request',
        from,
        to,
        term,
        id: fields.integer('id'),
        lease: fields.flag('lease'),
      };
    case MESSAGE_KINDS['read-index-response']:
      return {
        kind: 'read-index-response',
        from,
        to,
        term,
        id: fields.integer('id'),
        index: fields.optionalInteger('index'),
      };
    default:
      return readMending(kind, envelope, fields);
  }
}

/** What gives a node what it lacks, or shows that it holds something else. */
function readMending(kind: unknown, envelope: Envelope, fields: FieldReader): Message {
  const { from, to, term } = envelope;
  switch (kind) {
    case MESSAGE_KINDS['repair-request']:
      return {
        kind: 'repair-request',
        from,
        to,
        term,
        first: fields.integer('first', 1),
        last: fields.integer('last', 1),
      };
    case MESSAGE_KINDS['state-hash']:
      return {
        kind: 'state-hash',
        from,
        to,
        term,
        index: fields.integer('index'),
        hash: fields.bytes('hash'),
      };
    case MESSAGE_KINDS['repair-response']:
      return { kind: 'repair-response', from, to, term, entries: readFoundEntries(fields) };
    case MESSAGE_KINDS['snapshot-request']:
      return {
        kind: 'snapshot-request',
        from,
        to,
        term,
        snapshot: readPosition('snapshot', fields),
        chunk: fields.integer('chunk'),
        last: fields.flag('last'),
        data: fields.bytes('data'),
      };
    case MESSAGE_KINDS['snapshot-response']:
      return {
        kind: 'snapshot-response',
        from,
        to,
        term,
        snapshot: readPosition('snapshot', fields),
        nextChunk: fields.integer('nextChunk'),
        data: fields.bytes('data'),
      };
    default:
      throw violation('Raft has no message of this kind');
  }
}

function readHeartbeatResponse({ from, to, term }: Envelope, fields: FieldReader): HeartbeatResponse {
  return {
    kind: 'heartbeat-response',
    from,
    to,
    term,
    readRound: fields.integer('readRound'),
    sentMs: fields.integer('sentMs'),
    clockMs: fields.integer('clockMs'),
    promiseMs: fields.integer('promiseMs'),
  };
}

function readPosition(name: string, fields: FieldReader): Position {
  return { index: fields.integer(`${name} index`), term: fields.integer(`${name} term`) };
}

function flatEntries({ previous, entries }: AppendRequest): Row {
  const flat: unknown[] = [];
  for (const [at, entry] of entries.entries()) {
    assert(entry.index === previous.index + 1 + at, 'the entries of an append request are contiguous');
    flat.push(entry.term, ENTRY_KINDS[entry.kind], entry.data);
  }
  return flat;
}

function readAppendRequest({ from, to, term }: Envelope, fields: FieldReader): AppendRequest {
  const previous = readPosition('previous', fields);
  const commitIndex = fields.integer('commitIndex');
  const flat = fields.list('entries', ENTRIES_PER_APPEND_MAX * ENTRY_FIELDS);
  if (flat.length % ENTRY_FIELDS !== 0) throw violation('append-request: an entry is cut off');
  const count = flat.length / ENTRY_FIELDS;
  const entries = readRow('entry', flat, 0, (row) => readEntries(row, count, previous, term));
  return { kind: 'append-request', from, to, term, previous, entries, commitIndex };
}

/** One reader for all of them: one for each would cost as much as the rest. */
function readEntries(
  fields: FieldReader,
  count: number,
  previous: Position,
  termMax: Term,
): readonly Entry[] {
  const entries: Entry[] = [];
  let termMin = previous.term;
  for (let index = previous.index + 1; entries.length < count; index++) {
    const entry = readEntry(fields, index);
    if (entry.term < termMin || entry.term > termMax) {
      throw violation(`append-request: the term of entry ${index} is out of order`);
    }
    termMin = entry.term;
    entries.push(entry);
  }
  return entries;
}

/** Ascending, but not without a gap, so each bears its index. */
function readFoundEntries(fields: FieldReader): readonly Entry[] {
  const width = ENTRY_FIELDS + 1;
  const flat = fields.list('entries', ENTRIES_PER_APPEND_MAX * width);
  if (flat.length % width !== 0) throw violation('repair-response: an entry is cut off');
  return readRow('entry', flat, 0, (row) => {
    const entries: Entry[] = [];
    while (entries.length * width < flat.length) {
      entries.push(readEntry(row, row.integer('index', (entries.at(-1)?.index ?? 0) + 1)));
    }
    return entries;
  });
}

function readEntry(fields: FieldReader, index: number): Entry {
  const term = fields.integer('term', 1);
  const kind = ENTRY_KIND_OF.get(fields.integer('kind', 0, ENTRY_KIND_OF.size - 1));
  assert(kind !== undefined, 'the kinds of entries are numbered from 0 on');
  const data = fields.bytes('data');
  if (kind === 'configuration') checkConfiguration(index, data);
  return { index, term, kind, data };
}

/** Every node that gets the entry reads it at once: what cannot be read must not enter a log. */
function checkConfiguration(index: number, data: Uint8Array): void {
  try {
    decodeConfiguration(data);
  } catch {
    throw violation(`append-request: entry ${index} is no configuration of a cluster`);
  }
}
