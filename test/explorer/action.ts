import { present } from '../../src/base/assert.ts';

/** Steps of a world as a whole; those of a node carry its number, those of a message the message's. */
export const ACTIONS = [
  'campaign',
  'propose',
  'tick',
  'reboot',
  'compact',
  'write',
  'deliver',
  'deliver-early',
  'turn',
  'repeat',
  'drop',
  'lose',
  'hold',
  'stall',
  'isolate',
  'heal',
] as const;
export type ActionKind = (typeof ACTIONS)[number];

/** Those that do not happen by themselves, but in other orders or not at all. */
export const DECISIONS: readonly ActionKind[] = [
  'campaign',
  'propose',
  'tick',
  'reboot',
  'compact',
  'deliver-early',
  'repeat',
  'drop',
  'hold',
  'stall',
  'isolate',
];

export interface Action {
  readonly kind: ActionKind;
  /** Place of the node in the cluster, from 0 on. */
  readonly node: number;
  readonly detail: number;
}

/** An action in one number: 4 bits for the kind, 3 for the node, 24 for the detail. */
export function actionOf(kind: ActionKind, node: number, detail: number): number {
  return (ACTIONS.indexOf(kind) * 8 + node) * 2 ** 24 + detail;
}

export function readAction(action: number): Action {
  const head = Math.floor(action / 2 ** 24);
  return {
    kind: present(ACTIONS[head >> 3], 'the action is one of ours'),
    node: head % 8,
    detail: action % 2 ** 24,
  };
}
