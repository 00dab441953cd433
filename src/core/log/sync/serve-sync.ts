import { UnavailableError, type Clock } from '../../bytes/index.ts'
import type { FrameStream } from '../../network/index.ts'
import { boundBelow, compareBounds, HIGHEST, laterBound } from './bound.ts'
import { receiveOffer, sendEntries } from './entry-flow.ts'
import { Reconciler } from './reconciler.ts'
import type { SyncFrame } from './sync-frame.ts'
import type { SyncedClass, SyncLog } from './sync-log.ts'
import type { SyncBound } from './sync-set.ts'
import { SyncFaultError, SyncWire } from './sync-wire.ts'

/**
 * How many more items than the opener has may take part: their ids fit in the messages of a session. Of a longer log the
 * newest do, so that a newcomer gets these first; each session reaches further back.
 */
const MAX_AHEAD = 16_384

/** A session's 131,072 ids of either kind and class are 2,048 frames; who asks more often wastes our reads. */
const MAX_FRAMES = 4096

type Open = Extract<SyncFrame, { kind: 'open' }>

/** A class being synced: what the opener asks for next is about it. */
interface Current {
  readonly synced: SyncedClass
  readonly reconciler: Reconciler
}

/** Answers the peer that opened a stream, until it ends; rejects as `syncWith` does. */
export async function serveSync(stream: FrameStream, log: SyncLog, clock: Clock): Promise<void> {
  const wire = new SyncWire(stream)
  const opened = new Set<string>()
  let current: Current | undefined
  let frames = 0
  try {
    for (let frame = await wire.readOrEnd(); frame !== undefined; frame = await wire.readOrEnd()) {
      if (++frames > MAX_FRAMES) throw new SyncFaultError('more frames than a session has use for')
      if (frame.kind === 'open') {
        if (opened.has(frame.class)) throw new SyncFaultError('a class opened twice')
        opened.add(frame.class)
        current = await answerOpen(wire, log, frame, clock)
      } else if (current === undefined) throw new SyncFaultError('nothing was opened')
      else await answer(wire, log, current, frame)
    }
  } catch (thrown) {
    stream.abort('the sync broke off')
    throw thrown
  }
}

async function answer(wire: SyncWire, log: SyncLog, { synced, reconciler }: Current, frame: SyncFrame): Promise<void> {
  if (frame.kind === 'reconcile') await reconcile(wire, reconciler, frame.bytes)
  else if (frame.kind === 'want') await sendEntries(wire, log, frame.ids)
  else if (frame.kind === 'offer') await receiveOffer(wire, log, synced.class, frame.ids)
  else throw new SyncFaultError('a frame out of turn')
}

/** Answers the opener's first message, which comes right behind: or tells that the session begins higher up. */
async function answerOpen(wire: SyncWire, log: SyncLog, open: Open, clock: Clock): Promise<Current | undefined> {
  const first = await wire.read()
  if (first.kind !== 'reconcile') throw new SyncFaultError('opened without a message')
  const synced = log.classes.find(each => each.class === open.class)
  if (synced === undefined) {
    await wire.write({ kind: 'done' })
    return undefined
  }
  const { from, isOlderLeft } = await boundFor(synced, open)
  const reconciler = new Reconciler(synced.set, clock, { role: 'responder', from })
  if (compareBounds(from, open.from) > 0) await wire.write({ kind: 'raise', from, isOlderLeft })
  else await reconcile(wire, reconciler, first.bytes)
  return { synced, reconciler }
}

async function boundFor(synced: SyncedClass, open: Open): Promise<{ from: SyncBound; isOlderLeft: boolean }> {
  const later = laterBound(synced.from, open.from)
  const { count } = await synced.set.sum(later, HIGHEST)
  const ahead = count - open.count - MAX_AHEAD
  const item = ahead > 0 ? await synced.set.at(later, HIGHEST, ahead) : undefined
  return item === undefined ? { from: later, isOlderLeft: false } : { from: boundBelow(item), isOlderLeft: true }
}

async function reconcile(wire: SyncWire, reconciler: Reconciler, bytes: Uint8Array): Promise<void> {
  const message = await reconciler.receive(bytes)
  if (message === undefined) throw new UnavailableError('a sync beyond its limits')
  await wire.write({ kind: 'reconcile', bytes: message })
}
