import type { NodeId } from '../../src/base/flavor.ts';
import { fetchStatus } from '../../cluster/node-http.ts';
import type { LocalCluster } from '../../cluster/local-cluster.ts';
import type { ProcessState } from '../../cluster/process-identity.ts';

const INTERVAL_MS = 200;

/** How one node stood at a moment. */
export interface NodeSample {
  readonly id: NodeId;
  readonly process: ProcessState;
  /** Undefined when it did not answer. */
  readonly role: string | undefined;
  readonly term: number | undefined;
}

export interface Sample {
  readonly atMs: number;
  readonly nodes: readonly NodeSample[];
}

/** Looks at every node several times a second, past all faults of the network. */
export class Sampler {
  readonly samples: Sample[] = [];
  readonly #cluster: LocalCluster;
  readonly #beginMs: number;
  readonly #latest = new Map<NodeId, NodeSample>();
  readonly #asked = new Set<NodeId>();
  readonly #timer: NodeJS.Timeout;

  constructor(cluster: LocalCluster, beginMs: number) {
    this.#cluster = cluster;
    this.#beginMs = beginMs;
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
  }

  /** Who led with the highest term when it was last looked. */
  get leader(): NodeId | undefined {
    const leaders = [...this.#latest.values()].filter(
      ({ role, process }) => role === 'leader' && process === 'running',
    );
    return leaders.toSorted((a, b) => (b.term ?? 0) - (a.term ?? 0))[0]?.id;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const id of this.#cluster.ids) void this.#ask(id);
    const nodes = this.#cluster.ids.flatMap((id) => this.#latest.get(id) ?? []);
    this.samples.push({ atMs: performance.now() - this.#beginMs, nodes });
  }

  async #ask(id: NodeId): Promise<void> {
    const process = this.#cluster.processState(id);
    if (process !== 'running') {
      this.#latest.set(id, { id, process, role: undefined, term: undefined });
      return;
    }
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    const status = await fetchStatus(this.#cluster.listenOf(id));
    this.#asked.delete(id);
    this.#latest.set(id, { id, process, role: status?.role, term: status?.term });
  }
}
