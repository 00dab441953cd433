import { withAccess } from '../access/open-access.ts'
import { visible } from '../terminal/visible.ts'
import type { Run } from './command.ts'

export const showIdentity: Run = async ({ settings, stop, output }) => {
  const me = await withAccess(settings, stop, peer => peer.me())
  output.result(me, `${visible(me.nick)}\nmember  ${me.member}\ndevice  ${me.device}`)
}

export const setNickname: Run = async ({ arguments: [nick = ''], settings, stop, output }) => {
  const me = await withAccess(settings, stop, peer => peer.rename(nick))
  output.result(me, `You are called ${visible(me.nick)} now.`)
}
