import { createSocket } from 'node:dgram'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { EnvironmentError } from '../exits.ts'

/** Ports of a peer, chosen once, so that what others remember of its addresses stays true. */
interface Ports {
  readonly tcp: number
  readonly ws: number
  readonly webrtc: number
}

/** Where a peer listens by default: the ports of its last run, a free one in place of each that is taken. */
export async function defaultListen(data: string, webrtc: boolean): Promise<string[]> {
  const former = await readPorts(data)
  const ports: Ports = {
    tcp: await usablePort('tcp', former?.tcp),
    ws: await usablePort('tcp', former?.ws),
    webrtc: await usablePort('udp', former?.webrtc)
  }
  await writeFile(portsFile(data), `${JSON.stringify(ports)}\n`, { mode: 0o600 })
  const addresses = listenAddresses(ports, webrtc)
  return webrtc ? [...addresses, '/webrtc'] : addresses
}

/** On every address of the machine. */
export function listenAddresses({ tcp, ws, webrtc }: Ports, withWebrtc: boolean): string[] {
  const hosts = ['/ip4/0.0.0.0', ...(hasIpv6() ? ['/ip6/::'] : [])]
  return hosts.flatMap(host => [
    `${host}/tcp/${tcp}`,
    `${host}/tcp/${ws}/ws`,
    ...(withWebrtc ? [`${host}/udp/${webrtc}/webrtc-direct`] : [])
  ])
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some(found => found?.some(address => address.family === 'IPv6'))
}

function portsFile(data: string): string {
  return join(data, 'ports.json')
}

async function readPorts(data: string): Promise<Partial<Ports> | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(portsFile(data), 'utf8'))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

async function usablePort(protocol: 'tcp' | 'udp', former: number | undefined): Promise<number> {
  if (Number.isInteger(former) && former !== undefined && (await isFree(protocol, undefined, former))) return former
  return freePort(protocol)
}

export async function freePort(protocol: 'tcp' | 'udp'): Promise<number> {
  return tryPort(protocol, undefined, 0)
}

async function isFree(protocol: 'tcp' | 'udp', host: string | undefined, port: number): Promise<boolean> {
  return tryPort(protocol, host, port).then(
    () => true,
    () => false
  )
}

/** @throws EnvironmentError when something else listens at one of these multiaddrs */
export async function checkListenPorts(addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    const [, host, protocol, port] = /^\/ip[46]\/([^/]+)\/(tcp|udp)\/(\d+)/.exec(address) ?? []
    if (protocol === undefined || port === undefined || port === '0') continue
    await tryPort(protocol === 'tcp' ? 'tcp' : 'udp', host, Number(port)).catch((thrown: unknown) => {
      throw listenFailure(address, thrown)
    })
  }
}

function listenFailure(address: string, thrown: unknown): EnvironmentError {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  if (code === 'EADDRINUSE') {
    return new EnvironmentError(`${address} is in use: stop what listens there, or choose another port with --listen`)
  }
  if (code === 'EACCES')
    return new EnvironmentError(`${address} may not be opened by this user: choose a port above 1023`)
  return new EnvironmentError(`${address} is not an address of this machine: choose another with --listen`)
}

/** Opens and closes the port; the number that the system gave. */
function tryPort(protocol: 'tcp' | 'udp', host: string | undefined, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  if (protocol === 'tcp') {
    const server = createServer()
    server.once('error', reject)
    server.listen(
      { port, exclusive: true, ...(host === undefined ? {} : { host, ipv6Only: host.includes(':') }) },
      () => {
        const address = server.address()
        server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port))
      }
    )
    return promise
  }
  const socket = createSocket({ type: host?.includes(':') ? 'udp6' : 'udp4', ipv6Only: host?.includes(':') ?? false })
  socket.once('error', reject)
  socket.bind({ port, exclusive: true, ...(host === undefined ? {} : { address: host }) }, () => {
    const { port: actual } = socket.address()
    socket.close(() => resolve(actual))
  })
  return promise
}
