import { expect, onTestFinished, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { showShell } from './show.tsx'

const nickname = page.getByRole('textbox', { name: 'Nickname' })
const start = page.getByRole('button', { name: 'Start' })

test('the first run asks for a nickname and nothing else', async () => {
  const { actions } = showShell({ kind: 'naming' })
  await expect.element(nickname).toHaveFocus()
  expect(document.querySelectorAll('input, select, textarea')).toHaveLength(1)
  await userEvent.keyboard('Ann{Enter}')
  expect(actions.start).toHaveBeenCalledExactlyOnceWith('Ann')
})

test('without a nickname it says what to do', async () => {
  const { actions } = showShell({ kind: 'naming' })
  await start.click()
  await expect.element(nickname).toHaveAccessibleDescription('Type a name for others to see. You can change it later.')
  expect(actions.start).not.toHaveBeenCalled()
})

test('a nickname that cannot be is told why, and another one can be tried', async () => {
  let refuse = true
  const { actions } = showShell({ kind: 'naming' }, async () => {
    if (refuse) throw new Error('a nickname must not contain control, invisible or text-direction characters')
  })
  await userEvent.fill(nickname, 'A\u202Enn')
  await start.click()
  await expect
    .element(nickname)
    .toHaveAccessibleDescription('A nickname must not contain control, invisible or text-direction characters.')
  refuse = false
  await userEvent.fill(nickname, 'Ann')
  await start.click()
  expect(actions.start).toHaveBeenLastCalledWith('Ann')
})

test('who comes by a link is told that the room opens after the name', async () => {
  history.replaceState(null, '', '#/open/abc')
  onTestFinished(() => history.replaceState(null, '', '#/'))
  showShell({ kind: 'naming' })
  await expect
    .element(page.getByText('You were sent a link to a room. It opens as soon as you have a name.'))
    .toBeVisible()
})

test('an address without encryption says what to do instead', async () => {
  showShell({ kind: 'insecure' })
  await expect.element(page.getByRole('heading', { name: 'This address is not secure enough' })).toBeVisible()
  await expect.element(page.getByText('npm start')).toBeVisible()
})

test('a second tab offers to take over, and the first one says that it has stopped', async () => {
  const { state, actions } = showShell({ kind: 'elsewhere' })
  await page.getByRole('button', { name: 'Use it here' }).click()
  expect(actions.takeOver).toHaveBeenCalledTimes(1)
  state.value = { kind: 'moved' }
  await expect.element(page.getByRole('heading', { name: 'Starling went on in another tab' })).toBeVisible()
})

test('what keeps the peer from starting is said in its own words', async () => {
  showShell({ kind: 'failed', sentence: 'The store was written by a newer version: update Starling.' })
  await expect.element(page.getByText('The store was written by a newer version: update Starling.')).toBeVisible()
})
