import type { Member } from '../raft/cluster.ts';
import { forgeMessage } from './forge.ts';

/** After how many ticks a node campaigns, so many times. `heard` is `leader=N`: it has heard N just before. */
export function waitsLine(member: Member, times: number, heard: string | undefined): string {
  const waits = new Map<number, number>();
  for (let n = 0; n < times; n++) {
    hear(member, heard);
    let ticks = 1;
    while (!campaigns(member)) ticks += 1;
    waits.set(ticks, (waits.get(ticks) ?? 0) + 1);
  }
  const ordered = Array.from(waits).sort(([one], [other]) => one - other);
  const counted = ordered.map(([ticks, count]) => `${ticks} (${count}x)`);
  return `n${member.config.id} campaigns after ${counted.join(' ')}`;
}

/** How often one node alone is the first to campaign, of so many times. */
export function firstLine(members: readonly Member[], times: number, heard: string | undefined): string {
  let alone = 0;
  for (let n = 0; n < times; n++) {
    for (const member of members) hear(member, heard);
    let first = 0;
    while (first === 0) first = members.filter((member) => campaigns(member)).length;
    if (first === 1) alone += 1;
  }
  return `one node is first alone in ${alone} of ${times} times`;
}

function hear({ config, raft }: Member, heard: string | undefined): void {
  if (heard === undefined) return;
  const link = `${heard.slice('leader='.length)}>${config.id}`;
  raft.step(forgeMessage([link, 'heartbeat-request', `term=${raft.term}`]));
  raft.ready();
}

/** One tick passes. */
function campaigns({ raft }: Member): boolean {
  raft.tick();
  return raft.ready().send.some(({ kind }) => kind === 'pre-vote-request');
}
