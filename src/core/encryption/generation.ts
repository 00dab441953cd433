import {
  ByteWriter,
  type ByteReader,
  decodeWith,
  deriveKey,
  openOnce,
  sealOnce,
  type RandomBytes
} from '../bytes/index.ts'
import { EPOCH_ID_BYTES } from '../log/index.ts'

/**
 * The secrets by which a private room's members meet and say who may do what, from one removal to the next. Random, never derived from
 * an epoch: whoever was apart must be able to meet again. 32 bytes each.
 */
export interface Generation {
  /** Opens control entries. */
  readonly controlKey: Uint8Array
  /** Where members meet: see `rendezvous.ts`. */
  readonly rendezvousSecret: Uint8Array
  /** What keepers know the room by. */
  readonly keeperTag: Uint8Array
}

const SECRET_BYTES = 32
const NO_DATA = new Uint8Array()

export function newGeneration(random: RandomBytes): Generation {
  return {
    controlKey: random(SECRET_BYTES),
    rendezvousSecret: random(SECRET_BYTES),
    keeperTag: random(SECRET_BYTES)
  }
}

/** What stands in the header of its control entries in place of an epoch: 16 bytes. */
export function generationId(generation: Generation): Uint8Array {
  const known = ids.get(generation)
  if (known !== undefined) return known
  const id = deriveKey(generation.controlKey, 'starling/generation/1', EPOCH_ID_BYTES)
  ids.set(generation, id)
  return id
}

const ids = new WeakMap<Generation, Uint8Array>()

/** For those who are in the epoch that the removal has begun. @param key of that epoch alone, for this alone */
export function sealGeneration(key: Uint8Array, generation: Generation): Uint8Array {
  return sealOnce(key, writeGeneration(new ByteWriter(), generation).finish(), NO_DATA)
}

/** The inverse; undefined when it does not open or is none. */
export function openGeneration(key: Uint8Array, sealed: Uint8Array): Generation | undefined {
  const bytes = openOnce(key, sealed, NO_DATA)
  const generation = bytes && decodeWith(bytes, readGeneration)
  return generation?.ok ? generation.value : undefined
}

/** 96 bytes. */
export function writeGeneration(
  writer: ByteWriter,
  { controlKey, rendezvousSecret, keeperTag }: Generation
): ByteWriter {
  return writer.bytes(controlKey).bytes(rendezvousSecret).bytes(keeperTag)
}

export function readGeneration(reader: ByteReader): Generation {
  return {
    controlKey: reader.bytes(SECRET_BYTES),
    rendezvousSecret: reader.bytes(SECRET_BYTES),
    keeperTag: reader.bytes(SECRET_BYTES)
  }
}
