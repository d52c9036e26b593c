import { isClabe, isCurp } from '../../src/domain/identity.ts'
import type { Secrets } from '../support/canaries.ts'

const checked = (start: string, isRight: (text: string) => boolean) =>
  Array.from({ length: 10 }, (_, digit) => `${start}${digit}`).find(isRight) ?? ''

/** What the service is told about people. Of numbers the part that no answer may show: the last four it may. */
export const CANARIES = {
  phone: '+15125554826',
  otherPhone: '+15125554827',
  email: 'canary.4826@example.com',
  otherEmail: 'zebrafinch.4826@example.com',
  token: 'device-canary-4826-abcdefgh',
  firstName: 'Canariñha4826',
  secondName: 'Zebrafink4826',
  lastName: 'Vogelsang4826',
  secondLastName: "O'Gorrión4826",
  account: checked('01402700004826482', isClabe),
  otherAccount: '4826482648264826',
  ssn: '482-64-8264',
  curp: checked('CARN730917MDFXYZ0', isCurp),
  dob: '1948-02-26',
  metadata: 'metadata-cañary-4826',
  linkMetadata: 'link-metadata-canary-4826',
  variable: 'variable-canary-4826',
  inbound: 'Will my aunt Canary4826 get it by noon?',
  report: 'report-canary-4826',
  stranger: 'Canary Field 4826',
} as const

export const known: Secrets = {
  phone: CANARIES.phone.slice(2),
  'other phone': CANARIES.otherPhone.slice(2),
  email: CANARIES.email,
  'local part': 'canary.4826',
  'other email': CANARIES.otherEmail,
  'other local part': 'zebrafinch.4826',
  token: CANARIES.token,
  'first name': CANARIES.firstName,
  'second name': CANARIES.secondName,
  'last name': CANARIES.lastName,
  'second last name': CANARIES.secondLastName,
  account: CANARIES.account.slice(0, 14),
  'other account': CANARIES.otherAccount.slice(0, 12),
  SSN: CANARIES.ssn,
  'SSN without dashes': CANARIES.ssn.replaceAll('-', ''),
  CURP: CANARIES.curp,
  'birth date': CANARIES.dob,
  metadata: CANARIES.metadata,
  'link metadata': CANARIES.linkMetadata,
  variable: CANARIES.variable,
  'text of a person': 'Canary4826 get it',
  'bounce report': CANARIES.report,
  'unknown field': CANARIES.stranger,
}

export const contact = { phone: CANARIES.phone, email: CANARIES.email, pushTokens: [CANARIES.token] }
export const person = {
  userData: {
    name: {
      firstName: CANARIES.firstName,
      secondName: CANARIES.secondName,
      lastName: CANARIES.lastName,
      secondLastName: CANARIES.secondLastName,
    },
    idType: 'SSN',
    idNumber: CANARIES.ssn,
    dob: CANARIES.dob,
    paymentMethod: { type: 'bank_account', bankAccount: { country: 'MX', accountNumber: CANARIES.account } },
  },
  contact,
  variables: { note: CANARIES.variable },
  link: { metadata: { note: CANARIES.linkMetadata } },
}
export const other = {
  userData: {
    name: { firstName: CANARIES.firstName, lastName: CANARIES.lastName },
    idType: 'CURP',
    idNumber: CANARIES.curp,
    paymentMethod: {
      type: 'bank_account',
      bankAccount: { country: 'US', accountNumber: CANARIES.otherAccount, routingNumber: '021000021' },
    },
  },
  contact: { phone: CANARIES.otherPhone, email: CANARIES.otherEmail },
}
