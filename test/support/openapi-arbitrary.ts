import fc from 'fast-check'
import { type Meaning, meaningOf } from './meanings.ts'

/** As much of JSON Schema as /openapi.json speaks. */
export interface Schema {
  $ref?: string
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'null'
  enum?: string[]
  pattern?: string
  allOf?: Schema[]
  anyOf?: Schema[]
  not?: object
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema | false
  propertyNames?: Schema
}

export interface Arbitraries {
  /** What the schema allows, for the most part also what the rules beyond it allow. */
  valid(schema: Schema, name?: string): fc.Arbitrary<unknown>
  /** What the schema forbids: right but for one place. `undefined` where everything is allowed. */
  invalid(schema: Schema, name?: string): fc.Arbitrary<unknown> | undefined
}

/** Requests made from our own description of them. */
export function arbitrariesFor(components: Record<string, Schema>): Arbitraries {
  const resolve = (schema: Schema): Schema =>
    schema.$ref ? (components[schema.$ref.split('/').at(-1) ?? ''] ?? {}) : schema

  function valid(given: Schema, name = ''): fc.Arbitrary<unknown> {
    const schema = resolve(given)
    const meaning = beyond(schema, name)
    if (meaning) return meaning.valid
    if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => valid(one, name)))
    if (schema.enum) return fc.constantFrom(...schema.enum)
    return OF_TYPE[schema.type ?? 'any']?.(schema) ?? fc.jsonValue({ maxDepth: 3 })
  }

  const OF_TYPE: Record<string, (schema: Schema) => fc.Arbitrary<unknown>> = {
    string: textOf,
    integer: ({ minimum = -1_000, maximum = 1_000 }) => fc.integer({ min: minimum, max: maximum }),
    boolean: () => fc.boolean(),
    array: (schema) => listOf(schema, valid(schema.items ?? {})),
    object: (schema) => (schema.properties ? objectOf(schema) : dictionaryOf(schema)),
  }

  /** Any of the fields, or hardly any: some objects must have exactly one of several. */
  function objectOf({ properties = {}, required = [] }: Schema) {
    const known = Object.entries(properties).filter(([, schema]) => !schema.not)
    const fields = Object.fromEntries(known.map(([name, schema]) => [name, valid(schema, name)]))
    const few = known.map(([name]) => pick(fields, [...required, name]))
    return fc.oneof(fc.record(fields, { requiredKeys: required }), ...few) as fc.Arbitrary<object>
  }

  function dictionaryOf({ propertyNames = {}, additionalProperties }: Schema) {
    const key = textOf({ type: 'string', ...propertyNames })
    return fc.dictionary(key, valid(additionalProperties || {}), { maxKeys: 5 })
  }

  function invalid(given: Schema, name = ''): fc.Arbitrary<unknown> | undefined {
    const schema = resolve(given)
    return oneOf([wrongType(typesOf(schema)), ...within(schema, beyond(schema, name))])
  }

  /** Of the right type, and wrong. */
  function within(given: Schema, meaning?: Meaning): (fc.Arbitrary<unknown> | undefined)[] {
    const schema = resolve(given)
    if (schema.anyOf) return schema.anyOf.flatMap((one) => within(one))
    if (meaning?.invalid) return [meaning.invalid]
    if (schema.enum) return [fc.constantFrom('', 'none of these', ...schema.enum.map((one) => `${one} `))]
    switch (schema.type) {
      case 'string':
        return [badText(schema)]
      case 'integer':
        return [badNumber(schema)]
      case 'array':
        return badLists(schema)
      case 'object':
        return badObjects(schema)
      default:
        return []
    }
  }

  function badLists(schema: Schema) {
    const item = schema.items ?? {}
    const bad = invalid(item)
    const { maxItems, minItems = 0 } = schema
    return [
      minItems > 0 ? fc.constant([]) : undefined,
      maxItems === undefined ? undefined : valid(item).map((one) => Array.from({ length: maxItems + 1 }, () => one)),
      bad?.map((one) => [one]),
    ]
  }

  function badObjects(schema: Schema) {
    const { properties = {}, required = [], additionalProperties } = schema
    const good = valid(schema) as fc.Arbitrary<object>
    const known = Object.entries(properties).filter(([, one]) => !one.not)
    return [
      ...required.map((name) => good.map((value) => ({ ...value, [name]: undefined }))),
      ...known.map(([name, one]) => withField(good, name, invalid(one, name))),
      additionalProperties === false ? stranger(good, Object.keys(properties)) : undefined,
    ]
  }

  function typesOf(given: Schema): string[] {
    const schema = resolve(given)
    if (schema.anyOf) return schema.anyOf.flatMap(typesOf)
    return schema.type ? [schema.type] : Object.keys(OF_EACH_TYPE)
  }

  return { valid, invalid }
}

const pick = (fields: Record<string, fc.Arbitrary<unknown>>, names: string[]) =>
  fc.record(Object.fromEntries(names.flatMap((name) => (fields[name] ? [[name, fields[name]]] : []))))

const withField = (good: fc.Arbitrary<object>, name: string, bad: fc.Arbitrary<unknown> | undefined) =>
  bad && fc.tuple(good, bad).map(([value, one]) => ({ ...value, [name]: one }))

/** Fields nobody offers: columns of ours, words of power, and names that are data. */
const STRANGERS = ['id', 'status', 'createdAt', 'dispatch_id', 'lane', 'sealed', 'isAdmin', 'admin', 'Canary 4711 ñ']

const stranger = (good: fc.Arbitrary<object>, known: string[]) =>
  fc
    .tuple(good, fc.constantFrom(...STRANGERS.filter((name) => !known.includes(name))), fc.jsonValue({ maxDepth: 1 }))
    .map(([value, name, one]) => ({ ...value, [name]: one }))

const oneOf = (some: (fc.Arbitrary<unknown> | undefined)[]) => {
  const present = some.filter((one) => one !== undefined)
  return present.length === 0 ? undefined : fc.oneof(...present)
}

const OF_EACH_TYPE = { string: 'text', number: 0.5, boolean: true, null: null, array: [], object: {} }

function wrongType(right: string[]): fc.Arbitrary<unknown> | undefined {
  const wrong = Object.entries(OF_EACH_TYPE).filter(([type]) => !right.includes(type))
  return wrong.length === 0 ? undefined : fc.constantFrom(...wrong.map(([, value]) => value))
}

/** `undefined` from a record stands for a field that is absent. */
const listOf = ({ minItems = 0, maxItems = 5 }: Schema, item: fc.Arbitrary<unknown>) =>
  fc.uniqueArray(item, { minLength: minItems, maxLength: Math.min(maxItems, 5) })

/** A template with its version is no template: its pattern says it all. */
const beyond = ({ type, pattern }: Schema, name: string) => (pattern?.includes('@') ? undefined : meaningOf(name, type))

const patternsOf = ({ pattern, allOf = [] }: Schema): RegExp[] =>
  [pattern, ...allOf.map((one) => one.pattern)].flatMap((one) => (one === undefined ? [] : [new RegExp(one, 'u')]))

function textOf(schema: Schema): fc.Arbitrary<string> {
  const { minLength = 0, maxLength = 200 } = schema
  const patterns = patternsOf(schema)
  const [first] = patterns
  // fast-check cannot make text from a class of Unicode; such a pattern only forbids, and is left to the filter.
  const size = { minLength, maxLength: Math.min(maxLength, 60) }
  const made =
    first && !/\\p|\\S/.test(first.source)
      ? fc.stringMatching(new RegExp(first.source))
      : fc.oneof(fc.string({ unit: 'grapheme', ...size }), fc.string({ unit: 'binary', ...size }))
  return made.filter((text) => fits(text, schema, patterns))
}

const NASTY = [
  '',
  ' ',
  'a\u0007b',
  'a b/c',
  '../../etc/passwd',
  "'; drop table dispatch; --",
  '<script>',
  '\u202Egnp',
  'ñ',
]

function badText(schema: Schema): fc.Arbitrary<string> | undefined {
  const patterns = patternsOf(schema)
  const long = schema.maxLength === undefined ? [] : ['x'.repeat(schema.maxLength + 1)]
  const bad = [...NASTY, ...long].filter((text) => !fits(text, schema, patterns))
  return bad.length === 0 ? undefined : fc.constantFrom(...bad)
}

const fits = (text: string, { minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Schema, patterns: RegExp[]) =>
  text.length >= minLength && text.length <= maxLength && patterns.every((pattern) => pattern.test(text))

function badNumber({ minimum, maximum }: Schema): fc.Arbitrary<number> {
  const outside = [0.5, ...(minimum === undefined ? [] : [minimum - 1, -(2 ** 40)])]
  return fc.constantFrom(...outside, ...(maximum === undefined ? [] : [maximum + 1, 2 ** 53]))
}
