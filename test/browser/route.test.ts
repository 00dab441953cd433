import { expect, test } from 'vitest'
import { parseBootstrapList } from '../../src/browser/bootstrap-list.ts'
import { profileOf } from '../../src/browser/profile.ts'
import { parseRoute, routeToHash, type Route } from '../../src/browser/state/route.ts'

test('every route survives the address bar', () => {
  const routes: Route[] = [
    { kind: 'rooms' },
    { kind: 'network' },
    { kind: 'room', room: 'ab12', details: false },
    { kind: 'room', room: 'ab12', details: true },
    { kind: 'link', link: '#/open/AbC_-9' }
  ]
  expect(routes.map(route => parseRoute(routeToHash(route)))).toEqual(routes)
})

test('an address that means nothing leads to the rooms', () => {
  const hashes = ['', '#', '#/', '#/room/', '#/room/xyz', '#/room/ab/else', '#/nonsense']
  expect(hashes.map(parseRoute)).toEqual(hashes.map(() => ({ kind: 'rooms' })))
})

test('a profile has a name of its own', () => {
  expect(profileOf('')).toBe('default')
  expect(profileOf('?profile=')).toBe('default')
  expect(profileOf('?profile=b')).toBe('b')
  expect(profileOf(`?profile=${'x'.repeat(1000)}`)).toHaveLength(64)
})

test('of a bootstrap list what has the right form is taken', () => {
  const none = { addresses: [], iceServers: [] }
  expect([null, 1, 'x', [], {}, { addresses: 'x', iceServers: 7 }].map(parseBootstrapList)).toEqual(
    Array.from({ length: 6 }, () => none)
  )
  expect(
    parseBootstrapList({
      addresses: ['/ip4/127.0.0.1/tcp/1/ws/p2p/x', 5, null],
      iceServers: [{ urls: 'stun:a' }, { urls: ['turn:b'], username: 'u', credential: 'c' }, { urls: [] }, 'x']
    })
  ).toEqual({
    addresses: ['/ip4/127.0.0.1/tcp/1/ws/p2p/x'],
    iceServers: [{ urls: ['stun:a'] }, { urls: ['turn:b'], username: 'u', credential: 'c' }]
  })
  expect(parseBootstrapList({ addresses: Array(1000).fill('/x') }).addresses).toHaveLength(32)
})
