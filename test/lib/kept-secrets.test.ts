import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keptSecrets } from '../../src/lib/kept-secrets.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('secrets are 32 bytes, made once and kept', () => {
  const first = keptSecrets(join(folder, 'data'), ['vault', 'apiKey'], randomBytes)

  const second = keptSecrets(join(folder, 'data'), ['vault', 'apiKey'], randomBytes)

  expect(second).toEqual(first)
  expect(Buffer.from(first['vault'] ?? '', 'base64')).toHaveLength(32)
  expect(first['vault']).not.toBe(first['apiKey'])
})

test('a new name joins, the old ones stay', () => {
  const first = keptSecrets(folder, ['vault'], randomBytes)

  const second = keptSecrets(folder, ['vault', 'webhook'], randomBytes)

  expect(second['vault']).toBe(first['vault'])
  expect(keptSecrets(folder, ['webhook'], randomBytes)).toEqual({ webhook: second['webhook'] })
})

test('only the owner may read the file, and no draft is left', () => {
  keptSecrets(folder, ['vault'], randomBytes)
  keptSecrets(folder, ['vault', 'apiKey'], randomBytes)

  expect(readdirSync(folder)).toEqual(['sandbox-secrets.json'])
  expect(statSync(join(folder, 'sandbox-secrets.json')).mode & 0o777).toBe(0o600)
})

test('a broken file stops the start instead of making new secrets', () => {
  writeFileSync(join(folder, 'sandbox-secrets.json'), '{"vault":')

  expect(() => keptSecrets(folder, ['vault'], randomBytes)).toThrow(/cannot be read as JSON/)
})
