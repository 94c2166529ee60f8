import { FIRST_VERSION } from '../base/version.ts';
import type { RecordTree } from './record-tree.ts';

const SPACE = 'root';
const KEY = 'version';

/** The body of a clock command that raises the version of the cluster. */
export interface RaiseVersion {
  readonly raiseTo: number;
}

/**
 * By which version the cluster works: a record like any other, so that it is stored, compared between
 * nodes and sent with a snapshot. It is asked for with every entry, and never put off.
 */
export function readVersion(tree: RecordTree): number {
  return tree.space(SPACE).settled.get<number>(KEY) ?? FIRST_VERSION;
}

/** Carries out the body of a clock command, if it is such a one. The version never goes back. */
export function raiseVersion(tree: RecordTree, body: unknown): void {
  if (typeof body !== 'object' || body === null || !('raiseTo' in body)) return;
  const { raiseTo } = body;
  if (typeof raiseTo === 'number' && raiseTo > readVersion(tree)) tree.space(SPACE).put(KEY, raiseTo);
}
