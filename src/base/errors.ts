/**
 * Every error that a user of Kvorum can see: one class, a union of codes, and for each code what
 * it means for the request (its outcome), whether the same request may be sent again, and what to
 * do next. The code is the contract; the message is for people.
 */

/** What became of a request that failed: it took effect, it did not, or nobody can tell yet. */
export type Outcome = 'applied' | 'not-applied' | 'unknown';

export type ErrorCode =
  // the request itself is wrong
  | 'BAD_REQUEST'
  | 'KEY_INVALID'
  | 'VALUE_TOO_LARGE'
  | 'UNKNOWN_MACHINE'
  // the cluster cannot answer now
  | 'NOT_LEADER'
  | 'NO_LEADER'
  | 'LEADERSHIP_LOST'
  | 'READ_UNCONFIRMED'
  | 'TOO_BUSY'
  | 'NO_SPACE'
  | 'SHUTTING_DOWN'
  // sessions and watches
  | 'SESSION_EXPIRED'
  | 'SESSION_LIMIT'
  | 'SEQUENCE_STALE'
  | 'REVISION_COMPACTED'
  | 'REVISION_FUTURE'
  | 'WATCH_LIMIT'
  | 'MACHINE_FAILED'
  | 'VERSION_UNSUPPORTED'
  // members and leadership
  | 'MEMBER_UNKNOWN'
  | 'MEMBER_EXISTS'
  | 'MEMBER_REMOVED'
  | 'LEARNER_BEHIND'
  | 'QUORUM_AT_RISK'
  | 'CHANGE_INVALID'
  | 'TRANSFER_FAILED'
  // the client's own
  | 'UNREACHABLE'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'CLOSED'
  // connections
  | 'PROTOCOL_VERSION'
  | 'PROTOCOL_VIOLATION'
  | 'FRAME_TOO_LARGE'
  | 'CLUSTER_MISMATCH'
  | 'NODE_MISMATCH'
  | 'CONNECTION_LIMIT'
  | 'DENIED'
  // a node's own disk and configuration
  | 'AMNESIA'
  | 'DIRECTORY_MISMATCH'
  | 'DIRECTORY_LOCKED'
  | 'LOG_CORRUPT'
  | 'STATE_CORRUPT'
  | 'DISK_FULL'
  | 'DISK_FAILED'
  | 'PORT_IN_USE'
  | 'CONFIG_INVALID';

export interface ErrorFacts {
  readonly outcome: Outcome;
  /** Whether sending the very same request again is safe and may help. */
  readonly retryable: boolean;
  /** What the reader should do next, as a sentence. */
  readonly advice: string;
}

const refused = (advice: string): ErrorFacts => ({ outcome: 'not-applied', retryable: false, advice });
const later = (advice: string): ErrorFacts => ({ outcome: 'not-applied', retryable: true, advice });
const unknown = (advice: string): ErrorFacts => ({ outcome: 'unknown', retryable: true, advice });

/** What each code means for the caller. */
export const ERROR_FACTS: Readonly<Record<ErrorCode, ErrorFacts>> = {
  BAD_REQUEST: refused('Correct the request; the message names the field.'),
  KEY_INVALID: refused('A key holds 1 byte to 64 KiB.'),
  VALUE_TOO_LARGE: refused('Split the value, or raise the value limit on every node.'),
  UNKNOWN_MACHINE: refused('Register the machine on every node, or correct its name.'),
  NOT_LEADER: later('Ask the leader that the error names.'),
  NO_LEADER: later('Wait for an election; if it lasts, check that a majority of the nodes is up.'),
  LEADERSHIP_LOST: unknown('Retry in the same session: it is applied once at most.'),
  READ_UNCONFIRMED: later('Retry, or ask the leader; if it lasts, check the links between the nodes.'),
  TOO_BUSY: later('Slow down and retry; the queue is full.'),
  NO_SPACE: refused(
    'Free some space: on the disk, or by deleting records; or raise the limit that the message names.',
  ),
  SHUTTING_DOWN: later('Retry at another node.'),
  SESSION_EXPIRED: {
    outcome: 'unknown',
    retryable: false,
    advice: 'Open a new session; read before writing again.',
  },
  SESSION_LIMIT: later('Close sessions that are no longer used.'),
  SEQUENCE_STALE: refused('The reply was already acknowledged; do not reuse sequence numbers.'),
  REVISION_COMPACTED: refused('Read the current state, then watch from its revision + 1.'),
  REVISION_FUTURE: refused('Ask for a revision that the store has reached.'),
  WATCH_LIMIT: later('Close watches that are no longer used, or use one prefix for many keys.'),
  MACHINE_FAILED: refused('The machine threw while applying the command; its changes were undone.'),
  VERSION_UNSUPPORTED: refused('Bring every node to the later release, one after the other; then try again.'),
  MEMBER_UNKNOWN: refused('List the members, and correct the id.'),
  MEMBER_EXISTS: refused('Choose another id and address, or remove the member that has them first.'),
  MEMBER_REMOVED: refused('This node was removed from its cluster: join again with an empty directory.'),
  LEARNER_BEHIND: later('Wait until the learner has caught up; the list of members shows how far it is.'),
  QUORUM_AT_RISK: later('Bring more voters up first: a majority of the new voters would not answer.'),
  CHANGE_INVALID: refused('Correct the change; the message says what is wrong with it.'),
  TRANSFER_FAILED: later('Check that the node to lead is up and has caught up, then try again.'),
  UNREACHABLE: later('Check the endpoints, and that the nodes run.'),
  TIMEOUT: unknown('Retry in the same session, or read to see whether it took effect.'),
  ABORTED: unknown('The request was given up by its caller; it may still take effect.'),
  CLOSED: unknown('The client was closed; open a new one.'),
  PROTOCOL_VERSION: refused('Use a client and nodes of the same release.'),
  PROTOCOL_VIOLATION: refused('The other end does not speak Kvorum, or has a bug.'),
  FRAME_TOO_LARGE: refused('Send less in one frame, or raise the frame limit.'),
  CLUSTER_MISMATCH: refused('Check the endpoints: this node belongs to another cluster.'),
  NODE_MISMATCH: refused('Check the member list: another node answers at this address.'),
  CONNECTION_LIMIT: later('Close connections, or raise the connection limit.'),
  DENIED: refused('This is not allowed here; start the node with the flag that the message names.'),
  AMNESIA: refused('Restore the directory of this node, or replace the node by a new member.'),
  DIRECTORY_MISMATCH: refused('Point --dir at the directory of this node.'),
  DIRECTORY_LOCKED: refused('Another process uses this directory: stop it first.'),
  LOG_CORRUPT: refused('Keep the file for inspection; replace this node from its peers.'),
  STATE_CORRUPT: refused(
    'Start the node with --rebuild: its state is set aside, and built anew from the others.',
  ),
  DISK_FULL: refused('Free some space, then start the node again.'),
  DISK_FAILED: refused('Check the disk; the node does not write to it again by itself.'),
  PORT_IN_USE: refused('Choose another port, or stop the process that holds it.'),
  CONFIG_INVALID: refused('Correct the setting that the message names.'),
};

export interface StoreErrorOptions {
  readonly cause?: unknown;
  /** Overrides the outcome of the code, where more is known. */
  readonly outcome?: Outcome;
}

/** The one error class of the public API. */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';
  readonly code: ErrorCode;
  readonly outcome: Outcome;

  constructor(code: ErrorCode, message: string, options: StoreErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.outcome = options.outcome ?? ERROR_FACTS[code].outcome;
  }

  /** Whether sending the very same request again is safe and may help. */
  get retryable(): boolean {
    return ERROR_FACTS[this.code].retryable;
  }

  /** What to do next, as a sentence. */
  get advice(): string {
    return ERROR_FACTS[this.code].advice;
  }
}
