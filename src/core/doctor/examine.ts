import { UnavailableError } from '../bytes/index.ts'
import type { Look, MappingBehaviour, Network, Reach, Stranger, Witness } from '../network/index.ts'
import { composeReport, type DoctorSettings, type UdpFinding } from './compose-report.ts'
import type { IceCandidate } from './ice-candidates.ts'
import type { CarryingPair, KnownRelay, Report, TransportTrial } from './report.ts'
import { notTried, tryOutbound, tryRelayed } from './transport-trials.ts'
import { judgeSightings } from './witness-words.ts'

/** What each edge tries in its own way. */
export interface Trials extends DoctorSettings {
  udp(seen: readonly string[], reach: Reach, witnesses: readonly Witness[], signal: AbortSignal): Promise<UdpFinding>
  /** Absent where there is no TCP. */
  tcp?(
    witnesses: readonly Witness[],
    addresses: readonly string[],
    stranger: Stranger,
    signal: AbortSignal
  ): Promise<MappingBehaviour>
  candidates(signal: AbortSignal): Promise<IceCandidate[]>
}

const NOT_TRIED: MappingBehaviour = { mapping: 'unknown', seen: [], preservesPorts: undefined }

/** Tries out what the network lets this peer do. Takes some seconds, half a minute where nothing answers. */
export async function examine(network: Network, edge: Trials, signal: AbortSignal): Promise<Report> {
  const { reach } = network
  if (reach === undefined) throw new UnavailableError('nothing can be told about this network')
  const witnesses = await reach.witnesses()
  const sightings = await Promise.all(witnesses.map(witness => sighting(reach, witness, signal)))
  const { hosts: seen, warnings } = judgeSightings(sightings.map(each => each.sighting))
  // Alone: other packets through the NAT would disturb the steps of its ports.
  const udp = await edge.udp(seen, reach, witnesses, signal)
  const stranger = await reach.stranger()
  try {
    const addresses = await dialable(network, witnesses, edge.bootstrap)
    const tcp = (await edge.tcp?.(witnesses, addresses, stranger, signal)) ?? NOT_TRIED
    const [trials, candidates, transports] = await Promise.all([
      reach.check(signal),
      edge.webrtc ? edge.candidates(signal) : [],
      Promise.all([
        edge.tcp === undefined ? [] : tryOutbound('tcp', addresses, reach, signal),
        tryOutbound('ws', addresses, reach, signal),
        edge.webrtc ? tryOutbound('webrtc-direct', addresses, reach, signal) : notTried('webrtc-direct', 'off'),
        throughRelays(edge.webrtc, network, stranger, signal)
      ])
    ])
    return composeReport({
      peer: network.self,
      witnesses,
      seen,
      warnings,
      looks: sightings.flatMap(({ look }) => look ?? []),
      udp,
      tcp,
      trials,
      candidates,
      carries: await carryingPairs(network),
      transports: transports.flat(),
      relays: relaysOf(network, witnesses),
      settings: edge
    })
  } finally {
    await stranger.stop()
  }
}

async function carryingPairs({ peers, figures }: Network): Promise<CarryingPair[]> {
  const pairs = await Promise.all(
    peers().map(async ({ peer }) => {
      const pair = (await figures?.ice(peer))?.pair
      return pair === undefined ? [] : [{ peer, ...pair }]
    })
  )
  return pairs.flat()
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
