import { ByteWriter, deriveKey, toBase32, type Millis } from '../bytes/index.ts'
import type { GossipKeys } from '../log/index.ts'

/**
 * Where and how a room's members meet. Every name is a separate HKDF output of the rendezvous secret and the UTC day, so
 * that who sees one can link it to no other and to no other day.
 */
export const DAY: Millis = 86_400_000
/** Members subscribe to the next day's topic this early, in case their clocks differ. */
const SUBSCRIBE_EARLY: Millis = 10 * 60_000
/** And keep the last day's this long. */
const SUBSCRIBE_LATE: Millis = 2 * 3_600_000

/** Days since 1970-01-01 UTC. */
export function dayOf(time: Millis): number {
  return Math.floor(time / DAY)
}

/** The days whose topics and meeting places count at this time: today, and a neighbour around midnight. */
export function daysAt(now: Millis): number[] {
  const [first, last] = [dayOf(now - SUBSCRIBE_LATE), dayOf(now + SUBSCRIBE_EARLY)]
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

export function gossipTopic(rendezvousSecret: Uint8Array, day: number): string {
  return toBase32(daily(rendezvousSecret, 'gossip-topic', day))
}

/** The key of the provider record, 32 bytes. */
export function meetingKey(rendezvousSecret: Uint8Array, day: number): Uint8Array {
  return daily(rendezvousSecret, 'meeting-key', day)
}

export function gossipKeys(rendezvousSecret: Uint8Array, day: number): GossipKeys {
  return {
    sealKey: daily(rendezvousSecret, 'gossip-seal', day),
    nonceKey: daily(rendezvousSecret, 'gossip-nonce', day)
  }
}

/** Keys of the direct exchanges between members: a tag that says which room is meant, and the key that seals them. */
export function exchangeKeys(rendezvousSecret: Uint8Array, day: number): { tag: Uint8Array; sealKey: Uint8Array } {
  return {
    tag: daily(rendezvousSecret, 'exchange-tag', day).subarray(0, 16),
    sealKey: daily(rendezvousSecret, 'exchange-seal', day)
  }
}

function daily(rendezvousSecret: Uint8Array, use: string, day: number): Uint8Array {
  return deriveKey(rendezvousSecret, use, 32, new ByteWriter().u32(day).finish())
}
