import { describe, expect, test } from 'vitest'
import type { PeerReport, PeerStatus } from '../../src/core/chat/index.ts'
import type { IceReport, PeerId } from '../../src/core/network/index.ts'
import {
  birdWords,
  iceWords,
  peerName,
  seenPathWords,
  shortAddress,
  summaryWords,
  whyWords
} from '../../src/browser/network-words.ts'
import { ratesOf, seenPeers, type SeenPeer } from '../../src/browser/state/network-view.ts'

const RELAY = '12D3KooWRelayRelayRelayRelay' as PeerId
const NONE = { host: 0, srflx: 0, prflx: 0, relay: 0 }
const ICE: IceReport = { local: { ...NONE, host: 2, srflx: 1 }, remote: NONE, pair: { local: 'host', remote: 'prflx' } }

function statusOf(...peers: Partial<PeerReport>[]): PeerStatus {
  const whole = peers.map(each => ({ peer: 'p', path: 'direct' as const, rtt: undefined, address: '/x', ...each }))
  return { peer: 'me', peers: whole, rooms: [], relays: [] }
}

function seen(report: Partial<PeerReport>, more: Partial<SeenPeer> = {}): SeenPeer {
  return {
    peer: 'p',
    path: 'direct',
    rtt: undefined,
    address: '/x',
    rate: 0,
    ice: undefined,
    carries: false,
    ...report,
    ...more
  }
}

describe('what is seen of the network', () => {
  test('relays are those that carry somebody, or pass others on to us', () => {
    const status = statusOf({ peer: RELAY }, { peer: 'other' }, { peer: 'far', path: 'relayed', relay: RELAY })
    const peers = seenPeers(status, new Map(), new Map())
    expect(peers.filter(({ carries }) => carries).map(({ peer }) => peer)).toEqual([RELAY])
    const withPlace = { ...statusOf({ peer: 'other' }), relays: [{ peer: 'other', address: '/x' }] }
    expect(seenPeers(withPlace, new Map(), new Map())[0]?.carries).toBe(true)
  })

  test('relayed peers come last, and the nearest first', () => {
    const status = statusOf(
      { peer: 'far', path: 'relayed', rtt: 1 },
      { peer: 'slow', rtt: 90 },
      { peer: 'new' },
      { peer: 'quick', rtt: 5 }
    )
    expect(seenPeers(status, new Map(), new Map()).map(({ peer }) => peer)).toEqual(['quick', 'slow', 'new', 'far'])
  })

  test('rates are by the second, of peers known before, and never negative', () => {
    const before = {
      at: 0,
      bytes: new Map([
        ['a', 1000],
        ['b', 5000]
      ]),
      ofPeer: new Map()
    }
    const status = statusOf(
      { peer: 'a', received: 2000, sent: 1000 },
      { peer: 'b', sent: 10 },
      { peer: 'c', sent: 9000 }
    )
    const rates = ratesOf(status, before, 2000)
    expect([...rates.ofPeer]).toEqual([
      ['a', 1000],
      ['b', 0],
      ['c', 0]
    ])
    expect(ratesOf(statusOf(), rates, 2100)).toBe(rates)
  })
})

describe('the words for it', () => {
  test('a path, and why it is not a better one', () => {
    expect(seenPathWords(seen({ path: 'webrtc' })).words).toBe('WebRTC, direct')
    const turned = seen({ path: 'webrtc' }, { ice: { ...ICE, pair: { local: 'relay', remote: 'host' } } })
    expect(seenPathWords(turned).words).toBe('WebRTC, through TURN')
    expect(whyWords(turned)).toMatch(/TURN server passes it on/)
    expect(whyWords(seen({ path: 'relayed', tries: 0 }))).toBe('A better way is being looked for right now.')
    const why = 'no direct address known; WebRTC: no route found'
    expect(whyWords(seen({ path: 'relayed', tries: 1, why, nextTry: 3200 }))).toBe(
      '1 try found none. No direct address known; WebRTC: no route found. Next try in 4 s.'
    )
    expect(whyWords(seen({ path: 'relayed', tries: 3, nextTry: 0 }))).toBe('3 tries found none. Trying now.')
    expect(whyWords(seen({ path: 'webrtc', why: 'none of its addresses answers' }))).toBe(
      'Nobody is in between. None of its addresses answers.'
    )
  })

  test('names: members first, else what it is and the end of its id', () => {
    expect(peerName(seen({ nicks: ['Ann', 'Ann-7f3a'] }))).toBe('Ann, Ann-7f3a')
    expect(peerName(seen({ peer: RELAY }, { carries: true }))).toBe('Relay …yRelay')
    expect(peerName(seen({ peer: RELAY }))).toBe('Peer …yRelay')
    expect(shortAddress(`/ip4/192.0.2.1/tcp/1/p2p/${RELAY}/p2p-circuit`)).toBe(
      '/ip4/192.0.2.1/tcp/1/p2p/…yRelay/p2p-circuit'
    )
  })

  test('a bird says who, how, how far and how busy', () => {
    const relayed = seen({ nicks: ['Bo'], path: 'relayed', rtt: 96.4 }, { rate: 2400 })
    expect(birdWords(relayed, 'Relay …x')).toBe('Bo, through Relay …x, 96 ms, 2.4 kB/s')
    expect(birdWords(seen({ nicks: ['Bo'], rtt: 0.3 }), undefined)).toBe('Bo, direct, under 1 ms')
  })

  test('ICE: the pair that carries, and what was tried', () => {
    expect(iceWords(ICE)).toBe('host to prflx carries; candidates here: 2 host, 1 srflx')
    expect(iceWords({ local: NONE, remote: NONE, pair: undefined })).toBe('no pair carries yet')
  })

  test('the summary counts who is reached without anybody in between', () => {
    expect(summaryWords([])).toMatch(/^You are connected to nobody/)
    expect(summaryWords([seen({})])).toBe('You are connected to 1 peer, directly.')
    expect(summaryWords([seen({}), seen({ path: 'relayed' })])).toBe('You are connected to 2 peers, 1 directly.')
  })
})
