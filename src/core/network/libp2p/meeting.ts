import { CID } from 'multiformats/cid'
import { code as RAW } from 'multiformats/codecs/raw'
import { create as createDigest } from 'multiformats/hashes/digest'
import { sha256, type Millis } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import { createBackoff } from './backoff.ts'
import { withDeadline } from './deadline.ts'
import { fromLibp2pPeer } from './peer-ids.ts'
import { createRetryTimer } from './retry-timer.ts'
import type { Scope } from './scope.ts'

/** https://github.com/multiformats/multicodec: sha2-256 */
const SHA2_256 = 0x12
const FIRST_ROUND: Millis = 1_000
const LAST_ROUND: Millis = 30_000
/** Changes of addresses and neighbours come in groups. */
const SETTLE: Millis = 300
/** Records last two days at an honest server; this is for servers that came after the record. */
const PROVIDE_AGAIN: Millis = 10 * 60 * 1000
/** New neighbours may come by the dozen; not each is worth a round of stores. */
const PROVIDE_GAP: Millis = 5_000
const QUERY_LIMIT: Millis = 20_000
/** Providers of one round that are followed: an open key can be filled by anyone. */
const MAX_PROVIDERS = 64

export interface Meeting {
  /** Addresses or neighbours have changed: announce anew, and look at once. */
  wake(): void
  stop(): void
}

/** The content id under which the DHT holds who meets: raw, by the SHA-256 of the key. */
export function meetingPlace(key: Uint8Array): CID {
  return CID.createV1(RAW, createDigest(SHA2_256, sha256(key)))
}

/** Announces this peer in the DHT under a key and looks for the others, often at first, then twice a minute. */
export function meet(
  scope: Scope,
  key: Uint8Array,
  found: (peer: PeerId, addresses: readonly string[]) => void
): Meeting {
  const cid = meetingPlace(key)
  const self = fromLibp2pPeer(scope.node.peerId)
  const backoff = createBackoff(FIRST_ROUND, LAST_ROUND, scope.jitter)
  const timer = createRetryTimer(scope.clock)
  const ended = new AbortController()
  let providedAt = -Infinity
  let provideAt = 0
  let running = false

  async function round(): Promise<void> {
    running = true
    if (scope.node.getPeers().length > 0) {
      // A search ends only when those who have gone have not answered: nobody waits for that to be found.
      await Promise.all([quietly(findOthers), scope.clock.now() >= provideAt ? announceAndLook() : undefined])
    }
    running = false
    if (!ended.signal.aborted) timer.set(backoff.next(), () => void round())
  }

  /** Of two that come at the same moment, the later one finds the other now. */
  async function announceAndLook(): Promise<void> {
    await quietly(announce)
    await quietly(findOthers)
  }

  async function announce(signal: AbortSignal): Promise<void> {
    const before = provideAt
    providedAt = scope.clock.now()
    provideAt = providedAt + PROVIDE_AGAIN
    try {
      await scope.node.contentRouting.provide(cid, { signal })
    } catch {
      provideAt = before
    }
  }

  async function findOthers(signal: AbortSignal): Promise<void> {
    let count = 0
    for await (const { id, multiaddrs } of scope.node.contentRouting.findProviders(cid, { signal })) {
      const peer = fromLibp2pPeer(id)
      if (peer !== self) found(peer, await addressesOf(scope, id, multiaddrs.map(String)))
      if (++count >= MAX_PROVIDERS) return
    }
  }

  function quietly(query: (signal: AbortSignal) => Promise<void>): Promise<void> {
    return withDeadline(scope.clock, QUERY_LIMIT, ended.signal, query).catch(() => undefined)
  }

  timer.set(0, () => void round())
  return {
    wake() {
      if (ended.signal.aborted) return
      provideAt = Math.min(provideAt, providedAt + PROVIDE_GAP)
      backoff.reset()
      if (!running) timer.set(SETTLE, () => void round())
    },
    stop() {
      if (ended.signal.aborted) return
      ended.abort()
      timer.clear()
      void scope.node.contentRouting.cancelReprovide(cid).catch(() => undefined)
    }
  }
}

/** A provider record may come without addresses; then what is remembered of the peer must do. */
async function addressesOf(
  scope: Scope,
  id: Parameters<Scope['node']['peerStore']['get']>[0],
  announced: string[]
): Promise<string[]> {
  if (announced.length > 0) return announced
  const known = await scope.node.peerStore.get(id).catch(() => undefined)
  return known?.addresses.map(({ multiaddr }) => multiaddr.toString()) ?? []
}
