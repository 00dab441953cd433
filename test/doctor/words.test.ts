import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressAdvice, clockAdvice, natAdvice } from '../../src/core/doctor/advice.ts'
import { parseCandidate } from '../../src/core/doctor/ice-candidates.ts'
import { PROGRAM, TAB } from '../../src/core/doctor/remedies.ts'
import type { NatReport } from '../../src/core/doctor/report.ts'
import { judgeSightings, type Sighting } from '../../src/core/doctor/witness-words.ts'
import { routerAdvice } from '../../src/node/doctor/router-advice.ts'

const NAT: Omit<NatReport, 'advice'> = {
  kind: 'unknown',
  mapping: 'unknown',
  filtering: 'unknown',
  preservesPorts: null,
  portStep: null,
  tcp: { mapping: 'unknown', preservesPorts: null, portStep: null }
}
const TWO = { witnesses: 2, onlyLocal: false, stunServers: 2 }

function seen(peer: string, host: string, isSeenOutside = true): Sighting {
  return { peer, isOutside: true, seen: host, isSeenOutside }
}

describe('what relays say of this peer', () => {
  test('is believed when they agree', () => {
    expect(judgeSightings([seen('one', '44.0.0.2'), seen('two', '44.0.0.2')])).toEqual({
      hosts: ['44.0.0.2'],
      warnings: []
    })
  })

  test('is not when most say something else', () => {
    const { hosts, warnings } = judgeSightings([
      seen('one', '44.0.0.2'),
      seen('liar', '8.8.8.8'),
      seen('two', '44.0.0.2')
    ])
    expect(hosts).toEqual(['44.0.0.2'])
    expect(warnings).toEqual(['Most relays see this peer at 44.0.0.2, but liar says 8.8.8.8: that is not believed.'])
  })

  test('is told when two disagree, as nobody knows which is wrong', () => {
    const { warnings } = judgeSightings([seen('one', '44.0.0.2'), seen('two', '8.8.8.8')])
    expect(warnings).toEqual([expect.stringMatching(/^Relays disagree .* a third relay would tell\.$/)])
  })

  test('is not believed of an address that is none of the internet', () => {
    const { hosts, warnings } = judgeSightings([seen('liar', '10.0.0.1', false), seen('one', '44.0.0.2')])
    expect(hosts).toEqual(['44.0.0.2'])
    expect(warnings).toEqual([expect.stringContaining('liar on the internet claims to see this peer at 10.0.0.1')])
  })

  test('counts for each family of addresses', () => {
    expect(judgeSightings([seen('one', '44.0.0.2'), seen('two', '2a00::2')])).toEqual({
      hosts: ['44.0.0.2', '2a00::2'],
      warnings: []
    })
  })
})

describe('advice', () => {
  test('on a NAT that cannot be told says what it would take', () => {
    expect(natAdvice(NAT, { witnesses: 0, onlyLocal: true, stunServers: 0 }, PROGRAM)).toContain(
      'name them with --bootstrap'
    )
    expect(natAdvice(NAT, { witnesses: 1, onlyLocal: false, stunServers: 1 }, PROGRAM)).toContain('you know only one')
    expect(natAdvice(NAT, { witnesses: 2, onlyLocal: false, stunServers: 0 }, PROGRAM)).toContain('answers STUN')
    expect(natAdvice(NAT, { witnesses: 2, onlyLocal: true, stunServers: 2 }, PROGRAM)).toContain('on your own network')
    expect(natAdvice(NAT, TWO, PROGRAM)).toContain('contradict')
  })

  test('on a symmetric NAT names the step of its ports', () => {
    expect(natAdvice({ ...NAT, kind: 'symmetric', portStep: 256 }, TWO, PROGRAM)).toContain('regular steps of 256')
    expect(natAdvice({ ...NAT, kind: 'symmetric' }, TWO, PROGRAM)).not.toContain('steps')
  })

  test('on an announced address at which nobody is reached says so first', () => {
    const wrong = {
      address: '/ip4/44.0.0.2/tcp/1',
      source: 'announced' as const,
      reached: 0,
      missed: 2,
      announced: true
    }
    expect(addressAdvice({ seen: ['44.0.0.2'], tried: [wrong] }, 2, PROGRAM)).toContain(
      '/ip4/44.0.0.2/tcp/1, but no relay reaches you there'
    )
    expect(addressAdvice({ seen: ['44.0.0.2'], tried: [{ ...wrong, reached: 2, missed: 0 }] }, 2, PROGRAM)).toContain(
      'directly'
    )
    const victim = { ...wrong, address: '/ip4/44.0.0.9/tcp/1', missed: 0 }
    expect(addressAdvice({ seen: ['44.0.0.2', '2a00::2'], tried: [victim] }, 2, PROGRAM)).toContain(
      'sent to somebody else'
    )
    expect(addressAdvice({ seen: ['2a00::2'], tried: [victim] }, 2, PROGRAM)).not.toContain('somebody else')
    const half = { ...wrong, source: 'listening' as const, reached: 1, missed: 0, announced: false }
    expect(addressAdvice({ seen: ['44.0.0.2'], tried: [half] }, 1, PROGRAM)).toContain('it takes two')
  })

  test('on a router behind another NAT says that its ports lead nowhere', () => {
    const router = { asked: true, protocol: 'upnp' as const, externalHost: '100.64.0.7', ports: ['tcp 4001'] }
    expect(routerAdvice(router, ['44.0.0.2'], true)).toContain('a second NAT')
    expect(routerAdvice({ ...router, externalHost: '44.0.0.2' }, ['44.0.0.2'], true)).toContain('1 port on')
    expect(routerAdvice(router, [], false)).toContain('--no-upnp')
    expect(routerAdvice({ ...router, asked: false, protocol: null }, [], true)).toContain('no private network')
  })

  test('in a tab names no flag of a program', () => {
    for (const around of [TWO, { ...TWO, stunServers: 1 }, { ...TWO, onlyLocal: true }]) {
      for (const kind of ['unknown', 'symmetric', 'blocked'] as const) {
        expect(natAdvice({ ...NAT, kind }, around, TAB)).not.toContain('--')
      }
    }
    expect(addressAdvice({ seen: ['44.0.0.2'], tried: [] }, 2, TAB)).toContain('Nobody can dial a tab')
  })

  test('on the clock', () => {
    expect(clockAdvice({ ahead: -90_000, witnesses: 1 })).toContain('wrong')
    expect(clockAdvice({ ahead: 300, witnesses: 1 })).toContain('right')
  })
})

test('ICE candidates are read from the lines of a session description', () => {
  expect(parseCandidate('a=candidate:1 1 UDP 2122317823 192.168.1.7 54000 typ host')).toEqual({
    kind: 'host',
    protocol: 'udp',
    host: '192.168.1.7',
    port: 54000
  })
  expect(parseCandidate('candidate:2 1 udp 1686109951 2a00::2 61000 typ srflx raddr 0.0.0.0 rport 0')).toEqual({
    kind: 'srflx',
    protocol: 'udp',
    host: '2a00::2',
    port: 61000
  })
  fc.assert(fc.property(fc.string(), text => parseCandidate(text) === undefined || text.includes('candidate:')))
})
