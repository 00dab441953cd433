/** MLS (RFC 9420) as the scheme of group keys: the one folder that knows ts-mls. */
export { mlsGroupKeys } from './mls-group-keys.ts'
