import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import {
  mappingBehaviour,
  type Endpoint,
  type MappingBehaviour,
  type MappingSample,
  type Stranger,
  type Witness
} from '../../core/network/index.ts'
import { isOwnHost } from './nat-trial.ts'

const PORTS = 2
/** Two relays tell; a third settles a doubt. */
const MAX_WITNESSES = 3

/** A relay with the TCP address to dial it at. */
interface TcpWitness extends Witness {
  readonly tcp: string
}

/** Dials relays by TCP from one port each time, and asks them from which port they saw it come. */
export async function tryTcp(
  all: readonly Witness[],
  addresses: readonly string[],
  stranger: Stranger,
  signal: AbortSignal
): Promise<MappingBehaviour> {
  const witnesses = tcpWitnesses(all, addresses)
  const samples: MappingSample[] = []
  for (let count = 0; count < PORTS; count++) {
    const port = await freePort()
    for (const witness of witnesses.slice(0, MAX_WITNESSES)) {
      const look = await stranger.look(witness.tcp, port, signal).catch(() => undefined)
      const mapped = endpointOf(look?.observed ?? '')
      const server = endpointOf(witness.tcp)
      if (mapped !== undefined && server !== undefined) samples.push({ local: { host: '', port }, server, mapped })
    }
  }
  return mappingBehaviour(samples, witnesses.length, isOwnHost)
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

/** The host and port at which a multiaddr begins. */
function endpointOf(address: string): Endpoint | undefined {
  const [, host, port] = /^\/ip[46]\/([^/]+)\/(?:tcp|udp)\/(\d+)/.exec(address) ?? []
  return host === undefined ? undefined : { host, port: Number(port) }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
