import Handlebars from 'handlebars'
import { formatMessage, STYLES } from './formats.ts'
import {
  BLOCKS,
  type Format,
  type Guard,
  HELPERS,
  INSTANTS,
  isCurrency,
  type Kind,
  LITERALS,
  PATHS,
  type Use,
} from './grammar.ts'
import { lintHtml } from './lint-html.ts'

export interface Lint {
  /** Sentences, each with its line; none: the template may be used. */
  problems: string[]
  uses: Use[]
  program: hbs.AST.Program
}

/** Reads a template without running it: what is wrong with it, and what it will read. */
export function lint(source: string, format: Format): Lint {
  const report: Lint = { problems: [], uses: [], program: { type: 'Program', body: [], blockParams: [], loc: NOWHERE } }
  if (format === 'html') report.problems.push(...lintHtml(source))
  if (format === 'line' && /[\r\n]/.test(source)) report.problems.push('must be one line')
  try {
    report.program = Handlebars.parse(source)
  } catch (error) {
    report.problems.push(firstLine(error))
    return report
  }
  readProgram(report.program, [], report)
  return report
}

const NOWHERE = { source: '', start: { line: 1, column: 0 }, end: { line: 1, column: 0 } }

const firstLine = (error: unknown) => String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''

function readProgram(program: hbs.AST.Program | undefined, guards: Guard[], report: Lint) {
  for (const statement of program?.body ?? []) readStatement(statement, guards, report)
}

function readStatement(statement: hbs.AST.Statement, guards: Guard[], report: Lint) {
  switch (statement.type) {
    case 'ContentStatement':
    case 'CommentStatement':
      return
    case 'MustacheStatement':
      return readMustache(statement as hbs.AST.MustacheStatement, guards, report)
    case 'BlockStatement':
      return readBlock(statement as hbs.AST.BlockStatement, guards, report)
    default:
      complain(report, statement, `${statement.type} is not allowed here`)
  }
}

function readMustache(mustache: hbs.AST.MustacheStatement, guards: Guard[], report: Lint) {
  if (!mustache.escaped) complain(report, mustache, 'write {{two}} braces: {{{three}}} and {{&}} would skip escaping')
  const { path, params, hash } = mustache
  if (path.type !== 'PathExpression') return complain(report, mustache, 'write text as text')
  const name = pathOf(path as hbs.AST.PathExpression)
  if (Object.hasOwn(HELPERS, name)) return readCall(name, mustache, guards, report)
  if (params.length > 0 || hash) {
    return complain(report, mustache, `unknown helper "${name}"; there are ${Object.keys(HELPERS).join(', ')}`)
  }
  readValue(path, 'text', guards, report)
}

function readBlock(block: hbs.AST.BlockStatement, guards: Guard[], report: Lint) {
  const name = pathOf(block.path as hbs.AST.PathExpression)
  const [condition, ...more] = block.params
  if (!BLOCKS.includes(name)) return complain(report, block, `unknown block "${name}"; there are ${BLOCKS.join(', ')}`)
  if (!condition || more.length > 0 || block.hash) return complain(report, block, `"${name}" takes one variable`)
  const path = readValue(condition, 'condition', guards, report)
  if (path === undefined) return
  readProgram(block.program, [...guards, { path, holds: name === 'if' }], report)
  readProgram(block.inverse, [...guards, { path, holds: name !== 'if' }], report)
}

function readCall(name: string, call: hbs.AST.MustacheStatement, guards: Guard[], report: Lint) {
  const { takes, needs, named } = HELPERS[name] ?? { takes: [], needs: 0 }
  if (call.params.length < needs || call.params.length > takes.length) {
    return complain(report, call, `"${name}" takes ${[...new Set([needs, takes.length])].join(' or ')} values`)
  }
  if (call.hash && !named) return complain(report, call, `"${name}" takes no named values`)
  for (const [i, param] of call.params.entries()) readValue(param, takes[i] ?? 'text', guards, report)
  for (const { value } of pairsOf(call)) readValue(value, named ?? 'text', guards, report)
  if (name === 'name' && call.params.length === 0) report.uses.push({ path: 'name.first', kind: 'text', guards })
  if (name === 'plural') checkMessage(call, report)
}

/** Notes what is read and answers its path, or complains. */
function readValue(node: hbs.AST.Expression, kind: Kind, guards: Guard[], report: Lint): string | undefined {
  if (node.type !== 'PathExpression') return readLiteral(node, kind, report)
  const path = pathOf(node as hbs.AST.PathExpression)
  if (kind === 'style' || kind === 'message') return complain(report, node, `write the ${kind} in quotes`)
  if (!PATHS.includes(path) && !isVariable(node as hbs.AST.PathExpression)) {
    return complain(report, node, `unknown variable "${path}"; there are ${PATHS.join(', ')} and variables.…`)
  }
  if (INSTANTS.includes(path) && kind !== 'date' && kind !== 'condition') {
    return complain(report, node, `write {{dateTime ${path}}}, or date, time, relative`)
  }
  report.uses.push({ path, kind, guards })
  return path
}

function readLiteral(node: hbs.AST.Expression, kind: Kind, report: Lint): undefined {
  if (node.type !== LITERALS[kind]) return complain(report, node, `a ${kind} cannot be written as ${node.type}`)
  const { value } = node as hbs.AST.StringLiteral
  if (kind === 'style' && !STYLES.some((style) => style === value)) {
    return complain(report, node, `unknown style "${value}"; there are ${STYLES.join(', ')}`)
  }
  if (kind === 'currency' && !isCurrency(value)) complain(report, node, `"${value}" is no currency`)
}

const pairsOf = (call: hbs.AST.MustacheStatement): hbs.AST.HashPair[] => call.hash?.pairs ?? []

function checkMessage(call: hbs.AST.MustacheStatement, report: Lint) {
  const [message] = call.params
  if (message?.type !== 'StringLiteral') return
  const counts = Object.fromEntries(pairsOf(call).map(({ key }) => [key, 1]))
  try {
    formatMessage((message as hbs.AST.StringLiteral).value, counts, 'en')
  } catch (error) {
    complain(report, call, `"plural": ${firstLine(error)}`)
  }
}

const pathOf = ({ parts, data, depth, original }: hbs.AST.PathExpression) =>
  !data && depth === 0 && parts?.length > 0 ? parts.join('.') : String(original)

function isVariable({ parts, data, depth }: hbs.AST.PathExpression): boolean {
  const [root, ...rest] = parts
  const tricky = rest.some((part) => part.includes('.') || part in Object.prototype || part === 'prototype')
  return root === 'variables' && rest.length > 0 && !data && depth === 0 && !tricky
}

function complain(report: Lint, node: hbs.AST.Node, sentence: string): undefined {
  report.problems.push(`line ${node.loc.start.line}: ${sentence}`)
}
