import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { createPlainPeer } from './plain-peer.ts'
import { emptyMemory, showWorkspace } from './show.tsx'

const DESKTOP = [1280, 800] as const
const PHONE = [390, 844] as const

const messages = page.getByRole('log', { name: 'Messages' })
const box = page.getByRole('textbox', { name: 'Message' })

test('Ann, who has no room, makes one and is in it', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  showWorkspace(peer)
  await expect.element(page.getByText('No rooms yet')).toBeVisible()
  await page.getByRole('button', { name: 'New room' }).click()
  await userEvent.type(page.getByRole('textbox', { name: 'Room name' }), 'Kitchen{Enter}')
  await expect.element(page.getByRole('heading', { name: 'Kitchen' })).toBeVisible()
  await expect.element(box).toHaveFocus()
  expect(location.hash).toMatch(/^#\/room\/[0-9a-f]+$/)
})

test('what is wrong with a name or a link stands next to it', async () => {
  await page.viewport(...DESKTOP)
  showWorkspace(createPlainPeer('Ann'))
  await page.getByRole('button', { name: 'New room' }).click()
  await page.getByRole('button', { name: 'Create' }).click()
  await expect.element(page.getByRole('alert')).toHaveTextContent('A room name must not be empty.')
  await userEvent.keyboard('{Escape}')
  await page.getByRole('button', { name: 'Join' }).click()
  const link = page.getByRole('textbox', { name: 'Invite link' })
  await userEvent.type(link, 'http://x/#/open/bad{Enter}')
  await expect.element(link).toHaveAccessibleDescription('This link is cut off or mistyped: copy it again, whole.')
})

test('a link in the address opens its room by itself, and is gone from the address', async () => {
  await page.viewport(...DESKTOP)
  showWorkspace(createPlainPeer('Ann'), '#/open/good')
  await expect.element(page.getByRole('heading', { name: 'from a link' })).toBeVisible()
  expect(location.hash).not.toContain('open')
})

test('a link that cannot be used is shown with the reason', async () => {
  await page.viewport(...DESKTOP)
  showWorkspace(createPlainPeer('Ann'), '#/open/bad')
  await expect.element(page.getByRole('textbox', { name: 'Invite link' })).toHaveValue('#/open/bad')
  await expect.element(page.getByText('This link is cut off or mistyped: copy it again, whole.')).toBeVisible()
})

test('members are listed with the way to each of them', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  peer.setMembers(room.id, [
    { nick: 'Bo', online: true, path: 'webrtc', rtt: 12 },
    { nick: 'Ann', self: true },
    { nick: 'Cy', online: true, path: 'relayed' },
    { nick: 'Dee' }
  ])
  showWorkspace(peer, `#/room/${room.id}`)
  const members = page.getByRole('list', { name: 'Members' }).getByRole('listitem')
  await expect
    .poll(() => members.elements().map(item => item.textContent))
    .toEqual(['Ann, you', 'Bo, WebRTC, direct', 'Cy, through a relay', 'Dee, offline'])
  await expect
    .element(page.getByRole('status', { name: 'Connection' }))
    .toHaveTextContent('Connected to 2 people, 1 directly.')
  await page.getByRole('button', { name: 'Details' }).click()
  await expect.element(members.nth(1)).toHaveTextContent('BoWebRTC, direct, 12 ms')
})

test('unread messages are counted until the room is looked at', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const kitchen = peer.addRoom('Kitchen')
  const garden = peer.addRoom('Garden', [{ by: 'Bo', text: 'old' }])
  const { router } = showWorkspace(peer, `#/room/${kitchen.id}`)
  peer.hear(garden.id, { by: 'Bo', text: 'first' })
  peer.hear(garden.id, { by: 'Bo', text: 'second' })
  await expect.element(page.getByRole('img', { name: '2 new messages' })).toBeVisible()
  await expect.poll(() => document.title).toBe('(2) Kitchen - Starling')
  router.go({ kind: 'room', room: garden.id, details: false })
  await expect.element(messages.getByText('second')).toBeVisible()
  await expect.poll(() => peer.read).toContain(garden.id)
  await expect.poll(() => page.getByRole('img', { name: /new message/ }).elements()).toHaveLength(0)
  const order = [...messages.element().querySelectorAll('.line-new, .message-text')].map(each => each.textContent)
  expect(order).toEqual(['old', 'New', 'first', 'second'])
  peer.hear(garden.id, { by: 'Bo', text: 'third' })
  await expect.element(messages.getByText('third')).toBeVisible()
  expect(document.title).toBe('Garden - Starling')
})

test('leaving asks first', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  showWorkspace(peer, `#/room/${room.id}`)
  await page.getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('button', { name: 'Stay' }).click()
  expect(peer.rooms()).toHaveLength(1)
  await page.getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click()
  await expect.element(page.getByText('No rooms yet')).toBeVisible()
})

test('the invite shows a link to this page', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  showWorkspace(peer, `#/room/${room.id}`)
  await page.getByRole('button', { name: 'Invite' }).click()
  const link = page.getByRole('textbox', { name: 'Invite link' })
  await expect.element(link).toHaveValue(`${location.origin}${location.pathname}#/open/${room.id.slice(0, 8)}`)
})

test('the nickname and the theme are changed in the settings', async () => {
  await page.viewport(...DESKTOP)
  const memory = emptyMemory()
  showWorkspace(createPlainPeer('Ann'), '#/', memory)
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('radio', { name: 'Dark' }).click()
  expect(getComputedStyle(document.documentElement).colorScheme).toBe('dark')
  expect(memory.get('theme')).toBe('dark')
  await page.getByRole('radio', { name: 'As the system' }).click()
  await userEvent.fill(page.getByRole('textbox', { name: 'Nickname' }), '')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect.element(page.getByRole('alert')).toHaveTextContent('A nickname must not be empty.')
  await userEvent.fill(page.getByRole('textbox', { name: 'Nickname' }), 'Annabel')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect.element(page.getByRole('complementary').getByText('Annabel')).toBeVisible()
})

test('on a phone one pane is shown at a time, and back goes back', async () => {
  await page.viewport(...PHONE)
  const peer = createPlainPeer('Ann')
  peer.addRoom('Kitchen', [{ by: 'Bo', text: 'hello' }])
  showWorkspace(peer)
  const rooms = page.getByRole('navigation', { name: 'Rooms' })
  await rooms.getByRole('link').click()
  await expect.element(messages).toBeVisible()
  expect(rooms.elements()).toHaveLength(0)
  await page.getByRole('button', { name: 'Details' }).click()
  await expect.element(page.getByRole('list', { name: 'Members' })).toBeVisible()
  expect(messages.elements()).toHaveLength(0)
  history.back()
  await expect.element(messages).toBeVisible()
  await page.getByRole('button', { name: 'Back to the rooms' }).click()
  await expect.element(rooms).toBeVisible()
})

test('on a phone what one touches is at least 44 pixels high', async () => {
  await page.viewport(...PHONE)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen', [{ by: 'Bo', text: 'hello' }])
  const { router } = showWorkspace(peer)
  const small = () =>
    [...document.querySelectorAll('button, a, input, textarea')]
      .filter(element => element.checkVisibility() && element.getBoundingClientRect().height < 44)
      .map(element => element.outerHTML)
  await expect.element(page.getByRole('navigation', { name: 'Rooms' })).toBeVisible()
  expect(small()).toEqual([])
  router.go({ kind: 'room', room: room.id, details: false })
  await expect.element(messages.getByText('hello')).toBeVisible()
  expect(small()).toEqual([])
})

test('what the peer warns of is said until it is read', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  showWorkspace(peer, `#/room/${room.id}`)
  peer.emit({ event: 'warning', code: 'clock', text: 'this clock is 3 minutes slow' })
  await expect.element(page.getByRole('alert')).toHaveTextContent('This clock is 3 minutes slow.')
  await page.getByRole('button', { name: 'Dismiss' }).click()
  expect(page.getByRole('alert').elements()).toHaveLength(0)
})

test('what cannot be read from the store is said, in the room and beside the list', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen', [{ by: 'Bo', text: 'hello' }])
  const broken = async () => Promise.reject(new Error('the store does not answer'))
  const { router } = showWorkspace({ ...peer, messages: broken, markRead: broken }, `#/room/${room.id}`)
  await expect.element(page.getByRole('alert')).toHaveTextContent('The store does not answer.')
  router.go({ kind: 'rooms' })
  await expect.element(page.getByRole('complementary').getByRole('alert')).toBeVisible()
})

test('messages that are missing are said at once, and no more when they are there', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  peer.setMembers(room.id, [
    { nick: 'Ann', self: true },
    { nick: 'Bo', online: true }
  ])
  peer.setMissing(room.id, 2)
  showWorkspace(peer, `#/room/${room.id}`)
  await expect.element(page.getByText('2 messages are on the way.')).toBeVisible()
  peer.setMissing(room.id, 1)
  await expect.element(page.getByText('1 message is on the way.')).toBeVisible()
  peer.setMissing(room.id, 0)
  await expect.element(page.getByText(/on the way/)).not.toBeInTheDocument()
})

test('messages that are missing while nobody is here are not said to be on the way', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen', [{ by: 'Bo', text: 'hello' }])
  peer.setMissing(room.id, 2)
  showWorkspace(peer, `#/room/${room.id}`)
  await expect.element(page.getByText('2 messages are missing: whoever has them is not here now.')).toBeVisible()
  await expect.element(messages.getByText('Some of what was said before is not here yet.')).toBeVisible()
  expect(page.getByText(/This is where it begins/).elements()).toHaveLength(0)
})

test('while older messages come in nobody is told that it begins here', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  peer.setCatchingUp(room.id, 0)
  showWorkspace(peer, `#/room/${room.id}`)
  await expect.element(messages.getByText('Asking what was said here')).toBeVisible()
  peer.hear(room.id, { by: 'Bo', text: 'the newest' })
  await expect.element(messages.getByText('Others are being asked for older messages.')).toBeVisible()
  peer.setCatchingUp(room.id, 12)
  await expect.element(messages.getByText('Older messages are on their way (12 so far).')).toBeVisible()
  expect(page.getByText(/on their way/).elements()).toHaveLength(1)
  peer.setCatchingUp(room.id, undefined)
  await expect.element(messages.getByText('This is where it begins, as far as this tab knows.')).toBeVisible()
  expect(page.getByText(/on their way/).elements()).toHaveLength(0)
})

test('while older messages come in above those in the page, a line below says so', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const said = Array.from({ length: 300 }, (_, index) => ({ by: 'Bo', text: `message ${index}` }))
  const room = peer.addRoom('Kitchen', said)
  peer.setMissing(room.id, 3)
  peer.setCatchingUp(room.id, 1240)
  showWorkspace(peer, `#/room/${room.id}`)
  await expect.element(page.getByText('Older messages are on their way (1,240 so far).')).toBeVisible()
  expect(page.getByText(/3 messages/).elements()).toHaveLength(0)
  peer.setCatchingUp(room.id, undefined)
  await expect.element(page.getByText(/^3 messages are missing/)).toBeVisible()
})

test('that nobody answers is said no more once somebody of that room is here', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const [kitchen, garden] = [peer.addRoom('Kitchen').id, peer.addRoom('Garden').id]
  showWorkspace(peer, `#/room/${kitchen}`)
  const text = 'nobody known in Kitchen answers'
  peer.emit({ event: 'warning', code: 'members-unreachable', room: kitchen, text })
  const notice = page.getByRole('alert')
  await expect.element(notice).toHaveTextContent('Nobody known in Kitchen answers.')
  peer.emit({ event: 'member', room: garden, member: peer.ann, nick: 'Bo', change: 'online' })
  peer.emit({ event: 'member', room: kitchen, member: peer.ann, nick: 'Bo', change: 'offline' })
  await expect.element(notice).toBeVisible()
  peer.emit({ event: 'member', room: kitchen, member: peer.ann, nick: 'Bo', change: 'online' })
  await expect.element(notice).not.toBeInTheDocument()
})

test('that nobody answers is said in a line beside the rooms, and what it takes to who asks', async () => {
  await page.viewport(...PHONE)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen').id
  showWorkspace(peer)
  const text = `Nobody known in Kitchen answers. ${'It takes one member who is online. '.repeat(5)}`
  peer.emit({ event: 'warning', code: 'members-unreachable', room, text })
  const notice = page.getByRole('alert')
  await expect.element(notice.getByText('Nobody known in Kitchen answers.')).toBeVisible()
  const more = notice.getByText(/^It takes one member/)
  await expect.element(more).not.toBeVisible()
  expect(notice.element().getBoundingClientRect().height).toBeLessThan(80)
  await notice.getByText('What it takes').click()
  await expect.element(more).toBeVisible()
})

test('on a phone, too, who has no room is told what one is', async () => {
  await page.viewport(...PHONE)
  showWorkspace(createPlainPeer('Ann'))
  await expect.element(page.getByRole('heading', { name: 'No rooms yet' })).toBeVisible()
  await page.getByRole('button', { name: 'New room' }).click()
  await userEvent.type(page.getByRole('textbox', { name: 'Room name' }), 'Kitchen{Enter}')
  await expect.element(box).toBeVisible()
  await page.getByRole('button', { name: 'Back to the rooms' }).click()
  await expect.element(page.getByRole('link', { name: /Kitchen/ })).toBeVisible()
  expect(page.getByText('No rooms yet').elements()).toHaveLength(0)
})

test('the bare address opens the room that was open last, where there is space beside the list', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  peer.addRoom('Attic', [{ by: 'Bo', text: 'the newest' }])
  const kitchen = peer.addRoom('Kitchen')
  const memory = emptyMemory()
  showWorkspace(peer, `#/room/${kitchen.id}`, memory).stop()
  document.body.replaceChildren()
  const { router } = showWorkspace(peer, '#/', memory)
  await expect.element(page.getByRole('heading', { name: 'Kitchen' })).toBeVisible()
  router.go({ kind: 'rooms' })
  await expect.element(page.getByText('Choose a room on the left.')).toBeVisible()
})

test('alone and connected it says so soon, and anew for a room just joined', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  showWorkspace(peer, `#/room/${room.id}`)
  const line = page.getByRole('status', { name: 'Connection' })
  await expect.element(line).toHaveTextContent('Looking for peers...')
  peer.setStatus({ peers: [{ peer: 'relay', path: 'direct', rtt: 1, address: '/x' }] })
  await expect.poll(() => line.element().textContent, { timeout: 6000 }).toContain('Nobody else is here yet.')
  await peer.joinOpenRoom('Garden')
  await expect.element(line).toHaveTextContent('Looking for peers...')
})

test('a link made while nobody can reach this tab says so, until somebody can', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  showWorkspace(peer, `#/room/${room.id}`)
  await page.getByRole('button', { name: 'Invite' }).click()
  const warning = page.getByText(/newcomers may not find the way/)
  await expect.element(warning).toBeVisible()
  peer.setStatus({ relays: [{ peer: 'relay', address: '/x/p2p/relay/p2p-circuit' }] })
  await expect.element(warning).not.toBeInTheDocument()
})

test('a name too long for its place keeps the letters that tell it from another', async () => {
  await page.viewport(...PHONE)
  const peer = createPlainPeer('Ann')
  const nick = `${'Bo'.repeat(32)}-7f3a`
  const room = peer.addRoom('Kitchen', [{ by: nick, text: 'hello' }])
  showWorkspace(peer, `#/room/${room.id}`)
  const name = await messages.getByTitle(nick).findElement()
  const key = name.querySelector('.name-key')
  expect(key?.textContent).toBe('-7f3a')
  expect(name.scrollWidth).toBeLessThanOrEqual(name.clientWidth)
  expect(key?.getBoundingClientRect().right).toBeLessThan(PHONE[0])
})

test('the details say that a relay keeps the room, and what it could do', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  showWorkspace(peer, `#/room/${room.id}`)
  await page.getByRole('button', { name: 'Details' }).click()
  await expect.element(page.getByText('1 member', { exact: false })).toBeVisible()
  expect(page.getByText(/Kept by/).elements()).toHaveLength(0)
  peer.setKeepers(room.id, 2)
  await expect.element(page.getByText(/^Kept by 2 relays: .* could read it\.$/)).toBeVisible()
  peer.setKeepers(room.id, 0)
  await expect.poll(() => page.getByText(/Kept by/).elements().length).toBe(0)
})
