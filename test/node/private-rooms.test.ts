import { expect, test } from 'vitest'
import { people } from './people.ts'
import { ALONE, runProgram } from './program.ts'

/** Anna's and Cy's peers run all the time, others' only for as long as a command takes. */
const { as, file, listOf, resultOf, running } = people(['anna', 'bob', 'cy'], ['anna', 'cy'])

interface Invite {
  readonly id: string
}

test('a room is made, others come in by links and go, and an old link brings nobody back', async () => {
  const room = await resultOf<{ id: string; name: string }>('anna', 'room', 'create', 'Loft', '--history', 'all')
  await resultOf('anna', 'send', 'Loft', 'before')
  const { invite } = await resultOf<{ invite: string }>('anna', 'room', 'invite', 'Loft')
  const terms = ['--role', 'observer', '--expires', '1h', '--uses', '1']
  const once = await resultOf<{ invite: string }>('anna', 'room', 'invite', 'Loft', ...terms)
  expect(invite).toMatch(/^starling:join\//)
  expect(await listOf('anna', 'room', 'invites', 'Loft')).toMatchObject([
    { role: 'member', uses: null, used: 0, state: 'open' },
    { role: 'observer', uses: 1, used: 0, state: 'open' }
  ])

  expect(await resultOf('bob', 'room', 'join', invite)).toEqual(room)
  expect(await resultOf('cy', 'room', 'join', once.invite)).toEqual(room)
  const members = await listOf<{ nick: string; role: string }>('anna', 'room', 'members', 'Loft')
  expect(members.map(({ nick, role }) => `${nick} ${role}`).toSorted()).toEqual([
    'anna owner',
    'bob member',
    'cy observer'
  ])
  expect(await as('cy', ['send', 'Loft', 'me too'])).toMatchObject({ exit: 3 })
  await resultOf('anna', 'room', 'role', 'Loft', 'cy', 'member')
  await resultOf('anna', 'room', 'set', 'Loft', 'history', 'none')
  expect(await listOf('anna', 'room', 'list')).toMatchObject([{ kind: 'private', role: 'owner', history: 'none' }])

  await resultOf('anna', 'room', 'remove', 'Loft', 'bob')
  const refused = await as('bob', ['room', 'join', invite])
  expect(refused).toMatchObject({ exit: 3, out: '' })
  expect(refused.diagnostics).toMatch(/revoked: ask for a new one/)
})

test('who may not is told so: exit 3', async () => {
  await resultOf('anna', 'room', 'create', 'Attic')
  const { member } = await resultOf<{ member: string }>('anna', 'id', 'show')
  const { invite } = await resultOf<{ invite: string }>('anna', 'room', 'invite', 'Attic')
  await resultOf('cy', 'room', 'join', invite)
  for (const words of [
    ['remove', 'Attic', member],
    ['role', 'Attic', member, 'member'],
    ['set', 'Attic', 'name', 'Cellar'],
    ['close', 'Attic'],
    ['invite', 'Attic', '--role', 'owner']
  ]) {
    const outcome = await as('cy', ['room', ...words])
    expect([words, outcome]).toEqual([words, { exit: 3, out: '', diagnostics: expect.any(String) }])
  }
  const [{ id } = { id: '' }] = await listOf<Invite>('anna', 'room', 'invites', 'Attic')
  await resultOf('anna', 'room', 'revoke', id.slice(0, 12))
  expect(await listOf('anna', 'room', 'invites', 'Attic')).toMatchObject([{ state: 'revoked' }])
  await resultOf('anna', 'room', 'close', 'Attic')
  expect(await as('anna', ['send', 'Attic', 'still'])).toMatchObject({ exit: 3 })
})

test('what is decided without a running peer reaches who is there', async () => {
  await resultOf('anna', 'room', 'create', 'Shed')
  const { invite } = await resultOf<{ invite: string }>('anna', 'room', 'invite', 'Shed', '--role', 'admin')
  await resultOf('eve', 'room', 'join', invite)
  const { member } = await resultOf<{ member: string }>('eve', 'id', 'show')
  await resultOf('eve', 'room', 'revoke', invite)
  expect(await listOf('anna', 'room', 'invites', 'Shed')).toMatchObject([{ role: 'admin', used: 1, state: 'revoked' }])
  await resultOf('eve', 'room', 'leave', 'Shed')
  await running('anna')?.line(line => line.includes(member) && line.includes('"change":"left"'))
  const again = await resultOf<{ invite: string }>('anna', 'room', 'invite', 'Shed')
  await resultOf('eve', 'room', 'join', again.invite)
  await resultOf('eve', 'send', 'Shed', 'back again', '--wait', '1')
})

test('where nobody is, joining waits, exits 4 and is gone on with', async () => {
  await resultOf('dee', 'room', 'create', 'Cabin')
  const { invite } = await resultOf<{ invite: string }>('dee', 'room', 'invite', 'Cabin')
  const outcome = await as('cy', ['room', 'join', invite, '--timeout', '1'])
  expect(outcome).toMatchObject({ exit: 4, out: '' })
  expect(outcome.diagnostics).toMatch(/no member let you into "Cabin" within 1 s: .*; the running peer goes on trying/)
  expect(await listOf('cy', 'room', 'list')).toContainEqual(
    expect.objectContaining({ name: 'Cabin', joining: expect.stringMatching(/asking|waiting/) })
  )
})

test('a room is forgotten, whether a peer runs or not, also when it was left before', async () => {
  for (const name of ['anna', 'dee']) {
    const { id } = await resultOf<{ id: string }>(name, 'room', 'create', 'Shelf')
    expect(await resultOf(name, 'room', 'forget', 'Shelf')).toEqual({ id })
    expect(await as(name, ['room', 'forget', id])).toMatchObject({ exit: 2, out: '' })
    const left = await resultOf<{ id: string }>(name, 'room', 'create', 'Nook')
    const { out } = await runProgram(['room', 'leave', 'Nook', '--data', file(name), ...ALONE])
    expect(out).toContain(` room forget ${left.id}`)
    expect(await resultOf(name, 'room', 'forget', left.id)).toEqual({ id: left.id })
  }
  const { id } = await resultOf<{ id: string }>('anna', 'room', 'join', 'shelf of all', '--open')
  await resultOf('anna', 'send', 'shelf of all', 'hello')
  await resultOf('anna', 'room', 'leave', 'shelf of all')
  expect(await resultOf('anna', 'room', 'forget', 'shelf of all')).toEqual({ id })
})

test('who is in and opens a newer invite comes back by it; where nobody is, that is said, and what is here is read', async () => {
  const room = await resultOf<{ id: string }>('anna', 'room', 'create', 'Hut')
  const inviteBy = async (name: string, ...terms: string[]): Promise<string> =>
    (await resultOf<{ invite: string }>(name, 'room', 'invite', 'Hut', ...terms)).invite
  await resultOf('bob', 'room', 'join', await inviteBy('anna'))
  await resultOf('dee', 'room', 'join', await inviteBy('anna', '--role', 'admin'))
  await resultOf('bob', 'send', 'Hut', 'hello', '--wait', '1')
  expect(await resultOf('bob', 'room', 'join', await inviteBy('anna'))).toMatchObject({ id: room.id })
  await running('anna')?.stop()
  const outcome = await as('bob', ['room', 'join', await inviteBy('dee'), '--timeout', '1'])
  expect(outcome).toMatchObject({ exit: 4, out: '' })
  expect(outcome.diagnostics).toMatch(
    /no member brought you back into "Hut" within 1 s: it takes one who is online; .* up goes on trying/
  )
  expect(await listOf('bob', 'room', 'list')).toContainEqual(
    expect.objectContaining({ name: 'Hut', role: 'member', returning: expect.stringMatching(/asking|waiting/) })
  )
  expect(await listOf('bob', 'read', 'Hut')).toMatchObject([{ text: 'hello' }])
})
