import type { Entry, Position } from '../../src/raft/entry.ts';
import type { Message } from '../../src/raft/message.ts';
import type { RaftInspection } from '../../src/raft/inspection.ts';

const placed = ({ index, term }: Position): string => `${index}/${term}`;
const listed = (entries: readonly Entry[]): string => entries.map(placed).join(',') || '-';

/** A node in one line; places are index/term. */
export function stateLine(node: RaftInspection): string {
  const last = node.entries.at(-1) ?? node.base;
  return `n${node.id} ${node.role.padEnd(8)} term=${node.term} last=${placed(last)} commit=${node.commitIndex}`;
}

/** The terms of a node's entries; those in brackets are not on its disk, a bar stands behind what is committed. */
export function logLine(node: RaftInspection): string {
  const base = node.base.index === 0 ? '' : ` (base ${placed(node.base)})`;
  const bar = (index: number): string => (index === node.commitIndex ? ' |' : '');
  const entries = node.entries.map(({ index, term }) => {
    const text = index > node.stableIndex ? `[${term}]` : `${term}`;
    return ` ${text}${bar(index)}`;
  });
  return `n${node.id}:${base}${bar(node.base.index)}${entries.join('')}`;
}

/** Who makes up the cluster, by this node's log; a star where that is not committed. */
export function membersLine(node: RaftInspection): string {
  const { voters, outgoing, learners, learnersNext } = node.configuration;
  const groups = { voters, outgoing, learners, 'learners-next': learnersNext };
  const named = Object.entries(groups).filter(([, ids]) => ids.length > 0);
  const text = named.map(([name, ids]) => ` ${name}=${ids.join()}`).join('');
  return `n${node.id}${text === '' ? ' none' : text}${node.configurationIndex > node.commitIndex ? ' *' : ''}`;
}

/** A message in one line. */
export function messageLine(message: Message): string {
  return `${message.from}>${message.to} ${message.kind} term=${message.term}${detailsOf(message)}`;
}

function detailsOf(message: Message): string {
  switch (message.kind) {
    case 'pre-vote-request':
      return ` last=${placed(message.last)}`;
    case 'vote-request':
      return ` last=${placed(message.last)}${message.transfer ? ' transfer' : ''}`;
    case 'timeout-now':
      return '';
    case 'pre-vote-response':
    case 'vote-response':
      return message.granted ? ' granted' : ' refused';
    case 'append-request': {
      const { previous, entries, commitIndex } = message;
      return ` previous=${placed(previous)} entries=${listed(entries)} commit=${commitIndex}`;
    }
    case 'append-accepted':
      return ` match=${message.matchIndex}`;
    case 'append-rejected': {
      const { previousIndex, hint, needsSnapshot } = message;
      return ` previous=${previousIndex} hint=${placed(hint)}${needsSnapshot ? ' needs-snapshot' : ''}`;
    }
    case 'heartbeat-request':
      return ` commit=${message.commitIndex}${message.readRound > 0 ? ` round=${message.readRound}` : ''}`;
    case 'heartbeat-response':
      return message.readRound > 0 ? ` round=${message.readRound}` : '';
    case 'read-index-request':
      return ` id=${message.id}${message.lease ? ' lease' : ''}`;
    case 'read-index-response':
      return ` id=${message.id} ${message.index === undefined ? 'refused' : `index=${message.index}`}`;
    case 'state-hash':
      return ` index=${message.index}`;
    case 'repair-request':
      return ` first=${message.first} last=${message.last}`;
    case 'repair-response':
      return ` entries=${listed(message.entries)}`;
    case 'snapshot-request':
      return ` snapshot=${placed(message.snapshot)}`;
    case 'snapshot-response':
      return ` snapshot=${placed(message.snapshot)} next-chunk=${message.nextChunk}`;
  }
}
