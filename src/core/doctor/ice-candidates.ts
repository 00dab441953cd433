/** What a peer may be offered to connect to by ICE (RFC 8445). */
export interface IceCandidate {
  readonly kind: 'host' | 'srflx' | 'relay'
  readonly protocol: string
  /** An IP address, or a name by which a browser hides one (mDNS). */
  readonly host: string
  readonly port: number
}

/** Of a browser's `RTCPeerConnection` and of node-datachannel's, what gathering takes. */
export interface Gatherer {
  readonly iceGatheringState: string
  readonly localDescription: { readonly sdp: string } | null
  createDataChannel(label: string): unknown
  createOffer(): Promise<unknown>
  setLocalDescription(offer: never): Promise<void>
  addEventListener(type: 'icegatheringstatechange', listener: () => void): void
  close(): void
}

/** STUN and TURN servers that do not answer are waited for as long as this. */
const GATHERING_MS = 8_000
/** Some interfaces with two families each. */
const MAX_CANDIDATES = 32

/** Gathers the candidates of a connection that is made for it, and closes it. */
export async function gatherCandidates(connection: Gatherer, signal: AbortSignal): Promise<IceCandidate[]> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, GATHERING_MS)
  const aborted = (): void => resolve()
  signal.addEventListener('abort', aborted, { once: true })
  connection.addEventListener('icegatheringstatechange', () => {
    if (connection.iceGatheringState === 'complete') resolve()
  })
  try {
    connection.createDataChannel('doctor')
    await connection.setLocalDescription((await connection.createOffer()) as never)
    await promise
    // The events of candidates may come after the one that all are gathered.
    const lines: string[] = connection.localDescription?.sdp.split(/\r?\n/) ?? []
    const found = lines.flatMap(line => parseCandidate(line) ?? []).slice(0, MAX_CANDIDATES)
    const distinct = new Map(found.map(each => [`${each.kind} ${each.protocol} ${each.host} ${each.port}`, each]))
    return [...distinct.values()].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind))
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', aborted)
    connection.close()
  }
}

const KINDS: readonly string[] = ['host', 'srflx', 'relay']

/** RFC 8839, section 5.1: `candidate:1 1 UDP 2122317823 192.0.2.1 54000 typ host`. */
export function parseCandidate(text: string): IceCandidate | undefined {
  const [, protocol, host, port, kind] =
    /^(?:a=)?candidate:\S+ \d+ (\S+) \d+ (\S+) (\d+) typ (host|srflx|relay)\b/i.exec(text) ?? []
  if (protocol === undefined || host === undefined || kind === undefined) return undefined
  return {
    kind: kind.toLowerCase() as IceCandidate['kind'],
    protocol: protocol.toLowerCase(),
    host,
    port: Number(port)
  }
}
