import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Raft } from '../../src/raft/raft.ts';
import { plant } from '../mutants/plant.ts';
import { Scenario } from '../scenarios/scenario.ts';
import { explore } from './explore.ts';
import { loadOpenCore } from './open-core.ts';
import { scenarioOf } from './scenario-of.ts';
import { type ActionKind, DECISIONS } from './action.ts';
import type { Bounds, Found } from './search.ts';
import { STARTS } from './starts.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const BOUNDS: Bounds = {
  terms: 4,
  commands: 3,
  crashes: 2,
  inflight: 24,
  states: 150_000,
  decisions: 20,
  decide: new Set(DECISIONS),
};

async function plantedCore(name: string): Promise<typeof Raft> {
  const scratch = await plant(ROOT, name);
  try {
    return await loadOpenCore(join(scratch, 'dist'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What is found in a core with this bug, and what its scenario prints when it is played with it. */
async function findPlanted(
  name: string,
  decide: readonly ActionKind[],
): Promise<{ found: Found; played: string }> {
  const core = await plantedCore(name);
  const { search, moves } = explore(core, STARTS, 3, {
    ...BOUNDS,
    states: 3_000_000,
    decide: new Set(decide),
  });
  const found = search.run(Infinity);
  if (typeof found === 'string') throw new Error(`${name} is not found: ${found}`);
  const commands = scenarioOf(found, STARTS, 3, moves.messages).filter((line) => !line.startsWith('#'));
  return { found, played: new Scenario(core).run(commands) };
}

test('no run of few decisions breaks a property of Raft', async () => {
  const core = await loadOpenCore(join(ROOT, 'dist'));
  const { search } = explore(core, STARTS, 3, BOUNDS);
  expect(search.run(Infinity)).toBe('done');
  expect(search.progress).toMatchObject({ complete: 2, cut: 0 });
  expect(search.progress.states).toBeGreaterThanOrEqual(BOUNDS.states);
});

test('two searches see the same states', async () => {
  const core = await loadOpenCore(join(ROOT, 'dist'));
  const bounds = { ...BOUNDS, states: 30_000 };
  const one = explore(core, STARTS, 3, bounds).search;
  const other = explore(core, STARTS, 3, bounds).search;
  one.run(Infinity);
  other.run(Infinity);
  expect(one.progress).toEqual(other.progress);
});

test('a vote that is told before it is on the disk is found', async () => {
  const { found } = await findPlanted('vote-told-before-disk', DECISIONS);
  expect(found.violation).toBe('a vote is on the disk before it is told');
});

test('an entry of an older term that is committed by counting is found, and the way there can be played', async () => {
  const { found, played } = await findPlanted('commit-of-older-term', ['campaign', 'hold', 'reboot']);
  expect(found.violation).toBe('node 3 leads term 4 without entry 1, which is committed');
  expect(played).toMatchInlineSnapshot(`
    "n1 leader   term=3 last=2/3 commit=1
    n2 follower term=4 last=1/1 commit=1
    n3 leader   term=4 last=2/4 commit=0
    n1: 1 | 3
    n2: 1 |
    n3: | 2 [4]"
  `);
});
