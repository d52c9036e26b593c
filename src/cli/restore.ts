import { type Command, InvalidArgumentError } from 'commander'
import { readCopyFile } from '../store/copy-file.ts'
import { restoreCopy } from '../store/restore.ts'
import { makeRestoredStore } from '../store/restored.ts'
import { withDatabase } from './with-database.ts'

const HELD =
  'Start the service: it sends nothing before you lift the hold with `dispatcher release` (docs/operations.md, Restore).'

export function addRestore(program: Command): void {
  program
    .command('restore')
    .description('fill an empty database from a file that `backup` made; nothing is sent before `release`')
    .argument('<file>')
    .action((file: string) =>
      withDatabase(async ({ pool, config }) => {
        const { rows, tables, header } = await restoreCopy(pool, readCopyFile(file), {
          world: config.world,
          as: 'copy',
        })
        console.log(`${rows.toLocaleString('en')} rows of ${tables} tables, as they were at ${header.takenAt}. ${HELD}`)
      }),
    )
  program
    .command('mark-restored')
    .description(
      'say that the database is an older copy made otherwise (base backup, snapshot, pg_dump): before any service starts on it, or while everything is held',
    )
    .argument('<taken-at>', 'ISO 8601: what was sent after it is not known here', asTime)
    .action((takenAt: Date) =>
      withDatabase(async ({ pool }) => {
        await makeRestoredStore(pool).note(takenAt)
        console.log(`Noted. ${HELD}`)
      }),
    )
}

function asTime(text: string): Date {
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) throw new InvalidArgumentError('Write it like 2026-11-22T18:00:00Z.')
  return at
}
