import { natKind, type Look, type Network, type Reach, type Stranger, type Witness } from '../../core/network/index.ts'
import { UnavailableError } from '../exits.ts'
import {
  addressAdvice,
  candidateAdvice,
  clockAdvice,
  natAdvice,
  relayAdvice,
  routerAdvice,
  summaryOf,
  transportAdvice
} from './advice.ts'
import { gatherCandidates, type IceCandidate } from './ice-candidates.ts'
import { tryUdp } from './nat-trial.ts'
import type { KnownRelay, Report, RouterState, TransportTrial } from './report.ts'
import { endpointOf, tryTcp, type TcpWitness } from './tcp-trial.ts'
import { notTried, tryOutbound, tryRelayed } from './transport-trials.ts'
import { judgeSightings } from './witness-words.ts'

export interface ExamineOptions {
  readonly webrtc: boolean
  readonly upnp: boolean
  /** Relays named by the user. */
  readonly bootstrap: readonly string[]
  /** `stun:` addresses that may be asked. */
  stun(): Promise<readonly string[]>
  /** As the WebRTC of this process uses them. */
  iceServers(): Promise<readonly { urls: string; username?: string; credential?: string }[]>
  router(): RouterState
}

/** Tries out what the network lets this peer do. Takes some seconds, half a minute where nothing answers. */
export async function examine(network: Network, options: ExamineOptions, signal: AbortSignal): Promise<Report> {
  const { reach } = network
  if (reach === undefined) throw new UnavailableError('nothing can be told about this network')
  const witnesses = await reach.witnesses()
  const sightings = await Promise.all(witnesses.map(witness => sighting(reach, witness, signal)))
  const { hosts: seen, warnings } = judgeSightings(sightings.map(each => each.sighting))
  const looks = sightings.flatMap(({ look }) => look ?? [])
  const stun = await options.stun()
  // Alone: other packets through the NAT would disturb the steps of its ports.
  const udp = await tryUdp(stun, reach, witnesses, signal)
  const stranger = await reach.stranger()
  try {
    const addresses = await dialable(network, witnesses, options.bootstrap)
    const tcp = await tryTcp(tcpWitnesses(witnesses, addresses), stranger, signal)
    const [trials, candidates, transports] = await Promise.all([
      reach.check(signal),
      options.webrtc ? gatherCandidates(await options.iceServers(), signal) : [],
      Promise.all([
        tryOutbound('tcp', addresses, reach, signal),
        tryOutbound('ws', addresses, reach, signal),
        options.webrtc ? tryOutbound('webrtc-direct', addresses, reach, signal) : notTried('webrtc-direct', 'off'),
        throughRelays(options.webrtc, network, stranger, signal)
      ])
    ])
    const outside = witnesses.filter(({ isPublic }) => isPublic).length
    const around = {
      witnesses: witnesses.length,
      onlyLocal: outside === 0,
      stunServers: new Set(udp.servers.map(({ server }) => server.host)).size
    }
    const nat = {
      kind: natKind(udp.mapping, udp.filtering),
      mapping: udp.mapping.mapping,
      filtering: udp.filtering,
      preservesPorts: udp.mapping.preservesPorts ?? null,
      portStep: udp.mapping.portStep ?? null,
      tcp: { mapping: tcp.mapping, preservesPorts: tcp.preservesPorts ?? null, portStep: tcp.portStep ?? null }
    }
    const tried = trials.map(({ address, source, reachedBy, missedBy, isAnnounced }) => ({
      address,
      source,
      reached: reachedBy.length,
      missed: missedBy.length,
      announced: isAnnounced
    }))
    const router = options.router()
    const kinds = byKind(candidates)
    const known = relaysOf(network, witnesses)
    const stunServers = udp.servers.map(({ server, answered }) => ({ server: hostPort(server), answered }))
    const ahead = looks.length === 0 ? null : -median(looks.map(({ clockAhead }) => clockAhead))
    const report = {
      peer: network.self,
      nat: { ...nat, advice: natAdvice(nat, around) },
      addresses: { seen, tried, advice: addressAdvice({ seen, tried }, outside) },
      router: { ...router, advice: routerAdvice(router, seen, options.upnp) },
      candidates: { ...kinds, advice: candidateAdvice(kinds, options.webrtc, nat.kind) },
      transports: transports.flat().map(trial => ({ ...trial, advice: transportAdvice(trial, nat.kind) })),
      relays: { known, stun: stunServers, advice: relayAdvice({ known, stun: stunServers }, options.bootstrap.length) },
      clock: { ahead, witnesses: looks.length, advice: clockAdvice({ ahead, witnesses: looks.length }) },
      warnings
    }
    return { ...report, summary: summaryOf(report) }
  } finally {
    await stranger.stop()
  }
}

/** One after the other: libp2p takes two dials to one peer for the same. */
async function throughRelays(
  webrtc: boolean,
  network: Network,
  stranger: Stranger,
  signal: AbortSignal
): Promise<TransportTrial[]> {
  const direct = webrtc ? await tryRelayed('webrtc', network, stranger, signal) : notTried('webrtc', 'off')
  return [direct, await tryRelayed('circuit', network, stranger, signal)]
}

async function sighting(reach: Reach, witness: Witness, signal: AbortSignal) {
  const look: Look | undefined = await reach.look(witness, signal).catch(() => undefined)
  const { peer, isPublic } = witness
  const sighting = { peer, isOutside: isPublic, seen: look?.host, isSeenOutside: look?.isPublic ?? false }
  return { look, sighting }
}

/** Addresses of all relays that are known, of those first that are connected. */
async function dialable(
  network: Network,
  witnesses: readonly Witness[],
  bootstrap: readonly string[]
): Promise<string[]> {
  const peers = new Set([
    ...witnesses.map(({ peer }) => peer),
    ...network.relays().map(({ peer }) => peer),
    ...network.chosen()
  ])
  const found = await Promise.all([...peers].map(peer => network.addressesOf(peer)))
  return [...new Set([...found.flat(), ...bootstrap])]
}

function tcpWitnesses(witnesses: readonly Witness[], addresses: readonly string[]): TcpWitness[] {
  return witnesses.flatMap(witness => {
    const tcp = addresses.find(
      address =>
        /^\/ip[46]\/[^/]+\/tcp\/\d+\/p2p\/[^/]+$/.test(address) &&
        address.endsWith(witness.peer) &&
        endpointOf(address)?.host === witness.host
    )
    return tcp === undefined ? [] : [{ ...witness, tcp }]
  })
}

function relaysOf(network: Network, witnesses: readonly Witness[]): KnownRelay[] {
  const places = new Set(network.relays().map(({ peer }) => peer))
  const peers = network.peers()
  const all = new Set([...places, ...witnesses.map(({ peer }) => peer)])
  return [...all].map(peer => {
    const connection = peers.find(each => each.peer === peer)
    return {
      peer,
      address: connection?.address ?? '',
      rtt: connection?.rtt ?? null,
      isOutside: witnesses.some(each => each.peer === peer && each.isPublic),
      place: places.has(peer),
      witness: witnesses.some(each => each.peer === peer)
    }
  })
}

function byKind(candidates: readonly IceCandidate[]): Record<IceCandidate['kind'], string[]> {
  const of = (kind: IceCandidate['kind']): string[] =>
    candidates.filter(each => each.kind === kind).map(({ protocol, address }) => `${protocol} ${address}`)
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
