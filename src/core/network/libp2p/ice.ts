import type { Connection } from '@libp2p/interface'
import type { CandidateKind, IceReport } from '../figures.ts'

/**
 * The one place that reaches behind a WebRTC connection (`libp2p` 3.3.11, connection.ts; `@libp2p/webrtc` 6.0.33,
 * rtcpeerconnection-to-conn.ts): neither has a public way to the `RTCPeerConnection`, which knows what ICE found.
 */
interface WebrtcInternals {
  readonly maConn?: { readonly peerConnection?: { getStats(): Promise<{ values(): Iterable<unknown> }> } }
}

/** W3C Identifiers for WebRTC's Statistics API, the fields used here. */
interface Statistic {
  readonly id?: unknown
  readonly type?: unknown
  readonly candidateType?: unknown
  readonly localCandidateId?: unknown
  readonly remoteCandidateId?: unknown
  readonly selectedCandidatePairId?: unknown
  readonly nominated?: unknown
  readonly state?: unknown
}

/** Undefined when the connection is none by WebRTC, or is closed. */
export async function iceReportOf(connection: Connection): Promise<IceReport | undefined> {
  const { maConn } = connection as unknown as WebrtcInternals
  const report = await maConn?.peerConnection?.getStats().catch(() => undefined)
  return report === undefined ? undefined : readStatistics([...report.values()])
}

/** Candidates by kind and the pair in use, from `RTCPeerConnection.getStats()`. */
export function readStatistics(values: readonly unknown[]): IceReport {
  const all = values.filter(value => typeof value === 'object' && value !== null) as Statistic[]
  return { local: countKinds(all, 'local-candidate'), remote: countKinds(all, 'remote-candidate'), pair: pairOf(all) }
}

function countKinds(all: readonly Statistic[], type: string): Record<CandidateKind, number> {
  const counts: Record<CandidateKind, number> = { host: 0, srflx: 0, prflx: 0, relay: 0 }
  for (const each of all) if (each.type === type && isKind(each.candidateType)) counts[each.candidateType]++
  return counts
}

/** The transport names it; a browser that has no such statistic nominates one. */
function pairOf(all: readonly Statistic[]): IceReport['pair'] {
  const pairs = all.filter(({ type }) => type === 'candidate-pair')
  const selected = all.find(({ type }) => type === 'transport')?.selectedCandidatePairId
  const pair =
    pairs.find(({ id }) => id !== undefined && id === selected) ??
    pairs.find(({ nominated, state }) => nominated === true && state === 'succeeded')
  const kindOf = (id: unknown): unknown => all.find(each => each.id === id)?.candidateType
  const [local, remote] = [kindOf(pair?.localCandidateId), kindOf(pair?.remoteCandidateId)]
  return pair !== undefined && isKind(local) && isKind(remote) ? { local, remote } : undefined
}

function isKind(value: unknown): value is CandidateKind {
  return value === 'host' || value === 'srflx' || value === 'prflx' || value === 'relay'
}
