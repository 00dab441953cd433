import { expect, test } from 'vitest'
import type { Clock } from '../../src/core/bytes/index.ts'
import { watchSleep } from '../../src/core/network/libp2p/sleep-watch.ts'
import { NOON } from '../support/cast.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const HOUR = 3_600_000

/** A machine whose clock goes on while it sleeps, when no timer runs. */
function machine() {
  const timers = new VirtualClock(NOON)
  let slept = 0
  const clock: Clock = { now: () => timers.now() + slept, after: (delay, run) => timers.after(delay, run) }
  return { clock, pass: (millis: number) => timers.advance(millis), sleep: (millis: number) => (slept += millis) }
}

test('a machine that was awake all the time has not woken; one that slept has, once', () => {
  const { clock, pass, sleep } = machine()
  let woken = 0
  const stop = watchSleep(clock, () => (woken += 1))
  pass(HOUR)
  expect(woken).toBe(0)
  sleep(HOUR)
  pass(15_000)
  expect(woken).toBe(1)
  pass(HOUR)
  expect(woken).toBe(1)
  stop()
  sleep(HOUR)
  pass(HOUR)
  expect(woken).toBe(1)
})

test('a hidden page whose timers run once a minute does not wake all the time', () => {
  const { clock, pass, sleep } = machine()
  let woken = 0
  watchSleep(clock, () => (woken += 1))
  for (let minute = 0; minute < 60; minute += 1) {
    sleep(60_000)
    pass(15_000)
  }
  expect(woken).toBe(0)
})
