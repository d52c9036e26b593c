/** A failure that passes is forgotten after so many days. */
export const SOFT_DAYS = 14

/** In how many dispatches within that time it says that the address is dead (reference/provider-errors.md, 2.2 and 3). */
const MOST: ReadonlyMap<string, number> = new Map([
  ['handset_unreachable', 3],
  ['message_blocked', 2],
  ['mailbox_full', 3],
  ['recipient_refused', 2],
])

/** Undefined: this failure says nothing about the address, however often it comes. */
export const deadAfter = (reason: string): number | undefined => MOST.get(reason)
