import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { CappedMap, type Clock, type Millis } from '../../core/bytes/index.ts'
import { bindingResponse, readBindingRequest } from './message.ts'

/** IANA's port for STUN. */
export const STUN_PORT = 3478
const WINDOW: Millis = 10_000
/** Of one host, behind which may be many peers: each asks a few times when it connects. */
const ANSWERS_PER_HOST = 100
/** Whoever forges senders makes this peer send no more than this, in all, which is 10 KB a second. */
const ANSWERS = 3_000
const MAX_HOSTS = 4_096
/** A machine's addresses change when its network does. */
const NEW_ADDRESSES_EVERY: Millis = 30_000

export interface StunServer {
  readonly port: number
  /** Requests that were answered, and packets that were not. */
  readonly figures: { readonly answered: number; readonly dropped: number }
  close(): void
}

/**
 * Answers STUN binding requests (RFC 8489) by UDP, at every address of the machine, from that very address: no NAT lets in another one's
 * answer, and from a socket for all of them the system sends from whichever it likes. It cannot be made to send much: an answer is about
 * as long as its question, and both hosts and all of them together have a limit.
 */
export async function serveStun(port: number, clock: Clock): Promise<StunServer> {
  const figures = { answered: 0, dropped: 0 }
  let [windowEnd, left] = [0, ANSWERS]
  const byHost = new CappedMap<string, number>(MAX_HOSTS)

  function isAllowed(host: string): boolean {
    if (clock.now() >= windowEnd) {
      ;[windowEnd, left] = [clock.now() + WINDOW, ANSWERS]
      byHost.clear()
    }
    const count = (byHost.get(host) ?? 0) + 1
    byHost.set(host, count)
    if (count > ANSWERS_PER_HOST || left <= 0) return false
    left -= 1
    return true
  }

  function answer(socket: Socket, packet: Buffer, from: RemoteInfo): void {
    const request = readBindingRequest(packet)
    // Nothing can be sent to port 0: trying throws.
    if (request === undefined || from.port === 0 || !isAllowed(from.address)) {
      figures.dropped += 1
      return
    }
    figures.answered += 1
    socket.send(
      bindingResponse(request, { host: from.address, port: from.port }),
      from.port,
      from.address,
      () => undefined
    )
  }

  const chosen = await findFree(port)
  const sockets = new Map<string, Socket>()
  let isClosed = false

  async function openAt(host: string): Promise<void> {
    // An address that cannot be used yet is tried again.
    const socket = await bind(chosen, host).catch(() => undefined)
    if (isClosed) socket?.close()
    if (isClosed || socket === undefined) return
    sockets.set(host, socket)
    socket.on('message', (packet, from) => answer(socket, packet, from))
    socket.on('error', () => undefined)
  }

  async function openAll(): Promise<void> {
    const fresh = ownAddresses().filter(host => !sockets.has(host))
    await Promise.all(fresh.map(openAt))
  }

  await openAll()
  const timer = setInterval(() => void openAll(), NEW_ADDRESSES_EVERY).unref()
  return {
    port: chosen,
    figures,
    close() {
      isClosed = true
      clearInterval(timer)
      for (const socket of sockets.values()) socket.close()
    }
  }
}

/** Without those of one link, which no relay is reached by from elsewhere. */
function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap(found => found ?? [])
  return [...new Set(all.filter(({ scopeid }) => !scopeid).map(({ address }) => address))]
}

/** This port, or any for 0. @throws when it is taken */
async function findFree(port: number): Promise<number> {
  const socket = await bind(port, '0.0.0.0')
  const { port: found } = socket.address()
  const closed = once(socket, 'close')
  socket.close()
  await closed
  return found
}

async function bind(port: number, address: string): Promise<Socket> {
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4' })
  const listening = once(socket, 'listening')
  socket.bind({ port, address, exclusive: true })
  await listening
  return socket
}
