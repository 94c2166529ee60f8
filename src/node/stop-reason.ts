import { type ErrorCode, StoreError } from '../base/errors.ts';
import type { ReplicaStatus } from '../replica/input.ts';

/** Why a node is no longer running. */
export type StopReason =
  | { readonly kind: 'asked' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

/** The process ended for no reason that has a code of its own. */
export const EXIT_FAILURE = 1;

const EXIT_CODES: Partial<Readonly<Record<ErrorCode, number>>> = {
  CONFIG_INVALID: 3,
  DIRECTORY_LOCKED: 4,
  DIRECTORY_MISMATCH: 4,
  LOG_CORRUPT: 4,
  STATE_CORRUPT: 4,
  AMNESIA: 4,
  VERSION_UNSUPPORTED: 4,
  MEMBER_REMOVED: 7,
  PORT_IN_USE: 5,
  DISK_FULL: 6,
  DISK_FAILED: 6,
  // A cluster that was asked for a place gave none.
  UNREACHABLE: 8,
  NO_LEADER: 8,
  TIMEOUT: 8,
  TOO_BUSY: 8,
  CLUSTER_MISMATCH: 8,
  MEMBER_EXISTS: 8,
  MEMBER_UNKNOWN: 8,
  CHANGE_INVALID: 8,
  QUORUM_AT_RISK: 8,
};

/** The exit code of a process that stops for this reason; 1 for those without a code of their own. */
export function exitCode(code: ErrorCode): number {
  return EXIT_CODES[code] ?? EXIT_FAILURE;
}

/** A failure of the disk as a reason; our own mistakes are thrown on, so that they end the process. */
export function failureOf(error: unknown): Extract<StopReason, { kind: 'failed' }> {
  if (!(error instanceof StoreError)) throw error;
  return { kind: 'failed', code: error.code, message: error.message };
}

/** The cluster went over to a later release while this node, or its program, stayed behind. */
export function outdated(status: ReplicaStatus): Extract<StopReason, { kind: 'failed' }> {
  const { protocol, clusterVersion } = status;
  const message =
    `the cluster works by version ${clusterVersion}, and this release understands no more than ${protocol}: ` +
    'start the node with the release of the others';
  return { kind: 'failed', code: 'VERSION_UNSUPPORTED', message };
}
