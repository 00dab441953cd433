import { CappedMap, type Clock, type Millis } from '../../bytes/index.ts'
import { dayOf, daysAt, exchangeKeys } from '../../encryption/index.ts'
import type { ExchangeKeys } from './exchange-codec.ts'

/** Around midnight two days count, and clocks differ. */
const MAX_KEPT = 8

/** The room's time first; and this device's own, which others may have had corrected. */
export type Times = () => readonly [Millis, ...Millis[]]

export interface RoomTime {
  readonly clock: Clock
  readonly ownTime: () => Millis
}

export function timesOf({ clock, ownTime }: RoomTime): Times {
  return () => [clock.now(), ownTime()]
}

/**
 * The days whose names count now, by either time: others can move the room's time, but nobody parts this device from
 * those whom it meets by its own.
 */
export function daysBy(times: Times): number[] {
  return [...new Set(times().flatMap(daysAt))]
}

/** What members of a room seal exchanges under now: today's keys first, then those of the days that still count. */
export class DayKeys {
  readonly #secret: Uint8Array
  readonly #times: Times
  readonly #byDay = new CappedMap<number, ExchangeKeys>(MAX_KEPT)

  constructor(secret: Uint8Array, times: Times) {
    this.#secret = secret
    this.#times = times
  }

  now(): readonly ExchangeKeys[] {
    const [now] = this.#times()
    return [...new Set([dayOf(now), ...daysBy(this.#times)])].map(day => this.#of(day))
  }

  #of(day: number): ExchangeKeys {
    const known = this.#byDay.get(day)
    if (known !== undefined) return known
    const keys = exchangeKeys(this.#secret, day)
    this.#byDay.set(day, keys)
    return keys
  }
}
