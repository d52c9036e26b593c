import { type CancelPorts, takeLinksBack } from './cancel.ts'
import type { TakeBack, TakeBackStore } from './ports-follow-up.ts'

export interface TakeBackPorts extends CancelPorts {
  takeBacks: Pick<TakeBackStore, 'takeTurn' | 'moveOn' | 'end'>
  now(): Date
}

/** The partner is asked about each link twice. */
const AT_ONCE = 20

/**
 * Revokes the living links of the next people who got words that should not have gone out, where no operation exists.
 * Answers whether there is more to do.
 */
export async function takeBackSome(ports: TakeBackPorts): Promise<boolean> {
  const turn = await ports.takeBacks.takeTurn(AT_ONCE)
  if (!turn) return false
  if (turn.ids.length === 0) {
    await ports.takeBacks.end(turn.id)
    return true
  }
  const links: TakeBack['links'] = { revoked: 0, keptForOperation: 0, unanswered: 0 }
  const counts = await Promise.all(turn.ids.map((id) => takeLinksBack(ports, id, 'taken_back', ports.now())))
  for (const count of counts) {
    links.revoked += count.revoked
    links.keptForOperation += count.keptForOperation
    links.unanswered += count.unanswered
  }
  await ports.takeBacks.moveOn(turn.id, turn.ids, links)
  return true
}
