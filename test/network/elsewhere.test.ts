import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { isElsewhere } from '../../src/core/network/libp2p/elsewhere.ts'

const own = (...addresses: string[]) => addresses.map(address => multiaddr(address))
const CIRCUIT = '/ip4/44.0.0.1/tcp/443/p2p/12D3KooWPXkMipqLvL2aY7brwDyghSDx58TexTkLvmKf73dves6j/p2p-circuit'

test.each<[string, string[], boolean]>([
  ['/ip4/44.0.0.9/tcp/1', ['/ip4/10.1.0.2/tcp/1'], false],
  ['/ip4/10.2.0.2/tcp/1', ['/ip4/10.1.0.2/tcp/1'], true],
  ['/ip4/10.1.0.9/tcp/1', ['/ip4/10.1.0.2/tcp/1'], false],
  ['/ip6/fd00:1:2:3::9/tcp/1', ['/ip6/fd00:1:2:3::7/tcp/1'], false],
  ['/ip6/fd00:1:2:4::9/tcp/1', ['/ip6/fd00:1:2:3::7/tcp/1'], true],
  // On another machine's loopback is nobody, and UDP to it is not even refused.
  ['/ip4/127.0.0.1/udp/1/webrtc-direct', ['/ip4/127.0.0.1/tcp/1', '/ip4/10.1.0.2/tcp/1'], true],
  ['/ip4/127.0.0.1/tcp/1', ['/ip4/127.0.0.1/tcp/2'], false],
  ['/ip4/127.0.0.1/tcp/1', [CIRCUIT], false],
  ['/ip4/127.0.0.1/tcp/1', ['/webrtc'], false],
  ['/ip4/10.2.0.2/tcp/1', [CIRCUIT], true],
  [CIRCUIT, ['/ip4/10.1.0.2/tcp/1'], false]
])('%s, seen by %j: %j', (address, addresses, expected) => {
  expect(isElsewhere(multiaddr(address), own(...addresses))).toBe(expected)
})
