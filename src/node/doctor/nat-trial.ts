import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import {
  filteringBehaviour,
  mappingBehaviour,
  type Endpoint,
  type FilteringTrial,
  type MappingSample,
  type NatFiltering,
  type Reach,
  type Witness
} from '../../core/network/index.ts'
import type { UdpFinding } from '../../core/doctor/index.ts'
import { openStunSocket, sourceAddress, type StunSocket } from './stun-query.ts'

/** Sockets that ask every server, one after another: so many mappings show a regular step. */
const SOCKETS = 3
/** Each costs time where none answers. */
const MAX_SERVERS = 4
/** An uninvited packet that is let in comes within this. */
const PACKET_LIMIT_MS = 1500
/** Hosts that are asked for an uninvited packet. */
const MAX_STRANGERS = 3
const DEFAULT_PORT = 3478

/** Asks STUN servers at `stun:` addresses, and witnesses for packets, what the NAT does with UDP. */
export async function tryUdp(
  uris: readonly string[],
  reach: Reach,
  witnesses: readonly Witness[],
  signal: AbortSignal
): Promise<UdpFinding> {
  const servers = (await Promise.all(uris.slice(0, MAX_SERVERS).map(serverOf))).flatMap(found => found ?? [])
  const samples: MappingSample[] = []
  for (let count = 0; count < SOCKETS; count++) {
    const more = await sampleOnce(servers, signal)
    samples.push(...more)
    if (more.length === 0) break
  }
  const answered = (server: Endpoint): boolean => samples.some(sample => sample.server === server)
  const hosts = new Set(servers.map(({ host }) => host))
  const mapping = mappingBehaviour(samples, hosts.size, isOwnHost)
  const first = servers.find(answered)
  const filtering = first === undefined ? 'unknown' : await tryFiltering(first, reach, witnesses, signal)
  return { mapping, filtering, servers: servers.map(server => ({ server, answered: answered(server) })) }
}

export function isOwnHost(host: string): boolean {
  return Object.values(networkInterfaces()).some(found => found?.some(({ address }) => address === host))
}

async function sampleOnce(servers: readonly Endpoint[], signal: AbortSignal): Promise<MappingSample[]> {
  const samples: MappingSample[] = []
  for (const family of [4, 6] as const) {
    const own = servers.filter(({ host }) => host.includes(':') === (family === 6))
    if (own.length === 0) continue
    const socket = await openStunSocket(family)
    try {
      for (const server of own) {
        const mapped = await socket.mappedBy(server, signal)
        const host = await sourceAddress(server)
        if (mapped !== undefined) samples.push({ local: { host: host ?? '', port: socket.port }, server, mapped })
      }
    } finally {
      socket.close()
    }
  }
  return samples
}

/** A fresh socket makes one mapping, towards `server`; who else can use it is then tried. */
async function tryFiltering(
  server: Endpoint,
  reach: Reach,
  witnesses: readonly Witness[],
  signal: AbortSignal
): Promise<NatFiltering> {
  const socket = await openStunSocket(server.host.includes(':') ? 6 : 4)
  try {
    const mapped = await socket.mappedBy(server, signal)
    if (mapped === undefined) return 'unknown'
    // One that comes in tells; one that does not may never have been sent, whatever its sender says.
    const anyOf = async (all: readonly Witness[]): Promise<boolean | undefined> => {
      const chosen = all.slice(0, MAX_STRANGERS)
      const came = await Promise.all(chosen.map(async each => uninvited(socket, mapped, reach, each, signal)))
      return came.includes(true) || (came.includes(false) ? false : undefined)
    }
    const sameFamily = witnesses.filter(({ host }) => host.includes(':') === server.host.includes(':'))
    const trial: FilteringTrial = {
      fromOtherHost: await anyOf(sameFamily.filter(({ host }) => host !== server.host)),
      fromOtherPort: await anyOf(sameFamily.filter(({ host }) => host === server.host))
    }
    return filteringBehaviour(trial)
  } finally {
    socket.close()
  }
}

/** Whether a packet of the witness comes in; undefined when it could not be sent. */
async function uninvited(
  socket: StunSocket,
  mapped: Endpoint,
  reach: Reach,
  witness: Witness,
  signal: AbortSignal
): Promise<boolean | undefined> {
  const transaction = randomBytes(12)
  const heard = socket.heard(transaction, PACKET_LIMIT_MS + 1000)
  const sent = await reach.packet(witness, mapped.port, transaction, signal).catch(() => false)
  if (!sent) return undefined
  const from = await heard
  return from !== undefined && from.host === witness.host
}

async function serverOf(uri: string): Promise<Endpoint | undefined> {
  const [, bracketed, plain, port] = /^stuns?:(?:\[([^\]]+)\]|([^:?]+))(?::(\d+))?/i.exec(uri) ?? []
  const name = bracketed ?? plain
  if (name === undefined) return undefined
  const found = await lookup(name).catch(() => undefined)
  return found === undefined ? undefined : { host: found.address, port: Number(port ?? DEFAULT_PORT) }
}
