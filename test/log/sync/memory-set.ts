import { toHex } from '../../../src/core/bytes/index.ts'
import type { EntryId, SyncItem } from '../../../src/core/log/index.ts'

export { MemorySet } from '../../../src/core/log/index.ts'

export function itemOf(ms: number, id: Uint8Array): SyncItem {
  return { ms, id: toHex(id) as EntryId }
}
