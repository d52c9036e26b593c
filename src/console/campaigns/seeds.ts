import { normaliseEmail, normalisePhone } from '../../domain/address.ts'
import type { Contact } from '../../domain/dispatch.ts'
import { normaliseLocale } from '../../domain/language-tag.ts'
import type { TestPerson } from '../../flow/campaign-test.ts'

const MOST = 20

/** `qa-1, +15125550123, es-MX`: one person a line. */
export function seedsFrom(text: string): { people: TestPerson[] } | { problem: string } {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean)
  if (lines.length === 0) return { problem: 'Name at least one person for the test.' }
  if (lines.length > MOST) return { problem: `A test goes to ${MOST} people at most.` }
  const people: TestPerson[] = []
  for (const [i, line] of lines.entries()) {
    const person = seedFrom(line)
    if (typeof person === 'string') return { problem: `Line ${i + 1} of the test ${person}.` }
    people.push(person)
  }
  return { people }
}

function seedFrom(line: string): TestPerson | string {
  const [referenceId = '', address = '', tag = ''] = line.split(/[,;\t]/).map((part) => part.trim())
  if (!/^[A-Za-z0-9._:-]{1,128}$/.test(referenceId)) return 'does not begin with a reference such as qa-1'
  const contact = contactFrom(address)
  if (!contact) return 'has neither a phone with its country code nor an email after the reference'
  const locale = tag === '' ? null : normaliseLocale(tag)
  if (locale === undefined) return 'has a language that is none, such as es-MX'
  return { referenceId, contact, locale, variables: {}, userData: null }
}

function contactFrom(address: string): Contact | undefined {
  if (address.includes('@')) {
    const email = normaliseEmail(address)
    return email.ok ? { email: email.address } : undefined
  }
  const phone = normalisePhone(address)
  return phone.ok ? { phone: phone.e164 } : undefined
}
