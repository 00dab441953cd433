import { UsageError, type Millis } from '../../bytes/index.ts'
import { bodyKeyIn, reopenBody, type OpenedBody, type RoomKeys } from '../../encryption/index.ts'
import type { DeviceId, MemberId } from '../../identity/index.ts'
import { isWhole, type EntryStore, type StoredEntry } from '../../log/index.ts'
import type { Amendments } from './amendments.ts'
import { decodeContent, DELETION_KIND, EDIT_KIND } from './content.ts'
import type { Place } from './sequence-index.ts'

/** How long a room's messages stay on this device. */
export type Retention =
  | { readonly kind: 'age'; readonly millis: Millis }
  | { readonly kind: 'count'; readonly messages: number }
  | { readonly kind: 'forever' }

export const FOREVER: Retention = { kind: 'forever' }

const UNITS: Readonly<Record<string, Millis>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 }
/** Less would erase what others have not had a chance to read. */
const SHORTEST: Millis = 60_000
const MAX_MESSAGES = 10_000_000

/** `30d`, `12h`, a number of messages, or `forever`. */
export function parseRetention(text: string): Retention {
  if (text === 'forever') return FOREVER
  const [, digits = '', unit] = /^(\d{1,9})([smhdw]?)$/.exec(text) ?? []
  const number = Number(digits)
  if (digits === '' || number === 0) {
    throw new UsageError(
      `retention ${JSON.stringify(text)}: neither a time (30d, 12h), a number of messages nor forever`
    )
  }
  if (unit === '' || unit === undefined) {
    if (number > MAX_MESSAGES) throw new UsageError(`retention ${text}: at most ${MAX_MESSAGES} messages`)
    return { kind: 'count', messages: number }
  }
  const millis = number * (UNITS[unit] ?? 0)
  if (millis < SHORTEST) throw new UsageError(`retention ${text}: at least a minute`)
  return { kind: 'age', millis }
}

/** The inverse of `parseRetention`. */
export function retentionWords(retention: Retention): string {
  if (retention.kind === 'forever') return 'forever'
  if (retention.kind === 'count') return String(retention.messages)
  const [unit = 's', length = 1000] = Object.entries(UNITS).findLast(([, each]) => retention.millis % each === 0) ?? []
  return `${retention.millis / length}${unit}`
}

/** Entries older than this go, by this device's own setting and clock: nobody else's word counts. */
export async function floorOf(store: EntryStore, retention: Retention, now: Millis): Promise<Millis> {
  if (retention.kind === 'forever') return 0
  if (retention.kind === 'age') return Math.max(0, now - retention.millis)
  const oldest = await store.shownTime(retention.messages - 1)
  return oldest ?? 0
}

/** An entry that goes, with whose it is. */
export interface Outdated {
  readonly entry: StoredEntry
  readonly place: Place | undefined
}

export interface OutdatedDeps {
  readonly keys: RoomKeys
  readonly memberOf: (device: DeviceId) => MemberId | undefined
  /** Of the entries that go together; what they said of others is taken out of it. */
  readonly amendments: Amendments
}

export async function outdatedOf({ keys, memberOf, amendments }: OutdatedDeps, entry: StoredEntry): Promise<Outdated> {
  const body = bodyOf(keys, entry)
  if (body === undefined) {
    return { entry, place: await amendments.toldOf(entry) }
  }
  const content = decodeContent(body.kind, body.content)
  const member = memberOf(body.device)
  if (content.ok && content.value.kind === EDIT_KIND && member !== undefined) {
    await amendments.removeEdit(content.value.target, member, entry)
  }
  if (content.ok && content.value.kind === DELETION_KIND) {
    for (const target of content.value.targets) await amendments.removeClaims(target, entry.id)
  }
  return { entry, place: body }
}

function bodyOf(keys: RoomKeys, entry: StoredEntry): OpenedBody | undefined {
  const key = bodyKeyIn(keys.epochs, entry)
  return isWhole(entry) && key !== undefined ? reopenBody(key, entry) : undefined
}
