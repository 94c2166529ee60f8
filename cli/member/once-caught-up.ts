import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../src/base/errors.ts';
import type { DataFlags, Work } from '../data-command.ts';
import { note } from '../output.ts';
import { CatchUp } from './catch-up.ts';

const LOOK_MS = 250;
const TELL_MS = 1_000;

/**
 * Tries again while the learner is behind, until the deadline, and says meanwhile how far it is: in
 * place on a terminal, a line a second elsewhere.
 */
export async function onceCaughtUp(
  { client, call }: Work,
  { json }: DataFlags,
  learner: number,
  act: (call: Work['call']) => Promise<void>,
): Promise<void> {
  const deadlineMs = performance.now() + call.timeoutMs;
  const left = (): Work['call'] => ({ ...call, timeoutMs: Math.max(1, deadlineMs - performance.now()) });
  const progress = new CatchUp();
  const show = json === true ? (): void => undefined : progressLine(learner);
  for (;;) {
    try {
      await act(left());
      return;
    } catch (error) {
      const isBehind = error instanceof StoreError && error.code === 'LEARNER_BEHIND';
      if (!isBehind || performance.now() + LOOK_MS >= deadlineMs) throw error;
    }
    const { members } = await client.members.list(left());
    const found = members.find((member) => member.id === learner);
    if (found?.progress !== undefined) show(progress.words(found.progress));
    await sleep(LOOK_MS, undefined, { signal: call.signal });
  }
}

function progressLine(learner: number): (words: string) => void {
  let toldMs = -Infinity;
  return (words) => {
    const isTerminal = process.stderr.isTTY;
    if (!isTerminal && performance.now() - toldMs < TELL_MS) return;
    toldMs = performance.now();
    if (isTerminal) process.stderr.write(`\r\u001B[2Kn${learner}: ${words}`);
    else note(`n${learner}: ${words}`);
  };
}
