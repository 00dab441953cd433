import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { systemClock } from '../../src/core/bytes/index.ts'
import { bindingRequest, mappedAddress } from '../../src/node/stun/message.ts'
import { serveStun } from '../../src/node/stun/server.ts'

/** Asks a STUN server from the port given, which the network makes 0, and then from another; prints what the second is told. */
const [port = ''] = process.argv.slice(2)
const server = await serveStun(0, systemClock)
const [first, second] = [createSocket('udp4'), createSocket('udp4')]
for (const [socket, from] of [
  [first, Number(port)],
  [second, 0]
] as const) {
  socket.bind(from, '127.0.0.1')
  await once(socket, 'listening')
  socket.send(bindingRequest(new Uint8Array(12)), server.port, '127.0.0.1')
}
const [packet] = (await once(second, 'message')) as [Buffer]
console.log(JSON.stringify({ told: mappedAddress(packet)?.host, ...server.figures }))
for (const each of [first, second, server]) each.close()
