import { expect, test } from 'vitest'
import { birdOf } from '../../src/browser/ui/bird.ts'
import { memberId } from './plain-peer.ts'

const lookOf = (member: string): string => JSON.stringify(birdOf(member))

test('an id always gives the same bird', () => {
  expect(lookOf(memberId('Ann'))).toBe(lookOf(memberId('Ann')))
})

test('ids that differ in one digit, wherever it stands, look different', () => {
  const id = memberId('Ann')
  const variants = Array.from(
    id,
    (digit, index) => id.slice(0, index) + (digit === '0' ? '1' : '0') + id.slice(index + 1)
  )
  const same = variants.filter(variant => lookOf(variant) === lookOf(id))
  expect(same).toEqual([])
})

test('of a thousand members hardly any two look alike', () => {
  const looks = new Set(Array.from({ length: 1000 }, (_, index) => lookOf(memberId(`member ${index}`))))
  expect(looks.size).toBeGreaterThan(980)
})

test('the bird stands out from its ground by at least a quarter of the colour circle', () => {
  for (let index = 0; index < 200; index++) {
    const { ground, plumage } = birdOf(memberId(`member ${index}`))
    const apart = Math.abs(ground - plumage)
    expect(Math.min(apart, 360 - apart)).toBeGreaterThanOrEqual(90)
  }
})
