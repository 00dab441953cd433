import { expect, test } from 'vitest'
import { watchAddresses } from '../../src/node/peer/watch-addresses.ts'
import { NOON } from '../support/cast.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

test('another address, or none, is told once each', () => {
  const clock = new VirtualClock(NOON)
  let addresses = '10.0.0.2'
  let told = 0
  const stop = watchAddresses(
    clock,
    () => (told += 1),
    () => addresses
  )
  clock.advance(60_000)
  expect(told).toBe(0)
  addresses = ''
  clock.advance(60_000)
  expect(told).toBe(1)
  addresses = '192.168.1.7'
  clock.advance(60_000)
  expect(told).toBe(2)
  stop()
  addresses = '10.0.0.2'
  clock.advance(60_000)
  expect(told).toBe(2)
})
