import type { PrivateRooms } from './private-rooms.ts'

/** To be replaced within the hour. */
export const ownPrivateRooms: PrivateRooms = {
  create: () => Promise.reject(new Error('not wired')),
  invite: () => Promise.reject(new Error('not wired')),
  invites: () => [],
  revoke: () => Promise.reject(new Error('not wired')),
  remove: () => Promise.reject(new Error('not wired')),
  setRole: () => Promise.reject(new Error('not wired')),
  close: () => Promise.reject(new Error('not wired')),
  admitted: () => Promise.reject(new Error('not wired'))
}
