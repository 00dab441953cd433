import { createSocket } from 'node:dgram'

/** Answers STUN binding requests (RFC 8489) at the address given, or lies: says that they come from the second one. */
const [host = '127.0.0.1', port = '3478', lie] = process.argv.slice(2)
const COOKIE = 0x21_12_a4_42
const socket = createSocket('udp4')

socket.on('message', (request, from) => {
  if (request.length < 20 || request.readUInt16BE(0) !== 1) return
  const response = Buffer.alloc(32)
  response.writeUInt16BE(0x0101, 0)
  response.writeUInt16BE(12, 2)
  request.copy(response, 4, 4, 20)
  response.writeUInt16BE(0x0020, 20)
  response.writeUInt16BE(8, 22)
  response.writeUInt8(1, 25)
  response.writeUInt16BE(from.port ^ (COOKIE >>> 16), 26)
  for (const [index, byte] of (lie ?? from.address).split('.').entries()) {
    response[28 + index] = Number(byte) ^ (response[4 + index] ?? 0)
  }
  socket.send(response, from.port, from.address)
})
socket.bind(Number(port), host, () => console.log('ready'))
