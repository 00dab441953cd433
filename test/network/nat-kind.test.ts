import { describe, expect, test } from 'vitest'
import {
  filteringBehaviour,
  mappingBehaviour,
  natKind,
  type Endpoint,
  type MappingSample
} from '../../src/core/network/index.ts'

const HOME = '192.168.1.7'
const OUTSIDE = '44.0.0.2'
const ONE: Endpoint = { host: '44.0.0.10', port: 3478 }
const TWO: Endpoint = { host: '44.0.0.11', port: 3478 }

function sample(server: Endpoint, port: number, local = 5000, host = OUTSIDE): MappingSample {
  return { server, local: { host: HOME, port: local }, mapped: { host, port } }
}

const isHome = (host: string): boolean => host === HOME
const told = (samples: readonly MappingSample[], asked = 2) => mappingBehaviour(samples, asked, isHome)

describe('the mapping of a NAT', () => {
  test('is endpoint-independent where both relays see one port', () => {
    const found = told([sample(ONE, 61_000), sample(TWO, 61_000)])
    expect(found).toEqual({
      mapping: 'endpoint-independent',
      seen: [{ host: OUTSIDE, port: 61_000 }],
      preservesPorts: false
    })
    expect(told([sample(ONE, 5000), sample(TWO, 5000)]).preservesPorts).toBe(true)
  })

  test('depends on the address where they see two', () => {
    expect(told([sample(ONE, 61_000), sample(TWO, 12_345)])).toMatchObject({ mapping: 'address-dependent' })
  })

  test('is none where they see the address of this machine', () => {
    expect(told([sample(ONE, 5000, 5000, HOME), sample(TWO, 5000, 5000, HOME)])).toMatchObject({ mapping: 'none' })
    expect(told([sample(ONE, 5000, 5000, HOME)], 1)).toMatchObject({ mapping: 'none' })
  })

  test('steps regularly, round the end of the range and past a mapping of somebody else', () => {
    const stepping = (ports: readonly number[]) =>
      told(ports.map((port, index) => sample(index % 2 === 0 ? ONE : TWO, port, 5000 + Math.floor(index / 2)))).portStep
    expect(stepping([40_000, 40_256, 40_512, 40_768, 41_024, 41_280])).toBe(256)
    expect(stepping([65_534, 65_535, 0, 1, 2, 3])).toBe(1)
    expect(stepping([100, 98, 96, 94, 92, 90])).toBe(-2)
    expect(stepping([1000, 1001, 1003, 1004, 1005, 1006])).toBe(1)
    expect(stepping([40_000, 12_000, 51_234, 1025, 33_000, 8000])).toBeUndefined()
    expect(stepping([40_000, 40_001])).toBeUndefined()
  })

  test('cannot be told by one relay, by silent ones, by none, or by two that disagree', () => {
    expect(told([sample(ONE, 61_000)], 1)).toMatchObject({ mapping: 'unknown', doubt: 'one-server' })
    expect(told([], 2)).toMatchObject({ mapping: 'unknown', doubt: 'no-answer', preservesPorts: undefined })
    expect(told([], 0)).toMatchObject({ mapping: 'unknown', doubt: 'no-server' })
    expect(told([sample(ONE, 61_000), sample(TWO, 61_000, 5000, '8.8.8.8')])).toMatchObject({
      mapping: 'unknown',
      doubt: 'servers-disagree'
    })
  })
})

test('the filtering is told by what comes uninvited', () => {
  expect(filteringBehaviour({ fromOtherHost: true, fromOtherPort: true })).toBe('endpoint-independent')
  expect(filteringBehaviour({ fromOtherHost: false, fromOtherPort: true })).toBe('address-dependent')
  expect(filteringBehaviour({ fromOtherHost: false, fromOtherPort: false })).toBe('address-and-port-dependent')
  expect(filteringBehaviour({ fromOtherHost: undefined, fromOtherPort: false })).toBe('unknown')
})

test('each combination has its customary name', () => {
  const cone = told([sample(ONE, 61_000), sample(TWO, 61_000)])
  const none = told([sample(ONE, 5000, 5000, HOME)])
  expect(natKind(cone, 'endpoint-independent')).toBe('full-cone')
  expect(natKind(cone, 'address-dependent')).toBe('address-restricted-cone')
  expect(natKind(cone, 'address-and-port-dependent')).toBe('port-restricted-cone')
  expect(natKind(cone, 'unknown')).toBe('cone')
  expect(natKind(told([sample(ONE, 1), sample(TWO, 9)]), 'unknown')).toBe('symmetric')
  expect(natKind(none, 'endpoint-independent')).toBe('open')
  expect(natKind(none, 'address-dependent')).toBe('firewall')
  expect(natKind(told([], 2), 'unknown')).toBe('blocked')
  expect(natKind(told([sample(ONE, 1)], 1), 'unknown')).toBe('unknown')
})
