/** Everything that is going to happen, by virtual time; what is due at the same time happens in the order of arrival. */
export class EventQueue {
  readonly #times: number[] = [];
  readonly #numbers: number[] = [];
  readonly #runs: (() => void)[] = [];
  #next = 0;
  #nowUs = 0;

  /** Virtual time in µs. Never goes back. */
  get nowUs(): number {
    return this.#nowUs;
  }

  get size(): number {
    return this.#runs.length;
  }

  /** How many events have been scheduled so far. */
  get scheduled(): number {
    return this.#next;
  }

  after(delayUs: number, run: () => void): void {
    this.#push(this.#nowUs + Math.max(0, Math.round(delayUs)), run);
  }

  /** Runs the next event if it is due by then; otherwise the clock goes to `untilUs` and the answer is false. */
  step(untilUs: number): boolean {
    const dueUs = this.#times[0];
    if (dueUs === undefined || dueUs > untilUs) {
      this.#nowUs = Math.max(this.#nowUs, untilUs);
      return false;
    }
    this.#nowUs = dueUs;
    this.#pop()();
    return true;
  }

  /** A binary heap in three arrays, so that no object is made for an event. */
  #push(timeUs: number, run: () => void): void {
    const number = this.#next++;
    let at = this.#runs.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#times[parent] ?? 0) <= timeUs) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#times[at] = timeUs;
    this.#numbers[at] = number;
    this.#runs[at] = run;
  }

  #pop(): () => void {
    const first = this.#runs[0];
    const time = this.#times.pop();
    const number = this.#numbers.pop();
    const run = this.#runs.pop();
    if (first === undefined || time === undefined || number === undefined || run === undefined) {
      throw new RangeError('the queue is empty');
    }
    const size = this.#runs.length;
    if (size === 0) return run;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#before(child + 1, child)) child++;
      const childTime = this.#times[child] ?? 0;
      if (time < childTime || (time === childTime && number < (this.#numbers[child] ?? 0))) break;
      this.#move(child, at);
      at = child;
    }
    this.#times[at] = time;
    this.#numbers[at] = number;
    this.#runs[at] = run;
    return first;
  }

  #before(a: number, b: number): boolean {
    const timeA = this.#times[a] ?? 0;
    const timeB = this.#times[b] ?? 0;
    return timeA < timeB || (timeA === timeB && (this.#numbers[a] ?? 0) < (this.#numbers[b] ?? 0));
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from] ?? 0;
    this.#numbers[to] = this.#numbers[from] ?? 0;
    const run = this.#runs[from];
    if (run !== undefined) this.#runs[to] = run;
  }
}
