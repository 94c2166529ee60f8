import type { Index } from '../../base/flavor.ts';
import { claim } from '../violation.ts';
import type { Property, TurnView } from './property.ts';

/** Whatever changes while it is summed up: nodes that audit their states as of the same entry find the same. */
export class AuditsAgree implements Property {
  readonly name = 'audits agree';
  readonly #hashes = new Map<Index, string>();

  afterTurn({ id, output }: TurnView): void {
    for (const message of output.send) {
      if (message.kind !== 'state-hash') continue;
      const hash = message.hash.join(',');
      const told = this.#hashes.get(message.index) ?? hash;
      claim(hash === told, this.name, () => `node ${id} as of entry ${message.index}: ${hash}, not ${told}`);
      this.#hashes.set(message.index, told);
    }
  }
}
