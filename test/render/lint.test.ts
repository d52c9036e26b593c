import { expect, it } from 'vitest'
import { lint } from '../../src/render/lint.ts'

it.each([
  ['{{{variables.x}}}', 'line 1: write {{two}} braces'],
  ['{{&variables.x}}', 'line 1: write {{two}} braces'],
  ['\n{{shout variables.x}}', 'line 2: unknown helper "shout"'],
  ['{{foo}}', 'unknown variable "foo"'],
  ['{{link.url}}', 'unknown variable "link.url"'],
  ['{{variables}}', 'unknown variable "variables"'],
  ['{{variables.constructor}}', 'unknown variable'],
  ['{{variables.__proto__.x}}', 'unknown variable'],
  ['{{@root.variables.x}}', 'unknown variable'],
  ['{{#if variables.x}}{{../name.first}}{{/if}}', 'unknown variable'],
  ['{{this}}', 'unknown variable'],
  ['{{#each variables.x}}a{{/each}}', 'unknown block "each"'],
  ['{{#with variables}}a{{/with}}', 'unknown block "with"'],
  ['{{lookup variables "x"}}', 'unknown helper "lookup"'],
  ['{{> header}}', 'PartialStatement is not allowed'],
  ['{{#> header}}{{/header}}', 'PartialBlockStatement is not allowed'],
  ['{{* decorate}}', 'Decorator is not allowed'],
  ['{{link.expiresAt}}', 'write {{dateTime link.expiresAt}}'],
  ['{{date}}', '"date" takes 1 or 2 values'],
  ['{{date "tomorrow"}}', 'a date cannot be written as StringLiteral'],
  ['{{date now "tiny"}}', 'unknown style "tiny"'],
  ['{{date now style="short"}}', '"date" takes no named values'],
  ['{{money 3 "Dollar"}}', '"Dollar" is no currency'],
  ['{{plural variables.message n=1}}', 'write the message in quotes'],
  ['{{plural "{n, plural, one {#}}" n=1}}', '"plural":'],
  ['{{plural "{days}" n=1}}', '"plural":'],
  ['{{money (name) "USD"}}', 'cannot be written as SubExpression'],
  ['{{#if variables.x}}a', 'Parse error'],
])('refuses %s', (source, sentence) => {
  expect(lint(source, 'text').problems.join('\n')).toContain(sentence)
})

it.each([
  '<p><script>x()</script></p>',
  '<iframe src="https://x"></iframe>',
  '<p onclick="x()">',
  '<form action="https://x">',
  '<meta http-equiv="refresh" content="0">',
  '<a href="javascript:x()">',
  '<a href="{{variables.url}}">',
  '<a href="https://x/{{variables.id}}">',
  '<a href={{link}}>',
  '<style>p { color: {{variables.color}} }</style>',
  '<p style="color: {{variables.color}}">',
])('refuses %s in a mail', (source) => {
  expect(lint(source, 'html').problems).toEqual([expect.stringMatching(/^line 1: /)])
})

it('lets plain words, helpers and conditions pass and notes what they read', () => {
  const { problems, uses } = lint('{{#if variables.vip}}{{variables.title}}{{else}}{{name}}{{/if}} {{link}}', 'text')

  const guard = { path: 'variables.vip' }
  expect(problems).toEqual([])
  expect(uses).toEqual([
    { path: 'variables.vip', kind: 'condition', guards: [] },
    { path: 'variables.title', kind: 'text', guards: [{ ...guard, holds: true }] },
    { path: 'name.first', kind: 'text', guards: [{ ...guard, holds: false }] },
  ])
})

it('keeps a subject on one line', () => {
  expect(lint('two\nlines', 'line').problems).toEqual(['must be one line'])
})
