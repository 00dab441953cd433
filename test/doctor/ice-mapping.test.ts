import { describe, expect, test } from 'vitest'
import type { IceCandidate } from '../../src/core/doctor/ice-candidates.ts'
import { mappingByIce, stunServers } from '../../src/core/doctor/ice-mapping.ts'

const ONE = { host: '44.0.0.1', port: 3478 }
const TWO = { host: '44.0.0.2', port: 3478 }
const HOME = '44.0.0.7'

function srflx(port: number, host = HOME): IceCandidate {
  return { kind: 'srflx', protocol: 'udp', host, port }
}

function host(port: number, name = '1d1c8e2a.local'): IceCandidate {
  return { kind: 'host', protocol: 'udp', host: name, port }
}

function alone(one: readonly IceCandidate[], two: readonly IceCandidate[]) {
  return [
    { server: ONE, candidates: one },
    { server: TWO, candidates: two }
  ]
}

describe('the mapping of a NAT, as ICE shows it', () => {
  test('is one for all where two servers saw the same of one socket', () => {
    const sample = { alone: alone([srflx(1001)], [srflx(1002)]), together: [host(1003), srflx(1003)] }
    expect(mappingByIce(sample, [HOME])).toEqual({
      mapping: { mapping: 'endpoint-independent', seen: [{ host: HOME, port: 1003 }], preservesPorts: true },
      filtering: 'unknown',
      servers: [
        { server: ONE, answered: true },
        { server: TWO, answered: true }
      ]
    })
  })

  test('depends on the address where they saw two', () => {
    const sample = { alone: alone([srflx(1)], [srflx(2)]), together: [host(9), srflx(3), srflx(4)] }
    expect(mappingByIce(sample, [HOME]).mapping).toMatchObject({ mapping: 'address-dependent', preservesPorts: false })
  })

  test('is told for each of two interfaces, which have one each', () => {
    const both = (port: number): IceCandidate[] => [srflx(port), srflx(port + 1)]
    const sample = { alone: alone(both(1), both(3)), together: both(5) }
    expect(mappingByIce(sample, []).mapping.mapping).toBe('endpoint-independent')
  })

  test('is told of each family of addresses', () => {
    const six = (port: number): IceCandidate => srflx(port, '2a00::7')
    const sample = { alone: alone([srflx(1), six(1)], [srflx(2), six(2)]), together: [srflx(3), six(3), six(4)] }
    expect(mappingByIce(sample, []).mapping.mapping).toBe('address-dependent')
  })

  test('is not told by one server, nor by those that contradict each other, nor where nothing comes back', () => {
    const doubt = (one: readonly IceCandidate[], two: readonly IceCandidate[]) =>
      mappingByIce({ alone: alone(one, two), together: [...one, ...two] }, []).mapping.doubt
    expect(doubt([srflx(1)], [])).toBe('one-server')
    expect(doubt([srflx(1)], [srflx(1, '2a00::7')])).toBe('one-server')
    expect(doubt([srflx(1)], [srflx(1, '8.8.8.8')])).toBe('servers-disagree')
    expect(doubt([], [])).toBe('no-answer')
    expect(mappingByIce({ alone: [], together: [host(1)] }, []).mapping.doubt).toBe('no-server')
  })

  test('is one for all where a browser that hides nothing has the very address that others see', () => {
    const sample = { alone: alone([], []), together: [host(7, HOME)] }
    expect(mappingByIce(sample, [HOME]).mapping).toMatchObject({
      mapping: 'endpoint-independent',
      preservesPorts: true
    })
  })
})

test('of STUN servers only those count that are not one machine under two names', () => {
  const named = ['stun:relay.example:3478', 'stun:44.0.0.1', 'stun:relay.example:9', 'stun:[2a00::1]:3478']
  expect(stunServers(named)).toEqual([{ host: 'relay.example', port: 3478 }])
  expect(
    stunServers(['stun:44.0.0.1', 'turn:44.0.0.3:3478', 'stun:44.0.0.2:3478', 'stun:']).map(({ host }) => host)
  ).toEqual(['44.0.0.1', '44.0.0.2'])
})
