import type { Input } from '../replica/input.ts';
import type { Output } from '../replica/output.ts';
import type { SimulatedNode } from './node.ts';

/** Everything that happened in a run, folded into one number: equal runs have equal traces. */
export class Trace {
  #hash = 0x811c9dc5;
  #turns = 0;

  /** As hexadecimal digits. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  get turns(): number {
    return this.#turns;
  }

  note(nowUs: number, what: string): void {
    this.#fold(nowUs);
    for (let at = 0; at < what.length; at++) this.#fold(what.charCodeAt(at));
  }

  turn(nowUs: number, node: SimulatedNode, inputs: readonly Input[], output: Output): void {
    this.#turns++;
    this.#fold(nowUs);
    this.#fold(node.id);
    this.#fold(inputs.length);
    this.#fold(output.write?.id ?? 0);
    this.#fold(output.state?.applied.index ?? 0);
    for (const message of output.send)
      this.#fold(message.to * 16 + message.kind.length + message.term * 1024);
    for (const reply of output.replies) this.#fold(reply.caller);
    this.#fold(output.watches.length);
  }

  #fold(value: number): void {
    this.#hash = Math.imul(this.#hash ^ (value | 0), 0x01000193);
    this.#hash ^= this.#hash >>> 15;
  }
}
