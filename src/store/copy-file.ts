import { createReadStream, createWriteStream, existsSync, renameSync } from 'node:fs'
import { pipeline } from 'node:stream'
import { pipeline as run } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { Pool } from 'pg'
import { takeCopy } from './backup.ts'
import { CopyError, cutOff, notACopy } from './copy-format.ts'

/** A copy in one packed file, that only its owner may read; it has its name when it is whole. */
export async function writeCopyFile(pool: Pool, file: string, release: string): Promise<void> {
  if (existsSync(file)) throw new CopyError(`${file} exists. Name another file, or move that one away.`)
  const part = `${file}.part`
  await run(takeCopy(pool, release), createGzip({ level: 3 }), createWriteStream(part, { mode: 0o600, flush: true }))
  renameSync(part, file)
}

/** The copy in such a file; what is damaged or cut off is told as a `CopyError`. */
export async function* readCopyFile(file: string): AsyncGenerator<Buffer, void> {
  const unpacked = createGunzip()
  // Errors of either end where the pieces are read.
  pipeline(createReadStream(file), unpacked, () => undefined)
  try {
    for await (const piece of unpacked) yield piece
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'Z_BUF_ERROR') throw cutOff()
    throw code === 'Z_DATA_ERROR' ? notACopy() : error
  }
}
