import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalLocale } from './locale.ts'
import { mjmlHash, REBUILD, stampOf } from './mjml.ts'

/** One file as it stands under `templates/<purpose>/<locale>/`. */
export interface TemplateFile {
  purpose: string
  locale: string
  name: string /** for people */
  path: string
  text: string
}

const FILES = ['sms.hbs', 'email.subject.hbs', 'email.html.hbs', 'email.text.hbs', 'push.json']
const NO_PURPOSE = ['layouts', 'partials']

/** Every file of a templates folder, and a sentence for each that has no place there or is out of date. */
export function readTemplateFiles(dir: string): { files: TemplateFile[]; problems: string[] } {
  if (!existsSync(dir)) return { files: [], problems: [`${dir}: there is no such folder`] }
  const problems: string[] = []
  const files = foldersIn(dir)
    .filter((purpose) => !NO_PURPOSE.includes(purpose))
    .flatMap((purpose) => foldersIn(join(dir, purpose)).flatMap((locale) => readLocale(dir, purpose, locale, problems)))
  if (files.length === 0) problems.push(`${dir}: no templates here; expected <purpose>/<locale>/${FILES[0]}`)
  return { files, problems }
}

function readLocale(dir: string, purpose: string, locale: string, problems: string[]): TemplateFile[] {
  const folder = `${purpose}/${locale}`
  const canonical = canonicalLocale(locale)
  if (canonical !== locale) {
    problems.push(`${folder}: is no locale${canonical ? `; write ${canonical}` : ''}`)
    return []
  }
  const names = readdirSync(join(dir, folder))
    .filter((name) => !name.startsWith('.'))
    .sort()
  if (names.includes('email.mjml')) problems.push(...checkMade(dir, folder))
  return names.flatMap((name) => {
    const path = `${folder}/${name}`
    if (name === 'email.mjml') return []
    if (FILES.includes(name)) return [{ purpose, locale, name, path, text: readText(join(dir, path)) }]
    problems.push(`${path}: unknown file; there are ${FILES.join(', ')} and email.mjml`)
    return []
  })
}

function checkMade(dir: string, folder: string): string[] {
  const made = join(dir, folder, 'email.html.hbs')
  if (!existsSync(made)) return [`${folder}/email.html.hbs: is missing beside email.mjml; run \`${REBUILD}\``]
  if (stampOf(readText(made)) === mjmlHash(join(dir, folder, 'email.mjml'))) return []
  return [`${folder}/email.html.hbs: was not made from the email.mjml beside it; run \`${REBUILD}\``]
}

const foldersIn = (dir: string) =>
  readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort()

const readText = (file: string) => readFileSync(file, 'utf8').replaceAll('\r\n', '\n')
