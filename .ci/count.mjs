// Prints "<passed> <failed>" of one Vitest run: its JSON report and its exit status.
import { existsSync, readFileSync } from 'node:fs'

const [report, status] = process.argv.slice(2)
const {
  numPassedTests = 0,
  numFailedTests = 0,
  testResults = [],
} = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {}
const broken = testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
)
const failed = numFailedTests + broken.length
// A run that failed without a failed test: it did not start, was cut short, or left an error nobody caught.
const unexplained = status !== '0' && failed === 0 ? 1 : 0
console.log(numPassedTests, failed + unexplained)
