import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { bindingRequest, mappedAddress, transactionOf } from '../../src/node/stun/message.ts'
import { openStunSocket, sourceAddress } from '../../src/node/doctor/stun-query.ts'

const COOKIE = 0x21_12_a4_42
const patience = (): AbortSignal => AbortSignal.timeout(10_000)

const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
})

type Answer = (request: Buffer, from: RemoteInfo, send: (packet: Uint8Array) => void) => void

async function server(host: string, answer: Answer): Promise<{ host: string; port: number }> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.on('message', (request, from) =>
    answer(request, from, packet => socket.send(packet, from.port, from.address, () => undefined))
  )
  socket.bind(0, host)
  await once(socket, 'listening')
  sockets.push(socket)
  return { host, port: socket.address().port }
}

/** A success response with this address in bytes, by RFC 8489, sections 5 and 14.2. */
function success(request: Buffer, address: readonly number[], port: number): Buffer {
  const head = Buffer.alloc(24)
  head.writeUInt16BE(0x0101, 0)
  head.writeUInt16BE(8 + address.length, 2)
  request.copy(head, 4, 4, 20)
  head.writeUInt16BE(0x0020, 20)
  head.writeUInt16BE(4 + address.length, 22)
  const value = Buffer.alloc(4)
  value.writeUInt8(address.length === 4 ? 1 : 2, 1)
  value.writeUInt16BE(port ^ (COOKIE >>> 16), 2)
  return Buffer.concat([head, value, Buffer.from(address.map((byte, index) => byte ^ (head[4 + index] ?? 0)))])
}

const LOOPBACK_6 = [...Array<number>(15).fill(0), 1]

test.each([
  ['127.0.0.1', 4, [127, 0, 0, 1]],
  ['::1', 6, LOOPBACK_6]
] as const)('a server at %s tells where the packets of a socket come from', async (host, family, bytes) => {
  const found = await server(host, (request, from, send) => send(success(request, bytes, from.port)))
  const socket = await openStunSocket(family)
  try {
    expect(await socket.mappedBy(found, patience())).toEqual({ host, port: socket.port })
    expect(await sourceAddress(found)).toBe(host)
  } finally {
    socket.close()
  }
})

test('a packet that was lost is asked for again', async () => {
  let count = 0
  const found = await server('127.0.0.1', (request, from, send) => {
    if (++count > 1) send(success(request, [127, 0, 0, 1], from.port))
  })
  const socket = await openStunSocket(4)
  expect(await socket.mappedBy(found, patience())).toEqual({ host: '127.0.0.1', port: socket.port })
  socket.close()
})

test('nobody else, nothing else, and no nonsense is believed', async () => {
  const other = createSocket('udp4')
  other.bind(0, '127.0.0.2')
  await once(other, 'listening')
  sockets.push(other)
  const found = await server('127.0.0.1', (request, from, send) => {
    other.send(success(request, [8, 8, 8, 8], 53), from.port, from.address)
    send(Buffer.from('nonsense'))
    const wrong = success(request, [8, 8, 8, 8], 53)
    wrong[19] = (wrong[19] ?? 0) ^ 1
    send(wrong)
  })
  const socket = await openStunSocket(4)
  expect(await socket.mappedBy(found, patience())).toBeUndefined()
  socket.close()
})

test('a response of any bytes is read without harm', () => {
  const request = bindingRequest(new Uint8Array(12))
  expect(transactionOf(request)).toBe('00'.repeat(12))
  expect(mappedAddress(success(request, [44, 0, 0, 2], 61_000))).toEqual({ host: '44.0.0.2', port: 61_000 })
  expect(mappedAddress(success(request, [0x2a, 0, 0, 0x44, ...Array<number>(11).fill(0), 3], 5))).toEqual({
    host: '2a00:44::3',
    port: 5
  })
  const whole = success(request, [44, 0, 0, 2], 61_000)
  for (let length = 0; length < whole.length; length++) expect(mappedAddress(whole.subarray(0, length))).toBeUndefined()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), bytes => {
      const packet = Buffer.concat([whole.subarray(0, 20), bytes])
      const mapped = mappedAddress(packet)
      expect(mapped === undefined || (mapped.port >= 0 && mapped.port < 65_536)).toBe(true)
    })
  )
})
