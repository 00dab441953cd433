import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Connection, IdentifyResult } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Millis } from '../../../bytes/index.ts'
import type { PeerId } from '../../network.ts'
import { withPeer } from '../addresses.ts'
import type { Connections } from '../connections.ts'
import { withDeadline } from '../deadline.ts'
import { listenTo } from '../listen-to.ts'
import { toLibp2pPeer } from '../peer-ids.ts'
import type { Scope } from '../scope.ts'
import { addressOf, endpointOf, isPublic, type Endpoint } from './endpoint.ts'
import { mappingOf, predictNext } from './prediction.ts'
import type { RawDial } from './raw-dial.ts'

/** A handshake and identify with a relay that is connected already. */
const PROBE_LIMIT: Millis = 5_000
/** Two tell whether a NAT gives one port for all. */
const RELAYS = 2

export interface OwnEndpointsDeps {
  readonly scope: Scope
  readonly connections: Connections
  readonly rawDial: RawDial
  /** A free local TCP port that nobody listens on. */
  readonly freePort: () => Promise<number>
}

export interface OwnEndpoints {
  /** The local port, and where others see connections from it; where there is none, why. */
  look(): Promise<OwnLook>
  /** Begins anew from another port: what a failed try left behind in a NAT would stand in the way of the next. */
  renew(): void
  stop(): void
}

export interface OwnLook {
  readonly port: number
  readonly endpoints: readonly Endpoint[]
  /** No relay tells; or the ports follow no rule. */
  readonly doubt?: 'punch-no-witness' | 'punch-random-ports'
}

interface Seen {
  readonly port: number
  /** Kept open, as they keep the mapping: pinged like every other. */
  readonly connections: readonly Connection[]
  readonly endpoints: readonly Endpoint[]
}

/**
 * Where a NAT shows this peer's TCP connections to come from, as relays see it. Connections to two relays are made from one local port,
 * and kept, for the NAT drops a mapping that is silent. The address is for hole punching alone: announced, it would be dialled by
 * others, and their failed tries leave entries in their NATs that make a later punch fail.
 */
export function createOwnEndpoints({ scope, connections, rawDial, freePort }: OwnEndpointsDeps): OwnEndpoints {
  const identified = new Map<string, (result: IdentifyResult) => void>()
  const release = listenTo(scope.node, 'peer:identify', result => identified.get(result.connection.id)?.(result))
  let current: Promise<Seen> | undefined

  async function open(): Promise<Seen> {
    const port = await freePort()
    const relays = await relayAddresses()
    const probes = await Promise.all(relays.map(relay => probe(relay, port).catch(() => undefined)))
    const seen = probes.filter(each => each !== undefined)
    return { port, connections: seen.map(each => each.connection), endpoints: seen.map(each => each.endpoint) }
  }

  function renew(): void {
    void current?.then(close, () => undefined)
    current = undefined
  }

  /** Unless one of its connections is gone, what was seen before. */
  async function seenNow(): Promise<Seen> {
    const before = await current?.catch(() => undefined)
    const isGood =
      before?.connections.every(({ status }) => status === 'open') === true && before.connections.length > 0
    if (before !== undefined && isGood) return before
    renew()
    current = open()
    return current
  }

  async function look(): Promise<OwnLook> {
    const { port, endpoints } = await seenNow()
    const mapping = mappingOf(endpoints)
    if (mapping === undefined) return { port, endpoints: [], doubt: 'punch-no-witness' }
    if (mapping.kind === 'same') return { port, endpoints: [mapping.endpoint] }
    const next = await predicted()
    return { port, endpoints: next, ...(next.length === 0 && { doubt: 'punch-random-ports' }) }
  }

  /** Each from a port of its own, one after the other: that is what a NAT counts. */
  async function predicted(): Promise<Endpoint[]> {
    const [relay] = await relayAddresses()
    if (relay === undefined) return []
    return predictNext(async () => {
      const found = await probe(relay, await freePort()).catch(() => undefined)
      void found?.connection.close().catch(() => undefined)
      return found?.endpoint
    })
  }

  async function probe(relay: string, localPort: number) {
    return withDeadline(scope.clock, PROBE_LIMIT, scope.signal, async signal => {
      const connection = await rawDial.dial(multiaddr(relay), { localPort, initiator: true, signal })
      const observed = await new Promise<IdentifyResult>((resolve, reject) => {
        identified.set(connection.id, resolve)
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      }).finally(() => identified.delete(connection.id))
      const endpoint = observed.observedAddr && endpointOf(observed.observedAddr.toString())
      if (endpoint === undefined || !isPublic(endpoint)) throw new Error('the relay sees no public address')
      return { connection, endpoint }
    })
  }

  /** Public TCP addresses of connected relays, one of each. */
  async function relayAddresses(): Promise<string[]> {
    const found = await Promise.all(connections.ids().map(peer => relayAddress(peer)))
    return found.flatMap(address => address ?? []).slice(0, RELAYS)
  }

  async function relayAddress(peer: PeerId): Promise<string | undefined> {
    const id = toLibp2pPeer(peer)
    const direct = connections.of(peer).filter(({ path }) => path === 'direct')
    const known = id && direct.length > 0 ? await scope.node.peerStore.get(id).catch(() => undefined) : undefined
    if (known?.protocols.includes(RELAY_V2_HOP_CODEC) !== true) return undefined
    const addresses = [
      ...direct.map(({ address }) => address),
      ...known.addresses.map(each => each.multiaddr.toString())
    ]
    const endpoint = addresses.flatMap(address => endpointOf(address) ?? []).find(isPublic)
    return endpoint && withPeer(addressOf(endpoint), peer)
  }

  return {
    look,
    renew,
    stop() {
      release()
      renew()
    }
  }
}

function close({ connections }: Seen): void {
  for (const connection of connections) void connection.close().catch(() => undefined)
}
