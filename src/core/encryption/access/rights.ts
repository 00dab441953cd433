import { rankOf, type Action, type Operation, type OperationId, type Role } from './operation.ts'
import type { MemberId } from '../../identity/index.ts'

/** What an author's right is judged by: the room as its own past shows it. */
export interface View {
  readonly role: (member: MemberId) => Role | undefined
  readonly isBanned: (member: MemberId) => boolean
  readonly owners: () => number
  /** An invite that stands and is not revoked. */
  readonly invite: (id: OperationId) => { readonly role: Role; readonly author: MemberId } | undefined
  readonly isClosed: () => boolean
  /** Of a direct conversation: who began it, and who alone may come in. */
  readonly pair: () => readonly [MemberId, MemberId] | undefined
}

/** Why an operation is not its author's to make, or undefined when it is. Rule 3 of `resolve-access.ts`. */
export function forbids({ author, action }: Pick<Operation, 'author' | 'action'>, view: View): string | undefined {
  if (action.kind === 'create') return undefined
  const role = view.role(author)
  if (role === undefined) return 'its author is no member'
  if (view.isClosed()) return 'the room is closed'
  if (view.pair() !== undefined && !isOfDirect(author, action)) return 'in a direct conversation nobody may do that'
  return may(role, author, action, view) ? undefined : whoMay(role, action)
}

/** For people: who does what this role may not. */
function whoMay(role: Role, { kind }: Action): string {
  switch (kind) {
    case 'policy':
    case 'close':
    case 'create':
      return 'only an owner may'
    case 'revoke-device':
      return 'only an owner may, or whose device it is'
    case 'revoke':
      return 'only owners and admins may, and who made the invite'
    case 'admit':
      return 'only who writes in the room may, by an invite that holds'
    case 'device':
      return 'only who writes in the room may, or whose device it is'
    case 'invite':
    case 'remove':
    case 'role':
      if (role === 'owner') return 'there is no such member, or no owner would be left'
      return role === 'admin' ? 'an admin may only with members and observers' : 'only owners and admins may'
  }
}

function may(role: Role, author: MemberId, action: Exclude<Action, { kind: 'create' }>, view: View): boolean {
  switch (action.kind) {
    case 'admit':
      return mayAdmit(role, action, view)
    case 'role':
      return mayChange(role, author, action, view)
    case 'remove':
      return action.member === author ? !isOnlyOwner(author, view) : isBelow(view.role(action.member), role)
    case 'invite':
      return isAtLeast('admin', role) && isBelow(action.role, role)
    case 'revoke':
      return isAtLeast('admin', role) || view.invite(action.invite)?.author === author
    case 'policy':
    case 'close':
      return role === 'owner'
    case 'device':
      return view.role(action.member) !== undefined && (action.member === author || isAtLeast('member', role))
    case 'revoke-device':
      return action.member === author || (role === 'owner' && view.role(action.member) !== undefined)
  }
}

/** Of two neither has a say over the other: one lets the other in, and both have devices and leave. */
function isOfDirect(author: MemberId, action: Action): boolean {
  if (action.kind === 'remove' || action.kind === 'revoke-device') return action.member === author
  return action.kind === 'admit' || action.kind === 'invite' || action.kind === 'device'
}

function mayAdmit(role: Role, { member, role: given, invite: cited }: Extract<Action, { kind: 'admit' }>, view: View) {
  const [, other = member] = view.pair() ?? []
  if (view.role(member) !== undefined || member !== other) return false
  if (cited === undefined) return isAtLeast('admin', role) && isBelow(given, role)
  const invite = view.invite(cited)
  return isAtLeast('member', role) && invite !== undefined && given === invite.role && !view.isBanned(member)
}

/** Others below oneself, to what is below oneself; oneself only downwards. */
function mayChange(
  role: Role,
  author: MemberId,
  { member, role: given }: Extract<Action, { kind: 'role' }>,
  view: View
) {
  if (member === author) return rankOf(given) < rankOf(role) && !isOnlyOwner(author, view)
  return isAtLeast('admin', role) && isBelow(view.role(member), role) && isBelow(given, role)
}

/** Owners stand above all, other owners included. */
function isBelow(other: Role | undefined, role: Role): boolean {
  return other !== undefined && (role === 'owner' || rankOf(other) < rankOf(role))
}

function isAtLeast(least: Role, role: Role): boolean {
  return rankOf(role) >= rankOf(least)
}

function isOnlyOwner(member: MemberId, view: View): boolean {
  return view.role(member) === 'owner' && view.owners() === 1
}
