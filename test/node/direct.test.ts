import { expect, test } from 'vitest'
import { people } from './people.ts'

/** All three run on loopback, connected to Anna's. */
const { as, listOf, resultOf } = people(['anna', 'bob', 'cy'], ['anna', 'bob', 'cy'])

interface Room {
  readonly id: string
  readonly name: string
  readonly direct?: string
}

async function directsOf(name: string): Promise<Room[]> {
  const rooms = await listOf<Room>(name, 'room', 'list')
  return rooms.filter(({ direct }) => direct !== undefined)
}

test('two members of a room write to each other alone, and the third has nothing of it', async () => {
  await resultOf('anna', 'room', 'create', 'Loft')
  const { invite } = await resultOf<{ invite: string }>('anna', 'room', 'invite', 'Loft')
  for (const name of ['bob', 'cy']) await resultOf(name, 'room', 'join', invite)
  expect(await resultOf('anna', 'dm', 'bob', 'only', 'for', 'you', '--wait', '1')).toMatchObject({ to: 1 })
  expect(await resultOf('bob', 'read', 'anna')).toMatchObject({ text: 'only for you', nick: 'anna' })
  const { member } = await resultOf<{ member: string }>('anna', 'id', 'show')
  expect(await resultOf('bob', 'dm', member.slice(0, 12), 'thanks', '--wait', '1')).toMatchObject({ to: 1 })
  const [rooms, [room]] = [await directsOf('anna'), await directsOf('bob')]
  expect(rooms).toMatchObject([{ id: room?.id, name: 'bob', kind: 'private', members: 2 }])
  expect(room).toMatchObject({ name: 'anna', direct: member })
  expect(await directsOf('cy')).toEqual([])
  const decisions = [['invite'], ['invites'], ['close'], ['set', 'name', 'Ours'], ['remove', 'anna'], ['ban', 'anna']]
  for (const [decision = '', ...words] of decisions)
    expect(await as('bob', ['room', decision, 'anna', ...words])).toMatchObject({ exit: 3 })
})

test('two who write to each other at one time wait until the other has it, and go on in one conversation', async () => {
  const sent = [as('bob', ['dm', 'cy', 'from bob', '--wait', '1']), as('cy', ['dm', 'bob', 'from cy', '--wait', '1'])]
  for (const outcome of await Promise.all(sent)) expect(outcome).toMatchObject({ exit: 0, diagnostics: '' })
  for (const [name, other] of [
    ['bob', 'cy'],
    ['cy', 'bob']
  ] as const) {
    const said = await listOf<{ text: string }>(name, 'read', other)
    expect(said.map(({ text }) => text).toSorted()).toEqual(['from bob', 'from cy'])
  }
})

test('who is nobody, or oneself, is bad input', async () => {
  for (const reference of ['nobody', 'cy'])
    expect(await as('cy', ['dm', reference, 'hello'])).toMatchObject({ exit: 2 })
  expect(await as('cy', ['dm', 'bob'])).toMatchObject({ exit: 2 })
})
