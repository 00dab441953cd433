import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Sends one UDP packet from a port that nothing else uses: how an asker's NAT takes the uninvited. */
export async function sendPacket(host: string, port: number, packet: Uint8Array): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    socket.bind(0)
    await once(socket, 'listening')
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    socket.send(packet, port, host, error => (error === null ? resolve() : reject(error)))
    await promise
  } finally {
    socket.close()
  }
}
