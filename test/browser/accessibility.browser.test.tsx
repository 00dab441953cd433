import axe from 'axe-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { page } from 'vitest/browser'
import { createPlainPeer } from './plain-peer.ts'
import { showShell, showWorkspace } from './show.tsx'

async function violations(): Promise<string[]> {
  const { violations: found } = await axe.run(document.body, {
    rules: { 'color-contrast-enhanced': { enabled: true } }
  })
  return found.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html} ${node.failureSummary ?? ''}`))
}

function livelyPeer() {
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen', [
    { by: 'Bo', text: 'see https://example.org' },
    { by: 'Cy', text: 'word '.repeat(1000) },
    { by: 'Ann', text: 'yes', delivery: { to: 1, of: 2 } },
    { by: 'Ann', text: '🐦', delivery: { to: 2, of: 2 } }
  ])
  peer.setMembers(room.id, [
    { nick: 'Ann', self: true, online: true },
    { nick: 'Bo', online: true, path: 'webrtc', rtt: 3 },
    { nick: 'Cy' }
  ])
  peer.hear(peer.addRoom('Garden').id, { by: 'Bo', text: 'unread' })
  return { peer, hash: `#/room/${room.id}` }
}

describe.each(['light', 'dark'])('in the %s theme there is nothing for axe to complain of', theme => {
  beforeEach(async () => {
    document.documentElement.lang = 'en'
    document.title = 'Starling'
    document.documentElement.dataset['theme'] = theme
    await page.viewport(1280, 800)
  })
  afterEach(() => {
    delete document.documentElement.dataset['theme']
  })

  test('on the first screen', async () => {
    showShell({ kind: 'naming' })
    await expect.element(page.getByRole('textbox', { name: 'Nickname' })).toHaveFocus()
    await page.getByRole('button', { name: 'Start' }).click()
    await expect.element(page.getByRole('alert')).toBeVisible()
    expect(await violations()).toEqual([])
  })

  test.each(['insecure', 'elsewhere', 'moved', 'opening'] as const)('on the screen "%s"', async kind => {
    showShell({ kind })
    await expect.element(page.getByRole('main')).toBeVisible()
    expect(await violations()).toEqual([])
  })

  test('in the dialogs and the details of a private room', async () => {
    const peer = createPlainPeer('Ann')
    const { id } = await peer.privateRooms.create('Loft')
    peer.setMembers(id, [
      { nick: 'Ann', self: true, online: true, role: 'owner' },
      { nick: 'Bo', role: 'observer' }
    ])
    showWorkspace(peer, `#/room/${id}/details`)
    await page.getByRole('button', { name: 'Change Bo' }).click()
    await expect.element(page.getByRole('button', { name: 'Make admin' })).toBeVisible()
    expect(await violations()).toEqual([])
    await page.getByRole('button', { name: 'Remove from the room' }).click()
    await expect.element(page.getByRole('checkbox')).toBeVisible()
    expect(await violations()).toEqual([])
    await page.getByRole('button', { name: 'Close', exact: true }).click()
    await page.getByRole('button', { name: 'Invite' }).click()
    await expect.element(page.getByRole('img', { name: /^QR code/ })).toBeVisible()
    expect(await violations()).toEqual([])
    await page.getByRole('button', { name: 'Close', exact: true }).click()
    await page.getByRole('button', { name: 'New room' }).click()
    await expect.element(page.getByRole('radio', { name: 'Open' })).toBeVisible()
    expect(await violations()).toEqual([])
  })

  test('on the way into a private room', async () => {
    showWorkspace(createPlainPeer('Ann'), '#/join/good')
    await expect.element(page.getByRole('button', { name: 'Stop asking' })).toBeVisible()
    expect(await violations()).toEqual([])
  })

  test('without a room', async () => {
    showWorkspace(createPlainPeer('Ann'))
    await expect.element(page.getByText('No rooms yet')).toBeVisible()
    expect(await violations()).toEqual([])
  })

  test('in a room with its details', async () => {
    const { peer, hash } = livelyPeer()
    showWorkspace(peer, hash)
    await expect.element(page.getByRole('log').getByText('yes')).toBeVisible()
    expect(await violations()).toEqual([])
    await page.getByRole('button', { name: 'Details' }).click()
    await expect.element(page.getByRole('complementary', { name: 'Details' })).toBeVisible()
    expect(await violations()).toEqual([])
  })

  test.each(['New room', 'Join', 'Settings', 'Invite', 'Leave'])('in the dialog "%s"', async name => {
    const { peer, hash } = livelyPeer()
    showWorkspace(peer, hash)
    await page.getByRole('button', { name, exact: true }).click()
    await expect.element(page.getByRole('dialog')).toBeVisible()
    expect(await violations()).toEqual([])
  })

  test('where a passphrase, and where an export is asked for', async () => {
    const { state } = showShell({ kind: 'locked', wrong: 0 })
    state.value = { kind: 'locked', wrong: 1 }
    await expect.element(page.getByRole('alert')).toBeVisible()
    expect(await violations()).toEqual([])
    state.value = { kind: 'naming' }
    await page.getByRole('button', { name: 'Import identity' }).click()
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    await expect.element(page.getByRole('alert')).toBeVisible()
    expect(await violations()).toEqual([])
  })

  test.each(['Passphrase', 'Export identity'])('in the dialog "%s", behind the settings', async name => {
    const { peer, hash } = livelyPeer()
    showWorkspace(peer, hash)
    await page.getByRole('button', { name: 'Settings' }).click()
    await page.getByRole('button', { name, exact: true }).click()
    await expect.element(page.getByRole('heading', { name, exact: true })).toBeVisible()
    expect(await violations()).toEqual([])
  })

  test('in the dialog "Safety number", and beside the name of who was verified', async () => {
    const { peer, hash } = livelyPeer()
    showWorkspace(peer, hash)
    await page.getByRole('button', { name: 'Details' }).click()
    await page
      .getByRole('button', { name: /^Safety number of/ })
      .first()
      .click()
    await expect.element(page.getByRole('heading', { name: 'Safety number' })).toBeVisible()
    expect(await violations()).toEqual([])
    await page.getByRole('button', { name: 'Mark as verified' }).click()
    await expect.element(page.getByRole('img', { name: /^Verified/ }).first()).toBeVisible()
    expect(await violations()).toEqual([])
  })

  test('where a message is edited, one was, one is gone, and one is about to be', async () => {
    const { peer, hash } = livelyPeer()
    const session = showWorkspace(peer, hash)
    const log = page.getByRole('log')
    await expect.element(log.getByText('yes')).toBeVisible()
    const room = session.open.value?.id ?? ''
    const [first, second, own] = await peer.messages(room)
    await peer.edit(room, first?.id ?? '', 'amended')
    await peer.deleteMessage(room, second?.id ?? '')
    if (own !== undefined) session.open.value?.editing.begin(own)
    await expect.element(page.getByText('Editing', { exact: true })).toBeVisible()
    await expect.element(page.getByRole('textbox', { name: 'Message' })).toHaveFocus()
    await expect.element(log.getByText('Message deleted')).toBeVisible()
    log.getByText('yes').element().closest<HTMLElement>('.message')?.focus()
    expect(await violations()).toEqual([])
    await log.getByRole('button', { name: 'Delete' }).click()
    await expect.element(page.getByRole('dialog')).toBeVisible()
    expect(await violations()).toEqual([])
  })

  test('on a phone', async () => {
    await page.viewport(390, 844)
    const { peer, hash } = livelyPeer()
    showWorkspace(peer, hash)
    await expect.element(page.getByRole('log').getByText('yes')).toBeVisible()
    expect(await violations()).toEqual([])
  })
})
