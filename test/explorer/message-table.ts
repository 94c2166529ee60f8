import { present } from '../../src/base/assert.ts';
import type { Message } from '../../src/raft/message.ts';
import { describe } from './copy.ts';

const NOTHING: ReadonlySet<unknown> = new Set();

/** Every message that was ever sent, each once, with a number of its own. */
export class MessageTable {
  readonly #messages: Message[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #ranks: number[] = [];

  get size(): number {
    return this.#messages.length;
  }

  numberOf(message: Message): number {
    const text = describe(message, NOTHING);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#messages.length;
    this.#numbers.set(text, number);
    this.#messages.push(message);
    this.#ranks.push(rankOf(message));
    return number;
  }

  messageOf(number: number): Message {
    return present(this.#messages[number], 'the message is known');
  }

  /** Of two messages on their way the one of lower rank arrives first, if nobody decides otherwise. */
  rankOf(number: number): number {
    return present(this.#ranks[number], 'the message is known');
  }
}

/** By term, then answers before questions, then along the log. */
const ORDER: readonly Message['kind'][] = [
  'pre-vote-response',
  'pre-vote-request',
  'vote-response',
  'vote-request',
  'append-accepted',
  'append-rejected',
  'append-request',
  'snapshot-response',
  'snapshot-request',
  'heartbeat-response',
  'heartbeat-request',
];

function rankOf(message: Message): number {
  const along = message.kind === 'append-request' ? message.previous.index : 0;
  const kind = ORDER.indexOf(message.kind) + 1;
  return (((message.term * 64 + kind) * 64 + along) * 8 + message.from) * 8 + message.to;
}
