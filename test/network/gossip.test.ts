import { afterEach, expect, test, vi } from 'vitest'
import { sha256, toHex } from '../../src/core/bytes/index.ts'
import type { PeerId } from '../../src/core/network/index.ts'
import { MAX_MESSAGE_BYTES, gossipOptions } from '../../src/core/network/libp2p/gossip-options.ts'
import {
  connected,
  createCast,
  listenIn,
  ownAddresses,
  say,
  until,
  type Actor,
  type Listening
} from './network-cast.ts'

const cast = createCast()
afterEach(() => cast.release())

/** A line of peers, each connected to the next only. */
async function line(length: number): Promise<Actor[]> {
  const actors = await Promise.all(Array.from({ length }, () => cast.enter()))
  for (const [index, actor] of actors.entries()) {
    const next = actors[index + 1]
    if (next === undefined) break
    actor.network.keep(ownAddresses(next))
    await Promise.all([connected(actor, next), connected(next, actor)])
  }
  return actors
}

/** Waits until the mesh carries what one says to the other; while it forms, messages are not forwarded everywhere. */
async function carries(from: Listening, to: Listening): Promise<void> {
  let turn = 0
  await vi.waitFor(
    async () => {
      await say(from, `probe ${turn++}`)
      expect(said(to, 'probe')).not.toEqual([])
    },
    { timeout: 20_000, interval: 100 }
  )
}

function said(listening: Listening, start: string): string[] {
  return listening.heard.filter(text => text.startsWith(start))
}

test('A message reaches everyone once, also over others, and each knows who joined', async () => {
  const [ann, bo, cy] = (await line(3)) as [Actor, Actor, Actor]
  const [annHears, boHears, cyHears] = [listenIn(ann, 'room'), listenIn(bo, 'room'), listenIn(cy, 'room')]
  await until(
    'the topic to form',
    () => boHears.peers().length === 2 && annHears.peers().length === 1 && cyHears.peers().length === 1
  )
  // Whose stream is opened anew joins again.
  expect(new Set(boHears.joiners)).toEqual(new Set([ann.network.self, cy.network.self]))
  await carries(annHears, cyHears)
  await carries(cyHears, annHears)
  expect(await say(annHears, 'hello')).toBe(1)
  await until('the message to arrive', () => said(cyHears, 'hello').length > 0)
  expect(await say(annHears, 'hello')).toBe(0)
  await say(cyHears, 'hello, too')
  await until('the answer to arrive', () => said(annHears, 'hello').length > 0)
  const all = [annHears, boHears, cyHears].map(listening => said(listening, 'hello'))
  expect(all).toEqual([['hello, too'], ['hello', 'hello, too'], ['hello']])
})

test('Who subscribed before we joined is found when we join', async () => {
  const [ann, bo] = (await line(2)) as [Actor, Actor]
  const early = listenIn(ann, 'room')
  await expect.poll(() => early.peers()).toEqual([])
  const late = listenIn(bo, 'room')
  await until('both to see each other', () => early.peers().length === 1 && late.peers().length === 1)
  expect(await say(late, 'here I am')).toBe(1)
  await until('the message to arrive', () => early.heard.length === 1)
})

test('Ignored and rejected messages are neither delivered nor forwarded; a rejected one is held against its bringer', async () => {
  const [ann, bo, cy] = (await line(3)) as [Actor, Actor, Actor]
  const annHears = listenIn(ann, 'room')
  const cyHears = listenIn(cy, 'room')
  const seen: string[] = []
  const bringers = new Set<PeerId>()
  const membership = bo.network.join('room', {
    validate(message, from) {
      bringers.add(from)
      const text = new TextDecoder().decode(message)
      seen.push(text)
      return text.startsWith('bad') ? 'reject' : text.startsWith('odd') ? 'ignore' : 'accept'
    },
    deliver: () => undefined,
    joined: () => undefined
  })
  await until('the topic to form', () => membership.peers().length === 2 && annHears.peers().length === 1)
  await carries(annHears, cyHears)
  for (const text of ['odd', 'bad', 'good']) await say(annHears, text)
  await until('the good one to arrive', () => said(cyHears, 'good').length > 0)
  expect([...said(cyHears, 'odd'), ...said(cyHears, 'bad')]).toEqual([])
  expect([...bringers]).toEqual([ann.network.self])
  for (let count = 0; count < 4; count++) await say(annHears, `bad ${count}`)
  let turn = 0
  async function annIsIgnored(): Promise<void> {
    turn++
    await say(annHears, `ann ${turn}`)
    await say(cyHears, `cy ${turn}`)
    await until('the other to be heard', () => seen.includes(`cy ${turn}`))
    expect(seen).not.toContain(`ann ${turn}`)
  }
  await vi.waitFor(annIsIgnored, { timeout: 10_000, interval: 200 })
  await annIsIgnored()
})

test('A message above the limit is never looked at', async () => {
  const [ann, bo] = (await line(2)) as [Actor, Actor]
  const annHears = listenIn(ann, 'room')
  const boHears = listenIn(bo, 'room')
  await carries(annHears, boHears)
  await annHears.publish(new Uint8Array(MAX_MESSAGE_BYTES + 1))
  await annHears.publish(new Uint8Array(MAX_MESSAGE_BYTES))
  const largest = (): number[] => boHears.heard.map(({ length }) => length).filter(length => length > 1000)
  await until('the largest one to arrive', () => largest().length > 0)
  expect(largest()).toEqual([MAX_MESSAGE_BYTES])
})

test('Who left a topic is sent nothing of it, and may come back', async () => {
  const [ann, bo, cy] = (await line(3)) as [Actor, Actor, Actor]
  const annHears = listenIn(ann, 'room')
  const cyHears = listenIn(cy, 'room')
  const boHears = listenIn(bo, 'room')
  await until('the topic to form', () => boHears.peers().length === 2 && annHears.peers().length === 1)
  boHears.leave()
  boHears.leave()
  await until('the leave to be known', () => annHears.peers().length === 0 && cyHears.peers().length === 0)
  expect(await say(annHears, 'anyone?')).toBe(0)
  expect([boHears.heard, cyHears.heard]).toEqual([[], []])
  const again = listenIn(bo, 'room')
  await until('the topic to form again', () => annHears.peers().length === 1 && again.peers().length === 2)
  await say(annHears, 'welcome back')
  await until('the message to arrive', () => again.heard.includes('welcome back'))
})

test('The id of a message is the hash of all its bytes, the quick one, too', () => {
  const data = Uint8Array.of(1, 2, 3)
  const id = gossipOptions.msgIdFn?.({ type: 'unsigned', topic: 'room', data })
  expect(id).toEqual(sha256(data))
  expect(gossipOptions.fastMsgIdFn?.({ topic: 'room', data })).toBe(toHex(sha256(data)))
})
