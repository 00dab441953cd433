import type { Look, Network, Reach, Stranger, Witness } from '../../core/network/index.ts'
import { UnavailableError } from '../exits.ts'
import { composeReport } from './compose-report.ts'
import { gatherCandidates } from './ice-candidates.ts'
import { tryUdp } from './nat-trial.ts'
import type { CarryingPair, KnownRelay, Report, RouterState, TransportTrial } from './report.ts'
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
    return composeReport({
      peer: network.self,
      witnesses,
      seen,
      warnings,
      looks,
      udp,
      tcp,
      trials,
      candidates,
      carries: await carryingPairs(network),
      transports: transports.flat(),
      relays: relaysOf(network, witnesses),
      router: options.router(),
      settings: options
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
