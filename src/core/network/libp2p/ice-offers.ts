import type { IdentifyResult } from '@libp2p/interface'
import type { Millis } from '../../bytes/index.ts'
import type { IceServer, PeerId, ProtocolLimits } from '../network.ts'
import type { Connections } from './connections.ts'
import { decodeIceOffer, encodeIceOffer, ICE_PROTOCOL, MAX_ICE_FRAME_BYTES, type IceOffer } from './ice-offer-codec.ts'
import { listenTo } from './listen-to.ts'
import { fromLibp2pPeer } from './peer-ids.ts'
import { createRetryTimer, type RetryTimer } from './retry-timer.ts'
import type { Scope } from './scope.ts'
import type { Streams } from './streams.ts'

const LIMITS: ProtocolLimits = {
  maxFrameBytes: MAX_ICE_FRAME_BYTES,
  maxTotalBytes: MAX_ICE_FRAME_BYTES,
  maxDuration: 10_000,
  maxStreamsPerPeer: 2,
  maxStreams: 64
}
/** More make ICE slower, not better. */
const MAX_OFFERS = 4
/** A relay that was started anew may have other ports. */
const MAX_AGE: Millis = 30 * 60_000
const MIN_AGE: Millis = 60_000

export interface IceOffers {
  /** STUN and TURN servers of the relays that are connected now. */
  servers(): IceServer[]
  stop(): void
}

/** Asks relays for the STUN and TURN servers on their hosts, and asks again before credentials expire. Serves what `own` offers. */
export function createIceOffers(
  scope: Scope,
  connections: Connections,
  streams: Streams,
  own: ((peer: PeerId) => IceOffer) | undefined
): IceOffers {
  const offers = new Map<PeerId, { readonly offer: IceOffer; readonly timer: RetryTimer }>()
  const released = [listenTo(scope.node, 'peer:identify', identified)]
  if (own !== undefined) {
    released.push(
      streams.handle(ICE_PROTOCOL, LIMITS, async stream => {
        await stream.write(encodeIceOffer(own(stream.peer)))
      })
    )
  }

  function identified({ peerId, protocols }: IdentifyResult): void {
    const peer = fromLibp2pPeer(peerId)
    const isNews = !offers.has(peer) && offers.size < MAX_OFFERS
    if (protocols.includes(ICE_PROTOCOL) && isNews && hostOf(peer) !== undefined) ask(peer)
  }

  function ask(peer: PeerId): void {
    void askFor(peer).catch(() => forget(peer))
  }

  async function askFor(peer: PeerId): Promise<void> {
    const stream = await streams.open(peer, ICE_PROTOCOL, LIMITS, scope.signal)
    const frame = await stream.read()
    await stream.end()
    const offer = frame && decodeIceOffer(frame)
    if (offer === undefined || !offer.ok) throw new Error('an offer that cannot be read')
    forget(peer)
    const timer = createRetryTimer(scope.clock)
    offers.set(peer, { offer: offer.value, timer })
    const lifetime = (offer.value.turn?.lifetime ?? Infinity) * 1000
    timer.set(Math.max(MIN_AGE, Math.min(MAX_AGE, lifetime / 2)), () => ask(peer))
  }

  function forget(peer: PeerId): void {
    offers.get(peer)?.timer.clear()
    offers.delete(peer)
  }

  /** Of the connection that stands: whatever else the relay says, its servers are there. */
  function hostOf(peer: PeerId): string | undefined {
    const best = connections.best(peer)
    const host = best?.path === 'direct' ? /^\/(?:ip[46]|dns[46]?)\/([^/]+)/.exec(best.address)?.[1] : undefined
    return host?.includes(':') === true ? `[${host}]` : host
  }

  return {
    servers: () => [...offers].flatMap(([peer, { offer }]) => serversAt(hostOf(peer), offer)),
    stop() {
      for (const release of released) release()
      for (const peer of [...offers.keys()]) forget(peer)
    }
  }
}

function serversAt(host: string | undefined, { stun, turn }: IceOffer): IceServer[] {
  if (host === undefined) return []
  const stunServer = stun === undefined ? [] : [{ urls: `stun:${host}:${stun}` }]
  if (turn === undefined) return stunServer
  const { port, transport, username, credential } = turn
  return [...stunServer, { urls: `turn:${host}:${port}?transport=${transport}`, username, credential }]
}
