import { onTestFinished } from 'vitest'
import { addressOf, expectSuccess, start, type Running } from '../e2e/starling.ts'
import type { NatKind } from './lab/nat-kind.ts'
import { NatLab, type Host } from './lab/nat-lab.ts'

/** 443, so that who may use nothing else reaches it. */
const RELAY_PORT = 443

export interface Relays {
  readonly lab: NatLab
  readonly hosts: readonly Host[]
  readonly running: readonly Running[]
  /** Flags with which a peer meets others there. */
  readonly bootstrap: readonly string[]
  /** Starts the relay of this place again, after it was stopped, with what it had stored. */
  restart(place: number): Promise<Running>
}

/** A lab with relays at public addresses; all of it is gone when the test ends. */
export function labWithRelays(count: number, args: readonly string[] = []): Promise<Relays> {
  const lab = new NatLab()
  const hosts = Array.from({ length: count }, (_, index) => lab.host(`relay-${index + 1}`, 'open'))
  return relaysAt(lab, hosts, args)
}

export async function relaysAt(lab: NatLab, hosts: readonly Host[], args: readonly string[] = []): Promise<Relays> {
  onTestFinished(() => lab.remove())
  const running = await Promise.all(hosts.map(host => startRelayAt(host, args)))
  const addresses = await Promise.all(running.map(relay => addressOf(relay)))
  const restart = (place: number): Promise<Running> => {
    const [host, before] = [hosts[place], running[place]]
    if (host === undefined || before === undefined) throw new Error('no such relay')
    return startRelayAt(host, args, before.data)
  }
  return { lab, hosts, running, restart, bootstrap: addresses.flatMap(address => ['--bootstrap', address]) }
}

function startRelayAt({ name, address, wrap }: Host, more: readonly string[], data?: string): Promise<Running> {
  const tcp = `/ip4/${address}/tcp/${RELAY_PORT}`
  const args = ['relay', '--listen', tcp, '--announce', tcp, '--http', '127.0.0.1:0', '--no-mdns', '--no-webrtc']
  return start(name, [...args, ...more], { wrap, ...(data !== undefined && { data }) })
}

/** A peer in the room `lobby` on a host of the lab. */
export async function startPeerAt({ name, wrap }: Host, args: readonly string[]): Promise<Running> {
  const peer = await start(name, ['up', '--http', '127.0.0.1:0', '--no-mdns', '--no-relay', ...args], { wrap })
  await expectSuccess(peer.run('id', 'name', name))
  await expectSuccess(peer.run('room', 'join', 'lobby', '--open'))
  return peer
}

/** Two peers behind NATs of these kinds. */
export async function startPair(relays: Relays, kinds: readonly [NatKind, NatKind], args: readonly string[]) {
  const [anna, bob] = [relays.lab.host('anna', kinds[0]), relays.lab.host('bob', kinds[1])]
  return Promise.all([anna, bob].map(host => startPeerAt(host, [...relays.bootstrap, ...args])))
}

/** When this peer first reached the other over this path; undefined when it never did in time. */
export async function reached(peer: Running, other: Running, paths: readonly string[], limit: number) {
  const { peer: id } = await other.ready()
  const fits = (event: Record<string, unknown>): boolean =>
    event['event'] === 'peer' && event['peer'] === id && paths.includes(String(event['path']))
  return peer.event(`reaching the other by ${paths.join(' or ')}`, fits, limit)
}
