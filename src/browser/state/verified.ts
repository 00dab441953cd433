import { signal, type ReadonlySignal } from '@preact/signals'
import type { VerifiedMembers } from '../../core/chat/index.ts'

/** Members that were verified on this device, by their ids. */
export interface Verified {
  readonly members: ReadonlySignal<ReadonlySet<string>>
  mark(member: string, isVerified: boolean): Promise<void>
}

export function createVerified(stored: VerifiedMembers, report: (thrown: unknown) => void): Verified {
  const members = signal<ReadonlySet<string>>(new Set())
  const refresh = async (): Promise<void> => {
    members.value = await stored.list()
  }
  refresh().catch(report)
  return {
    members,
    async mark(member, isVerified) {
      await stored.mark(member, isVerified)
      await refresh()
    }
  }
}
