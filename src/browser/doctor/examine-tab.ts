import {
  examine,
  gatherCandidates,
  mappingByIce,
  stunServers,
  type IceCandidate,
  type Report,
  type UdpFinding
} from '../../core/doctor/index.ts'
import type { Endpoint } from '../../core/network/index.ts'
import type { BrowserNetwork } from '../browser-network.ts'

/** Each costs time where none answers. */
const MAX_STUN_SERVERS = 4
/** All trials together, where nothing answers. */
const MAX_MILLIS = 50_000

/** With what a tab has in the place of sockets: WebRTC, of which ICE tells what a NAT does with UDP. */
export function examineTab({ network, iceServers, bootstrap }: BrowserNetwork, ended: AbortSignal): Promise<Report> {
  return examine(
    network,
    {
      edge: 'tab',
      webrtc: 'RTCPeerConnection' in globalThis,
      bootstrap: bootstrap(),
      udp: (seen, _, __, signal) => mappingOf(stunServers(stunOf(iceServers())), seen, signal),
      candidates: signal => gather(iceServers(), signal)
    },
    AbortSignal.any([ended, AbortSignal.timeout(MAX_MILLIS)])
  )
}

async function mappingOf(all: readonly Endpoint[], seen: readonly string[], signal: AbortSignal): Promise<UdpFinding> {
  const servers = all.slice(0, MAX_STUN_SERVERS)
  const [together, ...alone] = await Promise.all([
    gather(servers.map(stunServer), signal),
    ...servers.map(async server => ({ server, candidates: await gather([stunServer(server)], signal) }))
  ])
  return mappingByIce({ alone, together }, seen)
}

function gather(iceServers: readonly RTCIceServer[], signal: AbortSignal): Promise<IceCandidate[]> {
  return gatherCandidates(new RTCPeerConnection({ iceServers: [...iceServers] }), signal)
}

function stunServer({ host, port }: Endpoint): RTCIceServer {
  return { urls: `stun:${host.includes(':') ? `[${host}]` : host}:${port}` }
}

function stunOf(servers: readonly RTCIceServer[]): string[] {
  return servers.flatMap(({ urls }) => urls).filter(url => url.startsWith('stun:'))
}
