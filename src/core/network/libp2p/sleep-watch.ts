import { every, type Clock, type Millis } from '../../bytes/index.ts'

const TICK: Millis = 15_000
/** Browsers let a hidden page's timers run once a minute: a tick that comes later than that was slept through. */
const LATE: Millis = 90_000

/** Calls `woke` when the machine slept, or the page was frozen: then no timer ran, and the next tick comes late. */
export function watchSleep(clock: Clock, woke: () => void): () => void {
  let last = clock.now()
  return every(clock, TICK, () => {
    const now = clock.now()
    const isLate = now - last > TICK + LATE
    last = now
    if (isLate) woke()
  })
}
