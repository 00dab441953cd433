import { expect, test } from 'vitest'
import type { Message } from '../../src/core/chat/index.ts'
import { createTimeline } from '../../src/browser/state/timeline.ts'
import { createPlainPeer } from './plain-peer.ts'

/** A timeline that is open, of a peer whose next pages are handed out when told, as they were when asked for. */
async function openTimeline(texts: readonly string[]) {
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom(
    'Kitchen',
    texts.map(text => ({ by: 'Bo', text }))
  ).id
  let gate = Promise.resolve()
  let wasRead = (): void => undefined
  const slow = {
    ...peer,
    async messages(id: string, options?: { limit?: number; before?: string }): Promise<Message[]> {
      const page = await peer.messages(id, options)
      wasRead()
      await gate
      return page
    }
  }
  const timeline = createTimeline(slow, room, { get: () => undefined, set: () => undefined })
  await timeline.open(0)
  return {
    timeline,
    shown: () => timeline.shown.value.map(({ text }) => text),
    hear: (text: string, time?: number) =>
      timeline.received(peer.hear(room, { by: 'Bo', text, ...(time !== undefined && { time }) }), true),
    times: () => timeline.shown.value.map(({ time }) => time),
    /** Holds the next pages back; `read` resolves when one was read and waits. */
    hold() {
      const held = Promise.withResolvers<void>()
      const read = Promise.withResolvers<void>()
      gate = held.promise
      wasRead = read.resolve
      return { read: read.promise, letGo: held.resolve }
    }
  }
}

test('a message that arrives while a page is read is not lost to that page', async () => {
  const { shown, hear, hold, times } = await openTimeline(['one', 'two'])
  const { read, letGo } = hold()
  hear('between', (times()[0] ?? 0) + 1)
  await read
  hear('three')
  expect(shown()).toEqual(['one', 'two', 'three'])
  letGo()
  await expect.poll(shown).toEqual(['one', 'between', 'two', 'three'])
})

test('of two that arrive while a page is read, in the wrong order, each takes its place', async () => {
  const { shown, hear, hold, times } = await openTimeline(['one', 'two'])
  const { read, letGo } = hold()
  hear('between', (times()[0] ?? 0) + 1)
  await read
  const last = times().at(-1) ?? 0
  hear('four', last + 60_000)
  hear('three', last + 30_000)
  letGo()
  await expect.poll(shown).toEqual(['one', 'between', 'two', 'three', 'four'])
})
