import { createSocket } from 'node:dgram'
import type { Endpoint } from '../../core/network/index.ts'
import { EnvironmentError } from '../exits.ts'
import { LIFETIME_SECONDS, type Router, type WantedPort } from './router.ts'

export const NAT_PMP_PORT = 5351
const VERSION = 0
const EXTERNAL_ADDRESS = 0
const MAP = { udp: 1, tcp: 2 } as const
const ANSWER = 128
/** RFC 6886, section 3.1, doubles from 250 ms for a minute; a router on the same link that is to answer has by then. */
const TRIES_MS = [250, 500, 1000]
const REFUSALS: Record<number, string> = {
  1: 'it speaks another version',
  2: 'it does not allow it',
  3: 'it has no address outside',
  4: 'it has no ports left',
  5: 'it does not know how'
}

/** A router that speaks NAT-PMP (RFC 6886). */
export function natPmpRouter(gateway: Endpoint): Router {
  async function map(wanted: WantedPort, lifetime: number, signal: AbortSignal): Promise<Buffer> {
    const request = Buffer.alloc(12)
    request.writeUInt8(VERSION, 0)
    request.writeUInt8(MAP[wanted.protocol], 1)
    request.writeUInt16BE(wanted.port, 4)
    request.writeUInt16BE(lifetime === 0 ? 0 : wanted.externalPort, 6)
    request.writeUInt32BE(lifetime, 8)
    const answer = await ask(gateway, request, 16, signal)
    if (answer.readUInt16BE(8) !== wanted.port) throw new EnvironmentError('the router answers for another port')
    return answer
  }
  return {
    protocol: 'nat-pmp',
    async externalHost(signal) {
      const answer = await ask(gateway, Buffer.from([VERSION, EXTERNAL_ADDRESS]), 12, signal)
      return [...answer.subarray(8, 12)].join('.')
    },
    async open(wanted, signal) {
      const answer = await map(wanted, LIFETIME_SECONDS, signal)
      const [externalPort, lifetime] = [answer.readUInt16BE(10), answer.readUInt32BE(12)]
      if (externalPort === 0 || lifetime === 0) throw new EnvironmentError('the router opened no port')
      return { ...wanted, externalPort, lifetime }
    },
    async close(opened, signal) {
      await map(opened, 0, signal)
    }
  }
}

/** Sends the request until the gateway itself answers it with success. */
async function ask(gateway: Endpoint, request: Buffer, length: number, signal: AbortSignal): Promise<Buffer> {
  const socket = createSocket('udp4')
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const stop = (): void => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  const timers = TRIES_MS.map((_, index) =>
    setTimeout(
      () => socket.send(request, () => undefined),
      TRIES_MS.slice(0, index).reduce((sum, each) => sum + each, 0)
    )
  )
  const giveUp = TRIES_MS.reduce((sum, each) => sum + each, 0)
  timers.push(setTimeout(() => reject(new EnvironmentError('the router does not speak NAT-PMP')), giveUp))
  socket.on('error', reject)
  socket.on('message', answer => {
    if (answer.length < 8 || answer[0] !== VERSION || answer[1] !== (request[1] ?? 0) + ANSWER) return
    const result = answer.readUInt16BE(2)
    if (result !== 0) reject(new EnvironmentError(`the router opens no port: ${REFUSALS[result] ?? `code ${result}`}`))
    else if (answer.length >= length) resolve(answer)
  })
  try {
    signal.throwIfAborted()
    // Connected, so that nobody else on the network can answer.
    socket.connect(gateway.port, gateway.host)
    return await promise
  } finally {
    for (const timer of timers) clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    socket.close()
  }
}
