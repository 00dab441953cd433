import { expect, test, vi } from 'vitest'
import { createTabLock } from '../../src/browser/tab-lock.ts'

let profiles = 0
const newProfile = () => `tab-lock-${Date.now()}-${profiles++}`
const nothing = async () => undefined

test('one tab holds the profile, and a second one learns that it is open elsewhere', async () => {
  const profile = newProfile()
  const [first, second] = [createTabLock(profile), createTabLock(profile)]
  expect(await first.take(nothing)).toBe(true)
  expect(await second.take(nothing)).toBe(false)
  first.release()
  await expect.poll(() => second.take(nothing)).toBe(true)
})

test('a page that is being reloaded keeps the lock a moment after it is gone, and its successor waits for it', async () => {
  const profile = newProfile()
  const { promise: unloaded, resolve: unload } = Promise.withResolvers<void>()
  const granted = Promise.withResolvers<void>()
  void navigator.locks.request(`starling/${profile}`, () => {
    granted.resolve()
    return unloaded
  })
  await granted.promise
  const taking = createTabLock(profile).take(nothing)
  await expect
    .poll(async () => (await navigator.locks.query()).pending?.map(({ name }) => name))
    .toContain(`starling/${profile}`)
  unload()
  expect(await taking).toBe(true)
})

test('a frozen tab that cannot say so holds the profile all the same', async () => {
  const profile = newProfile()
  const granted = Promise.withResolvers<void>()
  const thawed = Promise.withResolvers<void>()
  void navigator.locks.request(`starling/${profile}`, () => {
    granted.resolve()
    return thawed.promise
  })
  await granted.promise
  expect(await createTabLock(profile).take(nothing)).toBe(false)
  thawed.resolve()
})

test('a browser that is slow to give the profile to anybody is waited for', async () => {
  const NO_PATIENCE = 0
  for (let time = 0; time < 20; time += 1)
    expect(await createTabLock(newProfile(), NO_PATIENCE).take(nothing)).toBe(true)
})

test('a tab that is asked lets go only after its peer has stopped', async () => {
  const profile = newProfile()
  const [first, second] = [createTabLock(profile), createTabLock(profile)]
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
  const asked = vi.fn<() => Promise<void>>(() => stopped)
  await first.take(asked)
  let over = false
  const taking = second.takeOver(nothing).then(() => (over = true))
  await expect.poll(() => asked.mock.calls.length).toBe(1)
  expect(over).toBe(false)
  stop()
  await taking
  expect(over).toBe(true)
  expect(await first.take(nothing)).toBe(false)
})

test('a tab whose peer does not stop loses the profile all the same', async () => {
  const profile = newProfile()
  const [frozen, second] = [createTabLock(profile), createTabLock(profile)]
  await frozen.take(() => new Promise(() => undefined))
  await second.takeOver(nothing)
  expect(await createTabLock(profile).take(nothing)).toBe(false)
})

test('other profiles are not in the way', async () => {
  expect(await createTabLock(newProfile()).take(nothing)).toBe(true)
  expect(await createTabLock(newProfile()).take(nothing)).toBe(true)
})
