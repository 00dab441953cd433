import { afterEach, expect, test } from 'vitest'
import { connected, createCast, ownAddresses, until } from './network-cast.ts'

const cast = createCast()
afterEach(() => cast.release())

test('Those that a user chose to meet others at are told from those that were found or are remembered', async () => {
  const [named, unnamed, added, remembered] = [
    await cast.enter(),
    await cast.enter(),
    await cast.enter(),
    await cast.enter()
  ]
  const withoutPeer = ownAddresses(unnamed).map(address => address.replace(/\/p2p\/.*$/, ''))
  const ann = await cast.enter({ bootstrap: [...ownAddresses(named), ...withoutPeer] })
  const release = ann.network.keepChosen(ownAddresses(added))
  ann.network.keep(ownAddresses(remembered))
  for (const other of [named, unnamed, added, remembered]) await connected(ann, other)
  const chosen = [named, unnamed, added].map(other => other.network.self)
  await until('all three are known', () => ann.network.chosen().length === chosen.length)
  expect(ann.network.chosen().toSorted()).toEqual(chosen.toSorted())
  release()
  expect(ann.network.chosen()).not.toContain(added.network.self)
  expect(remembered.network.chosen()).toEqual([])
})
