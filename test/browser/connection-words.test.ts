import { expect, test } from 'vitest'
import type { MemberSummary } from '../../src/core/chat/index.ts'
import { connectionOf } from '../../src/browser/state/connection.ts'
import { connectionWords, deliveryWords, pathWords } from '../../src/browser/words.ts'

function member(path: MemberSummary['path'], online = true): MemberSummary {
  return { member: path, nick: path, role: 'member', online, self: false, path, rtt: undefined }
}

const me: MemberSummary = { ...member('none'), self: true }

function wordsFor(settled: boolean, peers: number, members?: readonly MemberSummary[]): string {
  return connectionWords(connectionOf({ settled, peers, members }))
}

test('the connection line says who is there and how', () => {
  expect(wordsFor(true, 3, [me, member('webrtc'), member('direct'), member('relayed')])).toBe(
    'Connected to 3 people, 2 directly.'
  )
  expect(wordsFor(false, 1, [me, member('webrtc')])).toBe('Connected to 1 person, directly.')
  expect(wordsFor(false, 1, [me, member('relayed'), member('turn')])).toBe('Connected to 2 people, through a relay.')
  expect(wordsFor(false, 2, [me, member('punched'), member('direct')])).toBe('Connected to 2 people, all directly.')
})

test('it says what is missing, once there was time to find somebody', () => {
  expect(wordsFor(false, 0)).toBe('Looking for peers...')
  expect(wordsFor(true, 0)).toBe('No connection to the network. Trying again.')
  expect(wordsFor(false, 1, [me])).toBe('Looking for peers...')
  expect(wordsFor(true, 1, [me, member('none', false)])).toBe(
    'Nobody else is here yet. Send the link, and keep this tab open.'
  )
  expect(wordsFor(true, 1)).toBe('Connected to the network.')
})

test('delivery and path have words', () => {
  expect(deliveryWords({})).toBe('Sent')
  expect(deliveryWords({ delivery: { to: 0, of: 3 } })).toBe('Sent')
  expect(deliveryWords({ delivery: { to: 0, of: 3 }, kept: 1 })).toBe('Sent, kept by 1 relay')
  expect(deliveryWords({ delivery: { to: 2, of: 3 }, kept: 1 })).toBe('Delivered to 2 of 3')
  expect(pathWords(member('webrtc')).words).toBe('WebRTC, direct')
  expect(pathWords(member('relayed')).words).toBe('through a relay')
  expect(pathWords(member('none', false)).words).toBe('offline')
  expect(pathWords(me).words).toBe('you')
})
