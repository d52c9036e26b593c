import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The command that makes `email.html.hbs` from `email.mjml`; MJML itself is no part of the running service. */
export const REBUILD = 'npm run templates'

/** Fingerprint of an MJML file and of everything it includes; equal on every system whatever its line ends. */
export function mjmlHash(file: string): string {
  const hash = createHash('sha256')
  for (const source of sourcesOf(file, [])) hash.update(readSource(source)).update('\0')
  return hash.digest('hex')
}

/** First line of a generated file; Handlebars leaves nothing of it in the mail. */
export const stamp = (hash: string) => `{{!-- Made from email.mjml by ${REBUILD}; do not edit. sha256 ${hash} --}}\n`

/** The fingerprint a generated file carries, or undefined when it was not generated. */
export const stampOf = (html: string) => /^\{\{!-- Made from email\.mjml .*sha256 ([0-9a-f]{64}) --\}\}/.exec(html)?.[1]

function sourcesOf(file: string, seen: string[]): string[] {
  if (seen.includes(file) || !existsSync(file)) return seen
  const includes = [...readSource(file).matchAll(/<mj-include\s[^>]*path="([^"]+)"/g)]
  return includes.reduce((all, [, path = '']) => sourcesOf(resolve(dirname(file), path), all), [...seen, file])
}

const readSource = (file: string) => readFileSync(file, 'utf8').replaceAll('\r\n', '\n')
