import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex } from '../../../src/core/bytes/index.ts'
import { decodeHolePunch, encodeHolePunch } from '../../../src/core/network/libp2p/punch/dcutr-message.ts'

test('messages are as the specification lays them out', () => {
  // HolePunch { type: CONNECT (100), ObsAddrs: [/ip4/44.0.0.9/tcp/4001] }, by hand.
  const address = toHex(multiaddr('/ip4/44.0.0.9/tcp/4001').bytes)
  expect(address).toBe('042c000009060fa1')
  expect(toHex(encodeHolePunch({ type: 'connect', addresses: ['/ip4/44.0.0.9/tcp/4001'] }))).toBe(`08641208${address}`)
  expect(toHex(encodeHolePunch({ type: 'sync', addresses: [] }))).toBe('08ac02')
})

test('what is written is read', () => {
  const message = { type: 'connect', addresses: ['/ip4/44.0.0.9/tcp/4001', '/ip6/2a00:44::1/tcp/1'] } as const
  expect(decodeHolePunch(encodeHolePunch(message))).toEqual({ ok: true, value: message })
})

test('any bytes are read or refused, and no more than a few addresses come of them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      const read = decodeHolePunch(bytes)
      expect(read.ok ? read.value.addresses.length : 0).toBeLessThanOrEqual(16)
    }),
    { numRuns: 20_000 }
  )
  const flood = {
    type: 'connect',
    addresses: Array.from({ length: 300 }, (_, port) => `/ip4/44.0.0.9/tcp/${port}`)
  } as const
  const read = decodeHolePunch(encodeHolePunch(flood))
  expect(read.ok && read.value.addresses).toHaveLength(16)
})

test.each(['', '08', '0801', '12ff', '08641205', '0864ffffffffff'])('%s is refused', hex => {
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], byte => Number.parseInt(byte, 16))
  expect(decodeHolePunch(bytes).ok).toBe(false)
})
