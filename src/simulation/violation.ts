/** The cluster did what it promised never to do. */
export class Violation extends Error {
  override readonly name: string = 'Violation';
  /** The name of the property or checker that found it. */
  readonly property: string;

  constructor(property: string, detail: string) {
    super(`${property}: ${detail}`);
    this.property = property;
  }
}

/** A claim of a property or checker. The detail is only made when the claim is false. */
export function claim(holds: boolean, property: string, detail: () => string): asserts holds {
  if (!holds) throw new Violation(property, detail());
}
