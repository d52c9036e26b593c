import type { Command } from 'commander'
import { release } from '../flow/release.ts'
import { monotonic } from '../lib/clock.ts'
import { makeHttp } from '../lib/http.ts'
import { makeHoldStore } from '../store/holds.ts'
import { makeRestoredStore } from '../store/restored.ts'
import { makeStopStore } from '../store/stops.ts'
import { makeAlerts } from '../webhooks/alerts.ts'
import { withDatabase } from './with-database.ts'

export function addRelease(program: Command): void {
  program
    .command('release')
    .description('lift the hold on everything: after a restore, a long stop, or a start that was held')
    .option(
      '--send-doubtful',
      'send what the lost database may have sent already, instead of counting it as handed over',
    )
    .action(({ sendDoubtful }: { sendDoubtful?: true }) =>
      withDatabase(async ({ pool, config, log, closers }) => {
        const holds = makeHoldStore(pool, monotonic)
        const held = (await holds.list()).find(({ scope }) => scope === 'all')
        if (!held) return console.log('There is no hold on everything. Start the service first: it places it.')
        const http = makeHttp()
        closers.add('http', http.close)
        const onError = (reason: string) => log.error({ reason }, 'ALERT_WEBHOOK_URL was not reached')
        const alerts = makeAlerts({ http, url: config.alertWebhookUrl, onError })
        const ports = {
          holds,
          stops: makeStopStore(pool),
          restored: makeRestoredStore(pool),
          tell: alerts,
          // The running service asks the partner; until it has an answer, the partner's hold keeps everything back.
          catchUp: () => Promise.resolve(false),
          wake: () => undefined,
        }
        await release(ports, { id: held.id, by: 'dispatcher', doubtful: sendDoubtful ? 'send' : 'hand' })
        console.log(`The hold (${held.reason}) is lifted.`)
      }),
    )
}
