/** `link.opened`, acknowledged: each a committed open of a dispatch of its own that stops its two reminders. */
import { createHmac } from 'node:crypto'
import { freePort } from '../src/lib/free-port.ts'
import { openedSoFar, untilQuiet } from './database.ts'
import { type Ground, nodeOrder } from './ground.ts'
import { burst, type Target } from './load.ts'
import type { Row } from './numbers.ts'
import { start } from './processes.ts'
import { through } from './road.ts'
import { alternate, newRun, type Pace } from './rounds.ts'
import { type Ours, userOf } from './sides.ts'

const CONNECTIONS = 64
const OPENS = 1_500
const REMINDERS = 2

export async function measureOpens(ground: Ground, ours: Ours, pace: Pace): Promise<Row> {
  const port = await freePort()
  const { url } = await ground.newDatabase()
  const bare = await start(
    nodeOrder('opened', 'bench/baseline/opened.mjs', ground.logDir, { API_PORT: `${port}`, PG_URL: url }),
  )
  try {
    const bareUrl = `http://127.0.0.1:${port}`
    const open = async (target: (run: string) => Target) => {
      const run = newRun('open')
      await through(ground, ours, OPENS, run)
      await untilQuiet(ours.database.url)
      const { seconds, refused } = await burst(target(run), run, OPENS, CONNECTIONS)
      return (OPENS - refused) / seconds
    }
    const ourTurn = () => checked(ours, () => open((run) => webhook(ours.url, run, ours.webhookSecret)))
    const bareTurn = () => burst(webhook(bareUrl, newRun('bare'), ours.webhookSecret), '', OPENS, CONNECTIONS)
    await ourTurn()
    await bareTurn()
    const both = await alternate(pace, ourTurn, async () => OPENS / (await bareTurn()).seconds)
    return {
      figure: `link.opened, ${CONNECTIONS} connections, each ends a dispatch and ${REMINDERS} reminders, against a bare insert`,
      unit: 'acknowledged/s',
      ...both,
      target: { at: 'least', bound: 0.7 },
    }
  } finally {
    await bare.stop()
  }
}

/** A figure counts only when every open did what it must. */
async function checked(ours: Ours, turn: () => Promise<number>): Promise<number> {
  const before = await openedSoFar(ours.database.url)
  const rate = await turn()
  const after = await openedSoFar(ours.database.url)
  const [opened, stopped] = [after.opened - before.opened, after.stopped - before.stopped]
  if (opened !== OPENS || stopped !== OPENS * REMINDERS)
    throw new Error(`of ${OPENS} opens ${opened} were recorded, and ${stopped} reminders stopped`)
  return rate
}

/** Signed as the partner signs; both sides get the same bytes. */
const webhook = (url: string, run: string, secret: string): Target => ({
  url,
  shot(_run, n) {
    const at = new Date()
    const timestamp = `${Math.floor(at.getTime() / 1_000)}`
    const referenceId = userOf(run, n)
    const body = JSON.stringify({
      event: 'link.opened',
      timestamp: at.toISOString(),
      data: { linkId: `lnk-${referenceId}`, referenceId, openedAt: at.toISOString() },
    })
    const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
    return {
      path: '/webhooks/m2m',
      headers: {
        'content-type': 'application/json',
        'x-m2m-event': 'link.opened',
        'x-m2m-timestamp': timestamp,
        'x-m2m-signature': `sha256=${signature}`,
      },
      body,
    }
  },
})
