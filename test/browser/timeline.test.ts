import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/core/chat/index.ts'
import { createTimeline } from '../../src/browser/state/timeline.ts'
import { MAX_IN_PAGE, PAGE } from '../../src/browser/state/view-window.ts'
import { createPlainPeer, type Saying } from './plain-peer.ts'

const MINUTE = 60_000

/** A timeline of a peer whose pages are handed out when told, as they were when asked for. */
function timelineOf(sayings: readonly Saying[]) {
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen', sayings).id
  let gate = Promise.resolve()
  let wasRead = (): void => undefined
  const reads: number[] = []
  const slow = {
    ...peer,
    async messages(id: string, options?: { limit?: number; before?: string }): Promise<Message[]> {
      const page = await peer.messages(id, options)
      reads.push(page.length)
      wasRead()
      await gate
      return page
    }
  }
  const timeline = createTimeline(slow, room, { get: () => undefined, set: () => undefined })
  return {
    timeline,
    peer,
    room,
    /** Sizes of the pages that were read. */
    reads,
    shown: () => timeline.shown.value.map(({ text }) => text),
    /** The line for what is new, and what follows it. */
    fresh: () => {
      const first = timeline.shown.value.findIndex(({ id }) => id === timeline.newFrom.value)
      return first === -1 ? [] : timeline.shown.value.slice(first).map(({ text }) => text)
    },
    hear: (text: string, { time, watched = true }: { time?: number; watched?: boolean } = {}) =>
      timeline.received(peer.hear(room, { by: 'Bo', text, ...(time !== undefined && { time }) }), watched),
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

function said(...texts: readonly string[]): Saying[] {
  return texts.map((text, index) => ({ by: 'Bo', text, time: (index + 1) * MINUTE }))
}

describe('a message', () => {
  test('that arrives while the first page is read is not lost to that page', async () => {
    const { timeline, shown, hear, hold } = timelineOf(said('one', 'two'))
    const { read, letGo } = hold()
    const opened = timeline.open(0)
    await read
    hear('between', { time: 1.5 * MINUTE })
    hear('three', { time: 3 * MINUTE })
    letGo()
    await opened
    expect(shown()).toEqual(['one', 'between', 'two', 'three'])
  })

  test('that belongs into a page of older ones while that is read takes its place there', async () => {
    const texts = Array.from({ length: 100 }, (_, index) => `message ${index}`)
    const { timeline, shown, hear, hold } = timelineOf(said(...texts))
    await timeline.open(0)
    const { read, letGo } = hold()
    const older = timeline.older()
    await read
    hear('between', { time: 30.5 * MINUTE })
    letGo()
    await older
    expect(shown()).toEqual(texts.toSpliced(30, 0, 'between').slice(1))
  })

  test('that is told of only when it has been deleted leaves its mark in its place', async () => {
    const { timeline, peer, room, shown } = timelineOf(said('one', 'two'))
    await timeline.open(0)
    const { id } = peer.hear(room, { by: 'Bo', text: 'never seen', time: 1.5 * MINUTE })
    await peer.deleteMessage(room, id)
    timeline.deleted(id)
    await expect.poll(shown).toEqual(['one', '', 'two'])
    expect(timeline.shown.value[1]?.deleted).toBe(true)
  })

  test('that is edited while an older version of it is read shows its new words', async () => {
    const { timeline, shown, hold } = timelineOf(said('one'))
    const { read, letGo } = hold()
    const opened = timeline.open(0)
    await read
    const id = '1'.padStart(64, '0')
    timeline.edited(id, 'one, amended', MINUTE)
    letGo()
    await opened
    expect(shown()).toEqual(['one, amended'])
  })

  test('of which the peer tells twice stands there once', async () => {
    const { timeline, shown } = timelineOf(said('one'))
    await timeline.open(0)
    const [message] = timeline.shown.value
    if (message !== undefined) timeline.received(message, true)
    expect(shown()).toEqual(['one'])
  })

  test('that belongs among those in view moves none of them out of it', async () => {
    const { timeline, shown, hear } = timelineOf(said('one', 'two'))
    await timeline.open(0)
    hear('between', { time: 1.5 * MINUTE })
    hear('before', { time: 0.5 * MINUTE })
    expect(shown()).toEqual(['before', 'one', 'between', 'two'])
  })
})

describe('a history of 10,000 messages', () => {
  test('that comes in newest first is read once, and no more of it is held than the page has use for', async () => {
    const { timeline, reads, shown, hear } = timelineOf([])
    await timeline.open(0)
    for (let index = 9999; index >= 0; index -= 1) {
      hear(`message ${index}`, { time: (index + 1) * MINUTE })
      expect(timeline.held.value).toBeLessThanOrEqual(MAX_IN_PAGE + 2 * PAGE)
    }
    expect(reads).toEqual([0])
    expect(shown().at(-1)).toBe('message 9999')
    expect(timeline.above.value).toBe('more')
    const first = Number(shown()[0]?.split(' ')[1])
    while (timeline.shown.value[0]?.text !== `message ${first - PAGE}`) await timeline.older()
    expect(reads).toEqual([0, PAGE])
  })

  test('that is said while one looks on is forgotten again as it goes by', async () => {
    const { timeline, reads, shown, hear } = timelineOf(said('the first'))
    await timeline.open(0)
    for (let index = 0; index < 10_000; index += 1) hear(`message ${index}`, { time: (index + 2) * MINUTE })
    expect(reads).toEqual([1])
    expect(timeline.held.value).toBeLessThanOrEqual(MAX_IN_PAGE + 2 * PAGE)
    expect(shown()).toHaveLength(MAX_IN_PAGE)
    expect(shown().at(-1)).toBe('message 9999')
  })
})

describe('the line for what is new', () => {
  test('stands above what was said while the room was closed and comes once it is open, in whatever order', async () => {
    const { timeline, fresh, hear } = timelineOf(said('read', 'read, too'))
    await timeline.open(0)
    hear('missed last', { time: 5 * MINUTE })
    hear('missed first', { time: 4 * MINUTE })
    hear('from before', { time: 1.5 * MINUTE })
    expect(fresh()).toEqual(['missed first', 'missed last'])
  })

  test('does not stand above what is said now, before the eyes', async () => {
    const { timeline, fresh, hear } = timelineOf(said('read'))
    await timeline.open(0)
    hear('now', { time: Date.now() + MINUTE })
    expect(fresh()).toEqual([])
    hear('behind the back', { time: Date.now() + 2 * MINUTE, watched: false })
    expect(fresh()).toEqual(['behind the back'])
  })

  test('does not stand above a history that comes to a newcomer', async () => {
    const { timeline, fresh, hear } = timelineOf([])
    await timeline.open(0)
    hear('two', { time: 2 * MINUTE })
    hear('one', { time: MINUTE })
    expect(fresh()).toEqual([])
  })
})
