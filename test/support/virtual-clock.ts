import type { Clock, Millis } from '../../src/core/bytes/index.ts'

interface Timer {
  readonly at: Millis
  readonly run: () => void
}

/** A clock that moves only when a test says so. */
export class VirtualClock implements Clock {
  readonly #timers = new Set<Timer>()
  #now: Millis
  #fired = 0

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

  /** Timers that have run so far. */
  get fired(): number {
    return this.#fired
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.size
  }

  /** When the next timer falls due; undefined when none waits. */
  nextDue(): Millis | undefined {
    return this.#first(Infinity)?.at
  }

  /** Runs what falls due in the next `duration`, in order. */
  advance(duration: Millis): void {
    const end = this.#now + duration
    for (let timer = this.#first(end); timer !== undefined; timer = this.#first(end)) {
      this.#timers.delete(timer)
      this.#now = Math.max(this.#now, timer.at)
      this.#fired += 1
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

/** Lets much virtual time pass: where nothing falls due, it is skipped. */
export async function skipTime(clock: VirtualClock, duration: Millis): Promise<void> {
  const end = clock.now() + duration
  for (let left = duration; left > 0; left = end - clock.now()) {
    const next = clock.nextDue() ?? end
    clock.advance(Math.min(left, Math.max(next - clock.now(), STEP)))
    await settled()
  }
}

/**
 * Keys and signatures are made and checked on other threads: virtual time must not run on while they are, and what waits for them
 * goes on in the order in which they were asked for, one at a time, so that a run can be repeated.
 */
const asked: { readonly done: Promise<unknown>; readonly release: () => void }[] = []
let isReleasing = false
const SUBTLE = [
  'sign',
  'verify',
  'importKey',
  'exportKey',
  'generateKey',
  'deriveBits',
  'deriveKey',
  'encrypt',
  'decrypt',
  'digest'
] as const
for (const name of SUBTLE) {
  const original: (...given: never[]) => Promise<unknown> = crypto.subtle[name].bind(crypto.subtle)
  const inTurn = (...given: never[]): Promise<unknown> => {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const result = original(...given)
    asked.push({ done: result.catch(() => undefined), release: () => resolve(result) })
    if (!isReleasing) void releaseAll()
    return promise
  }
  Object.defineProperty(crypto.subtle, name, { value: inTurn })
}

async function releaseAll(): Promise<void> {
  isReleasing = true
  for (let next = asked.shift(); next !== undefined; next = asked.shift()) {
    await next.done
    next.release()
    await turn()
  }
  isReleasing = false
}

/** Resolves when whatever the last step set off has come to rest, until the clock moves again. */
export async function settled(): Promise<void> {
  do await turn()
  while (isReleasing)
}

/** One turn of the real event loop, in which all promises that can be are kept. */
function turn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}
