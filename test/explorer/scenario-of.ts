import { present } from '../../src/base/assert.ts';
import { messageLine } from '../scenarios/lines.ts';
import { CONFIG_EXPLORED } from './explore.ts';
import type { MessageTable } from './message-table.ts';
import type { Action } from './action.ts';
import type { Found } from './search.ts';
import type { Start } from './starts.ts';

/** What was found, as a scenario of test/scenarios: the commands that lead there, one a line. */
export function scenarioOf(
  found: Found,
  starts: readonly Start[],
  nodes: number,
  messages: MessageTable,
): readonly string[] {
  const start = present(starts[found.start], 'the start is known');
  const limits = Object.entries(CONFIG_EXPLORED).map(([name, value]) => `${name}=${value}`);
  const disks = start.disks.map(({ term, vote, log }, at) => {
    const voted = vote === undefined ? '' : ` vote=${vote}`;
    return `disk ${at + 1} term=${term}${voted} log=${log.join()}`;
  });
  return [
    `# ${found.violation}`,
    `nodes ${nodes} ${limits.join(' ')}`,
    ...disks,
    'by-hand',
    ...found.path.flatMap((action) => commandsOf(action, messages)),
    'state',
    'log',
  ];
}

function commandsOf({ kind, node, detail }: Action, messages: MessageTable): readonly string[] {
  const id = node + 1;
  const turn = `turn ${id}`;
  const message = (): string => messageLine(messages.messageOf(detail));
  switch (kind) {
    case 'campaign':
      return [`campaign ${id}`, turn];
    case 'propose':
      return [`propose ${id} ${id}`, turn];
    case 'tick':
      return [`tick ${id}`, turn];
    case 'reboot':
      return [`crash ${id} keep=${detail}`, `restart ${id}`, turn];
    case 'compact':
      return [`compact ${id} ${detail}`, turn];
    case 'write':
      return [`write ${id} 1`, turn];
    case 'turn':
      return [turn];
    case 'deliver':
      return [`deliver once ${message()}`, turn];
    case 'deliver-early':
      return [`deliver once ${message()}`];
    case 'repeat':
      return [`repeat once ${message()}`, turn];
    case 'drop':
    case 'lose':
      return [`drop once ${message()}`];
    case 'hold':
      return [`# held up: ${message()}`];
    case 'stall':
      return [`# the disk of node ${id} stalls`];
    case 'isolate':
      return [`# node ${id} is cut off`];
    case 'heal':
      return [`# node ${id} is reached again`];
  }
}
