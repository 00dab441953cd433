import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { createPlainPeer } from './plain-peer.ts'
import { showWorkspace } from './show.tsx'

const DESKTOP = [1280, 800] as const
const PHONE = [390, 844] as const

const messages = page.getByRole('log', { name: 'Messages' })
const box = page.getByRole('textbox', { name: 'Message' })
const save = page.getByRole('button', { name: 'Save' })
const editing = page.getByText('Editing', { exact: true })

async function showTalk(size: readonly [number, number] = DESKTOP) {
  await page.viewport(...size)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen', [
    { by: 'Ann', text: 'first of mine' },
    { by: 'Bo', text: 'yours' },
    { by: 'Ann', text: 'last of mine' }
  ]).id
  const session = showWorkspace(peer, `#/room/${room}`)
  await expect.element(messages.getByText('last of mine')).toBeVisible()
  await expect.element(box).toHaveFocus()
  return { peer, room, session, said: async () => (await peer.messages(room)).map(({ text }) => text) }
}

const edit = page.getByRole('button', { name: 'Edit' })
const remove = messages.getByRole('button', { name: 'Delete' })

/** Goes to the message that says this, at which its actions then stand. */
function goTo(text: string): HTMLElement {
  const row = messages.getByText(text).element().closest('.message')
  if (!(row instanceof HTMLElement)) throw new Error(`no message says ${text}`)
  row.focus()
  return row
}

test('Ann gives a message other words, in the place where one writes', async () => {
  const { said } = await showTalk()
  await userEvent.type(box, 'half a thou')
  goTo('first of mine')
  await edit.click()
  await expect.element(editing).toBeVisible()
  await expect.element(box).toHaveFocus()
  await expect.element(box).toHaveValue('first of mine')
  await userEvent.type(box, ', amended{Enter}')
  await expect.element(messages.getByText('first of mine, amended')).toBeVisible()
  await expect.element(messages.getByText('edited', { exact: true })).toBeVisible()
  await expect.element(editing).not.toBeInTheDocument()
  await expect.element(box).toHaveValue('half a thou')
  expect(await said()).toEqual(['first of mine, amended', 'yours', 'last of mine'])
})

test('ArrowUp in the empty box edits the last own message, and Escape leaves it as it was', async () => {
  const { said } = await showTalk()
  await userEvent.keyboard('{ArrowUp}')
  await expect.element(box).toHaveValue('last of mine')
  await userEvent.type(box, ' and more')
  await userEvent.keyboard('{Escape}')
  await expect.element(editing).not.toBeInTheDocument()
  await expect.element(box).toHaveValue('')
  await expect.element(box).toHaveFocus()
  expect(await said()).toEqual(['first of mine', 'yours', 'last of mine'])
  await userEvent.type(box, 'something{ArrowUp}')
  expect(editing.elements()).toHaveLength(0)
})

test('words that cannot be stored stay in the box, with the reason', async () => {
  const { peer, session } = await showTalk()
  peer.edit = async () => Promise.reject(new Error('the disk is full'))
  goTo('last of mine')
  await edit.click()
  await userEvent.type(box, '!')
  await save.click()
  await expect.element(page.getByRole('alert')).toHaveTextContent('The disk is full.')
  await expect.element(box).toHaveValue('last of mine!')
  session.router.go({ kind: 'rooms' })
  await expect.element(box).not.toBeInTheDocument()
  session.router.back({ kind: 'rooms' })
  await expect.element(box).toHaveValue('last of mine!')
})

test('deleting asks first, says what it can do, and leaves a quiet mark without actions', async () => {
  const { said } = await showTalk()
  const row = goTo('last of mine')
  await remove.click()
  const dialog = page.getByRole('dialog', { name: 'Delete the message?' })
  await expect.element(dialog.getByText(/Who copied it keeps it\.$/)).toBeVisible()
  await dialog.getByRole('button', { name: 'Keep' }).click()
  expect(await said()).toContain('last of mine')
  goTo('last of mine')
  await remove.click()
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await expect.element(messages.getByText('Message deleted')).toBeVisible()
  await expect.poll(() => document.activeElement).toBe(row)
  expect(messages.getByText('last of mine').elements()).toHaveLength(0)
  expect(row.querySelectorAll('button')).toHaveLength(0)
  await expect.element(page.getByRole('link', { name: /Kitchen.*You: Message deleted/ })).toBeVisible()
})

test('what others amend is seen, and offers no actions', async () => {
  const { peer, room } = await showTalk()
  const bo = (await peer.messages(room)).find(({ nick }) => nick === 'Bo')
  await peer.edit(room, bo?.id ?? '', 'yours, amended')
  await expect.element(messages.getByText('yours, amended')).toBeVisible()
  const row = goTo('yours, amended')
  expect(row.querySelectorAll('button')).toHaveLength(0)
  await peer.deleteMessage(room, bo?.id ?? '')
  await expect.poll(() => row.textContent).toContain('Message deleted')
})

test('the keyboard reaches the actions from the message', async () => {
  await showTalk()
  await userEvent.tab({ shift: true })
  await expect.element(messages).toHaveFocus()
  await userEvent.keyboard('{ArrowUp}')
  await userEvent.tab()
  await expect.element(page.getByRole('button', { name: 'Edit' })).toHaveFocus()
  await userEvent.tab()
  await expect.element(page.getByRole('button', { name: 'Delete', exact: true })).toHaveFocus()
  await userEvent.keyboard('{ArrowUp}')
  expect(document.activeElement?.querySelector('.message-text')?.textContent).toBe('yours')
})

test('on a phone the actions are as large as a finger and within the page', async () => {
  await showTalk(PHONE)
  goTo('first of mine')
  const buttons = [...document.querySelectorAll('.message-actions button')].filter(each => each.checkVisibility())
  const visible = buttons.filter(each => getComputedStyle(each).visibility === 'visible')
  expect(visible).toHaveLength(2)
  for (const button of visible) {
    const { width, height, left, right } = button.getBoundingClientRect()
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(44)
    expect(left >= 0 && right <= PHONE[0]).toBe(true)
  }
})

test('how long this device keeps messages is chosen in the details', async () => {
  const { peer, room } = await showTalk()
  await page.getByRole('button', { name: 'Details' }).click()
  const choice = page.getByRole('combobox', { name: 'Keep messages on this device' })
  await expect.element(choice).toHaveValue('forever')
  await userEvent.selectOptions(choice, 'For 30 days')
  await expect.poll(() => peer.findRoom(room).retention).toBe('30d')
  await expect.element(choice).toHaveValue('30d')
  await peer.setRoom(room, 'retention', '500')
  peer.emit({ event: 'gap', room, missing: 0 })
  await expect.element(choice).toHaveValue('500')
  await expect.element(choice).toHaveDisplayValue('The newest 500')
})
