/** A sheet of SVG that is filled from top to bottom, with time from left to right. */
export const LEFT = 90;
export const RIGHT = 20;

export const INK = '#222';
export const FAINT = '#999';

export class Sheet {
  readonly width: number;
  readonly #durationMs: number;
  readonly #parts: string[] = [];
  #y = 0;

  constructor(width: number, durationMs: number) {
    this.width = width;
    this.#durationMs = durationMs;
  }

  /** Where a moment of the run is. */
  x(atMs: number): number {
    return (
      LEFT + (Math.max(0, Math.min(atMs, this.#durationMs)) / this.#durationMs) * (this.width - LEFT - RIGHT)
    );
  }

  get durationMs(): number {
    return this.#durationMs;
  }

  heading(title: string, verdict: string): void {
    this.#y += 24;
    this.text(10, this.#y, `${verdict} — ${title}`, { size: 14 });
    this.#y += 8;
  }

  /** A band of this height with a name; returns its top. */
  band(height: number, name: string): number {
    this.#y += 22;
    this.text(10, this.#y, name, { size: 12 });
    const top = this.#y + 6;
    this.#y = top + height;
    return top;
  }

  /** Lines for the time across a band, with seconds below it. */
  grid(top: number, height: number): void {
    const stepS = [5, 10, 30, 60, 120].find((step) => this.x(step * 1000) - LEFT >= 60) ?? 300;
    for (let second = 0; second * 1000 <= this.#durationMs; second += stepS) {
      const x = this.x(second * 1000);
      this.line(x, top, x, top + height, '#eee');
      this.text(x, top + height + 11, `${second} s`, { size: 9, color: FAINT, anchor: 'middle' });
    }
    this.#y = Math.max(this.#y, top + height + 12);
  }

  rect(x: number, y: number, width: number, height: number, color: string, tip?: string): void {
    const title = tip === undefined ? '' : `<title>${escaped(tip)}</title>`;
    this.#parts.push(
      `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${Math.max(0.8, width).toFixed(1)}" height="${height.toFixed(1)}" fill="${color}">${title}</rect>`,
    );
  }

  line(x1: number, y1: number, x2: number, y2: number, color: string): void {
    this.#parts.push(
      `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${color}"/>`,
    );
  }

  path(points: readonly (readonly [x: number, y: number])[], color: string): void {
    const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
    this.#parts.push(`<polyline points="${line}" fill="none" stroke="${color}" stroke-width="1.3"/>`);
  }

  text(
    x: number,
    y: number,
    text: string,
    { size = 10, color = INK, anchor = 'start' }: { size?: number; color?: string; anchor?: string } = {},
  ): void {
    this.#parts.push(
      `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" fill="${color}" text-anchor="${anchor}">${escaped(text)}</text>`,
    );
  }

  /** Names and their colours, in a row at the right of the last band's name. */
  legend(top: number, entries: readonly (readonly [name: string, color: string])[]): void {
    let x = LEFT + 140;
    for (const [name, color] of entries) {
      this.rect(x, top - 14, 10, 8, color);
      this.text(x + 14, top - 7, name, { size: 10 });
      x += 26 + name.length * 6;
    }
  }

  toString(): string {
    const height = this.#y + 20;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${height}" viewBox="0 0 ${this.width} ${height}" font-family="sans-serif">`,
      `<rect width="100%" height="100%" fill="white"/>`,
      ...this.#parts,
      '</svg>',
      '',
    ].join('\n');
  }
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
