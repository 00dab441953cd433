import type { Operation, OperationId } from './operation.ts'

/** A set of operations by their place in the history, closed downwards: with each all that it knew. */
export class Places {
  readonly #words: Uint32Array

  constructor(size: number, words = new Uint32Array((size + 31) >>> 5)) {
    this.#words = words
  }

  has(place: number): boolean {
    return (((this.#words[place >>> 5] ?? 0) >>> (place & 31)) & 1) === 1
  }

  add(place: number): void {
    this.#words[place >>> 5] = (this.#words[place >>> 5] ?? 0) | (1 << (place & 31))
  }

  addAll(other: Places): void {
    for (const [index, word] of other.#words.entries()) this.#words[index] = (this.#words[index] ?? 0) | word
  }

  within(other: Places): Places {
    return new Places(
      0,
      this.#words.map((word, index) => word & (other.#words[index] ?? 0))
    )
  }

  /** Whether of that range just these are here. */
  agrees(range: Places, these: Places): boolean {
    for (let index = 0; index < this.#words.length; index += 1) {
      const here = (this.#words[index] ?? 0) & (range.#words[index] ?? 0)
      if (here >>> 0 !== these.#words[index]) return false
    }
    return true
  }

  /** Equal sets have equal keys. */
  key(): string {
    return this.#words.join()
  }
}

/** An operation in its place, with what it knew. */
export interface Placed {
  readonly place: number
  readonly operation: Operation
  readonly past: Places
  /** The longest way down to `create`: smaller than that of all that know it. */
  readonly depth: number
}

/**
 * The operations that hang together from `create` upwards, each behind all that it knew. What knows something that is not here waits
 * outside, and so does what does not stand above its device's own previous operation.
 */
export class History {
  readonly all: readonly Placed[]
  readonly #byId: ReadonlyMap<OperationId, Placed>

  constructor(operations: Iterable<Operation>, room: OperationId) {
    const given = [...operations].toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const placed = new Map<OperationId, Placed>()
    const all: Placed[] = []
    let waiting: Operation[] = given
    for (let isNew = true; isNew;) {
      const left: Operation[] = []
      for (const operation of waiting) {
        const found = placeOperation(operation, room, placed, given.length)
        if (found === undefined) left.push(operation)
        else {
          placed.set(operation.id, found)
          all.push(found)
        }
      }
      isNew = left.length < waiting.length
      waiting = left
    }
    this.all = all
    this.#byId = placed
  }

  get(id: OperationId): Placed | undefined {
    return this.#byId.get(id)
  }

  everything(): Places {
    const places = new Places(this.all.length)
    for (const { place } of this.all) places.add(place)
    return places
  }
}

function placeOperation(
  operation: Operation,
  room: OperationId,
  placed: ReadonlyMap<OperationId, Placed>,
  size: number
): Placed | undefined {
  const isFirst = operation.action.kind === 'create' && operation.id === room
  const parents = operation.parents.map(id => placed.get(id))
  if (isFirst !== (parents.length === 0) || (operation.action.kind === 'create' && !isFirst)) return undefined
  const past = new Places(size)
  let depth = 0
  for (const parent of parents) {
    if (parent === undefined) return undefined
    past.addAll(parent.past)
    past.add(parent.place)
    depth = Math.max(depth, parent.depth + 1)
  }
  const previous = operation.previous === undefined ? undefined : placed.get(operation.previous)
  if (operation.previous !== undefined && (previous === undefined || !past.has(previous.place))) return undefined
  return { place: placed.size, operation, past, depth }
}

export function isConcurrent(a: Placed, b: Placed): boolean {
  return a.place !== b.place && !a.past.has(b.place) && !b.past.has(a.place)
}
