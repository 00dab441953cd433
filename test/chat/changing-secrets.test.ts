import { describe, expect, test } from 'vitest'
import { systemRandom } from '../../src/core/bytes/index.ts'
import { createHello } from '../../src/core/chat/online/greeting.ts'
import { EXCHANGE_PROTOCOL, sealExchange } from '../../src/core/chat/online/exchange-codec.ts'
import { DAY, dayOf, exchangeKeys, gossipKeys, gossipTopic, sealEntry } from '../../src/core/encryption/index.ts'
import type { DisplayName } from '../../src/core/identity/index.ts'
import { openGossip, sealGossip, type Entry } from '../../src/core/log/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { ChangingMember, DEN, generation, writeControl } from '../support/changing-room.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { Story } from '../support/story.ts'
import { skipTime } from '../support/virtual-clock.ts'
import type { VirtualPeer } from '../support/virtual-network.ts'

const [alice, bob, carol, dave] = await Promise.all([identityOf(1), identityOf(2), identityOf(3), identityOf(4)])
const everybody = [alice, bob, carol].map(({ certificate }) => certificate.member)

function topicOf(index: number, time = NOON): string {
  return gossipTopic(generation(index).rendezvous, dayOf(time))
}

function gossipKeysOf(index: number, time = NOON) {
  return gossipKeys(generation(index).rendezvous, dayOf(time))
}

/** Hears what goes through these generations' topics: `generation: class`. */
function listenIn(peer: VirtualPeer, generations: readonly number[]): string[] {
  const heard: string[] = []
  for (const index of generations) {
    peer.join(topicOf(index), {
      validate: () => 'accept',
      deliver(message) {
        const opened = openGossip(gossipKeysOf(index), message)
        if (opened.ok && opened.value.kind === 'entry') heard.push(`${index}: ${opened.value.entry.header.class}`)
        if (opened.ok && opened.value.kind === 'note') heard.push(`${index}: note`)
      },
      joined: () => undefined
    })
  }
  return heard
}

async function writeChat(index: number, ms: number): Promise<Entry> {
  const { chatEpoch, contentKey } = generation(index)
  const start = {
    class: 'chat',
    epoch: chatEpoch,
    clock: { ms, counter: 0 },
    extensions: [],
    salt: systemRandom(16)
  } as const
  const body = { sequence: 1, previous: undefined, parents: [], kind: 1, content: new Uint8Array() }
  return sealEntry({ roomId: DEN, contentKey }, bob.deviceKey, start, body)
}

describe('a room whose secrets change', () => {
  test('Bob, away while Carol was removed, is met under the old secret, learns the new one, and goes on under that', async () => {
    const story = new Story()
    const anna = await ChangingMember.enter(story, alice, 'alice', { members: everybody })
    const storage = memoryStorage()
    const before = await ChangingMember.enter(story, bob, 'bob', { members: everybody, storage })
    await story.until('they met', () => anna.sees(before) && before.sees(anna))
    await before.stop()
    await anna.control({ remove: carol.certificate.member }, story.clock.now())
    expect(anna.known).toBe(1)
    const after = await anna.say('Carol has gone')

    const again = await ChangingMember.enter(story, bob, 'bob', { members: everybody, storage, peer: 'bob again' })
    expect([...again.network.topics.keys()]).toEqual([topicOf(0)])
    await story.until('Bob knows', () => again.known === 1)
    await story.until('Bob has what was said', () => again.has(after))
    expect(again.network.topics.has(topicOf(1))).toBe(true)
    const asked = anna.link.exchanges.exchangeKeys()[0]?.tag
    const sent: string[] = []
    const open = again.network.open.bind(again.network)
    again.network.open = async (peer, protocol) => {
      const stream = await open(peer, protocol)
      return {
        ...stream,
        write: async (...frames) => (sent.push(String(frames[0]?.subarray(0, 16))), stream.write(...frames))
      }
    }
    await story.until('Bob asks under the new secret', () => sent.includes(String(asked)))
    const heard = await anna.say('by gossip')
    await story.until('Bob hears it', () => again.has(heard))
  })

  test('what is said goes to the topics of the current secret alone, a removal to those of the older ones, too', async () => {
    const story = new Story()
    const anna = await ChangingMember.enter(story, alice, 'alice', { members: everybody, known: 1 })
    const ear = story.network.peer('ear')
    story.network.connect(ear, anna.network)
    const heard = listenIn(ear, [0, 1, 2])
    await story.wait(1000)
    await anna.say('hello')
    await anna.control({}, story.clock.now(), 1)
    await anna.control({}, story.clock.now(), 0)
    await story.wait(1000)
    expect(heard.toSorted()).toEqual(['0: control', '1: chat', '1: control', '1: control'])
    heard.length = 0
    await anna.control({ remove: carol.certificate.member }, story.clock.now())
    await story.wait(1000)
    expect(heard.toSorted()).toEqual(['1: control', '2: control'])
  })

  test('from an older secret’s topic control entries are taken, and nothing of what is said', async () => {
    const story = new Story()
    const anna = await ChangingMember.enter(story, alice, 'alice', { members: everybody, known: 1 })
    const ear = story.network.peer('ear')
    story.network.connect(ear, anna.network)
    const handler = anna.network.topics.get(topicOf(0))
    const chat = sealGossip(gossipKeysOf(0), { kind: 'entry', entry: await writeChat(0, NOON) })
    const note = sealGossip(gossipKeysOf(0), { kind: 'note', note: new Uint8Array(64) })
    const entry = await writeControl(0, { admit: dave.certificate.member }, NOON)
    const control = sealGossip(gossipKeysOf(0), { kind: 'entry', entry })
    const verdicts = [chat, note, control, control].map(message => handler?.validate(message, ear.self))
    expect(verdicts).toEqual(['ignore', 'ignore', 'accept', 'ignore'])
    handler?.deliver(control, ear.self)
    await story.until('it is here', () => anna.has(entry.id))
    expect(anna.standings.get(dave.certificate.member)).toBe('in')
    // The same on the current secret's topic is what it always was.
    const now = anna.network.topics.get(topicOf(1))
    const said = sealGossip(gossipKeysOf(1), { kind: 'entry', entry: await writeChat(1, NOON) })
    expect(now?.validate(said, ear.self)).toBe('accept')
  })

  test('whoever floods an older secret’s topic is not forwarded beyond a few entries a second', async () => {
    const story = new Story()
    const anna = await ChangingMember.enter(story, alice, 'alice', { members: everybody, known: 1 })
    const handler = anna.network.topics.get(topicOf(0))
    const verdicts: string[] = []
    for (let index = 0; index < 40; index += 1) {
      const entry = await writeControl(0, {}, NOON)
      const message = sealGossip(gossipKeysOf(0), { kind: 'entry', entry })
      verdicts.push(handler?.validate(message, story.network.peer('mallory').self) ?? '')
    }
    expect(verdicts.filter(verdict => verdict === 'accept').length).toBe(8)
    await story.wait(1000)
    const message = sealGossip(gossipKeysOf(0), { kind: 'entry', entry: await writeControl(0, {}, NOON) })
    expect(handler?.validate(message, story.network.peer('mallory').self)).toBe('accept')
  })

  test('around midnight two generations meet, whichever day each is in', async () => {
    for (const minutes of [-15, -1, 1, 100]) {
      const story = new Story()
      await skipTime(story.clock, DAY / 2 - 20 * 60_000)
      const anna = await ChangingMember.enter(story, alice, 'alice', { members: everybody })
      await anna.control({ remove: carol.certificate.member }, story.clock.now())
      await skipTime(story.clock, (20 + minutes) * 60_000)
      // A quarter of an hour behind: in the day before, as others' clocks have it.
      const late = { now: () => story.clock.now() - 15 * 60_000, after: story.clock.after.bind(story.clock) }
      const robert = await ChangingMember.enter(story, bob, 'bob', { members: everybody, clock: late })
      await story.until(`they met ${minutes} minutes from midnight`, () => robert.known === 1 && anna.sees(robert))
      expect(anna.met).toContain(robert.member)
      const id = await robert.say('good night')
      await story.until('it is there', () => anna.has(id))
      await anna.stop()
      await robert.stop()
    }
  })

  test('a secret that counts no more is met under no more', async () => {
    const story = new Story()
    const anna = await ChangingMember.enter(story, alice, 'alice', { members: everybody, known: 1 })
    expect(anna.network.topics.has(topicOf(0))).toBe(true)
    const { keys } = anna.room
    Object.assign(keys, { rendezvousSecrets: () => [generation(1).rendezvous] })
    await story.wait(61_000)
    expect([...anna.network.topics.keys()]).toEqual([topicOf(1)])
    const asked = anna.link.exchangeKeys()
    expect(asked.length).toBeGreaterThan(0)
    expect(new Set(asked.map(({ secret }) => secret)).size).toBe(1)
  })

  test('whoever is asked under the current secret, and answers under an older one, is not met', async () => {
    for (const [answeredUnder, isMet] of [
      [1, true],
      [0, false]
    ] as const) {
      const story = new Story()
      const anna = await ChangingMember.enter(story, alice, 'alice', { members: everybody, known: 1 })
      const mallory = story.network.peer('mallory')
      const direction = { from: mallory.self, to: anna.network.self }
      let asked = 0
      mallory.handle(EXCHANGE_PROTOCOL, undefined, async stream => {
        await stream.read()
        asked += 1
        const keys = exchangeKeys(generation(answeredUnder).rendezvous, dayOf(NOON))
        const place = { room: DEN, tag: keys.tag }
        const said = { role: 'member', nick: 'Bob' as DisplayName, time: NOON } as const
        const hello = await createHello(bob, place, direction, said)
        await stream.write(sealExchange(keys, direction, { kind: 'hello', hello }, systemRandom))
      })
      story.network.connect(mallory, anna.network)
      listenIn(mallory, [1])
      await story.until('it was asked twice, or is met', () => asked > 1 || anna.link.presence.peers().length > 0)
      expect(anna.link.presence.has(bob.certificate.member)).toBe(isMet)
    }
  })
})

describe('keepers of a room whose tag changes', () => {
  test('are asked anew, and hand to Bob, who knows the old tag alone, what leads to the new one', async () => {
    const story = new Story()
    story.network.discovery = false
    const keeper = await story.enterKeeper('keeper')
    const storage = memoryStorage()
    const options = { members: everybody }
    const anna = await ChangingMember.enter(story, alice, 'alice', options)
    await story.until('the keeper is known', () => anna.link.keepersWithSpace().length === 1)
    await anna.say('before')
    await story.until('it is kept', () => anna.kept.length > 0)
    anna.kept.length = 0
    const removal = await anna.control({ remove: carol.certificate.member }, story.clock.now())
    expect(anna.link.keepersWithSpace()).toEqual([])
    const next = await anna.control({}, story.clock.now())
    await story.until('it keeps the room by both tags', () => keeper.keeper.figures().rooms === 2)
    const after = await anna.say('after')
    await story.until('what follows is kept', () => anna.kept.length > 0)
    await story.wait(5000)
    await anna.stop()

    const gone = await ChangingMember.enter(story, carol, 'carol', options)
    await story.until('Carol knows', () => gone.has(removal.id))
    await story.wait(120_000)
    expect(gone.standings.get(carol.certificate.member)).toBe('out')
    expect(await gone.texts()).toEqual(['before'])
    expect(await gone.has(next.id)).toBe(false)
    await gone.stop()

    const robert = await ChangingMember.enter(story, bob, 'bob', { ...options, storage })
    await story.until('Bob has what followed', () => robert.has(after))
    expect(robert.known).toBe(1)
    expect(await robert.texts()).toEqual(['before', 'after'])
  })
})
