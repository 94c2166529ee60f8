import type { Command } from 'commander';
import { StoreError } from '../../src/base/errors.ts';
import type { MemberList } from '../../src/client/members-client.ts';
import type { MemberReport } from '../../src/wire/admin-frames.ts';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags, Work } from '../data-command.ts';
import { note, printJson, printTable } from '../output.ts';
import { bytesText, snapshotWords } from './catch-up.ts';

const HEADINGS = ['MEMBER', 'ROLE', 'STATE', 'MATCH', 'BEHIND', 'ADDRESS'];
/** After this share of the deadline, any node will do. */
const LEADER_SHARE = 0.5;

export function addListMembersCommand(parent: Command): void {
  dataCommand(parent, 'list', 'Show who the members are, and how far each of them is', [
    'kvorum member list',
    'kvorum member list --json',
  ])
    .alias('ls')
    .action((flags: DataFlags) =>
      withClient(flags, async (work) => {
        const list = await listMembers(work);
        if (flags.json === true) printJson(toJson(list));
        else printMembers(list);
      }),
    );
}

/** As the leader sees them; without a leader, as some node does. */
async function listMembers({ client, call }: Work): Promise<MemberList> {
  try {
    return await client.members.list({ ...call, timeoutMs: call.timeoutMs * LEADER_SHARE });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code === 'ABORTED') throw error;
    const timeoutMs = call.timeoutMs * (1 - LEADER_SHARE);
    const list = await client.members.list({ ...call, timeoutMs, consistency: 'stale' });
    note(`no leader answers: this is what n${list.nodeId} knows (${error.code})`);
    return list;
  }
}

function toJson({ leader, term, settled, members }: MemberList): Readonly<Record<string, unknown>> {
  return { leader: leader ?? null, term, settled, members };
}

function printMembers({ leader, settled, members }: MemberList): void {
  printTable(
    HEADINGS,
    members.map((member) => [
      `n${member.id}`,
      member.id === leader ? 'leader' : member.role,
      stateOf(member),
      String(member.progress?.matchIndex ?? '-'),
      behind(member),
      member.address,
    ]),
  );
  if (!settled) note('a change of the members is under way');
}

function stateOf({ incarnation, role, progress }: MemberReport): string {
  if (role === 'learner' && incarnation === '') return 'place kept free';
  if (progress === undefined) return '-';
  if (!progress.recentlyActive) return 'no answer';
  if (progress.state === 'snapshot') return `snapshot ${snapshotWords(progress)}`;
  return progress.state === 'replicate' ? 'up' : 'being probed';
}

function behind({ progress }: MemberReport): string {
  if (progress === undefined) return '-';
  const { entriesBehind, bytesBehind } = progress;
  return entriesBehind === 0 ? '0' : `${entriesBehind} entries, ${bytesText(bytesBehind)}`;
}
