import { expect, test } from 'vitest'
import { Slots } from '../../src/core/chat/slots.ts'

test('so many run at a time, in the order they were given, and one that fails makes room for the next', async () => {
  const slots = new Slots(2)
  const begun: number[] = []
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
  const all = ends.map(({ promise }, at) =>
    slots.run(() => {
      begun.push(at)
      return promise
    })
  )
  expect(begun).toEqual([0, 1])
  ends[1]?.reject(new Error('it broke off'))
  await expect(all[1]).rejects.toThrow('it broke off')
  expect(begun).toEqual([0, 1, 2])
  for (const { resolve } of ends) resolve()
  await Promise.all(all.filter((_, at) => at !== 1))
  expect(begun).toEqual([0, 1, 2, 3, 4])
})
