import { reportPeers, type PeerStatus } from '../../core/chat/index.ts'
import { statusOf, type Status } from '../access/peer-access.ts'
import { bootstrapAddresses } from './bootstrap-list.ts'
import { hostOf } from './host-names.ts'
import { metricsText } from './metrics.ts'
import { ok } from './reply.ts'
import type { Route } from './route.ts'
import { complaintsOf, figuresOf, type ServedPeer } from './served-peer.ts'

/** The routes that a relay has, too. */
export function peerRoutes(served: ServedPeer, isForAnyPage: boolean): readonly Route[] {
  return [
    { method: 'GET', path: '/health', access: 'open', run: () => health(served) },
    { method: 'GET', path: '/ready', access: 'open', run: () => health(served) },
    {
      method: 'GET',
      path: '/metrics',
      access: 'loopback',
      run: () => ({
        status: 200,
        body: metricsText(figuresOf(served)),
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }
      })
    },
    {
      method: 'GET',
      path: '/bootstrap.json',
      access: 'public',
      run: ({ request }) => ({
        ...ok(bootstrapList(served, hostOf(request.headers.host))),
        headers: { 'cache-control': 'no-cache', ...(isForAnyPage && ANY_ORIGIN) }
      })
    },
    { method: 'GET', path: '/v1/status', access: 'token', run: () => ok(status(served)) },
    {
      method: 'GET',
      path: '/v1/nat',
      access: 'token',
      run: async ({ signal }) => ok(await served.examine(signal))
    },
    {
      method: 'GET',
      path: '/v1/turn',
      access: 'token',
      run: () => ok({ iceServers: served.turn() })
    }
  ]
}

/** Tabs of an app that is served elsewhere look for peers here, too; at a meeting point nothing in it is secret. */
const ANY_ORIGIN = { 'access-control-allow-origin': '*' }

function health(served: ServedPeer): { status: number; body: object } {
  const reasons = complaintsOf(served)
  return { status: reasons.length === 0 ? 200 : 503, body: { ok: reasons.length === 0, reasons } }
}

function bootstrapList(served: ServedPeer, host: string | undefined): object {
  const own = served.network()?.addresses() ?? []
  return { addresses: bootstrapAddresses(own, served.bootstrap, host ?? ''), iceServers: served.iceServers }
}

function status(served: ServedPeer): Status {
  const network = served.network()
  const ofRelay = (): PeerStatus => ({
    peer: network?.self,
    rooms: [],
    peers: network === undefined ? [] : reportPeers(network, () => []),
    relays: [...(network?.relays() ?? [])]
  })
  const kept = served.keeper?.()?.figures()
  return { ...statusOf(served.peer?.status() ?? ofRelay()), ...(kept !== undefined && { kept }) }
}
