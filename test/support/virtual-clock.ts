import type { Clock, Millis } from '../../src/core/bytes/index.ts'

interface Timer {
  readonly at: Millis
  readonly run: () => void
}

/** A clock that moves only when a test says so. */
export class VirtualClock implements Clock {
  readonly #timers = new Set<Timer>()
  #now: Millis

  constructor(start: Millis) {
    this.#now = start
  }

  now(): Millis {
    return this.#now
  }

  after(delay: Millis, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delay), run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Runs what falls due in the next `duration`, in order. */
  advance(duration: Millis): void {
    const end = this.#now + duration
    for (let timer = this.#first(end); timer !== undefined; timer = this.#first(end)) {
      this.#timers.delete(timer)
      this.#now = Math.max(this.#now, timer.at)
      timer.run()
    }
    this.#now = end
  }

  /** Somebody corrects the clock; timers keep their distance. */
  putBack(duration: Millis): void {
    this.#now -= duration
    const timers = [...this.#timers]
    this.#timers.clear()
    for (const { at, run } of timers) this.#timers.add({ at: at - duration, run })
  }

  #first(end: Millis): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer
    return first
  }
}

/** Virtual time that a condition may take: many times what any needs. */
const LIMIT: Millis = 600_000
const STEP: Millis = 20

/** Lets virtual time pass, and everything that waits for real, until the condition holds. */
export async function passTimeUntil(clock: VirtualClock, what: string, condition: () => unknown): Promise<void> {
  for (let passed = 0; passed < LIMIT; passed += STEP) {
    if (await condition()) return
    clock.advance(STEP)
    await settled()
  }
  throw new Error(`it never came about that ${what}`)
}

/** Lets virtual time pass. */
export async function passTime(clock: VirtualClock, duration: Millis): Promise<void> {
  for (let passed = 0; passed < duration; passed += STEP) {
    clock.advance(STEP)
    await settled()
  }
}

/** Signatures are made and checked on other threads: virtual time must not run on while they are. */
const pending = new Set<Promise<unknown>>()
for (const name of ['sign', 'verify', 'importKey'] as const) {
  const original: (...given: never[]) => Promise<unknown> = crypto.subtle[name].bind(crypto.subtle)
  const counted = (...given: never[]): Promise<unknown> => {
    const result = original(...given)
    pending.add(result)
    result.finally(() => pending.delete(result)).catch(() => undefined)
    return result
  }
  Object.defineProperty(crypto.subtle, name, { value: counted })
}

/** Resolves when whatever the last step set off has come to rest, until the clock moves again. */
async function settled(): Promise<void> {
  do {
    await Promise.allSettled(pending)
    await turn()
  } while (pending.size > 0)
}

/** One turn of the real event loop, in which all promises that can be are kept. */
function turn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}
