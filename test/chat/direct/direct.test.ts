import { expect, test } from 'vitest'
import { expectValue, NotAllowedError, systemRandom, UsageError } from '../../../src/core/bytes/index.ts'
import { bringDirectLetter } from '../../../src/core/chat/direct/direct-exchange.ts'
import { sealDirectLetter } from '../../../src/core/chat/direct/direct-letter.ts'
import { decodeLink, type JoinLink } from '../../../src/core/chat/invite-link.ts'
import { inviteSecrets } from '../../../src/core/chat/joining/invite-secrets.ts'
import { loadIdentity } from '../../../src/core/chat/identity-record.ts'
import { verifyJoinRequest } from '../../../src/core/chat/joining/join-codec.ts'
import { serveJoins } from '../../../src/core/chat/joining/join-exchange.ts'
import { sealAnswer } from '../../../src/core/chat/joining/sealed-answer.ts'
import { loadRoomRecords } from '../../../src/core/chat/room-records.ts'
import { dayOf, gossipTopic } from '../../../src/core/encryption/index.ts'
import type { DeviceId } from '../../../src/core/identity/index.ts'
import { reads, write } from '../../support/direct-story.ts'
import { Insider } from '../../support/insider.ts'
import { found, inviteLink, join, meet } from '../../support/private-story.ts'
import { settle } from '../../support/settle.ts'
import { eventsOf, Story, transcript, type Actor } from '../../support/story.ts'

const idOf = ({ peer }: Actor): string => peer.me().member
const directs = ({ peer }: Actor) => peer.rooms().filter(({ direct }) => direct !== undefined)

// Which of them has the lower id follows from who is there first.
const ORDERS = [
  ['Anna', 'Bob'],
  ['Bob', 'Anna']
]

/** Three in the private room Loft. */
async function inLoft(order = ['Anna', 'Bob']): Promise<{ story: Story; anna: Actor; bob: Actor; cy: Actor }> {
  const story = new Story()
  const entered = [await story.enter(order[0] ?? ''), await story.enter(order[1] ?? '')]
  const [anna, bob] = ['Anna', 'Bob'].map(name => entered[order.indexOf(name)]) as [Actor, Actor]
  const cy = await story.enter('Cy')
  await found(story, anna)
  const link = await inviteLink(story, anna)
  for (const each of [bob, cy]) expect(await join(story, each, link)).toBe('in')
  await meet(story, anna, bob, cy)
  return { story, anna, bob, cy }
}

/** Both in the open room lobby, and nowhere else. */
async function inLobby(story: Story, ...names: string[]): Promise<Actor[]> {
  const actors: Actor[] = []
  for (const name of names) actors.push(await story.enter(name))
  for (const { peer } of actors) await settle(story, peer.joinOpenRoom('lobby'))
  for (const { peer } of actors) await settle(story, peer.send('lobby', 'hello'))
  await story.until('all know all', () => actors.every(({ peer }) => peer.findRoom('lobby').members === names.length))
  return actors
}

test('Anna writes to Bob alone, he answers, and Cy, in the same room, sees nothing of it', async () => {
  const { story, anna, bob, cy } = await inLoft()
  const room = await write(story, anna, 'Bob', 'only for you')
  await reads(story, bob, room, 'Anna: only for you')
  expect(await write(story, bob, idOf(anna), 'and for you')).toBe(room)
  await reads(story, anna, room, 'Bob: and for you')
  expect(directs(anna)).toMatchObject([{ id: room, name: 'Bob', direct: idOf(bob), members: 2, kind: 'private' }])
  expect(directs(bob)).toMatchObject([{ id: room, name: 'Anna', direct: idOf(anna), members: 2, role: 'owner' }])
  expect(anna.peer.findRoom('bob').id).toBe(room)
  expect(await write(story, anna, 'Bob', 'once more')).toBe(room)
  await story.wait(60_000)
  expect(directs(cy)).toEqual([])
  expect(cy.events.filter(event => 'room' in event && event.room !== cy.peer.findRoom('Loft').id)).toEqual([])
})

test('neither of them lets in a third', async () => {
  const { story, anna, bob } = await inLoft()
  const room = await write(story, anna, 'Bob', 'only for you')
  await reads(story, bob, room, 'Anna: only for you')
  await expect(settle(story, anna.peer.privateRooms.invite(room))).rejects.toThrow(NotAllowedError)
  await expect(settle(story, bob.peer.inviteLink(room))).rejects.toThrow(NotAllowedError)
})

test('a conversation of two has no name, roles or end of its own, and neither takes the other out', async () => {
  const { story, anna, bob } = await inLoft()
  const room = await write(story, anna, 'Bob', 'only for you')
  await reads(story, bob, room, 'Anna: only for you')
  const { privateRooms, setRoom } = anna.peer
  const [device = ''] = (await anna.peer.members(room)).find(({ nick }) => nick === 'Bob')?.devices ?? []
  const tried = [
    () => setRoom.call(anna.peer, room, 'name', 'Ours'),
    () => setRoom.call(anna.peer, room, 'history', 'none'),
    () => privateRooms.remove(room, 'Bob'),
    () => privateRooms.removeDevice(room, 'Bob', device),
    () => privateRooms.setRole(room, 'Bob', 'observer'),
    () => privateRooms.close(room),
    async () => privateRooms.invites(room)
  ]
  for (const each of tried) await expect(settle<unknown>(story, each())).rejects.toThrow(/a conversation of two has no/)
  await write(story, bob, 'Anna', 'still here')
  await reads(story, anna, room, 'Bob: still here')
  expect(await settle(story, setRoom.call(anna.peer, room, 'retention', '30d'))).toMatchObject({ retention: '30d' })
})

test.for(ORDERS)(
  'of two that begin at one time both go on in one, with all that was said in either: %s is there first',
  async order => {
    const { story, anna, bob, cy } = await inLoft(order)
    story.network.part([anna.network], [bob.network, cy.network])
    await write(story, anna, 'Bob', 'from Anna')
    await write(story, bob, 'Anna', 'from Bob')
    expect(directs(anna)[0]?.id).not.toBe(directs(bob)[0]?.id)
    const [first, second] = idOf(anna) < idOf(bob) ? [anna, bob] : [bob, anna]
    const before = directs(second)[0]?.id ?? ''
    const [said] = await second.peer.messages(before)
    const delivered = second.peer.waitForDelivery(said?.id ?? '', 1, AbortSignal.timeout(60_000))
    story.network.heal()
    const wins = directs(first)[0]?.id ?? ''
    await story.until('both are in one', () =>
      [anna, bob].every(each => directs(each).length === 1 && directs(each)[0]?.members === 2)
    )
    for (const each of [anna, bob]) {
      await reads(story, each, wins, 'Anna: from Anna')
      await reads(story, each, wins, 'Bob: from Bob')
    }
    expect(directs(second).map(({ id }) => id)).toEqual([wins])
    // Whoever has the ids from before goes on with them.
    expect(await settle(story, delivered)).toBe(1)
    expect(second.peer.findRoom(before).id).toBe(wins)
    const [moved] = eventsOf(second, 'moved')
    expect(moved).toMatchObject({ id: said?.id, room: wins })
    expect(eventsOf(second, 'delivered').some(({ id, to }) => id === moved?.as && to === 1)).toBe(true)
    expect(await settle(story, second.peer.edit(before, said?.id ?? '', 'again'))).toBe(moved?.as)
  }
)

test('who is left alone in one is told, says nothing more there, and begins another', async () => {
  const { story, anna, bob } = await inLoft()
  const room = await write(story, anna, 'Bob', 'only for you')
  await reads(story, bob, room, 'Anna: only for you')
  await settle(story, bob.peer.leaveRoom(room))
  await story.until('Anna knows', () => directs(anna)[0]?.ended === 'other-left')
  await expect(settle(story, anna.peer.send(room, 'are you there?'))).rejects.toThrow('Bob left this conversation')
  expect(await transcript(anna, room)).toEqual(['Anna: only for you'])
  const next = await write(story, anna, 'Bob', 'once more')
  expect(next).not.toBe(room)
  expect(anna.peer.findRoom('Bob').id).toBe(next)
  await reads(story, bob, next, 'Anna: once more')
  expect(anna.peer.findRoom('Bob').id).toBe(next)
})

test('who was away when it began comes in when back', async () => {
  const { story, anna, bob } = await inLoft()
  await settle(story, bob.peer.stop())
  const room = await write(story, anna, 'Bob', 'for later')
  await story.wait(120_000)
  const again = await story.enter('Bob', bob.storage)
  await reads(story, again, room, 'Anna: for later')
  expect(directs(anna)).toMatchObject([{ id: room, members: 2 }])
})

test('by a relay that keeps rooms it begins, and goes on, without the two ever being there at one time', async () => {
  const { story, anna, bob } = await inLoft()
  const relay = await story.enterKeeper('relay')
  await settle(story, bob.peer.stop())
  const room = await write(story, anna, 'Bob', 'for later')
  await story.wait(60_000)
  await settle(story, anna.peer.stop())
  const back = await story.enter('Bob', bob.storage)
  await story.until('Bob has the letter', () =>
    directs(back).some(({ id, joining }) => id === room && joining === 'waiting')
  )
  await story.wait(60_000)
  await settle(story, back.peer.stop())
  const online = await story.enter('Anna', anna.storage)
  await story.until('Bob is let in', () => online.peer.findRoom(room).members === 2)
  await story.wait(60_000)
  await settle(story, online.peer.stop())
  const again = await story.enter('Bob', bob.storage)
  await reads(story, again, room, 'Anna: for later')
  const stored = Buffer.concat((await relay.storage.records.list('')).map(([, value]) => Buffer.from(value)))
  for (const { peer } of [anna, bob]) expect(stored.includes(Buffer.from(peer.me().member, 'hex'))).toBe(false)
  expect(stored.includes('starling:join')).toBe(false)
})

test('who stops asking to be let into a conversation is not brought back into it by the letter that waits at a keeper', async () => {
  const { story, anna, bob } = await inLoft()
  await story.enterKeeper('relay')
  await settle(story, bob.peer.stop())
  const room = await write(story, anna, 'Bob', 'for later')
  await story.wait(60_000)
  await settle(story, anna.peer.stop())
  const back = await story.enter('Bob', bob.storage)
  await story.until('Bob has the letter', () => directs(back).some(({ joining }) => joining === 'waiting'))
  await settle(story, back.peer.leaveRoom(room))
  expect(directs(back)).toEqual([])
  // At keepers it is looked every 10 minutes, and after each start.
  await story.wait(30 * 60_000)
  expect(directs(back)).toEqual([])
  await settle(story, back.peer.stop())
  const again = await story.enter('Bob', bob.storage)
  await story.wait(60_000)
  expect(directs(again)).toEqual([])
})

/** Whatever `from` likes, as a letter to Bob. */
async function bringTo(story: Story, from: Actor, to: Actor, link: string): Promise<boolean> {
  const identity = await loadIdentity(from.storage.records, story.clock, systemRandom)
  const letter = await sealDirectLetter(
    identity,
    to.peer.me().device as DeviceId,
    { link, instead: undefined },
    systemRandom
  )
  const never = new AbortController().signal
  return settle(story, bringDirectLetter(from.network, to.network.self, letter ?? new Uint8Array(), never))
}

/** By which this actor leads the other into a direct conversation; empty while there is none. */
async function linkOf({ storage }: Actor, room: string): Promise<string> {
  const records = await loadRoomRecords(storage.records)
  return records.find(({ id }) => id === room)?.direct?.link ?? ''
}

test('a room that is none of two is left, and Bob is told who led him there', async () => {
  const { story, anna, bob } = await inLoft()
  await settle(story, anna.peer.privateRooms.create('Trap'))
  const link = await settle(story, anna.peer.privateRooms.invite('Trap'))
  expect(await bringTo(story, anna, bob, link)).toBe(true)
  await story.until('Bob is told', () => eventsOf(bob, 'warning').some(({ code }) => code === 'not-direct'))
  await story.until('Bob is out', () => bob.peer.rooms().length === 1)
  expect(eventsOf(bob, 'warning').find(({ code }) => code === 'not-direct')).toMatchObject({ member: idOf(anna) })
})

test('a conversation of two others, into which Bob is led by a word that he is let in, is left, and he is told who led him there', async () => {
  const { story, anna, bob, cy } = await inLoft()
  story.network.part([cy.network], [anna.network, bob.network])
  const room = await write(story, anna, 'Cy', 'only for you')
  await story.until('there is a link', async () => (await linkOf(anna, room)) !== '')
  const insider = await Insider.of(story, anna, room)
  const generations = insider.room.handing.generations()
  const link = await linkOf(anna, room)
  expect(await bringTo(story, anna, bob, link)).toBe(true)
  await settle(story, anna.peer.stop())
  const byHand = story.network.peer('anna by hand')
  serveJoins(byHand, async bytes => {
    const request = expectValue(await verifyJoinRequest(bytes))
    const answer = { kind: 'admitted', generations, contentKeys: new Map(), bodyKeys: new Map() } as const
    return sealAnswer(bytes, request, answer, systemRandom)
  })
  const invite = expectValue(decodeLink(link, story.clock.now())) as JoinLink
  const topic = gossipTopic(inviteSecrets(invite.said.key).rendezvous, dayOf(story.clock.now()))
  byHand.join(topic, { validate: () => 'ignore', deliver: () => undefined, joined: () => undefined })
  story.network.connect(byHand, bob.network)
  await story.until('Bob takes it', () =>
    eventsOf(bob, 'room').some(each => each.room === room && each.change === 'joined')
  )
  for (const entry of await insider.controlEntries()) insider.gossip(bob, entry, byHand)
  await story.until('Bob is told', () => eventsOf(bob, 'warning').some(({ code }) => code === 'not-direct'))
  await story.until('Bob is out', () => bob.peer.rooms().length === 1)
})

test('of two letters of one member the newer is followed, however often the other comes again, and of what it was asked with nothing stays', async () => {
  const { story, anna, bob } = await inLoft()
  const links: string[] = []
  for (const name of ['Before', 'After']) {
    await settle(story, anna.peer.privateRooms.create(name))
    links.push(await settle(story, anna.peer.privateRooms.invite(name)))
    await story.wait(1000)
  }
  const [before, after] = ['Before', 'After'].map(name => anna.peer.findRoom(name).id) as [string, string]
  await settle(story, anna.peer.stop())
  const byHand = { ...anna, network: story.network.peer('anna by hand') }
  story.network.connect(byHand.network, bob.network)
  const requests: (string | undefined)[] = []
  for (let round = 0; round < 2; round += 1) {
    for (const link of links) expect(await bringTo(story, byHand, bob, link)).toBe(true)
    expect(directs(bob).map(({ id }) => id)).toEqual([after])
    const records = await loadRoomRecords(bob.storage.records)
    requests.push(records.find(({ id }) => id === after)?.joining?.request)
  }
  expect(requests[0]).toBeDefined()
  expect(requests[1]).toBe(requests[0])
  expect(await bob.storage.room(before).records.list('')).toEqual([])
})

test('of those who share no room with Bob he takes nothing', async () => {
  const { story, bob } = await inLoft()
  const eve = await story.enter('Eve')
  await settle(story, eve.peer.privateRooms.create('Trap'))
  const link = await settle(story, eve.peer.privateRooms.invite('Trap'))
  story.network.connect(eve.network, bob.network)
  expect(await bringTo(story, eve, bob, link)).toBe(false)
  expect(bob.peer.rooms()).toHaveLength(1)
})

test('whoever knows somebody from an open room alone is asked about, and let in when the answer is yes', async () => {
  const story = new Story()
  const [anna, bob] = (await inLobby(story, 'Anna', 'Bob')) as [Actor, Actor]
  const room = await write(story, anna, 'Bob', 'do you remember me?')
  await story.until('Bob is asked', () => directs(bob)[0]?.joining === 'request')
  await story.wait(60_000)
  expect(directs(bob)).toMatchObject([{ id: room, joining: 'request', name: 'Anna', direct: idOf(anna) }])
  expect(anna.peer.findRoom(room).members).toBe(1)
  await expect(settle(story, bob.peer.send(room, 'who are you?'))).rejects.toThrow('Anna waits for your answer')
  await settle(story, bob.peer.openDirect('Anna'))
  await reads(story, bob, room, 'Anna: do you remember me?')
})

test.for(ORDERS)(
  'whose request is refused is not asked about again; writing to them oneself lifts that: %s is there first',
  async names => {
    const story = new Story()
    const actors = await inLobby(story, ...names)
    const [anna, bob] = ['Anna', 'Bob'].map(name => actors[names.indexOf(name)]) as [Actor, Actor]
    const room = await write(story, anna, 'Bob', 'buy this')
    await story.until('Bob is asked', () => directs(bob).length === 1)
    await settle(story, bob.peer.stop())
    const again = await story.enter('Bob', bob.storage)
    expect(directs(again)).toMatchObject([{ id: room, joining: 'request' }])
    await settle(story, again.peer.leaveRoom(room))
    await settle(story, anna.peer.leaveRoom(room))
    await write(story, anna, 'Bob', 'buy that')
    await story.wait(30 * 60_000)
    expect(directs(again)).toEqual([])
    const own = await write(story, again, idOf(anna), 'what do you want?')
    await story.until('they are in one', () =>
      [anna, again].every(each => directs(each).length === 1 && directs(each)[0]?.members === 2)
    )
    const goesOn = directs(anna)[0]?.id ?? ''
    await reads(story, anna, goesOn, 'Bob: what do you want?')
    await reads(story, again, goesOn, 'Anna: buy that')
    expect(own === goesOn).toBe(idOf(again) < idOf(anna))
  }
)

test('strangers leave eight requests, and no more', async () => {
  const story = new Story()
  const names = Array.from('abcdefghij', letter => `Eve${letter}`)
  const [bob, ...strangers] = (await inLobby(story, 'Bob', ...names)) as [Actor, ...Actor[]]
  for (const each of strangers) await write(story, each, idOf(bob), 'buy this')
  await story.wait(60_000)
  expect(directs(bob).filter(({ joining }) => joining === 'request')).toHaveLength(8)
})

test('only members of one’s rooms can be written to, and not oneself', async () => {
  const { story, anna } = await inLoft()
  await expect(settle(story, anna.peer.openDirect('Nobody'))).rejects.toThrow(UsageError)
  for (const self of ['anna', idOf(anna), idOf(anna).slice(0, 12)])
    await expect(settle(story, anna.peer.openDirect(self))).rejects.toThrow('is you: to keep notes')
})
