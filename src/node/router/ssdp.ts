import { createSocket } from 'node:dgram'
import type { Endpoint } from '../../core/network/index.ts'

/** UPnP Device Architecture 2.0, section 1.3. */
export const SSDP: Endpoint = { host: '239.255.255.250', port: 1900 }
const TARGETS = [1, 2].map(version => `urn:schemas-upnp-org:device:InternetGatewayDevice:${version}`)
/** A network has one, perhaps two. */
const MAX_FOUND = 4
/** Routers are asked to answer within a second; packets get lost, so each is asked twice. */
const WAIT_SECONDS = 1
const AGAIN_MS = 400

/**
 * Asks the network for Internet gateways; the addresses of their descriptions. Only those are taken that lead to whoever
 * answered: a device must not send us elsewhere.
 */
export async function findGateways(at: Endpoint, signal: AbortSignal): Promise<URL[]> {
  const found = new Map<string, URL>()
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = (): void => resolve()
  const search = (): void => {
    for (const target of TARGETS) socket.send(question(at, target), at.port, at.host, () => undefined)
  }
  socket.on('error', end)
  socket.on('message', (answer, from) => {
    const location = locationOf(answer.toString('latin1'))
    if (location === undefined || location.hostname !== from.address || found.size >= MAX_FOUND) return
    found.set(location.href, location)
  })
  const timers = [setTimeout(search, AGAIN_MS), setTimeout(end, AGAIN_MS + WAIT_SECONDS * 1000 + AGAIN_MS)]
  signal.addEventListener('abort', end, { once: true })
  try {
    socket.bind(0, search)
    await promise
    return [...found.values()]
  } finally {
    for (const timer of timers) clearTimeout(timer)
    signal.removeEventListener('abort', end)
    socket.close()
  }
}

function question({ host, port }: Endpoint, target: string): string {
  return [
    'M-SEARCH * HTTP/1.1',
    `HOST: ${host}:${port}`,
    'MAN: "ssdp:discover"',
    `MX: ${WAIT_SECONDS}`,
    `ST: ${target}`,
    '',
    ''
  ].join('\r\n')
}

function locationOf(answer: string): URL | undefined {
  if (!/^HTTP\/1\.[01] 200 /.test(answer)) return undefined
  const url = URL.parse(/^location:\s*(\S+)/im.exec(answer)?.[1] ?? '')
  return url?.protocol === 'http:' ? url : undefined
}
