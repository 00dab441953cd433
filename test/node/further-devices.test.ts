import { expect, test } from 'vitest'
import { people } from './people.ts'
import { jsonLines, untilReady } from './program.ts'

const WORDS = 'correct horse battery staple'
const { as, file, listOf, resultOf, running, up } = people(['anna', 'bob'], ['anna', 'bob'])

/** Says it, and waits until another member has it. */
function delivers(name: string, text: string): Promise<{ to: number }> {
  return resultOf(name, 'send', 'Loft', text, '--wait', '1')
}

async function lines(name: string): Promise<string[]> {
  const read = await listOf<{ nick: string; text: string }>(name, 'read', 'Loft')
  return read.map(({ nick, text }) => `${nick}: ${text}`)
}

test('an imported identity comes into its private rooms while the first device is away, and a lost one is taken out', async () => {
  await resultOf('anna', 'room', 'create', 'Loft')
  const { invite } = await resultOf<{ invite: string }>('anna', 'room', 'invite', 'Loft')
  await resultOf('bob', 'room', 'join', invite)
  await delivers('anna', 'before')
  const exported = file('anna.starling')
  expect(await as('anna', ['id', 'export', exported], `${WORDS}\n`)).toMatchObject({ exit: 0 })
  const imported = await as('phone', ['id', 'import', exported], `${WORDS}\n`)
  expect(jsonLines(imported.out)).toMatchObject([{ nick: 'anna', rooms: ['Loft'] }])
  await running('anna')?.stop()

  const phone = up('phone')
  await untilReady(phone)
  await phone.line(line => line.includes('"text":"before"'))
  expect(await delivers('phone', 'from the phone')).toMatchObject({ to: 1 })
  expect(await lines('phone')).toEqual(['anna: before', 'anna: from the phone'])
  const members = await listOf<{ nick: string; devices: string[] }>('bob', 'room', 'members', 'Loft')
  expect(members.map(({ nick, devices }) => `${nick}: ${devices.length}`).toSorted()).toEqual(['anna: 2', 'bob: 1'])

  const laptop = up('anna')
  await untilReady(laptop)
  await laptop.line(line => line.includes('from the phone'))
  const { device } = await resultOf<{ device: string }>('phone', 'id')
  await resultOf('anna', 'room', 'remove', 'Loft', 'anna', '--device', device.slice(0, 10))
  await delivers('anna', 'without the phone')
  expect(await as('phone', ['send', 'Loft', 'me again'])).toMatchObject({ exit: 3 })
  expect(await lines('phone')).not.toContain('anna: without the phone')
  expect(await as('anna', ['room', 'remove', 'Loft', 'anna', '--device', 'ffffffff'])).toMatchObject({ exit: 2 })
})
