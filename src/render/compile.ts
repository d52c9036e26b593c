import Handlebars from 'handlebars'
import { BLOCKS, type Format, HELPERS, type Values } from './grammar.ts'
import { type Frame, helpers } from './helpers.ts'

/** One part of a message, ready to be written. */
export type Write = (values: Values, frame: Frame) => string

const engine = Handlebars.create()
engine.registerHelper(helpers)

const knownHelpers = Object.fromEntries([...Object.keys(HELPERS), ...BLOCKS].map((name) => [name, true]))

/** Takes a program that `lint` found clean: compiled code does whatever the program says. */
export function compile(program: hbs.AST.Program, format: Format): Write {
  flatten(program)
  const options = { strict: true, knownHelpersOnly: true, knownHelpers, noEscape: format !== 'html' }
  const template = engine.compile(program, options as CompileOptions)
  return (values, frame) => template(values, { data: { root: values, frame } })
}

/** `variables.a.b` becomes one key of `Values`. */
function flatten(program: hbs.AST.Program) {
  const visitor = new Handlebars.Visitor()
  visitor.PathExpression = (path) => {
    path.parts = [path.parts.join('.')]
  }
  visitor.accept(program)
}
