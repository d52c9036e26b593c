import { statSync } from 'node:fs'
import type { Command } from 'commander'
import { writeCopyFile } from '../store/copy-file.ts'
import { releaseName, withDatabase } from './with-database.ts'

export function addBackup(program: Command): void {
  program
    .command('backup')
    .description('write everything into one packed file; the service may run meanwhile. Keep the keys apart from it')
    .argument('<file>', 'a new file')
    .action((file: string) =>
      withDatabase(async ({ pool }) => {
        await writeCopyFile(pool, file, releaseName())
        console.log(
          `${file}: ${statSync(file).size.toLocaleString('en')} bytes. VAULT_KEYS and LOOKUP_KEYS are not in it.`,
        )
      }),
    )
}
