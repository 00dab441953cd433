import { expect, test } from 'vitest'
import type { RoomSummary } from '../../src/core/chat/index.ts'
import type { PeerId } from '../../src/core/network/index.ts'
import { deliveryWords } from '../../src/browser/words.ts'
import { statusText } from '../../src/node/commands/status.ts'
import { jsonLine } from '../../src/node/terminal/json-line.ts'
import { messageLine } from '../../src/node/terminal/message-line.ts'
import { roomLine } from '../../src/node/terminal/room-line.ts'
import { visible } from '../../src/node/terminal/visible.ts'

test('what would steer a terminal or turn its text is spelled out; other text stays as it is', () => {
  expect(visible('\u001b[2Jgone\u0007\r\u009b31m')).toBe('\\u{1b}[2Jgone\\u{7}\\u{d}\\u{9b}31m')
  expect(visible('a\u202eb\u2066c')).toBe('a\\u{202e}b\\u{2066}c')
  expect(visible('Grüße, שלום 👩‍👩‍👧\n\tend')).toBe('Grüße, שלום 👩‍👩‍👧\n\tend')
})

test('no line of a message can pass for another message', () => {
  const text = 'hello\n2026-11-21 10:00  bo: I agree'
  const lines = messageLine({ nick: 'ann\na', time: 0, text }).split('\n')
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d {2}ann a: hello$/)
  expect(lines[1]).toMatch(/^ {18}2026/)
})

test('a message that arrived late says so, where no name can', () => {
  const [line] = messageLine({ nick: 'ann', time: 0, text: 'hello', late: true }).split('\n')
  expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d, arrived late {2}ann: hello$/)
})

test('an own message says where it stands, in the words of the web app; others and deleted ones say nothing', () => {
  const message = { nick: 'ann', time: 0, text: 'hello' }
  const line = (more: Partial<Parameters<typeof messageLine>[0]>): string =>
    messageLine({ ...message, ...more }).slice(16)
  const standings = [
    {},
    { delivery: { to: 0, of: 2 } },
    { delivery: { to: 1, of: 2 }, kept: 1 },
    { kept: 1 },
    { kept: 2 }
  ]
  for (const standing of standings) {
    expect(line({ own: true, ...standing })).toBe(`, ${deliveryWords(standing).toLowerCase()}  ann: hello`)
  }
  expect(line({ own: true, kept: 2 })).toBe(', sent, kept by 2 relays  ann: hello')
  expect(line({ own: false })).toBe('  ann: hello')
  expect(line({ own: true, deleted: true, text: '' })).toBe(', deleted  ann:')
})

test('JSON steers no terminal, and says the same', () => {
  const message = { text: 'a\u202eb\u2066\u200e\u009b31m\u001b[2J\u007f \u061c Grüße, שלום' }
  const line = jsonLine(message)
  expect(line).toMatch(/^[^\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+$/u)
  expect(line).toContain(String.raw`a\u202eb\u2066\u200e\u009b31m`)
  expect(line).toContain('Grüße, שלום')
  expect(JSON.parse(line)).toEqual(message)
})

test.each([
  [{ role: 'owner' }, '(private, 2 members)'],
  [{ ended: 'removed' }, '(private, you were removed, 2 members)'],
  [{ ended: 'closed' }, '(private, closed, 2 members)'],
  [{ apart: true }, '(private, 2 members, who is known there does not meet you any more: you may need a new invite)'],
  [{ joining: 'asking' }, '(asking a member to let you in)'],
  [{ joining: 'waiting' }, '(not in yet: nobody who could let you in is reachable)'],
  [{ joining: { refused: 'this room was closed' } }, '(refused: this room was closed)']
] as const)('a private room in plain words: %o', (summary, words) => {
  const room = { name: 'Loft', members: 2, unread: 0, missing: 0, keepers: [], retention: 'forever' }
  expect(roomLine({ ...room, id: '0'.repeat(64), kind: 'private', ...summary })).toBe(`000000000000  Loft  ${words}`)
})

test('the status in plain words', () => {
  const room: RoomSummary = {
    id: '0'.repeat(64),
    name: 'Talk',
    kind: 'open',
    members: 1,
    unread: 0,
    missing: 2,
    keepers: [],
    retention: 'forever'
  }
  const address = '/dns4/a\u202eb/tcp/1'
  const peers = [{ peer: '12D3', path: 'direct', rtt: null, address }]
  const lines = (status: Parameters<typeof statusText>[0]): string[] => statusText(status, './starling').split('\n')
  expect(lines({ peer: '12D3', rooms: [room], peers: [], relays: [] })).toEqual([
    'Peer 12D3',
    '1 room, no peer connected',
    'No relay passes others on to this peer.',
    'room   000000000000  Talk  (open, 1 member, 2 on their way)'
  ])
  const waiting = { ...room, name: 'Loft', kind: 'private', joining: 'waiting' } as const
  expect(lines({ peer: '12D3', rooms: [room, waiting, waiting], peers: [], relays: [] })).toContain(
    '3 rooms (2 waiting to come in), no peer connected'
  )
  expect(lines({ peer: '12D3', rooms: [], peers, relays: [{ peer: '12D4', address }] })).toEqual([
    'Peer 12D3',
    '0 rooms, 1 peer connected, 1 directly',
    '1 relay passes others on to this peer.',
    String.raw`peer   12D3  direct  -  /dns4/a\u{202e}b/tcp/1`,
    String.raw`relay  12D4  /dns4/a\u{202e}b/tcp/1`
  ])
  const relayed = {
    peer: '12D5',
    path: 'relayed',
    rtt: 40,
    address: '/x',
    since: 0,
    nicks: ['Bo'],
    relay: '12D4' as PeerId
  }
  const figures = { received: 2048, sent: 512 }
  expect(
    lines({
      peer: '12D3',
      rooms: [{ ...room, toTalk: 840 }],
      peers: [{ ...relayed, ...figures, tries: 2 }],
      relays: []
    }).slice(-2)
  ).toEqual([
    'room   000000000000  Talk  (open, 1 member, 2 on their way, first message after 0.8 s)',
    'peer   12D5  relayed  40.0 ms  /x  Bo; through 12D4; no better way in 2 tries; 2.0 KiB in, 0.5 KiB out'
  ])
  const upgraded = { peer: '12D5', path: 'webrtc', rtt: 4, address: '/x', upgrade: 1234 }
  expect(lines({ peer: '12D3', rooms: [], peers: [upgraded], relays: [] }).at(-1)).toBe(
    'peer   12D5  webrtc  4.0 ms  /x  off the relay after 1.2 s'
  )
  expect(lines({ peer: null, rooms: [], peers: [], relays: [] })[0]).toBe(
    'No peer is running here: ./starling up starts one.'
  )
})
