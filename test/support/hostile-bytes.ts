import { seededNumbers, seededRandom } from './seeded-random.ts'

/** Inputs that each decoder of remote bytes survives. */
const HOSTILE_INPUTS = 20_000

/**
 * Random bytes, and well-formed ones with bits flipped, cut off, prolonged, spliced or with a length field made huge:
 * the same for a given seed.
 */
export function* hostileBytes(valid: readonly Uint8Array[], count = HOSTILE_INPUTS, seed = 1): Generator<Uint8Array> {
  const next = seededNumbers(seed)
  const random = seededRandom(seed + 1)
  const below = (limit: number): number => Math.floor(next() * limit)
  for (let index = 0; index < count; index += 1) {
    const base = valid[below(valid.length)]
    yield base === undefined || below(5) === 0 ? random(below(2048)) : mutate(base)
  }

  function mutate(base: Uint8Array): Uint8Array {
    const bytes = Uint8Array.from(base)
    const at = below(Math.max(1, Math.min(bytes.length, below(2) === 0 ? 256 : bytes.length)))
    const kind = below(5)
    if (kind === 0) return bytes.slice(0, at)
    if (kind === 1) return Uint8Array.from([...bytes, ...random(1 + below(40))])
    if (kind === 2) return Uint8Array.from([...bytes.slice(0, at), ...random(1 + below(8)), ...bytes.slice(at)])
    if (kind === 3 && bytes[at] !== 255) bytes.fill(255, at, at + 4)
    else bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8))
    return bytes
  }
}
