import { gatherCandidates, type IceCandidate } from '../../core/doctor/index.ts'

interface IceServer {
  readonly urls: string
  readonly username?: string
  readonly credential?: string
}

/** Gathers this machine's candidates as a WebRTC connection would, with these servers. */
export async function gatherHere(servers: readonly IceServer[], signal: AbortSignal): Promise<IceCandidate[]> {
  const { RTCPeerConnection } = await import('node-datachannel/polyfill')
  const iceServers = servers.map(({ urls, ...login }) => ({ urls: [urls], ...login }))
  // The type is that of browsers, which is not among the types of Node.
  return gatherCandidates(new RTCPeerConnection({ iceServers } as object), signal)
}
