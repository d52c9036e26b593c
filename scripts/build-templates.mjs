// Makes every email.html.hbs from the email.mjml beside it: `npm run templates [-- folder]`.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import mjml2html from 'mjml'
import { mjmlHash, stamp } from '../src/render/mjml.ts'

const dir = resolve(process.argv[2] ?? join(import.meta.dirname, '..', 'templates'))

for (const name of globSync('*/*/email.mjml', { cwd: dir }).sort()) {
  const file = join(dir, name)
  const options = {
    filePath: file,
    includePath: dir,
    ignoreIncludes: false,
    validationLevel: 'strict',
    keepComments: false,
    fonts: {}, // None from the web: a mail must not tell anybody that it was read.
  }
  const { html } = await mjml2html(readFileSync(file, 'utf8'), options)
  const tidy = html
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n')
    .trim()
  writeFileSync(join(dirname(file), 'email.html.hbs'), `${stamp(mjmlHash(file))}${tidy}\n`)
  console.log(`made ${join(dirname(name), 'email.html.hbs')}`)
}
