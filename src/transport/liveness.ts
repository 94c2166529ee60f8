/**
 * Notices that the other end of a socket is gone. It counts intervals rather than time, so that a
 * stall of this process, after which everything is late at once, is not taken for one of the others'.
 */
export class Liveness {
  readonly #timer: NodeJS.Timeout;
  #missed = 0;

  /** Calls `onInterval` at every interval, and `onSilence` once `missedMax` of them passed without a sign. */
  constructor(
    intervalMs: number,
    missedMax: number,
    handlers: { readonly onInterval: () => void; readonly onSilence: () => void },
  ) {
    this.#timer = setInterval(() => {
      this.#missed++;
      if (this.#missed > missedMax) {
        this.stop();
        handlers.onSilence();
      } else {
        handlers.onInterval();
      }
    }, intervalMs);
  }

  /** The other end gave a sign of life. */
  seen(): void {
    this.#missed = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
