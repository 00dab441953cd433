import type { Clock, Millis } from '../../bytes/index.ts'
import type { FrameStream, ProtocolLimits } from '../../network/index.ts'
import { compareBounds, HIGHEST } from './bound.ts'
import { pull, push } from './entry-flow.ts'
import { Reconciler } from './reconciler.ts'
import { MAX_SYNC_FRAME_BYTES } from './sync-frame.ts'
import type { SyncedClass, SyncLog, SyncReport } from './sync-log.ts'
import { SyncFaultError, SyncWire } from './sync-wire.ts'

/**
 * One session of `/starling/sync/1`. The opener drives it, class by class: it opens with its first message, the other side
 * answers until the opener knows the differences; then the opener asks for what it lacks, newest first, and offers what
 * only it has. Who may sync is settled before: whoever hands over the stream has made sure of the other side.
 */
export const SYNC_PROTOCOL = '/starling/sync/1'

/** Long enough to move the most that a session may over a slow path. */
const MAX_SESSION_DURATION: Millis = 120_000

export const SYNC_LIMITS: ProtocolLimits = {
  maxFrameBytes: MAX_SYNC_FRAME_BYTES,
  // Of each of two classes: 2 MiB of messages and 4 MiB of offers; 16 MiB of entries, and what was under way beyond that.
  maxTotalBytes: 48 * 1024 * 1024,
  maxDuration: MAX_SESSION_DURATION,
  // One for each of a few rooms that two peers share.
  maxStreamsPerPeer: 4,
  // Each may hold a message and a group of entries, some megabytes.
  maxStreams: 16
}

/**
 * Syncs with the peer behind a stream that this side opened; one report for each class. Rejects when the stream breaks, and
 * with a `SyncFaultError` when the other side breaks the protocol; what was taken by then stays.
 */
export async function syncWith(stream: FrameStream, log: SyncLog, clock: Clock): Promise<SyncReport[]> {
  const wire = new SyncWire(stream)
  const reports: SyncReport[] = []
  try {
    for (const each of log.classes) reports.push(await syncClass(wire, log, each, clock))
    await stream.end()
    if (reports.some(({ sent }) => sent > 0)) await awaitStored(wire)
    return reports
  } catch (thrown) {
    stream.abort('the sync broke off')
    throw thrown
  }
}

/** The other side ends when it has stored what it was sent. */
async function awaitStored(wire: SyncWire): Promise<void> {
  if ((await wire.readOrEnd()) !== undefined) throw new SyncFaultError('more than was asked for')
}

async function syncClass(wire: SyncWire, log: SyncLog, synced: SyncedClass, clock: Clock): Promise<SyncReport> {
  const { count } = await synced.set.sum(synced.from, HIGHEST)
  await wire.write({ kind: 'open', class: synced.class, from: synced.from, count })
  const { differences, isWhole } = await findDifferences(wire, synced, clock)
  const pulled = await pull(wire, log, synced.class, differences.need())
  const pushed = await push(wire, log, differences.have())
  return {
    class: synced.class,
    rounds: differences.rounds,
    reconciliationBytes: differences.bytes,
    ...pulled,
    sent: pushed.sent,
    isComplete: isWhole && differences.isDone && pulled.isComplete && pushed.isComplete
  }
}

/** Exchanges messages until this side knows the differences; once, the other side may raise the bound above them. */
async function findDifferences(wire: SyncWire, { set, from }: SyncedClass, clock: Clock) {
  let differences = new Reconciler(set, clock, { role: 'initiator', from })
  let message = await differences.start()
  let isWhole = true
  let isRaised = false
  while (message !== undefined) {
    await wire.write({ kind: 'reconcile', bytes: message })
    const frame = await wire.read()
    if (frame.kind === 'reconcile') message = await differences.receive(frame.bytes)
    else if (frame.kind === 'done') return { differences, isWhole: false }
    else if (frame.kind === 'raise' && !isRaised && compareBounds(frame.from, from) > 0) {
      isRaised = true
      isWhole = !frame.isOlderLeft
      differences = new Reconciler(set, clock, { role: 'initiator', from: frame.from })
      message = await differences.start()
    } else throw new SyncFaultError('a message answered with something else')
  }
  return { differences, isWhole }
}
