import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/core/bytes/index.ts'
import { openStunSocket } from '../../src/node/doctor/stun-query.ts'
import { bindingRequest, bindingResponse, mappedAddress, readBindingRequest } from '../../src/node/stun/message.ts'
import { serveStun, type StunServer } from '../../src/node/stun/server.ts'

const TRANSACTION = new Uint8Array(12).fill(7)
/** RFC 5769, sections 2.2 and 2.3: responses with 192.0.2.1 and 2001:db8:1234:5678:11:2233:4455:6677, port 32853. */
const RFC_5769_IPV4 =
  '0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f722000200008' +
  '0001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96'
const RFC_5769_IPV6 =
  '010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f722000200014' +
  '0002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c'

async function open(): Promise<StunServer> {
  const server = await serveStun(0, systemClock)
  onTestFinished(() => server.close())
  return server
}

test('the vectors of RFC 5769 are read', () => {
  expect(mappedAddress(Buffer.from(RFC_5769_IPV4, 'hex'))).toEqual({ host: '192.0.2.1', port: 32_853 })
  const six = mappedAddress(Buffer.from(RFC_5769_IPV6, 'hex'))
  expect(six).toEqual({ host: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 })
})

test('what is answered says where the request came from, and is hardly longer than it', () => {
  const request = bindingRequest(TRANSACTION)
  for (const host of ['44.0.0.9', '2a00:44::9', '::1', 'fe80::1:2']) {
    const response = bindingResponse({ transaction: TRANSACTION, unknown: [] }, { host, port: 4001 })
    expect(mappedAddress(response)).toEqual({ host, port: 4001 })
    expect(response.length - request.length).toBeLessThanOrEqual(24)
    expect(response.readUInt16BE(2)).toBe(response.length - 20)
  }
})

test('any packet is read or left alone', () => {
  const request = bindingRequest(TRANSACTION)
  expect(readBindingRequest(request)?.unknown).toEqual([])
  for (let length = 0; length < request.length; length += 1)
    expect(readBindingRequest(request.subarray(0, length))).toBeUndefined()
  const withLength = (length: number, ...rest: number[]): Buffer => {
    const packet = Buffer.concat([request, Buffer.from(rest)])
    packet.writeUInt16BE(length, 2)
    return packet
  }
  expect(readBindingRequest(withLength(4))).toBeUndefined()
  expect(readBindingRequest(withLength(4, 0, 3, 0, 200))).toBeUndefined()
  expect(readBindingRequest(withLength(3, 0, 3, 0))).toBeUndefined()
  expect(readBindingRequest(withLength(4, 0, 3, 0, 0))?.unknown).toEqual([3])
  expect(readBindingRequest(withLength(4, 0x80, 0x22, 0, 0))?.unknown).toEqual([])
  for (let count = 0; count < 20_000; count += 1) {
    readBindingRequest(Buffer.from(Array.from({ length: count % 64 }, (_, index) => (count * 31 + index * 17) % 256)))
  }
})

test('a peer learns where it is seen, over IPv4 and IPv6', async () => {
  const server = await open()
  for (const [family, host] of [
    [4, '127.0.0.1'],
    [6, '::1']
  ] as const) {
    const socket = await openStunSocket(family)
    onTestFinished(() => socket.close())
    expect(await socket.mappedBy({ host, port: server.port }, AbortSignal.timeout(10_000))).toEqual({
      host,
      port: socket.port
    })
  }
})

test('attributes that must be understood and are not are refused with 420', async () => {
  const server = await open()
  const request = Buffer.concat([bindingRequest(TRANSACTION), Buffer.from([0, 3, 0, 4, 0, 0, 0, 6])])
  request.writeUInt16BE(8, 2)
  const [answer] = await exchange(server.port, [request], 1)
  expect(answer?.readUInt16BE(0)).toBe(0x0111)
  expect(answer?.subarray(20).toString('hex')).toBe('0009000400000414000a000200030000')
})

test('a flood is answered up to a limit, and garbage not at all', async () => {
  const server = await open()
  const request = bindingRequest(TRANSACTION)
  const answers = await exchange(
    server.port,
    [Buffer.from('hello'), ...Array.from({ length: 300 }, () => request)],
    100
  )
  expect(answers).toHaveLength(100)
  // Of what is sent faster than it is read the system drops some.
  await expect.poll(() => server.figures.dropped).toBeGreaterThan(20)
  expect(server.figures.answered).toBe(100)
})

/** Sends these and gives so many answers. */
async function exchange(port: number, packets: readonly Buffer[], wanted: number): Promise<Buffer[]> {
  const socket = createSocket('udp4')
  onTestFinished(() => void socket.close())
  const answers: Buffer[] = []
  const all = Promise.withResolvers<void>()
  socket.on('message', answer => {
    if (answers.push(answer) === wanted) all.resolve()
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  for (const packet of packets) {
    await new Promise(resolve => socket.send(packet, port, '127.0.0.1', resolve))
  }
  await all.promise
  return answers
}
