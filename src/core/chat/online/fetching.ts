import { toHex } from '../../bytes/index.ts'
import { decodeEntry, decodeErasedEntry, encodeEntry, isWhole, type StoredEntry } from '../../log/index.ts'
import type { Room } from '../room/room.ts'
import { MAX_ANSWER_BYTES } from './exchange.ts'
import type { ExchangeMessage } from './exchange-codec.ts'

export type Fetch = Extract<ExchangeMessage, { kind: 'fetch' }>

/** The entries that were asked for, as far as they are here and fit, each behind the introduction of its author. */
export async function* answerFetch(room: Room, { ids, context }: Fetch): AsyncIterable<ExchangeMessage> {
  let bytes = 0
  const introduced = new Set<string>()
  for await (const entry of room.fetch(ids, context)) {
    for (const profile of room.introducedWith(entry)) {
      if (introduced.has(toHex(profile.certificate))) continue
      introduced.add(toHex(profile.certificate))
      yield { kind: 'introduce', profile }
    }
    const encoded = encodeEntry(entry)
    bytes += encoded.length
    if (bytes > MAX_ANSWER_BYTES) return
    yield isWhole(entry) ? { kind: 'entry', entry: encoded } : { kind: 'erased', header: encoded }
  }
}

/** What is no entry, or is broken, is left out: it is asked for again. */
export function storedEntryIn(answer: ExchangeMessage): StoredEntry | undefined {
  if (answer.kind !== 'entry' && answer.kind !== 'erased') return undefined
  const decoded = answer.kind === 'entry' ? decodeEntry(answer.entry) : decodeErasedEntry(answer.header)
  return decoded.ok ? decoded.value : undefined
}
