import type { MemberId } from '../identity/index.ts'
import type { Access, Action, OperationId } from './access/index.ts'
import type { CommitClaim, EpochId } from './epochs/index.ts'
import { MemberQuota, type QuotaLimits } from './member-quota.ts'

/**
 * Owners and admins let people in and out for years; others let in who shows an invite, and bring devices. Of the devices and key packages that all
 * bring there are no more. Each time that one more came all are judged again: of 4,000 in a row for some seconds.
 */
const OPERATIONS: QuotaLimits = { leader: 4096, other: 256, others: 4096 }
/** Whoever has something to say makes the commit that is due. So many claims take some ten megabytes. */
const COMMITS: QuotaLimits = { leader: 4096, other: 1024, others: 16_384 }
/** Of a member's places so many are for letting in who shows an invite, for that may be anybody: the others are for what there is to say itself. */
const SHARE_FOR_INVITED = 1 / 2

/** What of each member a room takes: operations and commits. */
export class RoomQuotas {
  readonly operations: MemberQuota<OperationId>
  readonly commits: MemberQuota<EpochId>
  readonly #broughtBy = new Map<MemberId, MemberId>()

  /** @param accessBefore the room as it was when that was asked for last */
  constructor(access: () => Access, accessBefore: () => Access | undefined) {
    const deps = { access, accessBefore, broughtBy: this.#broughtBy }
    this.operations = new MemberQuota(OPERATIONS, deps)
    this.commits = new MemberQuota(COMMITS, deps)
  }

  /** A member that was not known is brought by this one. */
  noteBrought(member: MemberId, by: MemberId): void {
    if (!this.#broughtBy.has(member)) this.#broughtBy.set(member, by)
  }

  /** A commit stands above these operations, and this epoch, which are not here. */
  commitLacks(
    { epoch, committer }: Pick<CommitClaim, 'epoch' | 'committer'>,
    operations: readonly OperationId[],
    epochs: readonly EpochId[]
  ): void {
    if (operations.length + epochs.length === 0) return
    this.operations.want(operations, this.commits.lacks(epochs, epoch, committer))
  }

  maySay(member: MemberId, action: Action): boolean {
    const isByInvite = action.kind === 'admit' && action.invite !== undefined
    return this.operations.hasPlace(member, isByInvite ? SHARE_FOR_INVITED : 1)
  }

  /** Whether since this was asked before something has come to be wanted that may have had no place. */
  takeNewWants(): boolean {
    const [ofOperations, ofCommits] = [this.operations.takeNewWants(), this.commits.takeNewWants()]
    return ofOperations || ofCommits
  }
}
