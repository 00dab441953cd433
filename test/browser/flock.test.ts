import { describe, expect, test } from 'vitest'
import { presence, step, still, stretch, type Flyer, type Place, type Sky } from '../../src/browser/flock/flock.ts'
import { placesOf } from '../../src/browser/flock/scene.ts'
import { swellOf } from '../../src/browser/flock/swell.ts'
import { later, syntheticPeers } from '../../scripts/murmuration/synthetic-peers.ts'
import { seenPeers } from '../../src/browser/state/network-view.ts'

const SKY: Sky = { wide: 1.8, tall: 1 }
const FRAME = 1 / 60

function seen(size: number) {
  const peers = syntheticPeers(size)
  return seenPeers({ peer: 'me', peers, rooms: [], relays: [] }, new Map(), new Map())
}

function fly(flock: readonly Flyer[], places: readonly Place[], seconds: number): Flyer[] {
  let now = [...flock]
  for (let time = 0; time < seconds; time += FRAME) now = step(now, places, SKY, FRAME)
  return now
}

/** From the middle, as the sky is stretched. */
function distance({ x, y }: Pick<Flyer, 'x' | 'y'>): number {
  return Math.hypot(x / SKY.wide, y / SKY.tall)
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

describe('the flock', () => {
  test('has those reached directly nearer than those that a relay carries', () => {
    const peers = seen(40)
    const flock = fly([], placesOf(peers), 20)
    const isRelayed = new Set(peers.filter(({ path }) => path === 'relayed').map(({ peer }) => peer))
    const isRelay = new Set(peers.filter(({ carries }) => carries).map(({ peer }) => peer))
    const near = flock.filter(({ id }) => !isRelayed.has(id) && !isRelay.has(id)).map(distance)
    const far = flock.filter(({ id }) => isRelayed.has(id)).map(distance)
    expect(mean(far)).toBeGreaterThan(mean(near) + 0.15)
  })

  test('keeps those that a relay carries around the relay', () => {
    const peers = seen(12)
    const places = placesOf(peers)
    const flock = new Map(fly([], places, 20).map(flyer => [flyer.id, flyer]))
    for (const { id, perch } of places) {
      const [bird, relay] = [flock.get(id), flock.get(perch ?? '')]
      if (perch === undefined || bird === undefined || relay === undefined) continue
      expect(Math.hypot(bird.x - relay.x, bird.y - relay.y)).toBeLessThan(0.75)
    }
    expect(places.some(({ perch }) => perch !== undefined)).toBe(true)
  })

  test('is the same for the same steps, never stands still, and stays in the sky', () => {
    const places = placesOf(seen(60))
    const one = fly([], places, 10)
    expect(fly([], places, 10)).toEqual(one)
    const next = step(one, places, SKY, FRAME)
    expect(next.every((flyer, index) => flyer.x !== one[index]?.x || flyer.y !== one[index]?.y)).toBe(true)
    expect(one.every(({ x, y }) => Math.abs(x) < SKY.wide && Math.abs(y) < SKY.tall)).toBe(true)
  })

  test('lets a lost peer glide off, and forgets it', () => {
    const places = placesOf(seen(5))
    const before = fly([], places, 5)
    const lost = places.at(-1)?.id
    const left = places.slice(0, -1)
    const gliding = step(before, left, SKY, FRAME).find(({ id }) => id === lost)
    expect(gliding?.leaving).toBeGreaterThan(0)
    expect(presence(gliding as Flyer)).toBeLessThan(1)
    expect(fly(before, left, 3).some(({ id }) => id === lost)).toBe(false)
    const back = fly(step(before, left, SKY, FRAME), places, 1).find(({ id }) => id === lost)
    expect(back).not.toHaveProperty('leaving')
  })

  test('cuts a long pause, so that nobody jumps', () => {
    const places = placesOf(seen(5))
    const before = fly([], places, 5)
    for (const [index, flyer] of step(before, places, SKY, 3600).entries()) {
      expect(Math.hypot(flyer.x - (before[index]?.x ?? 0), flyer.y - (before[index]?.y ?? 0))).toBeLessThan(0.05)
    }
  })

  test('rests with nobody on top of another, and of you', () => {
    const flock = still(placesOf(seen(12)), SKY)
    expect(flock).toHaveLength(12)
    for (const one of flock) {
      expect(Math.hypot(one.x, one.y)).toBeGreaterThan(0.15)
      for (const other of flock) {
        if (one !== other) expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(0.04)
      }
    }
  })

  test('keeps its shape when the window changes', () => {
    const [flyer] = stretch([{ id: 'a', x: 0.9, y: 0.5, vx: 0, vy: 0, age: 1 }], SKY, { wide: 1, tall: 1.2 })
    expect(flyer).toMatchObject({ x: 0.5, y: 0.6 })
  })
})

test('lines swell with traffic: nothing, a little, as much as can be', () => {
  expect(swellOf(0)).toBe(0)
  expect(swellOf(200)).toBeGreaterThan(0.3)
  expect(swellOf(200)).toBeLessThan(swellOf(20_000))
  expect(swellOf(1e9)).toBe(1)
})

test('the synthetic peers are told apart, and some talk', () => {
  const peers = syntheticPeers(200)
  expect(new Set(peers.map(({ peer }) => peer)).size).toBe(200)
  expect(later(peers, 1)).not.toEqual(peers)
})
