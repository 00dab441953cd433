import { describe, expect, test } from 'vitest'
import { expectValue } from '../../src/core/bytes/index.ts'
import { DELETION_KIND, EDIT_KIND, MESSAGE_KIND } from '../../src/core/chat/room/content.ts'
import { openRoom } from '../../src/core/encryption/index.ts'
import type { Identity } from '../../src/core/identity/index.ts'
import { eraseBody, HIGHEST, isWhole, LOWEST, type Entry, type EntryId } from '../../src/core/log/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { gossipEntry, sayHello, syncAs, writeEntry, writeWords, type Words } from '../support/mallory.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { eventsOf, Story, transcript, type Actor } from '../support/story.ts'

const lobby = expectValue(openRoom('lobby')).roomId
const OPENING = new Uint8Array(16).fill(7)

async function friends(story: Story, ...names: string[]): Promise<Actor[]> {
  const actors: Actor[] = []
  for (const name of names) actors.push(await story.enter(name))
  for (const { peer } of actors) await peer.joinOpenRoom('lobby')
  return actors
}

async function shown(actor: Actor): Promise<string[]> {
  return (await actor.peer.messages('lobby', { limit: 100 })).map(({ nick, text, edited, deleted }) => {
    const marks = `${edited === undefined ? '' : ' (edited)'}${deleted ? ' (deleted)' : ''}`
    return `${nick}: ${text}${marks}`
  })
}

function hears(actor: Actor, kind: 'message' | 'edited' | 'deleted', count = 1): () => boolean {
  return () => eventsOf(actor, kind).length >= count
}

function said(actor: Actor, text: string): string {
  return eventsOf(actor, 'message').find(event => event.text === text)?.id ?? ''
}

/** All that stands in the room's store of this actor, as text. */
async function bodiesOf(actor: Actor): Promise<Map<EntryId, boolean>> {
  const entries = await actor.storage.room(lobby).newest(1000)
  return new Map(entries.map(entry => [entry.id, isWhole(entry)]))
}

describe('a message that its author deletes', () => {
  test('is gone at everybody, body and all, and a quiet mark stays in its place', async () => {
    const story = new Story()
    const [anna, bob] = (await friends(story, 'Anna', 'Bob')) as [Actor, Actor]
    await anna.peer.send('lobby', 'before')
    const { id } = await anna.peer.send('lobby', 'a secret')
    await anna.peer.send('lobby', 'after')
    await story.until('Bob has all', hears(bob, 'message', 3))
    await anna.peer.deleteMessage('lobby', id)
    await story.until('Bob follows', hears(bob, 'deleted'))
    const expected = ['Anna: before', 'Anna:  (deleted)', 'Anna: after']
    expect(await shown(anna)).toEqual(expected)
    expect(await shown(bob)).toEqual(expected)
    for (const actor of [anna, bob]) expect((await bodiesOf(actor)).get(id as EntryId)).toBe(false)
    await anna.peer.deleteMessage('lobby', id)
    expect((await bodiesOf(anna)).size).toBe(4)
    await expect(anna.peer.edit('lobby', id, 'no')).rejects.toThrow('this message was deleted')
    await expect(bob.peer.deleteMessage('lobby', said(bob, 'after'))).rejects.toThrow('only whoever wrote a message')
    await expect(bob.peer.deleteMessage('lobby', '00'.repeat(32))).rejects.toThrow('no such message')
  })

  test('counts no longer as unread, and goes on counting in the set', async () => {
    const story = new Story()
    const [anna, bob] = (await friends(story, 'Anna', 'Bob')) as [Actor, Actor]
    const { id } = await anna.peer.send('lobby', 'never mind')
    await anna.peer.send('lobby', 'this')
    await story.until('Bob has both', () => bob.peer.findRoom('lobby').unread === 2)
    await anna.peer.deleteMessage('lobby', id.slice(0, 8))
    await story.until('Bob follows', () => bob.peer.findRoom('lobby').unread === 1)
    const set = bob.storage.room(lobby).sets.chat
    expect((await set.sum(LOWEST, HIGHEST)).count).toBe(3)
  })

  test('is never seen by a newcomer, who gets what is left of it from whoever erased it, and misses nothing', async () => {
    const story = new Story()
    const [anna, bob] = (await friends(story, 'Anna', 'Bob')) as [Actor, Actor]
    const { id } = await anna.peer.send('lobby', 'a secret')
    await anna.peer.send('lobby', 'after')
    await anna.peer.deleteMessage('lobby', id)
    await story.until('Bob follows', hears(bob, 'deleted'))
    await anna.peer.stop()
    const [cy] = (await friends(story, 'Cy')) as [Actor]
    await story.until('Cy has what there is', hears(cy, 'deleted'))
    await story.until('and the rest', hears(cy, 'message'))
    await story.wait(200_000)
    expect(await shown(cy)).toEqual(['Anna:  (deleted)', 'Anna: after'])
    expect(eventsOf(cy, 'warning')).toEqual([])
    expect(cy.peer.findRoom('lobby').missing).toBe(0)
    const sum = (actor: Actor) => actor.storage.room(lobby).sets.chat.sum(LOWEST, HIGHEST)
    expect(await sum(cy)).toEqual(await sum(bob))
  })

  test('is erased also where the deletion comes before it, whichever way both come', async () => {
    const story = new Story()
    const [anna] = (await friends(story, 'Anna')) as [Actor]
    const ben = await identityOf(7)
    const from = story.network.peer('ben')
    story.network.connect(from, anna.network)
    const message = await writeEntry(ben, 'a secret', { opening: OPENING })
    const deletion = await deletionOf(ben, message, { sequence: 2, previous: message.id, clock: at(1) })
    expect(gossipEntry(anna, deletion, from)).toBe('accept')
    await story.wait(500)
    expect(gossipEntry(anna, message, from)).toBe('accept')
    await story.until('Anna is told', hears(anna, 'deleted'))
    expect(eventsOf(anna, 'message')).toEqual([])
    expect((await bodiesOf(anna)).get(message.id)).toBe(false)
  })

  test('takes its edits along, in any order of all arrivals', async () => {
    const ben = await identityOf(7)
    const message = await writeEntry(ben, 'one', { opening: OPENING })
    const edits = [
      await editOf(ben, message, 'two', { sequence: 2, previous: message.id, clock: at(1), opening: OPENING })
    ]
    const deletion = await writeWords(
      ben,
      {
        kind: DELETION_KIND,
        targets: [message, ...edits].map(({ id }, index) => ({
          id,
          device: ben.certificate.device,
          kind: index === 0 ? MESSAGE_KIND : EDIT_KIND,
          sequence: index + 1,
          opening: OPENING
        }))
      },
      { sequence: 3, previous: edits[0]?.id ?? message.id, clock: at(2), opening: OPENING }
    )
    const all = [message, ...edits, deletion]
    for (let seed = 0; seed < 6; seed += 1) {
      const story = new Story()
      const [anna] = (await friends(story, 'Anna')) as [Actor]
      const from = story.network.peer('ben')
      story.network.connect(from, anna.network)
      for (const entry of shuffled(all, seed)) {
        gossipEntry(anna, entry, from)
        await story.wait(300)
      }
      await story.until('all are there', hears(anna, 'deleted'))
      expect(await shown(anna), `seed ${seed}`).toEqual([`${benNick(ben)}:  (deleted)`])
      const bodies = await bodiesOf(anna)
      expect(
        [...all].map(({ id }) => bodies.get(id)),
        `seed ${seed}`
      ).toEqual([false, false, true])
    }
  })
})

describe('a deletion by somebody else', () => {
  test('changes nothing, before the message or after it, whatever it claims', async () => {
    const [mallory, ben] = [await identityOf(66), await identityOf(7)]
    const message = await writeEntry(ben, 'stays', { opening: OPENING })
    const claims: Partial<{ device: Identity; sequence: number; opening: Uint8Array }>[] = [
      {},
      { device: mallory },
      { sequence: 9 },
      { opening: new Uint8Array(16) }
    ]
    for (const [index, claim] of claims.entries()) {
      for (const first of ['the deletion', 'the message'] as const) {
        const story = new Story()
        const [anna] = (await friends(story, 'Anna')) as [Actor]
        const from = story.network.peer('mallory')
        story.network.connect(from, anna.network)
        const deletion = await deletionOf(mallory, message, { clock: at(1) }, claim, ben)
        const order = first === 'the message' ? [message, deletion] : [deletion, message]
        for (const entry of order) {
          expect(gossipEntry(anna, entry, from)).toBe('accept')
          await story.wait(300)
        }
        await story.until('both are there', hears(anna, 'message'))
        await story.wait(1000)
        expect(eventsOf(anna, 'deleted'), `claim ${index}, ${first} first`).toEqual([])
        expect((await bodiesOf(anna)).get(message.id), `claim ${index}, ${first} first`).toBe(true)
      }
    }
  })

  test('does not keep a message from a newcomer whom its liar serves: the body is fetched from others', async () => {
    const story = new Story()
    const [anna, bob] = (await friends(story, 'Anna', 'Bob')) as [Actor, Actor]
    const { id } = await anna.peer.send('lobby', 'the truth')
    await story.until('Bob has it', hears(bob, 'message'))
    await anna.peer.stop()
    await bob.peer.stop()

    const identity = await identityOf(66)
    const truth = await anna.storage.room(lobby).get(id as EntryId)
    if (truth === undefined || !isWhole(truth)) throw new Error('Anna has lost it')
    const lie = await deletionOf(identity, truth, { clock: at(60_000) }, {}, identity)
    const mallory = story.network.peer('mallory')
    syncAs(mallory, [lie, eraseBody(truth)])
    const [cy] = (await friends(story, 'Cy')) as [Actor]
    story.network.connect(mallory, cy.network)
    const greeted = sayHello(identity, mallory, cy.network.self)
    await story.wait(20_000)
    await greeted
    expect(await transcript(cy, 'lobby')).toEqual([])

    await story.enter('Bob', bob.storage)
    await story.until('Cy has it from Bob', hears(cy, 'message'))
    expect(await transcript(cy, 'lobby')).toEqual(['Anna: the truth'])
    expect(eventsOf(cy, 'deleted')).toEqual([])
  })
})

describe('a message that its author edits', () => {
  test('says the latest everywhere, at its place, and to newcomers, who see it once', async () => {
    const story = new Story()
    const [anna, bob] = (await friends(story, 'Anna', 'Bob')) as [Actor, Actor]
    const { id } = await anna.peer.send('lobby', 'teh')
    await story.until('Bob hears', hears(bob, 'message'))
    await bob.peer.send('lobby', 'what?')
    await story.until('Anna hears', hears(anna, 'message', 2))
    await anna.peer.edit('lobby', id, 'thee')
    await story.wait(10)
    await anna.peer.edit('lobby', id, 'the')
    await story.until('Bob follows', hears(bob, 'edited', 2))
    const expected = ['Anna: the (edited)', 'Bob: what?']
    expect(await shown(bob)).toEqual(expected)
    expect(bob.peer.findRoom('lobby').unread).toBe(1)
    const [cy] = (await friends(story, 'Cy')) as [Actor]
    await story.until('Cy has caught up', hears(cy, 'message', 2))
    await story.wait(1000)
    expect(await shown(cy)).toEqual(expected)
    expect(eventsOf(cy, 'message').map(({ text }) => text)).toEqual(['what?', 'the'])
    expect(eventsOf(cy, 'edited')).toEqual([])
    const again = await story.enter('Bob', bob.storage)
    expect(await shown(again)).toEqual(expected)
  })

  test('stays as it was when somebody else edits it', async () => {
    const story = new Story()
    const [anna] = (await friends(story, 'Anna')) as [Actor]
    const { id } = await anna.peer.send('lobby', 'mine')
    const from = story.network.peer('mallory')
    story.network.connect(from, anna.network)
    const mallory = await identityOf(66)
    gossipEntry(anna, await editOf(mallory, { id: id as EntryId }, 'yours', { clock: at(5) }), from)
    await story.wait(1000)
    expect(await shown(anna)).toEqual(['Anna: mine'])
    expect(eventsOf(anna, 'edited')).toEqual([])
  })
})

function at(later: number): { ms: number; counter: number } {
  return { ms: NOON + later, counter: 0 }
}

function deletionOf(
  by: Identity,
  target: Pick<Entry, 'id'>,
  words: Words,
  claim: Partial<{ device: Identity; sequence: number; opening: Uint8Array }> = {},
  author = by
): Promise<Entry> {
  const { device } = (claim.device ?? author).certificate
  const targets = [
    { id: target.id, device, sequence: claim.sequence ?? 1, kind: MESSAGE_KIND, opening: claim.opening ?? OPENING }
  ]
  return writeWords(by, { kind: DELETION_KIND, targets }, { opening: OPENING, ...words })
}

function editOf(by: Identity, target: Pick<Entry, 'id'>, text: string, words: Words): Promise<Entry> {
  return writeWords(by, { kind: EDIT_KIND, text, target: target.id }, words)
}

function benNick({ certificate }: Identity): string {
  return `peer-${certificate.member.slice(0, 8)}`
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = seededRandom(seed)
  return items
    .map(item => ({ item, draw: random(4).join('.') }))
    .sort((a, b) => (a.draw < b.draw ? -1 : 1))
    .map(({ item }) => item)
}
