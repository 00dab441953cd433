import { beforeEach, expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { PeerReport } from '../../src/core/chat/index.ts'
import { createPlainPeer, memberId, type PlainPeer } from './plain-peer.ts'
import { showWorkspace } from './show.tsx'

const dialog = page.getByRole('dialog')
const RELAY: PeerReport = { peer: 'relay', path: 'direct', rtt: 1, address: '/x' }
const box = page.getByRole('textbox', { name: 'Message' })

beforeEach(async () => page.viewport(1280, 800))

async function privateRoom(peer: PlainPeer): Promise<string> {
  const { id } = await peer.privateRooms.create('Loft')
  peer.setMembers(id, [
    { nick: 'Ann', self: true, online: true, role: 'owner' },
    { nick: 'Bo', online: true, path: 'direct' },
    { nick: 'Cy', role: 'observer' }
  ])
  return id
}

test('a new room is private, unless one makes it open', async () => {
  const peer = createPlainPeer('Ann')
  showWorkspace(peer)
  await page.getByRole('button', { name: 'New room' }).click()
  await expect.element(dialog.getByRole('radio', { name: 'Private' })).toBeChecked()
  await userEvent.selectOptions(dialog.getByRole('combobox', { name: 'What newcomers read' }), 'Everything')
  await userEvent.type(dialog.getByRole('textbox', { name: 'Room name' }), 'Loft{Enter}')
  await expect.element(page.getByRole('heading', { name: 'Loft' })).toBeVisible()
  await page.getByRole('button', { name: 'New room' }).click()
  await dialog.getByRole('radio', { name: 'Open' }).click()
  await expect.element(dialog.getByRole('combobox')).not.toBeInTheDocument()
  await userEvent.type(dialog.getByRole('textbox', { name: 'Room name' }), 'Hall{Enter}')
  await expect.element(page.getByRole('heading', { name: 'Hall' })).toBeVisible()
  expect(peer.rooms()).toMatchObject([
    { name: 'Loft', kind: 'private', history: 'all' },
    { name: 'Hall', kind: 'open' }
  ])
})

test('an invite is there at once, as a link and a QR code; on other terms it is another; it is revoked', async () => {
  const peer = createPlainPeer('Ann')
  const id = await privateRoom(peer)
  showWorkspace(peer, `#/room/${id}`)
  const invite = page.getByRole('button', { name: 'Invite' })
  const link = dialog.getByRole('textbox', { name: 'Invite link' })
  await invite.click()
  await expect.element(link).toHaveValue(expect.stringContaining('#/join/'))
  await expect.element(dialog.getByRole('img', { name: 'QR code of the invite into Loft' })).toBeVisible()
  await userEvent.keyboard('{Escape}')
  await invite.click()
  await expect.element(link).toBeVisible()
  expect(peer.privateRooms.invites(id)).toMatchObject([{ role: 'member', uses: null, state: 'open' }])
  await userEvent.selectOptions(dialog.getByRole('combobox', { name: 'Lets in' }), 'One person')
  await dialog.getByRole('button', { name: /^Revoke: Member, until .*, used 0 of 1 time$/ }).click()
  await expect.element(link).not.toBeInTheDocument()
  await expect.element(dialog.getByRole('button', { name: 'Make a link' })).toBeVisible()
  expect(peer.privateRooms.invites(id)).toMatchObject([{ state: 'open' }, { uses: 1, state: 'revoked' }])
})

test('a link into a private room leads to a place that says how things stand', async () => {
  const peer = createPlainPeer('Ann')
  showWorkspace(peer, '#/join/good')
  await expect.element(page.getByText(/connecting to the network first/)).toBeVisible()
  peer.setStatus({ peers: [RELAY] })
  await expect.element(page.getByRole('heading', { name: 'Nobody is there yet' })).toBeVisible()
  const id = peer.rooms()[0]?.id ?? ''
  await expect.element(box).not.toBeInTheDocument()
  await expect.element(page.getByText(/Keep this tab open/)).toBeVisible()
  peer.change(id, { waitsAt: 2 }, 'joining')
  await expect.element(page.getByText(/waits at 2 relays/)).toBeVisible()
  peer.change(id, { joining: 'asking' }, 'joining')
  await expect.element(page.getByRole('heading', { name: 'Asking to come in' })).toBeVisible()
  peer.change(id, { joining: { refused: 'this invite was revoked: ask for a new one' } }, 'joining')
  await expect.element(page.getByRole('heading', { name: 'You were not let in' })).toBeVisible()
  await expect.element(page.getByText('This invite was revoked: ask for a new one.')).toBeVisible()
  await page.getByRole('button', { name: 'Take it off the list' }).click()
  await expect.element(page.getByText('No rooms yet')).toBeVisible()
})

test('who asks for the way back reads and writes meanwhile, and is told how that stands', async () => {
  const peer = createPlainPeer('Ann')
  const id = await privateRoom(peer)
  showWorkspace(peer, `#/room/${id}`)
  await expect.element(box).toBeVisible()
  const line = page.getByRole('status', { name: 'The way back' })
  await expect.element(line).not.toBeInTheDocument()
  peer.change(id, { apart: true }, 'apart')
  await expect.element(page.getByText(/a new invite from one of them brings you back/)).toBeVisible()
  await expect.element(page.getByRole('link', { name: /You may need a new invite/ })).toBeVisible()
  peer.change(id, { returning: 'asking' }, 'joining')
  await expect
    .element(line)
    .toHaveTextContent('A member is being asked to bring you back. What you write goes out then.')
  await expect.element(box).toBeVisible()
  peer.change(id, { returning: 'waiting', waitsAt: 1 }, 'joining')
  const waits = 'The request waits at 1 relay, where they find it: this tab need not be open then.'
  const words = `Nobody is there yet who could bring you back. It takes one member who comes online. ${waits} What you write goes out then.`
  await expect.element(line).toHaveTextContent(words)
  peer.change(id, { returning: { refused: 'you were banned from this room' } }, 'joining')
  await expect.element(line).toHaveTextContent('You are not back with the others: you were banned from this room.')
  peer.change(id, { ended: 'removed', returning: 'asking' }, 'joining')
  await expect.element(line).toHaveTextContent('A member is being asked to bring you back.')
})

test('who is let in finds the room open', async () => {
  const peer = createPlainPeer('Ann')
  showWorkspace(peer, '#/join/good')
  await expect.element(page.getByRole('heading', { name: 'Asking to come in' })).toBeVisible()
  const id = peer.rooms()[0]?.id ?? ''
  peer.admit(id)
  await expect.element(box).toBeVisible()
})

test('roles are shown, given by keyboard, and a member is removed for good', async () => {
  const peer = createPlainPeer('Ann')
  const id = await privateRoom(peer)
  showWorkspace(peer, `#/room/${id}/details`)
  const members = page.getByRole('complementary', { name: 'Details' }).getByRole('list', { name: 'Members' })
  await expect.element(members.getByText('owner, you')).toBeVisible()
  await expect.element(members.getByText('only reads, offline')).toBeVisible()
  const change = members.getByRole('button', { name: 'Change Cy' })
  change.element().focus()
  await userEvent.keyboard('{Enter}')
  await expect.element(page.getByRole('button', { name: 'Make admin' })).toBeVisible()
  await userEvent.keyboard('{Tab}{Tab}{Enter}')
  await expect.element(members.getByText('admin, offline')).toBeVisible()
  await members.getByRole('button', { name: 'Change Bo' }).click()
  await page.getByRole('button', { name: 'Remove from the room' }).click()
  await dialog.getByRole('checkbox', { name: 'And do not let them back' }).click()
  await dialog.getByRole('button', { name: 'Remove' }).click()
  await expect.element(members.getByText('Bo')).not.toBeInTheDocument()
  expect(peer.removed).toEqual(['Bo, banned'])
})

test.each([false, true])('leaving erases what is stored here only when asked to: %s', async isAsked => {
  const peer = createPlainPeer('Ann')
  const id = await privateRoom(peer)
  showWorkspace(peer, `#/room/${id}/details`)
  await page.getByRole('complementary', { name: 'Details' }).getByRole('button', { name: 'Leave' }).click()
  if (isAsked) await dialog.getByRole('checkbox', { name: 'And erase what is stored of it here' }).click()
  await dialog.getByRole('button', { name: 'Leave' }).click()
  await expect.element(page.getByText('No rooms yet')).toBeVisible()
  expect(peer.forgotten).toEqual(isAsked ? ['Loft'] : [])
})

test('a device that was lost is taken out, and never the one at hand', async () => {
  const peer = createPlainPeer('Ann')
  const id = await privateRoom(peer)
  const devices = [peer.me().device, 'ab12cd34ef', 'cd34ef56ab']
  peer.change(id, { role: 'member' }, 'settings')
  peer.setMembers(id, [
    { nick: 'Ann', self: true, devices },
    { nick: 'Bo', devices: ['1111111111', '2222222222'] }
  ])
  showWorkspace(peer, `#/room/${id}/details`)
  await page.getByRole('button', { name: 'Change Ann' }).click()
  const offered = page.getByRole('group', { name: 'Change Ann' }).getByRole('button')
  await expect
    .poll(() => offered.elements().map(each => each.textContent))
    .toEqual(['Take out device ab12cd34', 'Take out device cd34ef56'])
  expect(page.getByRole('button', { name: 'Change Bo' }).elements()).toEqual([])
  await offered.first().click()
  await dialog.getByRole('button', { name: 'Take out' }).click()
  await expect.element(dialog).not.toBeInTheDocument()
  await page.getByRole('button', { name: 'Change Ann' }).click()
  await expect.poll(() => offered.elements().map(each => each.textContent)).toEqual(['Take out device cd34ef56'])
  expect((await peer.members(id))[0]?.devices).toEqual([peer.me().device, 'cd34ef56ab'])
})

test('who is no admin changes nobody, and invites nobody', async () => {
  const peer = createPlainPeer('Ann')
  const id = await privateRoom(peer)
  peer.change(id, { role: 'member' }, 'settings')
  showWorkspace(peer, `#/room/${id}/details`)
  await expect.element(page.getByRole('button', { name: 'Safety number of Bo' })).toBeVisible()
  expect(page.getByRole('button', { name: /^Change / }).elements()).toEqual([])
  expect(page.getByRole('button', { name: /^(?:Invite|Close the room|Rename)$/ }).elements()).toEqual([])
})

test('an admin invites and changes those below, and leaves name, history and the end to the owner', async () => {
  const peer = createPlainPeer('Ann')
  const id = await privateRoom(peer)
  peer.change(id, { role: 'admin' }, 'settings')
  peer.setMembers(id, [{ nick: 'Ann', self: true, role: 'admin' }, { nick: 'Bo', role: 'owner' }, { nick: 'Cy' }])
  showWorkspace(peer, `#/room/${id}/details`)
  await page.getByRole('button', { name: 'Change Cy' }).click()
  const given = page.getByRole('group', { name: 'Change Cy' }).getByRole('button')
  await expect
    .poll(() => given.elements().map(each => each.textContent))
    .toEqual(['Let only read', 'Remove from the room'])
  expect(page.getByRole('button', { name: /^(?:Change Bo|Close the room)$/ }).elements()).toEqual([])
  expect(page.getByRole('textbox', { name: 'Name', exact: true }).elements()).toEqual([])
  await userEvent.keyboard('{Escape}')
  await page.getByRole('button', { name: 'Invite' }).click()
  const role = dialog.getByRole('combobox', { name: 'They come in as' })
  await expect.element(role).toBeVisible()
  expect([...role.element().querySelectorAll('option')].map(({ value }) => value)).toEqual(['member', 'observer'])
})

test('who came by an invite that was revoked is shown to whoever revoked it, and is removed from there', async () => {
  const peer = createPlainPeer('Ann')
  const id = await privateRoom(peer)
  peer.setMembers(id, [{ nick: 'Ann', self: true, role: 'owner' }, { nick: 'Bo' }, { nick: 'Cy', uninvited: true }])
  showWorkspace(peer, `#/room/${id}/details`)
  const list = page.getByRole('list', { name: 'Members' })
  const marks = list.getByText('came by an invite that you had revoked')
  await expect.element(marks).toBeVisible()
  expect(marks.elements().map(each => each.closest('li')?.querySelector('.member-name')?.textContent)).toEqual(['Cy'])
  await list.getByRole('button', { name: 'Remove', exact: true }).click()
  await expect.element(dialog.getByText('Cy', { exact: true })).toBeVisible()
})

test('a room is renamed, its history shared, and closed', async () => {
  const peer = createPlainPeer('Ann')
  const id = await privateRoom(peer)
  showWorkspace(peer, `#/room/${id}/details`)
  const name = page.getByRole('textbox', { name: 'Name', exact: true })
  await userEvent.clear(name)
  await userEvent.type(name, 'Attic{Enter}')
  await expect.element(page.getByRole('heading', { name: 'Attic' })).toBeVisible()
  await userEvent.selectOptions(page.getByRole('combobox', { name: 'What newcomers read' }), 'Everything')
  await expect.poll(() => peer.findRoom(id).history).toBe('all')
  await page.getByRole('button', { name: 'Close the room' }).click()
  await dialog.getByRole('button', { name: 'Close the room' }).click()
  await expect.element(page.getByText('This room was closed. What was said stays; nothing is added.')).toBeVisible()
  expect(box.elements()).toEqual([])
})

test.each([
  [{ ended: 'removed' }, /^You were removed from this room\. /],
  [{ ended: 'banned' }, /^You were removed from this room for good\. /],
  [{ role: 'observer' }, /^You only read here\. /]
] as const)('where one may not write there is no box, and a line that says why: %o', async (summary, words) => {
  const peer = createPlainPeer('Ann')
  const id = await privateRoom(peer)
  peer.change(id, summary, 'settings')
  showWorkspace(peer, `#/room/${id}`)
  await expect.element(page.getByText(words)).toBeVisible()
  expect(box.elements()).toEqual([])
})

test('of two conversations that began at once a tab goes on to the one that stays, with what is being written', async () => {
  const peer = createPlainPeer('Ann')
  const bo = memberId('Bo')
  const [mine, theirs] = ['mine', 'theirs'].map(name => peer.addRoom(name).id) as [string, string]
  for (const id of [mine, theirs]) peer.change(id, { kind: 'private', role: 'owner', direct: bo, name: 'Bo' }, 'joined')
  showWorkspace(peer, `#/room/${mine}/details`)
  await userEvent.fill(box, 'half a sent')
  peer.giveWay(mine, theirs)
  await expect.poll(() => location.hash).toBe(`#/room/${theirs}/details`)
  await expect.element(box).toHaveValue('half a sent')
  await expect.element(page.getByRole('heading', { name: 'Bo', level: 2 })).toBeVisible()
})

test('in a conversation of two nobody is given a role, renamed, removed or invited, and nothing is closed', async () => {
  const peer = createPlainPeer('Ann')
  const { id } = peer.addRoom('Bo')
  peer.change(id, { kind: 'private', role: 'owner', direct: memberId('Bo'), members: 2 }, 'joined')
  const devices = ['a1', 'b2'].map(start => start.repeat(32))
  peer.setMembers(id, [
    { nick: 'Ann', self: true, online: true, role: 'owner' },
    { nick: 'Bo', online: true, path: 'direct', role: 'owner', devices }
  ])
  showWorkspace(peer, `#/room/${id}/details`)
  await expect.element(page.getByRole('button', { name: 'Safety number of Bo' })).toBeVisible()
  for (const name of ['Change Bo', 'Close the room', 'Invite', 'Rename'])
    await expect.element(page.getByRole('button', { name })).not.toBeInTheDocument()
  peer.change(id, { ended: 'other-left', members: 1 }, 'settings')
  await expect.element(page.getByText(/^They left this conversation/)).toBeVisible()
  await expect.element(box).not.toBeInTheDocument()
})
