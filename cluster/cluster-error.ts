/** Why a command on a local cluster was not carried out. */
export type ClusterErrorKind =
  | 'no-cluster' // nothing was ever started in this directory
  | 'bad-request' // what was asked for cannot be meant
  | 'not-running' // the node, or the whole cluster, is down
  | 'no-leader' // nobody leads, so the leader cannot be named
  | 'node-failed' // a node ended by itself
  | 'timeout' // it did not happen within the time allowed
  | 'interrupted' // the caller gave it up
  | 'directory-damaged';

/** The kind is for programs; the message says what to do next. */
export class ClusterError extends Error {
  override readonly name: string = 'ClusterError';
  readonly kind: ClusterErrorKind;

  constructor(kind: ClusterErrorKind, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.kind = kind;
  }
}
