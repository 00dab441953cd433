import { expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/core/bytes/index.ts'
import {
  encodeEntry,
  encodeSyncFrame,
  serveSync,
  SYNC_LIMITS,
  SYNC_PROTOCOL,
  SyncFaultError,
  syncWith,
  type Entry,
  type SyncFrame,
  type SyncReport
} from '../../../src/core/log/index.ts'
import type { FrameStream, StreamHandler } from '../../../src/core/network/index.ts'
import { passTimeUntil, VirtualClock } from '../../support/virtual-clock.ts'
import { VirtualNetwork } from '../../support/virtual-network.ts'
import { makeEntries, TestLog } from './test-log.ts'

const NOW = 1_790_000_000_000
const clock = new VirtualClock(NOW)

test('two peers that sync hold the same entries, control first, newest first', async () => {
  const shared = makeEntries(300, NOW)
  const here = new TestLog([...shared, ...makeEntries(40, NOW + 100), ...makeEntries(3, NOW, 'control')])
  const there = new TestLog([...shared, ...makeEntries(700, NOW + 200), ...makeEntries(5, NOW, 'control')])
  const [control, chat] = await sync(here, there)
  expect(control).toMatchObject({ class: 'control', received: 5, sent: 3, isComplete: true })
  expect(chat).toMatchObject({ class: 'chat', received: 700, sent: 40, isComplete: true })
  expect(here.ids()).toEqual(there.ids())
  expect(here.taken.map(({ header }) => header.class).lastIndexOf('control')).toBe(4)
  expect(clocksOf(there.taken.slice(3))).toEqual(clocksOf(there.taken.slice(3)).toSorted((a, b) => b - a))
  expect((here.taken[5]?.header.clock.ms ?? 0) > (here.taken.at(-1)?.header.clock.ms ?? 0)).toBe(true)
})

test('the second session of two peers moves nothing', async () => {
  const here = new TestLog(makeEntries(50, NOW))
  const there = new TestLog(makeEntries(50, NOW))
  await sync(here, there)
  const [, chat] = await sync(here, there)
  expect(chat).toMatchObject({ rounds: 1, received: 0, sent: 0, isComplete: true })
})

test('what came by other ways in the meantime is neither asked for nor sent', async () => {
  const [onlyHere, onlyThere] = [makeEntries(10, NOW), makeEntries(10, NOW)]
  const here = new TestLog(onlyHere)
  const there = new TestLog(onlyThere)
  const running = sync(here, there)
  await here.take(onlyThere)
  await there.take(onlyHere)
  expect((await running)[1]).toMatchObject({ received: 0, sent: 0, isComplete: true })
})

test('companions come before the entries that they belong to, in both directions', async () => {
  const here = new TestLog(makeEntries(2, NOW))
  const there = new TestLog(makeEntries(3, NOW))
  await sync(here, there)
  expect(here.companions).toEqual([encodeUtf8('about 3')])
  expect(there.companions).toEqual([encodeUtf8('about 2')])
})

test('nothing below the later of the two bounds moves', async () => {
  for (const [ours, theirs] of [
    [NOW + 8, 0],
    [0, NOW + 8]
  ] as const) {
    const here = new TestLog(makeEntries(10, NOW))
    const there = new TestLog(makeEntries(10, NOW))
    here.from = { ms: ours, prefix: '' }
    there.from = { ms: theirs, prefix: '' }
    const [, chat] = await sync(here, there)
    expect(chat).toMatchObject({ received: 2, sent: 2, isComplete: true })
  }
})

test('a newcomer to a long log gets the newest entries first, and all of them in the end', async () => {
  const newcomer = new TestLog([])
  const member = new TestLog(makeEntries(20_000, NOW))
  const [, first] = await sync(newcomer, member)
  expect(first).toMatchObject({ received: 16_384, isComplete: false })
  expect(Math.min(...clocksOf(newcomer.taken))).toBe(NOW + 20_000 - 16_384)
  const [, second] = await sync(newcomer, member)
  expect(second).toMatchObject({ received: 20_000 - 16_384, isComplete: true })
})

test('a session moves only so many bytes, newest first, and the next ones move the rest', async () => {
  const here = new TestLog([])
  const there = new TestLog(makeEntries(300, NOW, 'chat', 65_536))
  const [, first] = await sync(here, there)
  expect(first).toMatchObject({ received: 256, isComplete: false })
  expect(Math.min(...clocksOf(here.taken))).toBe(NOW + 300 - 256)
  const [, back] = await sync(there, new TestLog([]))
  expect(back).toMatchObject({ sent: 256, isComplete: false })
  const [, second] = await sync(here, there)
  expect(second).toMatchObject({ received: 44, isComplete: true })
})

test('what cannot be used, however much of it is newer, stands before nothing that can', async () => {
  const [useful, junk] = [makeEntries(3, NOW), makeEntries(600, NOW + 1000)]
  const unusable = new Set(junk.map(({ id }) => id))
  const here = new (class extends TestLog {
    override take(entries: readonly Entry[]): Promise<number> {
      return super.take(entries.filter(({ id }) => !unusable.has(id)))
    }
  })([])
  const [, chat] = await sync(here, new TestLog([...useful, ...junk]))
  expect(chat).toMatchObject({ received: 603, stored: 3 })
  expect(here.ids()).toEqual(useful.map(({ id }) => id).toSorted())
})

test('a class that the other side does not keep is left out', async () => {
  const here = new TestLog([...makeEntries(3, NOW), ...makeEntries(2, NOW, 'control')])
  const there = new TestLog([])
  there.kinds = ['chat']
  const [control, chat] = await sync(here, there)
  expect(control).toMatchObject({ sent: 0, isComplete: false })
  expect(chat).toMatchObject({ sent: 3, isComplete: true })
})

const wanted = makeEntries(3, NOW)
const offending: [name: string, answer: (entry: Entry) => SyncFrame[]][] = [
  ['an entry that nobody asked for', () => [entryFrame(unasked())]],
  ['a flood of entries', entry => [...wanted, entry].map(entryFrame)],
  ['the same entry twice', entry => [entryFrame(entry), entryFrame(entry)]],
  ['a header without its body', entry => [{ kind: 'entry', bytes: entry.headerBytes }]],
  ['a body that does not fit', entry => [entryFrame({ ...entry, body: new Uint8Array(512) })]],
  ['endless companions', () => Array.from({ length: 9 }, () => ({ kind: 'companion', bytes: new Uint8Array(9) }))],
  ['another message instead', () => [{ kind: 'want', ids: [] }]]
]

test.each(offending)('a responder that sends %s is cut off, and nothing of that is kept', async (_, answer) => {
  const here = new TestLog([])
  here.kinds = ['chat']
  const member = new TestLog(wanted)
  const running = syncOver(here, async stream => {
    const replaced = async (...frames: Uint8Array[]): Promise<void> => {
      for (const frame of frames) await replace(stream, frame)
    }
    await serveSync({ ...stream, read: () => stream.read(), write: replaced }, member, clock)
  })
  await expect(running).rejects.toThrow(SyncFaultError)
  expect(here.taken).toEqual([])

  /** The first entry goes out as what this responder makes of it. */
  async function replace(stream: FrameStream, frame: Uint8Array): Promise<void> {
    if (frame[0] !== encodeSyncFrame({ kind: 'entry', bytes: new Uint8Array() })[0]) return stream.write(frame)
    for (const each of answer(wanted[0] ?? unasked())) await stream.write(encodeSyncFrame(each))
  }
})

test('an opener that breaks the protocol is cut off', async () => {
  const hostile: SyncFrame[][] = [
    [{ kind: 'want', ids: [] }],
    [{ kind: 'open', class: 'chat', from: { ms: 0, prefix: '' }, count: 0 }, { kind: 'done' }],
    [...opening(), ...opening()],
    [...opening(), { kind: 'entry', bytes: new Uint8Array(9) }],
    [...opening(), ...Array.from({ length: 4096 }, (): SyncFrame => ({ kind: 'want', ids: [] }))]
  ]
  for (const frames of hostile) {
    const { stream, served } = await openStream(new TestLog(makeEntries(3, NOW)))
    for (const frame of frames) await stream.write(encodeSyncFrame(frame))
    await expect(inTime(served)).rejects.toThrow(SyncFaultError)
  }
})

function opening(): SyncFrame[] {
  return [
    { kind: 'open', class: 'chat', from: { ms: 0, prefix: '' }, count: 0 },
    { kind: 'reconcile', bytes: Uint8Array.of(0x61) }
  ]
}

function unasked(): Entry {
  const [entry] = makeEntries(1, NOW)
  if (entry === undefined) throw new Error('one was made')
  return entry
}

function entryFrame(entry: Entry): SyncFrame {
  return { kind: 'entry', bytes: encodeEntry(entry) }
}

function clocksOf(entries: readonly Entry[]): number[] {
  return entries.map(({ header }) => header.clock.ms)
}

function sync(here: TestLog, there: TestLog): Promise<SyncReport[]> {
  return syncOver(here, stream => serveSync(stream, there, clock))
}

async function syncOver(here: TestLog, handler: StreamHandler): Promise<SyncReport[]> {
  return inTime(syncWith(await connect(handler), here, clock))
}

async function openStream(there: TestLog): Promise<{ stream: FrameStream; served: Promise<void> }> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const stream = await connect(async opened => {
    await serveSync(opened, there, clock).then(resolve, reject)
  })
  return { stream, served: promise }
}

async function connect(handler: StreamHandler): Promise<FrameStream> {
  const hub = new VirtualNetwork(clock)
  const [alice, bob] = [hub.peer('alice'), hub.peer('bob')]
  hub.connect(alice, bob)
  bob.handle(SYNC_PROTOCOL, SYNC_LIMITS, handler)
  return alice.open(bob.self, SYNC_PROTOCOL)
}

/** Lets virtual time pass until the promise is settled. */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false
  promise
    .finally(() => {
      isSettled = true
    })
    .catch(() => undefined)
  await passTimeUntil(clock, 'the sync ends', () => isSettled)
  return promise
}
