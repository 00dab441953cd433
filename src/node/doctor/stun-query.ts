import { randomBytes } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Endpoint } from '../../core/network/index.ts'
import { bindingRequest, mappedAddress, transactionOf } from '../stun/message.ts'

/** RFC 8489, section 6.2.1 begins with 500 ms, for round trips round the world; three tries in all. */
const TRIES_MS = [400, 600, 1000]

/** A UDP socket that asks STUN servers where its packets come from, and hears what else comes. */
export interface StunSocket {
  readonly port: number
  /** Where the server saw the question come from; undefined when it does not answer. */
  mappedBy(server: Endpoint, signal: AbortSignal): Promise<Endpoint | undefined>
  /** The sender of a packet with this transaction id, or undefined when none came in time. */
  heard(transaction: Uint8Array, limit: number): Promise<Endpoint | undefined>
  close(): void
}

export async function openStunSocket(family: 4 | 6): Promise<StunSocket> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6')
  socket.on('error', () => undefined)
  socket.bind(0)
  await once(socket, 'listening')
  return {
    port: socket.address().port,
    async mappedBy(server, signal) {
      const transaction = randomBytes(12)
      const request = bindingRequest(transaction)
      for (const limit of TRIES_MS) {
        if (signal.aborted) return undefined
        socket.send(request, server.port, server.host, () => undefined)
        const answer = await nextPacket(socket, transaction, limit)
        // Only who was asked is believed.
        if (answer?.from.address === server.host) return mappedAddress(answer.packet)
      }
      return undefined
    },
    async heard(transaction, limit) {
      const from = (await nextPacket(socket, transaction, limit))?.from
      return from === undefined ? undefined : { host: from.address, port: from.port }
    },
    close: () => socket.close()
  }
}

function nextPacket(
  socket: Socket,
  transaction: Uint8Array,
  limit: number
): Promise<{ packet: Uint8Array; from: RemoteInfo } | undefined> {
  const { promise, resolve } = Promise.withResolvers<{ packet: Uint8Array; from: RemoteInfo } | undefined>()
  const took = (packet: Buffer, from: RemoteInfo): void => {
    if (transactionOf(packet) === Buffer.from(transaction).toString('hex')) resolve({ packet, from })
  }
  const timer = setTimeout(() => resolve(undefined), limit)
  socket.on('message', took)
  return promise.finally(() => {
    clearTimeout(timer)
    socket.off('message', took)
  })
}

/** The address from which packets to this server leave the machine. */
export async function sourceAddress(server: Endpoint): Promise<string | undefined> {
  const socket = createSocket(server.host.includes(':') ? 'udp6' : 'udp4')
  try {
    socket.connect(server.port, server.host)
    await once(socket, 'connect')
    return socket.address().address
  } catch {
    return undefined
  } finally {
    socket.close()
  }
}
