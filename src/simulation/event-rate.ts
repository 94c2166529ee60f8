import { claim } from './violation.ts';

/** Several times what clusters have that are well, with all their clients and faults. */
const EVENTS_PER_SECOND_MAX = 100_000;
const SECOND_US = 1_000_000;

/** Holds a cluster to an end of what it has to say: messages that beget messages, without a timer in between, never stop. */
export class EventRate {
  #secondUs = 0;
  #events = 0;

  /** One more event, at this virtual time. @throws Violation */
  count(nowUs: number): void {
    const secondUs = nowUs - (nowUs % SECOND_US);
    if (secondUs !== this.#secondUs) {
      this.#secondUs = secondUs;
      this.#events = 0;
    }
    this.#events++;
    claim(
      this.#events <= EVENTS_PER_SECOND_MAX,
      'clusters fall silent',
      () => `more than ${EVENTS_PER_SECOND_MAX} events in one virtual second: messages beget messages`,
    );
  }
}
