import { withAccess } from '../access/open-access.ts'
import type { Run } from './command.ts'

/** Gives an own message other words. */
export const editMessage: Run = async ({ arguments: [room = '', message = '', ...words], settings, stop, output }) => {
  const id = await withAccess(settings, stop, peer => peer.edit(room, message, words.join(' ')))
  output.result({ id }, 'Changed here, and at everybody whom it reaches.')
}

/** Takes an own message back. */
export const deleteMessage: Run = async ({ arguments: [room = '', message = ''], settings, stop, output }) => {
  const id = await withAccess(settings, stop, peer => peer.deleteMessage(room, message))
  output.result({ id }, 'Erased here, and at everybody whom it reaches. Who copied it keeps it.')
}
