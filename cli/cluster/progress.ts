import { note } from '../output.ts';

/** The steps of a start, as `[3/5] nodes ok (…)`. */
export class Progress {
  readonly #steps: number;
  #done: number;

  constructor(options: { readonly done: number; readonly steps: number }) {
    this.#done = options.done;
    this.#steps = options.steps;
  }

  /** One step is done. */
  step(what: string, detail: string): void {
    this.#done++;
    note(`[${this.#done}/${this.#steps}] ${what.padEnd(13)} ok (${detail})`);
  }
}
