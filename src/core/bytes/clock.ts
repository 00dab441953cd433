/** Unix time or a duration, in milliseconds. */
export type Millis = number

/** Time as a port: the edges pass the system's, tests and the simulator their own. */
export interface Clock {
  now(): Millis
  /** Calls `run` once after `delay`; the returned function cancels it and may be called at any time. */
  after(delay: Millis, run: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, run) {
    const timer = setTimeout(run, delay)
    return () => clearTimeout(timer)
  }
}

/** Calls `run` every `period` until the returned function is called. */
export function every(clock: Clock, period: Millis, run: () => void): () => void {
  let cancel = clock.after(period, tick)
  function tick(): void {
    cancel = clock.after(period, tick)
    run()
  }
  return () => cancel()
}
