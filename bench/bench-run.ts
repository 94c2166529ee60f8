import { warmUp } from './measure/warm-up.ts';
import type { Bench, WarmUpLoad } from './question.ts';
import { KvorumTarget } from './targets/kvorum.ts';
import { installedPeers, type PeerName } from './targets/peers.ts';
import type { StoreTarget, Target } from './targets/target.ts';

const FIRST_PORT = 7601;
const PORTS_APART = 20;
const KEYS = 10_000;
const KEYS_QUICK = 1_000;

export interface BenchOptions {
  readonly durationMs: number;
  readonly isQuick: boolean;
  /** Who may be compared with, if it is installed. */
  readonly peers: readonly PeerName[];
  readonly note: (text: string) => void;
}

/** What is running for the questions, so that it surely ends. */
export class BenchRun implements Bench {
  readonly durationMs: number;
  readonly isQuick: boolean;
  readonly keys: number;
  readonly note: (text: string) => void;
  readonly #peers: readonly PeerName[];
  readonly #done = new Map<Target, Set<string>>();
  /** They stay from one question to the next. */
  readonly #stores = new Map<string, Promise<StoreTarget>>();
  /** Everything that was started and was not stopped. */
  readonly #running = new Set<Target>();
  #port = FIRST_PORT - PORTS_APART;

  constructor({ durationMs, isQuick, peers, note }: BenchOptions) {
    this.durationMs = durationMs;
    this.isQuick = isQuick;
    this.keys = isQuick ? KEYS_QUICK : KEYS;
    this.note = note;
    this.#peers = peers;
  }

  stores(names: readonly PeerName[]): Promise<readonly StoreTarget[]> {
    const peers = installedPeers(names.filter((name) => this.#peers.includes(name)));
    const own = this.#store('kvorum', (firstPort) => KvorumTarget.create({ firstPort }));
    return Promise.all([own, ...peers.map(({ name, create }) => this.#store(name, create))]);
  }

  async start<T extends Target>(target: T): Promise<T> {
    this.#running.add(target);
    await target.start();
    return target;
  }

  async once(target: Target, what: string, act: () => Promise<unknown>): Promise<void> {
    const done = this.#done.get(target) ?? new Set();
    this.#done.set(target, done);
    if (done.has(what)) return;
    await act();
    done.add(what);
  }

  async warmUp(target: Target, { kind, operation, inFlight, again = false }: WarmUpLoad): Promise<void> {
    if (this.isQuick) return;
    const act = async (): Promise<void> => {
      const rates = await warmUp(operation, inFlight);
      const shown = rates.map((rate) => Math.round(rate).toLocaleString('en')).join(', ');
      this.note(`  warm-up    ${target.name.padEnd(16)}${kind}s a second, ${inFlight} in flight: ${shown}`);
    };
    if (again) await act();
    else await this.once(target, `${kind} at ${inFlight} until warm`, act);
  }

  nextPort(): number {
    return (this.#port += PORTS_APART);
  }

  /** Stops what a question started for itself. */
  async stopExtras(): Promise<void> {
    const settled = await Promise.allSettled(this.#stores.values());
    const stores = new Set<Target | undefined>(
      settled.map((each) => (each.status === 'fulfilled' ? each.value : undefined)),
    );
    await this.#stop([...this.#running].filter((target) => !stores.has(target)));
  }

  async stopAll(): Promise<void> {
    await this.#stop([...this.#running]);
  }

  async #stop(targets: readonly Target[]): Promise<void> {
    for (const target of targets) this.#running.delete(target);
    await Promise.all(targets.map((target) => target.stop()));
  }

  async #store(name: string, create: (firstPort: number) => Promise<StoreTarget>): Promise<StoreTarget> {
    const started = this.#stores.get(name) ?? create(this.nextPort()).then((target) => this.start(target));
    this.#stores.set(name, started);
    return started;
  }
}
