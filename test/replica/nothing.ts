import type { Output } from '../../src/replica/output.ts';

/** What comes of a turn in which there was nothing to do. */
export const NOTHING: Output = {
  write: undefined,
  state: undefined,
  stage: [],
  replaceState: undefined,
  syncState: false,
  send: [],
  replies: [],
  watches: [],
  contradictions: [],
  configuration: undefined,
  removed: false,
  outdated: false,
  divergence: undefined,
};
