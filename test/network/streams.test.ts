import { afterEach, expect, test, vi } from 'vitest'
import { UnavailableError } from '../../src/core/bytes/index.ts'
import type { FrameStream, PeerId, ProtocolLimits } from '../../src/core/network/index.ts'
import { connected, createCast, ownAddresses, until, type Actor } from './network-cast.ts'

const cast = createCast()
afterEach(() => cast.release())

const ECHO = '/starling/echo/1'
const LIMITS: ProtocolLimits = {
  maxFrameBytes: 1024 * 1024,
  maxTotalBytes: 64 * 1024 * 1024,
  maxDuration: 30_000,
  maxStreamsPerPeer: 2,
  maxStreams: 3
}
const never = new AbortController().signal

async function pair(): Promise<[Actor, Actor]> {
  const [ann, bo] = await Promise.all([cast.enter(), cast.enter()])
  ann.network.keep(ownAddresses(bo))
  await Promise.all([connected(ann, bo), connected(bo, ann)])
  return [ann, bo]
}

async function echo(stream: FrameStream): Promise<void> {
  for (let frame = await stream.read(); frame !== undefined; frame = await stream.read()) await stream.write(frame)
}

function open(from: Actor, to: Actor, limits = LIMITS): Promise<FrameStream> {
  return from.network.open(to.network.self, ECHO, limits, never)
}

/** One frame there and back. */
async function ask(from: Actor, to: Actor): Promise<void> {
  const stream = await open(from, to)
  await stream.write(Uint8Array.of(9))
  expect(await stream.read()).toEqual(Uint8Array.of(9))
  await stream.end()
}

/** Tries again until it succeeds: the other side learns of an end a moment later. */
function eventually(attempt: () => Promise<void>): Promise<void> {
  return vi.waitFor(attempt, { timeout: 10_000, interval: 50 })
}

test('Frames go back and forth, the empty one included, until both sides end', async () => {
  const [ann, bo] = await pair()
  bo.network.handle(ECHO, LIMITS, echo)
  const stream = await open(ann, bo)
  expect(stream.peer).toBe(bo.network.self)
  for (const length of [0, 1, 127, 128, 300_000]) {
    await stream.write(new Uint8Array(length).fill(length))
    expect(await stream.read()).toEqual(new Uint8Array(length).fill(length))
  }
  await stream.end()
  expect(await stream.read()).toBeUndefined()
})

test('A reader that takes its time slows the writer down and loses nothing', async () => {
  const [ann, bo] = await pair()
  let taken = 0
  let go = (): void => undefined
  const gate = new Promise<void>(resolve => (go = resolve))
  bo.network.handle(ECHO, LIMITS, async stream => {
    await gate
    for (let frame = await stream.read(); frame !== undefined; frame = await stream.read()) taken += frame.length
    await stream.write(Uint8Array.of(1))
  })
  const stream = await open(ann, bo)
  let written = 0
  const writing = (async () => {
    for (let count = 0; count < 300; count++) {
      await stream.write(new Uint8Array(64 * 1024))
      written++
    }
    await stream.end()
  })()
  await until('the writer to wait', () => written > 0 && written)
  await expect.poll(() => written, { timeout: 3_000 }).toBeLessThan(200)
  go()
  await writing
  expect(await stream.read()).toEqual(Uint8Array.of(1))
  expect(taken).toBe(300 * 64 * 1024)
})

test('A frame above the limit resets the stream and is never taken', async () => {
  const [ann, bo] = await pair()
  const failure = new Promise<unknown>(resolve =>
    bo.network.handle(ECHO, { ...LIMITS, maxFrameBytes: 1000 }, stream => stream.read().then(resolve, resolve))
  )
  const stream = await open(ann, bo)
  await stream.write(new Uint8Array(1001))
  expect(await failure).toMatchObject({ message: 'a frame of 1001 bytes' })
  await expect(stream.read()).rejects.toThrow()
  await expect(stream.write(new Uint8Array(1))).rejects.toThrow()
})

test('A stream that ends within a frame, or lasts too long, is an error', async () => {
  const [ann, bo] = await pair()
  const outcomes: unknown[] = []
  bo.network.handle(ECHO, { ...LIMITS, maxDuration: 300 }, async stream => {
    outcomes.push(await stream.read().catch((thrown: Error) => thrown.message))
  })
  const stream = await open(ann, bo)
  await until('the stream to be reset', () => outcomes.length === 1)
  expect(outcomes).toEqual(['the stream took too long'])
  await expect(stream.read()).rejects.toThrow()
})

test('Streams above the number per peer are reset, and places become free again', async () => {
  const [ann, bo] = await pair()
  bo.network.handle(ECHO, LIMITS, echo)
  const first = await open(ann, bo)
  const second = await open(ann, bo)
  for (const stream of [first, second]) {
    await stream.write(Uint8Array.of(1))
    expect(await stream.read()).toEqual(Uint8Array.of(1))
  }
  await expect(ask(ann, bo)).rejects.toThrow()
  await first.end()
  expect(await first.read()).toBeUndefined()
  await eventually(() => ask(ann, bo))
})

test('Of all peers together no more streams are handled than allowed', async () => {
  const bo = await cast.enter()
  let handled = 0
  bo.network.handle(ECHO, { ...LIMITS, maxStreams: 1 }, async stream => {
    handled++
    await echo(stream)
  })
  const others = await Promise.all([cast.enter(), cast.enter()])
  const [ann, cy] = others
  for (const other of others) other.network.keep(ownAddresses(bo))
  await Promise.all(others.map(other => connected(other, bo)))
  const stream = await open(ann, bo)
  await stream.write(Uint8Array.of(1))
  expect(await stream.read()).toEqual(Uint8Array.of(1))
  const refused = await open(cy, bo)
  await expect(refused.write(Uint8Array.of(2)).then(() => refused.read())).rejects.toThrow()
  expect(handled).toBe(1)
  await stream.end()
  expect(await stream.read()).toBeUndefined()
  await eventually(() => ask(cy, bo))
  expect(handled).toBe(2)
})

test('When all places are taken, the oldest stream on which nothing whole has come makes room', async () => {
  const bo = await cast.enter()
  bo.network.handle(ECHO, { ...LIMITS, maxStreams: 2 }, echo)
  const [ann, cy, dan] = await Promise.all([cast.enter(), cast.enter(), cast.enter()])
  for (const other of [ann, cy, dan]) {
    other.network.keep(ownAddresses(bo))
    await connected(other, bo)
  }
  const talking = await open(ann, bo)
  await talking.write(Uint8Array.of(1))
  expect(await talking.read()).toEqual(Uint8Array.of(1))
  const silent = await open(cy, bo)
  const outcome = silent.read().catch((thrown: unknown) => thrown)
  await ask(dan, bo)
  expect(await outcome).toBeInstanceOf(Error)
  await talking.write(Uint8Array.of(2))
  expect(await talking.read()).toEqual(Uint8Array.of(2))
})

test('When all places are taken and all talk, the oldest stream of whoever holds most makes room', async () => {
  const bo = await cast.enter()
  bo.network.handle(ECHO, { ...LIMITS, maxStreamsPerPeer: 3 }, echo)
  const [ann, cy, dan] = await Promise.all([cast.enter(), cast.enter(), cast.enter()])
  for (const other of [ann, cy, dan]) {
    other.network.keep(ownAddresses(bo))
    await connected(other, bo)
  }
  const talking: FrameStream[] = []
  for (const byte of [1, 2, 3]) {
    const stream = await open(ann, bo)
    await stream.write(Uint8Array.of(byte))
    await stream.read()
    talking.push(stream)
  }
  const [oldest, ...others] = talking
  const outcome = oldest?.read().catch((thrown: unknown) => thrown)
  const held = await open(cy, bo)
  await held.write(Uint8Array.of(4))
  expect(await held.read()).toEqual(Uint8Array.of(4))
  expect(await outcome).toBeInstanceOf(Error)
  // Ann holds two now and Cy one: for Dan, who has none, another of Ann's goes, and Cy's stays.
  for (const stream of [...others, held]) {
    await stream.write(Uint8Array.of(5))
    expect(await stream.read()).toEqual(Uint8Array.of(5))
  }
  await ask(dan, bo)
  expect(
    await Promise.allSettled(others.map(stream => stream.write(Uint8Array.of(6)).then(() => stream.read())))
  ).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled' }])
})

test('Streams that are ended without a frame keep nobody out either', async () => {
  const [ann, bo] = await pair()
  bo.network.handle(ECHO, { ...LIMITS, maxStreams: 1 }, async stream => {
    if ((await stream.read()) === undefined) return new Promise(() => undefined)
    await stream.write(Uint8Array.of(9))
  })
  await (await open(ann, bo)).end()
  const stream = await open(ann, bo)
  await stream.write(Uint8Array.of(1))
  expect(await stream.read()).toEqual(Uint8Array.of(9))
})

test('A handler that fails resets the stream; the next one is served', async () => {
  const [ann, bo] = await pair()
  let count = 0
  bo.network.handle(ECHO, LIMITS, async stream => {
    if (count++ === 0) throw new Error('not today')
    await echo(stream)
  })
  const first = await open(ann, bo)
  await expect(first.read()).rejects.toThrow()
  const second = await open(ann, bo)
  await second.write(Uint8Array.of(7))
  expect(await second.read()).toEqual(Uint8Array.of(7))
})

test('Nobody there, nobody who speaks the protocol, and no time are told apart from success', async () => {
  const [ann, bo] = await pair()
  const stranger = '12D3KooWSGPbZiDEPWPbFh2yJGfB4NseyxQTGXQ7iSFZFobzaHJJ' as PeerId
  await expect(ann.network.open(stranger, ECHO, LIMITS, never)).rejects.toBeInstanceOf(UnavailableError)
  await expect(open(ann, bo)).rejects.toBeInstanceOf(UnavailableError)
  await expect(ann.network.open(bo.network.self, ECHO, LIMITS, AbortSignal.abort(new Error('enough')))).rejects.toThrow(
    'enough'
  )
})

test('A protocol that is left is not answered any more, and may be taken again', async () => {
  const [ann, bo] = await pair()
  const leave = bo.network.handle(ECHO, LIMITS, echo)
  await (await open(ann, bo)).end()
  leave()
  leave()
  bo.network.handle(ECHO, LIMITS, stream => stream.write(Uint8Array.of(2)))
  await eventually(async () => expect(await (await open(ann, bo)).read()).toEqual(Uint8Array.of(2)))
})
