#!/usr/bin/env node
import { Command } from 'commander'
import { addBackup } from './cli/backup.ts'
import { addCampaign } from './cli/campaign.ts'
import { addCheckRecord } from './cli/check-record.ts'
import { addMove } from './cli/move.ts'
import { addRelease } from './cli/release.ts'
import { addRestore } from './cli/restore.ts'
import { withDatabase } from './cli/with-database.ts'
import { isScope } from './flow/ports-read.ts'
import { makeKeyStore } from './store/keys.ts'
import { reencrypt } from './store/reencrypt.ts'
import { makeVault } from './vault/vault.ts'
import { keptBy, vaultKeysOf } from './wiring/settings.ts'

/** Commands for operators, over the same rooms as the service and the same configuration. */
const program = new Command('dispatcher')
  .description('Operator commands of link-dispatcher. Configuration comes from the environment, as for the service.')
  .showHelpAfterError()

program
  .command('migrate')
  .description('bring the database up to this release; safe to repeat and to run beside older processes')
  .action(() => withDatabase(async () => console.log('The schema is up to date.')))

program
  .command('reencrypt')
  .description(
    'seal again, with the first key of VAULT_KEYS, whatever an older key sealed; the service may run meanwhile',
  )
  .action(() =>
    withDatabase(async ({ pool, config }) => {
      const total = await reencrypt(pool, makeVault(vaultKeysOf(config, keptBy(config))), (table, rows) =>
        console.log(`${table}: ${rows} rows`),
      )
      console.log(`${total} rows now use the current key. An older key that sealed them may be removed.`)
    }),
  )

program
  .command('make-key')
  .description('make an API key; it is shown once')
  .argument('<label>', 'who uses it')
  .argument('[scopes...]', 'admin, send, campaign, read, operate, in_app:read', ['send', 'read'])
  .action((label: string, scopes: string[]) =>
    withDatabase(async ({ pool }) => {
      const unknown = scopes.filter((scope) => !isScope(scope))
      if (unknown.length > 0)
        throw new Error(
          `${unknown.join(', ')}: no such scope. There are admin, send, campaign, read, operate and in_app:read.`,
        )
      const { key } = await makeKeyStore(pool).make(label, scopes.filter(isScope))
      console.log(key)
    }),
  )

addCampaign(program)
addCheckRecord(program)

addBackup(program)
addRestore(program)
addMove(program)
addRelease(program)

program.parseAsync().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
