/** What a peer may be offered to connect to by ICE (RFC 8445). */
export interface IceCandidate {
  readonly kind: 'host' | 'srflx' | 'relay'
  readonly protocol: string
  /** `192.0.2.1:4001`, `[2001:db8::1]:4001`. */
  readonly address: string
}

/** STUN and TURN servers that do not answer are waited for as long as this. */
const GATHERING_MS = 8_000
/** Some interfaces with two families each. */
const MAX_CANDIDATES = 32

interface IceServer {
  readonly urls: string
  readonly username?: string
  readonly credential?: string
}

/** Gathers this machine's candidates as a WebRTC connection would, with these servers. */
export async function gatherCandidates(servers: readonly IceServer[], signal: AbortSignal): Promise<IceCandidate[]> {
  const { RTCPeerConnection } = await import('node-datachannel/polyfill')
  const iceServers = servers.map(({ urls, ...login }) => ({ urls: [urls], ...login }))
  // The type is that of browsers, which is not among the types of Node.
  const connection = new RTCPeerConnection({ iceServers } as object)
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, GATHERING_MS)
  signal.addEventListener('abort', () => resolve(), { once: true })
  connection.addEventListener('icegatheringstatechange', () => {
    if (connection.iceGatheringState === 'complete') resolve()
  })
  try {
    connection.createDataChannel('doctor')
    await connection.setLocalDescription(await connection.createOffer())
    await promise
    // The events of candidates may come after the one that all are gathered.
    const lines: string[] = connection.localDescription?.sdp.split(/\r?\n/) ?? []
    const found = lines.flatMap(line => parseCandidate(line) ?? []).slice(0, MAX_CANDIDATES)
    const distinct = new Map(
      found.map(candidate => [`${candidate.kind} ${candidate.protocol} ${candidate.address}`, candidate])
    )
    return [...distinct.values()].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind))
  } finally {
    clearTimeout(timer)
    connection.close()
  }
}

const KINDS: readonly string[] = ['host', 'srflx', 'relay']

/** RFC 8839, section 5.1: `candidate:1 1 UDP 2122317823 192.0.2.1 54000 typ host`. */
export function parseCandidate(text: string): IceCandidate | undefined {
  const [, protocol, host, port, kind] =
    /^(?:a=)?candidate:\S+ \d+ (\S+) \d+ (\S+) (\d+) typ (host|srflx|relay)\b/i.exec(text) ?? []
  if (protocol === undefined || host === undefined || kind === undefined) return undefined
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return { kind: kind.toLowerCase() as IceCandidate['kind'], protocol: protocol.toLowerCase(), address }
}
