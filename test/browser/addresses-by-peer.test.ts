import { expect, test } from 'vitest'
import { addressesByPeer } from '../../src/browser/addresses-by-peer.ts'

test('addresses of one peer belong together, one that names no peer stands alone', () => {
  const anna = ['/ip4/192.0.2.1/tcp/1/ws/p2p/anna', '/ip4/192.0.2.1/udp/1/webrtc-direct/p2p/anna'] as const
  const circuit = '/ip4/192.0.2.1/tcp/1/ws/p2p/anna/p2p-circuit/webrtc/p2p/bo'
  const unnamed = ['/dns4/one.example/tcp/443/wss', '/dns4/two.example/tcp/443/wss'] as const
  expect(addressesByPeer([anna[0], unnamed[0], circuit, unnamed[1], anna[1]])).toEqual([
    [...anna],
    [unnamed[0]],
    [circuit],
    [unnamed[1]]
  ])
})
