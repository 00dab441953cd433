import { expect, test } from 'vitest'
import { addressOf, endpointOf, punchable } from '../../../src/core/network/libp2p/punch/endpoint.ts'
import { mappingOf, predict, predictNext } from '../../../src/core/network/libp2p/punch/prediction.ts'

const at = (port: number, host = '44.0.0.9') => ({ host, port })

test('of what a peer names, a few public TCP addresses of one host are dialled', () => {
  const named = [
    '/ip4/127.0.0.1/tcp/22',
    '/ip4/192.168.1.1/tcp/80',
    '/ip4/169.254.169.254/tcp/80',
    '/ip4/224.0.0.1/tcp/80',
    '/ip4/255.255.255.255/tcp/80',
    '/ip4/0.0.0.0/tcp/80',
    '/ip4/44.0.0.9/tcp/0',
    '/ip4/44.0.0.9/udp/53',
    '/ip4/44.0.0.9/tcp/80/ws',
    '/ip4/44.0.0.9/tcp/4001/p2p/12D3KooWPXkMipqLvL2aY7brwDyghSDx58TexTkLvmKf73dves6j/p2p-circuit',
    '/dns4/victim.example/tcp/80',
    '/ip6/::1/tcp/22',
    '/ip6/fe80::1/tcp/22',
    '/ip6/fd00::1/tcp/22',
    '/ip6/::ffff:7f00:1/tcp/22',
    '/ip6/ff02::1/tcp/22'
  ]
  expect(punchable(named)).toEqual([])
  expect(punchable([...named, '/ip4/44.0.0.9/tcp/4001', '/ip6/2a00:44::9/tcp/4001'])).toEqual([
    at(4001),
    at(4001, '2a00:44::9')
  ])
  const ports = Array.from({ length: 100 }, (_, index) => `/ip4/44.0.0.9/tcp/${index + 1}`)
  expect(punchable([...ports, '/ip4/44.0.0.10/tcp/1'])).toEqual([at(1), at(2), at(3), at(4)])
  expect(
    punchable(['/ip4/44.0.0.9/tcp/7', '/ip4/44.0.0.9/tcp/7/p2p/12D3KooWPXkMipqLvL2aY7brwDyghSDx58TexTkLvmKf73dves6j'])
  ).toEqual([at(7)])
})

test('an endpoint is an address and back', () => {
  for (const address of ['/ip4/44.0.0.9/tcp/4001', '/ip6/2a00:44::9/tcp/1']) {
    expect(addressOf(endpointOf(address) ?? at(0))).toBe(address)
  }
  expect(endpointOf('/ip4/44.0.0.9/tcp/4001/ws')).toBeUndefined()
})

test('a NAT that shows one port to all is told from one that changes it', () => {
  expect(mappingOf([])).toBeUndefined()
  expect(mappingOf([at(4001)])).toEqual({ kind: 'same', endpoint: at(4001) })
  expect(mappingOf([at(4001), at(4001)])).toEqual({ kind: 'same', endpoint: at(4001) })
  expect(mappingOf([at(4001), at(4002)])).toEqual({ kind: 'changing' })
  expect(mappingOf([at(4001), at(4001, '44.0.0.8')])).toEqual({ kind: 'changing' })
})

test('ports that move by a regular step are predicted, and no others', () => {
  expect(predict([at(100), at(102), at(104)])).toEqual([at(106), at(108), at(110)])
  expect(predict([at(65_000), at(65_256), at(65_512)])).toEqual([at(232), at(488), at(744)])
  expect(predict([at(104), at(102), at(100)])).toEqual([at(98), at(96), at(94)])
  expect(predict([at(100), at(102)])).toEqual([])
  expect(predict([at(100), at(102), at(107)])).toEqual([])
  expect(predict([at(100), at(100), at(100)])).toEqual([])
  expect(predict([at(100), at(102), at(104, '44.0.0.8')])).toEqual([])
})

test('what others send through the same NAT in between does not spoil the prediction', async () => {
  const tell = (ports: number[]) => async () => {
    const port = ports.shift()
    return port === undefined ? undefined : at(port)
  }
  expect(await predictNext(tell([100, 102, 104]))).toEqual([at(106), at(108), at(110)])
  expect(await predictNext(tell([100, 102, 112, 130, 132, 134]))).toEqual([at(136), at(138), at(140)])
  const random = [4711, 100, 60_000, 3, 8_080, 31_000, 2, 999, 12_345, 1, 2, 3]
  expect(await predictNext(tell(random))).toEqual([])
  expect(random).toEqual([1, 2, 3])
  expect(await predictNext(tell([100, 102]))).toEqual([])
})
