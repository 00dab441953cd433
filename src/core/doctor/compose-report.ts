import {
  natKind,
  type AddressTrial,
  type Endpoint,
  type Look,
  type MappingBehaviour,
  type NatFiltering,
  type PeerId,
  type Witness
} from '../network/index.ts'
import {
  addressAdvice,
  candidateAdvice,
  clockAdvice,
  natAdvice,
  relayAdvice,
  summaryOf,
  transportAdvice
} from './advice.ts'
import type { IceCandidate } from './ice-candidates.ts'
import { PROGRAM, TAB } from './remedies.ts'
import type { CarryingPair, KnownRelay, Report, TransportTrial } from './report.ts'

/** What the trials found. */
export interface Findings {
  readonly peer: PeerId
  readonly witnesses: readonly Witness[]
  /** IP addresses at which witnesses see this peer, as far as they are believed, and what is not. */
  readonly seen: readonly string[]
  readonly warnings: readonly string[]
  readonly looks: readonly Look[]
  readonly udp: UdpFinding
  readonly tcp: MappingBehaviour
  readonly trials: readonly AddressTrial[]
  readonly candidates: readonly IceCandidate[]
  readonly carries: readonly CarryingPair[]
  readonly transports: readonly TransportTrial[]
  readonly relays: readonly KnownRelay[]
  readonly settings: DoctorSettings
}

export interface DoctorSettings {
  /** Whose report it is: what helps differs. */
  readonly edge: 'program' | 'tab'
  readonly webrtc: boolean
  /** Addresses of relays that were named by the user, or by the page. */
  readonly bootstrap: readonly string[]
}

/** What STUN servers, and packets of witnesses, say of the way of UDP. */
export interface UdpFinding {
  readonly mapping: MappingBehaviour
  readonly filtering: NatFiltering
  /** STUN servers that were asked, and whether they answered. */
  readonly servers: readonly { readonly server: Endpoint; readonly answered: boolean }[]
}

/** Puts the findings in the order of the contract, each with what it means. */
export function composeReport(found: Findings): Report {
  const { peer, witnesses, seen, warnings, looks, udp, settings } = found
  const remedies = settings.edge === 'tab' ? TAB : PROGRAM
  const outside = witnesses.filter(({ isPublic }) => isPublic).length
  const around = {
    witnesses: witnesses.length,
    onlyLocal: outside === 0,
    stunServers: new Set(udp.servers.map(({ server }) => server.host)).size
  }
  const nat = {
    // What relays on one's own network see says nothing of the way out.
    kind: around.onlyLocal && around.witnesses > 0 ? 'unknown' : natKind(udp.mapping, udp.filtering),
    filtering: udp.filtering,
    ...mappingOf(udp.mapping),
    tcp: mappingOf(found.tcp)
  }
  const addresses = { seen, tried: found.trials.map(triedAddress) }
  const candidates = { ...byKind(found.candidates), carries: found.carries }
  const relays = {
    known: found.relays,
    stun: udp.servers.map(({ server, answered }) => ({ server: hostPort(server), answered }))
  }
  const ahead = looks.length === 0 ? null : -median(looks.map(({ clockAhead }) => clockAhead))
  const clock = { ahead, witnesses: looks.length }
  const report = {
    peer,
    nat: { ...nat, advice: natAdvice(nat, around, remedies) },
    addresses: { ...addresses, advice: addressAdvice(addresses, outside, remedies) },
    candidates: { ...candidates, advice: candidateAdvice(candidates, settings.webrtc, nat.kind, remedies) },
    transports: found.transports.map(trial => ({ ...trial, advice: transportAdvice(trial, nat.kind, remedies) })),
    relays: { ...relays, advice: relayAdvice(relays, settings.bootstrap.length, remedies) },
    clock: { ...clock, advice: clockAdvice(clock) },
    warnings
  }
  return { ...report, summary: summaryOf(report) }
}

function mappingOf({ mapping, preservesPorts, portStep }: MappingBehaviour): Report['nat']['tcp'] {
  return { mapping, preservesPorts: preservesPorts ?? null, portStep: portStep ?? null }
}

function triedAddress({ address, source, reachedBy, missedBy, isAnnounced }: AddressTrial) {
  return { address, source, reached: reachedBy.length, missed: missedBy.length, announced: isAnnounced }
}

function byKind(candidates: readonly IceCandidate[]): Record<IceCandidate['kind'], string[]> {
  const of = (kind: IceCandidate['kind']): string[] =>
    candidates.filter(each => each.kind === kind).map(each => `${each.protocol} ${hostPort(each)}`)
  return { host: of('host'), srflx: of('srflx'), relay: of('relay') }
}

function hostPort({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const above = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? above : Math.round(((sorted[middle - 1] ?? 0) + above) / 2)
}
