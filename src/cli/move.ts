import type { Command } from 'commander'
import { takeCopy } from '../store/backup.ts'
import { migrate } from '../store/migrate.ts'
import { assertStopped, leaveMoved } from '../store/move.ts'
import { makePool } from '../store/pool.ts'
import { restoreCopy } from '../store/restore.ts'
import { releaseName, withDatabase } from './with-database.ts'

export function addMove(program: Command): void {
  program
    .command('move')
    .description(
      'copy everything to an empty database on another server, and start there from now on; stop the service first',
    )
    .requiredOption('--to <url>', 'postgres://… of the new database')
    .action(({ to }: { to: string }) =>
      withDatabase(async ({ pool, config, log, closers }) => {
        await assertStopped(pool)
        const target = makePool({ url: to, max: 2, onError: (err) => log.error({ err }, 'database connection lost') })
        closers.add('new database', () => target.end())
        await migrate(target)
        const source = takeCopy(pool, releaseName())
        const { rows, tables } = await restoreCopy(target, source, { world: config.world, as: 'move' })
        await leaveMoved(pool)
        console.log(
          `${rows.toLocaleString('en')} rows of ${tables} tables were moved. Set DATABASE_URL to the new database and start; the old one starts nothing any more.`,
        )
      }),
    )
}
