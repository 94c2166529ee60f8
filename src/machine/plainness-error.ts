/** A machine handed over something that cannot be stored: a fault of the machine, told in its outcome. */
export class PlainnessError extends Error {
  override readonly name: string = 'PlainnessError';
}
