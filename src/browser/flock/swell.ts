/** Traffic at which a line is as thick as it gets, in bytes per second. */
const FULL_SWELL = 100_000

/** 0 for silence to 1, by the logarithm: a message should show, and a file not cover everything. */
export function swellOf(rate: number): number {
  return rate < 1 ? 0 : Math.min(1, Math.log(1 + rate) / Math.log(1 + FULL_SWELL))
}
