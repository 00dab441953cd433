import type { RandomBytes } from '../../bytes/index.ts'
import { generationId, sealEntry, type ControlWords, type Generation, type RoomId } from '../../encryption/index.ts'
import type { SigningKey } from '../../identity/index.ts'
import { SALT_BYTES, type Entry, type EntryId, type HybridTime } from '../../log/index.ts'

/** Where an entry stands among what its author said. */
interface ControlPlace {
  readonly roomId: RoomId
  readonly time: HybridTime
  readonly sequence: number
  readonly previous: EntryId | undefined
}

/** Seals a control entry for all who know the generation. */
export function sealControl(
  { deviceKey, random }: { readonly deviceKey: SigningKey; readonly random: RandomBytes },
  generation: Generation,
  { roomId, time, sequence, previous }: ControlPlace,
  words: ControlWords
): Promise<Entry> {
  const epoch = generationId(generation)
  const start = { class: 'control', epoch, clock: time, extensions: [], salt: random(SALT_BYTES) } as const
  const body = { sequence, previous, parents: [], ...words }
  return sealEntry({ roomId, contentKey: generation.controlKey }, deviceKey, start, body)
}
