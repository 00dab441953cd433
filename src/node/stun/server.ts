import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
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

export interface StunServer {
  readonly port: number
  /** Requests that were answered, and packets that were not. */
  readonly figures: { readonly answered: number; readonly dropped: number }
  close(): void
}

/**
 * Answers STUN binding requests (RFC 8489) by UDP, over IPv4 and, where there is one, IPv6. It cannot be made to send much: an answer is
 * about as long as its question, and both hosts and all of them together have a limit.
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
    if (request === undefined || !isAllowed(from.address)) {
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

  const first = await bind('udp4', port)
  const chosen = first.address().port
  const second = await bind('udp6', chosen).catch(() => undefined)
  for (const socket of [first, second]) {
    socket?.on('message', (packet, from) => answer(socket, packet, from))
    socket?.on('error', () => undefined)
  }
  return {
    port: chosen,
    figures,
    close() {
      first.close()
      second?.close()
    }
  }
}

async function bind(type: 'udp4' | 'udp6', port: number): Promise<Socket> {
  const socket = createSocket({ type, ipv6Only: type === 'udp6' })
  const listening = once(socket, 'listening')
  socket.bind({ port, exclusive: true })
  await listening
  return socket
}
