import { CappedMap, type Clock } from '../../bytes/index.ts'
import { dayOf, daysAt, exchangeKeys } from '../../encryption/index.ts'
import type { ExchangeKeys } from './exchange-codec.ts'

/** Around midnight two days count, and clocks differ. */
const MAX_KEPT = 8

/** What members of a room seal exchanges under now: today's keys first, then those of the days that still count. */
export class DayKeys {
  readonly #secret: Uint8Array
  readonly #clock: Clock
  readonly #byDay = new CappedMap<number, ExchangeKeys>(MAX_KEPT)

  constructor(secret: Uint8Array, clock: Clock) {
    this.#secret = secret
    this.#clock = clock
  }

  now(): readonly ExchangeKeys[] {
    const now = this.#clock.now()
    return [...new Set([dayOf(now), ...daysAt(now)])].map(day => this.#of(day))
  }

  #of(day: number): ExchangeKeys {
    const known = this.#byDay.get(day)
    if (known !== undefined) return known
    const keys = exchangeKeys(this.#secret, day)
    this.#byDay.set(day, keys)
    return keys
  }
}
