import { expect, test } from 'vitest'
import { whyNotBetter } from '../../src/core/network/index.ts'
import { webrtcFailure } from '../../src/core/network/libp2p/better-ways.ts'

function named(name: string): Error {
  return Object.assign(new Error('no'), { name })
}

test('A relayed path is explained by what was tried, each way with its reason', () => {
  expect(whyNotBetter({ path: 'relayed', tries: 0 })).toBe('the first try is under way')
  expect(
    whyNotBetter({ path: 'relayed', tries: 1, reasons: ['no-address', 'punch-random-ports', 'webrtc-no-route'] })
  ).toBe(
    'no direct address known; hole punching: your router picks random ports; ' +
      'WebRTC: no route found (UDP blocked, or routers too strict?)'
  )
})

test('That WebRTC failed once is not told of a path by WebRTC, and a direct path needs no excuse', () => {
  expect(whyNotBetter({ path: 'webrtc', reasons: ['no-answer', 'webrtc-no-route'] })).toBe(
    'none of its addresses answers'
  )
  expect(whyNotBetter({ path: 'turn' })).toMatch(/TURN server passes it on$/)
  expect(whyNotBetter({ path: 'direct', reasons: ['no-answer'] })).toBeUndefined()
})

test('WebRTC that the other side does not know is told apart from ICE that found no route', () => {
  expect(webrtcFailure(named('UnsupportedProtocolError'))).toBe('webrtc-unsupported')
  expect(webrtcFailure(named('StreamResetError'))).toBe('webrtc-no-route')
  const both = [named('UnsupportedProtocolError'), named('ConnectionFailedError')]
  expect(webrtcFailure(new AggregateError(both))).toBe('webrtc-no-route')
  expect(webrtcFailure(named('TimeoutError'))).toBe('webrtc-no-route')
})
