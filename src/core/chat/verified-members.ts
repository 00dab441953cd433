import type { RecordStore } from '../log/index.ts'

const PREFIX = 'verified/'

/** Members whose safety number this device's user has compared: a note of this device, told to nobody. */
export interface VerifiedMembers {
  list(): Promise<ReadonlySet<string>>
  mark(member: string, isVerified: boolean): Promise<void>
}

export function verifiedMembers(records: RecordStore): VerifiedMembers {
  return {
    async list() {
      return new Set((await records.list(PREFIX)).map(([name]) => name.slice(PREFIX.length)))
    },
    mark: (member, isVerified) =>
      records.write([{ name: PREFIX + member, value: isVerified ? new Uint8Array([1]) : undefined }])
  }
}
