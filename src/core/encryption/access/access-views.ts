import { CappedMap } from '../../bytes/index.ts'
import type { Access } from './access.ts'
import type { Operation, OperationId } from './operation.ts'
import { pastOf } from './past.ts'
import { resolveAccess } from './resolve-access.ts'

/** What the log came to at the places that commits cite. */
const MAX_VIEWS = 256

/** What a log of operations came to at places in it, each worked out once. */
export class AccessViews {
  readonly #operations: ReadonlyMap<OperationId, Operation>
  readonly #room: OperationId
  readonly #views = new CappedMap<string, Access>(MAX_VIEWS)

  constructor(operations: ReadonlyMap<OperationId, Operation>, room: OperationId) {
    this.#operations = operations
    this.#room = room
  }

  /** With these operations and all that they knew; undefined while one of them is missing. */
  at(heads: readonly OperationId[]): Access | undefined {
    const key = heads.join()
    const known = this.#views.get(key)
    if (known !== undefined) return known
    const past = pastOf(heads, this.#operations)
    if (past === undefined) return undefined
    const access = resolveAccess(past, this.#room)
    this.#views.set(key, access)
    return access
  }
}
