import { expect, test } from 'vitest'
import { page } from 'vitest/browser'
import { createPlainPeer, memberId } from './plain-peer.ts'
import { showWorkspace } from './show.tsx'

const messages = page.getByRole('log', { name: 'Messages' })
const START = Date.parse('2026-11-20T09:00:00Z')

test('a message that arrived late stands in its place and says so; the others say nothing', async () => {
  await page.viewport(1280, 800)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen', [
    { by: 'Bo', text: 'first', time: START },
    { by: 'Cy', text: 'late already', time: START + 1000, late: true },
    { by: 'Bo', text: 'last', time: START + 3_600_000 }
  ])
  showWorkspace(peer, `#/room/${room.id}`)
  await expect.element(messages.getByText('arrived late')).toBeVisible()
  peer.hear(room.id, { by: 'Dee', text: 'late just now', time: START + 2000, late: true })
  await expect.element(messages.getByText('late just now')).toBeVisible()
  const rows = [...messages.element().querySelectorAll('.message')]
  expect(rows.map(row => row.textContent.includes('arrived late'))).toEqual([false, true, true, false])
  expect(rows.map(row => row.querySelector('.message-text')?.textContent)).toEqual([
    'first',
    'late already',
    'late just now',
    'last'
  ])
})

test('a member who signed two messages as one is marked in the details; the others are not', async () => {
  await page.viewport(1280, 800)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen', [{ by: 'Bo', text: 'hello' }])
  peer.setMembers(room.id, [
    { member: memberId('Bo'), nick: 'Bo', online: true, equivocated: true },
    { member: memberId('Cy'), nick: 'Cy', online: true }
  ])
  showWorkspace(peer, `#/room/${room.id}/details`)
  const list = page.getByRole('list', { name: 'Members' })
  const flags = list.getByText('signed two messages as one')
  await expect.element(flags).toBeVisible()
  expect(flags.elements()).toHaveLength(1)
  expect(flags.element().closest('li')?.textContent).toContain('Bo')
})
