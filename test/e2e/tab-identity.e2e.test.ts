import { expect, test } from 'vitest'
import { LOOPBACK, startRelay } from './starling.ts'
import { launchBrowser, openTab, type Tab } from './tabs.ts'

const RELAY = [...LOOPBACK, '--listen', '/ip4/127.0.0.1/udp/0/webrtc-direct'] as const
const WORDS = 'correct horse battery staple'
const OTHER_WORDS = 'another one of mine'

test('a passphrase is asked for after a reload: a wrong one is refused, the right one opens, and it can be removed', async () => {
  const relay = await startRelay('relay', RELAY)
  const anna = await openTab('anna', await launchBrowser(), (await relay.ready()).http)
  await anna.enterAs('Anna')
  await anna.createRoom('Lobby')
  await anna.say('before the lock')
  await anna.hasSent()
  const before = await identityOf(anna)

  await fillPassphrase(anna, { 'New passphrase': WORDS, 'The same once more': OTHER_WORDS }, 'Set passphrase')
  await anna.page.getByRole('alert').filter({ hasText: 'not the same' }).waitFor()
  await fill(anna, { 'New passphrase': WORDS, 'The same once more': WORDS })
  await press(anna, 'Set passphrase')
  await press(anna, 'Done')

  await anna.page.reload()
  const passphrase = anna.page.getByLabel('Passphrase')
  await passphrase.fill(OTHER_WORDS)
  await press(anna, 'Open')
  await anna.page.getByRole('alert').filter({ hasText: 'That is not the passphrase' }).waitFor()
  await passphrase.fill(WORDS)
  await press(anna, 'Open')
  await anna.hears('before the lock')
  expect(await identityOf(anna)).toEqual(before)

  await fillPassphrase(anna, { 'Present passphrase': OTHER_WORDS }, 'Remove passphrase')
  await anna.page.getByRole('alert').filter({ hasText: 'The passphrase is wrong' }).waitFor()
  await fill(anna, { 'Present passphrase': WORDS })
  await press(anna, 'Remove passphrase')
  await press(anna, 'Done')
  await anna.page.reload()
  await anna.hears('before the lock')
  expect(anna.exceptions).toEqual([])
})

test('while one tab asks for the passphrase another one may go on, and asks itself', async () => {
  const relay = await startRelay('relay', RELAY)
  const context = await (await launchBrowser()).newContext()
  const { http } = await relay.ready()
  const first = await openTab('first', context, http)
  await first.enterAs('Anna')
  await fillPassphrase(first, { 'New passphrase': WORDS, 'The same once more': WORDS }, 'Set passphrase')
  await press(first, 'Done')
  await first.page.reload()
  await first.page.getByLabel('Passphrase').waitFor()
  const second = await openTab('second', context, http)
  await press(second, 'Use it here')
  await first.page.getByRole('heading', { name: 'Starling went on in another tab' }).waitFor()
  await second.page.getByLabel('Passphrase').fill(WORDS)
  await press(second, 'Open')
  expect((await identityOf(second)).nick).toBe('Anna')
  await press(first, 'Use it here')
  await first.page.getByLabel('Passphrase').fill(WORDS)
  await press(first, 'Open')
  expect((await identityOf(first)).nick).toBe('Anna')
  expect([...first.exceptions, ...second.exceptions]).toEqual([])
})

test('two members see one safety number, and an exported identity makes another device of its member', async () => {
  const relay = await startRelay('relay', RELAY)
  const browser = await launchBrowser()
  const { http } = await relay.ready()
  const anna = await openTab('anna', await browser.newContext(), http)
  await anna.enterAs('Anna')
  await anna.createRoom('Lobby')
  const link = await anna.inviteLink()
  const bob = await openTab('bob', await browser.newContext(), link)
  await bob.enterAs('Bob')
  await bob.say('hello')
  await anna.hears('hello')

  const number = await safetyNumber(anna, 'Bob')
  expect(number).toMatch(/^(\d{5} ){11}\d{5}$/)
  expect(await safetyNumber(bob, 'Anna')).toBe(number)
  await press(anna, 'Mark as verified')
  await press(bob, 'Close')
  const mark = members(anna)
    .getByRole('listitem')
    .filter({ hasText: 'Bob' })
    .getByRole('img', { name: /^Verified/ })
  await mark.waitFor()
  expect(
    await members(bob)
      .getByRole('img', { name: /^Verified/ })
      .count()
  ).toBe(0)

  const file = await exportOf(anna)
  const phone = await openTab('phone', await browser.newContext(), http)
  await press(phone, 'Import identity')
  await phone.page.getByLabel('Exported identity').setInputFiles(file)
  await fill(phone, { 'Passphrase of the export': OTHER_WORDS })
  await press(phone, 'Import')
  await phone.page.getByRole('alert').filter({ hasText: 'The passphrase is wrong' }).waitFor()
  await fill(phone, { 'Passphrase of the export': WORDS })
  await press(phone, 'Import')
  await phone.page.getByRole('button', { name: 'Settings' }).waitFor()
  const [old, fresh] = [await identityOf(anna), await identityOf(phone)]
  expect(fresh.nick).toBe('Anna')
  expect(fresh.member).toBe(old.member)
  expect(fresh.device).not.toBe(old.device)

  await phone.page.goto(link)
  await phone.say('from my phone')
  await bob.hears('from my phone')
  expect(await safetyNumber(phone, 'Bob')).toBe(number)
  await anna.page.reload()
  await mark.waitFor()
  expect([...anna.exceptions, ...bob.exceptions, ...phone.exceptions]).toEqual([])
})

test('an imported identity comes into its private rooms, with the first tab closed, and is the same member there', async () => {
  const relay = await startRelay('relay', RELAY)
  const browser = await launchBrowser()
  const { http } = await relay.ready()
  const anna = await openTab('anna', await browser.newContext(), http)
  await anna.enterAs('Anna')
  await anna.createRoom('Loft', 'Private')
  const bob = await openTab('bob', await browser.newContext(), await anna.inviteLink())
  await bob.enterAs('Bob')
  await bob.composer().waitFor()
  await bob.say('hello from Bob')
  await anna.hears('hello from Bob')
  const file = await exportOf(anna)
  await anna.page.close()

  const phone = await openTab('phone', await browser.newContext(), http)
  await press(phone, 'Import identity')
  await phone.page.getByLabel('Exported identity').setInputFiles(file)
  await fill(phone, { 'Passphrase of the export': WORDS })
  await press(phone, 'Import')
  await phone.page.getByRole('link', { name: /^Loft/ }).click()
  await phone.hears('hello from Bob')
  await phone.say('from my phone')
  await bob.hears('from my phone')
  await press(bob, 'Details')
  await members(bob).getByRole('listitem').first().waitFor()
  expect(await members(bob).getByRole('listitem').count()).toBe(2)
  expect([...anna.exceptions, ...bob.exceptions, ...phone.exceptions]).toEqual([])
})

async function exportOf(tab: Tab): Promise<string> {
  await openFromSettings(tab, 'Export identity')
  await fill(tab, { 'Passphrase of the export': WORDS, 'The same once more': WORDS })
  const [download] = await Promise.all([tab.page.waitForEvent('download'), press(tab, 'Export')])
  return download.path()
}

async function press(tab: Tab, name: string): Promise<void> {
  await tab.page.getByRole('button', { name, exact: true }).click()
}

async function fill(tab: Tab, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, text] of Object.entries(fields)) await tab.page.getByLabel(label).fill(text)
}

async function fillPassphrase(tab: Tab, fields: Readonly<Record<string, string>>, button: string): Promise<void> {
  await openFromSettings(tab, 'Passphrase')
  await fill(tab, fields)
  await press(tab, button)
}

async function openFromSettings(tab: Tab, name: string): Promise<void> {
  await press(tab, 'Settings')
  await tab.page.getByRole('dialog').getByRole('button', { name, exact: true }).click()
  await tab.page.getByRole('heading', { name, exact: true }).waitFor()
}

async function identityOf(tab: Tab): Promise<{ nick: string; member: string; device: string }> {
  await press(tab, 'Settings')
  const dialog = tab.page.getByRole('dialog')
  const fact = (name: string): Promise<string> => dialog.locator(`dt:text-is("${name}") + dd`).innerText()
  const nick = await dialog.getByRole('textbox', { name: 'Nickname' }).inputValue()
  const identity = { nick, member: await fact('Member'), device: await fact('Device') }
  await press(tab, 'Close')
  return identity
}

/** The list in the details: the head of the room has one, too. */
function members(tab: Tab) {
  return tab.page.getByRole('complementary', { name: 'Details' }).getByRole('list', { name: 'Members' })
}

/** Opens the dialog, and leaves it open. */
async function safetyNumber(tab: Tab, nick: string): Promise<string> {
  const button = members(tab).getByRole('button', { name: `Safety number of ${nick}`, exact: true })
  if (!(await members(tab).isVisible())) await press(tab, 'Details')
  await button.click()
  const text = await tab.page.getByRole('dialog').locator('.safety-number').innerText()
  return text.trim().replaceAll(/\s+/g, ' ')
}
