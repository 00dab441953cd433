import { describe, expect, test } from 'vitest'
import { systemRandom } from '../../src/core/bytes/index.ts'
import { EXCHANGE_PROTOCOL } from '../../src/core/chat/online/exchange-codec.ts'
import { dayOf, exchangeKeys } from '../../src/core/encryption/index.ts'
import { createEntry, type Entry } from '../../src/core/log/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { ChangingMember, generation, writeControl } from '../support/changing-room.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { settle } from '../support/settle.ts'
import { Story } from '../support/story.ts'
import { skipTime } from '../support/virtual-clock.ts'

const [alice, bob, carol, dave] = await Promise.all([identityOf(1), identityOf(2), identityOf(3), identityOf(4)])
const everybody = [alice, bob, carol].map(({ certificate }) => certificate.member)
const withDave = [...everybody, dave.certificate.member]

function enterAlice(story: Story, known = 0): Promise<ChangingMember> {
  return ChangingMember.enter(story, alice, 'alice', { members: everybody, known, peer: 'm-alice' })
}

function raw(story: Story, to: ChangingMember, index: number, { identity = dave, peer = 'raw' } = {}): RawPeer {
  const network = story.network.find(peer as never) ?? story.network.peer(peer)
  story.network.connect(network, to.network)
  return new RawPeer(network, identity, to.network.self, index)
}

describe('a newcomer whose admission has not come here', () => {
  // Of two that meet the one with the smaller PeerId begins: it may be either.
  test.each(['a-dave', 'z-dave'])('hands it over, and is in at once (as %s)', async peer => {
    const story = new Story()
    const anna = await enterAlice(story)
    const before = await anna.say('before')
    const newcomer = await ChangingMember.enter(story, dave, 'dave', { members: withDave, peer })
    const admission = await writeControl(0, { admit: dave.certificate.member }, NOON)
    await newcomer.take([admission])
    const said = await newcomer.say('hello')
    await story.until('Alice has met Dave', () => anna.sees(newcomer))
    expect(story.clock.now() - NOON).toBeLessThan(5000)
    expect(await anna.has(admission.id)).toBe(true)
    await story.until('all is there', async () => (await anna.has(said)) && (await newcomer.has(before)))
    expect(story.clock.now() - NOON).toBeLessThan(6000)
  })

  test('is judged again when all is handed over, even where nobody says that it is in', async () => {
    const story = new Story()
    const options = { members: everybody, isSilent: true, peer: 'm-alice' }
    const anna = await ChangingMember.enter(story, alice, 'alice', options)
    const newcomer = await ChangingMember.enter(story, dave, 'dave', { members: withDave, peer: 'a-dave' })
    await newcomer.take([await writeControl(0, { admit: dave.certificate.member }, NOON)])
    await story.until('Alice has met Dave', () => anna.sees(newcomer))
    // The next greeting is 15 seconds away at the least.
    expect(story.clock.now() - NOON).toBeLessThan(5000)
  })

  test('is nobody before: not present, given nothing, told nothing, heard by nobody', async () => {
    const story = new Story()
    const anna = await enterAlice(story)
    const id = await anna.say('secret')
    await anna.control({}, NOON)
    const stranger = raw(story, anna, 0)
    expect((await settle(story, stranger.sayHello())).map(({ kind }) => kind)).toEqual(['hello'])
    expect(anna.link.presence.peers()).toEqual([])
    expect(anna.met).toEqual([])
    expect(anna.room.state.book.get(dave.certificate.device)).toBeUndefined()
    expect(await settle(story, stranger.ask({ kind: 'fetch', ids: [id], context: 100 }))).toEqual([])
    const { came, named, reports } = await settle(story, stranger.sync())
    expect({ came, named }).toEqual({ came: [], named: 0 })
    expect(reports.map(({ class: each, isComplete }) => [each, isComplete])).toEqual([
      ['control', true],
      ['chat', false]
    ])
    // As a keeper no more than as a member.
    await settle(story, stranger.sayHello({ role: 'keeper' }))
    expect(anna.link.presence.peers()).toEqual([])
    expect(await settle(story, stranger.ask({ kind: 'fetch', ids: [id], context: 100 }))).toEqual([])
  })

  test('that never showed a device is not even that', async () => {
    const story = new Story()
    const anna = await enterAlice(story)
    const stranger = raw(story, anna, 0)
    await expect(settle(story, stranger.sync())).rejects.toThrow()
  })

  test('cannot fill the store: entries and bytes are counted, whatever connection they come by', async () => {
    const story = new Story()
    const anna = await enterAlice(story)
    const stranger = raw(story, anna, 0)
    await settle(story, stranger.sayHello())
    const small: Entry[] = []
    for (let index = 0; index < 1100; index += 1) small.push(await writeControl(0, {}, NOON - index))
    const large: Entry[] = []
    for (let index = 0; index < 100; index += 1) large.push(await writeControl(0, { padding: 60_000 }, NOON - index))
    const another = raw(story, anna, 0, { identity: carol, peer: 'another' })
    anna.standings.delete(carol.certificate.member)
    await settle(story, another.sayHello())
    await settle(story, another.sync(large, ['control'])).catch(() => undefined)
    const held = async (entries: readonly Entry[]): Promise<number> =>
      (await Promise.all(entries.map(({ id }) => anna.has(id)))).filter(Boolean).length
    expect(await held(large)).toBeGreaterThan(30)
    expect(await held(large)).toBeLessThanOrEqual(64)
    await settle(story, stranger.sync(small, ['control'])).catch(() => undefined)
    expect(await held(small)).toBe(1024)
    story.network.disconnect(stranger.network, anna.network)
    story.network.connect(stranger.network, anna.network)
    await settle(story, stranger.sayHello())
    await settle(story, stranger.sync(small, ['control'])).catch(() => undefined)
    expect(await held(small)).toBe(1024)
  })

  test('cannot hold the places of others: two visitors sync at a time, half a minute at the most, and members beside them', async () => {
    const story = new Story()
    const anna = await enterAlice(story)
    const broken: number[] = []
    for (const index of [0, 1, 2, 3]) {
      const visitor = raw(story, anna, 0, { identity: await identityOf(40 + index), peer: `z-visitor ${index}` })
      await settle(story, visitor.sayHello())
      for (const _ of [1, 2]) {
        const stream = await visitor.openSync()
        void stream.read().catch(() => broken.push(index))
      }
      await story.wait(100)
    }
    // One each of the first two goes on.
    expect(broken).toEqual([0, 1, 2, 2, 3, 3])
    const robert = await ChangingMember.enter(story, bob, 'bob', { members: everybody })
    const id = await robert.say('hello')
    await story.until('a member syncs', () => anna.has(id))
    await story.wait(31_000)
    expect(broken.toSorted((a, b) => a - b)).toEqual([0, 0, 1, 1, 2, 2, 3, 3])
  })

  test('cannot keep this device busy with hellos, nor with syncs that bring nothing', async () => {
    const story = new Story()
    const anna = await enterAlice(story)
    const stranger = raw(story, anna, 0)
    const hellos = await settle(story, Promise.all(Array.from({ length: 40 }, () => stranger.sayHello())))
    expect(hellos.filter(answers => answers.length > 0).length).toBe(8)
    await story.wait(1000)
    expect((await settle(story, stranger.sayHello())).length).toBe(1)
    let served = 0
    for (let index = 0; index < 250; index += 1) {
      await settle(story, stranger.sync([], ['control'])).then(
        () => (served += 1),
        () => undefined
      )
      // By then the last one is over on the other side, too.
      await story.wait(100)
    }
    // Each of the nine hellos made the other side ask for one itself.
    expect(served).toBe(231)
    await skipTime(story.clock, 3_600_000)
    await settle(story, stranger.sync([], ['control']))
  })

  test('that brings what opens for nobody is left alone', async () => {
    const story = new Story()
    const anna = await enterAlice(story)
    const stranger = raw(story, anna, 0)
    await settle(story, stranger.sayHello())
    const entry = await writeControl(0, {}, NOON)
    const wrong = createEntry(entry.header, systemRandom(512))
    await expect(settle(story, stranger.sync([wrong], ['control']))).rejects.toThrow()
    await expect(settle(story, stranger.sync([entry], ['control']))).rejects.toThrow()
    expect(await anna.has(entry.id)).toBe(false)
  })
})

describe('a member who was removed', () => {
  test('while away learns of it when coming back, and nothing else', async () => {
    const story = new Story()
    const anna = await enterAlice(story)
    const storage = memoryStorage()
    const before = await ChangingMember.enter(story, carol, 'carol', { members: everybody, storage })
    await story.until('they met', () => anna.sees(before))
    await before.stop()
    const chat = await anna.say('while she was away')
    const removal = await anna.control({ remove: carol.certificate.member }, story.clock.now())
    const next = await anna.control({}, story.clock.now())
    const after = await anna.say('between us')
    const again = await ChangingMember.enter(story, carol, 'carol', {
      members: everybody,
      storage,
      peer: 'carol again'
    })
    await story.until('Carol knows', () => again.standings.get(carol.certificate.member) === 'out')
    await story.wait(120_000)
    expect(await Promise.all([removal.id, next.id, chat, after].map(id => again.has(id)))).toEqual([
      true,
      false,
      false,
      false
    ])
    expect(anna.sees(again)).toBe(false)
  })

  test('gets by no word of hers what is sealed under what she does not know', async () => {
    const story = new Story()
    const anna = await enterAlice(story)
    const old = await anna.control({}, NOON)
    const removal = await anna.control({ remove: carol.certificate.member }, NOON + 1)
    const next = await anna.control({}, NOON + 2)
    await anna.control({ remove: dave.certificate.member }, NOON + 3)
    const chat = await anna.say('between us')
    expect(anna.known).toBe(2)
    const gone = raw(story, anna, 0, { identity: carol })
    await settle(story, gone.sayHello())
    const { came, named } = await settle(story, gone.sync())
    expect(new Set(came.map(({ id }) => id))).toEqual(new Set([old.id, removal.id]))
    expect(named).toBe(2)
    expect(await settle(story, gone.ask({ kind: 'fetch', ids: [chat, next.id], context: 100 }))).toEqual([])
    // One who was let go later knows more, and no more than that.
    const later = raw(story, anna, 1, { identity: dave, peer: 'raw dave' })
    await settle(story, later.sayHello())
    const ofLater = await settle(story, later.sync())
    expect(ofLater.came.length).toBe(4)
    expect(ofLater.came.every(({ header }) => header.class === 'control')).toBe(true)
  })

  test('is absent at once while connected, and what is under way ends', async () => {
    const story = new Story()
    const anna = await enterAlice(story)
    for (let index = 0; index < 20; index += 1) await anna.say(`${index}`)
    const leaving = raw(story, anna, 0, { identity: carol })
    await settle(story, leaving.sayHello())
    expect(anna.link.presence.has(carol.certificate.member)).toBe(true)
    const stream = await leaving.openSync()
    await story.wait(100)
    let isBroken = false
    void stream.read().catch(() => (isBroken = true))
    await story.wait(100)
    expect(isBroken).toBe(false)
    await anna.control({ remove: carol.certificate.member }, story.clock.now())
    expect(anna.link.presence.has(carol.certificate.member)).toBe(false)
    expect(anna.gone).toEqual([carol.certificate.member])
    await story.until('it has ended', () => isBroken)
  })

  test('is gone from a peer at which another device has shown itself while she was let in', async () => {
    const story = new Story()
    const anna = await enterAlice(story)
    const introduced = Promise.withResolvers<void>()
    const introduce = anna.room.introduce.bind(anna.room)
    anna.room.introduce = async (...who) => {
      await introduced.promise
      return introduce(...who)
    }
    const leaving = raw(story, anna, 0, { identity: carol })
    const unknown = raw(story, anna, 0, { identity: dave })
    const first = leaving.sayHello()
    await story.wait(1000)
    await settle(story, unknown.sayHello())
    introduced.resolve()
    await settle(story, first)
    expect(anna.link.presence.peers()).toEqual([])
  })
})

test('a hello holds under the secret alone that it was signed for', async () => {
  const story = new Story()
  const anna = await enterAlice(story, 1)
  const member = raw(story, anna, 1, { identity: bob })
  const { tag } = exchangeKeys(generation(0).rendezvous, dayOf(NOON))
  expect(await settle(story, member.sayHello({ signedFor: tag }))).toEqual([])
  expect(anna.link.presence.peers()).toEqual([])
  expect((await settle(story, member.sayHello())).length).toBe(1)
})

test('whoever knows no secret gains nothing by a member’s own words, sent back or passed on', async () => {
  const story = new Story()
  const anna = await enterAlice(story)
  const robert = await ChangingMember.enter(story, bob, 'bob', { members: everybody })
  await story.until('they met', () => anna.sees(robert) && robert.sees(anna))
  const mirror = story.network.peer('mirror')
  for (const { network } of [anna, robert]) story.network.connect(mirror, network)
  const frames: Uint8Array[] = []
  mirror.handle(EXCHANGE_PROTOCOL, undefined, async stream => {
    const frame = (await stream.read()) ?? new Uint8Array()
    frames.push(frame)
    await stream.write(frame)
  })
  for (const topic of anna.network.topics.keys()) {
    mirror.join(topic, { validate: () => 'ignore', deliver: () => undefined, joined: () => undefined })
  }
  await story.until('both greeted the mirror', () => frames.length >= 4)
  let answers = 0
  for (const frame of frames) {
    for (const { network } of [anna, robert]) {
      const stream = await mirror.open(network.self, EXCHANGE_PROTOCOL)
      await stream.write(frame)
      await settle(story, stream.read()).then(
        () => (answers += 1),
        () => undefined
      )
    }
  }
  expect(answers).toBe(0)
  expect(anna.link.presence.get(mirror.self)).toBeUndefined()
  expect(robert.link.presence.get(mirror.self)).toBeUndefined()
})
