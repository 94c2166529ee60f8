import { median, type Spread, spread } from '../measure/statistics.ts';
import type { Bar, Figures, Question } from '../question.ts';

/** How one bar was met. */
export interface Verdict extends Bar {
  /** Undefined where there was nothing to compare with. */
  readonly reached: number | undefined;
  /** Of the rounds. */
  readonly spread: Spread | undefined;
  readonly met: 'moonshot' | 'bar' | 'no' | 'not measured';
}

/** How near to what the load generator can drive at all a store came. */
export interface Ceiling {
  /** Operations a second if the store cost nothing. */
  readonly perSecond: number;
  /** What part of it each store reached. */
  readonly reached: Readonly<Record<string, number>>;
  /** For what part of the time the client of Kvorum kept its one processor busy. */
  readonly clientBusy: number;
  /** Kvorum is so near to it, or its client so busy, that the generator bounds the figure, not the store. */
  readonly bounds: boolean;
}

export interface Answer {
  readonly name: string;
  readonly asks: string;
  readonly rounds: readonly Readonly<Record<string, Figures>>[];
  /** By subject. */
  readonly medians: Readonly<Record<string, Figures>>;
  /** By subject and figure. */
  readonly spreads: Readonly<Record<string, Readonly<Record<string, Spread>>>>;
  readonly verdicts: readonly Verdict[];
  /** Where the generator was measured too. */
  readonly ceiling: Ceiling | undefined;
}

/** The subject that is no store, but the load generator with nobody behind it. */
export const GENERATOR = 'generator';
/** From this part of the ceiling on it is the generator that is measured. */
const CEILING_NEAR = 0.8;
const CLIENT_BUSY = 0.9;

type Round = Readonly<Record<string, Figures>>;

export function judge(
  { name, asks, bars }: Question,
  subjects: readonly string[],
  rounds: readonly Round[],
): Answer {
  const each = <T>(summary: (values: readonly number[]) => T): Record<string, Record<string, T>> =>
    Object.fromEntries(subjects.map((subject) => [subject, summaries(rounds, subject, summary)]));
  const medians = each(median);
  const verdicts = bars.map((bar) => verdict(bar, rounds));
  return { name, asks, rounds, medians, spreads: each(spread), verdicts, ceiling: ceilingOf(medians) };
}

/** Of each figure of a subject over all rounds. */
function summaries<T>(
  rounds: readonly Round[],
  subject: string,
  summary: (values: readonly number[]) => T,
): Record<string, T> {
  const all = rounds.map((round) => round[subject] ?? {});
  const names = [...new Set(all.flatMap((figures) => Object.keys(figures)))];
  return Object.fromEntries(
    names.map((name) => [name, summary(all.flatMap((figures) => figures[name] ?? []))]),
  );
}

/** A ratio is taken within each round: what slows the machine down slows both of its sides. */
function verdict(bar: Bar, rounds: readonly Round[]): Verdict {
  const values = rounds.flatMap((round) => {
    const own = round['kvorum']?.[bar.figure];
    if (own === undefined || bar.over === undefined) return own ?? [];
    const other = round[bar.over]?.[bar.figure];
    return other === undefined ? [] : own / other;
  });
  if (values.length === 0) return { ...bar, reached: undefined, spread: undefined, met: 'not measured' };
  const reached = median(values);
  const reaches = (limit: number): boolean =>
    bar.wants === 'at least' ? reached >= limit : reached <= limit;
  const met = reaches(bar.moonshot) ? 'moonshot' : reaches(bar.bar) ? 'bar' : 'no';
  return { ...bar, reached, spread: spread(values), met };
}

function ceilingOf(medians: Readonly<Record<string, Figures>>): Ceiling | undefined {
  const perSecond = medians[GENERATOR]?.['perSecond'];
  if (perSecond === undefined) return undefined;
  const reached = Object.fromEntries(
    Object.entries(medians).flatMap(([subject, figures]) => {
      const own = figures['perSecond'];
      return subject === GENERATOR || own === undefined ? [] : [[subject, own / perSecond]];
    }),
  );
  const own = medians['kvorum'] ?? {};
  const clientBusy = ((own['clientCpu'] ?? 0) * (own['perSecond'] ?? 0)) / 1000;
  const bounds = (reached['kvorum'] ?? 0) >= CEILING_NEAR || clientBusy >= CLIENT_BUSY;
  return { perSecond, reached, clientBusy, bounds };
}
