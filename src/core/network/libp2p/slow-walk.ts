import type { PeerInfo, PeerRouting } from '@libp2p/interface'
import { systemRandom, type Clock, type Millis } from '../../bytes/index.ts'
import { createBackoff } from './backoff.ts'
import { pause } from './pause.ts'

const FIRST_PAUSE: Millis = 2_000
const LAST_PAUSE: Millis = 2 * 60 * 1000

export interface SlowWalk {
  walk(options?: { signal?: AbortSignal }): AsyncGenerator<PeerInfo>
}

/**
 * Random peers of the DHT, one query at a time with pauses that grow. libp2p's own walk queries without a pause for as
 * long as relays are missing, which is for ever where there are fewer than wanted: two idle peers at one relay kept a
 * core busy.
 */
export function createSlowWalk(routing: () => PeerRouting, clock: Clock, jitter: () => number): SlowWalk {
  return {
    async *walk({ signal } = {}) {
      const backoff = createBackoff(FIRST_PAUSE, LAST_PAUSE, jitter)
      while (signal?.aborted !== true) {
        try {
          yield* routing().getClosestPeers(systemRandom(32), signal === undefined ? {} : { signal })
        } catch {
          // No DHT, or no answer: the next round may do better.
        }
        await pause(clock, backoff.next(), signal)
      }
    }
  }
}
