import { multiaddr } from '@multiformats/multiaddr'
import type { Millis } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import type { AddressSource, AddressTrial, PortMapping, Witness } from '../reach.ts'
import { isRelayed, pathOfAddress, withPeer } from './addresses.ts'
import { spread } from './backoff.ts'
import type { Components } from './handshake.ts'
import { atEndpoint, hostOfAddress, isPublicHost, portOfAddress } from './hosts.ts'
import { listenTo } from './listen-to.ts'
import { fromLibp2pPeer } from './peer-ids.ts'
import { REACH_PROTOCOL } from './reach-codec.ts'
import { createRetryTimer } from './retry-timer.ts'
import type { Scope } from './scope.ts'
import type { Witnesses } from './witnesses.ts'

/** Two, on different hosts: libp2p's AutoNAT wants four, which a small network does not have. */
const NEEDED = 2
/** Asked about each address. */
const MAX_ASKED = 3
/** Listeners of a machine with some interfaces, twice. */
const MAX_ADDRESSES = 16
/** After something has changed: the next change is often near. */
const SETTLE: Millis = 1_000
const REPEAT: Millis = 10 * 60 * 1000
/** What was found a moment ago need not be found again. */
const FRESH: Millis = 20_000
/** A witness dials so many of the addresses at a time; those that nobody answers at take seconds. */
const AT_A_TIME = 3

export interface AddressTrials {
  all(): AddressTrial[]
  /** Tries every address now, but for those that were just tried. */
  check(signal: AbortSignal): Promise<AddressTrial[]>
  mapped(mappings: readonly PortMapping[]): void
  wake(): void
  stop(): void
}

interface Target {
  readonly address: string
  readonly source: AddressSource
  readonly mapping?: PortMapping
}

interface Verdict {
  readonly reached: boolean
  readonly at: Millis
}

/**
 * Finds out which of this peer's public addresses others can dial, and announces those. libp2p holds a public address
 * back until it was confirmed: here that takes two witnesses that dialled it and met this peer there.
 */
export function createAddressTrials(scope: Scope, components: Components, witnesses: Witnesses): AddressTrials {
  const { node, clock } = scope
  const { addressManager } = components
  const verdicts = new Map<string, Map<PeerId, Verdict>>()
  /** Where each witness sees this peer. */
  const seen = new Map<PeerId, string>()
  const confirmed = new Map<string, Target>()
  const timer = createRetryTimer(clock)
  let mappings: readonly PortMapping[] = []
  let running: Promise<void> = Promise.resolve()

  function addressesOfType(wanted: string): string[] {
    return addressManager
      .getAddressesWithMetadata()
      .filter(({ type }) => type === wanted)
      .map(each => each.multiaddr.toString())
      .filter(address => !isRelayed(address) && hostOfAddress(address) !== undefined)
  }

  function targets(): Target[] {
    const listening = addressesOfType('transport')
    const announced = addressesOfType('announce')
    const own = new Set(listening.map(hostOfAddress))
    const observed = agreed([...seen.values()]).filter(host => isPublicHost(host) && !own.has(host))
    const all = [
      ...announced.map((address): Target => ({ address, source: 'announced' })),
      ...listening.map((address): Target => ({ address, source: 'listening' })),
      ...mappings.flatMap(mapping => throughMapping(listening, mapping)),
      ...observed.flatMap(host => throughNat(listening, host))
    ].filter(({ address }) => pathOfAddress(address) === 'direct' && isPublicHost(hostOfAddress(address) ?? ''))
    const byAddress = new Map(all.toReversed().map(target => [withPeer(target.address, self), target]))
    return [...byAddress].map(([address, target]) => ({ ...target, address })).slice(0, MAX_ADDRESSES)
  }
  const self = fromLibp2pPeer(node.peerId)

  async function pass(force: boolean, signal: AbortSignal): Promise<void> {
    // A tab listens nowhere, and need ask nobody.
    if (addressesOfType('transport').length + addressesOfType('announce').length === 0) return
    const all = await witnesses.all()
    await Promise.all(all.map(witness => look(witness, signal)))
    const wanted = targets()
    for (const address of verdicts.keys())
      if (!wanted.some(target => target.address === address)) verdicts.delete(address)
    const useful = all.filter(({ peer, isPublic }) => isPublic && isPublicHost(seen.get(peer) ?? ''))
    await Promise.all(
      useful.slice(0, MAX_ASKED).map(async witness => {
        const waiting = wanted.values()
        const work = async (): Promise<void> => {
          for (const target of waiting) await tryAt(target, witness, force ? FRESH : REPEAT / 2, signal)
        }
        await Promise.all(Array.from({ length: AT_A_TIME }, work))
      })
    )
    for (const target of wanted) settle(target)
    for (const [address, target] of confirmed) {
      if (!wanted.some(each => each.address === address)) withdraw(target)
    }
  }

  async function look(witness: Witness, signal: AbortSignal): Promise<void> {
    const answer = await witnesses.ask(witness, { kind: 'look' }, signal).catch(() => undefined)
    const host = hostOfAddress(answer?.observed ?? '')
    if (host === undefined) seen.delete(witness.peer)
    else seen.set(witness.peer, host)
    for (const peer of seen.keys()) if (!node.getPeers().some(each => each.toString() === peer)) seen.delete(peer)
  }

  /** The witness refuses any host but the one that it sees. */
  async function tryAt(target: Target, witness: Witness, age: Millis, signal: AbortSignal): Promise<void> {
    const { address } = target
    if (hostOfAddress(address) !== seen.get(witness.peer)) return
    const before = verdicts.get(address)?.get(witness.peer)
    if (before !== undefined && Math.abs(clock.now() - before.at) < age) return
    const answer = await witnesses.ask(witness, { kind: 'dial', address }, signal).catch(() => undefined)
    if (answer?.outcome !== 'done' && answer?.outcome !== 'failed') return
    const ofAddress = verdicts.get(address) ?? new Map<PeerId, Verdict>()
    ofAddress.set(witness.peer, { reached: answer.outcome === 'done', at: clock.now() })
    verdicts.set(address, ofAddress)
  }

  function settle(target: Target): void {
    if (target.source === 'announced') return
    const { reachedBy, missedBy } = told(target)
    if (reachedBy.length >= NEEDED) confirm(target)
    else if (reachedBy.length === 0 && missedBy.length >= NEEDED) withdraw(target)
  }

  function confirm(target: Target): void {
    const { address, mapping } = target
    if (confirmed.has(address)) return
    confirmed.set(address, target)
    if (mapping === undefined) {
      addressManager.confirmObservedAddr(multiaddr(address), { type: 'transport', ttl: REPEAT })
      return
    }
    const { internal, external, protocol } = mapping
    addressManager.addPublicAddressMapping(internal.host, internal.port, external.host, external.port, protocol)
    addressManager.confirmObservedAddr(multiaddr(address), { type: 'ip-mapping', ttl: REPEAT })
  }

  function withdraw({ address, mapping }: Target): void {
    if (!confirmed.delete(address)) return
    if (mapping === undefined) return addressManager.removeObservedAddr(multiaddr(address))
    const { internal, external, protocol } = mapping
    addressManager.removePublicAddressMapping(internal.host, internal.port, external.host, external.port, protocol)
  }

  function told({ address, source }: Target): AddressTrial {
    const all = [...(verdicts.get(address) ?? [])]
    return {
      address,
      source,
      reachedBy: all.filter(([, { reached }]) => reached).map(([peer]) => peer),
      missedBy: all.filter(([, { reached }]) => !reached).map(([peer]) => peer),
      isAnnounced: node.getMultiaddrs().some(each => each.toString() === address)
    }
  }

  /** One pass at a time. */
  function inTurn(force: boolean, signal: AbortSignal): Promise<void> {
    running = running.then(() => pass(force, signal)).catch(() => undefined)
    return running
  }

  function soon(): void {
    if (!scope.signal.aborted) timer.set(SETTLE, () => void run())
  }

  async function run(): Promise<void> {
    await inTurn(false, scope.signal)
    if (!scope.signal.aborted && !timer.pending) timer.set(spread(REPEAT, scope.jitter), () => void run())
  }

  const released = [
    listenTo(node, 'peer:identify', ({ protocols }) => protocols.includes(REACH_PROTOCOL) && soon()),
    listenTo(node, 'transport:listening', soon)
  ]
  return {
    all: () => targets().map(told),
    async check(signal) {
      await inTurn(true, AbortSignal.any([signal, scope.signal]))
      return targets().map(told)
    },
    mapped(found) {
      mappings = found.slice(0, MAX_ADDRESSES)
      soon()
    },
    wake: soon,
    stop() {
      timer.clear()
      for (const release of released) release()
    }
  }
}

/**
 * The hosts at which all witnesses see this peer, one for each family of addresses: where they disagree, some may be
 * naming a victim that others are to dial.
 */
function agreed(hosts: readonly string[]): string[] {
  const families = Map.groupBy(new Set(hosts), host => host.includes(':'))
  return [...families.values()].flatMap(all => (all.length === 1 ? all : []))
}

function throughMapping(listening: readonly string[], mapping: PortMapping): Target[] {
  const { protocol, internal, external } = mapping
  return listening
    .filter(address => hostOfAddress(address) === internal.host && isPort(address, protocol, internal.port))
    .map(address => ({ address: atEndpoint(address, external.host, external.port), source: 'mapped', mapping }))
}

/** A router that passes everything on, or the ports that its owner set, to the same ports of this machine. */
function throughNat(listening: readonly string[], outside: string): Target[] {
  return listening.flatMap(address => {
    const host = hostOfAddress(address)
    const listener = portOfAddress(address)
    if (host === undefined || listener === undefined || isPublicHost(host)) return []
    if (host.includes(':') !== outside.includes(':') || /^127\.|^::1$|^fe80/i.test(host)) return []
    const { protocol, port } = listener
    const mapping = { protocol, internal: { host, port }, external: { host: outside, port } }
    return [{ address: atEndpoint(address, outside, port), source: 'observed' as const, mapping }]
  })
}

function isPort(address: string, protocol: string, port: number): boolean {
  const listener = portOfAddress(address)
  return listener?.protocol === protocol && listener.port === port
}
