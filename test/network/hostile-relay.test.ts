import { tcp } from '@libp2p/tcp'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { startChoosyRelay, startHostileRelay, type HostileRelay, type Hostility } from './hostile-relay.ts'
import {
  circuitAddresses,
  connected,
  createCast,
  listenIn,
  ownAddresses,
  talk,
  until,
  type Actor
} from './network-cast.ts'

const cast = createCast()
afterEach(() => cast.release())

const DIAL_ONLY = { transports: [tcp()], listen: [] }

async function hostile(hostility: Hostility): Promise<HostileRelay> {
  const relay = await startHostileRelay(hostility)
  onTestFinished(() => relay.stop())
  return relay
}

/** Two that only circuits join, and who know both relays. */
async function friends(bootstrap: string[]): Promise<[Actor, Actor]> {
  const actors = [await cast.enter({ ...DIAL_ONLY, bootstrap }), await cast.enter({ ...DIAL_ONLY, bootstrap })] as const
  return [...actors]
}

for (const hostility of ['refuses', 'is silent', 'answers without end', 'answers garbage'] as const) {
  test(`a relay that ${hostility} when it is asked for a place gives none, and hinders nobody at another`, async () => {
    const [bad, good] = [await hostile(hostility), await cast.relay()]
    const [ann, bo] = await friends([...bad.addresses, ...ownAddresses(good)])
    await until('the bad relay is asked', () => bad.asked.places > 0)
    await until('both have a place', () => [ann, bo].every(({ network }) => network.relays().length > 0), 40_000)
    for (const { network } of [ann, bo]) expect(network.relays().map(({ peer }) => peer)).toEqual([good.network.self])
    ann.network.keep(circuitAddresses(bo))
    await connected(ann, bo, 'relayed')
    await talk(listenIn(ann, 'room'), listenIn(bo, 'room'), 'hello')
  })
}

test('a relay that gives places and drops each circuit keeps nobody apart who has a place elsewhere', async () => {
  const [bad, good] = [await hostile('drops circuits'), await cast.relay()]
  const [ann, bo] = await friends([...bad.addresses, ...ownAddresses(good)])
  await until('both have two places', () => [ann, bo].every(({ network }) => network.relays().length === 2), 40_000)
  const isThroughBad = (address: string): boolean => bad.addresses.some(each => address.startsWith(each))
  const throughBad = circuitAddresses(bo).filter(isThroughBad)
  ann.network.keep(throughBad)
  await until('the bad relay is asked for a circuit', () => bad.asked.circuits > 0)
  ann.network.keep([...throughBad, ...circuitAddresses(bo).filter(address => !isThroughBad(address))])
  await connected(ann, bo, 'relayed')
  await talk(listenIn(ann, 'room'), listenIn(bo, 'room'), 'hello')
})

test('two relays that hold both places and carry nobody lose them as soon as another relay is known', async () => {
  const bad = [await hostile('drops circuits'), await hostile('holds circuits')]
  const [ann, bo] = await friends(bad.flatMap(({ addresses }) => addresses))
  const relaysOf = ({ network }: Actor): string[] => network.relays().map(({ peer }) => peer)
  await until('both have two places', () => [ann, bo].every(actor => relaysOf(actor).length === 2), 40_000)
  const good = await cast.relay()
  for (const { network } of [ann, bo]) network.keepChosen(ownAddresses(good))
  await until(
    'places at the good one',
    () => [ann, bo].every(actor => relaysOf(actor).includes(good.network.self)),
    60_000
  )
  const warned = ann.events.flatMap(each =>
    each.kind === 'warning' && each.code === 'relay-useless' ? [each.text] : []
  )
  expect(warned.length).toBeGreaterThan(0)
  expect(warned.join()).not.toContain(good.network.self)
  ann.network.keep(circuitAddresses(bo))
  await connected(ann, bo, 'relayed')
  await talk(listenIn(ann, 'room'), listenIn(bo, 'room'), 'hello')
}, 120_000)

test('a relay on this very machine that nobody chose, and that leads nobody here, is left without a word', async () => {
  const [bad, good] = [await hostile('drops circuits'), await cast.relay()]
  const ann = await cast.enter({ ...DIAL_ONLY, bootstrap: ownAddresses(good) })
  ann.network.keep(bad.addresses)
  const relays = (): string[] => ann.network.relays().map(({ peer }) => peer)
  await until('she has a place at both', () => relays().length === 2, 40_000)
  await until('she has left the bad one', () => relays().length === 1, 60_000)
  expect(relays()).toEqual([good.network.self])
  expect(ann.events.filter(({ kind }) => kind === 'warning')).toEqual([])
}, 120_000)

test('a relay that drops each second circuit loses the places that it gave', async () => {
  const [choosy, good] = [await startChoosyRelay(), await cast.relay()]
  onTestFinished(() => choosy.stop())
  const [ann, bo] = await friends([...choosy.addresses, ...ownAddresses(good)])
  const relaysOf = ({ network }: Actor): string[] => network.relays().map(({ peer }) => peer)
  await until('both have two places', () => [ann, bo].every(actor => relaysOf(actor).length === 2), 40_000)
  await until('it has lost both', () => [ann, bo].every(actor => !relaysOf(actor).includes(choosy.peer)), 90_000)
  expect([ann, bo].map(relaysOf)).toEqual([[good.network.self], [good.network.self]])
  ann.network.keep(circuitAddresses(bo))
  await connected(ann, bo, 'relayed')
  await talk(listenIn(ann, 'room'), listenIn(bo, 'room'), 'hello')
}, 180_000)
